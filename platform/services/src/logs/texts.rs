//! Words in lines, letters in either case: made ready once, then looked for in every line without new memory.

use lianwu_ports::record::Record;
use memchr::memmem::Finder;

use super::glance::Glance;
use super::line::Draft;
use super::search::LogFilter;

/// What a filter looks for in the text of a line, and room for the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    /// Each occurs in the content.
    contents: Vec<Finder<'static>>,
    /// Each occurs somewhere in the line.
    words: Vec<Finder<'static>>,
    glance: Glance,
    room: Vec<u8>,
}

impl Texts {
    pub(crate) fn of(filter: &LogFilter) -> Self {
        let finder = |word: &String| Finder::new(&word.to_ascii_lowercase()).into_owned();
        let [contents, words] =
            [&filter.contents, &filter.words].map(|texts| texts.iter().map(finder).collect::<Vec<_>>());
        let glance = Glance::of(contents.iter().chain(&words).map(Finder::needle));
        Self { contents, words, glance, room: Vec::new() }
    }

    /// Can a line of the record hold all of them? When in doubt, yes; much cheaper than to ask its lines.
    pub(super) fn may_occur_in(&mut self, record: &Record<'_>) -> bool {
        self.glance.may_occur_in(record)
    }

    /// Do all of them occur in the line?
    pub(super) fn occur_in(&mut self, line: &Draft<'_>) -> bool {
        if self.contents.is_empty() && self.words.is_empty() {
            return true;
        }
        put_content(line, &mut self.room);
        if self.contents.iter().any(|part| part.find(&self.room).is_none()) {
            return false;
        }
        let content_bytes = self.room.len();
        put_others(line, &mut self.room);
        let (content, others) = self.room.split_at(content_bytes);
        self.words.iter().all(|word| word.find(content).is_some() || word.find(others).is_some())
    }

    /// Does one text, in lower case, occur somewhere in the line?
    pub(super) fn is_in(text: &Finder<'_>, line: &Draft<'_>, room: &mut Vec<u8>) -> bool {
        put_content(line, room);
        let content_bytes = room.len();
        put_others(line, room);
        let (content, others) = room.split_at(content_bytes);
        text.find(content).is_some() || text.find(others).is_some()
    }
}

/// The content in lower case, and nothing else.
fn put_content(line: &Draft<'_>, room: &mut Vec<u8>) {
    room.clear();
    match std::str::from_utf8(&line.content) {
        Ok(text) => room.extend_from_slice(text.as_bytes()),
        // What is no text has replacement characters, which can be looked for, too.
        Err(_) => room.extend_from_slice(String::from_utf8_lossy(&line.content).as_bytes()),
    }
    room.make_ascii_lowercase();
}

/// Adds everything else in lower case, one below the other.
fn put_others(line: &Draft<'_>, room: &mut Vec<u8>) {
    let before = room.len();
    for text in [line.scene, line.device, &line.topic, &line.result, line.request_id, line.client_token] {
        room.extend_from_slice(text.as_bytes());
        room.push(b'\n');
    }
    room.pop();
    room[before..].make_ascii_lowercase();
}

#[cfg(test)]
mod tests {
    use lianwu_model::UnixMillis;
    use lianwu_ports::record::RecordKind;

    use super::*;
    use crate::logs::render::Rendering;

    /// In which lines of a refused publish with this payload does each of the words occur?
    #[track_caller]
    fn check(payload: &[u8], words: &[&str], expected: [bool; 2]) {
        let filter = LogFilter {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            ..LogFilter::new(UnixMillis(0)..=UnixMillis(u64::MAX))
        };
        let record = Record {
            kind: RecordKind::PublishRefused,
            qos: 1,
            packet_id: 9,
            code: 1,
            number: lianwu_model::DeviceNumber(3),
            product: "AB12CD34EF".parse().expect("a product id"),
            device: "Lamp",
            sample_time: UnixMillis(5),
            topic: "AB12CD34EF/Lamp/other",
            note: "no permission",
            payload,
        };
        let rendering = Rendering::of(UnixMillis(5), record);
        let mut texts = Texts::of(&filter);
        let found: Vec<_> = rendering.drafts().iter().map(|line| texts.occur_in(line)).collect();
        assert_eq!(found, expected, "{words:?}");
        // With room that another line left.
        let again: Vec<_> = rendering.drafts().iter().map(|line| texts.occur_in(line)).collect();
        assert_eq!(again, expected, "{words:?}");
    }

    #[test]
    fn words_are_found_in_either_case_and_within_one_text() {
        let text = "{\"Level\":1}".as_bytes();
        check(text, &[], [true, true]);
        check(text, &["LEVEL"], [true, false]);
        check(text, &["level", "other"], [true, false]);
        check(text, &["lamp", "FAIL, no"], [true, true]);
        check(text, &["qos:1,id:9"], [false, true]);
        check(text, &["1}other"], [false, false]);
        check(text, &["1}lamp"], [false, false]);
        check(text, &["nowhere"], [false, false]);
        check("温度 \u{c9}".as_bytes(), &["温度"], [true, false]);
        check("温度 \u{c9}".as_bytes(), &["\u{e9}"], [false, false]);
        check(b"\xff\xfeAbc", &["abc"], [true, false]);
        check(b"\xff\xfeAbc", &["\u{fffd}a"], [true, false]);
    }
}
