//! Devices without a secret, and devices that keep no connection: the vendor's Python SDK and curl on the real binary.

use std::process::Command;

use lianwu_testkit::{
    Device, Fixture, LAMP_MODEL, Running, SdkClient, SdkIdentity, Server, ServerOptions, now_ms, python, run_text,
};
use serde_json::{Value, json};

/// Registration is on for the product; gives its secret.
fn allow(lamp: &Fixture, kind: u64, limit: u64) -> String {
    let request = json!({"ProductId": lamp.product, "RegisterType": kind, "RegisterLimit": limit});
    let answer = lamp.cloud.call("ModifyProductDynamicRegister", &request);
    answer["ProductSecret"].as_str().expect("a secret").to_owned()
}

/// The SDK's program for a device that is named, but has no secret.
fn register(server: &Server, lamp: &Fixture, name: &str, secret: &str) -> (Running, tempfile::NamedTempFile) {
    let identity = SdkIdentity {
        product: &lamp.product,
        name,
        secret: "YOUR_DEVICE_SECRET",
        product_secret: secret,
        sub_devices: &[],
    };
    let file = identity.file();
    let (mqtt, http) = (server.mqtt_address(), server.device_http_address());
    let mut command = python("sdk_register.py");
    command.arg(file.path()).arg(mqtt.ip().to_string());
    command.arg(mqtt.port().to_string()).arg(http.port().to_string());
    (Running::start("the Python device SDK", &mut command), file)
}

