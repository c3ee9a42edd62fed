//! How large a definition and its values may be.
//!
//! Source: spec/thing-model-and-console.md 2.7 where a figure is published; the others are our own bounds, so that
//! nothing grows without one.

/// Bytes of a definition's text.
pub const MODEL_BYTES_MAX: usize = 512 * 1024;
/// Properties and events of a product together.
pub const PROPERTIES_AND_EVENTS_MAX: usize = 100;
/// Actions of a product; not counted with properties and events.
pub const ACTIONS_MAX: usize = 100;
/// Params of one event.
pub const EVENT_PARAMS_MAX: usize = 50;
/// Input params, and output params, of one action.
pub const ACTION_PARAMS_MAX: usize = 50;
/// Members of one struct.
pub const STRUCT_MEMBERS_MAX: usize = 20;
/// Elements of one array on the wire.
pub const ARRAY_ELEMENTS_MAX: usize = 128;
/// Keys of an enum or stringenum.
pub const ENUM_ENTRIES_MAX: usize = 100;
/// Bytes of an identifier, which is ASCII.
pub const ID_BYTES_MAX: usize = 32;
/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 20;
/// Characters of a description.
pub const DESC_CHARS_MAX: usize = 80;
/// Characters of a unit.
pub const UNIT_CHARS_MAX: usize = 12;
/// Characters of the label of a bool, enum or stringenum key.
pub const LABEL_CHARS_MAX: usize = 20;
/// Bytes of a key of a stringenum.
pub const ENUM_KEY_BYTES_MAX: usize = 64;
/// Largest `max` of a string, in bytes.
pub const STRING_BYTES_MAX: usize = 2048;
/// Largest magnitude of the bounds of an int.
pub const INT_BOUND_MAX: i64 = 9_999_999_999_999;
