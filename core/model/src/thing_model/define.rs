//! Reading the `define` of a value: its type and bounds.

use serde_json::{Map, Value};

use super::error::DefinitionErrorKind as Kind;
use super::parse::{self, Node};
use super::{Define, DefinitionError, FloatRange, IntRange, limits};

/// Where a type stands, which decides the types allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Property,
    EventParam,
    ActionParam,
    StructMember,
    ArrayElement,
}

impl Place {
    fn allows(self, type_name: &str) -> bool {
        match self {
            Self::Property => true,
            Self::EventParam | Self::ActionParam | Self::StructMember => !matches!(type_name, "struct" | "array"),
            Self::ArrayElement => matches!(type_name, "int" | "float" | "string" | "struct"),
        }
    }

    /// The kind of error for a type that is known but not allowed here.
    fn misplaced(self) -> Kind {
        match self {
            Self::EventParam => Kind::EventParam,
            Self::Property | Self::ActionParam | Self::StructMember | Self::ArrayElement => Kind::Type,
        }
    }
}

/// Reads the type under `key`, which is `define`, `dataType` or `arrayInfo`.
pub(super) fn read(owner: Node<'_>, key: &str, place: Place) -> Result<Define, DefinitionError> {
    let map = match owner.get(key) {
        Some(Value::Object(map)) => map,
        None => return Err(owner.error(Kind::Type, key, "is missing")),
        Some(_) => return Err(owner.error(Kind::Type, key, "must be an object")),
    };
    let path = owner.path_of(key);
    let node = Node { map, path: &path };
    let type_name = match node.get("type") {
        Some(Value::String(name)) => name.as_str(),
        None => return Err(node.error(Kind::Type, "type", "is missing")),
        Some(_) => return Err(node.error(Kind::Type, "type", "must be a string")),
    };
    let known = ["bool", "int", "float", "string", "enum", "stringenum", "timestamp", "struct", "array"];
    if !known.contains(&type_name) {
        let reason = format!("is not a type, must be one of {}", known.join(", "));
        return Err(node.error(Kind::Type, "type", reason));
    }
    if !place.allows(type_name) {
        return Err(node.error(place.misplaced(), "type", format!("{type_name} is not allowed here")));
    }
    Ok(match type_name {
        "bool" => bool_labels(node)?,
        "int" => Define::Int(int_range(node)?),
        "float" => Define::Float(float_range(node)?),
        "string" => string_range(node)?,
        "enum" => enum_mapping(node)?,
        "stringenum" => string_enum_mapping(node)?,
        "struct" => Define::Struct { members: parse::members(node)? },
        "array" => Define::Array { element: Box::new(read(node, "arrayInfo", Place::ArrayElement)?) },
        _ => Define::Timestamp,
    })
}

fn mapping(node: Node<'_>, kind: Kind) -> Result<&Map<String, Value>, DefinitionError> {
    match node.get("mapping") {
        Some(Value::Object(map)) => Ok(map),
        None => Err(node.error(kind, "mapping", "is missing")),
        Some(_) => Err(node.error(kind, "mapping", "must be an object")),
    }
}

fn label(node: Node<'_>, key: &str, kind: Kind) -> Result<String, DefinitionError> {
    let path = node.path_of("mapping");
    let map = mapping(node, kind)?;
    Node { map, path: &path }.text(key, limits::LABEL_CHARS_MAX, kind).map(str::to_owned)
}

fn bool_labels(node: Node<'_>) -> Result<Define, DefinitionError> {
    let map = mapping(node, Kind::BoolMapping)?;
    if map.len() != 2 || !map.contains_key("0") || !map.contains_key("1") {
        return Err(node.error(Kind::BoolMapping, "mapping", "must have exactly the keys 0 and 1"));
    }
    Ok(Define::Bool { labels: [label(node, "0", Kind::BoolMapping)?, label(node, "1", Kind::BoolMapping)?] })
}

fn check_entries(node: Node<'_>, map: &Map<String, Value>) -> Result<(), DefinitionError> {
    let entries = map.len();
    if (1..=limits::ENUM_ENTRIES_MAX).contains(&entries) {
        return Ok(());
    }
    let reason = format!("has {entries} keys, 1 to {} are allowed", limits::ENUM_ENTRIES_MAX);
    Err(node.error(Kind::EnumMapping, "mapping", reason))
}

fn enum_mapping(node: Node<'_>) -> Result<Define, DefinitionError> {
    let map = mapping(node, Kind::EnumMapping)?;
    check_entries(node, map)?;
    let mut entries = Vec::with_capacity(map.len());
    for key in map.keys() {
        let canonical = key.parse::<i64>().ok().filter(|number| *number >= 0 && number.to_string() == *key);
        let Some(number) = canonical else {
            let reason = format!("key {key:?} must be a whole number from 0, without leading zeros");
            return Err(node.error(Kind::EnumMapping, "mapping", reason));
        };
        entries.push((number, label(node, key, Kind::EnumMapping)?));
    }
    Ok(Define::Enum { mapping: entries })
}

