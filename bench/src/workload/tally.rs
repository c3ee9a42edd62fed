//! What one generator thread counted.

use super::sign_in::SignIn;
use crate::histogram::Histogram;

/// Counts of the whole run, except `measured` and `latency`, which leave out warm-up and draining.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Messages sent.
    pub sent: u64,
    /// Messages that got all their answers.
    pub completed: u64,
    /// Messages answered with an error.
    pub refused: u64,
    /// Messages that never got all their answers.
    pub lost: u64,
    /// Packets nobody waited for: duplicates, late answers.
    pub unexpected: u64,
    /// Messages completed while measuring: the numerator of the rate.
    pub measured: u64,
    /// Latencies of the measured messages.
    pub latency: Histogram,
    /// Messages sent while measuring, where that differs in kind from `measured` (fan-in, fan-out).
    pub measured_sent: u64,
    /// Connections that failed or broke.
    pub failures: u64,
    pub first_failure: Option<String>,
}

impl Tally {
    pub fn merge(&mut self, other: Self) {
        self.sent += other.sent;
        self.completed += other.completed;
        self.refused += other.refused;
        self.lost += other.lost;
        self.unexpected += other.unexpected;
        self.measured += other.measured;
        self.latency.merge(&other.latency);
        self.measured_sent += other.measured_sent;
        self.failures += other.failures;
        self.first_failure = self.first_failure.take().or(other.first_failure);
    }

    /// Takes over what went wrong with connections.
    pub fn take_sign_in(&mut self, sign_in: &mut SignIn) {
        self.failures += std::mem::take(&mut sign_in.failures);
        self.first_failure = self.first_failure.take().or(sign_in.first_failure.take());
    }
}
