//! Limits as shipped: what is refused, in which words, and that nothing acknowledged is dropped for them.

use lianwu_testkit::{
    COUNTER_MODEL, DEADLINE, Device, Fixture, LAMP_MODEL, Ledger, Load, Method, MqttClient, Received, Server,
    ServerOptions, assert_nothing_lost, fail, wait_for,
};
use serde_json::json;

fn counter(number: u64) -> Vec<u8> {
    json!({"method": "report", "clientToken": number.to_string(), "params": {"n": number}}).to_string().into_bytes()
}

/// What is over a rate is told after a second, not ten.
fn telling_soon() -> ServerOptions {
    ServerOptions::default().set("LIANWU__SERVER__RATE_WINDOW", "1")
}

/// Does a device somewhat over its rate wait, and get every report stored and acknowledged?
#[test]
fn a_device_over_its_rate_waits() {
    let server = Server::start(ServerOptions::default().set("LIANWU__LIMITS__DEVICE_UP_TPS", "20"));
    let fixture = Fixture::new(&server, COUNTER_MODEL);
    let device = fixture.device("eager");
    let mut client = MqttClient::device(server.mqtt_address(), &device);
    let mut ledger = Ledger::default();
    // A second's worth is free; the rest must wait, and is never more than a second's worth at a time.
    for burst in [20_u64, 10, 10] {
        let ids: Vec<_> = (0..burst)
            .map(|offset| {
                let number = ledger.next + offset;
                client.publish_qos1(&device.thing("up/property"), &counter(number))
            })
            .collect();
        for id in ids {
            client.expect(&Received::PubAck(id));
            ledger.acknowledged.push(ledger.next);
            ledger.next += 1;
        }
    }
    assert_eq!(assert_nothing_lost(&fixture, &[device], &[ledger]), 40);
}

/// Is a device far over its rate closed, with everything that was acknowledged in the history?
#[test]
fn a_device_far_over_its_rate_is_closed() {
    let server = Server::start(ServerOptions::default().set("LIANWU__LIMITS__DEVICE_UP_TPS", "20"));
    let fixture = Fixture::new(&server, COUNTER_MODEL);
    let device = fixture.device("flooding");
    let mut client = MqttClient::device(server.mqtt_address(), &device);
    let mut ledger = Ledger::default();
    while ledger.next < 5_000 && client.try_publish_qos1(&device.thing("up/property"), &counter(ledger.next)).is_ok() {
        ledger.next += 1;
    }
    // Packet ids start at 1, so the report of an acknowledgement is one less.
    while let Some(packet) = client.next_or_end(DEADLINE).expect("an end in time") {
        let Received::PubAck(id) = packet else { fail(format!("unexpected {packet:?}")) };
        ledger.acknowledged.push(u64::from(id) - 1);
    }
    eprintln!("{} sent, {} acknowledged before the connection was closed", ledger.next, ledger.acknowledged.len());
    assert!(ledger.acknowledged.len() < 5_000, "the limit did nothing");
    assert_nothing_lost(&fixture, &[device], &[ledger]);
}

/// Is a device that signs in too often told to come later, and only that device, whichever worker it belongs to?
#[test]
fn signing_in_too_often() {
    // A CONNECT that arrives on one worker is refused by another; its answer was lost on the way once.
    let options =
        ServerOptions::default().set("LIANWU__LIMITS__DEVICE_CONNECTS_PER_5S", "1").set("LIANWU__SERVER__WORKERS", "4");
    let server = Server::start(options);
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let devices: Vec<_> = (0..8).map(|number| fixture.device(&format!("restless-{number}"))).collect();
    for device in &devices {
        drop(MqttClient::device(server.mqtt_address(), device));
        let mut again = server.mqtt();
        again.send_connect(&device.credentials(Method::HmacSha1));
        again.expect_bytes_then_close(&[0x20, 2, 0, 3]);
    }
    wait_for("a device to be let in again", DEADLINE, || {
        let mut client = server.mqtt();
        client.send_connect(&devices[0].credentials(Method::HmacSha1));
        match client.next_or_end(DEADLINE).expect("an answer") {
            Some(Received::ConnAck(0)) => Some(()),
            Some(Received::ConnAck(3)) => None,
            other => fail(format!("a device that came back later got {other:?}")),
        }
    });
}

