//! Devices that come in by other ways than a password over MQTT: is what they do wrong named as well, and over once it is right?

use lianwu_device_protocol::signed_request::SignedRequest;
use lianwu_faq::World;
use lianwu_faq::raw::{coap, shakes_hands_by_key, tcp};
use lianwu_testkit::{
    Credentials, DEADLINE, Device, Fixture, LAMP_MODEL, Method, MqttClient, Received, Server, ServerOptions,
    expiry_in_a_day, wait_for,
};
use openssl::base64::decode_block;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use serde_json::{Value, json};

fn evidence(problem: &Value) -> String {
    problem["Evidence"].to_string()
}

/// Waits until none of these is named any more.
#[track_caller]
fn is_cured(fixture: &Fixture, device: &Device, ids: &[&str]) {
    wait_for("the cure", DEADLINE, || {
        let problems = fixture.problems(device);
        let is_named = problems.iter().any(|problem| ids.iter().any(|id| problem["Id"] == *id));
        (!is_named).then_some(())
    });
}

fn key(device: &Device) -> Vec<u8> {
    decode_block(&device.secret).expect("Base64")
}

/// faq-41, faq-56: another device's key in the handshake. TLS does not show which key it was, so the entry names the possible
/// causes; the device itself is known by its identity.
#[test]
fn faq_41_the_key_of_another_device_over_tls() {
    let world = World::with(ServerOptions::default().with_tls(), LAMP_MODEL);
    let other = world.fixture.device("dev002");
    let address = world.server.mqtts_address();
    assert!(!shakes_hands_by_key(address, &world.device.client_id(), &key(&other)));
    let problem = world.problem("faq-56-psk");
    assert!(problem["Cause"].as_str().is_some_and(|cause| cause.contains("another device's")), "{problem}");
    assert!(evidence(&problem).contains("transport:tls,clientip:127.0.0.1"), "{problem}");
    assert!(shakes_hands_by_key(address, &world.device.client_id(), &key(&world.device)), "its own");
}

