//! Business parameters, checked against the spec before an operation sees them.
//!
//! A JSON body is checked in one pass over its text and then read straight into the operation's struct; no tree is
//! built. A query or form becomes JSON first. Source: spec/cloud-api.md 1.4.

mod check;
mod flat;

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use crate::error::ApiError;
use crate::metadata::OperationSpec;

pub use flat::{Pair, decode_query};

/// Parameters as they arrived.
#[derive(Clone, Debug)]
pub enum Parameters {
    /// Body of a POST; empty counts as `{}`.
    Json(axum::body::Bytes),
    /// Flattened with dots: query of a GET, or what signature v1 covers.
    Flat(Vec<Pair>),
}

/// Checks and reads the parameters of one operation.
///
/// # Errors
/// `InvalidRequest`, `UnknownParameter`, `MissingParameter`, `InvalidParameter`, naming the parameter.
pub fn decode<R: DeserializeOwned>(spec: &'static OperationSpec, parameters: &Parameters) -> Result<R, ApiError> {
    let text: Cow<'_, [u8]> = match parameters {
        Parameters::Json(body) if body.trim_ascii().is_empty() => Cow::Borrowed(b"{}"),
        Parameters::Json(body) => Cow::Borrowed(body),
        Parameters::Flat(pairs) => Cow::Owned(flat::to_json(spec.fields, pairs)?),
    };
    let text = match check::check(spec.fields, &text)? {
        check::Checked::Ready => text,
        check::Checked::RepeatedNames => Cow::Owned(without_repeats(&text)?),
    };
    serde_json::from_slice(&text).map_err(|error| not_json(&error.to_string()))
}

/// Of a repeated name the last one counts: exactly what reading into a tree does.
fn without_repeats(text: &[u8]) -> Result<Vec<u8>, ApiError> {
    let tree: serde_json::Value = serde_json::from_slice(text).map_err(|error| not_json(&error.to_string()))?;
    serde_json::to_vec(&tree).map_err(|error| not_json(&error.to_string()))
}

fn not_json(why: &str) -> ApiError {
    ApiError::new(
        "InvalidRequest",
        format!("请求体必须是一个 JSON 对象：{why}。"),
        format!("The body must be one JSON object: {why}."),
    )
}
