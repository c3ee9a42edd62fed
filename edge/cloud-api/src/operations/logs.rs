//! Logs. Source: spec/cloud-api.md 3.14; the service `lianwu` has one operation with all filters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_model::UnixMillis;
use lianwu_model::log_level::LogLevel;
use lianwu_ports::readings::Cursor;
use lianwu_services::live::Wanted;
use lianwu_services::logs::{self, Direction, Keywords, Line, LineKind, LogFilter, LogPage, Origin, Subject, Visible};
use lianwu_services::product::{self, ProductFilter};

use crate::access;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    ListDeviceLogRequest, ListDeviceLogResponse, ListLogPayloadRequest, ListLogPayloadResponse, ListLogRequest,
    ListLogResponse, ListSDKLogRequest, ListSDKLogResponse,
};
use crate::generated::structures::{CLSLogItem, DeviceLogRow, PayloadLogItem, SDKLogItem};
use crate::table::{DeviceName, Target};

const PAGE_DEFAULT: usize = 10;
const PAGE_MAX: usize = 100;

/// What keywords name; without a product the caller sees the rows it has rights to.
pub fn keyword_target(keywords: &str) -> Target {
    let named = Keywords::parse(keywords).unwrap_or_default();
    match (named.product, named.device) {
        (Some(product), Some(name)) => Target::Device(DeviceName { product, name }),
        (Some(product), None) => Target::DevicesOf(product),
        (None, _) => Target::Rows { project: None },
    }
}

pub fn device_target(r: &ListDeviceLogRequest) -> Target {
    match device_name(r) {
        Some(name) => Target::Device(DeviceName { product: r.product_id.clone(), name: name.to_owned() }),
        None => Target::DevicesOf(r.product_id.clone()),
    }
}

fn device_name(r: &ListDeviceLogRequest) -> Option<&str> {
    r.device_name.as_deref().filter(|name| !name.is_empty())
}

/// Diagnostic lines, among them those of sign-ins and ends of connections.
pub async fn list(call: Call, r: ListLogRequest) -> Result<ListLogResponse, ApiError> {
    let keywords = r.keywords.unwrap_or_default();
    let search = Search { min: r.min_time, max: r.max_time, context: r.context, max_num: r.max_num, name: "MaxNum" };
    let found = search.by_keywords(&call, &keywords, LineKind::Diagnostic).await?;
    let results = found.lines.iter().map(|line| CLSLogItem {
        content: line.text_lossy().into_owned(),
        device_name: line.device.to_string(),
        product_id: line.product.to_string(),
        request_id: line.request_id.clone(),
        result: line.result.clone(),
        scene: line.scene.to_owned(),
        time: logs::beijing(line.time),
        userid: call.owner().to_string(),
    });
    Ok(ListLogResponse {
        total_count: found.lines.len() as u64,
        results: results.collect(),
        context: found.context,
        listover: found.is_over,
    })
}

/// Messages as they travelled.
pub async fn list_payload(call: Call, r: ListLogPayloadRequest) -> Result<ListLogPayloadResponse, ApiError> {
    let search = Search { min: r.min_time, max: r.max_time, context: r.context, max_num: r.max_num, name: "MaxNum" };
    let found = search.by_keywords(&call, &r.keywords, LineKind::Content).await?;
    let results = found.lines.iter().map(|line| {
        let (source, name) = match line.origin {
            Origin::Device => ("device:mqtt", line.device.to_string()),
            Origin::Api => ("api:cloud", call.owner().to_string()),
            Origin::Platform => ("api:platform", "reply".to_owned()),
        };
        PayloadLogItem {
            uin: call.owner().to_string(),
            product_id: line.product.to_string(),
            device_name: line.device.to_string(),
            src_type: source.to_owned(),
            src_name: name,
            topic: line.topic.clone(),
            payload_format_type: payload_format(line).to_owned(),
            payload: STANDARD.encode(&line.content),
            request_id: line.request_id.clone(),
            date_time: line.time.to_string(),
        }
    });
    Ok(ListLogPayloadResponse {
        total_count: found.lines.len() as u64,
        results: results.collect(),
        context: found.context,
        listover: found.is_over,
    })
}

fn payload_format(line: &Line) -> &'static str {
    match line.text() {
        Some(text) if text.starts_with(['{', '[']) => "JSON",
        Some(_) => "TEXT",
        None => "BINARY",
    }
}

