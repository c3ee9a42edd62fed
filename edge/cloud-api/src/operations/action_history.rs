//! Calls of actions. Source: spec/lianwu-api.json.

use lianwu_services::action_history::{self, ActionCall, CallFilter};
use lianwu_services::device;

use super::logs::{page_size, times};
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{ListActionHistoryRequest, ListActionHistoryResponse};
use crate::generated::structures::ActionCallItem;

pub async fn list(call: Call, r: ListActionHistoryRequest) -> Result<ListActionHistoryResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let limit = page_size("Limit", r.limit)?;
    let times = times(r.min_time, r.max_time)?;
    let action = r.action_id.filter(|id| !id.is_empty());
    let number = device.number.0.to_string();
    let (min, max) = (r.min_time.to_string(), r.max_time.to_string());
    let query = ["actions", &number, action.as_deref().unwrap_or_default(), &min, &max];
    let after = call.cursors.open(&query, r.context.as_deref())?;
    let filter = CallFilter { action: action.clone(), times };
    let found = action_history::calls(&call.platform, &device, filter, after, limit).await?;
    Ok(ListActionHistoryResponse {
        listover: found.next.is_none(),
        context: found.next.map(|next| call.cursors.seal(&query, next)).unwrap_or_default(),
        calls: found.calls.into_iter().map(item).collect(),
    })
}

fn item(call: ActionCall) -> ActionCallItem {
    let reply = call.reply;
    ActionCallItem {
        time: call.time.0,
        action_id: call.action,
        client_token: call.token,
        request_id: call.request_id,
        input: call.input,
        state: call.state.as_str().to_owned(),
        reply_time: reply.as_ref().map_or(0, |reply| reply.time.0),
        code: reply.as_ref().map_or(0, |reply| reply.code),
        status: reply.as_ref().map(|reply| reply.status.clone()).unwrap_or_default(),
        output: reply.map(|reply| reply.output).unwrap_or_default(),
    }
}
