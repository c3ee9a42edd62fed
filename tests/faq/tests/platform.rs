//! What applies to a whole platform: limits, retention, hosts and ports, regions and keys of the API.

use std::net::SocketAddr;

use lianwu_testkit::{CloudClient, Fixture, MqttClient, Server, ServerOptions, TBOX_MODEL, fail, now_ms};
use serde_json::{Value, json};

const OWN: &str = "2026-11-01";

fn row(list: &Value, field: &str, wanted: &str) -> Value {
    let rows = list.as_array().cloned().unwrap_or_default();
    rows.into_iter().find(|row| row[field] == wanted).unwrap_or_else(|| fail(format!("no {wanted} in {list}")))
}

/// faq-04: which limits apply? One operation lists them all with their present use, and they are configuration.
#[test]
fn faq_04_every_limit_with_its_present_use() {
    let server = Server::start(ServerOptions::default().set("LIANWU__LIMITS__PROJECTS", "7"));
    let fixture = Fixture::new(&server, TBOX_MODEL);
    let device = fixture.device("dev001");
    let _client = MqttClient::device(server.mqtt_address(), &device);
    let limits = fixture.cloud.call_own("DescribeLimits", &json!({}))["Limits"].clone();
    let of = |name: &str| row(&limits, "Name", name);
    let projects = of("Projects");
    assert_eq!(
        (&projects["Value"], &projects["Used"], &projects["Setting"]),
        (&json!(7), &json!(1), &json!("limits.projects"))
    );
    assert_eq!((&of("Connections")["Used"], &of("Connections")["Counted"]), (&json!(1), &json!(true)));
    assert_eq!((&of("InstanceRate")["Unlimited"], &of("InstanceRate")["Counted"]), (&json!(true), &json!(true)));
    assert_eq!(of("DevelopedProductDevices")["Used"], 1);
    assert_eq!(of("PacketBytes")["Value"], 65_536);
    assert_eq!(of("ModelActions")["Value"], 100);
    // What is shown is what is enforced.
    for number in 2..=7 {
        fixture.cloud.call("CreateProject", &json!({"ProjectName": format!("p{number}"), "ProjectDesc": ""}));
    }
    let refused = fixture.cloud.call_refused("CreateProject", &json!({"ProjectName": "p8", "ProjectDesc": ""}));
    assert_eq!(refused.code, "LimitExceeded.ProjectExceedLimit");
    let settings = fixture.cloud.call_own("DescribeConfiguration", &json!({}))["Settings"].clone();
    let projects = row(&settings, "Key", "limits.projects");
    assert_eq!((&projects["Value"], &projects["Source"]), (&json!("7"), &json!("environment")));
    assert_eq!(row(&settings, "Key", "log.segment_bytes")["Source"], "default");
    assert!(!settings.to_string().contains("key_file"), "places of secrets are not shown");
}

/// faq-10: how long are data and logs kept? Three days by default: an older sample is refused, and the limit says so.
#[test]
fn faq_10_three_days_by_default() {
    let server = Server::start(ServerOptions::default());
    let (fixture, reply) = report_of_days_ago(&server, 4);
    let reply: Value = serde_json::from_str(&reply).expect("JSON");
    assert_eq!(reply["code"], 405, "{reply}");
    let limits = fixture.cloud.call_own("DescribeLimits", &json!({}))["Limits"].clone();
    assert_eq!(row(&limits, "Name", "Retention")["Value"], 3);
}

