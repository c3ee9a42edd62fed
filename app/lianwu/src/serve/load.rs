//! Present load and the last hour, read from the counters of the running parts.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lianwu_device_access::{AccessStats, DeviceAccess, SharedRates, UsesOfBackends};
use lianwu_log::SegmentLog;
use lianwu_model::{ProductId, Uin, UnixMillis};
use lianwu_services::Platform;
use lianwu_services::activity::{Activity, Counts, Failures, LastHour};
use lianwu_services::limits::{BackendsUse, Measures, RatesUse};
use parking_lot::Mutex;

/// Read once a second.
#[derive(Debug)]
pub struct Load {
    platform: Arc<Platform>,
    log: Arc<SegmentLog>,
    /// Where the data is, to tell how much room is left.
    data: PathBuf,
    stats: Vec<Arc<AccessStats>>,
    last_second: AtomicU64,
    hour: Mutex<LastHour>,
    started: UnixMillis,
    backends: Option<UsesOfBackends>,
    rates: Option<Arc<SharedRates>>,
}

impl Load {
    pub fn new(
        platform: &Arc<Platform>,
        log: &Arc<SegmentLog>,
        data: PathBuf,
        stats: &[Arc<AccessStats>],
        access: Option<&DeviceAccess>,
    ) -> Arc<Self> {
        Arc::new(Self {
            platform: Arc::clone(platform),
            log: Arc::clone(log),
            data,
            stats: stats.to_vec(),
            last_second: AtomicU64::new(0),
            hour: Mutex::default(),
            started: platform.clock.now(),
            backends: access.map(DeviceAccess::uses_of_backends),
            rates: access.map(DeviceAccess::rates),
        })
    }

    /// Runs until it is aborted.
    pub async fn measure(self: Arc<Self>) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        let mut before = self.totals().up;
        loop {
            second.tick().await;
            let totals = self.totals();
            self.last_second.store(totals.up.saturating_sub(before), Ordering::Relaxed);
            before = totals.up;
            self.hour.lock().take(totals, self.platform.clock.now());
        }
    }

    /// Since the start of the process.
    fn totals(&self) -> Counts {
        Counts {
            up: self.sum(|stats| stats.messages_up.get()),
            down: self.sum(|stats| stats.messages_down.get()),
            sign_ins: self.sum(|stats| stats.sign_ins.get()),
            failures: Failures {
                sign_ins_refused: self.sum(|stats| stats.sign_ins_refused.get()),
                messages_refused: self.sum(|stats| stats.messages_refused.get()),
                handshakes: self.sum(|stats| stats.tls_handshakes_failed.get()),
                over_rate: self
                    .sum(|stats| stats.rate_limited.get() + stats.down_over_rate.get() + stats.posts_over_rate.get()),
                slow_consumers: self.sum(|stats| stats.slow_consumers.get()),
                scripts: self.sum(|stats| stats.script_failures.get()),
                dropped: self.sum(|stats| stats.backend_messages_dropped.get()),
                log: self.log.stats().failures,
            },
        }
    }

    fn sum(&self, read: impl Fn(&AccessStats) -> u64) -> u64 {
        self.stats.iter().map(|stats| read(stats)).sum()
    }
}

impl Measures for Load {
    fn connections(&self) -> u64 {
        self.sum(|stats| stats.connections.get())
    }

    fn messages_last_second(&self) -> u64 {
        self.last_second.load(Ordering::Relaxed)
    }

    fn rates(&self, product: Option<ProductId>) -> RatesUse {
        let used = self.rates.as_ref().map(|rates| rates.in_use(product)).unwrap_or_default();
        RatesUse {
            product_up: used.product_up,
            product_down: used.product_down,
            instance_down: used.instance_down,
            sign_ins: used.sign_ins,
        }
    }

    fn backends(&self, owner: Uin) -> BackendsUse {
        let Some(backends) = &self.backends else { return BackendsUse::default() };
        let (sessions, retained) = (backends.sessions(owner), backends.retained(owner));
        BackendsUse {
            sessions: sessions.sessions,
            session_messages: sessions.most_messages,
            session_bytes: sessions.most_bytes,
            session_filters: sessions.most_filters,
            filters: backends.filters(owner) as u64,
            retained_messages: retained.0 as u64,
            retained_bytes: retained.1 as u64,
        }
    }

    fn activity(&self) -> Activity {
        let disk = rustix::fs::statvfs(&self.data).ok();
        let bytes = |blocks: u64| disk.as_ref().map_or(0, |disk| blocks.saturating_mul(disk.f_frsize));
        Activity {
            hour: self.hour.lock().clone(),
            started: self.started,
            online: self.sum(|stats| stats.devices_online.get()),
            connections: self.connections(),
            backends: self.sum(|stats| stats.backends_online.get()),
            log_bytes: self.log.stats().segment_bytes,
            free_bytes: bytes(disk.as_ref().map_or(0, |disk| disk.f_bavail)),
            size_bytes: bytes(disk.as_ref().map_or(0, |disk| disk.f_blocks)),
            behind: self.platform.log.durable().0.saturating_sub(self.platform.progress.applied().0),
        }
    }
}
