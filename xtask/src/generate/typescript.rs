//! The console's view of the operations that are served: request and response types, and which version each belongs to.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::spec::{Field, Spec};

pub fn render(spec: &Spec) -> Result<String> {
    let mut out = String::new();
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    writeln!(out, "export interface Operations {{")?;
    for operation in spec.served() {
        let name = &operation.name;
        writeln!(out, "  {name}: {{ request: {name}Request; response: {name}Response }};")?;
    }
    writeln!(out, "}}\n\n/** The version of the service an operation belongs to. */")?;
    writeln!(out, "export const versions: Record<keyof Operations, string> = {{")?;
    for operation in spec.served() {
        writeln!(out, "  {}: {:?},", operation.name, spec.services[operation.service].version)?;
    }
    writeln!(out, "}};\n")?;
    for operation in spec.served() {
        wanted.extend(operation.request.iter().chain(&operation.response).filter_map(|f| f.reference.clone()));
        render_interface(&mut out, &format!("{}Request", operation.name), &operation.request, is_optional_in)?;
        let response = operation.response.iter().filter(|field| field.name != "RequestId");
        render_interface(&mut out, &format!("{}Response", operation.name), response, is_optional_out)?;
    }
    let mut written = BTreeSet::new();
    while let Some(name) = wanted.pop_first() {
        let structure = spec.structure(&name)?;
        written.insert(name.clone());
        let is_sent = structure.used_in.iter().any(|used| used == "request");
        render_interface(&mut out, &name, &structure.fields, if is_sent { is_optional_in } else { is_optional_out })?;
        wanted.extend(structure.fields.iter().filter_map(|f| f.reference.clone()));
        wanted.retain(|name| !written.contains(name));
    }
    Ok(out.trim_end().to_owned() + "\n")
}

fn is_optional_in(field: &Field) -> bool {
    field.required != Some(true)
}

/// Everything else is always sent.
fn is_optional_out(field: &Field) -> bool {
    field.nullable || field.kind == "object"
}

fn render_interface<'f>(
    out: &mut String,
    name: &str,
    fields: impl IntoIterator<Item = &'f Field>,
    is_optional: fn(&Field) -> bool,
) -> Result<()> {
    let mut fields = fields.into_iter().peekable();
    if fields.peek().is_none() {
        writeln!(out, "export type {name} = Record<string, never>;\n")?;
        return Ok(());
    }
    writeln!(out, "export interface {name} {{")?;
    for field in fields {
        let mark = if is_optional(field) { "?" } else { "" };
        writeln!(out, "  {}{mark}: {};", field.name, kind_of(field)?)?;
    }
    writeln!(out, "}}\n")?;
    Ok(())
}

fn kind_of(field: &Field) -> Result<String> {
    if field.kind == "array" {
        return Ok(format!("{}[]", scalar(field.element_type.as_deref().unwrap_or("object"), field)?));
    }
    let null = if field.nullable { " | null" } else { "" };
    Ok(format!("{}{null}", scalar(&field.kind, field)?))
}

fn scalar(kind: &str, field: &Field) -> Result<String> {
    Ok(match (kind, &field.reference) {
        ("string", _) => "string".into(),
        ("integer" | "number", _) => "number".into(),
        ("boolean", _) => "boolean".into(),
        ("object", Some(reference)) => reference.clone(),
        _ => bail!("field {} is of unknown type {kind}", field.name),
    })
}