fn string_enum_mapping(node: Node<'_>) -> Result<Define, DefinitionError> {
    let map = mapping(node, Kind::EnumMapping)?;
    check_entries(node, map)?;
    let mut entries = Vec::with_capacity(map.len());
    for key in map.keys() {
        if key.is_empty() || key.len() > limits::ENUM_KEY_BYTES_MAX {
            let reason = format!("key {key:?} must have 1 to {} bytes", limits::ENUM_KEY_BYTES_MAX);
            return Err(node.error(Kind::EnumMapping, "mapping", reason));
        }
        entries.push((key.clone(), label(node, key, Kind::EnumMapping)?));
    }
    Ok(Define::StringEnum { mapping: entries })
}

/// The text of a number written as a string or as a number; absent and empty are the same.
fn number_text(node: Node<'_>, key: &str) -> Result<Option<String>, DefinitionError> {
    match node.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(node.error(Kind::Range, key, "must be a number")),
    }
}

/// A whole number; digits only may follow the sign, but `5.0` counts as 5.
fn whole(node: Node<'_>, key: &str) -> Result<Option<i64>, DefinitionError> {
    let Some(text) = number_text(node, key)? else { return Ok(None) };
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let (digits, zeros) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !all_digits || zeros.is_empty() || zeros.bytes().any(|b| b != b'0') {
        return Err(node.error(Kind::Range, key, format!("{text:?} is not a whole number")));
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    match format!("{sign}{digits}").parse::<i64>() {
        Ok(number) if number.unsigned_abs() <= limits::INT_BOUND_MAX.unsigned_abs() => Ok(Some(number)),
        _ => {
            let reason = format!("{text} is beyond {0} to -{0}", limits::INT_BOUND_MAX);
            Err(node.error(Kind::RangeOverflow, key, reason))
        }
    }
}

fn real(node: Node<'_>, key: &str) -> Result<Option<f64>, DefinitionError> {
    let Some(text) = number_text(node, key)? else { return Ok(None) };
    let decimal = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    match text.parse::<f64>() {
        Ok(number) if decimal && number.is_finite() => Ok(Some(number)),
        Ok(_) if decimal => Err(node.error(Kind::RangeOverflow, key, format!("{text} is beyond a 64-bit float"))),
        _ => Err(node.error(Kind::Range, key, format!("{text:?} is not a number"))),
    }
}

fn required<T>(node: Node<'_>, key: &str, value: Option<T>) -> Result<T, DefinitionError> {
    value.ok_or_else(|| node.error(Kind::Range, key, "is missing"))
}

fn unit(node: Node<'_>) -> Result<String, DefinitionError> {
    node.text("unit", limits::UNIT_CHARS_MAX, Kind::Invalid).map(str::to_owned)
}

fn int_range(node: Node<'_>) -> Result<IntRange, DefinitionError> {
    let min = required(node, "min", whole(node, "min")?)?;
    let max = required(node, "max", whole(node, "max")?)?;
    let (start, step) = (whole(node, "start")?, whole(node, "step")?);
    check_range(node, min, max, start)?;
    if step.is_some_and(|step| step <= 0 || step > max - min) {
        return Err(node.error(Kind::Range, "step", "must be above 0 and at most max - min"));
    }
    Ok(IntRange { min, max, start, step, unit: unit(node)? })
}

fn float_range(node: Node<'_>) -> Result<FloatRange, DefinitionError> {
    let min = required(node, "min", real(node, "min")?)?;
    let max = required(node, "max", real(node, "max")?)?;
    let (start, step) = (real(node, "start")?, real(node, "step")?);
    check_range(node, min, max, start)?;
    // The difference of two decimal fractions may come out a little smaller than written.
    if step.is_some_and(|step| step <= 0.0 || step > (max - min) * (1.0 + f64::EPSILON * 4.0)) {
        return Err(node.error(Kind::Range, "step", "must be above 0 and at most max - min"));
    }
    Ok(FloatRange { min, max, start, step, unit: unit(node)? })
}

fn check_range<T: Copy + PartialOrd + std::fmt::Display>(
    node: Node<'_>,
    min: T,
    max: T,
    start: Option<T>,
) -> Result<(), DefinitionError> {
    if min >= max {
        return Err(node.error(Kind::Range, "min", format!("{min} must be below max {max}")));
    }
    match start {
        Some(start) if start < min || start > max => {
            Err(node.error(Kind::Range, "start", format!("{start} is outside [{min},{max}]")))
        }
        _ => Ok(()),
    }
}

fn string_range(node: Node<'_>) -> Result<Define, DefinitionError> {
    let length = |key: &str, default: usize| match whole(node, key)? {
        None => Ok(default),
        Some(number) => usize::try_from(number).map_err(|_| node.error(Kind::Range, key, "must not be negative")),
    };
    let min = length("min", 0)?;
    let max = length("max", limits::STRING_BYTES_MAX)?;
    if max > limits::STRING_BYTES_MAX {
        let reason = format!("{max} is beyond {} bytes", limits::STRING_BYTES_MAX);
        return Err(node.error(Kind::RangeOverflow, "max", reason));
    }
    if min > max {
        return Err(node.error(Kind::Range, "min", format!("{min} must not be above max {max}")));
    }
    Ok(Define::String { min, max })
}
