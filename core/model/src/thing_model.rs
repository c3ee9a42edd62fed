//! The thing model: what a product's devices may say and be told.
//!
//! [`ThingModel::parse`] reads and checks a definition; [`Validator::compile`] turns it into the form that checks
//! messages in one pass over their text. Callers keep the text of a definition as they received it: the vendor's
//! API returns it byte for byte.
//!
//! Source: spec/thing-model-and-console.md 2 and 3, spec/cloud-api.md 3.4; texts: docs/adr/0003-thing-model-texts.md.

mod check;
mod define;
mod error;
mod fault;
pub mod limits;
mod parse;
mod start;
mod validator;
mod violation;

pub use error::{DefinitionError, DefinitionErrorKind};
pub use fault::{Complaint, Fault, Sent};
pub use validator::{ActionValidator, CheckSummary, EventValidator, Purpose, Validator};
pub use violation::{Cause, Violation};

/// A checked definition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ThingModel {
    pub profile: Profile,
    pub properties: Vec<Property>,
    pub events: Vec<Event>,
    pub actions: Vec<Action>,
}

/// Whose model it is. Both texts are empty when the definition does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// From `ProductId`, or `productID` in old documents; not checked, importing replaces it.
    pub product_id: String,
    /// Decimal text of the category's number.
    pub category_id: String,
}

/// A value a device has.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    pub id: String,
    pub name: String,
    pub desc: String,
    /// A standard property of the category's template, which cannot be removed.
    pub required: bool,
    pub mode: Mode,
    pub define: Define,
}

/// Who may set a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `r`: only the device.
    Read,
    /// `rw`: also the cloud, by a control message.
    ReadWrite,
}

/// Something a device tells once.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: String,
    pub name: String,
    pub desc: String,
    pub required: bool,
    pub kind: EventKind,
    pub params: Vec<Field>,
}

/// How grave an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    Info,
    Alert,
    Fault,
}

impl EventKind {
    /// The word used on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Alert => "alert",
            Self::Fault => "fault",
        }
    }

    /// Reads the word used on the wire.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        match text {
            "info" => Some(Self::Info),
            "alert" => Some(Self::Alert),
            "fault" => Some(Self::Fault),
            _ => None,
        }
    }
}

/// Something a device can be asked to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    pub id: String,
    pub name: String,
    pub desc: String,
    pub required: bool,
    pub input: Vec<Field>,
    pub output: Vec<Field>,
}

/// A named value inside an event, an action or a struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub id: String,
    pub name: String,
    pub define: Define,
}

/// One of the nine types, with its bounds.
#[derive(Debug, Clone, PartialEq)]
pub enum Define {
    /// Number 0 or 1 on the wire; `true` and `false` are read as 1 and 0.
    Bool {
        /// Labels of 0 and 1.
        labels: [String; 2],
    },
    Int(IntRange),
    Float(FloatRange),
    /// Lengths in bytes of UTF-8, both inclusive.
    String {
        min: usize,
        max: usize,
    },
    /// Keys and labels in the order of the definition.
    Enum {
        mapping: Vec<(i64, String)>,
    },
    /// Keys and labels in the order of the definition.
    StringEnum {
        mapping: Vec<(String, String)>,
    },
    /// Unix time, seconds or milliseconds as the product likes.
    Timestamp,
    /// Members are optional in a report. Only basic types.
    Struct {
        members: Vec<Field>,
    },
    /// Elements are int, float, string or struct.
    Array {
        element: Box<Define>,
    },
}

/// Bounds of an int, both inclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntRange {
    pub min: i64,
    pub max: i64,
    pub start: Option<i64>,
    pub step: Option<i64>,
    pub unit: String,
}

/// Bounds of a float, both inclusive.
#[derive(Debug, Clone, PartialEq)]
pub struct FloatRange {
    pub min: f64,
    pub max: f64,
    pub start: Option<f64>,
    pub step: Option<f64>,
    pub unit: String,
}

impl Define {
    /// The type's word in a definition.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Bool { .. } => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::String { .. } => "string",
            Self::Enum { .. } => "enum",
            Self::StringEnum { .. } => "stringenum",
            Self::Timestamp => "timestamp",
            Self::Struct { .. } => "struct",
            Self::Array { .. } => "array",
        }
    }
}

impl ThingModel {
    /// The property with this id.
    #[must_use]
    pub fn property(&self, id: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.id == id)
    }
}