/// What devices uploaded of their own logs.
pub async fn list_sdk(call: Call, r: ListSDKLogRequest) -> Result<ListSDKLogResponse, ApiError> {
    let search = Search { min: r.min_time, max: r.max_time, context: r.context, max_num: r.max_num, name: "MaxNum" };
    let found = search.by_keywords(&call, &r.keywords, LineKind::Uploaded).await?;
    let results = found.lines.iter().map(|line| SDKLogItem {
        product_id: line.product.to_string(),
        device_name: line.device.to_string(),
        level: line.scene.to_owned(),
        date_time: logs::beijing(line.time),
        content: line.text_lossy().into_owned(),
    });
    Ok(ListSDKLogResponse {
        total_count: found.lines.len() as u64,
        results: results.collect(),
        context: found.context,
        listover: found.is_over,
    })
}

/// `loglevel:` takes the word of a level or its number.
fn level(given: String) -> String {
    let known = given.parse().ok().and_then(LogLevel::from_number);
    known.map_or(given, |level| level.word().to_owned())
}

pub async fn list_device(call: Call, r: ListDeviceLogRequest) -> Result<ListDeviceLogResponse, ApiError> {
    let subject = match device_name(&r) {
        Some(name) => Subject::Device { product: r.product_id.clone(), name: name.to_owned() },
        None => Subject::Product(r.product_id.clone()),
    };
    let filter = filter(&r)?;
    let search = Search { min: r.min_time, max: r.max_time, context: r.context, max_num: r.limit, name: "Limit" };
    let kinds = r.kinds.join(",");
    let request_id = filter.request_id.clone().unwrap_or_default();
    let (direction, keyword) = (r.direction.unwrap_or_default(), r.keyword.unwrap_or_default());
    let name = r.device_name.unwrap_or_default();
    let query = [&r.product_id, &name, &kinds, &direction, &request_id, &keyword].map(String::as_str);
    let found = search.run(&call, &query, &subject, filter).await?;
    Ok(ListDeviceLogResponse {
        rows: found.lines.iter().map(row).collect(),
        context: found.context,
        listover: found.is_over,
    })
}

/// The same for whoever watches a device.
pub(crate) fn watched(call: &Call, r: &ListDeviceLogRequest) -> Result<Wanted, ApiError> {
    let filter = filter(r)?;
    let device = device_name(r).ok_or_else(|| ApiError::missing("DeviceName"))?.to_owned();
    let product = product::find(&call.platform, call.owner(), &r.product_id)?.product.id;
    Ok(Wanted { product, device, filter })
}

fn filter(r: &ListDeviceLogRequest) -> Result<LogFilter, ApiError> {
    let mut filter = LogFilter::new(times(r.min_time, r.max_time)?);
    for kind in &r.kinds {
        filter.kinds.push(LineKind::from_text(kind).ok_or_else(|| {
            let kinds = "content、thing_model、status、diagnostic、device";
            ApiError::value("Kinds", &format!("可选值为 {kinds}"), &format!("it must be one of {kinds}"))
        })?);
    }
    if let Some(direction) = r.direction.as_deref().filter(|text| !text.is_empty()) {
        let known = Direction::from_text(direction);
        filter.direction =
            Some(known.ok_or_else(|| ApiError::value("Direction", "应为 up 或 down", "it must be up or down"))?);
    }
    filter.request_id = r.request_id.clone().filter(|id| !id.is_empty());
    let keyword = r.keyword.as_deref().unwrap_or_default();
    filter.words = Keywords::words_only(keyword).map_err(|error| crate::codes::logs::keyword(&error))?;
    Ok(filter)
}

pub(crate) fn row(line: &Line) -> DeviceLogRow {
    let (content, format) = match line.text() {
        Some(text) => (text.to_owned(), "text"),
        None => (STANDARD.encode(&line.content), "base64"),
    };
    DeviceLogRow {
        time: line.time.0,
        kind: line.kind.as_str().to_owned(),
        direction: line.direction.map_or("", Direction::as_str).to_owned(),
        product_id: line.product.to_string(),
        device_name: line.device.to_string(),
        scene: line.scene.to_owned(),
        topic: line.topic.clone(),
        content,
        result: line.result.clone(),
        request_id: line.request_id.clone(),
        client_token: line.client_token.clone(),
        payload_format: format.to_owned(),
        payload_bytes: line.content.len() as u64,
    }
}

