//! Records told apart before any line is made of them: most records of a long search hold nothing of what is looked for.

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::record::{Record, RecordKind};
use memchr::memchr;
use memchr::memmem::Finder;

use super::render::Rendering;
use super::texts::Texts;

/// Texts that can be looked for in records of the commonest kinds as they are stored.
///
/// The lines of an accepted message consist of its payload, its client token, numbers, and a frame: words of ours, names and
/// topic, the same for every message of a device's topic. Wherever the frame touches a token, a name or a number, it does so
/// with a mark (`/`, `:`, `,`, `"`, a blank). So a text without marks lies in the payload or in the frame, or else nowhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Glance {
    /// In lower case; each must be found.
    texts: Vec<Finder<'static>>,
    /// Of the message looked at last: is each of the texts in it?
    frame: Option<(Frame, Vec<bool>)>,
    room: Vec<u8>,
}

/// What a frame follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Frame {
    kind: RecordKind,
    number: DeviceNumber,
    product: ProductId,
    device: Box<str>,
    topic: Box<str>,
    note: Box<str>,
}

impl Frame {
    fn is_of(&self, record: &Record<'_>) -> bool {
        (self.kind, self.number, self.product) == (record.kind, record.number, record.product)
            && *self.device == *record.device
            && *self.topic == *record.topic
            && *self.note == *record.note
    }
}

/// No mark, and more than digits, which might be a number's.
fn is_plain(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-') || !(c.is_ascii() || c == '\u{fffd}');
    text.chars().all(is_plain) && text.chars().any(|c| !c.is_ascii_digit())
}

impl Glance {
    /// For lines in which each of the texts, in lower case, occurs.
    pub(super) fn of<'t>(texts: impl Iterator<Item = &'t [u8]>) -> Self {
        let plain = texts.filter(|text| std::str::from_utf8(text).is_ok_and(is_plain));
        Self { texts: plain.map(|text| Finder::new(text).into_owned()).collect(), ..Self::default() }
    }

    /// Can all texts occur in a line of the record? When in doubt, yes.
    pub(super) fn may_occur_in(&mut self, record: &Record<'_>) -> bool {
        // Of other kinds the payload decides about more than its own text, and so may a code.
        let is_known = record.code == 0
            && matches!(
                record.kind,
                RecordKind::PropertyReport
                    | RecordKind::PropertyControl
                    | RecordKind::ActionCall
                    | RecordKind::OtherUp
                    | RecordKind::OtherDown
            );
        // A token is shown without its escapes.
        if self.texts.is_empty() || !is_known || memchr(b'\\', record.payload).is_some() {
            return true;
        }
        self.room.clear();
        self.room.extend_from_slice(record.payload);
        self.room.make_ascii_lowercase();
        let Self { texts, frame, room } = self;
        let is_same = frame.as_ref().is_some_and(|(frame, _)| frame.is_of(record));
        let in_frame = match frame {
            Some((_, in_frame)) if is_same => in_frame,
            _ => &mut frame.insert(framed(texts, record)).1,
        };
        texts.iter().zip(in_frame).all(|(text, in_frame)| *in_frame || text.find(room).is_some())
    }
}

