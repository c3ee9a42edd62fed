//! CoAP with programs of others: libcoap's client, in the clear and over DTLS with OpenSSL and with GnuTLS.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_testkit::{Device, Fixture, LAMP_MODEL, Method, Server, ServerOptions, run_text};
use serde_json::{Value, json};

/// libcoap takes its key as text.
const KEY: &str = "0123456789abcdef";

const AUTHENTICATE: &str = "txauth9w0BAQsFA";

struct Scene {
    server: Server,
    lamp: Fixture,
    device: Device,
}

/// How libcoap's client reaches the platform.
#[derive(Clone, Copy)]
struct Way {
    program: &'static str,
    protocol: &'static str,
}

const IN_THE_CLEAR: Way = Way { program: "coap-client-notls", protocol: "coap" };
const BY_OPENSSL: Way = Way { program: "coap-client-openssl", protocol: "coaps" };
const BY_GNUTLS: Way = Way { program: "coap-client-gnutls", protocol: "coaps" };

fn start() -> Scene {
    let server = Server::start(ServerOptions::default().with_coap());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let secret = STANDARD.encode(KEY);
    let request = json!({"ProductId": lamp.product, "DeviceName": "light-1", "DefinedPsk": secret});
    lamp.cloud.call("CreateDevice", &request);
    let device = Device { product: lamp.product.clone(), name: "light-1".into(), secret };
    Scene { server, lamp, device }
}

impl Scene {
    /// What the client prints: the payload of the answer, or its code and text.
    fn post(&self, way: Way, path: &str, options: &[&str], payload: &str) -> String {
        let address = self.server.coap_address(way.protocol);
        let mut command = Command::new(way.program);
        command.args(["-m", "post", "-B", "10", "-e", &payload.replace(';', "%3B")]);
        for option in options {
            command.args(["-O", option]);
        }
        if way.protocol == "coaps" {
            command.args(["-u", &self.device.client_id(), "-k", KEY]);
        }
        command.arg(format!("{}://{address}/{path}", way.protocol));
        let finished = run_text(way.program, &mut command, "");
        assert_eq!(finished.code, Some(0), "{finished:?}");
        format!("{}{}", finished.stdout.trim(), finished.stderr.trim())
    }

    /// The path as one part, as the vendor's SDK sends it.
    fn path(&self, rest: &str) -> String {
        format!("{}%2F{}%2F{rest}", self.device.product, self.device.name)
    }

    fn authenticate(&self, way: Way, payload: &str) -> String {
        self.post(way, &self.path(AUTHENTICATE), &["62,0"], payload)
    }

    /// Reports, without and with an answer; the path in one part and in several.
    fn reports(&self, way: Way, token: &str, value: i64) {
        let token = format!("61,{token}");
        let report = json!({"method": "report", "clientToken": "t", "params": {"brightness": value}}).to_string();
        let one_part = self.device.thing("up/property").replace('/', "%2F");
        assert_eq!(self.post(way, &one_part, &[&token, "62,0"], &report), "");
        assert_eq!(self.lamp.latest(&self.device)["brightness"]["Value"], value);
        let said = self.post(way, &self.device.thing("up/property"), &[&token, "62,1"], &report);
        let reply: Value = serde_json::from_str(&said).unwrap_or_default();
        assert_eq!((&reply["method"], &reply["code"]), (&json!("report_reply"), &json!(0)), "{said}");
    }
}

/// Does libcoap over DTLS, with either of its libraries, authenticate as the vendor's SDK does, report and get replies?
#[test]
fn libcoap_over_dtls() {
    let scene = start();
    for (way, value) in [(BY_OPENSSL, 7), (BY_GNUTLS, 8)] {
        let token = scene.authenticate(way, "21010406;abcde");
        assert_eq!(token.len(), 54, "{token}");
        scene.reports(way, &token, value);
    }
}

/// Does libcoap in the clear authenticate with a signature, and with nothing less?
#[test]
fn libcoap_in_the_clear() {
    let scene = start();
    let said = scene.authenticate(IN_THE_CLEAR, "21010406;abcde");
    assert!(said.starts_with("4.01 without DTLS the payload is user name and password"), "{said}");
    let credentials = scene.device.credentials(Method::HmacSha1);
    let token = scene.authenticate(IN_THE_CLEAR, &format!("{};{}", credentials.user_name, credentials.password));
    scene.reports(IN_THE_CLEAR, &token, 9);
}

/// Is each refusal told to the device and to its owner?
#[test]
fn refusals_are_explained() {
    let scene = start();
    let token = format!("61,{}", scene.authenticate(BY_OPENSSL, "21010406;abcde"));
    let data = scene.path("data");
    for (path, options, expected) in [
        (data.as_str(), &[][..], "4.01 no token in option 61, authenticate first"),
        (&data, &["61,nonsense"], "4.01 the token is not one of this platform"),
        (&scene.path("control"), &[&token], "4.03 topic without permission"),
        ("nothing", &[&token], "4.04 the path is no topic"),
        (&data, &[&token, "62,2"], "4.00 option 62"),
        (&data, &[&token, "65001,x"], "4.02 option 65001 is not known here"),
    ] {
        let said = scene.post(BY_OPENSSL, path, options, "{}");
        assert!(said.starts_with(expected), "{path}: {said}");
    }
    scene.lamp.problem(&scene.device, "faq-41-token");
    let told = scene.lamp.diagnostics(&scene.device, "");
    let told = serde_json::to_string(&told).expect("lines are JSON");
    assert!(told.contains("coap request refused: the token is not one of this platform"), "{told}");
}
