//! Does the platform find the cause by itself, and stop naming it once it is cured?

use lianwu_faq::World;
use lianwu_testkit::{
    DEADLINE, Device, Fixture, LAMP_MODEL, MqttClient, Running, Server, ServerOptions, TBOX_MODEL, wait_for,
};
use serde_json::{Value, json};

fn evidence(problem: &Value) -> String {
    problem["Evidence"].to_string()
}

/// faq-20: is a product without a thing model named, until the model is imported?
#[test]
fn faq_20_missing_thing_model() {
    let world = World::new(LAMP_MODEL);
    let product = Fixture::make_product(&world.fixture.cloud, &world.fixture.project, "bare");
    let bare = Fixture { product, ..world.fixture.clone() };
    let device = bare.device("dev001");
    let mut client = MqttClient::subscribed(world.server.mqtt_address(), &device);
    client.publish_acknowledged(&device.thing("up/property"), br#"{"method":"report","params":{"brightness":1}}"#);
    let problem = bare.problem(&device, "faq-20");
    assert!(evidence(&problem).contains("the product has no thing model yet"), "{problem}");
    bare.cloud.call("ModifyModelDefinition", &json!({"ProductId": bare.product, "ModelSchema": LAMP_MODEL}));
    let ids = |fixture: &Fixture| fixture.problems(&device).iter().any(|problem| problem["Id"] == "faq-20");
    assert!(!ids(&bare), "cured");
}

/// faq-21: latest values are empty because the messages go to another topic: is that topic named?
#[test]
fn faq_21_messages_on_another_topic() {
    let world = World::new(TBOX_MODEL);
    let mut client = world.client();
    let topic = format!("{}/dev001/event", world.device.product);
    client.publish_acknowledged(&topic, br#"{"method":"report","params":{"lac":1}}"#);
    assert!(evidence(&world.problem("faq-21")).contains(&topic));
    let rows = world.fixture.device_log(&world.device, &json!({"Kinds": ["content"]}));
    assert_eq!(rows[0]["Topic"], topic, "the content log still shows it");
    world.report(&mut client, r#"{"lac":1}"#);
    world.is_well();
}

/// faq-21: or they are empty because what was sent is not JSON: the content log still shows it.
#[test]
fn faq_21_messages_that_are_not_json() {
    let world = World::new(TBOX_MODEL);
    let mut client = world.client();
    let broken = r#"{"method":"report","params":{"lac":1}"#;
    client.ask(&world.device.thing("up/property"), broken);
    assert_eq!(world.fixture.latest(&world.device), json!({}), "neither value nor time");
    assert!(evidence(&world.problem("faq-23")).contains("json format illegal"));
    let rows = world.fixture.device_log(&world.device, &json!({"Kinds": ["content"], "Direction": "up"}));
    assert_eq!(rows[0]["Content"], broken);
    world.report(&mut client, r#"{"lac":1}"#);
    assert!(world.fixture.latest(&world.device)["lac"]["LastUpdate"].is_number());
    world.is_well();
}

/// faq-22 to 29: is each refusal named with its evidence, and gone with the next good report?
#[test]
fn faq_22_to_29_refused_reports() {
    let world = World::new(TBOX_MODEL);
    let mut client = world.client();
    let topic = world.device.thing("up/property");
    let report = |rest: &str| format!(r#"{{"method":"report","clientToken":"1",{rest}}}"#);
    for (id, message) in [
        ("faq-22", report(r#""params":{"no_such_property":1}"#)),
        ("faq-23", "{".to_owned()),
        ("faq-24", report(r#""params":{"lac":"str"}"#)),
        ("faq-25", report(r#""params":{"altitude":9999999}"#)),
        ("faq-26", report(r#""params":{"work_mode":3}"#)),
        ("faq-28", report(r#""params":{"work_mode":"0"}"#)),
        ("faq-29", report(r#""timestamp":"2024-05-01 08:00:00","params":{"lac":1}"#)),
    ] {
        let reply = client.ask(&topic, &message);
        let problem = world.problem(id);
        let said = serde_json::from_str::<Value>(&reply)
            .map_or(reply, |reply| reply["status"].as_str().unwrap_or_default().to_owned());
        let shown = problem["Evidence"][0]["Text"].as_str().unwrap_or_default();
        assert!(shown.contains(&said), "{id}: {shown:?} does not say {said:?}");
        assert!(problem["Cure"].as_str().is_some_and(|cure| !cure.is_empty()));
        world.report(&mut client, r#"{"lac":1}"#);
        world.is_well();
    }
}

/// faq-24, 25: does the diagnosis say which value it is, what the device sends and what the model has, how often and since when?
#[test]
fn faq_24_names_the_value_and_what_the_model_says() {
    let world = World::new(TBOX_MODEL);
    let mut client = world.client();
    for params in [r#"{"lac":"str"}"#, r#"{"lac":"x12"}"#, r#"{"str_model":133}"#, r#"{"lac":"more"}"#] {
        world.report(&mut client, params);
    }
    let problem = wait_for("four refused reports", DEADLINE, || {
        let problem = world.problem("faq-24");
        (problem["Count"] == 4).then_some(problem)
    });
    let mistakes = problem["Mistakes"].as_array().expect("a list");
    let said: Vec<_> = mistakes.iter().map(|mistake| (mistake["Text"].as_str(), mistake["Count"].as_u64())).collect();
    let [text, number] =
        ["reports `lac` as text, the model says integer", "reports `str_model` as a number, the model says string"];
    assert_eq!(said, [(Some(text), Some(3)), (Some(number), Some(1))]);
    assert_eq!(mistakes[0]["Value"], r#""more""#, "the newest");
    assert!(mistakes[0]["Since"].as_u64() < mistakes[0]["LastSeen"].as_u64(), "{problem}");
    world.report(&mut client, r#"{"altitude":9999999}"#);
    let mistake = &world.problem("faq-25")["Mistakes"][0];
    assert_eq!(mistake["Text"], "reports `altitude` outside the model's range [-1000,20000], such as 9999999");
}

/// faq-30: is "no report yet" told apart from a refused one?
#[test]
fn faq_30_no_report_yet() {
    let world = World::new(TBOX_MODEL);
    let mut client = world.client();
    assert_eq!(world.problem("faq-30")["Severity"], "info");
    world.report(&mut client, r#"{"altitude":9999999}"#);
    world.problem("faq-25");
    assert!(world.fixture.problems(&world.device).iter().all(|problem| problem["Id"] != "faq-30"));
}

/// faq-31: is a control that reached nobody explained, and forgotten once the device subscribes?
#[test]
fn faq_31_control_without_subscriber() {
    let world = World::new(LAMP_MODEL);
    let mut client = MqttClient::device(world.server.mqtt_address(), &world.device);
    client
        .publish_acknowledged(&world.device.thing("up/property"), br#"{"method":"report","params":{"brightness":1}}"#);
    let mut control = world.device.reference();
    control["Data"] = r#"{"power_switch":1}"#.into();
    world.fixture.cloud.call("ControlDeviceData", &control);
    assert!(evidence(&world.problem("faq-31")).contains("FAIL, no subscriber"));
    client.subscribe(&world.device.thing("down/property"), lianwu_mqtt::QoS::AtMostOnce);
    world.is_well();
}

/// faq-32: do simulated devices report random valid data from their model, so that there is nothing to diagnose?
#[test]
fn faq_32_simulated_devices() {
    let options = ServerOptions { arguments: vec!["--demo".to_owned()], ..ServerOptions::default() };
    let server = Server::start(options);
    let cloud = server.cloud();
    let (product, names) = wait_for("the demo's devices", DEADLINE, || {
        let projects = cloud.call("GetProjectList", &json!({"Offset": 0, "Limit": 10}));
        let project = projects["Projects"][0]["ProjectId"].as_str()?.to_owned();
        let products = cloud.call("GetStudioProductList", &json!({"ProjectId": project}));
        let product = products["Products"][0]["ProductId"].as_str()?.to_owned();
        let devices = cloud.call("GetDeviceList", &json!({"ProductId": product, "Limit": 10, "Offset": 0}));
        let rows = devices["Devices"].as_array()?;
        let names: Vec<_> = rows.iter().filter_map(|row| row["DeviceName"].as_str().map(str::to_owned)).collect();
        (names.len() == 3).then_some((product, names))
    });
    let fixture = Fixture { cloud, project: String::new(), product: product.clone() };
    for name in names {
        let device = Device { product: product.clone(), name, secret: String::new() };
        wait_for("a first report", DEADLINE, || {
            fixture.latest(&device).as_object().is_some_and(|values| !values.is_empty()).then_some(())
        });
        let rows = fixture.device_log(&device, &json!({"Kinds": ["diagnostic"], "Keyword": "FAIL,"}));
        assert_eq!(rows, Vec::<Value>::new(), "every report was valid");
    }
}

/// faq-32: the client tool: as many devices as the file has, each with random data that the model allows.
#[test]
fn faq_32_the_simulator_runs_a_fleet() {
    let world = World::new(LAMP_MODEL);
    let devices: Vec<_> = (0..25).map(|number| world.fixture.device(&format!("fleet-{number:02}"))).collect();
    let lines: Vec<_> = devices.iter().map(|d| format!("{},{},{}", d.product, d.name, d.secret)).collect();
    let (file, model) = (world.server.data().join("fleet.csv"), world.server.data().join("model.json"));
    std::fs::write(&file, lines.join("\n")).expect("write the devices");
    std::fs::write(&model, LAMP_MODEL).expect("write the model");
    let mut command = std::process::Command::new(lianwu_testkit::platform_binary());
    command.args(["simulate", "--interval", "1", "--model"]).arg(&model).arg("--credentials").arg(&file);
    command.arg(world.server.mqtt_address().to_string());
    let _simulator = Running::start("lianwu simulate", &mut command);
    let mut values = std::collections::BTreeSet::new();
    for device in &devices {
        let latest = wait_for("a report of each device", DEADLINE, || {
            let latest = world.fixture.latest(device);
            latest["brightness"]["Value"].is_number().then_some(latest)
        });
        assert!((0..=100).contains(&latest["brightness"]["Value"].as_i64().expect("a number")), "{latest}");
        values.insert(latest["brightness"]["Value"].to_string());
        let refused = world.fixture.device_log(device, &json!({"Kinds": ["diagnostic"], "Keyword": "FAIL,"}));
        assert_eq!(refused, Vec::<Value>::new(), "every report was valid");
    }
    assert!(values.len() > 5, "random values, not always the same: {values:?}");
}

/// faq-44: two clients with one identity: is the ping-pong flagged with both addresses?
#[test]
fn faq_44_ping_pong() {
    let world = World::new(TBOX_MODEL);
    let mut clients: Vec<MqttClient> = Vec::new();
    for _ in 0..4 {
        let mut next = world.client();
        world.report(&mut next, r#"{"lac":1}"#);
        clients.push(next);
    }
    let problem = world.problem("faq-44");
    assert_eq!(problem["Count"], 3);
    assert!(evidence(&problem).contains("clientip 127.0.0.1 <-> 127.0.0.1:"), "{problem}");
}

/// faq-58: is a publish without permission named, with the topic?
#[test]
fn faq_58_publish_without_permission() {
    let world = World::new(TBOX_MODEL);
    let other = world.fixture.device("other");
    let mut client = world.client();
    world.report(&mut client, r#"{"lac":1}"#);
    client.publish_acknowledged(&other.thing("up/property"), b"{}");
    assert!(evidence(&world.problem("faq-58")).contains(&other.thing("up/property")));
    world.report(&mut client, r#"{"lac":1}"#);
    world.is_well();
}

/// faq-56, on the command line: does `lianwu diagnose` print cause and cure, in both languages and as JSON?
#[test]
fn faq_56_on_the_command_line() {
    let world = World::new(TBOX_MODEL);
    let mut client = world.server.mqtt();
    let stranger = Device { secret: "AAECAwQFBgcICQoLDA0ODw==".to_owned(), ..world.device.clone() };
    client.send_connect(&stranger.credentials(lianwu_testkit::Method::HmacSha256));
    client.expect(&lianwu_testkit::Received::ConnAck(4));
    world.problem("faq-56");
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(lianwu_testkit::platform_binary());
        command.arg("diagnose").arg("--first-run").arg(world.server.first_run_path());
        command.arg(format!("{}/dev001", world.device.product)).args(arguments);
        lianwu_testkit::run_text("lianwu diagnose", &mut command, "").stdout
    };
    let english = run(&[]);
    assert!(english.starts_with("[error] The signature does not fit the secret"), "{english}");
    assert!(english.contains("FAIL, hmac sign error"), "{english}");
    assert!(run(&["--language", "zh"]).starts_with("[error] 密钥签名不匹配"));
    let json: Value = serde_json::from_str(&run(&["--json"])).expect("JSON");
    assert_eq!(json["Problems"][0]["Id"], "faq-56");
}
