//! Data, history, control, actions. Source: spec/cloud-api.md 2.5, 2.6, 3.5 to 3.8.

use lianwu_model::UnixMillis;
use lianwu_ports::bus::{Delivery, DownKind};
use lianwu_ports::record::RecordKind;
use lianwu_services::Limits;
use lianwu_services::message::ActionReply;
use serde_json::{Value, json};

use super::support::{Cloud, NOW, code};

async fn data(cloud: &Cloud, product: &str) -> Value {
    let response = cloud.ok("DescribeDeviceData", json!({"ProductId": product, "DeviceName": "lamp1"})).await;
    serde_json::from_str(response["Data"].as_str().unwrap()).unwrap()
}

fn control(product: &str, data: &str) -> Value {
    json!({"ProductId": product, "DeviceName": "lamp1", "Data": data})
}

async fn simulate(cloud: &Cloud, product: &str, data: &str, time: u64) {
    let mut call = control(product, data);
    call["Method"] = json!("reported");
    call["DataTimestamp"] = json!(time);
    assert_eq!(cloud.ok("ControlDeviceData", call).await["Result"], "{}");
}

#[tokio::test]
async fn the_latest_values_are_shown() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    assert_eq!(data(&cloud, &product).await, json!({}));
    let report = r#"{"method":"report","clientToken":"1","params":{"power":1,"name":"灯\"1\""}}"#;
    cloud.device_says(&product, "lamp1", RecordKind::PropertyReport, NOW, report);
    let expected = json!({
        "power": {"Value": 1, "LastUpdate": NOW.0},
        "name": {"Value": "灯\"1\"", "LastUpdate": NOW.0},
    });
    assert_eq!(data(&cloud, &product).await, expected);
    let report = r#"{"method":"report","params":{"power":false,"name":"a\/b"}}"#;
    cloud.device_says(&product, "lamp1", RecordKind::PropertyReport, NOW, report);
    let shown = data(&cloud, &product).await;
    assert_eq!((&shown["power"]["Value"], &shown["name"]["Value"]), (&json!(0), &json!("a/b")), "as the model has it");
    cloud.device_says(&product, "lamp1", RecordKind::PropertyReport, NOW, r#"{"params":{"power":1,"name":"灯\"1\""}}"#);
    // A property that left the model is not shown.
    let smaller = super::support::MODEL.replace(r#""id":"name""#, r#""id":"label""#);
    cloud.ok("ModifyModelDefinition", json!({"ProductId": product, "ModelSchema": smaller})).await;
    assert_eq!(data(&cloud, &product).await, json!({"power": {"Value": 1, "LastUpdate": NOW.0}}));
}

#[tokio::test]
async fn simulated_reports_are_checked_and_stored() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    simulate(&cloud, &product, r#"{"heat":21.5}"#, 0).await;
    assert_eq!(data(&cloud, &product).await, json!({"heat": {"Value": 21.5, "LastUpdate": NOW.0}}));
    assert!(cloud.devices.sent.lock().unwrap().is_empty());
    let with = |name: &str, value: Value| {
        let mut call = control(&product, r#"{"heat":1}"#);
        call["Method"] = json!("reported");
        call[name] = value;
        call
    };
    let day = 86_400_000;
    let cases = [
        (with("Data", json!(r#"{"heat":900}"#)), "InvalidParameterValue"),
        (with("Data", json!(r#"{"cold":1}"#)), "InvalidParameterValue.ModelPropertyNotExist"),
        (with("Method", json!("guess")), "InvalidParameterValue"),
        (with("DataTimestamp", json!(-1)), "InvalidParameterValue"),
        (with("DataTimestamp", json!(NOW.0 + day + 1)), "InvalidParameterValue"),
        (with("DataTimestamp", json!(NOW.0 - 3 * day - 1)), "InvalidParameterValue"),
    ];
    for (call, expected) in cases {
        assert_eq!(cloud.refused("ControlDeviceData", call.clone()).await, expected, "{call}");
    }
}

#[tokio::test]
async fn control_goes_down_and_says_whether_it_arrived() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let response = cloud.ok("ControlDeviceData", control(&product, r#"{"power":1}"#)).await;
    assert_eq!((&response["Data"], &response["Result"]), (&json!(""), &json!(r#"{"Sent":1,"pushResult":0}"#)));
    {
        let sent = cloud.devices.sent.lock().unwrap();
        let message: Value = serde_json::from_slice(&sent[0].payload).unwrap();
        assert_eq!((&message["method"], &message["params"]), (&json!("control"), &json!({"power": 1})));
        assert_eq!(
            (&sent[0].kind, sent[0].device.to_string()),
            (&DownKind::PropertyControl, format!("{product}/lamp1"))
        );
        assert_eq!(&*sent[0].request_id, response["RequestId"].as_str().unwrap());
    }
    for delivery in [Delivery::Offline, Delivery::NotSubscribed] {
        *cloud.devices.delivery.lock().unwrap() = delivery;
        let response = cloud.ok("ControlDeviceData", control(&product, r#"{"power":0}"#)).await;
        assert_eq!(response["Result"], r#"{"Sent":0,"pushResult":23101}"#);
    }
    let cases = [
        (r#"{"cold":1}"#, "InvalidParameterValue.ModelPropertyNotExist"),
        (r#"{"heat":1}"#, "InvalidParameterValue"),
        (r#"{"level":101}"#, "InvalidParameterValue"),
        ("[1]", "InvalidParameterValue"),
        ("power", "InvalidParameterValue"),
        (r#"{"power":1} 2"#, "InvalidParameterValue"),
    ];
    for (data, expected) in cases {
        assert_eq!(cloud.refused("ControlDeviceData", control(&product, data)).await, expected, "{data}");
    }
    let bare = cloud.product(&cloud.project("bare").await, "bare").await;
    cloud.ok("CreateDevice", json!({"ProductId": bare, "DeviceName": "lamp1"})).await;
    let refused = cloud.refused("ControlDeviceData", control(&bare, r#"{"power":1}"#)).await;
    assert_eq!(refused, "InvalidParameterValue.ModelDefineNil");
}

fn history(product: &str, field: &str) -> Value {
    json!({
        "ProductId": product, "DeviceName": "lamp1", "FieldName": field, "MinTime": NOW.0 - 1000,
        "MaxTime": NOW.0 + 1000,
    })
}

#[tokio::test]
async fn history_is_paged_oldest_first() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    for at in 0..25 {
        simulate(&cloud, &product, &format!(r#"{{"level":{at},"name":"n{at}"}}"#), NOW.0 - 500 + at).await;
    }
    let mut call = history(&product, "level");
    let (mut values, mut pages) = (Vec::new(), 0);
    loop {
        let page = cloud.ok("DescribeDeviceDataHistory", call.clone()).await;
        pages += 1;
        values.extend(page["Results"].as_array().unwrap().iter().map(|row| row["Value"].as_str().unwrap().to_owned()));
        assert_eq!(page["FieldName"], "level");
        if page["Listover"] == true {
            break;
        }
        call["Context"] = page["Context"].clone();
        for (name, value) in [("FieldName", json!("name")), ("MaxTime", json!(NOW.0))] {
            let mut other = call.clone();
            other[name] = value;
            assert_eq!(cloud.refused("DescribeDeviceDataHistory", other).await, "InvalidParameterValue", "{name}");
        }
    }
    assert_eq!(pages, 3);
    assert_eq!(values, (0..25).map(|at| at.to_string()).collect::<Vec<_>>());
    let names = cloud.ok("DescribeDeviceDataHistory", history(&product, "name")).await;
    let first = json!({"Time": (NOW.0 - 500).to_string(), "Value": "n0"});
    assert_eq!(names["Results"][0], first);
}

#[tokio::test]
async fn a_summary_holds_steps_of_numbers() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    for at in 0..25 {
        simulate(&cloud, &product, &format!(r#"{{"level":{},"name":"n"}}"#, at % 10), NOW.0 - 500 + at * 10).await;
    }
    let mut call = history(&product, "level");
    call["Step"] = json!(100);
    let steps = cloud.ok("DescribeDeviceDataSummary", call.clone()).await;
    let step = |at, count, highest, average, last| json!({"Time": NOW.0 - 500 + at, "Count": count, "Lowest": 0.0, "Highest": highest, "Average": average, "Last": last});
    let all = [step(0, 10, 9.0, 4.5, 9.0), step(100, 10, 9.0, 4.5, 9.0), step(200, 5, 4.0, 2.0, 4.0)];
    assert_eq!(steps["Steps"], json!(all));
    assert_eq!((&steps["Listover"], &steps["Context"]), (&json!(true), &json!("")));

    call["FieldName"] = json!("name");
    assert_eq!(cloud.ok("DescribeDeviceDataSummary", call).await["Steps"], json!([]), "a text is no number");
}

#[tokio::test]
async fn wrong_summary_queries_are_refused() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let cases = [
        ("FieldName", json!("cold"), "InvalidParameterValue.ModelPropertyNotExist"),
        ("MinTime", json!(NOW.0 + 2000), "InvalidParameterValue.StartTimeLaterEndTime"),
        ("MinTime", json!(NOW.0 - 4_000_000), "InvalidParameterValue"),
        ("MaxTime", json!(u64::MAX), "InvalidParameterValue"),
        ("Step", json!(0), "InvalidParameterValue"),
        ("Context", json!("AAAA"), "InvalidParameterValue"),
        ("DeviceName", json!("ghost"), "ResourceNotFound.DeviceNotExist"),
    ];
    for (name, value, expected) in cases {
        let mut call = history(&product, "level");
        call["Step"] = json!(1000);
        call[name] = value;
        assert_eq!(cloud.refused("DescribeDeviceDataSummary", call).await, expected, "{name}");
    }
}

#[tokio::test]
async fn wrong_history_queries_are_refused() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let cases = [
        ("FieldName", json!("cold"), "InvalidParameterValue.ModelPropertyNotExist"),
        ("MinTime", json!(NOW.0 + 2000), "InvalidParameterValue.StartTimeLaterEndTime"),
        ("Limit", json!(101), "InvalidParameterValue"),
        ("Context", json!("AAAA"), "InvalidParameterValue"),
        ("DeviceName", json!("ghost"), "ResourceNotFound.DeviceNotExist"),
    ];
    for (name, value, expected) in cases {
        let mut call = history(&product, "level");
        call[name] = value;
        assert_eq!(cloud.refused("DescribeDeviceDataHistory", call).await, expected, "{name}");
    }
}

#[tokio::test]
async fn events_are_paged_newest_first() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    for at in 0..12_u64 {
        let event = format!(
            r#"{{"method":"event_post","clientToken":"{at}","eventId":"hot","type":"alert","timestamp":{},"params":{{"heat":{at}}}}}"#,
            NOW.0 - 100 + at
        );
        cloud.device_says(&product, "lamp1", RecordKind::EventPost, UnixMillis(NOW.0 - 100 + at), &event);
    }
    let mut call = json!({"ProductId": product, "DeviceName": "lamp1"});
    let page = cloud.ok("ListEventHistory", call.clone()).await;
    assert_eq!((&page["Total"], &page["Listover"]), (&json!(12), &json!(false)));
    let newest = json!({
        "TimeStamp": NOW.0 - 89, "ProductId": product, "DeviceName": "lamp1", "EventId": "hot", "Type": "alert",
        "Data": r#"{"heat":11}"#,
    });
    assert_eq!(page["EventHistory"][0], newest);
    call["Context"] = page["Context"].clone();
    let rest = cloud.ok("ListEventHistory", call.clone()).await;
    assert_eq!((rest["EventHistory"].as_array().unwrap().len(), &rest["Listover"]), (2, &json!(true)));
    call["Type"] = json!("info");
    assert_eq!(cloud.refused("ListEventHistory", call).await, "InvalidParameterValue", "context of another query");

    let filter = |name: &str, value: Value| {
        let mut call = json!({"ProductId": product, "DeviceName": "lamp1"});
        call[name] = value;
        call
    };
    let counts = [("Type", json!("info"), 0), ("Type", json!(""), 12), ("EventId", json!("hot"), 12)];
    for (name, value, total) in counts {
        assert_eq!(cloud.ok("ListEventHistory", filter(name, value)).await["Total"], total, "{name}");
    }
    for (name, value) in [("Type", json!("loud")), ("Size", json!(-1)), ("StartTime", json!(NOW.seconds() + 9))] {
        assert_eq!(cloud.refused("ListEventHistory", filter(name, value)).await, "InvalidParameterValue", "{name}");
    }
}

#[tokio::test]
async fn actions_are_called_and_answered() {
    let cloud = Cloud::with_limits(Limits { api_tps: 0, reply_wait_ms: 1, ..Limits::default() }).await;
    let product = cloud.lamp().await;
    let call = |input: &str| {
        json!({
            "ProductId": product, "DeviceName": "lamp1", "ActionId": "blink", "InputParams": input,
        })
    };
    let good = call(r#"{"times":3}"#);
    assert_eq!(cloud.refused("CallDeviceActionSync", good.clone()).await, "FailedOperation.Timeout");
    cloud.devices_answer(ActionReply { code: 0, status: "fine".into(), response: r#"{"done":1}"#.into() });
    let answer = cloud.ok("CallDeviceActionSync", good.clone()).await;
    assert_eq!((&answer["OutputParams"], &answer["Status"]), (&json!(r#"{"done":1}"#), &json!("fine")));
    assert!(!answer["ClientToken"].as_str().unwrap().is_empty());
    let sent = cloud.ok("CallDeviceActionAsync", good.clone()).await;
    assert_eq!(sent["Status"], "suc");

    *cloud.devices.delivery.lock().unwrap() = Delivery::Offline;
    let answer = cloud.ok("CallDeviceActionSync", good.clone()).await;
    assert_eq!((&answer["ClientToken"], &answer["OutputParams"]), (&json!(""), &json!("")));
    for action in ["CallDeviceActionSync", "CallDeviceActionAsync"] {
        let status = cloud.ok(action, good.clone()).await["Status"].as_str().unwrap().to_owned();
        assert!(status.starts_with("FailedOperation.ActionUnreachable|"), "{status}");
        let wrong = [
            (call(r#"{"times":99}"#), "InvalidParameter.ActionInputParamsInvalid"),
            (call("x"), "InvalidParameter.ActionInputParamsInvalid"),
            (call(""), "InvalidParameter.ActionInputParamsInvalid"),
        ];
        for (parameters, expected) in wrong {
            assert_eq!(cloud.refused(action, parameters.clone()).await, expected, "{parameters}");
        }
        let mut unknown = good.clone();
        unknown["ActionId"] = json!("dance");
        let response = cloud.call(&cloud.owner, action, unknown).await;
        assert_eq!(code(&response), "InvalidParameterValue.ActionNilOrNotExist");
    }
}

/// Is the time of a simulated report taken in seconds as well?
#[tokio::test]
async fn a_simulated_report_in_seconds() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    simulate(&cloud, &product, r#"{"level":5}"#, NOW.0 / 1000 - 60).await;
    let time = (NOW.0 / 1000 - 60) * 1000;
    assert_eq!(data(&cloud, &product).await, json!({"level": {"Value": 5, "LastUpdate": time}}));
}
