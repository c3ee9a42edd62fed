//! How long a device waits before it tries to connect again.

use std::time::Duration;

use super::values::Dice;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// One second, doubled after every failure up to a minute. Source: the C SDK, spec/device-protocol.md 2.5.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub fn new() -> Self {
        Self { next: FIRST }
    }

    /// The connection works: begin anew after the next failure.
    pub fn reset(&mut self) {
        self.next = FIRST;
    }

    /// The next wait, up to a fifth longer than the plan so that a fleet does not come back all at once.
    pub fn wait(&mut self, dice: &mut Dice) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(LONGEST);
        wait + wait.mul_f64(dice.share() / 5.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does the wait double from one second to sixty, and begin anew after a success?
    #[test]
    fn doubles_up_to_a_minute() {
        let (mut backoff, mut dice) = (Backoff::new(), Dice::new(1));
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            let wait = backoff.wait(&mut dice).as_secs_f64();
            let planned = f64::from(seconds);
            assert!((planned..=planned * 1.2).contains(&wait), "{wait} s instead of {planned}");
        }
        backoff.reset();
        assert!(backoff.wait(&mut dice) < Duration::from_secs(2));
    }
}