/// The frame of a record, and which of the texts are in it.
fn framed(texts: &[Finder<'static>], record: &Record<'_>) -> (Frame, Vec<bool>) {
    let rendering = Rendering::of(UnixMillis(0), Record { payload: b"{}", packet_id: 0, ..*record });
    let drafts = rendering.drafts();
    let mut room = Vec::new();
    let in_frame = texts.iter().map(|text| drafts.iter().any(|line| Texts::is_in(text, line, &mut room))).collect();
    let Record { kind, number, product, device, topic, note, .. } = *record;
    let frame = Frame { kind, number, product, device: device.into(), topic: topic.into(), note: note.into() };
    (frame, in_frame)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::search::LogFilter;
    use super::*;

    fn record<'a>(kind: RecordKind, topic: &'a str, note: &'a str, payload: &'a str) -> Record<'a> {
        Record {
            kind,
            qos: 1,
            packet_id: 513,
            code: 0,
            number: DeviceNumber(7),
            product: "AB12CD34EF".parse().expect("a product id"),
            device: "Lamp-7",
            sample_time: UnixMillis(5),
            topic,
            note,
            payload: payload.as_bytes(),
        }
    }

    fn records() -> Vec<Record<'static>> {
        let report = r#"{"method":"report","clientToken":"t-31","params":{"Level":5}}"#;
        let escaped = r#"{"method":"report","clientToken":"\u0051b","params":{}}"#;
        let packed = r#"{"method":"pack_report","clientToken":-4,"properties":[]}"#;
        let fence = r#"{"method":"alert_fence_event","clientToken":"f","params":{}}"#;
        vec![
            record(RecordKind::PropertyReport, "", "", report),
            record(RecordKind::PropertyReport, "", "", escaped),
            record(RecordKind::PropertyReport, "", "call-9", report),
            record(RecordKind::PropertyReport, "$thing/up/raw/AB12CD34EF/Lamp-7", "", report),
            record(RecordKind::PropertyControl, "", "call-10", r#"{"method":"control","clientToken":"c"}"#),
            record(RecordKind::ActionCall, "", "", r#"{"method":"action","clientToken":"a","actionId":"Open"}"#),
            record(RecordKind::OtherUp, "AB12CD34EF/Lamp-7/up", "", "温度 É 21"),
            record(RecordKind::OtherUp, "AB12CD34EF/Lamp-7/up", "", packed),
            record(RecordKind::OtherDown, "$thing/down/service/AB12CD34EF/Lamp-7", "", fence),
            record(RecordKind::OtherDown, "AB12CD34EF/Lamp-7/down", "call-11", "plain text"),
            record(RecordKind::PropertyOther, "", "", report),
            record(RecordKind::EventPost, "", "", r#"{"method":"events_post","clientToken":"e"}"#),
            Record { code: 406, ..record(RecordKind::PropertyReport, "", "not a number", report) },
            record(RecordKind::Disconnected, "", "keepalive", "1.2.3.4"),
        ]
    }

    fn texts(word: &str) -> Texts {
        Texts::of(&LogFilter { words: vec![word.to_owned()], ..LogFilter::new(UnixMillis(0)..=UnixMillis(u64::MAX)) })
    }

    /// What can be read in the lines of a record, in lower case.
    fn shown(record: Record<'_>) -> Vec<String> {
        let mut shown = Vec::new();
        for line in Rendering::of(UnixMillis(5), record).drafts() {
            let line = line.into_line();
            let others = [line.scene, &*line.device, &line.topic, &line.result, &line.request_id, &line.client_token];
            shown.extend([line.text_lossy().into_owned(), others.join("\n")].map(|text| text.to_ascii_lowercase()));
        }
        shown
    }

    /// Is no record passed over that shows a word, for every part of everything that is shown?
    #[test]
    fn what_is_shown_is_never_passed_over() {
        let shown: Vec<_> = records().into_iter().map(shown).collect();
        let mut words = BTreeSet::new();
        for text in shown.iter().flatten() {
            let chars: Vec<char> = text.chars().collect();
            for length in 1..=8 {
                words.extend(chars.windows(length).map(String::from_iter));
            }
        }
        assert!(words.len() > 1_000, "{}", words.len());
        for word in &words {
            let mut texts = texts(word);
            for (record, shown) in records().into_iter().zip(&shown) {
                let is_shown = shown.iter().any(|text| text.contains(word.as_str()));
                assert!(!is_shown || texts.may_occur_in(&record), "{word:?} in {record:?}");
            }
        }
    }

    /// Is a record passed over without a line of it where that is safe, and only there?
    #[test]
    fn what_is_nowhere_is_passed_over() {
        let passed = |word: &str| -> Vec<usize> {
            let mut texts = texts(word);
            let all = records();
            (0..all.len()).filter(|at| !texts.may_occur_in(&all[*at])).collect()
        };
        assert_eq!(passed("Nowhere"), [0, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(passed("level"), [4, 5, 6, 7, 8, 9]);
        // In the name of the device, in an answer, perhaps a number, perhaps across a name.
        for word in ["LAMP-7", "77", "t-31\n", "ef/"] {
            assert!(passed(word).is_empty(), "{word}");
        }
        // Who reported by a call, or in bytes, was answered otherwise.
        assert_eq!(passed("report_reply"), [2, 3, 4, 5, 6, 7, 8, 9]);
    }
}
