//! Messages as they were committed. Source: issue text of replay; decisions 21.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_model::{ProductId, UnixMillis};
use lianwu_ports::log::Lsn;
use lianwu_services::product;
use lianwu_services::replay::again::{Difference, judged_again};
use lianwu_services::replay::{self, PAGE_MAX, Window};

use super::logs::times;
use super::named;
use crate::call::Call;
use crate::error::{ApiError, Language};
use crate::generated::operations::{
    ListJudgedMessagesRequest, ListJudgedMessagesResponse, ListMessagesRequest, ListMessagesResponse,
};
use crate::generated::structures::{JudgedMessage, LoggedMessage};
use crate::table::Target;

const PAGE_DEFAULT: usize = 100;

/// One device, or the whole product.
pub fn target(r: &ListMessagesRequest) -> Target {
    target_of(&r.product_id, r.device_name.as_deref())
}

/// The same.
pub fn judged_target(r: &ListJudgedMessagesRequest) -> Target {
    target_of(&r.product_id, r.device_name.as_deref())
}

fn target_of(product: &str, device: Option<&str>) -> Target {
    match device.filter(|name| !name.is_empty()) {
        Some(device) => named(product, device, None),
        None => Target::DevicesOf(product.to_owned()),
    }
}

pub async fn list(call: Call, r: ListMessagesRequest) -> Result<ListMessagesResponse, ApiError> {
    let product = product::find(&call.platform, call.owner(), &r.product_id)?.product.id;
    let times = times(r.min_time, r.max_time)?;
    let window = window(product, r.device_name, times, r.context.as_deref(), r.limit)?;
    let page = replay::messages(&call.platform, window).await?;
    Ok(ListMessagesResponse {
        context: page.next.map(|next| next.0.to_string()).unwrap_or_default(),
        listover: page.next.is_none(),
        records_read: page.looked_at,
        messages: page.messages.into_iter().map(|message| row(product, message)).collect(),
    })
}

pub async fn list_judged(call: Call, r: ListJudgedMessagesRequest) -> Result<ListJudgedMessagesResponse, ApiError> {
    let product = product::find(&call.platform, call.owner(), &r.product_id)?.product.id;
    let times = times(r.min_time, r.max_time)?;
    let window = window(product, r.device_name, times, r.context.as_deref(), r.limit)?;
    let draft = r.model_schema.as_deref().filter(|text| !text.is_empty());
    let page = judged_again(&call.platform, call.owner(), window, draft).await?;
    Ok(ListJudgedMessagesResponse {
        context: page.next.map(|next| next.0.to_string()).unwrap_or_default(),
        listover: page.next.is_none(),
        judged: page.judged,
        differences: page.differences.into_iter().map(|found| difference(found, call.language)).collect(),
    })
}

fn difference(found: Difference, language: Language) -> JudgedMessage {
    let Difference { message, now } = found;
    JudgedMessage {
        position: message.position.0.to_string(),
        commit_time: message.committed.0,
        device_name: message.device,
        kind: message.kind.name().to_owned(),
        payload: STANDARD.encode(&message.payload),
        code: message.code.into(),
        reason: if message.code == 0 { String::new() } else { message.note },
        code_now: now.code.number().into(),
        reason_now: now.status,
        text: match (now.said, language) {
            (Some(sentence), Language::Chinese) => sentence.zh,
            (Some(sentence), Language::English) => sentence.en,
            (None, _) => String::new(),
        },
    }
}

fn window(
    product: ProductId,
    device: Option<String>,
    times: RangeInclusive<UnixMillis>,
    context: Option<&str>,
    limit: Option<u64>,
) -> Result<Window, ApiError> {
    let device = device.filter(|name| !name.is_empty());
    Ok(Window { product, device, times, after: position(context)?, limit: page_size(limit)? })
}

/// A plain number, not sealed as other cursors are: it must stay good over restarts, and every page is checked against
/// the rights of its caller.
fn position(context: Option<&str>) -> Result<Option<Lsn>, ApiError> {
    let Some(text) = context.filter(|text| !text.is_empty()) else { return Ok(None) };
    match text.parse() {
        // The number behind it must exist, too.
        Ok(number) if number < u64::MAX => Ok(Some(Lsn(number))),
        _ => Err(ApiError::value(
            "Context",
            "应为上次返回的 Context，或某条消息的 Position",
            "it must be the Context of the last answer or the Position of a message",
        )),
    }
}

fn page_size(limit: Option<u64>) -> Result<usize, ApiError> {
    match usize::try_from(limit.unwrap_or(0)) {
        Ok(0) => Ok(PAGE_DEFAULT),
        Ok(limit @ 1..=PAGE_MAX) => Ok(limit),
        _ => Err(ApiError::value("Limit", "应为 1 到 1000", "it must be 1 to 1000")),
    }
}

fn row(product: ProductId, message: replay::LoggedMessage) -> LoggedMessage {
    let is_down = message.kind.is_down();
    let (request_id, reason) = if is_down { (message.note, String::new()) } else { (String::new(), message.note) };
    LoggedMessage {
        position: message.position.0.to_string(),
        commit_time: message.committed.0,
        sample_time: message.sampled.0,
        kind: message.kind.name().to_owned(),
        direction: if is_down { "down" } else { "up" }.to_owned(),
        product_id: product.to_string(),
        device_name: message.device,
        topic: message.topic,
        code: message.code.into(),
        payload: STANDARD.encode(&message.payload),
        request_id,
        reason,
    }
}
