//! ListActionHistory: what was called, and what the device answered.

use lianwu_model::UnixMillis;
use lianwu_ports::record::RecordKind::{ActionCall, ActionReply};
use serde_json::{Value, json};

use super::support::{Cloud, NOW};

fn window(product: &str) -> Value {
    json!({"ProductId": product, "DeviceName": "lamp1", "MinTime": NOW.0, "MaxTime": NOW.0 + 100_000_000})
}

/// Pages of two, as `action state code status input output`.
async fn listed(cloud: &Cloud, mut request: Value) -> Vec<String> {
    let mut lines = Vec::new();
    request["Limit"] = json!(2);
    loop {
        let page = cloud.ok("ListActionHistory", request.clone()).await;
        for row in page["Calls"].as_array().unwrap() {
            let word = |name: &str| row[name].as_str().unwrap().to_owned();
            let (action, state, status) = (word("ActionId"), word("State"), word("Status"));
            lines.push(format!("{action} {state} {} {status} {} {}", row["Code"], word("Input"), word("Output")));
        }
        if page["Listover"] == true {
            assert_eq!(page["Context"], "");
            return lines;
        }
        request["Context"] = page["Context"].clone();
    }
}

fn call(action: &str, token: &str) -> String {
    format!(
        r#"{{"method":"action","clientToken":"{token}","actionId":"{action}","timestamp":1,"params":{{"times":2}}}}"#
    )
}

fn reply(token: &str, code: i64) -> String {
    format!(
        r#"{{"method":"action_reply","clientToken":"{token}","code":{code},"status":"so \"it\" is","response":{{"done":1}}}}"#
    )
}

/// Has each call its own answer, also one that came after later calls and on another page?
#[tokio::test]
async fn calls_are_listed_with_their_answers() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let mut second = 0;
    let mut says = |kind, payload: String| {
        second += 1;
        cloud.clock.set(UnixMillis(NOW.0 + second * 1000));
        cloud.device_says(&product, "lamp1", kind, NOW, &payload);
    };
    says(ActionCall, call("blink", "a"));
    says(ActionCall, call("blink", "b"));
    says(ActionCall, call("flash", "c"));
    says(ActionReply, reply("c", 0));
    says(ActionCall, call("blink", "d"));
    says(ActionReply, reply("a", 7));
    says(ActionReply, reply("x", 0));
    let all = listed(&cloud, window(&product)).await;
    let input = r#"{"times":2}"#;
    assert_eq!(
        all,
        [
            format!("blink unanswered 0  {input} "),
            format!(r#"flash done 0 so "it" is {input} {{"done":1}}"#),
            format!("blink unanswered 0  {input} "),
            format!(r#"blink failed 7 so "it" is {input} {{"done":1}}"#),
        ]
    );
    let mut blinks = window(&product);
    blinks["ActionId"] = json!("blink");
    assert_eq!(listed(&cloud, blinks).await, [all[0].clone(), all[2].clone(), all[3].clone()]);
    let mut early = window(&product);
    early["MaxTime"] = json!(NOW.0 + 2000);
    assert_eq!(listed(&cloud, early).await, all[2..]);
    let shown = cloud.ok("ListActionHistory", window(&product)).await["Calls"][1].clone();
    assert_eq!((&shown["Time"], &shown["ReplyTime"]), (&json!(NOW.0 + 3000), &json!(NOW.0 + 4000)));
    assert_eq!((&shown["ClientToken"], &shown["RequestId"]), (&json!("c"), &json!("")));
}

/// Does a call have its answer however many came after it, be it at once or an hour later?
#[tokio::test]
async fn old_calls_have_their_answers() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let says = |second: u64, kind, payload: String| {
        cloud.clock.set(UnixMillis(NOW.0 + second * 1000));
        cloud.device_says(&product, "lamp1", kind, NOW, &payload);
    };
    says(1, ActionCall, call("blink", "a"));
    says(2, ActionReply, reply("a", 0));
    says(3, ActionCall, call("flash", "b"));
    for at in 0..1_500 {
        says(100 + at, ActionReply, reply(&format!("later-{at}"), 0));
    }
    let mut early = window(&product);
    early["MaxTime"] = json!(NOW.0 + 5000);
    let shown = async || {
        let page = cloud.ok("ListActionHistory", early.clone()).await;
        page["Calls"].as_array().unwrap().iter().map(|row| row["State"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(shown().await, ["unanswered", "done"]);
    says(3600, ActionReply, reply("b", 1));
    for at in 0..1_500 {
        says(3700 + at, ActionReply, reply(&format!("last-{at}"), 0));
    }
    assert_eq!(shown().await, ["failed", "done"]);
}

/// Are wrong parameters refused by name, and a context only good for its own query?
#[tokio::test]
async fn wrong_questions_are_refused() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    for token in ["a", "b"] {
        cloud.device_says(&product, "lamp1", ActionCall, NOW, &call("blink", token));
    }
    let mut first = window(&product);
    first["Limit"] = json!(1);
    let context = cloud.ok("ListActionHistory", first.clone()).await["Context"].clone();
    for (field, value, expected) in [
        ("MinTime", json!(NOW.0 + 200_000_000), "InvalidParameterValue.StartTimeLaterEndTime"),
        ("Limit", json!(1001), "InvalidParameterValue"),
        ("Context", json!("made up"), "InvalidParameterValue"),
        ("DeviceName", json!("nobody"), "ResourceNotFound.DeviceNotExist"),
    ] {
        let mut request = window(&product);
        request[field] = value;
        assert_eq!(cloud.refused("ListActionHistory", request).await, expected, "{field}");
    }
    let mut other = first;
    other["Context"] = context;
    other["ActionId"] = json!("blink");
    assert_eq!(cloud.refused("ListActionHistory", other).await, "InvalidParameterValue");
}
