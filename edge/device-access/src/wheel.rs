//! A timer wheel of one-second slots: one entry per connection, however often its deadline moves.
//!
//! Pure: seconds come in as numbers. An entry that comes up early is put back by the caller.

/// Seconds the wheel spans. Longer waits come up once per turn of the wheel and are put back.
const SLOTS: usize = 2048;

#[derive(Debug)]
pub(crate) struct Wheel<T> {
    slots: Vec<Vec<T>>,
    /// The next second to be looked at.
    next: u64,
}

impl<T> Wheel<T> {
    pub(crate) fn new(now: u64) -> Self {
        Self { slots: (0..SLOTS).map(|_| Vec::new()).collect(), next: now }
    }

    /// Lets `entry` come up once second `due` is over, at the latest when the wheel has turned once.
    pub(crate) fn insert(&mut self, due: u64, entry: T) {
        let due = due.clamp(self.next, self.next + SLOTS as u64 - 1);
        let slot = usize::try_from(due % SLOTS as u64).unwrap_or(0);
        self.slots[slot].push(entry);
    }

    /// Moves every entry due before `now` into `out`.
    pub(crate) fn expire(&mut self, now: u64, out: &mut Vec<T>) {
        let last = now.min(self.next + SLOTS as u64);
        while self.next < last {
            let slot = usize::try_from(self.next % SLOTS as u64).unwrap_or(0);
            out.append(&mut self.slots[slot]);
            self.next += 1;
        }
        self.next = self.next.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expired(wheel: &mut Wheel<u32>, now: u64) -> Vec<u32> {
        let mut out = Vec::new();
        wheel.expire(now, &mut out);
        out.sort_unstable();
        out
    }

    #[test]
    fn entries_come_up_after_their_second() {
        let mut wheel = Wheel::new(100);
        wheel.insert(101, 1);
        wheel.insert(103, 3);
        wheel.insert(50, 0);
        assert_eq!(expired(&mut wheel, 101), [0]);
        assert_eq!(expired(&mut wheel, 103), [1]);
        assert_eq!(expired(&mut wheel, 104), [3]);
        assert!(expired(&mut wheel, 9_000).is_empty());
    }

    #[test]
    fn a_long_sleep_loses_nothing_and_a_far_deadline_comes_up_early() {
        let mut wheel = Wheel::new(0);
        wheel.insert(1_000_000, 9);
        wheel.insert(5, 5);
        assert_eq!(expired(&mut wheel, 10_000), [5, 9]);
        wheel.insert(10_001, 1);
        assert_eq!(expired(&mut wheel, 10_002), [1]);
    }
}
