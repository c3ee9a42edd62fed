//! Report texts with places that change from message to message.

use std::{fs, path::Path};

use anyhow::{Context as _, bail};

/// A switch and a sequence, about 115 bytes when filled in.
const LAMP: &str =
    r#"{"method":"report","clientToken":"$token","timestamp":$time,"params":{"power_switch":$bit,"seq":$seq}}"#;
/// Every property of the model `bench.json`.
const FULL: &str = concat!(
    r#"{"method":"report","clientToken":"$token","timestamp":$time,"params":{"power_switch":$bit,"color":$bit,"#,
    r#""brightness":$percent,"name":"hall","position":{"longitude":113,"latitude":22},"seq":$seq}}"#
);
/// The seldom property of the model `rare.json`.
const RARE: &str = concat!(
    r#"{"method":"report","clientToken":"$token","timestamp":$time,"params":{"power_switch":$bit,"#,
    r#""fault_code":$percent,"seq":$seq}}"#
);
/// With the payload `rare`, one report in so many has the seldom property.
const RARE_EVERY: u64 = 1_000;

/// A report with gaps.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    common: Vec<Part>,
    /// A second text, and how seldom it is used.
    rare: Option<(u64, Vec<Part>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(Box<[u8]>),
    Gap(Gap),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// The clientToken's text.
    Token,
    /// A number that no other report of the device has.
    Sequence,
    /// The sample time. Unit: UNIX milliseconds.
    Time,
    /// 0 or 1.
    Bit,
    /// 0 to 100.
    Percent,
}

/// Names of the gaps, longest first where one begins another.
const GAPS: [(&str, Gap); 5] = [
    ("$token", Gap::Token),
    ("$seq", Gap::Sequence),
    ("$time", Gap::Time),
    ("$bit", Gap::Bit),
    ("$percent", Gap::Percent),
];

/// What goes into the gaps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fill {
    pub slot: u16,
    /// Number of the message on its connection.
    pub message: u64,
    /// Unique value of the device.
    pub sequence: u64,
    pub sample_time_ms: u64,
}

impl Template {
    /// `lamp`, `full`, `rare`, or the path of a file.
    ///
    /// # Errors
    /// The file cannot be read, or has no `$token`.
    pub fn load(name: &str) -> anyhow::Result<Self> {
        let text = match name {
            "lamp" => LAMP.to_owned(),
            "full" => FULL.to_owned(),
            "rare" => {
                return Ok(Self { common: parse(LAMP)?, rare: Some((RARE_EVERY, parse(RARE)?)) });
            }
            path => fs::read_to_string(Path::new(path)).with_context(|| format!("read payload template {path}"))?,
        };
        Ok(Self { common: parse(text.trim_end())?, rare: None })
    }

    /// Appends a report.
    pub fn render(&self, out: &mut Vec<u8>, fill: Fill) {
        let parts = match &self.rare {
            Some((every, parts)) if fill.message.is_multiple_of(*every) => parts,
            _ => &self.common,
        };
        for part in parts {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Gap(Gap::Token) => {
                    push_decimal(out, fill.message);
                    out.push(b'.');
                    push_decimal(out, u64::from(fill.slot));
                }
                Part::Gap(Gap::Sequence) => push_decimal(out, fill.sequence),
                Part::Gap(Gap::Time) => push_decimal(out, fill.sample_time_ms),
                Part::Gap(Gap::Bit) => push_decimal(out, fill.message & 1),
                Part::Gap(Gap::Percent) => push_decimal(out, fill.message % 101),
            }
        }
    }
}

/// Slot and message number of a token that [`Template::render`] wrote.
pub(crate) fn parse_token(token: &[u8]) -> Option<(u16, u64)> {
    let dot = token.iter().position(|&byte| byte == b'.')?;
    let message = std::str::from_utf8(&token[..dot]).ok()?.parse().ok()?;
    let slot = std::str::from_utf8(&token[dot + 1..]).ok()?.parse().ok()?;
    Some((slot, message))
}

fn parse(text: &str) -> anyhow::Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        let (before, tail) = rest.split_at(start);
        let Some((name, gap)) = GAPS.iter().find(|(name, _)| tail.starts_with(name)) else {
            let shown: String = tail.chars().take(12).collect();
            bail!("{shown:?} is not one of $token, $seq, $time, $bit, $percent");
        };
        parts.push(Part::Text(before.as_bytes().into()));
        parts.push(Part::Gap(*gap));
        rest = &tail[name.len()..];
    }
    parts.push(Part::Text(rest.as_bytes().into()));
    if !parts.contains(&Part::Gap(Gap::Token)) {
        bail!("the payload has no $token, so replies could not be told apart");
    }
    Ok(parts)
}

/// Appends a number without allocating.
fn push_decimal(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILL: Fill = Fill { slot: 3, message: 41, sequence: 1_000_041, sample_time_ms: 1_714_550_400_123 };

    fn rendered(template: &Template, fill: Fill) -> String {
        let mut out = Vec::new();
        template.render(&mut out, fill);
        String::from_utf8(out).unwrap()
    }

    /// Is the default report valid JSON of about 110 bytes, with everything in its place?
    #[test]
    fn lamp_report() {
        let text = rendered(&Template::load("lamp").unwrap(), FILL);
        assert_eq!(
            text,
            r#"{"method":"report","clientToken":"41.3","timestamp":1714550400123,"params":{"power_switch":1,"seq":1000041}}"#
        );
        assert!((100..=120).contains(&text.len()), "{} bytes", text.len());
        assert_eq!(parse_token(b"41.3"), Some((3, 41)));
    }

    /// Is each built-in report JSON, and is the seldom property in one report of a thousand only?
    #[test]
    fn built_in_reports() {
        for (name, message, property, expected) in [
            ("full", 7, "position", true),
            ("rare", 7, "fault_code", false),
            ("rare", RARE_EVERY * 2, "fault_code", true),
        ] {
            let text = rendered(&Template::load(name).unwrap(), Fill { message, ..FILL });
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["params"].get(property).is_some(), expected, "{name}: {text}");
            assert_eq!(value["params"]["seq"], 1_000_041);
        }
    }

    /// Are templates refused that could not work, and tokens that are not ours?
    #[test]
    fn refusals() {
        assert!(parse("{}").unwrap_err().to_string().contains("no $token"));
        assert!(parse("$token $tok").unwrap_err().to_string().contains("\"$tok\""));
        for token in ["", "1", ".", "1.", "x.1", "1.70000", "PID-3"] {
            assert_eq!(parse_token(token.as_bytes()), None, "{token}");
        }
    }
}
