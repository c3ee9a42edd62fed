//! How devices get in, and what is said when they do not.

use lianwu_faq::World;
use lianwu_testkit::{
    Credentials, DEADLINE, Device, Method, MqttClient, Received, ServerOptions, TBOX_MODEL, expiry_in_a_day, now_ms,
    platform_binary, run_text, wait_for,
};
use serde_json::{Value, json};

const REFUSED: u8 = 4;

fn world() -> World {
    World::new(TBOX_MODEL)
}

/// Signs in with these texts; the answer must be this code.
#[track_caller]
fn sign_in(world: &World, credentials: &Credentials, code: u8) -> MqttClient {
    let mut client = world.server.mqtt();
    client.send_connect(credentials);
    client.expect(&Received::ConnAck(code));
    client
}

fn good(world: &World) -> Credentials {
    world.device.credentials(Method::HmacSha256)
}

/// The newest diagnostic line about a connection.
#[track_caller]
fn status(world: &World, words: &str) -> Value {
    world.diagnostic(&format!("scene:STATUS {words}"))
}

/// faq-40: are a device that never called and one that was refused told apart?
#[test]
fn faq_40_kinds_of_failure() {
    let world = world();
    assert_eq!(world.fixture.problem(&world.device, "faq-40")["Severity"], "warning", "never seen");
    let mut wrong = good(&world);
    wrong.password.replace_range(0..1, if wrong.password.starts_with('0') { "1" } else { "0" });
    sign_in(&world, &wrong, REFUSED).expect_close();
    world.fixture.problem(&world.device, "faq-56");
    assert!(world.fixture.problems(&world.device).iter().all(|problem| problem["Id"] != "faq-40"));
}

