//! Questions that wait for their answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lianwu_device_protocol::topic::RrpcFamily;
use lianwu_model::{DeviceNumber, UnixMillis};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::clock_ids::ClockIds;

/// Questions that wait at once, of all devices together.
pub const CALLS_MAX: usize = 10_000;

/// What an answer is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// The last level of the topic.
    Process(RrpcFamily, Box<str>),
    /// `clientToken` in the answer itself.
    Token(Box<str>),
}

impl Mark {
    fn is_token(&self) -> bool {
        matches!(self, Self::Token(_))
    }
}

#[derive(Debug)]
struct Waiter {
    /// On which topics the answer may come; `None` for any.
    on: Option<Box<str>>,
    answer: oneshot::Sender<Box<[u8]>>,
}

#[derive(Debug, Default)]
struct Waiters {
    known: Mutex<HashMap<(DeviceNumber, Mark), Waiter>>,
    /// Those of them that wait for a token: looked at with each message on a custom topic.
    with_token: AtomicUsize,
}

/// Calls that wait; each removes its entry when it ends, answered or not.
#[derive(Debug, Default)]
pub struct PendingRrpc {
    waiters: Arc<Waiters>,
    ids: ClockIds,
}

/// One call's place in the table; leaving drops it.
#[derive(Debug)]
pub(super) struct Waiting {
    waiters: Arc<Waiters>,
    key: (DeviceNumber, Mark),
    answer: oneshot::Receiver<Box<[u8]>>,
}

impl PendingRrpc {
    /// A number no other question has, also not one of an earlier run. The vendor's C SDK has room for 16 digits, and keeps
    /// the tail of a longer one before.
    pub(super) fn next_id(&self, now: UnixMillis) -> u64 {
        self.ids.next(now)
    }

    /// Waits for the answer of `device`; `None` when [`CALLS_MAX`] wait already.
    pub(super) fn expect(&self, device: DeviceNumber, mark: Mark, on: Option<Box<str>>) -> Option<Waiting> {
        let (sender, answer) = oneshot::channel();
        let key = (device, mark);
        let mut known = self.waiters.known.lock();
        if known.len() >= CALLS_MAX {
            return None;
        }
        self.waiters.with_token.fetch_add(usize::from(key.1.is_token()), Ordering::Relaxed);
        known.insert(key.clone(), Waiter { on, answer: sender });
        Some(Waiting { waiters: Arc::clone(&self.waiters), key, answer })
    }

    /// Does a call wait for an answer that says itself whose it is?
    #[must_use]
    pub fn awaits_token(&self) -> bool {
        self.waiters.with_token.load(Ordering::Relaxed) > 0
    }

    /// Does a call wait for this answer of the device, on this topic?
    #[must_use]
    pub fn awaits(&self, device: DeviceNumber, mark: &Mark, topic: &str) -> bool {
        let known = self.waiters.known.lock();
        let waiter = known.get(&(device, mark.clone()));
        waiter.is_some_and(|waiter| waiter.on.as_deref().is_none_or(|on| matches(on, topic)))
    }

    /// Hands an answer to the call that waits for it, if it still does.
    pub fn resolve(&self, device: DeviceNumber, mark: Mark, answer: Box<[u8]>) -> bool {
        let waiter = self.waiters.take(&(device, mark));
        waiter.is_some_and(|waiter| waiter.answer.send(answer).is_ok())
    }
}

impl Waiters {
    fn take(&self, key: &(DeviceNumber, Mark)) -> Option<Waiter> {
        let taken = self.known.lock().remove(key);
        self.with_token.fetch_sub(usize::from(taken.is_some() && key.1.is_token()), Ordering::Relaxed);
        taken
    }
}

/// Levels of a filter that are a lone `+` stand for any.
fn matches(filter: &str, topic: &str) -> bool {
    let (mut wanted, mut levels) = (filter.split('/'), topic.split('/'));
    loop {
        match (wanted.next(), levels.next()) {
            (None, None) => return true,
            (Some(wanted), Some(level)) if wanted == "+" || wanted == level => {}
            _ => return false,
        }
    }
}

impl Waiting {
    /// The answer; `None` when the platform is going down.
    pub(super) async fn answer(&mut self) -> Option<Box<[u8]>> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.waiters.take(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: DeviceNumber = DeviceNumber(1);

    fn process(family: RrpcFamily, id: &str) -> Mark {
        Mark::Process(family, id.into())
    }

    #[tokio::test]
    async fn an_answer_reaches_only_its_question() {
        let pending = PendingRrpc::default();
        let mark = process(RrpcFamily::Rrpc, "7");
        let mut waiting = pending.expect(ONE, mark.clone(), None).unwrap();
        let answer = || Box::from(&b"ok"[..]);
        assert!(!pending.resolve(DeviceNumber(2), mark.clone(), answer()));
        assert!(!pending.resolve(ONE, process(RrpcFamily::Rrpc, "8"), answer()));
        assert!(!pending.resolve(ONE, process(RrpcFamily::IotRrpc, "7"), answer()), "the other spelling");
        assert!(!pending.awaits_token());
        assert!(pending.awaits(ONE, &mark, "any"));
        assert!(pending.resolve(ONE, mark.clone(), answer()));
        assert_eq!(waiting.answer().await.as_deref(), Some(&b"ok"[..]));
        assert!(!pending.resolve(ONE, mark, answer()), "answered before");
    }

    /// Is a table that is full, full, and empty again when the calls have gone?
    #[test]
    fn calls_are_bounded_and_leave_nothing_behind() {
        let pending = PendingRrpc::default();
        let token = |number: usize| Mark::Token(number.to_string().into());
        let waiting: Vec<_> = (0..CALLS_MAX).map(|number| pending.expect(ONE, token(number), None).unwrap()).collect();
        assert!(pending.expect(ONE, token(CALLS_MAX), None).is_none());
        assert!(pending.awaits_token());
        drop(waiting);
        assert!(!pending.awaits_token());
        assert!(pending.expect(ONE, token(0), None).is_some());
    }

    #[test]
    fn an_answer_comes_on_its_topic() {
        let pending = PendingRrpc::default();
        let mark = Mark::Token("t".into());
        let _waiting = pending.expect(ONE, mark.clone(), Some("P/d/+/reply".into())).unwrap();
        for (topic, expected) in
            [("P/d/a/reply", true), ("P/d/reply", false), ("P/d/a/reply/x", false), ("P/d/a/b", false)]
        {
            assert_eq!(pending.awaits(ONE, &mark, topic), expected, "{topic}");
        }
    }
}
