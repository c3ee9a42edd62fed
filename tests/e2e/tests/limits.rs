//! Limits as shipped: what is refused, in which words, and that nothing acknowledged is dropped for them.

use lianwu_testkit::{
    COUNTER_MODEL, DEADLINE, Device, Fixture, LAMP_MODEL, Ledger, Load, Method, MqttClient, Received, Server,
    ServerOptions, assert_nothing_lost, fail, wait_for,
};
use serde_json::json;

fn counter(number: u64) -> Vec<u8> {
    json!({"method": "report", "clientToken": number.to_string(), "params": {"n": number}}).to_string().into_bytes()
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
