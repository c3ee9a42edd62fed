//! Start and stop: files and their rights, secrets, a second server on the same data, SIGTERM.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lianwu_testkit::{
    COUNTER_MODEL, DEADLINE, Fixture, LAMP_MODEL, Ledger, Load, Method, MqttClient, Received, Running, Server,
    ServerOptions, assert_nothing_lost, http, on_path, platform_binary, skip, wait_for,
};
use serde_json::{Value, json};

/// Source: the fixed outside face, "exit 0 within 10 s".
const STOP_MAX: Duration = Duration::from_secs(10);

/// Does SIGTERM under load end in exit 0, in time, with nothing acknowledged lost and the latest values kept?
#[test]
fn sigterm_under_load() {
    let mut server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, COUNTER_MODEL);
    let devices = [fixture.device("counter-0"), fixture.device("counter-1")];
    let load = Load::start(server.mqtt_address(), &devices, vec![Ledger::default(); 2]);
    load.wait_for_acknowledged(300);
    let stopped = server.stop();
    let ledgers = load.ended();
    eprintln!("stopped after {:?}", stopped.after);
    assert!(stopped.status.success(), "{stopped:?}\n{}", server.log());
    assert!(stopped.after < STOP_MAX, "{stopped:?}");

    server.restart();
    let fixture = Fixture { cloud: server.cloud(), ..fixture };
    assert_nothing_lost(&fixture, &devices, &ledgers);
    for (device, ledger) in devices.iter().zip(&ledgers) {
        let latest = fixture.latest(device)["n"]["Value"].as_u64().expect("a number");
        let last = ledger.acknowledged.iter().max().copied().expect("something was acknowledged");
        assert!((last..ledger.next).contains(&latest), "{latest} is not from {last} on");
    }
}

/// Is everything a product of `memory` durability was told kept by a clean stop under load?
#[test]
fn sigterm_keeps_what_a_memory_product_was_told() {
    let mut server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, COUNTER_MODEL);
    let memory = json!({"ProductId": fixture.product, "Durability": "memory"});
    let set = fixture.cloud.try_call_of("2026-11-01", "SetProductStorage", &memory).expect("set");
    assert_eq!(set["Durability"], "memory");
    let devices = [fixture.device("counter-0"), fixture.device("counter-1")];
    let load = Load::start(server.mqtt_address(), &devices, vec![Ledger::default(); 2]);
    load.wait_for_acknowledged(300);
    let stopped = server.stop();
    let ledgers = load.ended();
    assert!(stopped.status.success() && stopped.after < STOP_MAX, "{stopped:?}\n{}", server.log());

    server.restart();
    let fixture = Fixture { cloud: server.cloud(), ..fixture };
    assert_nothing_lost(&fixture, &devices, &ledgers);
    let of = json!({"ProductId": fixture.product});
    let described = fixture.cloud.try_call_of("2026-11-01", "DescribeProductStorage", &of).expect("described");
    assert_eq!(described["Durability"], "memory");
}

/// Does an idle server with signed-in devices stop quickly and cleanly, twice in a row?
#[test]
fn sigterm_with_idle_devices() {
    let mut server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let device = fixture.device("light-1");
    for _ in 0..2 {
        let mut client = MqttClient::subscribed(server.mqtt_address(), &device);
        let stopped = server.stop();
        assert!(stopped.status.success() && stopped.after < STOP_MAX, "{stopped:?}\n{}", server.log());
        client.expect_close();
        server.restart();
    }
}

