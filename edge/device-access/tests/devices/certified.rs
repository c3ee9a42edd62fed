//! Devices that prove themselves without a handshake and without their secret: by a signature of their certificate, by a token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_device_protocol::credentials::Credentials;
use lianwu_device_protocol::signed_request::SignedRequest;
use lianwu_model::UnixMillis;
use lianwu_model::account::Principal;
use lianwu_model::product::Authentication;
use lianwu_ports::record::RecordKind;
use lianwu_services::{certificate, device, device_token};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use serde_json::{Value, json};

use super::harness::{NOW, PRODUCT, up};
use super::http::{Scene, options};

/// A device of a certificate product and its private key.
fn certified(scene: &Scene, name: &str) -> String {
    scene.world.change_product(|product| product.authentication = Authentication::Certificate);
    let platform = &scene.world.platform;
    let owner = platform.catalog.product(PRODUCT.parse().unwrap()).unwrap().product.owner;
    let by = Principal { uin: owner, owner, name: String::new(), policies: Vec::new(), active: true, created: NOW };
    scene.runtime.block_on(async {
        certificate::ensure_platform_authority(platform).await.unwrap();
        device::create_certified(platform, &by, PRODUCT, name, None).await.unwrap().private_key.unwrap().0
    })
}

fn sign(key: &str, text: &[u8]) -> Vec<u8> {
    let key = PKey::private_key_from_pem(key.as_bytes()).unwrap();
    Signer::new(MessageDigest::sha256(), &key).unwrap().sign_oneshot_to_vec(text).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn credentials(name: &str, expiry: u64, password: impl Fn(&[u8]) -> String) -> Credentials {
    let client_id = format!("{PRODUCT}{name}");
    let user_name = format!("{client_id};12010126;abcde;{expiry}");
    let password = password(user_name.as_bytes());
    Credentials { client_id, user_name, password }
}

/// The code of CONNACK.
fn connack(scene: &Scene, credentials: &Credentials) -> u8 {
    let mut wire = scene.world.socket();
    wire.send_connect(credentials);
    let code = wire.connack();
    if code == 0 {
        // What came behind CONNECT while its certificate was fetched is not lost, and the device lives like any other.
        wire.publish(&format!("{PRODUCT}/{}/data", &credentials.client_id[PRODUCT.len()..]), "{}", Some(1));
        assert_eq!(wire.puback(), 1);
        wire.leave();
    }
    code
}

#[test]
fn a_signature_of_the_certificate_is_as_good_as_a_password() {
    let scene = Scene::new(&options());
    let (key, other) = (certified(&scene, "meter-1"), certified(&scene, "meter-2"));
    let soon = NOW.0 / 1000 + 600;
    let by = |key: &str, name: &str, expiry: u64| {
        let signed = credentials(name, expiry, |text| format!("{};rsa-sha256", hex(&sign(key, text))));
        connack(&scene, &signed)
    };
    assert_eq!(by(&key, "meter-1", soon), 0);
    let in_base64 = credentials("meter-1", soon, |text| format!("{};rsa-sha256", STANDARD.encode(sign(&key, text))));
    assert_eq!(connack(&scene, &in_base64), 0);
    assert_eq!(by(&other, "meter-1", soon), 4, "the key of another device");
    assert_eq!(by(&key, "meter-1", NOW.0 / 1000 - 1), 4, "expired");
    assert_eq!(by(&key, "meter-9", soon), 2, "no such device");
    assert_eq!(by(&key, "lamp-1", soon), 2, "not in the registry");
    assert_eq!(connack(&scene, &credentials("meter-1", soon, |_| "00;hmacsha256".to_owned())), 4);
    assert_eq!(connack(&scene, &credentials("meter-1", soon, |_| ";rsa-sha256".to_owned())), 4);
    scene.world.platform.directory.find(PRODUCT.parse().unwrap(), "meter-1").unwrap().set_enabled(false);
    assert_eq!(by(&key, "meter-1", soon), 5);
    scene.world.change_product(|product| product.authentication = Authentication::Key);
    assert_eq!(by(&key, "meter-1", soon), 5);
    let notes: Vec<String> = (scene.world.records_of(PRODUCT, "meter-1").into_iter())
        .filter(|(kind, ..)| *kind == RecordKind::ConnectRefused)
        .map(|(_, _, note)| note)
        .collect();
    for (note, words) in notes.iter().zip([
        "the signature is not that of the certificate on record",
        "credential expired",
        "the part before the last ';' has 2 characters",
        "is no signature in hexadecimal or base64",
        "the device is disabled",
        "sign in with keys, not with certificates",
    ]) {
        assert!(note.contains(words), "{note:?} does not say {words:?}");
    }
    assert_eq!(notes.len(), 6, "{notes:?}");
}

/// Over HTTP as over MQTT. Source: spec/device-protocol.md 3.2.
#[test]
fn a_certificate_signs_messages_over_http() {
    let scene = Scene::new(&options());
    let (key, other) = (certified(&scene, "meter-1"), certified(&scene, "meter-2"));
    let body = json!({"ProductId": PRODUCT, "DeviceName": "meter-1", "TopicName": up("property", "meter-1"),
                      "Payload": r#"{"method":"report","clientToken":"1","params":{"brightness":5}}"#, "Qos": 1});
    let publish = |key: &str, host: &str| -> Value {
        let body = body.to_string();
        let unsigned = SignedRequest {
            host,
            path: "/device/publish",
            algorithm: "RSA-SHA256",
            timestamp: "1609430400",
            nonce: "7",
            signature: "AA==",
            body: body.as_bytes(),
        };
        let text = unsigned.certified().unwrap().texts[0].clone();
        let headers = format!(
            "X-TC-Algorithm: RSA-SHA256\r\nX-TC-Timestamp: 1609430400\r\nX-TC-Nonce: 7\r\nX-TC-Signature: {}\r\n",
            STANDARD.encode(sign(key, text.as_bytes()))
        );
        let (_, answer) = scene.ask("/device/publish", &headers, body.as_bytes());
        serde_json::from_slice::<Value>(&answer).unwrap()["Response"].clone()
    };
    assert_eq!(publish(&key, "ap-guangzhou.gateway.tencentdevices.com").get("Error"), None);
    // The harness asks for the host `x`.
    assert_eq!(publish(&key, "x").get("Error"), None);
    for (key, host) in [(&other, "x"), (&key, "elsewhere")] {
        let answer = publish(key, host);
        assert_eq!(answer["Error"]["Code"], "AuthFailure.SignatureFailure", "{answer}");
    }
}

/// One signed request, then messages with its token until that ends.
#[test]
fn a_token_spares_signatures() {
    let scene = Scene::new(&options());
    let body = json!({"ProductId": PRODUCT, "DeviceName": "lamp-1"});
    let wrong = scene.signed("/device/token", "hmacsha256", "another secret", &body);
    assert_eq!(wrong["Error"]["Code"], "AuthFailure.SignatureFailure");
    let given = scene.signed("/device/token", "hmacsha256", &scene.device_secret("lamp-1"), &body);
    assert_eq!(given["ExpireTime"], NOW.0 / 1000 + 24 * 3600);
    let token = given["Token"].as_str().unwrap();
    let publish = |name: &str, token: &str| {
        let body = json!({"ProductId": PRODUCT, "DeviceName": name, "TopicName": up("property", name),
                          "Payload": r#"{"method":"report","clientToken":"1","params":{"brightness":5}}"#, "Qos": 1});
        let headers = format!("X-TC-Token: {token}\r\n");
        let (_, answer) = scene.ask("/device/publish", &headers, body.to_string().as_bytes());
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        answer["Response"]["Error"]["Code"].as_str().unwrap_or("none").to_owned()
    };
    assert_eq!(publish("lamp-1", token), "none");
    assert_eq!(publish("lamp-1", token), "none", "as often as it likes");
    assert_eq!(publish("lamp-2", token), "AuthFailure.TokenFailure");
    assert_eq!(publish("lamp-1", "x"), "AuthFailure.TokenFailure");
    // A token does not get another.
    let (_, answer) = scene.ask("/device/token", &format!("X-TC-Token: {token}\r\n"), body.to_string().as_bytes());
    assert!(String::from_utf8(answer).unwrap().contains("AuthFailure.SignatureFailure"));
    let device = scene.world.platform.directory.find(PRODUCT.parse().unwrap(), "lamp-1").unwrap();
    device.set_enabled(false);
    assert_eq!(publish("lamp-1", token), "UnauthorizedOperation.DeviceDisabled");
    device.set_enabled(true);
    let end = NOW.0 + u64::try_from(device_token::LIFETIME.as_millis()).unwrap();
    scene.world.clock.set(UnixMillis(end - 1));
    assert_eq!(publish("lamp-1", token), "none");
    scene.world.clock.set(UnixMillis(end));
    assert_eq!(publish("lamp-1", token), "AuthFailure.TokenExpired");
    let refused = scene.world.records_of(PRODUCT, "lamp-1");
    assert!(refused.iter().any(|(_, _, note)| note.ends_with("the token has expired")), "{refused:?}");
}
