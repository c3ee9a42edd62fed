//! Promise 1: nothing acknowledged is lost by `kill -9`.

use std::collections::HashSet;
use std::sync::mpsc::channel;
use std::time::Duration;

use lianwu_testkit::{
    COUNTER_MODEL, DEADLINE, Fixture, Ledger, Load, MqttClient, Server, ServerOptions, assert_nothing_lost,
};
use serde_json::json;

/// Longest start after a crash, the reading of the log's tail included. The promise of the documentation.
const REOPEN_MAX: Duration = Duration::from_secs(5);

/// Rounds in an ordinary run; `LIANWU_CRASH_ROUNDS=50` for the whole proof.
const ROUNDS: u64 = 5;

const DEVICES: usize = 4;

/// Is every acknowledged report in the history after many crashes under load, with segments that change often?
#[test]
fn killed_under_load_again_and_again() {
    let rounds = std::env::var("LIANWU_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let options = ServerOptions::default()
        .set("LIANWU__LOG__SEGMENT_BYTES", "1048576")
        .set("LIANWU__READINGS__TAIL_BYTES_MAX", "262144");
    let mut server = Server::start(options);
    let fixture = Fixture::new(&server, COUNTER_MODEL);
    let devices: Vec<_> = (0..DEVICES).map(|number| fixture.device(&format!("counter-{number}"))).collect();
    let mut ledgers = vec![Ledger::default(); DEVICES];
    let mut slowest = Duration::ZERO;
    for round in 0..rounds {
        let load = Load::start(server.mqtt_address(), &devices, ledgers);
        // Another place in the load, and in the segment, each time.
        load.wait_for_acknowledged(400 + round * 37 % 500);
        server.kill();
        ledgers = load.ended();
        server.restart();
        slowest = slowest.max(server.ready_after);
        eprintln!("round {round}: ready after {:?}", server.ready_after);
        assert!(server.ready_after < REOPEN_MAX, "ready after {:?}, promised {REOPEN_MAX:?}", server.ready_after);
    }
    let fixture = Fixture { cloud: server.cloud(), ..fixture };
    let found = assert_nothing_lost(&fixture, &devices, &ledgers);
    // A report has two acknowledgements: PUBACK and reply.
    let distinct = |ledger: &Ledger| ledger.acknowledged.iter().collect::<HashSet<_>>().len();
    let acknowledged: usize = ledgers.iter().map(distinct).sum();
    eprintln!("{rounds} crashes, {acknowledged} reports acknowledged, {found} found, slowest start {slowest:?}");
    assert!(acknowledged > 0);
}

/// Do latest values survive a crash, and can the same devices go on reporting?
#[test]
fn latest_values_survive_a_crash() {
    let mut server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, COUNTER_MODEL);
    let devices = [fixture.device("counter")];
    let load = Load::start(server.mqtt_address(), &devices, vec![Ledger::default()]);
    load.wait_for_acknowledged(100);
    let ledgers = load.stop();
    let before = fixture.latest(&devices[0]);
    server.kill();
    server.restart();
    let fixture = Fixture { cloud: server.cloud(), ..fixture };
    assert_eq!(fixture.latest(&devices[0]), before);
    let load = Load::start(server.mqtt_address(), &devices, ledgers);
    load.wait_for_acknowledged(100);
    let ledgers = load.stop();
    assert_nothing_lost(&fixture, &devices, &ledgers);
}

/// Are devices found by the firmware they named, after a crash as before?
#[test]
fn firmware_is_found_after_a_crash() {
    let mut server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, COUNTER_MODEL);
    for (name, version) in [("old-1", "1.0"), ("old-2", "1.0"), ("new-1", "1.1"), ("silent", "")] {
        let device = fixture.device(name);
        let mut client = MqttClient::subscribed(server.mqtt_address(), &device);
        let info = format!(r#"{{"method":"report_info","clientToken":"1","params":{{"fw_ver":"{version}"}}}}"#);
        assert!(client.ask(&device.thing("up/property"), &info).contains(r#""code":0"#));
    }
    for round in 0..2 {
        let cloud = server.cloud();
        let found = |version: &str| {
            let listed =
                cloud.call("GetDeviceList", &json!({"ProductId": fixture.product, "FirmwareVersion": version}));
            let rows = listed["Devices"].as_array().cloned().unwrap_or_default();
            assert_eq!(listed["Total"], rows.len(), "{listed}");
            rows.iter().map(|row| row["DeviceName"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(found("1.0"), ["old-2", "old-1"], "round {round}");
        assert_eq!(found("1.1"), ["new-1"]);
        assert_eq!(found("None-FirmwareVersion"), ["silent"]);
        assert_eq!(found("2.0"), Vec::<String>::new());
        server.kill();
        server.restart();
    }
}

/// Is every device whose creation was answered there after a crash, with the secret that was given out?
#[test]
fn answered_registrations_survive_a_crash() {
    let mut server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, COUNTER_MODEL);
    let (created, count) = channel();
    let registering = fixture.clone();
    // Runs until the server is gone; a call without an answer ends the thread in a panic, which is expected.
    let thread = std::thread::spawn(move || {
        for number in 0.. {
            let device = registering.device(&format!("device-{number}"));
            if created.send(device).is_err() {
                return;
            }
        }
    });
    let mut devices: Vec<_> = (0..50).map(|_| count.recv_timeout(DEADLINE).expect("a device in time")).collect();
    server.kill();
    drop(thread.join());
    devices.extend(count.try_iter());
    server.restart();
    let cloud = server.cloud();
    for device in &devices {
        let described = cloud.call("DescribeDevice", &device.reference());
        assert_eq!(described["Device"]["DevicePsk"], device.secret);
    }
    drop(MqttClient::device(server.mqtt_address(), &devices[devices.len() - 1]));
}