/// Does the vendor's SDK get a secret for a name nobody knew, sign in with it, report, and never get it again?
#[test]
fn the_sdk_registers_and_reports() {
    let mut server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let secret = allow(&lamp, 2, 1);
    let (mut sdk, file) = register(&server, &lamp, "light-1", &secret);
    let said = sdk.next_json();
    assert_eq!((&said["event"], &said["code"]), (&json!("registered"), &json!(0)), "{said}");
    let reference = json!({"ProductId": lamp.product, "DeviceName": "light-1"});
    let device = lamp.cloud.call("DescribeDevice", &reference)["Device"].clone();
    assert_eq!(said["told"], device["DevicePsk"], "the device exists now, with the secret it was told");
    let kept = std::fs::read_to_string(file.path()).expect("the SDK's device file");
    assert!(kept.contains(device["DevicePsk"].as_str().expect("a text")), "the SDK keeps it");
    assert_eq!(sdk.next_json(), json!({"event": "connected", "rc": 0}));
    sdk.tell(r#"{"do": "template_init"}"#);
    sdk.tell(r#"{"do": "report", "params": {"brightness": 55}}"#);
    let reply = sdk.next_json();
    assert_eq!(
        (&reply["payload"]["method"], &reply["payload"]["code"]),
        (&json!("report_reply"), &json!(0)),
        "{reply}"
    );
    sdk.tell(r#"{"do": "disconnect"}"#);
    sdk.finish().succeeded();

    // Over a crash, too: it has signed in before.
    server.kill();
    server.restart();
    let lamp = Fixture { cloud: server.cloud(), ..lamp };
    let (mut again, _file) = register(&server, &lamp, "light-1", &secret);
    let said = again.next_json();
    assert_eq!(
        (&said["code"], &said["told"]),
        (&json!(-1), &json!("the device has signed in before, and a device registers only once"))
    );
    let device = Device { product: lamp.product.clone(), name: "light-1".into(), secret: String::new() };
    let rows = lamp.diagnostics(&device, "");
    let line =
        rows.iter().find(|row| row["Content"].as_str().is_some_and(|text| text.starts_with("Device dynamic register")));
    let line = line.unwrap_or_else(|| panic_with(&rows));
    assert_eq!(line["Content"], "Device dynamic register,version:2,clientip:127.0.0.1");
    assert_eq!(line["Result"], "FAIL, the device has signed in before, and a device registers only once");
    assert_eq!(lamp.problem(&device, "faq-59-activated")["Severity"], "error");
    let (mut second, _file) = register(&server, &lamp, "light-2", &secret);
    assert_eq!(second.next_json()["told"], "the product has 1 devices, and registration creates no more");
}

#[track_caller]
fn panic_with(rows: &[Value]) -> ! {
    lianwu_testkit::fail(format!("no line about the registration in {rows:?}"))
}

/// Is a secret of another deployment a signature error to the SDK, and named for the product's owner? FAQ 59.
#[test]
fn faq_59_the_secret_of_another_product() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let secret = allow(&lamp, 1, 0);
    let device = lamp.device("light-1");
    let (mut sdk, _file) = register(&server, &lamp, "light-1", "abcdefghijklmnopqrstuvwx");
    assert_eq!(sdk.next_json()["told"], "signature error");
    assert_eq!(lamp.problem(&device, "faq-59-signature")["Severity"], "error");
    let (mut sdk, _file) = register(&server, &lamp, "light-1", &secret);
    let said = sdk.next_json();
    assert_eq!((&said["code"], &said["told"]), (&json!(0), &json!(device.secret)), "made before, told now");
    assert_eq!(sdk.next_json()["event"], "connected");
    let ids: Vec<_> = lamp.problems(&device).iter().map(|problem| problem["Id"].clone()).collect();
    assert!(!ids.contains(&json!("faq-59-signature")), "{ids:?}");
}

/// Head and body of what curl was answered; lines end in LF.
fn curl(server: &Server, path: &str, headers: &[String], body: &str) -> (String, Value) {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--include", "--max-time", "20", "--data-binary", body]);
    for header in headers {
        command.args(["--header", header]);
    }
    command.arg(format!("http://{}{path}", server.device_http_address()));
    let finished = run_text("curl", &mut command, "");
    finished.succeeded();
    let (head, body) = finished.stdout.split_once("\n\n").expect("a head and a body");
    (head.to_owned(), serde_json::from_str(body.trim_end()).expect("JSON"))
}

/// A request to the device listener as a shell script sends it: signed by openssl, posted by curl.
fn signed(server: &Server, path: &str, secret: &str, body: &str) -> (String, Value) {
    let script = r#"
        hash=$(printf %s "$BODY" | openssl dgst -sha256 -r | cut -d' ' -f1)
        printf 'POST\n%s\n%s\n\nhmacsha256\n1893456000\n42\n%s' "$HOST" "$TARGET" "$hash" |
            openssl dgst -sha256 -hmac "$SECRET" -binary | base64 -w0"#;
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).env("BODY", body).env("SECRET", secret).env("TARGET", path);
    shell.env("HOST", server.device_http_address().to_string());
    let signature = run_text("openssl", &mut shell, "").stdout.trim().to_owned();
    let headers = [
        "Content-Type: application/json; charset=utf-8".to_owned(),
        "X-TC-Algorithm: hmacsha256".to_owned(),
        "X-TC-Timestamp: 1893456000".to_owned(),
        "X-TC-Nonce: 42".to_owned(),
        format!("X-TC-Signature: {signature}"),
    ];
    curl(server, path, &headers, body)
}

/// Is a line of a device's own log, uploaded by curl, found over a crash by the vendor's cloud SDK, once the log is on?
#[test]
fn curl_uploads_a_log() {
    let mut server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let form = json!({"ProductId": lamp.product, "DeviceName": "light-1", "Message": ["ERR|08:00:00|main.c|too warm"]});
    let upload = |server: &Server| signed(server, "/device/reportlog", &device.secret, &form.to_string());
    let (_, refused) = upload(&server);
    assert_eq!(refused["Response"]["Error"]["Code"], "UnsupportedOperation.LogOff", "{refused}");
    let level = json!({"ProductId": lamp.product, "DeviceName": "light-1", "Level": 4});
    assert_eq!(lamp.cloud.call_own("SetLogLevel", &level)["Told"], "offline");
    let (head, taken) = upload(&server);
    assert!(head.contains("\nContent-Length: "), "{head}");
    assert_eq!(taken["Response"].get("Error"), None, "{taken}");
    server.kill();
    server.restart();
    let profile = json!({"service": "iotcloud", "sign": "TC3-HMAC-SHA256"});
    let mut sdk = SdkClient::start("the Python log SDK", python("cloud.py"), &server, &profile);
    let keywords = format!("productid:{} devicename:light-1 loglevel:ERR", lamp.product);
    let range = json!({"MinTime": now_ms() - 60_000, "MaxTime": now_ms() + 60_000, "Keywords": keywords});
    let found = sdk.call("ListSDKLog", &range);
    let row = &found["Results"][0];
    assert_eq!((&row["Level"], &row["Content"]), (&json!("ERR"), &json!("08:00:00|main.c|too warm")), "{found}");
    assert_eq!((found["Results"].as_array().map(Vec::len), &found["Listover"]), (Some(1), &json!(true)));
    assert_eq!(upload(&server).1["Response"].get("Error"), None, "the level outlives a crash");
}

/// Does a report by curl and openssl, as a shell script would send it, stand in the history like any other?
#[test]
fn curl_publishes() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let publish = |payload: &str, secret: &str| {
        let body =
            json!({"ProductId": device.product, "DeviceName": device.name, "TopicName": device.thing("up/property"),
                          "Payload": payload, "Qos": 1})
            .to_string();
        signed(&server, "/device/publish", secret, &body)
    };
    let report = r#"{"method":"report","clientToken":"t-1","params":{"brightness":55}}"#;
    let (head, answer) = publish(report, &device.secret);
    assert!(head.starts_with("HTTP/1.1 200 OK\n") && head.contains("\nContent-Length: "), "{head}");
    assert_eq!(answer["Response"].get("Error"), None, "{answer}");
    assert_eq!(lamp.latest(&device)["brightness"]["Value"], 55);
    let (_, answer) = publish(&report.replace("55", "\"55\""), &device.secret);
    let why = answer["Response"]["Error"]["Message"].as_str().expect("a message");
    assert!(why.starts_with("406: check report data err: readNumberAsString"), "{answer}");
    let (_, answer) = publish(report, "lDZ6Uqt+I9E0wW7rvDUs7Q==");
    assert_eq!(answer["Response"]["Error"]["Code"], "AuthFailure.SignatureFailure");
    lamp.problem(&device, "faq-56-http");
}

