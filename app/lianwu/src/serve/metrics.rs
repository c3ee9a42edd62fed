//! `/metrics`: counters of device access, log and readings, read when somebody asks.

use std::sync::Arc;

use lianwu_device_access::{AccessStats, TlsHandle};
use lianwu_log::{SYNC_BUCKETS, SegmentLog};
use lianwu_services::Platform;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

/// What the page is made from.
#[derive(Debug)]
pub struct Metrics {
    platform: Arc<Platform>,
    access: Vec<Arc<AccessStats>>,
    tls: Option<TlsHandle>,
    log: Arc<SegmentLog>,
}

/// A counter of one worker.
type Read = fn(&AccessStats) -> u64;

const COUNTERS: [(&str, &str, Read); 17] = [
    ("device_sign_ins", "Devices that signed in", |s| s.sign_ins.get()),
    ("device_sign_ins_refused", "Sign-ins refused", |s| s.sign_ins_refused.get()),
    ("device_messages_up", "Messages received from devices", |s| s.messages_up.get()),
    ("device_messages_down", "Messages queued towards devices, replies included", |s| s.messages_down.get()),
    ("backend_messages", "Messages queued towards backends", |s| s.messages_forwarded.get()),
    ("device_messages_refused", "Messages answered with an error or without permission", |s| s.messages_refused.get()),
    ("device_bytes_up", "Bytes received from devices", |s| s.bytes_up.get()),
    ("device_bytes_down", "Bytes written to devices", |s| s.bytes_down.get()),
    ("device_ended_before_sign_in", "Connections that ended without a sign-in, refused ones included", |s| {
        s.ended_before_sign_in.get()
    }),
    ("tls_handshakes", "TLS handshakes that succeeded", |s| s.tls_handshakes.get()),
    ("tls_handshakes_failed", "TLS handshakes that failed", |s| s.tls_handshakes_failed.get()),
    ("device_rate_limited", "Connections closed for going over their rate", |s| s.rate_limited.get()),
    ("device_down_over_rate", "Messages to devices refused for going over the device's rate", |s| {
        s.down_over_rate.get()
    }),
    ("backend_messages_dropped", "Messages that waited for a kept session of a backend and were given up", |s| {
        s.backend_messages_dropped.get()
    }),
    ("device_posts_over_rate", "Messages over HTTP refused for going over the device's rate", |s| {
        s.posts_over_rate.get()
    }),
    ("script_failures", "Messages of raw products a script made nothing of", |s| s.script_failures.get()),
    ("device_slow_consumers", "Connections closed because they did not read", |s| s.slow_consumers.get()),
];

const GAUGES: [(&str, &str, Read); 4] = [
    ("device_connections", "Open device connections, signed in or not", |s| s.connections.get()),
    ("devices_online", "Devices signed in", |s| s.devices_online.get()),
    ("backends_online", "Backends signed in", |s| s.backends_online.get()),
    ("backend_subscriptions", "Topic filters backends are subscribed to", |s| s.backend_subscriptions.get()),
];

impl Metrics {
    /// Counters of the running parts.
    pub fn new(
        platform: &Arc<Platform>,
        access: &[Arc<AccessStats>],
        tls: Option<TlsHandle>,
        log: &Arc<SegmentLog>,
    ) -> Self {
        Self { platform: Arc::clone(platform), access: access.to_vec(), tls, log: Arc::clone(log) }
    }

    /// The registry the page is rendered from.
    pub fn registry(self) -> Registry {
        let mut registry = Registry::with_prefix("lianwu");
        registry.register_collector(Box::new(self));
        registry
    }

    fn sum(&self, read: Read) -> u64 {
        self.access.iter().map(|stats| read(stats)).sum()
    }

    fn encode_log(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        let stats = self.log.stats();
        counter(encoder, "log_commits", "Blocks made durable", stats.commits)?;
        counter(encoder, "log_records", "Records made durable", stats.records)?;
        counter(encoder, "log_failures", "Blocks that could not be written or synced", stats.failures)?;
        gauge(encoder, "log_queue_bytes", "Record bytes waiting for the disk", stats.queue_bytes)?;
        gauge(encoder, "log_segments", "Segment files", stats.segments)?;
        gauge(encoder, "log_segment_bytes", "Bytes of the segment files", stats.segment_bytes)?;
        let mut buckets: Vec<(f64, u64)> = Vec::with_capacity(SYNC_BUCKETS.len() + 1);
        for (count, limit) in stats.syncs.iter().zip(SYNC_BUCKETS) {
            buckets.push((micros(limit), *count));
        }
        buckets.push((f64::MAX, stats.syncs.last().copied().unwrap_or_default()));
        let help = "Time one sync of the log takes";
        let kind = prometheus_client::metrics::MetricType::Histogram;
        let mut histogram = encoder.encode_descriptor("log_sync", help, Some(&Unit::Seconds), kind)?;
        let total = stats.syncs.iter().sum();
        histogram.encode_histogram::<[(&str, &str); 0]>(micros(stats.sync_micros_sum), total, &buckets, None)
    }
}

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        for (name, help, read) in COUNTERS {
            counter(&mut encoder, name, help, self.sum(read))?;
        }
        for (name, help, read) in GAUGES {
            gauge(&mut encoder, name, help, self.sum(read))?;
        }
        gauge(&mut encoder, "devices_registered", "Registered devices", self.platform.directory.total())?;
        let behind = self.platform.log.durable().0.saturating_sub(self.platform.progress.applied().0);
        gauge(&mut encoder, "readings_behind", "Durable records that queries do not show yet", behind)?;
        if let Some(tls) = &self.tls {
            let stale = u64::from(tls.is_stale());
            gauge(&mut encoder, "tls_certificate_stale", "1 while changed certificate files cannot be used", stale)?;
            let expires = u64::try_from(tls.expires_at()).unwrap_or_default();
            gauge(&mut encoder, "tls_certificate_expires", "End of the certificate, UNIX seconds", expires)?;
            counter(&mut encoder, "tls_certificate_renewals", "Certificates taken over", tls.renewals())?;
        }
        self.encode_log(&mut encoder)
    }
}

fn counter(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> std::fmt::Result {
    let metric = ConstCounter::new(value);
    metric.encode(encoder.encode_descriptor(name, help, None, prometheus_client::metrics::MetricType::Counter)?)
}

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> std::fmt::Result {
    let metric = ConstGauge::new(value.cast_signed());
    metric.encode(encoder.encode_descriptor(name, help, None, prometheus_client::metrics::MetricType::Gauge)?)
}

/// Microseconds as seconds; whole numbers below 2^53 are exact.
fn micros(micros: u64) -> f64 {
    std::time::Duration::from_micros(micros).as_secs_f64()
}
