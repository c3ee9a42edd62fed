//! `pages`: what the calls behind the console's lists and logs take, through the API, one after the other.
//!
//! Asks an existing platform: a product with many devices and a device with many messages, as `prepare` and `report` make them.

use std::{fmt::Write as _, time::Instant};

use anyhow::Context as _;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    args::PagesArgs,
    cloud_client::{CloudAccess, CloudClient},
    histogram::Histogram,
};

/// Version of the platform's own service.
const OWN_VERSION: &str = "2026-11-01";

/// One kind of page.
#[derive(Debug, Serialize)]
pub struct PageFigure {
    pub page: String,
    pub operation: &'static str,
    pub calls: u64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    /// Rows of the last answer.
    pub rows: usize,
}

/// A page to ask for: its operation, its request, and the list in its answer.
struct Page {
    name: String,
    operation: &'static str,
    request: Value,
    rows: &'static str,
}

/// Asks for every page.
///
/// # Errors
/// The product or the device is not there, or a call is refused.
pub async fn pages(args: &PagesArgs) -> anyhow::Result<Vec<PageFigure>> {
    let mut calls = Calls::new(args.api.access()?);
    let known = Known::find(&mut calls, args).await?;
    let mut figures = Vec::new();
    for page in
        list_pages(&known).into_iter().chain(log_pages(&known)).chain(history_pages(&known)).chain(other_pages(&known))
    {
        figures.push(measure(&mut calls, page, args.calls).await?);
    }
    Ok(figures)
}

/// Version of the service the vendor's log searches belong to.
const LOG_VERSION: &str = "2021-04-08";

/// The services, on a connection each.
struct Calls {
    vendor: CloudClient,
    own: CloudClient,
    logs: CloudClient,
}

impl Calls {
    fn new(access: CloudAccess) -> Self {
        Self {
            vendor: CloudClient::new(access.clone()),
            own: CloudClient::of_version(access.clone(), OWN_VERSION),
            logs: CloudClient::of_version(access, LOG_VERSION),
        }
    }

    async fn call(&mut self, operation: &str, request: &Value) -> anyhow::Result<Value> {
        const OWN: [&str; 8] = [
            "ListDevices",
            "ListDeviceLog",
            "ListMessages",
            "ListActionHistory",
            "DescribeDeviceDataSummary",
            "ListAuditLog",
            "DescribeActivity",
            "DescribeDeviceDiagnosis",
        ];
        let client = match operation {
            "ListLog" | "ListLogPayload" => &mut self.logs,
            operation if OWN.contains(&operation) => &mut self.own,
            _ => &mut self.vendor,
        };
        client.call(operation, request).await
    }
}

/// What the pages are about.
struct Known {
    project: String,
    product: String,
    device: String,
    property: String,
    devices: u64,
    /// Where a page in the middle of all devices begins.
    middle: Value,
    /// Milliseconds.
    now: u64,
    /// Where the last page that a chart of three days asks for begins.
    last_of_chart: Value,
}

/// Pages of 100 values that a chart asks for at most, one after the other.
const CHART_PAGES: usize = 30;

/// Steps of time that a chart asks for.
const CHART_STEPS: u64 = 900;

const MINUTE_MS: u64 = 60_000;

impl Known {
    async fn find(calls: &mut Calls, args: &PagesArgs) -> anyhow::Result<Self> {
        let found = calls.call("DescribeStudioProduct", &json!({"ProductId": args.product})).await?;
        let project = found["Product"]["ProjectId"].as_str().context("the product has no project")?.to_owned();
        let device = args.device.clone();
        let state = calls.call("DescribeDevice", &json!({"ProductId": args.product, "DeviceName": device})).await?;
        anyhow::ensure!(state["Device"]["FirstOnlineTime"] != 0, "{device} never signed in: let it report first");
        let listed = calls.call("ListDevices", &json!({"ProductId": args.product, "Limit": 1})).await?;
        let devices = listed["Counts"]["Total"].as_u64().context("the devices are not counted")?;
        let mut middle = Value::from("");
        let mut seen = 0;
        while seen < devices / 2 {
            let page = json!({"ProductId": args.product, "Limit": 1000, "Context": middle});
            middle = calls.call("ListDevices", &page).await?["Context"].clone();
            seen += 1_000;
        }
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis();
        let (product, property, now) = (args.product.clone(), args.property.clone(), u64::try_from(now)?);
        let mut known = Self { project, product, device, property, devices, middle, now, last_of_chart: "".into() };
        for _ in 1..CHART_PAGES {
            let request = with(known.values(3 * 1_440), json!({"Context": known.last_of_chart}));
            known.last_of_chart = calls.call("DescribeDeviceDataHistory", &request).await?["Context"].clone();
        }
        Ok(known)
    }

