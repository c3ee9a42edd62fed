//! The value a property has before anything was reported.

use std::fmt::Write as _;

use super::{Define, ThingModel};

impl Define {
    /// Appends the start value as JSON text.
    ///
    /// int and float: `start`, else 0 moved into the range; string: empty (shorter than `min` when `min` is not 0); bool
    /// and timestamp: 0; enum and stringenum: first key of the definition; struct: its members' start values; array: empty.
    pub fn start_json(&self, out: &mut String) {
        match self {
            Self::Bool { .. } | Self::Timestamp => out.push('0'),
            Self::Int(range) => {
                let start = range.start.unwrap_or_else(|| 0.clamp(range.min, range.max));
                write!(out, "{start}").expect("writing to a string");
            }
            Self::Float(range) => {
                let start = range.start.unwrap_or_else(|| 0.0_f64.clamp(range.min, range.max));
                write!(out, "{start}").expect("writing to a string");
            }
            Self::String { .. } => out.push_str("\"\""),
            Self::Enum { mapping } => {
                let first = mapping.first().map_or(0, |(key, _)| *key);
                write!(out, "{first}").expect("writing to a string");
            }
            Self::StringEnum { mapping } => {
                let first = mapping.first().map_or("", |(key, _)| key.as_str());
                out.push_str(&serde_json::Value::from(first).to_string());
            }
            Self::Struct { members } => {
                out.push('{');
                for (index, member) in members.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(out, "{comma}\"{}\":", member.id).expect("writing to a string");
                    member.define.start_json(out);
                }
                out.push('}');
            }
            Self::Array { .. } => out.push_str("[]"),
        }
    }
}

impl ThingModel {
    /// A JSON object with the start value of every property, in the order of the definition.
    #[must_use]
    pub fn start_values(&self) -> String {
        let mut out = String::from("{");
        for (index, property) in self.properties.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma}\"{}\":", property.id).expect("writing to a string");
            property.define.start_json(&mut out);
        }
        out.push('}');
        out
    }
}
