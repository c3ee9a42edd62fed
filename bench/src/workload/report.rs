//! `report`: signed-in devices report properties and await `report_reply`.

use lianwu_mqtt::{Properties, ProtocolVersion, Publish, QoS, encode};
use memchr::memmem::Finder;

use super::{
    round_trip::{Answer, Exchange},
    template::{self, Fill, Template},
    window::{Slot, Ticket},
};
use crate::record::Recorder;

/// The reports of one thread's devices.
pub(crate) struct Report<'r> {
    topics: Vec<String>,
    /// Number of a thread's first device in the whole run.
    first_device: u32,
    connections: Connections,
    qos: QoS,
    template: Template,
    /// Added to the message number to get the sequence.
    sequence_base: u64,
    payload: Vec<u8>,
    recorder: Option<Recorder<'r>>,
    token_finder: Finder<'static>,
    success_finder: Finder<'static>,
    /// The first reply with an error, for the report.
    pub first_refusal: Option<String>,
}

/// Whose reports a client sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connections {
    /// Each device has its own.
    Own,
    /// There is one client, the gateway of all, which lets them report in turn.
    Gateway,
}

/// Options of [`Report`].
pub(crate) struct ReportOptions<'r> {
    pub topics: Vec<String>,
    pub first_device: u32,
    pub connections: Connections,
    pub qos: QoS,
    pub template: Template,
    pub sequence_base: u64,
    pub recorder: Option<Recorder<'r>>,
}

impl<'r> Report<'r> {
    pub fn new(options: ReportOptions<'r>) -> Self {
        Self {
            topics: options.topics,
            first_device: options.first_device,
            connections: options.connections,
            qos: options.qos,
            template: options.template,
            sequence_base: options.sequence_base,
            payload: Vec::with_capacity(512),
            recorder: options.recorder,
            token_finder: Finder::new(b"\"clientToken\":\""),
            success_finder: Finder::new(b"\"code\":0,"),
            first_refusal: None,
        }
    }

    /// Which of this thread's devices a message of a client is of.
    #[inline]
    fn device(&self, client: usize, sequence: u64) -> usize {
        match self.connections {
            Connections::Own => client,
            Connections::Gateway => sequence as usize % self.topics.len(),
        }
    }

    /// Writes what is still in memory of the record.
    ///
    /// # Errors
    /// The record file cannot be written now, or could not be at some time before.
    pub fn finish(self) -> anyhow::Result<Option<String>> {
        if let Some(recorder) = self.recorder {
            recorder.finish()?;
        }
        Ok(self.first_refusal)
    }
}

impl Exchange for Report<'_> {
    #[inline]
    fn publish(&mut self, out: &mut Vec<u8>, client: usize, ticket: Ticket, sample_time_ms: u64) {
        self.payload.clear();
        let sequence = self.sequence_base + ticket.sequence;
        let fill = Fill { slot: ticket.slot, message: ticket.sequence, sequence, sample_time_ms };
        self.template.render(&mut self.payload, fill);
        let publish = Publish {
            duplicate: false,
            qos: self.qos,
            retain: false,
            topic: &self.topics[self.device(client, ticket.sequence)],
            packet_id: Some(ticket.packet_id),
            properties: Properties::NONE,
            payload: &self.payload,
        };
        encode::publish(out, ProtocolVersion::V3_1_1, &publish)
            .expect("topics of devices are short and templates are limited");
    }

    #[inline]
    fn answer(&mut self, publish: &Publish<'_>) -> Option<Answer> {
        // The tokens are ours and hold no escapes, so looking for the next quote is enough.
        let start = self.token_finder.find(publish.payload)? + self.token_finder.needle().len();
        let rest = &publish.payload[start..];
        let end = memchr::memchr(b'"', rest)?;
        let (slot, sequence) = template::parse_token(&rest[..end])?;
        let is_refusal = self.success_finder.find(&rest[end..]).is_none();
        if is_refusal && self.first_refusal.is_none() {
            self.first_refusal = Some(String::from_utf8_lossy(publish.payload).into_owned());
        }
        Some(Answer { slot, sequence, is_refusal })
    }

    fn acknowledged(&mut self, client: usize, message: &Slot) {
        let device = self.first_device + self.device(client, message.sequence) as u32;
        if let Some(recorder) = &mut self.recorder {
            recorder.add(device, self.sequence_base + message.sequence, message.sample_time_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer_to(payload: &str) -> (Option<Answer>, Option<String>) {
        let mut report = Report::new(ReportOptions {
            topics: Vec::new(),
            first_device: 0,
            connections: Connections::Own,
            qos: QoS::AtMostOnce,
            template: Template::load("lamp").unwrap(),
            sequence_base: 0,
            recorder: None,
        });
        let payload = payload.as_bytes();
        let publish = Publish {
            duplicate: false,
            qos: QoS::AtMostOnce,
            retain: false,
            topic: "$thing/down/property/LAMP000001/hall",
            packet_id: None,
            properties: Properties::NONE,
            payload,
        };
        (report.answer(&publish), report.first_refusal)
    }

    /// Is a reply told by its token, whatever its result, and the first bad one kept?
    #[test]
    fn replies() {
        let good = r#"{"method":"report_reply","clientToken":"41.3","code":0,"status":"success"}"#;
        assert_eq!(answer_to(good), (Some(Answer { slot: 3, sequence: 41, is_refusal: false }), None));
        let bad = r#"{"method":"report_reply","clientToken":"41.3","code":406,"status":"check report data err"}"#;
        assert_eq!(answer_to(bad), (Some(Answer { slot: 3, sequence: 41, is_refusal: true }), Some(bad.to_owned())));
    }

    /// Does a gateway let its devices report in turn, and a device report for itself?
    #[test]
    fn whose_message_it_is() {
        for (connections, expected) in [(Connections::Own, [2, 2, 2, 2]), (Connections::Gateway, [0, 1, 2, 0])] {
            let report = Report::new(ReportOptions {
                topics: vec![String::new(); 3],
                first_device: 0,
                connections,
                qos: QoS::AtMostOnce,
                template: Template::load("lamp").unwrap(),
                sequence_base: 0,
                recorder: None,
            });
            assert_eq!([0, 1, 2, 3].map(|sequence| report.device(2, sequence)), expected, "{connections:?}");
        }
    }

    /// Is anything else not taken for a reply?
    #[test]
    fn not_a_reply() {
        for payload in ["", "json format illegal", r#"{"clientToken":"clientToken-2fd0"}"#, r#"{"clientToken":"1.2"#] {
            assert_eq!(answer_to(payload).0, None, "{payload}");
        }
    }
}