/// Is the cloud told when it sends a device more than it may get, while another device is served?
#[test]
fn messages_to_one_device_per_second() {
    let server = Server::start(ServerOptions::default().set("LIANWU__LIMITS__DEVICE_DOWN_TPS", "5"));
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let (busy, calm) = (fixture.device("busy"), fixture.device("calm"));
    let mut client = MqttClient::subscribed(server.mqtt_address(), &busy);
    let control = |device: &Device| {
        let mut request = device.reference();
        request["Data"] = "{\"brightness\":1}".into();
        fixture.cloud.try_call("ControlDeviceData", &request)
    };
    let mut sent = 0;
    let refused = wait_for("a control to be refused for its rate", DEADLINE, || match control(&busy) {
        Ok(_) => {
            sent += 1;
            None
        }
        Err(failure) => Some(failure),
    });
    assert_eq!(refused.code, "RequestLimitExceeded", "{}", refused.message);
    assert!(control(&calm).is_ok());
    assert!(sent >= 5, "a second's worth passes: {sent}");
    for _ in 0..sent {
        assert_eq!(client.next_json()["method"], "control");
    }
    client.expect_nothing();
}

/// Do devices that are together above the rate of the instance wait, without being closed and without losing anything?
#[test]
fn messages_of_the_instance_per_second() {
    let server = Server::start(ServerOptions::default().set("LIANWU__LIMITS__INSTANCE_TPS", "100"));
    let fixture = Fixture::new(&server, COUNTER_MODEL);
    let devices: Vec<_> = (0..4).map(|number| fixture.device(&format!("member-{number}"))).collect();
    let load = Load::start(server.mqtt_address(), &devices, vec![Ledger::default(); devices.len()]);
    load.wait_for_acknowledged(400);
    let ledgers = load.stop();
    for ledger in &ledgers {
        let acknowledged = ledger.acknowledged.iter().max().map_or(0, |last| last + 1);
        assert_eq!(acknowledged, ledger.next, "every report of a device that stays within its window is answered");
    }
    assert_nothing_lost(&fixture, &devices, &ledgers);
}

/// What the device's diagnostic log counts for this limit by now.
fn counted(fixture: &Fixture, device: &Device, key: &str) -> u64 {
    let lines = fixture.diagnostics(device, "rate%20limited");
    let about = lines.iter().filter(|line| line["Result"].as_str().is_some_and(|text| text.ends_with(key)));
    about.filter_map(|line| line["Content"].as_str()?.rsplit(':').next()?.parse::<u64>().ok()).sum()
}

/// Waits for the first line about this limit.
#[track_caller]
fn told(fixture: &Fixture, device: &Device, key: &str) -> u64 {
    wait_for(key, DEADLINE, || Some(counted(fixture, device, key)).filter(|count| *count > 0))
}

/// A row of `DescribeLimits`.
#[track_caller]
fn limit(fixture: &Fixture, name: &str) -> serde_json::Value {
    let rows = fixture.cloud.call_own("DescribeLimits", &json!({}))["Limits"].clone();
    let found = rows.as_array().into_iter().flatten().find(|row| row["Name"] == name).cloned();
    found.unwrap_or_else(|| fail(format!("no limit {name}")))
}

