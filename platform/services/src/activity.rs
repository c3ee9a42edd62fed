//! What the whole instance did in the last hour, minute by minute, and how it stands now: the overview's figures.

use std::collections::VecDeque;

use lianwu_model::UnixMillis;

/// Minutes that are remembered.
pub const MINUTES_MAX: usize = 60;

const MINUTE_MS: u64 = 60_000;

/// Counts of one span of time, or since the start of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages from devices.
    pub up: u64,
    /// Messages to devices, replies included.
    pub down: u64,
    pub sign_ins: u64,
    pub failures: Failures,
}

/// What went wrong, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    pub sign_ins_refused: u64,
    /// Messages answered with an error, or sent without permission.
    pub messages_refused: u64,
    /// TLS handshakes.
    pub handshakes: u64,
    /// Messages or connections over a rate, both ways.
    pub over_rate: u64,
    /// Connections closed because they did not read.
    pub slow_consumers: u64,
    /// Messages of raw products their script made nothing of.
    pub scripts: u64,
    /// Messages that waited for a kept session of a backend and were given up.
    pub dropped: u64,
    /// Blocks of the log that could not be written.
    pub log: u64,
}

impl Failures {
    /// With the names callers know them by.
    #[must_use]
    pub fn named(&self) -> [(&'static str, u64); 8] {
        [
            ("SignInRefused", self.sign_ins_refused),
            ("MessageRefused", self.messages_refused),
            ("HandshakeFailed", self.handshakes),
            ("OverRate", self.over_rate),
            ("SlowConsumer", self.slow_consumers),
            ("ScriptFailed", self.scripts),
            ("MessageDropped", self.dropped),
            ("StorageFailed", self.log),
        ]
    }

    fn since(self, before: Self) -> Self {
        Self {
            sign_ins_refused: self.sign_ins_refused.saturating_sub(before.sign_ins_refused),
            messages_refused: self.messages_refused.saturating_sub(before.messages_refused),
            handshakes: self.handshakes.saturating_sub(before.handshakes),
            over_rate: self.over_rate.saturating_sub(before.over_rate),
            slow_consumers: self.slow_consumers.saturating_sub(before.slow_consumers),
            scripts: self.scripts.saturating_sub(before.scripts),
            dropped: self.dropped.saturating_sub(before.dropped),
            log: self.log.saturating_sub(before.log),
        }
    }

    fn plus(self, more: Self) -> Self {
        Self {
            sign_ins_refused: self.sign_ins_refused + more.sign_ins_refused,
            messages_refused: self.messages_refused + more.messages_refused,
            handshakes: self.handshakes + more.handshakes,
            over_rate: self.over_rate + more.over_rate,
            slow_consumers: self.slow_consumers + more.slow_consumers,
            scripts: self.scripts + more.scripts,
            dropped: self.dropped + more.dropped,
            log: self.log + more.log,
        }
    }
}

impl Counts {
    fn since(self, before: Self) -> Self {
        Self {
            up: self.up.saturating_sub(before.up),
            down: self.down.saturating_sub(before.down),
            sign_ins: self.sign_ins.saturating_sub(before.sign_ins),
            failures: self.failures.since(before.failures),
        }
    }

    fn plus(self, more: Self) -> Self {
        Self {
            up: self.up + more.up,
            down: self.down + more.down,
            sign_ins: self.sign_ins + more.sign_ins,
            failures: self.failures.plus(more.failures),
        }
    }
}

/// One minute of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minute {
    pub start: UnixMillis,
    pub counts: Counts,
}

/// The last hour. Fed with totals; holds at most [`MINUTES_MAX`] minutes, those without any traffic included.
#[derive(Clone, Debug, Default)]
pub struct LastHour {
    minutes: VecDeque<Minute>,
    totals: Counts,
}

