//! A violation without the message it was found in: what may be kept, counted and told to people.

use std::fmt::Write as _;

use super::violation::VALUE_SHOWN_BYTES_MAX;
use super::{Cause, Define, ThingModel, Violation};

/// One mistake. The same one made again, with another value or at another index of an array, has the same place and complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `win_switch`, `cells[].lac`, `low_voltage.voltage`: without indices.
    pub place: String,
    pub complaint: Complaint,
    /// The value as sent, at most 64 bytes of it; empty when there is none to show.
    pub value: String,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Complaint {
    /// The model has no such identifier.
    NotDefined,
    /// A control names a property of mode `r`.
    NotWritable,
    /// An event or action lacks this parameter.
    Missing,
    /// Of another JSON type than the model's type is written in.
    WrongType(Sent),
    /// A fraction where a whole number is due.
    NotWhole,
    /// `[min,max]`
    OutOfRange(String),
    /// Bytes of a string or elements of an array, both bounds inclusive.
    LengthOutOfRange {
        min: usize,
        max: usize,
    },
    NotInEnum,
}

/// The JSON type of what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sent {
    Text,
    /// A number in quotes.
    QuotedNumber,
    Number,
    Truth,
    Null,
    Object,
    Array,
}

impl Sent {
    fn of(token: &[u8]) -> Self {
        match token {
            [b'"', inner @ .., b'"'] if is_number(inner) => Self::QuotedNumber,
            [b'"', ..] => Self::Text,
            [b'{', ..] => Self::Object,
            [b'[', ..] => Self::Array,
            [b't' | b'f', ..] => Self::Truth,
            [b'n', ..] => Self::Null,
            _ => Self::Number,
        }
    }
}

fn is_number(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite))
}

impl Violation<'_> {
    /// What to remember of it; `None` when the text is not JSON.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        let wrong_type = |token: &[u8]| (Complaint::WrongType(Sent::of(token)), cut(&String::from_utf8_lossy(token)));
        let (complaint, value) = match &self.cause {
            Cause::Json(_) => return None,
            Cause::NotDefined => (Complaint::NotDefined, String::new()),
            Cause::NotWritable => (Complaint::NotWritable, String::new()),
            Cause::Missing => (Complaint::Missing, String::new()),
            Cause::NotANumber { token }
            | Cause::NotAString { token }
            | Cause::NotAnObject { token }
            | Cause::NotAnArray { token } => wrong_type(token),
            Cause::Null => (Complaint::WrongType(Sent::Null), "null".to_owned()),
            Cause::NotWhole { value } => (Complaint::NotWhole, cut(&String::from_utf8_lossy(value))),
            Cause::OutOfRange { value, range } => {
                (Complaint::OutOfRange(range.to_string()), cut(&String::from_utf8_lossy(value)))
            }
            Cause::LengthOutOfRange { length, min, max } => {
                (Complaint::LengthOutOfRange { min: *min, max: *max }, length.to_string())
            }
            Cause::NotInEnum { value } => (Complaint::NotInEnum, cut(value)),
        };
        Some(Fault { place: without_indices(&self.path), complaint, value })
    }
}

fn without_indices(path: &str) -> String {
    let mut place = String::with_capacity(path.len());
    let mut is_inside = false;
    for sign in path.chars() {
        is_inside &= sign != ']';
        if !is_inside {
            place.push(sign);
        }
        is_inside |= sign == '[';
    }
    place
}

fn cut(value: &str) -> String {
    let end = value.floor_char_boundary(VALUE_SHOWN_BYTES_MAX);
    let mut cut = value[..end].to_owned();
    if end < value.len() {
        // Writing to a String cannot fail.
        let _ = write!(cut, "...");
    }
    cut
}

impl ThingModel {
    /// The type of a property, or of a part of one, by its place (`cells[].lac`).
    #[must_use]
    pub fn property_type(&self, place: &str) -> Option<&Define> {
        let (id, rest) = split(place);
        inside(&self.properties.iter().find(|property| property.id == id)?.define, rest)
    }

    /// The type of an event's parameter, or of a part of one, by its place (`low_voltage.voltage`).
    #[must_use]
    pub fn event_type(&self, place: &str) -> Option<&Define> {
        let (id, rest) = split(place);
        let (param, rest) = split(rest.strip_prefix('.')?);
        let event = self.events.iter().find(|event| event.id == id)?;
        inside(&event.params.iter().find(|field| field.id == param)?.define, rest)
    }
}

