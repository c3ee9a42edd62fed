//! Sign-ins that are nobody's. Source: spec/lianwu-api.json, group `platform`. Times are UNIX milliseconds.

use lianwu_services::diagnosis::Text;
use lianwu_services::logs::beijing_seconds;
use lianwu_services::stranger::Row;

use super::paging;
use crate::call::Call;
use crate::error::{ApiError, Language};
use crate::generated::operations::{ListRefusedStrangersRequest, ListRefusedStrangersResponse};
use crate::generated::structures::RefusedStranger;

pub async fn list(call: Call, r: ListRefusedStrangersRequest) -> Result<ListRefusedStrangersResponse, ApiError> {
    let slice = paging::slice_unsigned(r.offset, r.limit)?;
    let is_wanted = |wanted: &Option<String>, is: &str| {
        wanted.as_deref().filter(|wanted| !wanted.is_empty()).is_none_or(|wanted| wanted == is)
    };
    let mut rows = call.platform.strangers.rows(call.platform.clock.now());
    rows.retain(|row| {
        is_wanted(&r.product_id, &row.claimed.product) && is_wanted(&r.source_address, &row.source.to_string())
    });
    let total_count = rows.len() as u64;
    let strangers = paging::cut(rows, slice).into_iter().map(|row| shown(row, call.language)).collect();
    Ok(ListRefusedStrangersResponse { total_count, strangers })
}

fn shown(row: Row, language: Language) -> RefusedStranger {
    let said = |text: Text| match language {
        Language::Chinese => text.zh.to_owned(),
        Language::English => text.en.to_owned(),
    };
    RefusedStranger {
        first_time: row.first.0,
        last_time: row.last.0,
        time: format!("{} (UTC+8)", beijing_seconds(row.last)),
        count: row.count,
        source_address: row.source.to_string(),
        listener: row.listener.as_str().to_owned(),
        product_id: row.claimed.product.into(),
        device_name: row.claimed.device.into(),
        id: row.cause.as_str().to_owned(),
        cause: said(row.cause.words()),
        detail: row.detail.into(),
        cure: said(row.cause.cure()),
    }
}