    /// A request for the values of so many minutes.
    fn values(&self, minutes: u64) -> Value {
        self.device(json!({"FieldName": self.property, "MinTime": self.now - minutes * MINUTE_MS, "MaxTime": self.now}))
    }

    /// A request about the product, with more in it.
    fn product(&self, more: Value) -> Value {
        with(json!({"ProductId": self.product}), more)
    }

    /// A request about the device within the last day, in milliseconds.
    fn device(&self, more: Value) -> Value {
        let day = json!({"ProductId": self.product, "DeviceName": self.device, "MinTime": self.now - 86_400_000,
                         "MaxTime": self.now + 3_600_000, "Limit": 100});
        with(day, more)
    }
}

fn with(mut request: Value, more: Value) -> Value {
    if let (Some(fields), Value::Object(more)) = (request.as_object_mut(), more) {
        fields.extend(more);
    }
    request
}

fn list_pages(known: &Known) -> Vec<Page> {
    let page = |name: &str, operation, more| Page {
        name: name.to_owned(),
        operation,
        request: known.product(with(json!({"Limit": 100}), more)),
        rows: "Devices",
    };
    let list = |name: &str, more| page(name, "ListDevices", more);
    let vendor = |name: &str, more| page(name, "GetDeviceList", more);
    let part = &known.device[..known.device.len().min(4)];
    vec![
        list("newest devices", json!({})),
        list("devices in the middle", json!({"Context": known.middle})),
        list("devices online", json!({"State": "online"})),
        list("devices never activated", json!({"State": "inactive"})),
        list("devices disabled", json!({"State": "disabled"})),
        list("a part of every name", json!({"DeviceName": part})),
        list("one name", json!({"DeviceName": known.device})),
        list("a name nobody has", json!({"DeviceName": "no-such-name"})),
        list("a tag nobody has", json!({"Tags": [{"Key": "floor", "Value": "none"}]})),
        list("no firmware named", json!({"FirmwareVersion": "None-FirmwareVersion"})),
        list("a page of an export", json!({"Limit": 1000})),
        vendor("first page", json!({})),
        vendor("page in the middle", json!({"Offset": known.devices / 2})),
        vendor("last page", json!({"Offset": known.devices.saturating_sub(100)})),
        vendor("a part of every name, counted", json!({"DeviceName": part})),
        vendor("two letters of every name, counted", json!({"DeviceName": &part[..part.len().min(2)]})),
        vendor("a tag nobody has, counted", json!({"Filters": [{"Name": "tag:floor", "Values": ["none"]}]})),
        vendor("no firmware named, counted", json!({"FirmwareVersion": "None-FirmwareVersion"})),
    ]
}

fn log_pages(known: &Known) -> Vec<Page> {
    let log = |name: &str, more| Page {
        name: name.to_owned(),
        operation: "ListDeviceLog",
        request: known.device(more),
        rows: "Rows",
    };
    let keywords = format!("productid:{} devicename:{}", known.product, known.device);
    let day = json!({"MinTime": known.now - 86_400_000, "MaxTime": known.now + 3_600_000, "MaxNum": 100,
                     "Keywords": keywords});
    let search = |operation| Page { name: "newest lines".to_owned(), operation, request: day.clone(), rows: "Results" };
    vec![
        log("newest lines", json!({})),
        log("diagnostic lines", json!({"Kinds": ["diagnostic"]})),
        log("came and went", json!({"Kinds": ["status"]})),
        // Other kinds are searched for at most 100 devices at once.
        log("diagnostic lines of all devices", json!({"DeviceName": "", "Kinds": ["diagnostic"]})),
        log("a word in every line", json!({"Keyword": "params"})),
        log("a word in no line", json!({"Keyword": "no-such-word"})),
        search("ListLog"),
        search("ListLogPayload"),
        Page {
            name: "newest messages".to_owned(),
            operation: "ListMessages",
            request: known.device(json!({})),
            rows: "Messages",
        },
    ]
}

