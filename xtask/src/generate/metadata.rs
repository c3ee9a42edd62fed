//! The static table of every operation's parameters.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::names::constant;
use super::spec::{Field, Spec};

pub fn render(spec: &Spec) -> Result<String> {
    let mut out = String::from(
        "//! Every operation of the spec: what it takes, how often it may be called.\n\n\
         use crate::metadata::{FieldSpec, Kind, OperationSpec, ServiceSpec, StructureSpec};\n\n",
    );
    writeln!(out, "/// All services; the first is the vendor's platform.\npub static SERVICES: &[ServiceSpec] = &[")?;
    for service in &spec.services {
        writeln!(out, "ServiceSpec {{ name: {:?}, version: {:?} }},", service.name, service.version)?;
    }
    writeln!(out, "];\n")?;
    writeln!(out, "/// By name, in byte order.\npub static OPERATIONS: &[OperationSpec] = &[")?;
    let mut wanted = BTreeSet::new();
    for operation in spec.operations.values() {
        let deprecated = operation.status == "deprecated";
        write!(
            out,
            "OperationSpec {{ name: {:?}, service: &SERVICES[{}], group: {:?}, priority: {:?}, \
             deprecated: {deprecated}, calls_per_second: {}, fields: &[",
            operation.name, operation.service, operation.group, operation.priority, operation.rate,
        )?;
        fields(&mut out, &operation.request, &mut wanted)?;
        writeln!(out, "] }},")?;
    }
    writeln!(out, "];\n")?;
    let mut written = BTreeSet::new();
    while let Some(name) = wanted.pop_first() {
        if !written.insert(name.clone()) {
            continue;
        }
        write!(out, "static {}: StructureSpec = StructureSpec {{ fields: &[", constant(&name))?;
        fields(&mut out, &spec.structure(&name)?.fields, &mut wanted)?;
        writeln!(out, "] }};")?;
        wanted.retain(|name| !written.contains(name));
    }
    Ok(out)
}

fn fields(out: &mut String, fields: &[Field], wanted: &mut BTreeSet<String>) -> Result<()> {
    for field in fields {
        let required = field.required == Some(true);
        let kind = kind(field, wanted)?;
        write!(out, "FieldSpec {{ name: {:?}, kind: {kind}, required: {required} }},", field.name)?;
    }
    Ok(())
}

fn kind(field: &Field, wanted: &mut BTreeSet<String>) -> Result<String> {
    Ok(match field.kind.as_str() {
        "array" => {
            let element = field.element_type.as_deref().unwrap_or("object");
            format!("Kind::List(&{})", one(element, field, wanted)?)
        }
        kind => one(kind, field, wanted)?,
    })
}

fn one(kind: &str, field: &Field, wanted: &mut BTreeSet<String>) -> Result<String> {
    Ok(match (kind, field.format.as_deref(), &field.reference) {
        ("string", ..) => "Kind::Text".into(),
        ("integer", Some("uint64"), _) => "Kind::Unsigned".into(),
        ("integer", ..) => "Kind::Integer".into(),
        ("number", ..) => "Kind::Number".into(),
        ("boolean", ..) => "Kind::Boolean".into(),
        ("object", _, Some(reference)) => {
            wanted.insert(reference.clone());
            format!("Kind::Object(&{})", constant(reference))
        }
        _ => bail!("field {} is of unknown type {kind}", field.name),
    })
}
