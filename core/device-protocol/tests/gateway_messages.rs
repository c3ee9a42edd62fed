//! What gateways say about their sub-devices, and what they are told. Source: spec/device-protocol.md 7.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends at the first thing that is not as expected")]

use lianwu_device_protocol::credentials::Method;
use lianwu_device_protocol::gateway::{
    Authority, DEVICES_MAX, DOWN_BYTES_MAX, GatewayResult as R, Named, Request, Verb, change, parse, results, sign,
    sub_devices,
};
use lianwu_model::{ProductId, UnixMillis};
use proptest::prelude::*;

const TIME: u64 = 1_795_373_398;

/// The text is the key, not what it decodes to.
const SECRET: &str = "AAECAwQFBgcICQoLDA0ODw==";

fn about(payload: &str) -> (Verb, Vec<Named<'_>>) {
    match parse(payload.as_bytes()) {
        Ok(Request::About { verb, devices, too_many: false }) => (verb, devices),
        other => panic!("{payload}: {other:?}"),
    }
}

fn text(messages: Vec<Vec<u8>>) -> Vec<String> {
    messages.into_iter().map(|message| String::from_utf8(message).unwrap()).collect()
}

#[test]
fn each_verb_is_answered_under_its_name() {
    for (name, verb) in
        [("online", Verb::Online), ("offline", Verb::Offline), ("bind", Verb::Bind), ("unbind", Verb::Unbind)]
    {
        let payload = format!(
            r#"{{"type":"{name}","payload":{{"devices":[{{"product_id":"SUBPROD001","device_name":"s1"}}]}}}}"#
        );
        let (found, devices) = about(&payload);
        assert_eq!(found, verb);
        let (product, device) = devices[0].key().unwrap();
        assert_eq!((product.as_str(), device.as_str()), ("SUBPROD001", "s1"));
        let expected = format!(
            r#"{{"type":"{name}","payload":{{"devices":[{{"product_id":"SUBPROD001","device_name":"s1","result":-1}}]}}}}"#
        );
        assert_eq!(text(results(verb, &[(devices[0], R::NotBound)])), [expected]);
    }
}

/// The vectors of spec/device-protocol.md 7.2; the first was seen on the vendor's platform.
#[test]
fn signatures() {
    let now = UnixMillis::from_seconds(TIME);
    for (method, name, signature) in [
        (Method::HmacSha1, "hmacsha1", "4l9h6heikDqNyiYSRLVlpn8BFjQ="),
        (Method::HmacSha256, "hmacsha256", "HW9N2E9yNwOZpPC7HmMJRgHyQkxjZWU9EngThAanjK0="),
    ] {
        assert_eq!(sign("SUBPROD001s1", SECRET, method, 777_652_586, TIME.cast_signed()), signature);
        let bind = bind(signature, "777652586", &TIME.to_string(), name, "psk");
        let (_, devices) = about(&bind);
        let found = devices[0].signature().unwrap();
        assert_eq!(found.verify("SUBPROD001s1", &["another", SECRET], now), Ok(()));
        assert_eq!(found.verify("SUBPROD001s2", &[SECRET], now), Err(R::Signature));
        assert_eq!(found.verify("SUBPROD001s1", &["another"], now), Err(R::Signature));
        assert_eq!(found.verify("SUBPROD001s1", &[], now), Err(R::Signature));
        for (seconds, expected) in [(600, Ok(())), (601, Err(R::Expired))] {
            for at in [TIME + seconds, TIME - seconds] {
                assert_eq!(found.verify("SUBPROD001s1", &[SECRET], UnixMillis::from_seconds(at)), expected, "{at}");
            }
        }
    }
}

fn bind(signature: &str, random: &str, timestamp: &str, method: &str, authority: &str) -> String {
    format!(
        r#"{{"type":"bind","payload":{{"devices":[{{"product_id":"SUBPROD001","device_name":"s1","signature":"{signature}","random":{random},"timestamp":{timestamp},"signmethod":"{method}","authtype":"{authority}"}}]}}}}"#
    )
}

#[test]
fn malformed_proofs_say_what_is_wrong() {
    let good = "4l9h6heikDqNyiYSRLVlpn8BFjQ=";
    for (payload, expected) in [
        (bind(good, "1", "1", "md5", "psk"), R::SignatureMethod),
        (bind(good, "1", "1", "hmacsha256", "psk"), R::Signature),
        (bind("???", "1", "1", "hmacsha1", "psk"), R::Signature),
        (bind(good, "\"1\"", "1", "hmacsha1", "psk"), R::BadParameter),
        (bind(good, "1", "null", "hmacsha1", "psk"), R::BadParameter),
        (bind(good, "1", "1", "hmacsha1", "token"), R::BadParameter),
        (
            r#"{"type":"bind","payload":{"devices":[{"product_id":"SUBPROD001","device_name":"s1"}]}}"#.into(),
            R::BadParameter,
        ),
    ] {
        let (_, devices) = about(&payload);
        assert_eq!(devices[0].signature(), Err(expected), "{payload}");
    }
    let by_certificate = bind(good, "777652586", &TIME.to_string(), "hmacsha1", "certificate");
    let (_, devices) = about(&by_certificate);
    assert_eq!(devices[0].signature().unwrap().authority, Authority::Certificate);
}