/// faq-41: are stray spaces and mixed-up names named exactly, in the log and by the diagnosis?
#[test]
fn faq_41_spaces_and_mismatches() {
    let world = world();
    let other = world.fixture.device("dev002").credentials(Method::HmacSha256);
    let good = good(&world);
    let spaced = Credentials { password: format!("{}\n", good.password), ..good.clone() };
    sign_in(&world, &spaced, REFUSED).expect_close();
    let line = status(&world, "FAIL");
    assert_eq!(line["Result"], "FAIL, password begins or ends with white space or a line end; remove it");
    world.fixture.problem(&world.device, "faq-41-space");

    let spaced = Credentials { client_id: format!("{} ", good.client_id), ..good.clone() };
    sign_in(&world, &spaced, REFUSED).expect_close();
    let line = status(&world, "client%20id%20begins");
    assert_eq!(line["Result"], "FAIL, client id begins or ends with white space or a line end; remove it");

    let mixed = Credentials { user_name: other.user_name.clone(), password: other.password.clone(), ..good.clone() };
    sign_in(&world, &mixed, REFUSED).expect_close();
    let line = status(&world, "user%20name");
    assert_eq!(line["Result"], "FAIL, user name does not begin with the client id and ';'");
    world.fixture.problem(&world.device, "faq-41-mismatch");

    let nobody = Device { name: "dev00x".to_owned(), ..world.device.clone() };
    sign_in(&world, &nobody.credentials(Method::HmacSha1), 2).expect_close();
    let problem = world.fixture.problem(&nobody, "faq-41-unknown");
    let shown = wait_for("the attempt", DEADLINE, || {
        let problem = world.fixture.problem(&nobody, "faq-41-unknown");
        (problem["Evidence"].as_array().map_or(0, Vec::len) == 2).then(|| problem["Evidence"][1]["Text"].clone())
    });
    assert!(shown.as_str().is_some_and(|text| text.contains("device dev00x does not exist in product")), "{shown}");
    assert_eq!(problem["Severity"], "error");

    let mut client = sign_in(&world, &good, 0);
    client.subscribe(&world.device.thing("down/property"), lianwu_mqtt::QoS::AtMostOnce);
    client.ask(&world.device.thing("up/property"), r#"{"method":"report","clientToken":"1","params":{"lac":1}}"#);
    assert_eq!(world.fixture.problems(&world.device), Vec::<Value>::new(), "cured");
}

/// faq-41: is the key of one device under the name of another named to the owner, and to nobody else?
#[test]
fn faq_41_the_key_of_another_device() {
    let world = world();
    let other = world.fixture.device("dev002");
    let mixed = Device { secret: other.secret, ..world.device.clone() };
    let mut client = world.server.mqtt();
    let credentials = mixed.credentials(Method::HmacSha256);
    client.send_connect_as(&lianwu_mqtt::Connect {
        version: lianwu_mqtt::ProtocolVersion::V5,
        clean_session: true,
        keep_alive_seconds: 60,
        properties: lianwu_mqtt::Properties::NONE,
        client_id: &credentials.client_id,
        user_name: Some(&credentials.user_name),
        password: Some(credentials.password.as_bytes()),
        will: None,
    });
    let said = client.look(|packet| format!("{packet:?}"));
    assert!(said.contains("ConnAck") && !said.contains("dev002"), "the device is not told: {said}");
    assert_eq!(status(&world, "FAIL")["Result"], "FAIL, hmac sign error");
    let problem = world.fixture.problem(&world.device, "faq-41-key");
    assert_eq!(problem["Evidence"][0]["Text"], "this is the key of device dev002");
    sign_in(&world, &good(&world), 0).expect_nothing();
    wait_for("the cure", DEADLINE, || {
        world.fixture.problems(&world.device).iter().all(|problem| problem["Id"] != "faq-41-key").then_some(())
    });
}

/// faq-41: are blanks named in each of the three texts?
#[test]
fn faq_41_a_blank_in_any_of_the_three() {
    let world = world();
    let good = good(&world);
    for (text, of) in [
        (Credentials { client_id: format!("{} ", good.client_id), ..good.clone() }, "client id"),
        (Credentials { user_name: format!("{}\t", good.user_name), ..good.clone() }, "user name"),
        (Credentials { password: format!(" {}", good.password), ..good.clone() }, "password"),
    ] {
        sign_in(&world, &text, REFUSED).expect_close();
        let line = status(&world, &of.replace(' ', "%20"));
        let expected = format!("FAIL, {of} begins or ends with white space or a line end; remove it");
        assert_eq!(line["Result"], json!(expected));
    }
    world.fixture.problem(&world.device, "faq-41-space");
}

/// faq-42: is a clock that is behind named as such, with the offset?
#[test]
fn faq_42_clock_is_wrong() {
    let world = world();
    let of = |expiry| Credentials::compute(&world.device.client_id(), &world.device.secret, Method::HmacSha256, expiry);
    // A clock that begins anew in 1970 with every power cut.
    sign_in(&world, &of(3_600), REFUSED).expect_close();
    let problem = world.fixture.problem(&world.device, "faq-42");
    let text = problem["Evidence"][0]["Text"].as_str().unwrap_or_default();
    assert!(text.contains("expiry has 4 digits"), "{text}");
    // One that began in 2005.
    sign_in(&world, &of(1_104_537_600), REFUSED).expect_close();
    let text = wait_for("the offset", DEADLINE, || {
        let problem = world.fixture.problem(&world.device, "faq-42");
        problem["Evidence"][0]["Text"].as_str().filter(|text| text.contains("offset")).map(str::to_owned)
    });
    assert!(text.contains("expiry 2005-01-01 08:00:00 (UTC+8)"), "{text}");
}

/// faq-50: is the whole identity to be had from the API, and good for signing in?
#[test]
fn faq_50_the_triple() {
    let world = world();
    let shown = world.fixture.cloud.call("DescribeDevice", &world.device.reference())["Device"].clone();
    let secret = shown["DevicePsk"].as_str().unwrap_or_default();
    let name = shown["DeviceName"].as_str().unwrap_or_default();
    let client_id = format!("{}{name}", world.fixture.product);
    let credentials = Credentials::compute(&client_id, secret, Method::HmacSha1, expiry_in_a_day());
    sign_in(&world, &credentials, 0).expect_nothing();
}

/// faq-50: who looked at a secret? The audit log knows, where reading calls are kept, and does not repeat it.
#[test]
fn faq_50_looking_at_the_secret_is_audited() {
    let world = World::with(ServerOptions::default().set("LIANWU__AUDIT__READS", "true"), TBOX_MODEL);
    let shown = world.fixture.cloud.call("DescribeDevice", &world.device.reference());
    assert_eq!(shown["Device"]["DevicePsk"], json!(world.device.secret));
    let all = json!({"MinTime": 0, "MaxTime": now_ms() + 60_000, "Limit": 100});
    let row = wait_for("the row", DEADLINE, || {
        let rows = world.fixture.cloud.call_own("ListAuditLog", &all)["Entries"].clone();
        rows.as_array().into_iter().flatten().find(|row| row["RequestId"] == shown["RequestId"]).cloned()
    });
    assert_eq!(row["Operation"], "DescribeDevice");
    assert_eq!(row["SecretId"], json!(world.server.first_run("secret_id")), "by whom");
    assert!(row.to_string().contains("dev001"), "about which device: {row}");
    assert!(!row.to_string().contains(&world.device.secret));
}

/// faq-53: does the command line compute what signs in?
#[test]
fn faq_53_credentials_on_the_command_line() {
    let world = world();
    let file = world.server.data().join("secret.txt");
    std::fs::write(&file, format!("{}\n", world.device.secret)).expect("write the secret");
    for method in ["hmacsha1", "hmacsha256"] {
        let mut command = std::process::Command::new(platform_binary());
        command.args(["credentials", "--product", &world.device.product, "--device", "dev001", "--json"]);
        command.args(["--method", method, "--secret-file"]).arg(&file);
        let printed: Value =
            serde_json::from_str(&run_text("lianwu credentials", &mut command, "").stdout).expect("JSON");
        let text = |name: &str| printed[name].as_str().unwrap_or_default().to_owned();
        let credentials =
            Credentials { client_id: text("ClientId"), user_name: text("UserName"), password: text("Password") };
        assert!(credentials.password.ends_with(method));
        sign_in(&world, &credentials, 0).expect_nothing();

        let before = now_ms() / 1000;
        command.args(["--valid-seconds", "600"]);
        let printed = run_text("lianwu credentials", &mut command, "").json();
        let user_name = printed["UserName"].as_str().unwrap_or_default();
        let expiry: u64 = user_name.rsplit(';').next().and_then(|text| text.parse().ok()).expect("an expiry");
        assert!((before + 600..=now_ms() / 1000 + 600).contains(&expiry), "as long as was asked for: {user_name}");
    }
}

/// faq-54: connected at first, refused later: does the log say when the credentials expired?
#[test]
fn faq_54_expired_credentials() {
    let world = world();
    sign_in(&world, &good(&world), 0).expect_nothing();
    // After the device was made, so that its clock is not to blame; long enough ago to be over.
    let created = world.fixture.cloud.call("DescribeDevice", &world.device.reference())["Device"]["CreateTime"].clone();
    let expiry = created.as_u64().unwrap_or_default() + 1;
    wait_for("the expiry to pass", DEADLINE, || (now_ms() / 1000 > expiry + 1).then_some(()));
    let expired = Credentials::compute(&world.device.client_id(), &world.device.secret, Method::HmacSha256, expiry);
    sign_in(&world, &expired, REFUSED).expect_close();
    let line = status(&world, "expired");
    let result = line["Result"].as_str().unwrap_or_default();
    assert!(result.starts_with(&format!("FAIL, credential expired at {expiry} UNIX seconds")), "{result}");
    world.fixture.problem(&world.device, "faq-54");
    sign_in(&world, &good(&world), 0);
    wait_for("the cure", DEADLINE, || {
        world.fixture.problems(&world.device).iter().all(|problem| problem["Id"] != "faq-54").then_some(())
    });
}

/// faq-55: does the platform name host and port for keys, and do devices get in there with credentials alone?
#[test]
fn faq_55_host_and_port() {
    let world = world();
    let asked = json!({"ProductId": world.fixture.product});
    let answer = world.fixture.cloud.try_call_of("2026-11-01", "DescribeAccessPoints", &asked);
    let points = answer.map(|answer| answer["AccessPoints"].clone()).unwrap_or_default();
    let port = world.server.mqtt_address().port();
    let mqtt = points.as_array().into_iter().flatten().find(|point| point["Port"] == port);
    assert!(mqtt.is_some(), "port {port} is not in {points}");
    sign_in(&world, &good(&world), 0).expect_nothing();
}

/// faq-56: exactly this result, and the facts of the connection in the content.
#[test]
fn faq_56_hmac_sign_error() {
    let world = world();
    let stranger = Device { secret: "AAECAwQFBgcICQoLDA0ODw==".to_owned(), ..world.device.clone() };
    for method in [Method::HmacSha1, Method::HmacSha256] {
        sign_in(&world, &stranger.credentials(method), REFUSED).expect_close();
    }
    let line = status(&world, "FAIL");
    assert_eq!(line["Result"], "FAIL, hmac sign error");
    assert_eq!(line["Content"], "Device connect,version:4,keepalive:60,cleansession:1,clientip:127.0.0.1");
    assert_eq!(line["DeviceName"], "dev001");
    assert_eq!(world.fixture.problem(&world.device, "faq-56")["Id"], json!("faq-56"));
}

/// faq-59: is a product of another deployment refused before anything of it is believed?
#[test]
fn faq_59_unknown_product() {
    let world = world();
    let foreign = Device { product: "ZZZZZZZZZZ".to_owned(), ..world.device.clone() };
    sign_in(&world, &foreign.credentials(Method::HmacSha1), 2).expect_close();
}