/// What all log operations have in common.
struct Search {
    min: u64,
    max: u64,
    context: Option<String>,
    max_num: Option<u64>,
    /// The parameter `max_num` comes from.
    name: &'static str,
}

struct Found {
    lines: Vec<Line>,
    context: String,
    is_over: bool,
}

impl Search {
    async fn by_keywords(self, call: &Call, text: &str, kind: LineKind) -> Result<Found, ApiError> {
        let named = keywords(text)?;
        let subject = match (named.product, named.device) {
            (Some(product), Some(name)) => Subject::Device { product, name },
            (Some(product), None) => Subject::Product(product),
            (None, Some(_)) => return Err(product_needed()),
            (None, None) if kind == LineKind::Content => return Err(product_needed()),
            (None, None) => Subject::Products(visible_products(call)),
        };
        let mut filter = LogFilter::new(times(self.min, self.max)?);
        // What names a product or device was judged as a whole; here each device is judged for itself.
        if let (Subject::Products(_), false) = (&subject, access::is_unrestricted(call)) {
            filter.visible = Some(visible_records(call));
        }
        filter.kinds = vec![kind];
        // The level of an uploaded line stands where others have their scene.
        filter.scene = if kind == LineKind::Uploaded { named.level.map(level) } else { named.scene };
        filter.request_id = named.request_id;
        filter.contents = named.contents;
        filter.words = named.words;
        self.run(call, &[kind.as_str(), text], &subject, filter).await
    }

    async fn run(self, call: &Call, query: &[&str], subject: &Subject, filter: LogFilter) -> Result<Found, ApiError> {
        let limit = page_size(self.name, self.max_num)?;
        let (min, max) = (self.min.to_string(), self.max.to_string());
        let query: Vec<&str> = ["log", &min, &max].into_iter().chain(query.iter().copied()).collect();
        let after: Option<Cursor> = call.cursors.open(&query, self.context.as_deref())?;
        let LogPage { lines, next, .. } =
            logs::search(&call.platform, call.owner(), subject, filter, after, limit).await?;
        let is_over = next.is_none();
        Ok(Found { lines, is_over, context: next.map(|next| call.cursors.seal(&query, next)).unwrap_or_default() })
    }
}

/// Records of devices that the caller may see among those of the products it may see.
fn visible_records(call: &Call) -> Visible {
    let call = call.clone();
    Visible::new(move |record| {
        let product = call.platform.catalog.product(record.product);
        product.is_some_and(|product| access::may_see_record(&call, &product.product, record))
    })
}

/// Products whose diagnostics a caller that named none may see.
fn visible_products(call: &Call) -> Vec<lianwu_model::ProductId> {
    let all = product::list(&call.platform, call.owner(), &ProductFilter::default());
    all.iter()
        .map(|known| &known.product)
        .filter(|product| access::may_see_product(call, product))
        .map(|product| product.id)
        .collect()
}

fn keywords(text: &str) -> Result<Keywords, ApiError> {
    Keywords::parse(text).map_err(|error| crate::codes::logs::keyword(&error))
}

fn product_needed() -> ApiError {
    ApiError::value(
        "Keywords",
        "请用 `productid:<ProductId>` 指定产品，如需查看某台设备再加 `devicename:<DeviceName>`",
        "name the product with `productid:<ProductId>`, and a device with `devicename:<DeviceName>`",
    )
}

pub(super) fn times(min: u64, max: u64) -> Result<std::ops::RangeInclusive<UnixMillis>, ApiError> {
    if min > max {
        return Err(ApiError::value("MinTime", "不能晚于 MaxTime", "it must not be later than MaxTime")
            .with_code("InvalidParameterValue.StartTimeLaterEndTime"));
    }
    Ok(UnixMillis(min)..=UnixMillis(max))
}

pub(super) fn page_size(name: &str, given: Option<u64>) -> Result<usize, ApiError> {
    match given.map_or(Some(PAGE_DEFAULT), |given| usize::try_from(given).ok()) {
        Some(size @ 1..=PAGE_MAX) => Ok(size),
        _ => Err(ApiError::value(name, &format!("应为 1 到 {PAGE_MAX}"), &format!("it must be from 1 to {PAGE_MAX}"))),
    }
}
