//! Messages as they were committed. Source: issue text of replay; decisions 21.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_model::{ProductId, UnixMillis};
use lianwu_ports::log::Lsn;
use lianwu_services::product;
use lianwu_services::replay::{self, PAGE_MAX, Window};

use super::named;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{ListMessagesRequest, ListMessagesResponse};
use crate::generated::structures::LoggedMessage;
use crate::table::Target;

const PAGE_DEFAULT: usize = 100;

/// One device, or the whole product.
pub fn target(r: &ListMessagesRequest) -> Target {
    match device_of(r) {
        Some(device) => named(&r.product_id, device, None),
        None => Target::DevicesOf(r.product_id.clone()),
    }
}

fn device_of(r: &ListMessagesRequest) -> Option<&str> {
    r.device_name.as_deref().filter(|name| !name.is_empty())
}

pub async fn list(call: Call, r: ListMessagesRequest) -> Result<ListMessagesResponse, ApiError> {
    let product = product::find(&call.platform, call.owner(), &r.product_id)?.product.id;
    if r.min_time > r.max_time {
        return Err(ApiError::value("MinTime", "不能晚于 MaxTime", "it must not be later than MaxTime")
            .with_code("InvalidParameterValue.StartTimeLaterEndTime"));
    }
    let window = Window {
        product,
        device: device_of(&r).map(str::to_owned),
        times: UnixMillis(r.min_time)..=UnixMillis(r.max_time),
        after: position(r.context.as_deref())?,
        limit: page_size(r.limit)?,
    };
    let page = replay::messages(&call.platform, window).await?;
    Ok(ListMessagesResponse {
        context: page.next.map(|next| next.0.to_string()).unwrap_or_default(),
        listover: page.next.is_none(),
        records_read: page.looked_at,
        messages: page.messages.into_iter().map(|message| row(product, message)).collect(),
    })
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
