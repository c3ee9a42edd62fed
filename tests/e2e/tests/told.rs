//! What the owner of an account is told about its programs and devices, on the real binary.

use lianwu_testkit::{
    Credentials, DEADLINE, Fixture, LAMP_MODEL, MqttClient, Running, Server, ServerOptions, backend_credentials,
    mosquitto_pub, mosquitto_sub, platform_binary, run_text, wait_for,
};
use serde_json::{Value, json};

fn wait_for_subscription(server: &Server) {
    wait_for("mosquitto_sub to be subscribed", DEADLINE, || {
        server.metrics().contains("lianwu_backend_subscriptions 1").then_some(())
    });
}

/// Does mosquitto_sub print who came and who went?
#[test]
fn presence_of_devices_is_printed() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let mut subscribe = mosquitto_sub(server.mqtt_address(), &backend_credentials(&server, "orders"));
    subscribe.args(["-q", "1", "-C", "2", "-t", &format!("$lianwu/presence/device/{}/+", device.product)]);
    let mut subscriber = Running::start("mosquitto_sub", &mut subscribe);
    wait_for_subscription(&server);
    drop(MqttClient::subscribed(server.mqtt_address(), &device));
    for (event, reason) in [("Online", ""), ("Offline", "REASON_DEVICE_DISCONNECT")] {
        let told = subscriber.next_json();
        assert_eq!((&told["MsgType"], &told["Event"]), (&json!("StatusChange"), &json!(event)), "{told}");
        assert_eq!((&told["DeviceName"], &told["Reason"]), (&json!("light-1"), &json!(reason)), "{told}");
    }
    subscriber.finish().succeeded();
}

/// Does a retained message come with its properties after `kill -9`?
#[test]
fn retained_properties_outlive_a_crash() {
    let mut server = Server::start(ServerOptions::default());
    let mut publish = mosquitto_pub(server.mqtt_address(), &backend_credentials(&server, "writer"));
    publish.args(["-V", "mqttv5", "-q", "1", "-r", "-t", "plant/7", "-m", "on"]);
    publish.args(["-D", "publish", "content-type", "text/plain", "-D", "publish", "user-property", "line", "3"]);
    publish.args(["-D", "publish", "response-topic", "plant/answers"]);
    run_text("mosquitto_pub", &mut publish, "").succeeded();
    server.kill();
    server.restart();
    let mut subscribe = mosquitto_sub(server.mqtt_address(), &backend_credentials(&server, "reader"));
    subscribe.args(["-V", "mqttv5", "-C", "1", "-F", "%t|%r|%C|%P|%R|%p", "-t", "plant/+"]);
    let mut subscriber = Running::start("mosquitto_sub", &mut subscribe);
    assert_eq!(subscriber.next_line(), "plant/7|1|text/plain|line:3|plant/answers|on");
    subscriber.finish().succeeded();
}

/// Does `lianwu diagnose --backend` say why a program is refused, and does the account's log have the line?
#[test]
fn a_refused_program_is_diagnosed() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let run = |client_id: &str, arguments: &[&str]| {
        let mut command = std::process::Command::new(platform_binary());
        command.args(["diagnose", "--backend", client_id, "--first-run"]).arg(server.first_run_path()).args(arguments);
        run_text("lianwu diagnose --backend", &mut command, "").stdout
    };
    assert!(run("orders", &[]).starts_with("[error] Nothing was heard under this client id"), "{}", run("orders", &[]));
    let wrong = Credentials { password: "0".repeat(64), ..backend_credentials(&server, "orders") };
    let mut publish = mosquitto_pub(server.mqtt_address(), &wrong);
    publish.args(["-t", "plant/7", "-m", "on"]);
    assert_eq!(run_text("mosquitto_pub with a wrong password", &mut publish, "").code, Some(4));
    let told = wait_for("the refused sign-in", DEADLINE, || {
        let printed: Value = serde_json::from_str(&run("orders", &["--json"])).ok()?;
        (printed["Problems"][0]["Id"] == "backend-password").then_some(printed)
    });
    assert_eq!(told["Problems"][0]["Count"], 1);
    assert!(run("orders", &["--language", "zh"]).starts_with("[error] 登录被拒绝：密码不正确"));

    let lines = lamp.cloud.call_own("ListAccountLog", &json!({"MinTime": 0, "MaxTime": 9_999_999_999_999_u64}));
    let line = &lines["Rows"][0];
    assert_eq!((&line["Event"], &line["ClientId"]), (&json!("connect_refused"), &json!("orders")), "{lines}");
    assert!(line["Content"].as_str().is_some_and(|text| text.contains("clientip:127.0.0.1")), "{lines}");

    let mut publish = mosquitto_pub(server.mqtt_address(), &backend_credentials(&server, "orders"));
    publish.args(["-q", "1", "-t", "$thing/down/property/AAAAAAAAAA/lamp", "-m", "{}"]);
    run_text("mosquitto_pub on a device's topic", &mut publish, "").succeeded();
    let found = wait_for("the refused message", DEADLINE, || {
        let printed = run("orders", &[]);
        printed.contains("the topic is not the account's own").then_some(printed)
    });
    assert!(!found.contains("password"), "the wrong password is cured: {found}");
}
