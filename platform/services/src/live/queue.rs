//! Lines that wait for somebody who looks at them.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::logs::Line;

/// Lines that wait for one watch.
pub const LINES_WAITING_MAX: usize = 256;

/// Their bytes; one line that is longer waits alone.
pub const BYTES_WAITING_MAX: usize = 256 * 1024;

/// Of a line besides its texts.
const LINE_BYTES: usize = 200;

/// What was taken, and what is missing before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Oldest first.
    pub lines: Vec<Arc<Line>>,
    /// Lines that were left out, since the last time something was taken.
    pub missed: u64,
    /// Part of the log was not looked at: how many lines it holds is not known.
    pub has_gap: bool,
    /// More waits.
    pub has_more: bool,
}

impl Taken {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.missed == 0 && !self.has_gap
    }

    /// Of all lines.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lines.iter().map(|line| bytes_of(line)).sum()
    }
}

/// The newest lines; the oldest make room and are counted.
#[derive(Debug, Default)]
pub(super) struct Queue {
    lines: VecDeque<Arc<Line>>,
    bytes: usize,
    missed: u64,
    has_gap: bool,
}

fn bytes_of(line: &Line) -> usize {
    LINE_BYTES + line.content.len() + line.topic.len() + line.result.len() + line.device.len() + line.client_token.len()
}

impl Queue {
    pub(super) fn push(&mut self, line: Arc<Line>) {
        self.bytes += bytes_of(&line);
        self.lines.push_back(line);
        while self.lines.len() > LINES_WAITING_MAX || (self.bytes > BYTES_WAITING_MAX && self.lines.len() > 1) {
            self.drop_oldest();
        }
    }

    /// What follows in the log was not looked at; what waits is older than that.
    pub(super) fn skip(&mut self) {
        while !self.lines.is_empty() {
            self.drop_oldest();
        }
        self.has_gap = true;
    }

    fn drop_oldest(&mut self) {
        if let Some(line) = self.lines.pop_front() {
            self.bytes -= bytes_of(&line);
            self.missed += 1;
        }
    }

    pub(super) fn take(&mut self, lines_max: usize, bytes_max: usize) -> Taken {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while lines.len() < lines_max && bytes < bytes_max {
            let Some(line) = self.lines.pop_front() else { break };
            bytes += bytes_of(&line);
            lines.push(line);
        }
        self.bytes -= bytes;
        Taken {
            lines,
            missed: std::mem::take(&mut self.missed),
            has_gap: std::mem::take(&mut self.has_gap),
            has_more: !self.lines.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use lianwu_model::UnixMillis;

    use super::*;
    use crate::logs::{LineKind, Origin};

    fn line(number: u64, bytes: usize) -> Arc<Line> {
        Arc::new(Line {
            time: UnixMillis(number),
            kind: LineKind::Content,
            direction: None,
            origin: Origin::Device,
            product: "LAMP000001".parse().unwrap(),
            device: "lamp".into(),
            scene: "OTHER",
            topic: String::new(),
            content: vec![b' '; bytes].into(),
            result: String::new(),
            request_id: String::new(),
            client_token: String::new(),
        })
    }

    fn times(taken: &Taken) -> Vec<u64> {
        taken.lines.iter().map(|line| line.time.0).collect()
    }

    /// Are lines given in their order, in pieces, each once?
    #[test]
    fn lines_are_taken_in_pieces() {
        let mut queue = Queue::default();
        (0..5).for_each(|number| queue.push(line(number, 10)));
        let first = queue.take(2, usize::MAX);
        assert_eq!((times(&first), first.has_more, first.missed), (vec![0, 1], true, 0));
        let by_bytes = queue.take(10, 1);
        assert_eq!((times(&by_bytes), by_bytes.has_more), (vec![2], true), "one at least");
        let rest = queue.take(10, usize::MAX);
        assert_eq!((times(&rest), rest.has_more), (vec![3, 4], false));
        assert!(queue.take(10, usize::MAX).is_empty());
        assert_eq!(queue.bytes, 0);
    }

    /// Does a queue nobody reads stay within its bounds, keep the newest lines and know how many it lost?
    #[test]
    fn what_does_not_fit_is_counted() {
        let mut queue = Queue::default();
        (0..1_000).for_each(|number| queue.push(line(number, 10)));
        assert_eq!(queue.lines.len(), LINES_WAITING_MAX);
        let taken = queue.take(usize::MAX, usize::MAX);
        assert_eq!(times(&taken), Vec::from_iter(1_000 - LINES_WAITING_MAX as u64..1_000));
        assert_eq!((taken.missed, taken.has_gap), (1_000 - LINES_WAITING_MAX as u64, false));
        assert_eq!(queue.take(1, 1).missed, 0, "told once");

        (0..100).for_each(|number| queue.push(line(number, 64 * 1024)));
        assert!(queue.bytes <= BYTES_WAITING_MAX, "{} bytes wait", queue.bytes);
        queue.push(line(100, 2 * BYTES_WAITING_MAX));
        assert_eq!(times(&queue.take(usize::MAX, usize::MAX)), [100], "a long line waits alone");
    }

    /// Is nothing shown as if it were all, after part of the log was not looked at?
    #[test]
    fn a_skipped_stretch_is_told() {
        let mut queue = Queue::default();
        (0..3).for_each(|number| queue.push(line(number, 10)));
        queue.skip();
        queue.push(line(9, 10));
        let taken = queue.take(10, usize::MAX);
        assert_eq!((times(&taken), taken.missed, taken.has_gap), (vec![9], 3, true));
        assert!(!queue.take(10, 10).has_gap);
    }
}