/// What the payload of a registration says, decrypted by openssl with the product's secret.
fn unsealed(answer: &Value, secret: &str) -> Value {
    let sealed = answer["Response"]["Payload"].as_str().unwrap_or_else(|| panic_with(std::slice::from_ref(answer)));
    let length = answer["Response"]["Len"].as_u64().expect("a length");
    let script = r#"
        key=$(printf %.16s "$SECRET" | od -An -v -tx1 | tr -d ' \n')
        printf %s "$SEALED" | base64 -d | openssl enc -d -aes-128-cbc -nopad -K "$key" \
            -iv 30303030303030303030303030303030 | head -c "$LENGTH""#;
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).env("SECRET", secret).env("SEALED", sealed).env("LENGTH", length.to_string());
    serde_json::from_str(run_text("openssl enc", &mut shell, "").stdout.trim_end()).expect("JSON")
}

/// Does a device of a certificate product register, get a certificate and a key, and sign in with them by paho, over TLS, with no
/// password; and is it refused with what it was given before, and refused to register again?
#[test]
fn a_certificate_device_registers_and_signs_in() {
    let server = Server::start(ServerOptions::default().with_tls());
    let cloud = server.cloud();
    let project = cloud.call("CreateProject", &json!({"ProjectName": "energy", "ProjectDesc": ""}));
    let request = json!({"ProjectId": project["Project"]["ProjectId"], "ProductName": "meter", "ProductDesc": "", "CategoryId": 3,
                         "ProductType": 0, "EncryptionType": "1", "NetType": "wifi", "DataProtocol": 1});
    let product =
        cloud.call("CreateStudioProduct", &request)["Product"]["ProductId"].as_str().expect("an id").to_owned();
    let switch = json!({"ProductId": product, "RegisterType": 2, "RegisterLimit": 5});
    let secret =
        cloud.call("ModifyProductDynamicRegister", &switch)["ProductSecret"].as_str().expect("text").to_owned();
    let body = json!({"ProductId": product, "DeviceName": "m1"}).to_string();
    let register = || signed(&server, "/device/register", &secret, &body).1;

    let folder = tempfile::tempdir().expect("a folder");
    let sign_in = |told: &Value| {
        let (certificate, key) = (folder.path().join("m1.pem"), folder.path().join("m1.key"));
        std::fs::write(&certificate, told["clientCert"].as_str().expect("a certificate")).expect("write");
        std::fs::write(&key, told["clientKey"].as_str().expect("a key")).expect("write");
        let address = server.mqtts_address();
        let mut command = python("paho_device.py");
        command.args([address.ip().to_string(), address.port().to_string(), "4".to_owned()]);
        command.args([&format!("{product}m1"), "", ""]).env("TLS_CA", server.data().join("tls/ca.crt"));
        command.env("TLS_CERT", certificate).env("TLS_KEY", key);
        Running::start("paho-mqtt with a certificate", &mut command)
    };
    let first = unsealed(&register(), &secret);
    assert_eq!(first["encryptionType"], 1);
    let told = unsealed(&register(), &secret);
    assert_ne!(told["clientKey"], first["clientKey"], "the answer may have been lost: another certificate");
    assert!(serde_json::to_string(&register()).expect("text").len() < 5 * 1024, "the C SDK takes 5 KiB");
    let told = unsealed(&register(), &secret);

    let mut device = sign_in(&told);
    assert_eq!(device.next_json(), json!({"event": "connected", "rc": 0}));
    let topic = format!("{product}/m1/data");
    device.tell(&json!({"do": "publish", "topic": topic, "payload": "metered", "qos": 1}).to_string());
    assert_eq!(device.next_json()["event"], "published");
    let refused = register()["Response"]["Error"].clone();
    assert_eq!(refused["Code"], "LimitExceeded.DeviceActivated", "{refused}");
    device.finish().succeeded();

    let mut earlier = sign_in(&first);
    assert_eq!(earlier.next_json()["event"], "disconnected", "a certificate that was replaced");
    let renewed = cloud.call_own("RenewDeviceCertificate", &json!({"ProductId": product, "DeviceName": "m1"}));
    let renewed = json!({"clientCert": renewed["DeviceCert"], "clientKey": renewed["DevicePrivateKey"]});
    let mut device = sign_in(&renewed);
    assert_eq!(device.next_json(), json!({"event": "connected", "rc": 0}));
}
