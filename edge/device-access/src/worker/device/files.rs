//! Messages about files: each waits for the registry, one after the other in a worker, and is recorded with what came
//! of it (ADR 0028).

use std::rc::Rc;
use std::sync::Arc;

use lianwu_device_protocol::system::NOT_SERVED;
use lianwu_device_protocol::topic::Topic;
use lianwu_ports::record::RecordKind;
use lianwu_services::file::{self, Outcome, Way};
use tracing::debug;

use crate::worker::Worker;
use crate::worker::device::kept::Kept;
use crate::worker::device::post::NOWHERE;
use crate::worker::device::publish::{Incoming, Verdict};
use crate::worker::state::State;

/// Messages that may wait in one worker; the next one is refused.
const WAITING_MAX: usize = 256;

/// A request over HTTP is answered with one word; addresses and lists come in messages.
const NEEDS_CONNECTION: &str = "files are spoken of on MQTT, use it there";

impl Worker {
    pub(super) fn files(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>) {
        let payload = incoming.packet.payload;
        if incoming.place == NOWHERE {
            let outcome = Outcome::not_taken(NOT_SERVED, NEEDS_CONNECTION);
            return self.finish_about_files(state, incoming, &outcome);
        }
        if state.about_files.len() >= WAITING_MAX {
            let outcome = file::busy(way(incoming.packet.topic), payload);
            return self.finish_about_files(state, incoming, &outcome);
        }
        state.about_files.push_back(Box::new(Kept::new(incoming)));
        if !state.serves_files {
            state.serves_files = true;
            tokio::task::spawn_local(serve(Rc::clone(self)));
        }
    }

    fn finish_about_files(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>, outcome: &Outcome) {
        if outcome.code != 0 {
            self.stats.messages_refused.add(1);
        }
        let (topic, text) = outcome.answer.as_ref().map_or((None, &[][..]), |(topic, text)| (Some(*topic), text));
        let verdict = Verdict {
            kind: RecordKind::OtherUp,
            code: outcome.code,
            note: &outcome.note,
            sample_time: state.wall,
            answer: topic,
        };
        self.finish(state, incoming, &verdict, text, None);
    }

    /// The next message; when there is none the line is closed.
    fn next_about_files(&self) -> Option<Box<Kept>> {
        let mut state = self.state.borrow_mut();
        let next = state.about_files.pop_front();
        state.serves_files = next.is_some();
        next
    }
}

fn way(topic: &str) -> Way {
    match Topic::parse(topic) {
        Topic::ResourceUp { .. } => Way::Resource,
        _ => Way::Service,
    }
}

/// Serves the line until nothing waits in it.
async fn serve(worker: Rc<Worker>) {
    while let Some(kept) = worker.next_about_files() {
        let packet = kept.packet();
        let outcome = file::said(&worker.platform, &kept.device, way(packet.topic), packet.payload).await;
        {
            let mut state = worker.state.borrow_mut();
            worker.refresh_time(&mut state);
            worker.finish_about_files(&mut state, &kept.incoming(&packet), &outcome);
        }
        if outcome.has_more() {
            let (platform, device) = (Arc::clone(&worker.platform), Arc::clone(&kept.device));
            // Goes through this worker's mailbox, so it cannot be waited for here.
            tokio::task::spawn_local(async move {
                outcome.follow(&platform, &device).await;
                debug!(%device.product, %device.name, "what comes next was looked for");
            });
        }
    }
}
