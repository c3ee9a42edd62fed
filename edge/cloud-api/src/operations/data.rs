//! What devices said. Source: spec/cloud-api.md 2.5, 3.5 and 3.6.

use std::borrow::Cow;

use lianwu_model::thing_model::EventKind;
use lianwu_model::{UnixMillis, json};
use lianwu_services::telemetry::{self, EventFilter};
use lianwu_services::{device, product};

use super::device_ref;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    DescribeDeviceDataHistoryRequest, DescribeDeviceDataHistoryResponse, DescribeDeviceDataRequest,
    DescribeDeviceDataResponse, DescribeDeviceDataSummaryRequest, DescribeDeviceDataSummaryResponse,
    ListEventHistoryRequest, ListEventHistoryResponse,
};
use crate::generated::structures::{DataStep, DeviceDataHistoryItem, EventHistoryItem};
use crate::wire;

const PAGE_DEFAULT: usize = 10;
const PAGE_MAX: usize = 100;
const DAY_S: u64 = 86_400;
/// More than a wide screen can show.
const STEPS_MAX: u64 = 2_000;

pub async fn latest(call: Call, r: DescribeDeviceDataRequest) -> Result<DescribeDeviceDataResponse, ApiError> {
    let wanted = device_ref(&r.product_id, &r.device_name, r.device_id.as_deref());
    let device = device::find(&call.platform, call.owner(), &wanted.product, &wanted.name)?;
    let model = call.platform.catalog.model(device.product);
    let state = telemetry::latest(&call.platform, device.number).await?;
    let mut data = Vec::from(b"{");
    for value in &state.reported {
        // A property that was removed from the model is not shown any more.
        if model.as_ref().is_some_and(|model| model.definition.property(&value.property).is_none()) {
            continue;
        }
        if data.len() > 1 {
            data.push(b',');
        }
        json::write_string(&value.property, &mut data);
        data.extend_from_slice(
            format!(r#":{{"Value":{},"LastUpdate":{}}}"#, wire::value_json(&value.value), value.time).as_bytes(),
        );
    }
    data.push(b'}');
    Ok(DescribeDeviceDataResponse { data: String::from_utf8_lossy(&data).into_owned() })
}

pub async fn property_history(
    call: Call,
    r: DescribeDeviceDataHistoryRequest,
) -> Result<DescribeDeviceDataHistoryResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    check_history(&call, &r.product_id, &r.field_name, r.min_time, r.max_time)?;
    let limit = page_size("Limit", r.limit)?;
    let number = device.number.0.to_string();
    let (min, max) = (r.min_time.to_string(), r.max_time.to_string());
    let query = ["property", &number, &r.field_name, &min, &max];
    let after = call.cursors.open(&query, r.context.as_deref())?;
    let times = UnixMillis(r.min_time)..=UnixMillis(r.max_time);
    let field = r.field_name.clone();
    let page = telemetry::property_history(&call.platform, &device, field, times, after, limit).await?;
    let results = page
        .rows
        .iter()
        .map(|row| DeviceDataHistoryItem { time: row.time.to_string(), value: wire::value_text(&row.value) });
    Ok(DescribeDeviceDataHistoryResponse {
        results: results.collect(),
        listover: page.next.is_none(),
        context: page.next.map(|next| call.cursors.seal(&query, next)).unwrap_or_default(),
        field_name: r.field_name,
    })
}

/// A property of the model, and a range of time, ms.
fn check_history(call: &Call, product: &str, field: &str, min: u64, max: u64) -> Result<(), ApiError> {
    let known = product::find(&call.platform, call.owner(), product)?.model;
    if known.is_none_or(|model| model.definition.property(field).is_none()) {
        let zh = format!("物模型中没有属性 `{field}`");
        let en = format!("the thing model has no property `{field}`");
        return Err(ApiError::value("FieldName", &zh, &en).with_code("InvalidParameterValue.ModelPropertyNotExist"));
    }
    if min > max {
        return Err(ApiError::value("MinTime", "不能晚于 MaxTime", "it must not be later than MaxTime")
            .with_code("InvalidParameterValue.StartTimeLaterEndTime"));
    }
    Ok(())
}

