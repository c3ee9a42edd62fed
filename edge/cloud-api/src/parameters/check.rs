//! One pass over a JSON text: names, types and presence, without building anything.

use lianwu_model::json::{Kind as JsonKind, ScanError, Scanner};

use super::not_json;
use crate::error::ApiError;
use crate::metadata::{FieldSpec, Kind};

/// What the text needs before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    Ready,
    /// A name occurs twice in one object.
    RepeatedNames,
}

pub(super) fn check(fields: &'static [FieldSpec], text: &[u8]) -> Result<Checked, ApiError> {
    let mut pass = Pass { scanner: Scanner::new(text), repeated: false };
    if pass.scanner.peek().map_err(scan)? != JsonKind::Object {
        return Err(not_json("it is not an object"));
    }
    pass.object(fields, "")?;
    pass.scanner.finish().map_err(scan)?;
    Ok(if pass.repeated { Checked::RepeatedNames } else { Checked::Ready })
}

struct Pass<'t> {
    scanner: Scanner<'t>,
    repeated: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Seen {
    No,
    Null,
    Value,
}

impl Pass<'_> {
    /// `path` is empty for the parameters themselves: only there an unknown name is refused.
    fn object(&mut self, fields: &'static [FieldSpec], path: &str) -> Result<(), ApiError> {
        self.scanner.enter_object().map_err(scan)?;
        let mut seen = vec![Seen::No; fields.len()];
        while let Some(key) = self.scanner.next_member().map_err(scan)? {
            let Some(at) = fields.iter().position(|field| key.is(field.name.as_bytes())) else {
                if path.is_empty() {
                    return Err(unknown(&key.unescape()));
                }
                self.scanner.skip_value().map_err(scan)?;
                continue;
            };
            self.repeated |= seen[at] != Seen::No;
            seen[at] = if self.scanner.peek().map_err(scan)? == JsonKind::Null { Seen::Null } else { Seen::Value };
            match seen[at] {
                Seen::Value => self.value(&fields[at].kind, &join(path, fields[at].name))?,
                _ => drop(self.scanner.skip_value().map_err(scan)?),
            }
        }
        for (field, seen) in fields.iter().zip(seen) {
            if field.required && seen != Seen::Value {
                return Err(ApiError::missing(&join(path, field.name)));
            }
        }
        Ok(())
    }

    fn value(&mut self, kind: &'static Kind, path: &str) -> Result<(), ApiError> {
        let found = self.scanner.peek().map_err(scan)?;
        match (kind, found) {
            (Kind::Object(structure), JsonKind::Object) => self.object(structure.fields, path),
            (Kind::List(element), JsonKind::Array) => self.list(element, path),
            (Kind::Text, JsonKind::String)
            | (Kind::Number, JsonKind::Number)
            | (Kind::Boolean, JsonKind::True | JsonKind::False) => self.scanner.skip_value().map(drop).map_err(scan),
            (Kind::Integer | Kind::Unsigned, JsonKind::String) => {
                let token = self.scanner.string().map_err(scan)?;
                fits(kind, &token.unescape()).then_some(()).ok_or_else(|| wrong(kind, path))
            }
            (Kind::Integer | Kind::Unsigned, JsonKind::Number) => {
                let token = self.scanner.number().map_err(scan)?;
                let text = std::str::from_utf8(token.raw()).unwrap_or_default();
                fits(kind, text).then_some(()).ok_or_else(|| wrong(kind, path))
            }
            _ => Err(wrong(kind, path)),
        }
    }

    fn list(&mut self, element: &'static Kind, path: &str) -> Result<(), ApiError> {
        self.scanner.enter_array().map_err(scan)?;
        let mut at = 0_usize;
        while self.scanner.next_element().map_err(scan)? {
            self.value(element, &join(path, &at.to_string()))?;
            at += 1;
        }
        Ok(())
    }
}

fn fits(kind: &Kind, text: &str) -> bool {
    match kind {
        Kind::Unsigned => text.parse::<u64>().is_ok(),
        _ => text.parse::<i64>().is_ok(),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn scan(error: ScanError) -> ApiError {
    not_json(&error.to_string())
}

fn unknown(name: &str) -> ApiError {
    let shown: String = name.chars().take(64).collect();
    ApiError::new(
        "UnknownParameter",
        format!("该接口没有参数 `{shown}`，请检查拼写（区分大小写）。"),
        format!("The parameter `{shown}` is not known to this operation; names are case-sensitive."),
    )
}

fn wrong(kind: &Kind, path: &str) -> ApiError {
    let (zh, en) = match kind {
        Kind::Text => ("应为字符串", "it must be a string"),
        Kind::Integer => ("应为 64 位整数", "it must be a 64-bit integer"),
        Kind::Unsigned => ("应为 64 位非负整数", "it must be a 64-bit integer of at least 0"),
        Kind::Number => ("应为数字", "it must be a number"),
        Kind::Boolean => ("应为布尔值", "it must be a boolean"),
        Kind::Object(_) => ("应为对象", "it must be an object"),
        Kind::List(_) => ("应为数组", "it must be an array"),
    };
    ApiError::invalid(path, zh, en)
}