impl LastHour {
    /// What was counted since the last call belongs to the minute of `now`.
    pub fn take(&mut self, totals: Counts, now: UnixMillis) {
        let start = now.0 - now.0 % MINUTE_MS;
        let fresh = totals.since(self.totals);
        self.totals = totals;
        self.open(start);
        if let Some(minute) = self.minutes.back_mut() {
            minute.counts = minute.counts.plus(fresh);
        }
    }

    /// A clock that was set back goes on counting in the newest minute; one that jumped ahead skips at most an hour.
    fn open(&mut self, start: u64) {
        let oldest = (start + MINUTE_MS).saturating_sub(MINUTES_MAX as u64 * MINUTE_MS);
        let mut next = self.minutes.back().map_or(start, |minute| minute.start.0 + MINUTE_MS).max(oldest);
        while next <= start {
            self.minutes.push_back(Minute { start: UnixMillis(next), counts: Counts::default() });
            next += MINUTE_MS;
        }
        while self.minutes.len() > MINUTES_MAX {
            self.minutes.pop_front();
        }
    }

    /// Oldest first; the last one is still being counted.
    pub fn minutes(&self) -> impl Iterator<Item = &Minute> {
        self.minutes.iter()
    }

    /// Of all minutes together.
    #[must_use]
    pub fn failures(&self) -> Failures {
        self.minutes.iter().fold(Failures::default(), |sum, minute| sum.plus(minute.counts.failures))
    }
}

/// The hour, and how things stand now.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    pub hour: LastHour,
    /// When the process started.
    pub started: UnixMillis,
    pub online: u64,
    pub connections: u64,
    pub backends: u64,
    /// Files of the log, in bytes.
    pub log_bytes: u64,
    /// Space of the data folder's file system, in bytes: for us, and all of it. Both 0 when it cannot be told.
    pub free_bytes: u64,
    pub size_bytes: u64,
    /// Stored messages that queries do not show yet.
    pub behind: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up(total: u64) -> Counts {
        Counts { up: total, ..Counts::default() }
    }

    fn ups(hour: &LastHour) -> Vec<(u64, u64)> {
        hour.minutes().map(|minute| (minute.start.0 / MINUTE_MS, minute.counts.up)).collect()
    }

    #[test]
    fn totals_are_spread_over_the_minutes_they_grew_in() {
        let mut hour = LastHour::default();
        for (total, second) in [(5, 60), (7, 119), (10, 120), (10, 301)] {
            hour.take(up(total), UnixMillis(second * 1000));
        }
        assert_eq!(ups(&hour), [(1, 7), (2, 3), (3, 0), (4, 0), (5, 0)]);
    }

    #[test]
    fn it_remembers_an_hour_and_no_more_even_over_a_jump_of_the_clock() {
        let mut hour = LastHour::default();
        for minute in 0..200 {
            hour.take(up(minute + 1), UnixMillis(minute * MINUTE_MS));
        }
        assert_eq!(ups(&hour).len(), MINUTES_MAX);
        assert_eq!(ups(&hour)[0], (140, 1));
        hour.take(up(300), UnixMillis(1_000_000 * MINUTE_MS));
        assert_eq!(ups(&hour).len(), MINUTES_MAX);
        assert_eq!(ups(&hour)[MINUTES_MAX - 1], (1_000_000, 100));
        hour.take(up(301), UnixMillis(5 * MINUTE_MS));
        assert_eq!(ups(&hour)[MINUTES_MAX - 1], (1_000_000, 101), "a clock set back opens no minute");
    }

    #[test]
    fn failures_of_the_hour_are_those_of_its_minutes() {
        let mut hour = LastHour::default();
        let refused = |total| Counts {
            failures: Failures { sign_ins_refused: total, ..Failures::default() },
            ..Counts::default()
        };
        hour.take(refused(3), UnixMillis(0));
        hour.take(refused(4), UnixMillis(30 * MINUTE_MS));
        assert_eq!(hour.failures().named()[0], ("SignInRefused", 4));
        hour.take(refused(4), UnixMillis(60 * MINUTE_MS));
        assert_eq!(hour.failures().named()[0], ("SignInRefused", 1), "the first minute is forgotten");
    }
}