/// Do devices of a product over its rate wait, without losing anything, while another product is served at once; and are they
/// told, and is the use shown?
#[test]
fn messages_of_a_product_per_second() {
    let server = Server::start(telling_soon().set("LIANWU__LIMITS__PRODUCT_UP_TPS", "10"));
    let fixture = Fixture::new(&server, COUNTER_MODEL);
    let devices = [fixture.device("one"), fixture.device("two")];
    let other = Fixture::new(&server, COUNTER_MODEL);
    let calm = other.device("calm");
    let mut ledgers = vec![Ledger::default(); 2];
    let mut clients: Vec<_> = devices.iter().map(|d| MqttClient::device(server.mqtt_address(), d)).collect();
    let mut calm_client = MqttClient::device(server.mqtt_address(), &calm);
    for number in 0..9 {
        for ((client, device), ledger) in clients.iter_mut().zip(&devices).zip(&mut ledgers) {
            client.publish_qos1(&device.thing("up/property"), &counter(number));
            ledger.next += 1;
        }
    }
    calm_client.publish_acknowledged(&calm.thing("up/property"), &counter(0));
    let used = limit(&fixture, "ProductUpRate");
    assert_eq!((&used["Value"], &used["Setting"]), (&json!(10), &json!("limits.product_up_tps")));
    assert_eq!(used["Counted"], true, "{used}");
    for (client, ledger) in clients.iter_mut().zip(&mut ledgers) {
        for id in 1..=9 {
            client.expect(&Received::PubAck(id));
            ledger.acknowledged.push(u64::from(id) - 1);
        }
    }
    assert_eq!(assert_nothing_lost(&fixture, &devices, &ledgers), 18);
    // Which of the two had to wait is decided by who was read first.
    let waited = wait_for("the waiting to be told", DEADLINE, || {
        let counts = devices.iter().map(|device| counted(&fixture, device, "see limits.product_up_tps"));
        Some(counts.sum::<u64>()).filter(|sum| *sum > 0)
    });
    assert!((1..=8).contains(&waited), "ten of eighteen are free: {waited}");
    assert_eq!(other.diagnostics(&calm, "rate%20limited").len(), 0);
}

/// Are messages over the rate of the instance told as well, though nobody is closed for them?
#[test]
fn waiting_for_the_instance_is_told() {
    let server = Server::start(telling_soon().set("LIANWU__LIMITS__INSTANCE_TPS", "5"));
    let fixture = Fixture::new(&server, COUNTER_MODEL);
    let device = fixture.device("eager");
    let mut client = MqttClient::device(server.mqtt_address(), &device);
    for number in 0..9 {
        client.publish_qos1(&device.thing("up/property"), &counter(number));
    }
    for id in 1..=9 {
        client.expect(&Received::PubAck(id));
    }
    let waited = told(&fixture, &device, "see limits.instance_tps");
    assert!((1..=4).contains(&waited), "five of nine are free: {waited}");
}

/// Is the cloud told when it sends a product, or all devices, more than they may get; is each device told how many were refused?
#[test]
fn messages_to_a_product_and_to_all_per_second() {
    for (setting, key, name) in [
        ("LIANWU__LIMITS__PRODUCT_DOWN_TPS", "limits.product_down_tps", "ProductDownRate"),
        ("LIANWU__LIMITS__INSTANCE_DOWN_TPS", "limits.instance_down_tps", "InstanceDownRate"),
    ] {
        let server = Server::start(telling_soon().set(setting, "4"));
        let fixture = Fixture::new(&server, LAMP_MODEL);
        let (one, two) = (fixture.device("one"), fixture.device("two"));
        let control = |device: &Device| {
            let mut request = device.reference();
            request["Data"] = "{\"brightness\":1}".into();
            fixture.cloud.try_call("ControlDeviceData", &request)
        };
        let mut refused = 0;
        let failure = wait_for("a control to be refused", DEADLINE, || {
            let outcomes = [control(&one), control(&two)];
            refused += outcomes.iter().filter(|outcome| outcome.is_err()).count() as u64;
            outcomes.into_iter().find_map(Result::err)
        });
        assert_eq!(failure.code, "RequestLimitExceeded");
        assert!(failure.message.contains(key), "{}", failure.message);
        assert_eq!((&limit(&fixture, name)["Value"], &limit(&fixture, name)["Counted"]), (&json!(4), &json!(true)));
        let lines = |device: &Device| counted(&fixture, device, key);
        wait_for("each refusal to be counted", DEADLINE, || (lines(&one) + lines(&two) == refused).then_some(()));
    }
}