/// The first identifier and what follows it.
fn split(place: &str) -> (&str, &str) {
    place.split_at(place.find(['.', '[']).unwrap_or(place.len()))
}

fn inside<'m>(define: &'m Define, rest: &str) -> Option<&'m Define> {
    if rest.is_empty() {
        return Some(define);
    }
    match define {
        Define::Array { element } => inside(element, rest.strip_prefix("[]")?),
        Define::Struct { members } => {
            let (id, rest) = split(rest.strip_prefix('.')?);
            inside(&members.iter().find(|member| member.id == id)?.define, rest)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Scanner;
    use crate::thing_model::{Purpose, Validator};

    const MODEL: &str = r#"{"version":"1.0","properties":[
        {"id":"lac","name":"a","mode":"rw","define":{"type":"int","min":"0","max":"9","start":"0","step":"1"}},
        {"id":"cells","name":"b","mode":"r","define":{"type":"array","arrayInfo":{"type":"struct","specs":[
            {"id":"rssi","name":"c","dataType":{"type":"int","min":"-99","max":"0","start":"0","step":"1"}}]}}}],
        "events":[{"id":"low","name":"d","type":"alert","params":[
            {"id":"volt","name":"e","define":{"type":"float","min":"0","max":"5","start":"0","step":"0.1"}}]}],
        "actions":[]}"#;

    fn fault(params: &str) -> Option<Fault> {
        let validator = Validator::compile(&ThingModel::parse(MODEL).expect("a model"));
        let violation = validator.check_properties(&mut Scanner::new(params.as_bytes()), Purpose::Report).err()?;
        violation.fault()
    }

    #[test]
    fn the_same_mistake_has_the_same_place_and_complaint() {
        let first = fault(r#"{"cells":[{"rssi":"x"}]}"#).expect("a text for an int");
        let second = fault(r#"{"cells":[{"rssi":-1},{"rssi":"y"}]}"#).expect("a text for an int");
        assert_eq!((first.place.as_str(), &first.complaint), ("cells[].rssi", &Complaint::WrongType(Sent::Text)));
        assert_eq!((&second.place, &second.complaint), (&first.place, &first.complaint));
        assert_eq!((first.value.as_str(), second.value.as_str()), (r#""x""#, r#""y""#));
    }

    #[test]
    fn every_json_type_is_told_from_the_others() {
        for (value, sent) in [
            (r#""dark""#, Sent::Text),
            (r#""12.5""#, Sent::QuotedNumber),
            (r#""""#, Sent::Text),
            (r#""inf""#, Sent::Text),
            ("{}", Sent::Object),
            ("[]", Sent::Array),
            ("null", Sent::Null),
        ] {
            let found = fault(&format!(r#"{{"lac":{value}}}"#)).map(|fault| fault.complaint);
            assert_eq!(found, Some(Complaint::WrongType(sent)), "{value}");
        }
        assert_eq!(fault(r#"{"lac":10}"#).map(|f| f.complaint), Some(Complaint::OutOfRange("[0,9]".into())));
        assert_eq!(fault(r#"{"lac":1.5}"#).map(|f| f.complaint), Some(Complaint::NotWhole));
        assert_eq!(fault(r#"{"other":1}"#).map(|f| f.complaint), Some(Complaint::NotDefined));
        assert_eq!(fault(r#"{"lac":"#), None);
    }

    #[test]
    fn a_place_leads_to_its_type() {
        let model = ThingModel::parse(MODEL).expect("a model");
        assert!(matches!(model.property_type("lac"), Some(Define::Int(_))));
        assert!(matches!(model.property_type("cells"), Some(Define::Array { .. })));
        assert!(matches!(model.property_type("cells[]"), Some(Define::Struct { .. })));
        assert!(matches!(model.property_type("cells[].rssi"), Some(Define::Int(_))));
        assert!(matches!(model.event_type("low.volt"), Some(Define::Float(_))));
        for nowhere in ["", "lac.x", "cells.rssi", "cells[].x", "low.volt", "other"] {
            assert_eq!(model.property_type(nowhere), None, "{nowhere}");
        }
        assert_eq!(model.event_type("low"), None);
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let long = "联".repeat(100);
        let fault = fault(&format!(r#"{{"lac":"{long}"}}"#)).expect("a text for an int");
        assert!(fault.value.len() <= VALUE_SHOWN_BYTES_MAX + 3 && fault.value.ends_with("联..."), "{}", fault.value);
    }
}
