//! Fleets that the platform plays itself, over its own port.

use std::time::Duration;

use lianwu_testkit::{DEADLINE, Device, Fixture, LAMP_MODEL, Server, ServerOptions, wait_for};
use serde_json::{Value, json};

const VERSION: &str = "2026-11-01";

/// Source: the fixed outside face, "exit 0 within 10 s".
const STOP_MAX: Duration = Duration::from_secs(10);

fn only(fixture: &Fixture) -> Value {
    let listed = fixture.cloud.call_own("ListSimulations", &json!({}));
    assert_eq!(listed["Simulations"].as_array().map(Vec::len), Some(1), "{listed}");
    listed["Simulations"][0].clone()
}

/// Is a played device one like any other: online, reporting, obeying, answering, diagnosed? Does the fleet end with the
/// platform, in time, and stay ended?
#[test]
fn a_fleet_lives_and_ends_with_the_platform() {
    let mut server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let start = json!({"ProductId": fixture.product, "DeviceCount": 20, "NamePrefix": "sim", "CreateMissing": true,
        "IntervalSeconds": 1, "FaultPercent": 50});
    fixture.cloud.call_own("StartSimulation", &start);
    wait_for("20 devices to be online", DEADLINE, || (only(&fixture)["Online"] == 20).then_some(()));
    wait_for("reports, some of them refused", DEADLINE, || {
        let now = only(&fixture);
        let some = |field: &str| now[field].as_u64().unwrap_or(0) > 0;
        (some("Accepted") && some("Refused")).then_some(())
    });
    let lamp = Device { product: fixture.product.clone(), name: "sim-7".to_owned(), secret: String::new() };
    let control = json!({"ProductId": lamp.product, "DeviceName": lamp.name, "Data": "{\"brightness\":33}"});
    fixture.cloud.call("ControlDeviceData", &control);
    wait_for("the device to do it", DEADLINE, || (fixture.latest(&lamp)["brightness"]["Value"] == 33).then_some(()));
    assert!(only(&fixture)["Controls"].as_u64().unwrap() >= 1);
    wait_for("a wrong value to be diagnosed", DEADLINE, || {
        let problems = fixture.problems(&lamp);
        problems.iter().any(|problem| problem.to_string().contains("406")).then_some(())
    });

    let stopped = server.stop();
    assert!(stopped.status.success() && stopped.after < STOP_MAX, "{stopped:?}\n{}", server.log());
    server.restart();
    let fixture = Fixture { cloud: server.cloud(), ..fixture };
    let listed = fixture.cloud.call_own("ListSimulations", &json!({}));
    assert_eq!((&listed["Simulations"], &listed["DevicesUsed"]), (&json!([]), &json!(0)));
    let described = fixture.cloud.call("DescribeDevice", &lamp.reference());
    assert_eq!(described["Device"]["Status"], 0, "it is there and offline");

    // The devices are there now: nothing has to be made for a second fleet, and a stop says goodbye to all.
    let again = json!({"ProductId": fixture.product, "DeviceCount": 20, "NamePrefix": "sim-"});
    let started = fixture.cloud.call_own("StartSimulation", &again)["Simulation"].clone();
    assert_eq!(started["Created"], 0);
    wait_for("20 devices to be online", DEADLINE * 2, || (only(&fixture)["Online"] == 20).then_some(()));
    let stop = json!({"ProductId": fixture.product, "SimulationId": started["SimulationId"]});
    fixture.cloud.call_own("StopSimulation", &stop);
    wait_for("the devices to be offline", DEADLINE, || {
        let described = fixture.cloud.call("DescribeDevice", &lamp.reference());
        (described["Device"]["Status"] == 0).then_some(())
    });
    let written =
        fixture.cloud.call_own("ListAuditLog", &json!({"MinTime": 0, "MaxTime": u64::MAX / 2, "WritesOnly": true}));
    let rows = written["Entries"].as_array().unwrap();
    for operation in ["StartSimulation", "StopSimulation"] {
        assert!(
            rows.iter().any(|row| row["Operation"] == operation && row["Code"] == "OK"),
            "no {operation}: {written}"
        );
    }
}

/// Is there no simulator where the operator wants none, or where devices have no port?
#[test]
fn the_simulator_can_be_switched_off() {
    for (name, value) in [("LIANWU__LIMITS__SIMULATOR_DEVICES", "0"), ("LIANWU__LISTEN__MQTT", "")] {
        let server = Server::start(ServerOptions::default().set(name, value));
        let fixture = Fixture::new(&server, LAMP_MODEL);
        let start = json!({"ProductId": fixture.product, "DeviceCount": 1, "NamePrefix": "sim", "CreateMissing": true});
        let refused = fixture.cloud.try_call_of(VERSION, "StartSimulation", &start).expect_err("refused");
        assert_eq!(refused.code, "UnsupportedOperation", "{}", refused.message);
        assert!(refused.message.contains("limits.simulator_devices"), "{}", refused.message);
    }
}