/// Are sign-ins over the rate of the instance refused so that the device comes back, and told to its owner with their number?
#[test]
fn sign_ins_of_all_devices_per_second() {
    let server = Server::start(telling_soon().set("LIANWU__LIMITS__INSTANCE_CONNECTS_PER_S", "2"));
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let devices: Vec<_> = (0..12).map(|number| fixture.device(&format!("returning-{number}"))).collect();
    let mut refused = vec![0; devices.len()];
    let mut inside = Vec::new();
    for (at, device) in devices.iter().enumerate() {
        inside.push(wait_for("a sign-in", DEADLINE, || {
            let mut client = server.mqtt();
            client.send_connect(&device.credentials(Method::HmacSha256));
            match client.next_or_end(DEADLINE).expect("an answer") {
                Some(Received::ConnAck(0)) => Some(client),
                Some(Received::ConnAck(3)) => {
                    refused[at] += 1;
                    None
                }
                other => fail(format!("{other:?}")),
            }
        }));
    }
    let most = (0..devices.len()).max_by_key(|at| refused[*at]).expect("devices");
    assert!(refused[most] > 0, "the limit did nothing");
    assert!(told(&fixture, &devices[most], "see limits.instance_connects_per_s") > 0);
    assert_eq!(limit(&fixture, "InstanceSignIns")["Value"], 2);
}

/// Do the quotas of the cloud API have the vendor's codes?
#[test]
fn quotas_of_the_cloud_api() {
    let options = ServerOptions::default()
        .set("LIANWU__LIMITS__DEV_PRODUCT_DEVICES", "2")
        .set("LIANWU__LIMITS__PROJECTS", "2")
        .set("LIANWU__LIMITS__PRODUCTS", "1");
    let server = Server::start(options);
    let fixture = Fixture::new(&server, LAMP_MODEL);
    drop((fixture.device("one"), fixture.device("two")));
    let cloud = &fixture.cloud;
    let device = cloud.call_refused("CreateDevice", &json!({"ProductId": fixture.product, "DeviceName": "three"}));
    assert_eq!(device.code, "LimitExceeded.DeviceExceedLimit", "{}", device.message);
    cloud.call("CreateProject", &json!({"ProjectName": "second", "ProjectDesc": ""}));
    let project = cloud.call_refused("CreateProject", &json!({"ProjectName": "third", "ProjectDesc": ""}));
    assert_eq!(project.code, "LimitExceeded.ProjectExceedLimit", "{}", project.message);
    let product = json!({"ProjectId": fixture.project, "ProductName": "second", "ProductDesc": "", "CategoryId": 1,
                         "ProductType": 0, "EncryptionType": "2", "NetType": "wifi", "DataProtocol": 1});
    let product = cloud.call_refused("CreateStudioProduct", &product);
    assert_eq!(product.code, "LimitExceeded.StudioProductExceedLimit", "{}", product.message);
}

/// Is a caller over the documented rate of an operation told so, while another operation is served?
#[test]
fn calls_per_second() {
    let server = Server::start(ServerOptions::default().set("LIANWU__LIMITS__API_TPS", "1"));
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let list = json!({"ProductId": fixture.product});
    let refused = wait_for("a call to be refused for its rate", DEADLINE, || {
        fixture.cloud.try_call("GetDeviceList", &list).err()
    });
    assert_eq!(refused.code, "RequestLimitExceeded", "{}", refused.message);
    fixture.cloud.call("DescribeStudioProduct", &list);
}
