//! What is wrong with a definition, and where.

/// A definition that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{reason}", .path, if .path.is_empty() { "" } else { ": " })]
pub struct DefinitionError {
    pub kind: DefinitionErrorKind,
    /// Such as `properties[3].define.min`; empty when it is the document as a whole.
    pub path: String,
    /// English, lower case, no full stop; tells what was found and what is allowed.
    pub reason: String,
}

/// The classes of mistakes that callers tell apart, one for each answer of the vendor's API.
///
/// Source: spec/thing-model-and-console.md 2.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DefinitionErrorKind {
    /// No definition at all: an empty text, `null`, `{}`.
    Nil,
    /// Not JSON, or not the shape of a thing model.
    Invalid,
    /// Two functions, or two members of one struct or action list, share an id.
    DuplicateId,
    /// A property's `mode`.
    Mode,
    /// Unknown type, or a type not allowed at this place.
    Type,
    /// A standard property of the category's template was removed or changed.
    TemplateMismatch,
    BoolMapping,
    EnumMapping,
    /// Bounds, start or step missing, not a number, or contradicting each other.
    Range,
    /// A bound beyond what the platform stores.
    RangeOverflow,
    /// A param of an event is malformed or of a type not allowed there.
    EventParam,
    /// An id or name of a function or param is missing or malformed.
    IdOrName,
    /// The `type` of an event is not one of the three.
    EventType,
    /// An event has no `type`.
    EventTypeMissing,
    EventParamDuplicateId,
    EventParamLimit,
    /// More functions, members or bytes than allowed.
    Limit,
}
