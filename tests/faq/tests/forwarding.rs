//! What devices send, in a system of one's own.

use std::collections::HashMap;

use lianwu_mqtt::QoS;
use lianwu_testkit::{Fixture, LAMP_MODEL, MqttClient, Received, Server, ServerOptions, backend_credentials};
use serde_json::{Value, json};

/// faq-27: does my program get what all devices report, in order for each device, none missing, while they report at once?
#[test]
fn faq_27_reports_reach_my_own_system_in_order() {
    const REPORTS: u64 = 100;
    let server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let mut program = server.mqtt();
    program.send_connect(&backend_credentials(&server, "my-system"));
    program.expect(&Received::ConnAck(0));
    let filter = format!("$thing/up/+/{}/+", fixture.product);
    assert_eq!(program.subscribe(&filter, QoS::AtLeastOnce), 1);
    let devices: Vec<_> = (0..5).map(|number| fixture.device(&format!("light-{number}"))).collect();
    let address = server.mqtt_address();
    let senders: Vec<_> = devices
        .iter()
        .map(|device| {
            let device = device.clone();
            std::thread::spawn(move || {
                let mut client = MqttClient::device(address, &device);
                for number in 0..REPORTS {
                    let params = json!({"brightness": number});
                    let report = json!({"method": "report", "clientToken": number.to_string(), "params": params});
                    client.publish_acknowledged(&device.thing("up/property"), report.to_string().as_bytes());
                }
                let event = json!({"method": "event_post", "clientToken": "e", "version": "1.0", "timestamp": 0,
                                   "eventId": "low_voltage", "type": "alert", "params": {"voltage": 2.8}});
                client.publish_acknowledged(&device.thing("up/event"), event.to_string().as_bytes());
            })
        })
        .collect();
    let mut next: HashMap<String, u64> = HashMap::new();
    let mut events = 0;
    while events < devices.len() {
        let (topic, payload) = program.next_message();
        let message: Value = serde_json::from_str(&payload).expect("as the device sent it");
        let device = topic.rsplit('/').next().expect("a device").to_owned();
        let number = next.entry(device).or_default();
        if topic.starts_with("$thing/up/event/") {
            assert_eq!(*number, REPORTS, "the event was last: {topic}");
            events += 1;
            continue;
        }
        assert_eq!(message["params"]["brightness"], json!(*number), "{topic}");
        *number += 1;
    }
    for sender in senders {
        sender.join().expect("the device");
    }
    assert_eq!(next.len(), devices.len());
}

/// faq-27: and who came and who went?
#[test]
fn faq_27_online_and_offline_reach_my_own_system() {
    let server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let device = fixture.device("light-1");
    let mut program = server.mqtt();
    program.send_connect(&backend_credentials(&server, "my-system"));
    program.expect(&Received::ConnAck(0));
    let filter = format!("$lianwu/presence/device/{}/+", fixture.product);
    assert_eq!(program.subscribe(&filter, QoS::AtLeastOnce), 1);
    for (ends, reason) in [(true, "REASON_DEVICE_DISCONNECT"), (false, "REASON_KICKED")] {
        let mut client = MqttClient::device(server.mqtt_address(), &device);
        let said = program.next_json();
        assert_eq!((&said["Event"], &said["DeviceName"]), (&json!("Online"), &json!("light-1")));
        let _later = if ends {
            client.send_raw(&[0xE0, 0]);
            None
        } else {
            Some(MqttClient::device(server.mqtt_address(), &device))
        };
        let said = program.next_json();
        assert_eq!((&said["Event"], &said["Reason"]), (&json!("Offline"), &json!(reason)), "{said}");
    }
}
