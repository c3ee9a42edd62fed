//! `lianwu replay` between two servers: is the history there afterwards the one that was recorded?

use std::path::Path;
use std::process::Command;

use lianwu_mqtt::QoS;
use lianwu_testkit::{
    Device, Finished, Fixture, MqttClient, Server, ServerOptions, TBOX_MODEL, now_ms, platform_binary, run_text,
};
use serde_json::Value;
use tempfile::TempDir;

const NAMES: [&str; 3] = ["box1", "box2", "box3"];
const REPORTS: u64 = 1_000;

/// A server with a product of three devices.
struct Site {
    server: Server,
    fixture: Fixture,
    devices: Vec<Device>,
}

impl Site {
    fn new() -> Self {
        let server = Server::start(ServerOptions::default());
        let fixture = Fixture::new(&server, TBOX_MODEL);
        let devices = NAMES.iter().map(|name| fixture.device(name)).collect();
        Self { server, fixture, devices }
    }

    /// A thousand reports of three devices: half of them say when they were measured, an hour ago.
    fn record(&self) {
        let mut clients: Vec<_> =
            self.devices.iter().map(|device| MqttClient::subscribed(self.server.mqtt_address(), device)).collect();
        let hour_ago = now_ms() - 3_600_000;
        for number in 0..REPORTS {
            let at = usize::try_from(number % 3).expect("small");
            let time =
                if number % 2 == 0 { format!(r#""timestamp":{},"#, hour_ago + number * 1_000) } else { String::new() };
            let report = format!(r#"{{"method":"report","clientToken":"{number}",{time}"params":{{"lac":{number}}}}}"#);
            let reply = clients[at].ask(&self.devices[at].thing("up/property"), &report);
            assert!(reply.contains(r#""code":0"#), "{reply}");
        }
        // Two samples in one message, one of them without a time.
        let packed = format!(
            r#"{{"method":"pack_report","clientToken":"p","params":[{{"timestamp":{hour_ago},"properties":{{"lac":5001}}}},{{"properties":{{"lac":5002}}}}]}}"#
        );
        let reply = clients[1].ask(&self.devices[1].thing("up/property"), &packed);
        assert!(reply.contains(r#""code":0"#), "{reply}");
        // What must not be replayed: a refused report, and a message towards a device.
        let refused = r#"{"method":"report","clientToken":"x","params":{"lac":"no"}}"#;
        assert!(clients[0].ask(&self.devices[0].thing("up/property"), refused).contains("406"));
        let mut control = self.devices[0].reference();
        control["Data"] = r#"{"win_switch":1}"#.into();
        self.fixture.cloud.call("ControlDeviceData", &control);
    }

    /// Runs `lianwu replay` on the messages of this site.
    fn replay(&self, arguments: &[&str]) -> Finished {
        let mut command = Command::new(platform_binary());
        command.args(["replay", &self.fixture.product, "--from", "-1h"]).args(arguments);
        command.arg("--first-run").arg(self.server.first_run_path());
        run_text("lianwu replay", &mut command, "")
    }

    fn histories(&self) -> Vec<Vec<(u64, String)>> {
        self.devices.iter().map(|device| self.fixture.history(device, "lac")).collect()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary folder has a readable name")
}

/// Are a thousand reports of three devices on a second server what they were on the first?
#[test]
fn histories_are_equal_after_a_replay() {
    let (from, to) = (Site::new(), Site::new());
    from.record();
    let address = to.server.mqtt_address().to_string();
    let first_run = to.server.first_run_path();
    let finished = from.replay(&[
        "--to-server",
        &address,
        "--to-product",
        &to.fixture.product,
        "--to-first-run",
        text(&first_run),
    ]);
    finished.succeeded();
    assert!(finished.stderr.contains("1001 messages sent and accepted"), "{}", finished.stderr);
    let expected = from.histories();
    assert_eq!(expected.iter().map(Vec::len).sum::<usize>(), 1_002);
    assert_eq!(to.histories(), expected);

    // A device of the second server hears nothing of the control that went to it on the first.
    let mut client = MqttClient::device(to.server.mqtt_address(), &to.devices[0]);
    assert_eq!(client.subscribe(&to.devices[0].thing("down/property"), QoS::AtLeastOnce), 1);
    client.expect_nothing();
}

/// Does a file hold the window, and can it be replayed in two parts?
#[test]
fn a_file_is_replayed_from_a_position() {
    let (from, to) = (Site::new(), Site::new());
    from.record();
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("window.jsonl");
    from.replay(&["--out", text(&file)]).succeeded();
    let lines: Vec<Value> = std::fs::read_to_string(&file)
        .expect("the file was written")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect();
    let count = |direction: &str| lines.iter().filter(|line| line["Direction"] == direction).count();
    assert_eq!((count("up"), count("down")), (1_002, 1), "reports, packed ones, the refused one, the control");
    assert_ne!(from.replay(&["--out", text(&file)]).code, Some(0), "an existing file is not overwritten");

    let credentials = folder.path().join("devices.csv");
    let rows: Vec<_> = to.devices.iter().map(|d| format!("{},{},{}\n", d.product, d.name, d.secret)).collect();
    std::fs::write(&credentials, rows.concat()).expect("write the credentials");
    let middle = lines[499]["Position"].as_str().expect("a position").to_owned();
    let address = to.server.mqtt_address().to_string();
    let finished = from.replay(&[
        "--file",
        text(&file),
        "--after",
        &middle,
        "--to-server",
        &address,
        "--to-product",
        &to.fixture.product,
        "--credentials",
        text(&credentials),
    ]);
    finished.succeeded();
    assert!(finished.stderr.starts_with("501 messages sent and accepted, last position "), "{}", finished.stderr);
    for (whole, half) in from.histories().iter().zip(to.histories()) {
        let is_late = |row: &&(u64, String)| row.1.parse::<u64>().is_ok_and(|number| number >= 500);
        assert_eq!(half, whole.iter().filter(is_late).cloned().collect::<Vec<_>>());
    }
}

/// Is one device shown as text, and a server that refuses named?
#[test]
fn one_device_on_the_terminal() {
    let site = Site::new();
    let mut client = MqttClient::subscribed(site.server.mqtt_address(), &site.devices[1]);
    let report = r#"{"method":"report","clientToken":"1","params":{"lac":7}}"#;
    client.ask(&site.devices[1].thing("up/property"), report);
    let what = format!("{}/box2", site.fixture.product);
    let mut command = Command::new(platform_binary());
    command.arg("replay").arg(&what).arg("--first-run").arg(site.server.first_run_path());
    let shown = run_text("lianwu replay", &mut command, "");
    shown.succeeded();
    assert_eq!(shown.stdout.lines().count(), 1, "{}", shown.stdout);
    assert!(shown.stdout.contains(&what) && shown.stdout.trim_end().ends_with(report), "{}", shown.stdout);
    assert!(shown.stderr.contains("1 messages, last position "), "{}", shown.stderr);
}
