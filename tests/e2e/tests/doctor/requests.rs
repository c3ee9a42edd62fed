//! Devices without a connection: over HTTP, over CoAP, and those that register first.

use std::net::UdpSocket;
use std::process::Command;

use lianwu_testkit::{Device, Finished, ServerOptions, run_text};
use serde_json::json;

use super::{World, doctor, fails, passes, servers};

impl World {
    fn http(&self) -> String {
        format!("http://{}", self.server.device_http_address())
    }

    fn https(&self) -> String {
        format!("https://localhost:{}", self.server.device_https_address().port())
    }

    fn coap(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.server.coap_address(scheme))
    }

    fn changed(&self, server: &str, change: impl Fn(&mut Device)) -> Finished {
        let mut device = self.device.clone();
        change(&mut device);
        self.doctor(server, &device, &["--timeout", "2"])
    }
}

const FOREIGN: &str = "AAECAwQFBgcICQoLDA0ODw==";

/// Over HTTP: a good device passes and changes nothing; what is wrong with it is told apart.
#[test]
fn over_http() {
    let world = World::new();
    let http = world.http();
    passes(&world.doctor(&http, &world.device, &[]));
    assert_eq!(world.fixture.latest(&world.device), json!({}), "nothing was reported");
    passes(&world.doctor(&http, &world.device, &["--report", r#"{"brightness":7}"#]));
    assert_eq!(world.fixture.latest(&world.device)["brightness"]["Value"], 7);
    let refused = world.doctor(&http, &world.device, &["--report", r#"{"brightness":700}"#]);
    fails(&refused, "report", 17, "brightness value 700 out of range");
    fails(&world.changed(&http, |d| d.secret = FOREIGN.to_owned()), "sign-in", 14, "The signature does not fit");
    fails(&world.changed(&http, |d| d.name = "lamp-2".to_owned()), "sign-in", 14, "no device of this name");
    fails(
        &world.changed(&http, |d| d.product = "ZZZZZZZZZZ".to_owned()),
        "sign-in",
        14,
        "no product with this ProductId",
    );
    fails(&world.changed(&http, |d| d.secret.push(' ')), "credentials", 10, "DeviceSecret begins or ends");
    let disable = json!({"DevicesItems": [world.device.reference()], "Status": 0});
    world.fixture.cloud.call("UpdateDevicesEnableState", &disable);
    fails(&world.changed(&http, |_| {}), "sign-in", 14, "device is disabled");
}

/// What is no HTTP for devices: a closed port, one that never answers, other servers.
#[test]
fn other_servers_over_http() {
    let world = World::new();
    let ca = world.server.data().join("tls/ca.crt");
    let ca = ca.to_str().expect("a path");
    passes(&world.doctor(&world.https(), &world.device, &["--ca", ca]));
    fails(&world.doctor(&world.https(), &world.device, &["--system-ca"]), "tls", 13, "does not trust");
    fails(&world.changed(&format!("http://{}", servers::closed_port()), |_| {}), "port", 12, "nothing listens on port");
    let mute = servers::mute();
    fails(&world.changed(&format!("http://{}", mute.address), |_| {}), "sign-in", 14, "no answer within 2 s");
    let api = format!("http://{}", world.server.http_address());
    fails(&world.changed(&api, |_| {}), "sign-in", 14, "Another HTTP server answers");
    let mqtt = format!("http://{}", world.server.mqtt_address());
    fails(&world.changed(&mqtt, |_| {}), "sign-in", 14, "gives no answer of HTTP");
    let by_texts = {
        let mut command: Command = doctor(&world.http());
        command.args(["--client-id", &world.device.client_id()]);
        run_text("lianwu doctor", &mut command, "")
    };
    fails(&by_texts, "credentials", 10, "signed with the DeviceSecret");
}

/// Over CoAP, in the clear and by DTLS; also a port where nothing is, and one that never answers.
#[test]
fn over_coap() {
    let world = World::new();
    let (clear, by_key) = (world.coap("coap"), world.coap("coaps"));
    passes(&world.doctor(&clear, &world.device, &["--report", r#"{"brightness":7}"#]));
    assert_eq!(world.fixture.latest(&world.device)["brightness"]["Value"], 7);
    passes(&world.doctor(&by_key, &world.device, &[]));
    let refused = world.doctor(&by_key, &world.device, &["--topic", "$thing/up/property/ZZZZZZZZZZ/lamp"]);
    fails(&refused, "report", 17, "topic without permission");
    fails(&world.changed(&clear, |d| d.secret = FOREIGN.to_owned()), "sign-in", 14, "hmac sign error");
    fails(&world.changed(&clear, |d| d.name = "lamp-2".to_owned()), "sign-in", 14, "no such product or device");
    fails(&world.changed(&by_key, |d| d.secret = FOREIGN.to_owned()), "tls", 13, "a wrong key looks like silence");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = socket.local_addr().expect("its address");
    fails(&world.changed(&format!("coap://{address}"), |_| {}), "port", 12, "no answer within 2 s");
    drop(socket);
    for scheme in ["coap", "coaps"] {
        fails(&world.changed(&format!("{scheme}://{address}"), |_| {}), "port", 12, "Nothing listens on UDP port");
    }
}

/// A device that registers: the platform gives it its secret, which is not shown; or says why not.
#[test]
fn a_registration() {
    let world = World::new();
    let register = |name: &str, secret: &str| {
        let mut command = doctor(&world.http());
        command.args(["--product", &world.device.product, "--device", name, "--product-secret-file"]);
        command.arg(world.file("product-secret", secret));
        run_text("lianwu doctor", &mut command, "")
    };
    let allow = |kind: u8| {
        let request = json!({"ProductId": world.device.product, "RegisterType": kind, "RegisterLimit": 10});
        world.fixture.cloud.call("ModifyProductDynamicRegister", &request);
    };
    fails(&register("lamp-9", "abcdefghijklmnopqrstuvwx"), "sign-in", 14, "registration is off");
    allow(1);
    let found = world.fixture.cloud.call("DescribeProductDynamicRegister", &json!({"ProductId": world.device.product}));
    let secret = found["ProductSecret"].as_str().expect("a secret").to_owned();
    fails(&register("lamp-9", &secret), "sign-in", 14, "was not created before");
    fails(&register("lamp-9", "abcdefghijklmnopqrstuvwx"), "sign-in", 14, "is not of the product's ProductSecret");
    fails(&register("lamp-9", "short"), "credentials", 10, "16 characters at least");
    let finished = register(&world.device.name, &secret);
    passes(&finished);
    assert!(!finished.stdout.contains(&world.device.secret), "the secret is not shown");
    allow(2);
    passes(&register("lamp-9", &secret));
}

/// Does each listener for devices work alone, without `listen.mqtt` and all others?
#[test]
fn every_listener_alone() {
    let alone = |key: &str| {
        let none = ServerOptions::default().set("LIANWU__LISTEN__MQTT", "").set("LIANWU__LISTEN__DEVICE_HTTP", "");
        World::with(none.set(key, "127.0.0.1:0"))
    };
    let passed = |world: &World, server: &str, more: &[&str]| {
        passes(&world.doctor(server, &world.device, more));
    };
    let world = alone("LIANWU__LISTEN__MQTTS");
    passed(&world, &world.mqtts(), &[]);
    let world = alone("LIANWU__LISTEN__DEVICE_HTTP");
    passed(&world, &world.http(), &[]);
    passed(&world, &world.http().replace("http://", "ws://"), &[]);
    let world = alone("LIANWU__LISTEN__DEVICE_HTTPS");
    let ca = world.server.data().join("tls/ca.crt");
    passed(&world, &world.https(), &["--ca", ca.to_str().expect("a path")]);
    let world = alone("LIANWU__LISTEN__COAP");
    passed(&world, &world.coap("coap"), &[]);
    let world = alone("LIANWU__LISTEN__COAPS");
    passed(&world, &world.coap("coaps"), &[]);
}
