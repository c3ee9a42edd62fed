//! Counters of device access, summed over the workers; read by the metrics page.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counted by one worker, read by anyone.
#[derive(Debug, Default)]
pub struct AccessStats {
    /// Open sockets, signed in or not.
    pub connections: Gauge,
    /// Devices signed in.
    pub devices_online: Gauge,
    /// Backends signed in.
    pub backends_online: Gauge,
    /// Filters of the backends of one worker.
    pub backend_subscriptions: Gauge,
    pub sign_ins: Counter,
    pub sign_ins_refused: Counter,
    /// PUBLISH packets received.
    pub messages_up: Counter,
    /// PUBLISH packets queued towards devices, replies included.
    pub messages_down: Counter,
    /// Messages queued towards backends.
    pub messages_forwarded: Counter,
    /// Messages that waited for a kept session of a backend and were given up.
    pub backend_messages_dropped: Counter,
    /// Messages answered with an error.
    pub messages_refused: Counter,
    pub bytes_up: Counter,
    pub bytes_down: Counter,
    /// Connections that ended without a sign-in, refused ones included.
    pub ended_before_sign_in: Counter,
    /// TLS handshakes that succeeded.
    pub tls_handshakes: Counter,
    /// Those that failed, whatever the reason; silent strangers are not counted.
    pub tls_handshakes_failed: Counter,
    pub rate_limited: Counter,
    /// Messages to devices that were refused for being over the device's rate.
    pub down_over_rate: Counter,
    /// Messages over HTTP that were refused for being over the device's rate.
    pub posts_over_rate: Counter,
    /// Messages a script made nothing of, both ways.
    pub script_failures: Counter,
    /// Connections closed because they did not read.
    pub slow_consumers: Counter,
}

/// Only goes up. One thread writes, so adding needs no locked instruction.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, amount: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed);
    }

    /// As [`Counter::add`], for one that several threads write, all of them by this.
    pub fn add_shared(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Goes up and down. One thread writes.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    pub fn add(&self, amount: u64) {
        self.set(self.get().wrapping_add(amount));
    }

    pub fn sub(&self, amount: u64) {
        self.set(self.get().wrapping_sub(amount));
    }

    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