/// What the pages of properties and of events ask for: the windows they offer, and how a long one goes on.
fn history_pages(known: &Known) -> Vec<Page> {
    let page = |name: String, operation, rows, request| Page { name, operation, request, rows };
    let values = |name: String, request| page(name, "DescribeDeviceDataHistory", "Results", request);
    let events = |name: String, request| page(name, "ListEventHistory", "EventHistory", request);
    let windows = [("half an hour", 30), ("an hour", 60), ("6 hours", 360), ("a day", 1_440), ("3 days", 3 * 1_440)];
    let mut pages = Vec::new();
    for (window, minutes) in windows {
        let begin_s = (known.now - minutes * MINUTE_MS) / 1_000;
        let since = known.product(json!({"DeviceName": known.device, "StartTime": begin_s, "EndTime": 0, "Size": 50}));
        pages.push(values(format!("values, {window}"), known.values(minutes)));
        pages.push(page(
            format!("values in steps, {window}"),
            "DescribeDeviceDataSummary",
            "Steps",
            known.product(json!({
                "DeviceName": known.device, "FieldName": known.property, "MinTime": known.now - minutes * MINUTE_MS,
                "MaxTime": known.now, "Step": (minutes * MINUTE_MS).div_ceil(CHART_STEPS),
            })),
        ));
        pages.push(events(format!("events, {window}"), since.clone()));
        pages.push(events(format!("events of a type, {window}"), with(since, json!({"Type": "alert"}))));
    }
    let last = with(known.values(3 * 1_440), json!({"Context": known.last_of_chart}));
    pages.push(values(format!("values, 3 days, page {CHART_PAGES} of a chart"), last));
    let calls = "calls of actions, 3 days".to_owned();
    pages.push(page(
        calls,
        "ListActionHistory",
        "Calls",
        known.device(json!({"MinTime": known.now - 4_320 * MINUTE_MS})),
    ));
    pages
}

fn other_pages(known: &Known) -> Vec<Page> {
    let page = |name: &str, operation, request, rows| Page { name: name.to_owned(), operation, request, rows };
    let day = json!({"MinTime": known.now - 86_400_000, "MaxTime": known.now + 3_600_000, "Limit": 50});
    let device = json!({"ProductId": known.product, "DeviceName": known.device});
    vec![
        page("diagnosis", "DescribeDeviceDiagnosis", device.clone(), "Problems"),
        page("latest values", "DescribeDeviceData", device, "Data"),
        page("calls", "ListAuditLog", day.clone(), "Entries"),
        page("one operation's calls", "ListAuditLog", with(day, json!({"Operation": "DeletePolicy"})), "Entries"),
        page("the last hour", "DescribeActivity", json!({}), "Minutes"),
        page("a product with its count", "DescribeStudioProduct", json!({"ProductId": known.product}), "Product"),
        page("products", "GetStudioProductList", json!({"ProjectId": known.project, "DevStatus": "all"}), "Products"),
        page("counts of devices", "GetDeviceSumStatistics", json!({"ProjectId": known.project}), "Product"),
    ]
}

/// One call warms up and is not counted.
async fn measure(calls: &mut Calls, page: Page, count: u32) -> anyhow::Result<PageFigure> {
    let mut times = Histogram::default();
    let mut last = calls.call(page.operation, &page.request).await.with_context(|| page.name.clone())?;
    for _ in 0..count {
        let start = Instant::now();
        last = calls.call(page.operation, &page.request).await.with_context(|| page.name.clone())?;
        times.record(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    let ms = |micros: u64| micros as f64 / 1e3;
    Ok(PageFigure {
        page: page.name,
        operation: page.operation,
        calls: times.count(),
        p50_ms: ms(times.quantile(0.5)),
        p99_ms: ms(times.quantile(0.99)),
        max_ms: ms(times.max()),
        rows: last[page.rows].as_array().map_or(0, Vec::len),
    })
}

/// A Markdown table, slowest pages as they come.
#[must_use]
pub fn table(figures: &[PageFigure]) -> String {
    let mut text = String::from(
        "| page | operation | rows | p50 ms | p99 ms | max ms |\n| --- | --- | ---: | ---: | ---: | ---: |\n",
    );
    for figure in figures {
        let PageFigure { page, operation, rows, p50_ms, p99_ms, max_ms, .. } = figure;
        writeln!(text, "| {page} | `{operation}` | {rows} | {p50_ms:.1} | {p99_ms:.1} | {max_ms:.1} |")
            .expect("a text takes everything");
    }
    text
}