/// faq-10: one product's data may be kept for another time, longer or shorter, up to a limit the operator sets.
#[test]
fn faq_10_every_product_its_own_days() {
    let server = Server::start(ServerOptions::default());
    let (fixture, refused) = report_of_days_ago(&server, 5);
    assert!(refused.contains(r#""code":405"#), "{refused}");
    let set = |days: u64| json!({"ProductId": fixture.product, "RetentionDays": days});
    assert_eq!(fixture.cloud.call_own("SetProductStorage", &set(6))["RetentionDays"], 6);
    let mut client = MqttClient::subscribed(server.mqtt_address(), &fixture.device("dev002"));
    let topic = format!("$thing/up/property/{}/dev002", fixture.product);
    let accepted = client.ask(&topic, &report_at(now_ms() - 5 * 86_400_000));
    assert!(accepted.contains(r#""code":0"#), "{accepted}");
    let history = || {
        let request = json!({
            "ProductId": fixture.product, "DeviceName": "dev002", "FieldName": "lac",
            "MinTime": 0, "MaxTime": now_ms(), "Limit": 10,
        });
        fixture.cloud.call("DescribeDeviceDataHistory", &request)["Results"].as_array().map(Vec::len)
    };
    assert_eq!(history(), Some(1));
    fixture.cloud.call_own("SetProductStorage", &set(1));
    assert_eq!(history(), Some(0), "in force at once");
    let refused = fixture.cloud.try_call_of(OWN, "SetProductStorage", &set(8)).expect_err("more than 7 days");
    assert!(refused.message.contains("retention.product_days_max"), "{}", refused.message);
}

/// faq-11: data kept for a month, on the platform itself.
#[test]
fn faq_11_data_is_kept_as_long_as_configured() {
    let server = Server::start(ServerOptions::default().set("LIANWU__RETENTION__DAYS", "30"));
    let (fixture, reply) = report_of_days_ago(&server, 20);
    assert!(reply.contains(r#""code":0"#), "{reply}");
    let request = json!({
        "ProductId": fixture.product, "DeviceName": "dev001", "FieldName": "lac",
        "MinTime": now_ms() - 21 * 86_400_000, "MaxTime": now_ms(), "Limit": 10,
    });
    let history = fixture.cloud.call("DescribeDeviceDataHistory", &request);
    assert_eq!(history["Results"].as_array().map(Vec::len), Some(1), "{history}");
    let settings = fixture.cloud.call_own("DescribeConfiguration", &json!({}))["Settings"].clone();
    assert_eq!(row(&settings, "Key", "retention.days")["Value"], "30");
}

/// A device reports a sample that is so many days old.
fn report_of_days_ago(server: &Server, days: u64) -> (Fixture, String) {
    let fixture = Fixture::new(server, TBOX_MODEL);
    let device = fixture.device("dev001");
    let mut client = MqttClient::subscribed(server.mqtt_address(), &device);
    let reply = client.ask(&device.thing("up/property"), &report_at(now_ms() - days * 86_400_000));
    (fixture, reply)
}

fn report_at(time: u64) -> String {
    format!(r#"{{"method":"report","clientToken":"1","timestamp":{time},"params":{{"lac":5}}}}"#)
}

/// faq-17: an operator's SIM card needs an allow-list: which hosts and ports do a product's devices need?
#[test]
fn faq_17_hosts_and_ports_of_a_product() {
    let server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, TBOX_MODEL);
    let points = fixture.cloud.call_own("DescribeAccessPoints", &json!({"ProductId": fixture.product}));
    let point = |protocol: &str, address: SocketAddr| {
        let host = address.ip().to_string();
        json!({"Protocol": protocol, "Host": host, "Port": address.port(), "Encrypted": false})
    };
    let expected = json!([point("mqtt", server.mqtt_address()), point("device_http", server.device_http_address())]);
    assert_eq!(points["AccessPoints"], expected, "what is listening, and nothing else");

    let named = Server::start(ServerOptions::default().set("LIANWU__PUBLIC__DEVICE_HOST", "iot.example.com"));
    let fixture = Fixture::new(&named, TBOX_MODEL);
    let points = fixture.cloud.call_own("DescribeAccessPoints", &json!({"ProductId": fixture.product}));
    assert_eq!(points["AccessPoints"][0]["Host"], "iot.example.com");
}

/// faq-85, the server's part: the vendor's region is accepted, a key that is wrong or unknown is told apart.
#[test]
fn faq_85_region_and_keys() {
    let server = Server::start(ServerOptions::default());
    assert_eq!(server.first_run("region"), "ap-guangzhou");
    let (id, key) = (server.first_run("secret_id"), server.first_run("secret_key"));
    let list = |cloud: &CloudClient| cloud.try_call("GetProjectList", &json!({}));
    assert!(list(&CloudClient::new(server.http_address(), &id, &key)).is_ok(), "signed for ap-guangzhou");
    let refused = list(&CloudClient::new(server.http_address(), &id, "wrong")).expect_err("a wrong key");
    assert_eq!(refused.code, "AuthFailure.SignatureFailure");
    let refused = list(&CloudClient::new(server.http_address(), "AKIDunknown00000000000000000000000000", &key))
        .expect_err("an unknown key");
    assert_eq!(refused.code, "AuthFailure.SecretIdNotFound");
}

/// faq-85: SecretId and SecretKey are managed by operations: two at a time, switched off, deleted, the last use known.
#[test]
fn faq_85_keys_are_managed() {
    let server = Server::start(ServerOptions::default());
    let first = server.cloud();
    let made = first.call_own("CreateSecretKey", &json!({}));
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    let second = CloudClient::new(server.http_address(), &text("SecretId"), &text("SecretKey"));
    let third = first.try_call_of(OWN, "CreateSecretKey", &json!({})).expect_err("two keys are the most");
    assert!(third.code.starts_with("LimitExceeded"), "{third:?}");
    second.call("GetProjectList", &json!({}));
    let keys = first.call_own("ListSecretKeys", &json!({}))["SecretKeys"].clone();
    let used = row(&keys, "SecretId", &text("SecretId"));
    assert!(used["LastUsedTime"].as_u64().is_some_and(|time| time > 0), "{used}");
    assert!(!keys.to_string().contains(&text("SecretKey")), "a key is shown once, when it is made");
    let refused = |cloud: &CloudClient| cloud.call_refused("GetProjectList", &json!({})).code;
    first.call_own("UpdateSecretKey", &json!({"SecretId": text("SecretId"), "Active": false}));
    assert_eq!(refused(&second), "AuthFailure.SecretIdNotFound");
    first.call_own("UpdateSecretKey", &json!({"SecretId": text("SecretId"), "Active": true}));
    second.call("GetProjectList", &json!({}));
    first.call_own("DeleteSecretKey", &json!({"SecretId": text("SecretId")}));
    assert_eq!(refused(&second), "AuthFailure.SecretIdNotFound");
}