#[test]
fn devices_without_a_name_get_a_result_too() {
    let payload = format!(
        r#"{{"type":"online","payload":{{"devices":[{{}},7,{{"product_id":"SUBPROD001"}},{{"product_id":"short","device_name":"s1"}},{{"product_id":"SUBPROD001","device_name":"{}"}}]}}}}"#,
        "x".repeat(300)
    );
    let (verb, devices) = about(&payload);
    let judged: Vec<_> = devices.iter().map(|device| (*device, device.key().unwrap_err())).collect();
    let codes: Vec<i32> = judged.iter().map(|(_, result)| result.code()).collect();
    assert_eq!(codes, [801, 801, 801, 802, 801]);
    let answer = &text(results(verb, &judged))[0];
    assert!(answer.contains(r#"{"product_id":"","device_name":"","result":801}"#), "{answer}");
    assert!(answer.contains(r#"{"product_id":"short","device_name":"s1","result":802}"#), "{answer}");
}

#[test]
fn other_messages() {
    assert_eq!(parse(br#"{"type":"describe_sub_devices"}"#), Ok(Request::Describe));
    for answer in [
        r#"{"type":"change","result":0}"#,
        r#"{"type":"change","payload":{"devices":[]}}"#,
        r#"{"type":"search_devices","payload":{"status":0,"result":0}}"#,
        r#"{"type":"unbind_all","payload":{"result":0}}"#,
    ] {
        assert_eq!(parse(answer.as_bytes()), Ok(Request::Answer));
    }
    for (payload, code, why) in [
        ("{}", 403, "type missing"),
        (r#"{"type":"dance"}"#, 403, "type dance not supported"),
        (r#"{"type":"bind"}"#, 403, "payload.devices missing or not an array"),
        (r#"{"type":"bind","payload":{"devices":7}}"#, 403, "payload.devices missing or not an array"),
        ("no JSON", 400, "json format illegal"),
    ] {
        let error = parse(payload.as_bytes()).unwrap_err();
        assert_eq!(error.code(), code, "{payload}");
        assert!(error.to_string().starts_with(why), "{error}");
    }
    let product: ProductId = "SUBPROD001".parse().unwrap();
    let devices = || [(product, "s1"), (product, "s2")].into_iter();
    assert_eq!(
        text(sub_devices(devices())),
        [
            r#"{"type":"describe_sub_devices","payload":{"devices":[{"product_id":"SUBPROD001","device_name":"s1"},{"product_id":"SUBPROD001","device_name":"s2"}]}}"#
        ]
    );
    assert_eq!(text(sub_devices(devices().take(0))), [r#"{"type":"describe_sub_devices","payload":{"devices":[]}}"#]);
    assert_eq!(
        text(change(false, devices().take(1))),
        [
            r#"{"type":"change","payload":{"status":0,"devices":[{"product_id":"SUBPROD001","device_name":"s1","result":0}]}}"#
        ]
    );
}

#[test]
fn codes_are_the_vendors() {
    let codes = R::ALL.map(R::code);
    assert_eq!(codes, [0, -1, -2, 801, 802, 803, 804, 805, 806, 807, 808, 809, 810]);
}

#[test]
fn more_devices_than_a_gateway_has_are_cut() {
    let devices = vec!["{}"; DEVICES_MAX + 1].join(",");
    let payload = format!(r#"{{"type":"online","payload":{{"devices":[{devices}]}}}}"#);
    let Ok(Request::About { devices, too_many: true, .. }) = parse(payload.as_bytes()) else { panic!("{payload}") };
    assert_eq!(devices.len(), DEVICES_MAX);
}

proptest! {
    /// Whatever a gateway names, each device has its result, and each message is JSON and short enough for C devices.
    #[test]
    fn results_are_short_json(names in prop::collection::vec(("\\PC{0,20}", "\\PC{0,60}"), 0..60)) {
        let devices: Vec<_> = names
            .iter()
            .map(|(product, name)| serde_json::json!({"product_id": product, "device_name": name}))
            .collect();
        let payload = serde_json::json!({"type": "online", "payload": {"devices": devices}}).to_string();
        let (verb, devices) = about(&payload);
        let judged: Vec<_> = devices.iter().map(|device| (*device, R::NotBound)).collect();
        let mut answered = 0;
        for message in text(results(verb, &judged)) {
            prop_assert!(message.len() <= DOWN_BYTES_MAX, "{}", message);
            let found: serde_json::Value = serde_json::from_str(&message).unwrap();
            answered += found["payload"]["devices"].as_array().unwrap().len();
        }
        prop_assert_eq!(answered, names.len());
    }

    /// Nothing a device can send makes the parser fail in another way.
    #[test]
    fn any_bytes_are_taken(payload in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(Request::About { devices, .. }) = parse(&payload) {
            for device in devices {
                let _ = (device.key(), device.signature());
            }
        }
    }
}
