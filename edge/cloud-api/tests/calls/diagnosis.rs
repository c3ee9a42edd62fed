//! What is wrong with a device, as callers are told.

use lianwu_model::{DeviceNumber, UnixMillis};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use lianwu_services::logs::notes;
use serde_json::{Value, json};

use crate::support::{Cloud, NOW};

const FACTS: &str = "version:4,keepalive:60,cleansession:1,clientip:192.0.2.1";

/// A lamp and what happens to it, a second apart.
struct Lamp {
    cloud: Cloud,
    product: String,
    next: u64,
}

impl Lamp {
    async fn new() -> Self {
        let cloud = Cloud::new().await;
        let product = cloud.lamp().await;
        Self { cloud, product, next: NOW.0 }
    }

    fn happens(&mut self, kind: RecordKind, code: u32, topic: &str, note: &str, payload: &str) {
        let number = self.cloud.platform.directory.find(self.product.parse().unwrap(), "lamp1").unwrap().number;
        self.record(number, "lamp1", kind, (code, topic, note, payload));
    }

    fn record(&mut self, number: DeviceNumber, name: &str, kind: RecordKind, what: (u32, &str, &str, &str)) {
        let (code, topic, note, payload) = what;
        self.next += 1000;
        self.cloud.clock.set(UnixMillis(self.next));
        let mut batch = RecordBatch::default();
        batch.push(&Record {
            kind,
            qos: 0,
            packet_id: 0,
            code,
            number,
            product: self.product.parse().unwrap(),
            device: name,
            sample_time: UnixMillis(self.next),
            topic,
            note,
            payload: payload.as_bytes(),
        });
        self.cloud.platform.log.submit(batch, Box::new(|result| assert!(result.is_ok()))).unwrap();
    }

    fn connects(&mut self) {
        self.happens(RecordKind::Connected, 0, "", "", FACTS);
    }

    fn is_refused(&mut self, note: &str) {
        self.happens(RecordKind::ConnectRefused, 4, "", note, FACTS);
    }

    fn ends(&mut self, note: &str) {
        self.happens(RecordKind::Disconnected, 0, "", note, "192.0.2.1");
    }

