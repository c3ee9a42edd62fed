//! Marker types, request and response structs of the operations that are served.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Result, bail, ensure};

use super::names::snake;
use super::spec::{Field, Operation, Spec};

/// Which way a struct travels decides what an absent field is.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// Absent is `None`.
    In,
    /// Everything is always sent: 0, empty text, empty list.
    Out,
    /// As `In`, and sent back as well.
    Both,
}

pub fn render_operations(spec: &Spec) -> Result<String> {
    let mut out = String::from(
        "//! One marker type for each operation that is served, with its request and response.\n\n\
         use serde::{Deserialize, Serialize};\n\n\
         use super::metadata::OPERATIONS;\n\
         use super::structures as s;\n\
         use crate::metadata::{Operation, OperationSpec, wire};\n\n",
    );
    for (at, operation) in spec.operations.values().enumerate() {
        if spec.implemented.contains(&operation.name) {
            render_operation(&mut out, operation, at)?;
        }
    }
    Ok(out)
}

fn render_operation(out: &mut String, operation: &Operation, at: usize) -> Result<()> {
    let name = &operation.name;
    writeln!(out, "#[derive(Clone, Copy, Debug)]\npub struct {name};\n")?;
    writeln!(
        out,
        "impl Operation for {name} {{ const SPEC: &'static OperationSpec = &OPERATIONS[{at}]; \
         type Request = {name}Request; type Response = {name}Response; }}\n"
    )?;
    render_struct(out, &format!("{name}Request"), &operation.request, Way::In, "s::")?;
    let response: Vec<&Field> = operation.response.iter().filter(|f| f.name != "RequestId").collect();
    render_struct(out, &format!("{name}Response"), response, Way::Out, "s::")
}

pub fn render_structures(spec: &Spec) -> Result<String> {
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    for operation in spec.served() {
        wanted.extend(operation.request.iter().chain(&operation.response).filter_map(|f| f.reference.clone()));
    }
    let mut out = String::from(
        "//! The structures those operations are made of.\n\nuse serde::{Deserialize, Serialize};\n\n\
         use crate::metadata::wire;\n\n",
    );
    let mut written = BTreeSet::new();
    while let Some(name) = wanted.pop_first() {
        let structure = spec.structure(&name)?;
        written.insert(name.clone());
        let used = |place: &str| structure.used_in.iter().any(|used| used == place);
        let way = match (used("request"), used("response")) {
            (true, true) => Way::Both,
            (true, false) => Way::In,
            (false, _) => Way::Out,
        };
        render_struct(&mut out, &name, &structure.fields, way, "")?;
        wanted.extend(structure.fields.iter().filter_map(|f| f.reference.clone()));
        wanted.retain(|name| !written.contains(name));
    }
    Ok(out)
}

fn render_struct<'f>(
    out: &mut String,
    name: &str,
    fields: impl IntoIterator<Item = &'f Field>,
    way: Way,
    path: &str,
) -> Result<()> {
    let derive = match way {
        Way::In => "Deserialize",
        Way::Out => "Serialize",
        Way::Both => "Deserialize, Serialize",
    };
    let attribute = if way == Way::Out { "" } else { "#[serde(default)]\n" };
    writeln!(out, "#[derive(Clone, Default, {derive})]\n{attribute}pub struct {name} {{")?;
    let mut names = BTreeSet::new();
    for field in fields {
        let rust = snake(&field.name);
        ensure!(names.insert(rust.clone()), "two fields of {name} become {rust}");
        let (kind, with) = rust_type(field, way, path)?;
        let with = with.filter(|_| way != Way::Out);
        let with = with.map_or(String::new(), |with| format!(", deserialize_with = {with:?}"));
        writeln!(out, "#[serde(rename = {:?}{with})]\npub {rust}: {kind},", field.name)?;
    }
    writeln!(out, "}}\n")?;
    Ok(())
}

/// The field's type and, where JSON is read more leniently than serde does, the function that reads it.
fn rust_type(field: &Field, way: Way, path: &str) -> Result<(String, Option<&'static str>)> {
    let required = field.required == Some(true);
    if field.kind == "array" {
        let element = field.element_type.as_deref().unwrap_or("object");
        let inner = scalar(element, field, path)?;
        let with = if matches!(element, "integer") { "wire::integers" } else { "wire::list" };
        return Ok((format!("Vec<{inner}>"), Some(with)));
    }
    let inner = scalar(&field.kind, field, path)?;
    let optional = match way {
        Way::In | Way::Both => !required,
        Way::Out => field.nullable || field.kind == "object",
    };
    let with = match (field.kind.as_str(), optional) {
        ("integer", false) => Some("wire::integer"),
        ("integer", true) => Some("wire::integer_or_none"),
        _ => None,
    };
    Ok((if optional { format!("Option<{inner}>") } else { inner }, with))
}

fn scalar(kind: &str, field: &Field, path: &str) -> Result<String> {
    Ok(match (kind, field.format.as_deref(), &field.reference) {
        ("string", ..) => "String".into(),
        ("integer", Some("uint64"), _) => "u64".into(),
        ("integer", ..) => "i64".into(),
        ("number", ..) => "f64".into(),
        ("boolean", ..) => "bool".into(),
        ("object", _, Some(reference)) => format!("{path}{reference}"),
        _ => bail!("field {} is of unknown type {kind}", field.name),
    })
}
