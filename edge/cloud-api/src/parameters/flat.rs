//! `DevicesItems.0.ProductId=..` becomes JSON, guided by the spec.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::metadata::{FieldSpec, Kind};

/// A decoded name and its decoded value.
pub type Pair = (String, String);

/// Deepest name that is looked at; the spec's own go to 5.
const SEGMENTS_MAX: usize = 16;

/// Splits and decodes a query.
///
/// # Errors
/// `InvalidParameter` when an escape is broken or the text is not UTF-8.
pub fn decode_query(query: &str) -> Result<Vec<Pair>, ApiError> {
    let mut pairs = Vec::new();
    for piece in query.split('&').filter(|piece| !piece.is_empty()) {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        pairs.push((decode(name)?, decode(value)?));
    }
    Ok(pairs)
}

fn decode(text: &str) -> Result<String, ApiError> {
    let broken = || ApiError::invalid("query", "URL 编码不正确", "its URL encoding is broken");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().ok_or_else(broken)?, rest.next().ok_or_else(broken)?];
                let mut decoded = [0];
                hex::decode_to_slice(digits, &mut decoded).map_err(|_| broken())?;
                decoded[0]
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

/// One level of names.
enum Node {
    Leaf(String),
    Branch(BTreeMap<String, Node>),
}

/// JSON text with the types the spec asks for; what does not convert is left as text for the check to refuse.
pub(super) fn to_json(fields: &'static [FieldSpec], pairs: &[Pair]) -> Result<Vec<u8>, ApiError> {
    let mut root = BTreeMap::new();
    for (name, value) in pairs {
        insert(&mut root, name, value)?;
    }
    let object = object(fields, root, true);
    Ok(serde_json::to_vec(&object).expect("texts, booleans and finite numbers always become JSON"))
}

fn insert(root: &mut BTreeMap<String, Node>, name: &str, value: &str) -> Result<(), ApiError> {
    let clash = || ApiError::invalid(&shorten(name), "与另一个同名参数冲突", "another parameter has the same name");
    if name.split('.').count() > SEGMENTS_MAX {
        return Err(ApiError::invalid(&shorten(name), "层级过深", "it is nested too deeply"));
    }
    let (path, last) = name.rsplit_once('.').map_or(("", name), |(path, last)| (path, last));
    let mut level = root;
    for segment in path.split('.').filter(|_| !path.is_empty()) {
        match level.entry(segment.to_owned()).or_insert_with(|| Node::Branch(BTreeMap::new())) {
            Node::Branch(next) => level = next,
            Node::Leaf(_) => return Err(clash()),
        }
    }
    match level.insert(last.to_owned(), Node::Leaf(value.to_owned())) {
        None => Ok(()),
        Some(_) => Err(clash()),
    }
}

fn shorten(name: &str) -> String {
    name.chars().take(64).collect()
}

fn object(fields: &'static [FieldSpec], members: BTreeMap<String, Node>, top: bool) -> Value {
    let mut map = Map::new();
    for (name, node) in members {
        match fields.iter().find(|field| field.name == name) {
            Some(field) => drop(map.insert(name, value(&field.kind, node))),
            // The check names it in its refusal.
            None if top => drop(map.insert(name, Value::Null)),
            None => {}
        }
    }
    Value::Object(map)
}

fn value(kind: &'static Kind, node: Node) -> Value {
    match (kind, node) {
        (Kind::Object(structure), Node::Branch(members)) => object(structure.fields, members, false),
        (Kind::List(element), Node::Branch(members)) => list(element, members),
        (Kind::Boolean, Node::Leaf(text)) => match text.as_str() {
            "true" | "True" | "1" => Value::Bool(true),
            "false" | "False" | "0" => Value::Bool(false),
            _ => Value::String(text),
        },
        (Kind::Number, Node::Leaf(text)) => match text.parse().ok().and_then(serde_json::Number::from_f64) {
            Some(number) => Value::Number(number),
            None => Value::String(text),
        },
        // Integers may be text in JSON too.
        (_, Node::Leaf(text)) => Value::String(text),
        (_, Node::Branch(_)) => Value::Object(Map::new()),
    }
}

/// Ordered by index; gaps and lists that start at 1 are fine. Source: spec/cloud-api.md 1.4.
fn list(element: &'static Kind, members: BTreeMap<String, Node>) -> Value {
    let mut indexed = Vec::with_capacity(members.len());
    for (index, node) in members {
        match index.parse::<u64>() {
            Ok(index) => indexed.push((index, node)),
            Err(_) => return Value::String(index),
        }
    }
    indexed.sort_by_key(|(index, _)| *index);
    Value::Array(indexed.into_iter().map(|(_, node)| value(element, node)).collect())
}