/// Are project, product, model, device, values and events there after a restart, and the credentials unchanged?
#[test]
fn everything_is_there_after_a_restart() {
    let mut server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let device = fixture.device("light-1");
    let mut client = MqttClient::subscribed(server.mqtt_address(), &device);
    let reply = client.ask(
        &device.thing("up/property"),
        r#"{"method":"report","clientToken":"1","params":{"power_switch":1,"name":"大厅"}}"#,
    );
    assert!(reply.contains("\"code\":0"), "{reply}");
    let event = json!({"method": "event_post", "clientToken": "2", "version": "1.0", "eventId": "low_voltage",
                       "type": "alert", "timestamp": 0, "params": {"voltage": 2.8}});
    client.publish_acknowledged(&device.thing("up/event"), event.to_string().as_bytes());
    let before = [
        fixture.latest(&device),
        fixture.cloud.call("DescribeModelDefinition", &json!({"ProductId": device.product}))["Model"].clone(),
        fixture.cloud.call("DescribeProject", &json!({"ProjectId": fixture.project}))["Project"].clone(),
        fixture.cloud.call("ListEventHistory", &device.reference())["EventHistory"].clone(),
    ];
    let (id, key) = (server.first_run("secret_id"), server.first_run("secret_key"));
    assert!(server.stop().status.success());
    server.restart();

    assert_eq!((server.first_run("secret_id"), server.first_run("secret_key")), (id, key));
    let fixture = Fixture { cloud: server.cloud(), ..fixture };
    let after = [
        fixture.latest(&device),
        fixture.cloud.call("DescribeModelDefinition", &json!({"ProductId": device.product}))["Model"].clone(),
        fixture.cloud.call("DescribeProject", &json!({"ProjectId": fixture.project}))["Project"].clone(),
        fixture.cloud.call("ListEventHistory", &device.reference())["EventHistory"].clone(),
    ];
    assert_eq!(before, after);
    let described = fixture.cloud.call("DescribeDevice", &device.reference())["Device"].clone();
    assert_eq!(
        (&described["Status"], &described["DevicePsk"]),
        (&json!(0), &json!(device.secret)),
        "offline, same key"
    );
    drop(MqttClient::subscribed(server.mqtt_address(), &device));
}

/// Is what the first start writes complete, and readable by its owner only?
#[test]
fn first_run_file() {
    let server = Server::start(ServerOptions::default());
    let path = server.first_run_path();
    let content: Value = serde_json::from_slice(&std::fs::read(&path).expect("first-run.json")).expect("JSON");
    for field in ["console_url", "secret_id", "secret_key", "region"] {
        assert!(content[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
    }
    assert_eq!(content["listen"]["mqtt"], server.mqtt_address().to_string());
    assert_eq!(content["listen"]["http"], server.http_address().to_string());
    let mode = std::fs::metadata(&path).expect("first-run.json").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "mode {mode:o}");
}

/// Do secrets stay out of the log, even at its most talkative, and out of the files that are kept?
#[test]
fn secrets_stay_secret() {
    let options = ServerOptions::default().set("LIANWU_LOG", "trace").set("LIANWU__LOG__SEGMENT_BYTES", "1048576");
    let mut server = Server::start(options);
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let device = fixture.device("light-1");
    let good = device.credentials(Method::HmacSha256);
    let wrong =
        lianwu_testkit::Credentials::compute(&device.client_id(), "AAECAwQFBgcICQoLDA0ODw==", Method::HmacSha1, 1);
    let mut client = server.mqtt();
    client.send_connect(&wrong);
    client.expect(&Received::ConnAck(4));
    let mut client = server.mqtt();
    client.send_connect(&good);
    client.expect(&Received::ConnAck(0));
    fixture.cloud.call("DescribeDevice", &device.reference());
    let registration = json!({"ProductId": fixture.product, "RegisterType": 2, "RegisterLimit": 9});
    let product = fixture.cloud.call("ModifyProductDynamicRegister", &registration);
    let product = product["ProductSecret"].as_str().expect("a secret").to_owned();
    assert_eq!(product.len(), 24);
    let body =
        json!({"productId": fixture.product, "deviceName": "light-1", "nonce": 1, "timestamp": 2, "signature": "eA=="});
    let answer = http(server.device_http_address(), "POST", "/register/dev", &[], body.to_string().as_bytes());
    assert!(answer.expect("an answer").text().contains("signature error"));
    assert!(server.stop().status.success());

    let secrets = [
        ("SecretKey", server.first_run("secret_key")),
        ("DeviceSecret", device.secret.clone()),
        ("ProductSecret", product),
        ("password of a good sign-in", good.password),
        ("password of a refused sign-in", wrong.password),
    ];
    let log = server.log();
    assert!(log.contains("light-1"), "the log is talkative enough to prove something");
    for (what, secret) in &secrets {
        let bare = secret.split(';').next().unwrap_or_default();
        assert!(!log.contains(bare), "the log shows the {what}");
    }
    let mut files = 0;
    each_file(&server.data(), &mut |path, content| {
        files += 1;
        // Files are written ahead with zeros; no secret has one.
        let parts: Vec<_> = content.split(|byte| *byte == 0).filter(|part| part.len() >= 16).collect();
        for (what, secret) in &secrets {
            let bare = secret.split(';').next().unwrap_or_default().as_bytes();
            let shown = parts.iter().any(|part| part.windows(bare.len()).any(|window| window == bare));
            assert!(!shown || path.ends_with("first-run.json"), "{} holds the {what} in plain text", path.display());
        }
    });
    assert!(files >= 3, "registry, log and first-run.json were looked at");
}

fn each_file(folder: &Path, look: &mut dyn FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            each_file(&path, look);
        } else if path.is_file() {
            look(&path, &std::fs::read(&path).expect("a readable file"));
        }
    }
}

