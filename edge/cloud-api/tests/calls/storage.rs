//! Retention and durability of a product: set, shown, honoured by every question about the past.

use std::time::Duration;

use lianwu_model::UnixMillis;
use lianwu_ports::clock::Clock as _;
use lianwu_ports::record::RecordKind;
use lianwu_services::retention;
use serde_json::{Value, json};

use super::support::{Cloud, MODEL, NOW, code};

const DAY: Duration = Duration::from_hours(24);

async fn set(cloud: &Cloud, product: &str, days: u64) -> Value {
    cloud.ok("SetProductStorage", json!({"ProductId": product, "RetentionDays": days})).await
}

fn shown(response: &Value) -> Value {
    json!([response["RetentionDays"], response["OwnRetention"], response["Durability"]])
}

/// Is each of the two settings changed alone, shown, kept, and given back?
#[tokio::test]
async fn products_have_storage_settings_of_their_own() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let described = async || cloud.ok("DescribeProductStorage", json!({"ProductId": product})).await;
    assert_eq!(shown(&described().await), json!([3, false, "disk"]));
    assert_eq!(described().await["RetentionDaysMax"], 7);
    assert_eq!(shown(&set(&cloud, &product, 1).await), json!([1, true, "disk"]));
    let durable = |text: &str| json!({"ProductId": product, "Durability": text});
    assert_eq!(shown(&cloud.ok("SetProductStorage", durable("memory")).await), json!([1, true, "memory"]));
    cloud.ok("ReleaseStudioProduct", json!({"ProductId": product, "DevStatus": "released"})).await;
    assert_eq!(shown(&set(&cloud, &product, 0).await), json!([3, false, "memory"]), "released products, too");
    assert_eq!(shown(&set(&cloud, &product, 7).await), json!([7, true, "memory"]));
    let stored = cloud.platform.stores.products.products().await.unwrap().remove(0);
    assert_eq!(stored.retention_days, Some(7));
    assert_eq!(shown(&cloud.ok("SetProductStorage", durable("disk")).await), json!([7, true, "disk"]));
    assert_eq!(shown(&described().await), json!([7, true, "disk"]));
}

/// Is a value out of range refused with what is allowed and who may allow more?
#[tokio::test]
async fn wrong_storage_settings_are_refused() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    for days in [8, 65_536, u64::MAX] {
        let call = json!({"ProductId": product, "RetentionDays": days});
        let refused = cloud.call(&cloud.owner, "SetProductStorage", call).await;
        assert_eq!(code(&refused), "InvalidParameterValue.ProductParmsError");
        let text = refused["Error"]["Message"].as_str().unwrap();
        assert!(text.contains("1 to 7 days") && text.contains("retention.product_days_max"), "{text}");
    }
    let call = json!({"ProductId": product, "Durability": "ram", "RetentionDays": 1});
    assert_eq!(cloud.refused("SetProductStorage", call).await, "InvalidParameterValue");
    let described = cloud.ok("DescribeProductStorage", json!({"ProductId": product})).await;
    assert_eq!(shown(&described), json!([3, false, "disk"]), "nothing was changed");
}

