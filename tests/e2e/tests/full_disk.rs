//! Promise 1 again: a full disk refuses, it does not corrupt.

use std::path::{Path, PathBuf};

use lianwu_testkit::{
    COUNTER_MODEL, DEADLINE, Fixture, Ledger, MqttClient, Received, Server, ServerOptions, assert_nothing_lost, http,
    skip, wait_for,
};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use serde_json::{Value, json};

/// Room for an empty platform and a while of reports.
const DISK: &str = "size=64m,mode=0700";

/// A file system of limited size; unmounted when dropped.
struct SmallDisk {
    folder: PathBuf,
    _parent: tempfile::TempDir,
}

impl SmallDisk {
    fn new() -> Result<Self, String> {
        let parent = tempfile::tempdir().map_err(|error| error.to_string())?;
        let folder = parent.path().join("disk");
        std::fs::create_dir(&folder).map_err(|error| error.to_string())?;
        let data = std::ffi::CString::new(DISK).map_err(|error| error.to_string())?;
        mount("tmpfs", &folder, "tmpfs", MountFlags::empty(), data.as_c_str())
            .map_err(|error| format!("mounting a small tmpfs is not permitted: {error}"))?;
        Ok(Self { folder, _parent: parent })
    }

    /// Takes all the space that is left.
    fn fill(&self) {
        let block = vec![0xa5_u8; 64 * 1024];
        let mut file = std::fs::File::create(self.ballast()).expect("create the ballast");
        while std::io::Write::write_all(&mut file, &block).is_ok() {}
        while std::io::Write::write_all(&mut file, &block[..512]).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.ballast()).expect("remove the ballast");
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if let Err(error) = unmount(&self.folder, UnmountFlags::DETACH) {
            eprintln!("unmount {}: {error}", self.folder.display());
        }
    }
}

/// A device whose reports are large, and what became of them.
struct Reporter {
    client: MqttClient,
    topic: String,
    ledger: Ledger,
    filler: String,
}

impl Reporter {
    /// Sends one report and gives the code of its reply; accepted numbers go to the ledger.
    fn report(&mut self) -> Reply {
        let number = self.ledger.next;
        self.ledger.next += 1;
        let report = json!({"method": "report", "clientToken": number.to_string(),
                            "params": {"n": number, "text": self.filler}});
        let id = self.client.publish_qos1(&self.topic, report.to_string().as_bytes());
        let reply: Value = self.client.next_json();
        assert_eq!(reply["clientToken"], number.to_string());
        let code = reply["code"].as_u64().expect("a code");
        if code == 0 {
            self.client.expect(&Received::PubAck(id));
            self.ledger.acknowledged.push(number);
        }
        Reply { code, status: reply["status"].as_str().unwrap_or_default().to_owned() }
    }
}

struct Reply {
    code: u64,
    status: String,
}

/// Does a full disk give code 503, leave the process alive, and pass once there is space, with nothing lost?
#[test]
fn a_full_disk_refuses_and_recovers() {
    let disk = match SmallDisk::new() {
        Ok(disk) => disk,
        Err(why) => return skip("a_full_disk_refuses_and_recovers", &why),
    };
    let data: &Path = &disk.folder.join("data");
    let options = ServerOptions { data: Some(data.to_owned()), ..ServerOptions::default() }
        .set("LIANWU__LOG__SEGMENT_BYTES", "1048576")
        .set("LIANWU__READINGS__TAIL_BYTES_MAX", "1048576");
    let mut server = Server::start(options);
    let fixture = Fixture::new(&server, COUNTER_MODEL);
    let device = fixture.device("counter");
    let mut reporter = Reporter {
        client: MqttClient::subscribed(server.mqtt_address(), &device),
        topic: device.thing("up/property"),
        ledger: Ledger::default(),
        filler: "x".repeat(2000),
    };
    assert_eq!(reporter.report().code, 0);

    disk.fill();
    // What is written ahead of the log may still be used up: 1 MiB takes some 500 of these reports.
    let refused = wait_for("a report to be refused for want of space", DEADLINE * 3, || {
        let reply = reporter.report();
        (reply.code != 0).then_some(reply)
    });
    eprintln!("refused after {} reports: {} {}", reporter.ledger.acknowledged.len(), refused.code, refused.status);
    assert_eq!((refused.code, refused.status.as_str()), (503, "not stored: storage is full"));
    assert!(server.log().contains("storage is full"), "its owner is told too: {}", server.log());
    reporter.client.expect_nothing();
    assert!(server.is_running());
    let health = http(server.http_address(), "GET", "/healthz", &[], b"").expect("the health check answers");
    assert_eq!(health.status, 503);
    let reason = String::from_utf8_lossy(&health.body);
    assert!(reason.starts_with("not ready: storage is full"), "{reason}");

    disk.free();
    wait_for("a report to be accepted again", DEADLINE * 3, || (reporter.report().code == 0).then_some(()));
    let (devices, ledgers) = ([device], [reporter.ledger]);
    assert_nothing_lost(&fixture, &devices, &ledgers);
    server.kill();
    server.restart();
    let fixture = Fixture { cloud: server.cloud(), ..fixture };
    assert_nothing_lost(&fixture, &devices, &ledgers);
    drop(server);
}