/// Is a second server on the same data refused, with a reason, while the first goes on?
#[test]
fn two_servers_on_one_folder() {
    let server = Server::start(ServerOptions::default());
    let refused = server.command(&server.data()).output().expect("the binary runs");
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("another") || why.contains("in use") || why.contains("lock"), "{why}");
    let answer = http(server.http_address(), "GET", "/healthz", &[], b"").expect("the first still answers");
    assert_eq!(answer.status, 200);
    let fixture = Fixture::new(&server, LAMP_MODEL);
    drop(fixture.device("light-1"));
}

/// Does `--demo` give a product with three lamps that sign in and report by themselves, and only once?
#[test]
fn the_demo_reports() {
    let options = ServerOptions { arguments: vec!["--demo".into()], ..ServerOptions::default() };
    let mut server = Server::start(options);
    for start in 0..2 {
        let cloud = server.cloud();
        let products = wait_for("the demo's product", DEADLINE, || {
            let found = cloud.call("SearchStudioProduct", &json!({"ProductName": "lamp"}));
            (found["Total"] == 1).then_some(found)
        });
        let product = products["Products"][0]["ProductId"].clone();
        let listed = wait_for("three lamps online", DEADLINE, || {
            let listed = cloud.call("GetDeviceList", &json!({"ProductId": product}));
            let rows = listed["Devices"].as_array().cloned().unwrap_or_default();
            (rows.len() == 3 && rows.iter().all(|row| row["Status"] == 1)).then_some(rows)
        });
        for lamp in &listed {
            let request = json!({"ProductId": product, "DeviceName": lamp["DeviceName"]});
            wait_for(&format!("a report of {}, start {start}", lamp["DeviceName"]), DEADLINE, || {
                (cloud.call("DescribeDeviceData", &request)["Data"] != "{}").then_some(())
            });
        }
        let stopped = server.stop();
        assert!(stopped.status.success() && stopped.after < STOP_MAX, "{stopped:?}");
        server.restart();
    }
}

/// Is the key of the first account known whenever it is valid, also when the very first start is cut off while it
/// writes it down?
#[test]
fn a_first_start_cut_off() {
    let test = "a_first_start_cut_off";
    if !on_path("strace") {
        return skip(test, "strace is not installed");
    }
    let probe = Command::new("strace").args(["-o", "/dev/null", "true"]).output().expect("strace starts");
    if !probe.status.success() {
        return skip(test, &format!("ptrace is not permitted: {}", String::from_utf8_lossy(&probe.stderr).trim()));
    }
    for call in ["openat", "rename"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        let next = data.join("first-run.json.next");
        let mut cut_off = Command::new("strace");
        cut_off.args(["-f", "-o", "/dev/null", "-P", &next.to_string_lossy(), "-e", &format!("trace={call}")]);
        cut_off.args(["-e", &format!("inject={call}:signal=SIGKILL:when=1")]);
        cut_off.arg(platform_binary()).arg("serve").arg("--data").arg(&data);
        cut_off.env("LIANWU__LISTEN__MQTT", "127.0.0.1:0").env("LIANWU__LISTEN__HTTP", "127.0.0.1:0");
        cut_off.env("LIANWU__LISTEN__COAP", "").env("LIANWU__LISTEN__COAPS", "");
        cut_off.env("LIANWU__LISTEN__MQTTS", "").env("LIANWU__LISTEN__DEVICE_HTTP", "127.0.0.1:0");
        cut_off.env("LIANWU__LISTEN__DEVICE_HTTPS", "").env("LIANWU__LISTEN__HTTPS", "");
        let ended = Running::start(&format!("a first start killed in {call}"), &mut cut_off).finish();
        assert_ne!(ended.code, Some(0), "{ended:?}");
        assert!(data.join("registry.db").is_file(), "it had come as far as the registry");

        let server = Server::start(ServerOptions { data: Some(data), ..ServerOptions::default() });
        let listed = server.cloud().call("GetProjectList", &json!({}));
        assert_eq!(listed["Total"], 0, "after a first start killed in {call}");
    }
}
