//! Sign-ins that concern no product: does the platform's administrator find who it was, where, how often and why?

use std::net::TcpStream;
use std::process::Command;

use lianwu_faq::raw::{coap, shakes_hands_by_key, tcp};
use lianwu_testkit::{
    Credentials, DEADLINE, Device, Method, MqttClient, Server, ServerOptions, platform_binary, run_text, wait_for,
};
use openssl::ssl::{SslConnector, SslMethod};
use serde_json::{Value, json};

const PRODUCT: &str = "NOSUCH0001";

fn server() -> Server {
    Server::start(ServerOptions::default().with_tls().with_https().with_coap())
}

/// A device as another deployment made it.
fn stranger() -> Device {
    Device { product: PRODUCT.to_owned(), name: "dev001".to_owned(), secret: "AAAAAAAAAAAAAAAAAAAAAA==".to_owned() }
}

/// Waits for the row of a listener with this cause.
#[track_caller]
fn row(server: &Server, listener: &str, id: &str) -> Value {
    let cloud = server.cloud();
    wait_for(&format!("{listener} {id}"), DEADLINE, || {
        let answer = cloud.call_own("ListRefusedStrangers", &json!({"Limit": 100}));
        let rows = answer["Strangers"].as_array()?.clone();
        rows.into_iter().find(|row| row["Listener"] == listener && row["Id"] == id)
    })
}

fn refused(mut client: MqttClient, credentials: &Credentials) {
    client.send_connect(credentials);
    client.next_packet();
    client.expect_close();
}

/// faq-59: a device of another deployment, over MQTT: who, from where, how often; and where it signs in is nobody's log.
#[test]
fn faq_59_an_unknown_product_over_mqtt() {
    let server = server();
    let credentials = stranger().credentials(Method::HmacSha256);
    for _ in 0..3 {
        refused(server.mqtt(), &credentials);
    }
    let found = wait_for("three", DEADLINE, || {
        let found = row(&server, "mqtt", "unknown-product");
        (found["Count"] == 3).then_some(found)
    });
    let shown = json!([found["ProductId"], found["DeviceName"], found["SourceAddress"], found["Detail"]]);
    assert_eq!(shown, json!([PRODUCT, "dev001", "127.0.0.1", ""]));
    assert!(found["Time"].as_str().is_some_and(|time| time.ends_with("(UTC+8)")), "{found}");
    assert!(found["FirstTime"].as_u64() <= found["LastTime"].as_u64());
    let cause = found["Cause"].as_str().unwrap_or_default();
    assert!(cause.contains("has this ProductId") && !found["Cure"].as_str().unwrap_or_default().is_empty(), "{found}");
    let none = server.cloud().call_own("ListRefusedStrangers", &json!({"ProductId": "OTHER00001"}));
    assert_eq!(none, json!({"TotalCount": 0, "Strangers": [], "RequestId": none["RequestId"]}));
}

/// faq-41, faq-59: a client id of no form, a wrong SecretId: named, without a letter of what was written.
#[test]
fn faq_41_what_is_no_name_is_not_kept() {
    let server = server();
    let odd = Credentials {
        client_id: "someone@example.com".to_owned(),
        user_name: "someone@example.com".to_owned(),
        password: "p4ssw0rd".to_owned(),
    };
    refused(server.mqtt(), &odd);
    row(&server, "mqtt", "client-id-form");
    let backend = Credentials::backend("AKIDnobodyhasthiskeyatall0123456789ab", "c2VjcmV0", "orders");
    refused(server.mqtt(), &backend);
    row(&server, "mqtt", "unknown-secret-id");
    let all = server.cloud().call_own("ListRefusedStrangers", &json!({})).to_string();
    for hidden in ["someone", "p4ssw0rd", "AKID", "c2VjcmV0", "orders"] {
        assert!(!all.contains(hidden), "{hidden} in {all}");
    }
}

