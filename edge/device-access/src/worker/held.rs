//! What a batch holds back until it is durable: replies, acknowledgements, and things to do after.

use lianwu_model::{DeviceNumber, Uin, UnixMillis};
use lianwu_mqtt::{PacketId, QoS, ReasonCode};
use lianwu_ports::bus::{DeliverError, Delivery};
use lianwu_ports::states::SessionNumber;
use lianwu_services::message::ActionReply;
use lianwu_services::rrpc::Mark;
use tokio::sync::oneshot;

use super::Posted;
use super::backend::forward::Forwards;
use super::state::Place;
use crate::broker::Kept;

/// Encoded packets of one batch in one arena, neighbours for one connection merged.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) bytes: Vec<u8>,
    pub(crate) parts: Vec<Part>,
    pub(crate) after: Vec<After>,
    /// Messages for backends, by worker.
    pub(crate) forwards: Vec<Forwards>,
}

/// The next `length` bytes of the arena are for the connection at `place`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) place: Place,
    pub(crate) length: u32,
}

/// Done once the batch is durable, or told that it will never be.
#[derive(Debug)]
pub(crate) enum After {
    /// Keep a message of an account for later subscribers; an empty one takes the kept one away. When it was decided who
    /// receives it, subscriptions had come and gone so many times.
    Retain { owner: Uin, topic: Box<str>, kept: Kept, changes: u64 },
    /// Acknowledge a message of a backend.
    Acknowledge { place: Place, session: Option<SessionNumber>, qos: QoS, packet_id: PacketId, reason: ReasonCode },
    /// Answer `get_status` from the state that includes this batch.
    ReadStatus { place: Place, number: DeviceNumber, request: StatusRequest },
    /// Answer a question for the time that came at `received`.
    Clock { place: Place, number: DeviceNumber, received: UnixMillis },
    /// Do what a gateway asked for its topology.
    Topology { place: Place, payload: Box<[u8]> },
    /// A device answered an action: tell the call that waits.
    ActionReply { number: DeviceNumber, token: Box<str>, reply: ActionReply },
    /// A device answered a question: tell the call that waits.
    RrpcAnswer { number: DeviceNumber, mark: Mark, answer: Box<[u8]> },
    /// Send what waits in the session of the device at `place`.
    FetchMessages { place: Place },
    /// Send a backend that came back what waits in its session.
    Resume { session: SessionNumber, place: Place },
    /// Answer a request over HTTP.
    Posted { answer: oneshot::Sender<Posted>, posted: Posted },
    /// The shadow's next message or change may be decided.
    Decided(oneshot::Sender<()>),
    /// Tell the cloud what became of its message.
    Delivered { answer: oneshot::Sender<Result<Delivery, DeliverError>>, delivery: Delivery },
    /// Tell the cloud why its message was not sent.
    Unsaid { answer: oneshot::Sender<Result<Delivery, DeliverError>>, why: DeliverError },
}

/// A `get_status`, judged again when it is answered.
#[derive(Clone, Debug)]
pub(crate) struct StatusRequest {
    pub(crate) payload: Box<[u8]>,
    /// A script made it: the answer goes through it, too.
    pub(crate) is_translated: bool,
}

impl Held {
    /// Encodes packets for one connection with `encode`.
    pub(crate) fn hold(&mut self, place: Place, encode: impl FnOnce(&mut Vec<u8>)) {
        let before = self.bytes.len();
        encode(&mut self.bytes);
        let length = u32::try_from(self.bytes.len() - before).expect("a turn's replies are far below 4 GiB");
        match self.parts.last_mut() {
            Some(last) if last.place == place => last.length += length,
            _ if length == 0 => {}
            _ => self.parts.push(Part { place, length }),
        }
    }

    /// Keeps the memory for the next batch.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.parts.clear();
        self.after.clear();
    }
}