/// faq-41: a token that is none, over HTTP; a message that is accepted is the cure.
#[test]
fn faq_41_a_wrong_token_over_http() {
    let world = World::new(LAMP_MODEL);
    let body = json!({
        "ProductId": world.device.product, "DeviceName": "dev001", "TopicName": world.device.thing("up/property"),
        "Payload": "{}", "Qos": 1,
    })
    .to_string();
    let request = format!(
        "POST /device/publish HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-TC-Token: none\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = tcp(world.server.device_http_address(), request.as_bytes());
    assert!(String::from_utf8_lossy(&answer).contains("AuthFailure.TokenFailure"));
    let problem = world.problem("faq-41-token");
    assert!(evidence(&problem).contains("the token is not one of this platform"), "{problem}");
    let mut client = world.client();
    world.report(&mut client, r#"{"brightness":1}"#);
    world.is_well();
}

/// faq-56: a wrong signature in the authentication over CoAP.
#[test]
fn faq_56_a_refused_authentication_over_coap() {
    let world = World::with(ServerOptions::default().with_coap(), LAMP_MODEL);
    let other = Device { secret: "AAECAwQFBgcICQoLDA0ODw==".to_owned(), ..world.device.clone() };
    let path = format!("{}/dev001/txauth9w0BAQsFA", world.device.product);
    let authenticate = |device: &Device| {
        let Credentials { user_name, password, .. } = device.credentials(Method::HmacSha1);
        coap(world.server.coap_address("coap"), &path, &format!("{user_name};{password}"))
    };
    assert_eq!(authenticate(&other), "4.01");
    assert!(evidence(&world.problem("faq-56-coap")).contains("hmac sign error"));
    assert_eq!(authenticate(&world.device), "2.05");
    is_cured(&world.fixture, &world.device, &["faq-56-coap"]);
}

/// A product whose devices have certificates, and one of them with its key.
fn meter(server: &Server) -> (Fixture, Device, PKey<Private>) {
    let lamps = Fixture::new(server, LAMP_MODEL);
    let made = lamps.cloud.call(
        "CreateStudioProduct",
        &json!({
            "ProjectId": lamps.project, "ProductName": "meter", "ProductDesc": "", "CategoryId": 1,
            "ProductType": 0, "EncryptionType": "1", "NetType": "wifi", "DataProtocol": 1,
        }),
    );
    let product = made["Product"]["ProductId"].as_str().expect("an id").to_owned();
    let made = lamps.cloud.call("CreateDevice", &json!({"ProductId": product, "DeviceName": "m1"}));
    let pem = made["Data"]["DevicePrivateKey"].as_str().expect("a key").to_owned();
    let device = Device { product: product.clone(), name: "m1".to_owned(), secret: String::new() };
    (Fixture { product, ..lamps }, device, PKey::private_key_from_pem(pem.as_bytes()).expect("a key"))
}

fn signed(device: &Device, key: &PKey<Private>, expiry: u64) -> Credentials {
    let client_id = device.client_id();
    let user_name = format!("{client_id};12010126;abcde;{expiry}");
    let mut signer = Signer::new(MessageDigest::sha256(), key).expect("a signer");
    let signature = signer.sign_oneshot_to_vec(user_name.as_bytes()).expect("a signature");
    let digits: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    Credentials { client_id, user_name, password: format!("{digits};rsa-sha256") }
}

#[track_caller]
fn sign_in(server: &Server, credentials: &Credentials, code: u8) {
    let mut client: MqttClient = server.mqtt();
    client.send_connect(credentials);
    client.expect(&Received::ConnAck(code));
}

/// faq-54, faq-55, faq-56: passwords by rsa-sha256: the key from before a renewal, an expiry that has passed, a product with keys.
#[test]
fn faq_56_passwords_by_certificate() {
    let server = Server::start(ServerOptions::default());
    let (meters, device, old) = meter(&server);
    let renewed = meters.cloud.call_own("RenewDeviceCertificate", &device.reference());
    let pem = renewed["DevicePrivateKey"].as_str().expect("a key");
    let key = PKey::private_key_from_pem(pem.as_bytes()).expect("a key");
    sign_in(&server, &signed(&device, &old, expiry_in_a_day()), 4);
    let problem = meters.problem(&device, "faq-56-certificate");
    assert!(problem["Cure"].as_str().is_some_and(|cure| cure.contains("RenewDeviceCertificate")), "{problem}");
    sign_in(&server, &signed(&device, &key, 1_500_000_000), 4);
    // Before the device was made: its clock.
    meters.problem(&device, "faq-42");
    sign_in(&server, &signed(&device, &key, expiry_in_a_day()), 0);
    is_cured(&meters, &device, &["faq-56-certificate", "faq-42"]);

    let lamps = Fixture::new(&server, LAMP_MODEL);
    let lamp = lamps.device("lamp");
    sign_in(&server, &signed(&lamp, &key, expiry_in_a_day()), 5);
    lamps.problem(&lamp, "faq-55-key");
}

/// faq-40: a device that only publishes over HTTP is activated by its first message, and `DescribeDevice` says when it was there.
#[test]
fn faq_40_a_device_that_only_publishes_over_http() {
    let world = World::new(LAMP_MODEL);
    let described = || world.fixture.cloud.call("DescribeDevice", &world.device.reference())["Device"].clone();
    assert_eq!(world.fixture.problem(&world.device, "faq-40")["Severity"], "warning", "never seen");
    assert_eq!(json!([described()["Status"], described()["LoginTime"]]), json!([3, 0]), "{}", described());
    let body = json!({
        "ProductId": world.device.product, "DeviceName": "dev001", "TopicName": world.device.thing("up/property"),
        "Payload": r#"{"method":"report","clientToken":"1","params":{"brightness":1}}"#, "Qos": 1,
    })
    .to_string();
    let unsigned = SignedRequest {
        host: "x",
        path: "/device/publish",
        algorithm: "hmacsha256",
        timestamp: "1609430400",
        nonce: "7",
        signature: "",
        body: body.as_bytes(),
    };
    let signature = unsigned.sign(&world.device.secret).expect("signed");
    let request = format!(
        "POST /device/publish HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-TC-Algorithm: hmacsha256\r\n\
         X-TC-Timestamp: 1609430400\r\nX-TC-Nonce: 7\r\nX-TC-Signature: {signature}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = tcp(world.server.device_http_address(), request.as_bytes());
    assert!(!String::from_utf8_lossy(&answer).contains("Error"), "{}", String::from_utf8_lossy(&answer));
    let device = wait_for("a time of login", DEADLINE, || {
        let device = described();
        (device["LoginTime"] != 0).then_some(device)
    });
    assert_eq!((&device["Status"], device["FirstOnlineTime"].is_number()), (&json!(0), true), "offline: {device}");
    world.is_well();
}
