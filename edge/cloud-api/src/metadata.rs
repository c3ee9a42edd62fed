//! What the spec says about an operation, in the form the generated tables are written in.

pub mod wire;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A service: the version a caller names chooses it.
#[derive(Debug)]
pub struct ServiceSpec {
    /// First part of an action in a policy.
    pub name: &'static str,
    pub version: &'static str,
}

/// One operation of a spec, whether it is served or not.
#[derive(Debug)]
pub struct OperationSpec {
    pub name: &'static str,
    pub service: &'static ServiceSpec,
    pub group: &'static str,
    /// `P0` to `P3`.
    pub priority: &'static str,
    pub deprecated: bool,
    /// Calls of one account per second, as the vendor documents it.
    pub calls_per_second: u32,
    pub fields: &'static [FieldSpec],
}

/// One parameter.
#[derive(Debug)]
pub struct FieldSpec {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
}

/// Type of a parameter.
#[derive(Debug)]
pub enum Kind {
    Text,
    /// 64 bits, signed.
    Integer,
    /// 64 bits, unsigned.
    Unsigned,
    Number,
    Boolean,
    Object(&'static StructureSpec),
    List(&'static Kind),
}

/// Members of an object.
#[derive(Debug)]
pub struct StructureSpec {
    pub fields: &'static [FieldSpec],
}

/// Ties a marker type to its description and its types; every implementation is generated.
pub trait Operation: Send + Sync + 'static {
    const SPEC: &'static OperationSpec;
    type Request: DeserializeOwned + Send + 'static;
    type Response: Serialize + Send + 'static;
}

/// Finds an operation in a table sorted by name.
#[must_use]
pub fn find(operations: &'static [OperationSpec], name: &str) -> Option<&'static OperationSpec> {
    operations.binary_search_by(|operation| operation.name.cmp(name)).ok().map(|at| &operations[at])
}
