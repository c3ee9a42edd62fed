//! Calls from the cloud that wait for a device's answer, by client token.

use std::collections::HashMap;
use std::sync::Arc;

use lianwu_model::DeviceNumber;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::rrpc::PendingRrpc;

/// What the device answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionReply {
    pub code: i64,
    pub status: String,
    /// Raw JSON object; empty when the device sent none.
    pub response: String,
}

type Waiters = Mutex<HashMap<(DeviceNumber, Box<str>), oneshot::Sender<ActionReply>>>;

/// Calls that wait. Bounded by the calls in progress: each removes its entry when it ends.
#[derive(Debug, Default)]
pub struct PendingReplies {
    waiters: Arc<Waiters>,
    /// Questions of the owner's own making.
    pub rrpc: PendingRrpc,
}

/// One call's place in the table; leaving drops it.
#[derive(Debug)]
pub struct Waiting {
    waiters: Arc<Waiters>,
    key: (DeviceNumber, Box<str>),
    answer: oneshot::Receiver<ActionReply>,
}

impl PendingReplies {
    /// Waits for the answer of `device` that carries `token`. Tokens are unique per call.
    #[must_use]
    pub fn expect(&self, device: DeviceNumber, token: &str) -> Waiting {
        let (sender, answer) = oneshot::channel();
        let key = (device, token.into());
        self.waiters.lock().insert((device, token.into()), sender);
        Waiting { waiters: Arc::clone(&self.waiters), key, answer }
    }

    /// Hands an answer to the call that waits for it, if there is one.
    pub fn resolve(&self, device: DeviceNumber, token: &str, reply: ActionReply) -> bool {
        let waiter = self.waiters.lock().remove(&(device, Box::from(token)));
        waiter.is_some_and(|waiter| waiter.send(reply).is_ok())
    }
}

impl Waiting {
    /// The answer; `None` when the platform is going down.
    pub async fn answer(&mut self) -> Option<ActionReply> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.waiters.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_reaches_only_the_call_with_its_token() {
        let pending = PendingReplies::default();
        let mut waiting = pending.expect(DeviceNumber(1), "a");
        let reply = ActionReply { code: 0, status: "ok".into(), response: "{}".into() };
        assert!(!pending.resolve(DeviceNumber(2), "a", reply.clone()));
        assert!(!pending.resolve(DeviceNumber(1), "b", reply.clone()));
        assert!(pending.resolve(DeviceNumber(1), "a", reply.clone()));
        assert_eq!(waiting.answer().await, Some(reply));
    }

    #[test]
    fn a_call_that_gave_up_leaves_nothing_behind() {
        let pending = PendingReplies::default();
        drop(pending.expect(DeviceNumber(1), "a"));
        assert!(pending.waiters.lock().is_empty());
    }
}
