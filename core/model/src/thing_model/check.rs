//! Checking one value against its type, in one pass over its text.

use std::borrow::Cow;

use super::violation::{Cause, Violation};
use super::{Define, Field, limits};
use crate::json::{Kind, Scanner};

type Checked<'a> = Result<(), Box<Violation<'a>>>;

/// A type compiled for checking.
#[derive(Debug)]
pub(super) enum Check {
    Bool,
    Int {
        min: i64,
        max: i64,
    },
    Float {
        min: f64,
        max: f64,
    },
    String {
        min: usize,
        max: usize,
    },
    /// Sorted keys.
    Enum(Box<[i64]>),
    /// Sorted keys.
    StringEnum(Box<[Box<str>]>),
    Timestamp,
    Struct(Table<Check>),
    Array(Box<Check>),
}

impl Check {
    pub fn compile(define: &Define) -> Self {
        match define {
            Define::Bool { .. } => Self::Bool,
            Define::Int(range) => Self::Int { min: range.min, max: range.max },
            Define::Float(range) => Self::Float { min: range.min, max: range.max },
            Define::String { min, max } => Self::String { min: *min, max: *max },
            Define::Enum { mapping } => {
                let mut keys: Vec<i64> = mapping.iter().map(|(key, _)| *key).collect();
                keys.sort_unstable();
                Self::Enum(keys.into())
            }
            Define::StringEnum { mapping } => {
                let mut keys: Vec<Box<str>> = mapping.iter().map(|(key, _)| key.as_str().into()).collect();
                keys.sort_unstable();
                Self::StringEnum(keys.into())
            }
            Define::Timestamp => Self::Timestamp,
            Define::Struct { members } => Self::Struct(Table::of_fields(members)),
            Define::Array { element } => Self::Array(Box::new(Self::compile(element))),
        }
    }

    /// Reads the scanner's next value. The path of a violation starts below this value.
    #[inline]
    pub fn value<'a>(&self, scanner: &mut Scanner<'a>) -> Checked<'a> {
        match self {
            Self::Bool => bool_value(scanner),
            Self::Int { min, max } => int_value(scanner, *min, *max),
            Self::Float { min, max } => float_value(scanner, *min, *max),
            Self::String { min, max } => string_value(scanner, *min, *max),
            Self::Enum(keys) => enum_value(scanner, keys),
            Self::StringEnum(keys) => string_enum_value(scanner, keys),
            Self::Timestamp => int_value(scanner, i64::MIN, i64::MAX),
            Self::Struct(members) => struct_value(scanner, members),
            Self::Array(element) => array_value(scanner, element),
        }
    }
}

fn fail<'a>(cause: Cause<'a>) -> Checked<'a> {
    Err(Violation::new(cause))
}

fn bool_value<'a>(scanner: &mut Scanner<'a>) -> Checked<'a> {
    match scanner.peek()? {
        Kind::Number => {
            let number = scanner.number()?;
            if let Some(0 | 1) = number.as_i64() { Ok(()) } else { out_of_range(number.raw(), "[0,1]".into()) }
        }
        Kind::True | Kind::False => {
            scanner.skip_value()?;
            Ok(())
        }
        _ => not_a_number(scanner),
    }
}

fn int_value<'a>(scanner: &mut Scanner<'a>, min: i64, max: i64) -> Checked<'a> {
    let Kind::Number = scanner.peek()? else { return not_a_number(scanner) };
    let number = scanner.number()?;
    match number.as_i64() {
        Some(value) if (min..=max).contains(&value) => Ok(()),
        None if !number.is_whole() => fail(Cause::NotWhole { value: number.raw() }),
        _ => out_of_range(number.raw(), format!("[{min},{max}]").into()),
    }
}

fn float_value<'a>(scanner: &mut Scanner<'a>, min: f64, max: f64) -> Checked<'a> {
    let Kind::Number = scanner.peek()? else { return not_a_number(scanner) };
    let number = scanner.number()?;
    if (min..=max).contains(&number.as_f64()) {
        return Ok(());
    }
    // Adding zero turns -0 into 0.
    out_of_range(number.raw(), format!("[{},{}]", min + 0.0, max + 0.0).into())
}

fn string_value<'a>(scanner: &mut Scanner<'a>, min: usize, max: usize) -> Checked<'a> {
    let Kind::String = scanner.peek()? else { return not_a_string(scanner) };
    let length = scanner.string()?.text_len();
    if (min..=max).contains(&length) { Ok(()) } else { fail(Cause::LengthOutOfRange { length, min, max }) }
}

fn enum_value<'a>(scanner: &mut Scanner<'a>, keys: &[i64]) -> Checked<'a> {
    let Kind::Number = scanner.peek()? else { return not_a_number(scanner) };
    let number = scanner.number()?;
    match number.as_i64() {
        Some(value) if keys.binary_search(&value).is_ok() => Ok(()),
        _ => fail(Cause::NotInEnum { value: String::from_utf8_lossy(number.raw()) }),
    }
}

fn string_enum_value<'a>(scanner: &mut Scanner<'a>, keys: &[Box<str>]) -> Checked<'a> {
    let Kind::String = scanner.peek()? else { return not_a_string(scanner) };
    let value: Cow<'a, str> = scanner.string()?.unescape();
    match keys.binary_search_by(|key| key.as_ref().cmp(value.as_ref())) {
        Ok(_) => Ok(()),
        Err(_) => fail(Cause::NotInEnum { value }),
    }
}