pub async fn property_summary(
    call: Call,
    r: DescribeDeviceDataSummaryRequest,
) -> Result<DescribeDeviceDataSummaryResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    check_history(&call, &r.product_id, &r.field_name, r.min_time, r.max_time)?;
    let least = (r.max_time - r.min_time).div_ceil(STEPS_MAX).max(1);
    if r.step < least {
        let zh = format!("这段时间的步长至少为 {least} 毫秒，一次最多 {STEPS_MAX} 步");
        let en = format!("for this range it must be at least {least} ms: there are {STEPS_MAX} steps at most");
        return Err(ApiError::value("Step", &zh, &en));
    }
    let number = device.number.0.to_string();
    let (min, max, step) = (r.min_time.to_string(), r.max_time.to_string(), r.step.to_string());
    let query = ["summary", &number, &r.field_name, &min, &max, &step];
    let after = call.cursors.open(&query, r.context.as_deref())?;
    let times = UnixMillis(r.min_time)..=UnixMillis(r.max_time);
    let field = r.field_name.clone();
    let page = telemetry::property_summary(&call.platform, &device, field, times, r.step, after).await?;
    let steps = page.rows.iter().map(|step| DataStep {
        time: step.start.0,
        count: step.count,
        lowest: step.lowest,
        highest: step.highest,
        average: step.average(),
        last: step.last,
    });
    Ok(DescribeDeviceDataSummaryResponse {
        steps: steps.collect(),
        listover: page.next.is_none(),
        context: page.next.map(|next| call.cursors.seal(&query, next)).unwrap_or_default(),
    })
}

pub async fn event_history(call: Call, r: ListEventHistoryRequest) -> Result<ListEventHistoryResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let filter = EventFilter { event: given(r.event_id), kind: given(r.r#type) };
    if filter.kind.as_deref().is_some_and(|kind| EventKind::from_text(kind).is_none()) {
        return Err(ApiError::value("Type", "应为 info、alert 或 fault", "it must be info, alert or fault"));
    }
    let limit = page_size("Size", r.size)?;
    // A range left open ends now; its cursor must still fit when the next page is asked for a moment later.
    let (start, end) = (r.start_time.unwrap_or(0), r.end_time.unwrap_or(0));
    let words: [Cow<'_, str>; 3] =
        [device.number.0.to_string().into(), start.to_string().into(), end.to_string().into()];
    let [number, start_text, end_text] = words.each_ref().map(AsRef::as_ref);
    let event = filter.event.clone().unwrap_or_default();
    let kind = filter.kind.clone().unwrap_or_default();
    let query = ["event", number, &event, &kind, start_text, end_text];
    let after = call.cursors.open(&query, r.context.as_deref())?;
    let times = event_range(start, end, call.platform.clock.now())?;
    let found = telemetry::event_history(&call.platform, &device, filter, times, after, limit).await?;
    let rows = found.page.rows.into_iter().map(|row| EventHistoryItem {
        time_stamp: wire::count(row.time.0),
        product_id: device.product.to_string(),
        device_name: device.name.to_string(),
        event_id: row.event.into(),
        r#type: row.kind.into(),
        data: wire::value_json(&row.params),
    });
    Ok(ListEventHistoryResponse {
        event_history: rows.collect(),
        total: wire::count(found.total),
        listover: found.page.next.is_none(),
        context: found.page.next.map(|next| call.cursors.seal(&query, next)).unwrap_or_default(),
    })
}

/// Seconds; 0 as start is a day ago, 0 as end is now. Source: spec/cloud-api.md 2.5.
fn event_range(start: i64, end: u64, now: UnixMillis) -> Result<std::ops::RangeInclusive<UnixMillis>, ApiError> {
    let start = match u64::try_from(start) {
        Ok(0) => now.seconds().saturating_sub(DAY_S),
        Ok(start) => start,
        Err(_) => return Err(ApiError::value("StartTime", "应大于等于 0", "it must be at least 0")),
    };
    // The whole of the last second belongs to the range.
    let last = if end == 0 { now } else { UnixMillis(UnixMillis::from_seconds(end).0.saturating_add(999)) };
    if UnixMillis::from_seconds(start) > last {
        return Err(ApiError::value("StartTime", "不能晚于 EndTime", "it must not be later than EndTime"));
    }
    Ok(UnixMillis::from_seconds(start)..=last)
}

fn page_size(parameter: &str, size: Option<i64>) -> Result<usize, ApiError> {
    match usize::try_from(size.unwrap_or(0)) {
        Ok(0) => Ok(PAGE_DEFAULT),
        Ok(size @ 1..=PAGE_MAX) => Ok(size),
        _ => Err(ApiError::value(parameter, "应为 1 到 100", "it must be 1 to 100")),
    }
}
