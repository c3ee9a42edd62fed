//! Data-parsing scripts of products: saved, shown, taken away, tried out. Source: spec/lianwu-api.json, group `script`.
//!
//! All times are UNIX milliseconds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_model::product::StoredScript;
use lianwu_ports::script::{FailureKind, ScriptRun, Work};
use lianwu_services::product;
use lianwu_services::script::{self, ScriptError};

use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations as op;
use crate::generated::structures::ScriptVersionItem;

/// Longest payload of a try, as it is written in the call, in bytes.
const PAYLOAD_BYTES_MAX: usize = 256 * 1024;

pub async fn save(call: Call, r: op::SaveProductScriptRequest) -> Result<op::SaveProductScriptResponse, ApiError> {
    let enabled = match r.enable_product_script.as_deref() {
        None | Some("" | "true") => true,
        Some("false") => false,
        Some(_) => {
            return Err(ApiError::value("EnableProductScript", "应为 true 或 false", "it must be true or false"));
        }
    };
    let by = &call.caller.principal;
    let (stored, product) = script::save(&call.platform, by, &r.product_id, r.script, enabled).await?;
    Ok(op::SaveProductScriptResponse {
        version: stored.version,
        enable_product_script: product.script_enabled.to_string(),
    })
}

pub async fn delete(
    call: Call,
    r: op::DeleteProductScriptRequest,
) -> Result<op::DeleteProductScriptResponse, ApiError> {
    let stored = script::delete(&call.platform, &call.caller.principal, &r.product_id).await?;
    Ok(op::DeleteProductScriptResponse { version: stored.version })
}

/// Without a version the one in force; a product without a script has version 0 and an empty text.
pub async fn describe(
    call: Call,
    r: op::DescribeProductScriptRequest,
) -> Result<op::DescribeProductScriptResponse, ApiError> {
    let versions = script::versions(&call.platform, call.owner(), &r.product_id).await?;
    let product = product::find(&call.platform, call.owner(), &r.product_id)?.product;
    let shown = match r.version.filter(|version| *version != 0) {
        None => versions.first(),
        Some(asked) => {
            let found = versions.iter().find(|script| script.version == asked);
            Some(found.ok_or(ScriptError::NoVersion(asked))?)
        }
    };
    Ok(op::DescribeProductScriptResponse {
        script: shown.map(|script| script.text.clone()).unwrap_or_default(),
        version: shown.map_or(0, |script| script.version),
        update_time: shown.map_or(0, |script| script.saved.0),
        uin: shown.map(|script| script.author.to_string()).unwrap_or_default(),
        enable_product_script: product.script_enabled.to_string(),
        versions: versions.iter().map(item).collect(),
    })
}

fn item(script: &StoredScript) -> ScriptVersionItem {
    ScriptVersionItem {
        version: script.version,
        update_time: script.saved.0,
        uin: script.author.to_string(),
        bytes: script.text.len() as u64,
    }
}

pub async fn run(call: Call, r: op::RunProductScriptRequest) -> Result<op::RunProductScriptResponse, ApiError> {
    if r.payload.len() > PAYLOAD_BYTES_MAX {
        let zh = format!("最长 {PAYLOAD_BYTES_MAX} 字节");
        return Err(ApiError::value("Payload", &zh, &format!("it must have at most {PAYLOAD_BYTES_MAX} bytes")));
    }
    let is_up = match r.direction.as_str() {
        "up" => true,
        "down" => false,
        _ => return Err(ApiError::value("Direction", "应为 up 或 down", "it must be up or down")),
    };
    let work = if is_up {
        let port = u8::try_from(r.f_port.unwrap_or(0))
            .map_err(|_| ApiError::value("FPort", "应为 0 到 255", "it must be 0 to 255"))?;
        Work::ToMessage { port, bytes: bytes(&r.payload, r.payload_encoding.as_deref())?.into() }
    } else {
        let message = r.payload.trim();
        if serde_json::from_str::<serde_json::Map<_, _>>(message).is_err() {
            return Err(ApiError::value("Payload", "下行应为 JSON 对象", "downwards it must be a JSON object"));
        }
        Work::ToBytes { message: message.as_bytes().into() }
    };
    let text = r.script.filter(|text| !text.is_empty());
    let run = script::try_out(&call.platform, call.owner(), &r.product_id, text, work).await?;
    Ok(answer(run, is_up))
}

/// Bytes as the vendor's test bench takes them, `[17,69,30,0]`; or in hexadecimal digits or Base64.
fn bytes(text: &str, encoding: Option<&str>) -> Result<Vec<u8>, ApiError> {
    let found = match encoding.unwrap_or_default() {
        "" => serde_json::from_str(text).ok(),
        "hex" => hex::decode(text.split_ascii_whitespace().collect::<String>()).ok(),
        "base64" => STANDARD.decode(text.trim()).ok(),
        _ => {
            let (zh, en) = ("应为空、hex 或 base64", "it must be empty, hex or base64");
            return Err(ApiError::value("PayloadEncoding", zh, en));
        }
    };
    found.ok_or_else(|| {
        ApiError::value(
            "Payload",
            "上行应为字节数组（例如 [17,69,30,0]），或与 PayloadEncoding 一致的文本",
            "upwards it must be an array of bytes such as [17,69,30,0], or a text as PayloadEncoding says",
        )
    })
}

fn answer(run: ScriptRun, is_up: bool) -> op::RunProductScriptResponse {
    let mut response = op::RunProductScriptResponse {
        success: run.output.is_ok(),
        message: String::new(),
        bytes: Vec::new(),
        error_message: String::new(),
        error_kind: String::new(),
        line: 0,
        column: 0,
        lines: run.lines,
        time_micros: u64::try_from(run.took.as_micros()).unwrap_or(u64::MAX),
    };
    match run.output {
        Ok(output) if is_up => response.message = String::from_utf8_lossy(&output).into_owned(),
        Ok(output) => response.bytes = output.iter().map(|byte| u64::from(*byte)).collect(),
        Err(failure) => {
            response.error_kind = kind(failure.kind).to_owned();
            response.line = failure.line.unwrap_or(0).into();
            response.column = failure.column.unwrap_or(0).into();
            response.error_message = failure.message;
        }
    }
    response
}

/// The word of the wire.
fn kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Malformed => "malformed",
        FailureKind::Thrown => "thrown",
        FailureKind::Output => "output",
        FailureKind::Time => "time",
        FailureKind::Memory => "memory",
        FailureKind::Stalled => "stalled",
        FailureKind::Busy => "busy",
    }
}