fn struct_value<'a>(scanner: &mut Scanner<'a>, members: &Table<Check>) -> Checked<'a> {
    enter_object(scanner)?;
    let mut expected = 0;
    while let Some(key) = scanner.next_member()? {
        let member = members.find(key, &mut expected);
        let Some((_, member)) = member else {
            return Err(Violation::new(Cause::NotDefined).inside(&shown_id(&key.unescape())));
        };
        member.item.value(scanner).map_err(|violation| violation.inside(&member.id))?;
    }
    Ok(())
}

fn array_value<'a>(scanner: &mut Scanner<'a>, element: &Check) -> Checked<'a> {
    let Kind::Array = scanner.peek()? else {
        return fail(Cause::NotAnArray { token: scanner.skip_value()? });
    };
    scanner.enter_array()?;
    let mut length = 0;
    while scanner.next_element()? {
        if length < limits::ARRAY_ELEMENTS_MAX {
            element.value(scanner).map_err(|violation| violation.inside(&format!("[{length}]")))?;
        } else {
            scanner.skip_value()?;
        }
        length += 1;
    }
    if length > limits::ARRAY_ELEMENTS_MAX {
        return fail(Cause::LengthOutOfRange { length, min: 0, max: limits::ARRAY_ELEMENTS_MAX });
    }
    Ok(())
}

/// Enters the object that holds all values, or one struct.
pub(super) fn enter_object<'a>(scanner: &mut Scanner<'a>) -> Checked<'a> {
    match scanner.peek()? {
        Kind::Object => Ok(scanner.enter_object()?),
        _ => fail(Cause::NotAnObject { token: scanner.skip_value()? }),
    }
}

/// An unknown id may be any text: what is longer than an id can be is cut before it goes into a message.
pub(super) fn shown_id(id: &str) -> Cow<'_, str> {
    if id.len() <= limits::ID_BYTES_MAX {
        return Cow::Borrowed(id);
    }
    let mut end = limits::ID_BYTES_MAX;
    while !id.is_char_boundary(end) {
        end -= 1;
    }
    Cow::Owned(format!("{}...", &id[..end]))
}

#[cold]
fn not_a_number<'a>(scanner: &mut Scanner<'a>) -> Checked<'a> {
    fail(Cause::NotANumber { token: scanner.skip_value()? })
}

#[cold]
fn not_a_string<'a>(scanner: &mut Scanner<'a>) -> Checked<'a> {
    let kind = scanner.peek()?;
    let token = scanner.skip_value()?;
    fail(if kind == Kind::Null { Cause::Null } else { Cause::NotAString { token } })
}

#[cold]
fn out_of_range(value: &[u8], range: Box<str>) -> Checked<'_> {
    fail(Cause::OutOfRange { value, range })
}

/// Things found by id. Devices repeat their order, so a search begins at the one after the last hit.
#[derive(Debug)]
pub(super) struct Table<T> {
    entries: Box<[Entry<T>]>,
    /// Positions in `entries`, sorted by id.
    sorted: Box<[u16]>,
}

#[derive(Debug)]
pub(super) struct Entry<T> {
    pub id: Box<str>,
    pub item: T,
}

impl Table<Check> {
    pub fn of_fields(fields: &[Field]) -> Self {
        Self::new(fields.iter().map(|field| (field.id.as_str(), Check::compile(&field.define))))
    }
}

impl<T> Table<T> {
    pub fn new<'m>(items: impl Iterator<Item = (&'m str, T)>) -> Self {
        let entries: Box<[_]> = items.map(|(id, item)| Entry { id: id.into(), item }).collect();
        let count = u16::try_from(entries.len()).expect("definitions are limited far below 65,536 entries");
        let mut sorted: Box<[u16]> = (0..count).collect();
        sorted.sort_unstable_by(|a, b| entries[usize::from(*a)].id.cmp(&entries[usize::from(*b)].id));
        Self { entries, sorted }
    }

    pub fn entries(&self) -> &[Entry<T>] {
        &self.entries
    }

    /// Position and entry of a key. `expected` is the guess, and becomes the position after a hit.
    #[inline]
    pub fn find(&self, key: crate::json::StringToken<'_>, expected: &mut usize) -> Option<(usize, &Entry<T>)> {
        if let Some(entry) = self.entries.get(*expected)
            && key.content() == entry.id.as_bytes()
        {
            // Ids have no backslash, so equal content means that the key has no escapes.
            let at = *expected;
            *expected += 1;
            return Some((at, entry));
        }
        self.search(&key.unescape(), expected)
    }

    /// The entry with this id.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.search(id, &mut 0).map(|(_, entry)| &entry.item)
    }

    fn search(&self, id: &str, expected: &mut usize) -> Option<(usize, &Entry<T>)> {
        let found = self.sorted.binary_search_by(|at| self.entries[usize::from(*at)].id.as_ref().cmp(id)).ok()?;
        let at = usize::from(self.sorted[found]);
        *expected = at + 1;
        Some((at, &self.entries[at]))
    }
}
