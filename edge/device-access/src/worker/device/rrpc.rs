//! Answers of devices to questions of the cloud. Source: spec/device-protocol.md 9.3, spec/cloud-api.md 3.9.

use std::rc::Rc;

use lianwu_device_protocol::topic::RrpcFamily;
use lianwu_ports::record::RecordKind;
use lianwu_services::logs::notes;
use lianwu_services::rrpc::{self, Mark};

use crate::worker::Worker;
use crate::worker::device::publish::{Incoming, Verdict};
use crate::worker::held::After;
use crate::worker::state::State;

/// Code of a record about an answer nobody waits for.
const NOBODY_WAITS_CODE: u32 = 404;

/// Code of a record about an answer that cannot be read.
const MALFORMED_CODE: u32 = 400;

impl Worker {
    /// An answer on a topic of the platform's own: on record, then handed to the call that waits for it.
    pub(super) fn rrpc_answer(
        self: &Rc<Self>,
        state: &mut State,
        incoming: &Incoming<'_>,
        family: RrpcFamily,
        process: &str,
    ) {
        let (number, packet) = (incoming.device.number, incoming.packet);
        let mark = Mark::Process(family, process.into());
        if self.platform.replies.rrpc.awaits(number, &mark, packet.topic) {
            let after = After::RrpcAnswer { number, mark, answer: packet.payload.into() };
            return self.keep(state, incoming, 0, "", Some(after));
        }
        self.stats.messages_refused.add(1);
        self.keep(state, incoming, NOBODY_WAITS_CODE, notes::NOBODY_WAITS, None);
    }

    /// A message on a custom topic, which may be the answer to a question.
    pub(super) fn custom_or_answer(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>) {
        let (number, packet) = (incoming.device.number, incoming.packet);
        let pending = &self.platform.replies.rrpc;
        let answer = if pending.awaits_token() { rrpc::read_answer(packet.payload) } else { None };
        let Some(answer) = answer else { return self.keep(state, incoming, 0, "", None) };
        let mark = Mark::Token(answer.token);
        match answer.payload {
            _ if !pending.awaits(number, &mark, packet.topic) => self.keep(state, incoming, 0, "", None),
            None => self.keep(state, incoming, MALFORMED_CODE, notes::ANSWER_NOT_BASE64, None),
            Some(answer) => {
                self.keep(state, incoming, 0, "", Some(After::RrpcAnswer { number, mark, answer }));
            }
        }
    }

    fn keep(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>, code: u32, note: &str, after: Option<After>) {
        let verdict = Verdict { kind: RecordKind::OtherUp, code, note, sample_time: state.wall, answer: None };
        self.finish(state, incoming, &verdict, &[], after);
    }
}