    fn reports(&mut self) {
        self.happens(RecordKind::PropertyReport, 0, "", "", r#"{"method":"report","params":{"power":1}}"#);
    }

    fn reports_badly(&mut self, code: u32, note: &str) {
        self.happens(RecordKind::PropertyOther, code, "", note, "{}");
    }

    async fn problems(&self) -> Vec<Value> {
        self.problems_of("lamp1").await
    }

    async fn problems_of(&self, name: &str) -> Vec<Value> {
        let found =
            self.cloud.ok("DescribeDeviceDiagnosis", json!({"ProductId": self.product, "DeviceName": name})).await;
        assert_eq!(found["CheckedTime"], self.next);
        found["Problems"].as_array().cloned().unwrap()
    }

    async fn ids(&self) -> Vec<String> {
        self.problems().await.iter().map(|problem| problem["Id"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn a_refused_sign_in_is_named_until_one_succeeds() {
    let created = NOW.0 / 1000;
    let old = format!("credential expired at {} UNIX seconds, 100 s before", created - 86_400);
    let passed = format!("credential expired at {} UNIX seconds, 1 s before", created + 1);
    for (note, id) in [
        (notes::HMAC_MISMATCH, "faq-56"),
        ("user name begins or ends with white space or a line end; remove it", "faq-41-space"),
        ("password begins or ends with white space or a line end; remove it", "faq-41-space"),
        ("user name does not begin with the client id and ';'", "faq-41-mismatch"),
        ("user name is missing", "faq-53-user-name"),
        ("password is not 'hex;hmacsha1' or 'hex;hmacsha256': it has no ';'", "faq-53-password"),
        (notes::NEEDS_CERTIFICATE, "faq-55-certificate"),
        ("the product's devices sign in with keys, not with certificates", "faq-55-key"),
        ("the certificate was issued by \"CN=shop\", which is not the authority of the product", "faq-41-certificate"),
        ("the certificate expired at 1600000000 s: RenewDeviceCertificate gives", "faq-54-certificate"),
        ("the signature is not that of the certificate on record: wrong private key", "faq-56-certificate"),
        ("no certificate of the device is on record, so its signature cannot be checked", "faq-55-record"),
        (notes::PSK_MISMATCH, "faq-56-psk"),
        ("the certificate is valid from 4000000000 s on, which is in the future", "faq-42-certificate"),
        ("keep-alive of 901 s, allowed 900", "faq-47-range"),
        ("9 sign-ins within 60 s were refused unchecked: too many had failed before", "faq-45-locked"),
        (&old, "faq-42"),
        (&passed, "faq-54"),
    ] {
        let mut lamp = Lamp::new().await;
        lamp.is_refused(note);
        assert_eq!(lamp.ids().await, [id], "{note}");
        lamp.connects();
        lamp.reports();
        assert_eq!(lamp.ids().await, [""; 0], "{note} was cured");
    }
}

/// Is a refused registration named, until a good one or a sign-in?
#[tokio::test]
async fn a_refused_registration_is_named_until_it_is_over() {
    for (note, id) in [
        ("signature error", "faq-59-signature"),
        ("X-TC-Algorithm is 'md5', use hmacsha256 or hmacsha1", "faq-59-signature"),
        ("dynamic registration is off for the product", "faq-59-off"),
        ("the product has 4 devices, and registration creates no more", "faq-59-quota"),
        ("the device has signed in before, and a device registers only once", "faq-59-activated"),
    ] {
        let mut lamp = Lamp::new().await;
        let refused =
            |lamp: &mut Lamp| lamp.happens(RecordKind::Registration, 2, "", note, "version:1,clientip:192.0.2.1");
        refused(&mut lamp);
        let problem = lamp.problems().await.remove(0);
        assert_eq!(problem["Id"], id, "{note}");
        let line = format!("Device dynamic register,version:1,clientip:192.0.2.1 -> FAIL, {note}");
        assert_eq!(problem["Evidence"][0]["Text"], line);
        lamp.happens(RecordKind::Registration, 0, "", "", "version:1,clientip:192.0.2.1");
        assert_eq!(lamp.ids().await, [""; 0], "{note} was cured by a good one");
        refused(&mut lamp);
        lamp.connects();
        lamp.reports();
        assert_eq!(lamp.ids().await, [""; 0], "{note} was cured by a sign-in");
    }
    let mut lamp = Lamp::new().await;
    let why = "device lamp9 does not exist, and registration does not create devices of this product";
    lamp.record(DeviceNumber::NONE, "lamp9", RecordKind::Registration, (1, "", why, "version:2,clientip:192.0.2.1"));
    let ids: Vec<_> = lamp.problems_of("lamp9").await.iter().map(|problem| problem["Id"].clone()).collect();
    assert!(ids.contains(&json!("faq-59-unknown")), "{ids:?}");
}

/// Is each cause of a refused request over HTTP or CoAP named, until a message is accepted? Nobody signs in there.
#[tokio::test]
async fn a_refused_request_is_named_until_one_is_heard() {
    let passed = format!("coap request refused: credential expired at {} UNIX seconds, 1 s before", NOW.0 / 1000 + 1);
    for (note, id) in [
        ("http request refused: signature error", "faq-56-http"),
        ("http request refused: header X-TC-Nonce is missing or too long", "faq-56-http"),
        ("http request refused: the token has expired", "faq-54-token"),
        ("http request refused: the token is not one of this platform", "faq-41-token"),
        ("coap request refused: the token is not this device's, or the device was given another", "faq-41-token"),
        ("http request refused: the signature is not that of the certificate on record", "faq-56-certificate"),
        ("http request refused: no certificate of the device is on record", "faq-55-record"),
        ("http request refused: the certificate expired at 1600000000 s: Renew", "faq-54-certificate"),
        ("http request refused: the product's devices sign in with keys, not with certificates", "faq-55-key"),
        (
            "http request refused: the product's devices sign in with certificates, not with a password",
            "faq-55-certificate",
        ),
        (
            "coap request refused: the product's devices sign in with certificates, not with a password",
            "faq-55-certificate",
        ),
        ("coap request refused: hmac sign error", "faq-56-coap"),
        ("coap request refused: without DTLS the payload is user name and password as in MQTT", "faq-56-coap"),
        ("coap request refused: the TLS-PSK key does not fit the device's secret", "faq-56-psk"),
        (&passed, "faq-54"),
    ] {
        let mut lamp = Lamp::new().await;
        lamp.connects();
        lamp.reports();
        lamp.is_refused(note);
        assert_eq!(lamp.ids().await, [id], "{note}");
        lamp.reports();
        assert_eq!(lamp.ids().await, [""; 0], "{note} was cured");
    }
}

#[tokio::test]
async fn evidence_has_times_counts_and_the_lines_of_the_log() {
    let mut lamp = Lamp::new().await;
    lamp.is_refused(notes::HMAC_MISMATCH);
    lamp.is_refused(notes::HMAC_MISMATCH);
    let problem = lamp.problems().await.remove(0);
    assert_eq!((&problem["Count"], &problem["Severity"]), (&json!(2), &json!("error")));
    assert_eq!((&problem["Since"], &problem["LastSeen"]), (&json!(NOW.0 + 1000), &json!(NOW.0 + 2000)));
    let text = format!("Device connect,{FACTS} -> FAIL, hmac sign error");
    assert_eq!(problem["Evidence"][0], json!({"Time": NOW.0 + 2000, "Text": text}));
    assert_eq!(problem["Title"], "The signature does not fit the secret (hmac sign error)");
}

#[tokio::test]
async fn a_refused_report_is_named_until_good_ones_come() {
    let range = "check report data err: level value 101 out of range:[0,100]";
    for (code, note, id) in [
        (400, "json format illegal: unexpected end", "faq-23"),
        (403, "check report data err: cold not defined", "faq-22"),
        (405, "timestamp \"2024\" not a UNIX time", "faq-29"),
        (406, r#"check report data err: readNumberAsString: invalid number, ...|"str"|..."#, "faq-24"),
        (406, r#"check report data err: readNumberAsString: invalid number, ...|"0"|..."#, "faq-28"),
        (406, range, "faq-25"),
        (406, "check report data err: mode value 3 enum not defined", "faq-26"),
        (406, "check report data err: level value null not allowed", "faq-22-value"),
    ] {
        let mut lamp = Lamp::new().await;
        lamp.connects();
        lamp.reports_badly(code, note);
        assert_eq!(lamp.ids().await, [id], "{note}");
        lamp.reports();
        assert_eq!(lamp.ids().await, [""; 0], "{note} was cured");
    }
    // Good and bad ones taking turns are no cure.
    let mut lamp = Lamp::new().await;
    for _ in 0..3 {
        lamp.reports_badly(406, range);
        lamp.reports();
    }
    assert_eq!(lamp.problems().await[0]["Count"], 3);
    for _ in 0..9 {
        lamp.reports();
    }
    assert_eq!(lamp.ids().await, [""; 0]);
}

#[tokio::test]
async fn two_holders_of_one_identity_are_told_apart_from_a_bad_network() {
    let mut lamp = Lamp::new().await;
    lamp.reports();
    for _ in 0..2 {
        lamp.connects();
        lamp.ends(&notes::taken_over("198.51.100.7:4000"));
    }
    let problem = lamp.problems().await.remove(0);
    assert_eq!((&problem["Id"], &problem["Count"]), (&json!("faq-44"), &json!(2)));
    assert_eq!(problem["Evidence"][0]["Text"], "clientip 192.0.2.1 <-> 198.51.100.7:4000");
    lamp.next += 601_000;
    lamp.connects();
    assert_eq!(lamp.ids().await, [""; 0], "ten quiet minutes");

    lamp.ends("the device closed the connection without DISCONNECT");
    assert_eq!(lamp.ids().await, [""; 0], "once is nothing");
    for _ in 0..2 {
        lamp.connects();
        lamp.ends("the device closed the connection without DISCONNECT");
    }
    assert_eq!(lamp.ids().await, ["faq-40-network"]);
}

#[tokio::test]
async fn connections_that_end_badly_are_explained() {
    for (note, id) in [
        ("malformed packet: packet of 70000 bytes, allowed 65536", "faq-40-size"),
        ("QoS 2 is not supported", "faq-40-protocol"),
        ("it does not read what it is sent", "faq-46b"),
        ("more than 20 messages a second, see limits.device_up_tps", "faq-66"),
        (&notes::keep_alive_timeout(NOW), "faq-47"),
    ] {
        let mut lamp = Lamp::new().await;
        lamp.connects();
        lamp.reports();
        lamp.ends(note);
        assert_eq!(lamp.ids().await, [id], "{note}");
        lamp.next += 601_000;
        lamp.connects();
    }
}

/// Are timeouts at a steady interval told from single ones, from uneven ones, and from a keep-alive that is short?
#[tokio::test]
async fn steady_timeouts_are_the_networks() {
    let timeout = notes::keep_alive_timeout(NOW);
    for (facts, gaps, ids) in [
        (FACTS, [360, 365, 355], ["faq-47-network"]),
        (FACTS, [60, 900, 300], ["faq-47"]),
        ("version:4,keepalive:5,cleansession:1,clientip:192.0.2.1", [360, 365, 355], ["faq-47-short"]),
    ] {
        let mut lamp = Lamp::new().await;
        lamp.reports();
        for gap in gaps {
            lamp.happens(RecordKind::Connected, 0, "", "", facts);
            lamp.next += gap * 1000;
            lamp.ends(&timeout);
        }
        assert_eq!(lamp.ids().await, ids, "{facts} {gaps:?}");
    }
    let mut lamp = Lamp::new().await;
    lamp.reports();
    for gap in [360, 365, 355] {
        lamp.connects();
        lamp.next += gap * 1000;
        lamp.ends(&timeout);
    }
    let note = lamp.problems().await[0]["Evidence"][0]["Text"].clone();
    assert_eq!(note, "3 timeouts, one every 6 min, keepalive 60 s, signed in again each time");
}

/// Does a certificate that is not valid yet, or no longer, show the moment and the server's clock?
#[tokio::test]
async fn certificates_and_clocks() {
    let now = NOW.0 / 1000;
    for (note, text) in [
        (format!("the certificate is valid from {} s on, which is in the future", now + 7_201), "offset 2 h or more"),
        (format!("the certificate expired at {} s: RenewDeviceCertificate", now - 10), "valid until "),
    ] {
        let mut lamp = Lamp::new().await;
        lamp.is_refused(&note);
        let shown = lamp.problems().await[0]["Evidence"][0]["Text"].clone();
        assert!(shown.as_str().is_some_and(|shown| shown.contains(text)), "{shown}");
    }
}

/// Is the device whose key was used named to the owner?
#[tokio::test]
async fn the_key_of_another_device() {
    let mut lamp = Lamp::new().await;
    lamp.happens(
        RecordKind::ConnectRefused,
        4,
        "",
        notes::HMAC_MISMATCH,
        &format!("{FACTS}{}", notes::key_of("lamp2")),
    );
    let problem = lamp.problems().await.remove(0);
    assert_eq!(problem["Id"], "faq-41-key");
    assert_eq!(problem["Evidence"][0]["Text"], "this is the key of device lamp2");
    assert_eq!(lamp.ids().await.len(), 1, "said once");
}

#[tokio::test]
async fn silence_and_wrong_topics_are_told_apart() {
    let mut lamp = Lamp::new().await;
    assert_eq!(lamp.ids().await, ["faq-40"], "never seen");
    lamp.connects();
    assert_eq!(lamp.ids().await, ["faq-30"], "not a word");
    lamp.happens(RecordKind::OtherUp, 0, "X/lamp1/data", "", "{}");
    assert_eq!(lamp.ids().await, ["faq-21"], "a word elsewhere");
    lamp.happens(RecordKind::PublishRefused, 403, "X/other/data", notes::NO_PERMISSION, "{}");
    let ids = lamp.ids().await;
    assert!(ids.contains(&"faq-58".to_owned()) && ids.contains(&"faq-21".to_owned()), "{ids:?}");
    lamp.reports();
    assert_eq!(lamp.ids().await, [""; 0]);
    lamp.happens(RecordKind::Subscribed, 128, "$thing/down/property/X/other", notes::NO_PERMISSION, "");
    assert_eq!(lamp.ids().await, ["faq-58-subscribe"]);
}

#[tokio::test]
async fn a_control_that_reached_nobody_is_named_until_the_device_subscribes() {
    let mut lamp = Lamp::new().await;
    lamp.connects();
    lamp.reports();
    lamp.happens(RecordKind::PropertyControl, 23_101, "", "request", "{}");
    assert_eq!(lamp.ids().await, ["faq-31"]);
    lamp.happens(RecordKind::Subscribed, 0, "$thing/down/property/X/lamp1", "", "");
    assert_eq!(lamp.ids().await, [""; 0]);
}

#[tokio::test]
async fn disabled_and_unknown_devices_and_products_without_a_model() {
    let mut lamp = Lamp::new().await;
    let state =
        |status| json!({"DevicesItems": [{"ProductId": lamp.product, "DeviceName": "lamp1"}], "Status": status});
    let (off, on) = (state(0), state(1));
    lamp.connects();
    lamp.reports();
    lamp.cloud.ok("UpdateDevicesEnableState", off).await;
    assert_eq!(lamp.ids().await, ["faq-50-disabled"]);
    lamp.cloud.ok("UpdateDevicesEnableState", on).await;
    assert_eq!(lamp.ids().await, [""; 0]);

    let why = "device lamp9 does not exist in product X";
    lamp.record(DeviceNumber::NONE, "lamp9", RecordKind::ConnectRefused, (2, "", why, FACTS));
    let problem = lamp.problems_of("lamp9").await.remove(0);
    assert_eq!((&problem["Id"], &problem["Count"]), (&json!("faq-41-unknown"), &json!(1)));
    assert_eq!(problem["Evidence"][1]["Text"], format!("Device connect,{FACTS} -> FAIL, {why}"));

    let bare = lamp.cloud.product(&lamp.cloud.project("bare").await, "bare").await;
    lamp.cloud.ok("CreateDevice", json!({"ProductId": bare, "DeviceName": "lamp1"})).await;
    lamp.product = bare;
    let ids = lamp.ids().await;
    assert!(ids.contains(&"faq-20".to_owned()), "{ids:?}");
}

#[tokio::test]
async fn texts_follow_the_language_of_the_call() {
    let lamp = Lamp::new().await;
    let body = json!({"ProductId": lamp.product, "DeviceName": "lamp1"}).to_string();
    let mut request = lamp.cloud.post(&lamp.cloud.owner, "DescribeDeviceDiagnosis", body);
    request.headers_mut().insert("x-tc-language", "zh-CN".parse().unwrap());
    let found = lamp.cloud.send(request).await.2;
    assert_eq!(found["Problems"][0]["Title"], "设备从未连接到平台");
    let name = json!({"ProductId": lamp.product, "DeviceName": "lamp 1"});
    assert_eq!(lamp.cloud.refused("DescribeDeviceDiagnosis", name).await, "InvalidParameterValue");
}

/// Can all that a diagnosis may name be read without a device that has it, in the language of the call?
#[tokio::test]
async fn known_problems_are_listed_once_with_cause_and_cure() {
    let cloud = Cloud::new().await;
    let listed = cloud.ok("ListKnownProblems", json!({})).await["KnownProblems"].as_array().unwrap().clone();
    let ids: std::collections::HashSet<_> = listed.iter().map(|known| known["Id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), listed.len());
    let of = |id: &str| listed.iter().find(|known| known["Id"] == id).unwrap();
    assert_eq!((&of("faq-56")["Of"], &of("faq-56")["Severity"]), (&json!("device"), &json!("error")));
    assert!(listed.iter().any(|known| known["Of"] == "backend"));
    let whole = |known: &Value| {
        ["Title", "Cause", "Cure"].iter().all(|part| known[part].as_str().is_some_and(|text| !text.is_empty()))
    };
    assert!(listed.iter().all(whole));

    let mut request = cloud.post(&cloud.owner, "ListKnownProblems", json!({}).to_string());
    request.headers_mut().insert("x-tc-language", "zh-CN".parse().unwrap());
    let chinese = cloud.send(request).await.2["KnownProblems"].clone();
    assert_eq!(chinese.as_array().unwrap().len(), listed.len());
    assert_eq!(chinese[0]["Title"], "设备未注册");
}

/// Is a script that makes nothing of a device's bytes named, with the bytes, until it does?
#[tokio::test]
async fn a_failing_script_is_named_until_a_message_comes_through() {
    let mut lamp = Lamp::new().await;
    lamp.connects();
    lamp.reports();
    let topic = format!("$thing/up/raw/{}/lamp1", lamp.product);
    let note = notes::script_failed("TypeError: x at line 3:5", &[0xab, 1]);
    lamp.happens(RecordKind::OtherUp, 500, &topic, &note, "ab");
    let problems = lamp.problems().await;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0]["Id"], "script");
    assert!(problems[0].to_string().contains("TypeError: x at line 3:5; bytes ab01"), "{problems:?}");
    lamp.happens(RecordKind::OtherUp, 0, &topic, "", "ab");
    assert_eq!(lamp.ids().await, [""; 0]);
}