/// Two products with a device each, which reported, posted an event and were refused something at [`NOW`].
async fn two_lamps(cloud: &Cloud) -> [String; 2] {
    let first = cloud.lamp().await;
    let project = cloud.project("garden").await;
    let second = cloud.product(&project, "post").await;
    cloud.ok("ModifyModelDefinition", json!({"ProductId": second, "ModelSchema": MODEL})).await;
    cloud.ok("CreateDevice", json!({"ProductId": second, "DeviceName": "lamp1"})).await;
    for product in [&first, &second] {
        let says = |kind, payload: &str| cloud.device_says(product, "lamp1", kind, NOW, payload);
        says(RecordKind::PropertyReport, r#"{"method":"report","clientToken":"1","params":{"level":5}}"#);
        says(RecordKind::EventPost, r#"{"method":"event_post","eventId":"hot","type":"alert","params":{"heat":1}}"#);
        says(RecordKind::Connected, "version:4,keepalive:60,cleansession:1,clientip:192.0.2.1");
    }
    [first, second]
}

/// Rows each question about the past of the product's lamp finds: property and event history, the three logs, messages.
async fn found(cloud: &Cloud, product: &str) -> [usize; 6] {
    let now = cloud.clock.now().0;
    let lamp = json!({"ProductId": product, "DeviceName": "lamp1"});
    let with = |more: Value| {
        let mut call = lamp.clone();
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call
    };
    let keywords = format!("productid:{product} devicename:lamp1");
    let vendors_log = json!({"MinTime": 0, "MaxTime": now, "Keywords": keywords});
    let calls = [
        ("DescribeDeviceDataHistory", with(json!({"FieldName": "level", "MinTime": 0, "MaxTime": now})), "Results"),
        ("ListEventHistory", with(json!({"StartTime": 1, "EndTime": now / 1000})), "EventHistory"),
        ("ListLog", vendors_log.clone(), "Results"),
        ("ListLogPayload", vendors_log, "Results"),
        ("ListDeviceLog", with(json!({"MinTime": 0, "MaxTime": now, "Kinds": ["status"]})), "Rows"),
        ("ListMessages", with(json!({"MinTime": 0, "MaxTime": now})), "Messages"),
    ];
    let mut counts = [0; 6];
    for ((action, call, rows), count) in calls.into_iter().zip(&mut counts) {
        let response = cloud.ok(action, call).await;
        *count = response[rows].as_array().unwrap_or_else(|| panic!("{action}: {response}")).len();
    }
    counts
}

/// Products in the log of the whole account.
async fn in_the_accounts_log(cloud: &Cloud) -> Vec<Value> {
    let call = json!({"MinTime": 0, "MaxTime": cloud.clock.now().0});
    let mut products: Vec<_> = cloud.ok("ListLog", call).await["Results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["ProductId"].clone())
        .collect();
    products.dedup();
    products
}

/// Does no question show what is older than its product's retention, from the moment it is set?
#[tokio::test]
async fn nothing_older_than_the_products_retention_is_shown() {
    let cloud = Cloud::new().await;
    let [short, long] = two_lamps(&cloud).await;
    set(&cloud, &short, 1).await;
    set(&cloud, &long, 7).await;
    cloud.clock.set(NOW.plus(DAY));
    let everything = found(&cloud, &long).await;
    assert!(everything.iter().all(|rows| *rows > 0), "{everything:?}");
    assert_eq!(found(&cloud, &short).await, everything, "to the end of the day");
    assert_eq!(in_the_accounts_log(&cloud).await.len(), 2);

    cloud.clock.set(NOW.plus(DAY).plus(Duration::from_millis(1)));
    assert_eq!(found(&cloud, &short).await, [0; 6]);
    assert_eq!(found(&cloud, &long).await, everything);
    assert_eq!(in_the_accounts_log(&cloud).await, [json!(long)]);

    cloud.clock.set(NOW.plus(6 * DAY));
    assert_eq!(found(&cloud, &long).await, everything, "longer than the platform's own 3 days");
    set(&cloud, &long, 0).await;
    assert_eq!(found(&cloud, &long).await, [0; 6]);
    assert_eq!(in_the_accounts_log(&cloud).await, Vec::<Value>::new());
}

/// Must the time of a report lie within its product's retention?
#[tokio::test]
async fn a_report_must_lie_within_the_products_retention() {
    let cloud = Cloud::new().await;
    let [short, long] = two_lamps(&cloud).await;
    set(&cloud, &short, 1).await;
    set(&cloud, &long, 5).await;
    let report = |product: &str, back: Duration| {
        let time = NOW.minus(back).0;
        let (data, method) = (r#"{"level":1}"#, "reported");
        json!({"ProductId": product, "DeviceName": "lamp1", "Data": data, "Method": method, "DataTimestamp": time})
    };
    cloud.ok("ControlDeviceData", report(&short, DAY)).await;
    cloud.ok("ControlDeviceData", report(&long, 5 * DAY)).await;
    let refused = cloud.call(&cloud.owner, "ControlDeviceData", report(&short, 2 * DAY)).await;
    assert_eq!(code(&refused), "InvalidParameterValue");
    assert!(refused["Error"]["Message"].as_str().unwrap().contains("retention of 1 days"), "{refused}");
    assert_eq!(cloud.refused("ControlDeviceData", report(&long, 6 * DAY)).await, "InvalidParameterValue");
}

/// Do files stay as long as the longest retention of the products, and go when none keeps them?
#[tokio::test]
async fn files_go_with_the_longest_retention() {
    let cloud = Cloud::new().await;
    let [short, long] = two_lamps(&cloud).await;
    set(&cloud, &short, 1).await;
    set(&cloud, &long, 7).await;
    // The newest day of the log always stays.
    cloud.clock.set(NOW.plus(DAY));
    cloud.device_says(&long, "lamp1", RecordKind::PropertyReport, NOW.plus(DAY), r#"{"params":{"level":6}}"#);
    let first_day_is_over = UnixMillis((NOW.day() + 1) * UnixMillis::DAY_MS);
    let later = |days: u32| first_day_is_over.plus(days * DAY).plus(Duration::from_millis(1));
    cloud.clock.set(later(5));
    assert_eq!(retention::expire(&cloud.platform), Ok(0));
    set(&cloud, &long, 5).await;
    let oldest = cloud.platform.log.oldest();
    assert_eq!(retention::longest(&cloud.platform), 5);
    assert!(retention::expire(&cloud.platform).unwrap() > 0);
    set(&cloud, &long, 1).await;
    assert_eq!(retention::longest(&cloud.platform), 3, "never less than the platform's own");
    assert!(cloud.platform.log.oldest() > oldest);
}