/// faq-40: the wrong port is told from a wrong name.
#[test]
fn faq_40_other_protocols_than_the_ports() {
    let server = server();
    let hello = [&[22, 3, 1, 0, 60, 1, 0, 0, 56][..], &[0; 56]].concat();
    tcp(server.mqtt_address(), &hello);
    row(&server, "mqtt", "tls-on-plain-port");
    tcp(server.mqtt_address(), b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n");
    row(&server, "mqtt", "http-on-mqtt-port");
    tcp(server.mqtt_address(), b"SSH-2.0-OpenSSH_9.2\r\n");
    row(&server, "mqtt", "not-mqtt");
    tcp(server.mqtts_address(), &MqttClient::connect_bytes(&stranger().credentials(Method::HmacSha1)));
    row(&server, "mqtts", "not-tls");
    tcp(server.device_https_address(), b"POST /device/publish HTTP/1.1\r\n\r\n");
    row(&server, "device_https", "not-tls");
}

/// faq-40, faq-59: handshakes of TLS that concern no device, on both ports; also in the metrics.
#[test]
fn faq_40_handshakes_of_nobody() {
    let server = server();
    assert!(!shakes_hands_by_key(server.mqtts_address(), "NOSUCH0001dev001", &[7; 16]), "nobody knows it");
    let found = row(&server, "mqtts", "unknown-product");
    assert_eq!(json!([found["ProductId"], found["DeviceName"]]), json!([PRODUCT, "dev001"]));
    assert!(!shakes_hands_by_key(server.mqtts_address(), "dev001", &[7; 16]), "no identity");
    row(&server, "mqtts", "psk-identity-form");
    let failed = |server: &Server| {
        let page = server.metrics();
        let line = page.lines().find(|line| line.starts_with("lianwu_tls_handshakes_failed_total "));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).expect("the metric")
    };
    let before = failed(&server);
    // A client that trusts nobody breaks off when it has seen the certificate.
    for (address, listener) in [(server.mqtts_address(), "mqtts"), (server.device_https_address(), "device_https")] {
        let connector = SslConnector::builder(SslMethod::tls_client()).expect("OpenSSL").build();
        let socket = TcpStream::connect(address).expect("a connection");
        assert!(connector.connect("localhost", socket).is_err(), "self-made");
        let found = row(&server, listener, "handshake-failed");
        assert!(found["Detail"].as_str().is_some_and(|why| why.contains("unknown ca")), "{found}");
    }
    wait_for("the metric", DEADLINE, || (failed(&server) == before + 2).then_some(()));
}

/// faq-59: an unknown product over HTTP and CoAP.
#[test]
fn faq_59_an_unknown_product_over_http_and_coap() {
    let server = server();
    let body = r#"{"ProductId":"NOSUCH0001","DeviceName":"dev001","TopicName":"a/b/c","Payload":"x"}"#;
    let request = |path: &str, body: &str| {
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    tcp(server.device_http_address(), request("/device/publish", body).as_bytes());
    let found = row(&server, "device_http", "unknown-product");
    assert_eq!(json!([found["ProductId"], found["DeviceName"], found["Count"]]), json!([PRODUCT, "dev001", 1]));
    let body = r#"{"deviceName":"dev001","nonce":1,"productId":"NOSUCH0001","timestamp":1,"signature":"eA=="}"#;
    tcp(server.device_http_address(), request("/register/dev", body).as_bytes());
    wait_for("both", DEADLINE, || (row(&server, "device_http", "unknown-product")["Count"] == 2).then_some(()));

    let path = format!("{PRODUCT}/dev001/txauth9w0BAQsFA");
    assert_eq!(coap(server.coap_address("coap"), &path, "NOSUCH0001dev001;1;a;1;b;hmacsha1"), "4.04");
    let found = row(&server, "coap", "unknown-product");
    assert_eq!(json!([found["ProductId"], found["DeviceName"]]), json!([PRODUCT, "dev001"]));
}

/// faq-59: the command shows it to the administrator, in both languages.
#[test]
fn faq_59_the_command_names_strangers() {
    let server = server();
    let run = |more: &[&str]| {
        let mut command = Command::new(platform_binary());
        command.args(["diagnose", "--strangers", "--first-run"]).arg(server.first_run_path()).args(more);
        let finished = run_text("lianwu diagnose", &mut command, "");
        finished.succeeded();
        finished
    };
    assert_eq!(run(&[]).stdout.trim(), "no strangers within a day");
    refused(server.mqtt(), &stranger().credentials(Method::HmacSha256));
    row(&server, "mqtt", "unknown-product");
    let text = run(&[]).stdout;
    assert!(text.contains("127.0.0.1  mqtt  NOSUCH0001/dev001  unknown-product (1x, from "), "{text}");
    assert!(text.contains("  -> Compare the ProductId"), "{text}");
    assert!(run(&["--language", "zh"]).stdout.contains("平台上没有这个 ProductId 的产品"));
    assert_eq!(run(&["--json"]).json()["Strangers"][0]["Id"], "unknown-product");
}
