//! What "acknowledged" means, seen from the kernel: the log's sync returns before the acknowledgement is written.

use std::process::Command;

use lianwu_testkit::{COUNTER_MODEL, Fixture, MqttClient, Received, Server, ServerOptions, on_path, skip};

const TOKEN: &str = "traced-report-7f3a";

/// One system call of the trace, with its data decoded.
struct Traced {
    name: String,
    descriptor: String,
    data: Vec<u8>,
    failed: bool,
}

/// Does the PUBACK and the reply of a QoS 1 report leave after the sync of its record has returned?
#[test]
fn the_log_is_synced_before_the_acknowledgement_is_sent() {
    let test = "the_log_is_synced_before_the_acknowledgement_is_sent";
    if !on_path("strace") {
        return skip(test, "strace is not installed");
    }
    let probe = Command::new("strace").args(["-o", "/dev/null", "true"]).output().expect("strace starts");
    if !probe.status.success() {
        return skip(test, &format!("ptrace is not permitted: {}", String::from_utf8_lossy(&probe.stderr).trim()));
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trace = folder.path().join("trace");
    let calls = "trace=fdatasync,fsync,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg";
    let wrapper = ["strace", "-f", "-xx", "-s", "4096", "-e", calls, "-o", &trace.to_string_lossy()];
    let options = ServerOptions { wrapper: wrapper.map(str::to_owned).to_vec(), ..ServerOptions::default() };
    let mut server = Server::start(options);
    let fixture = Fixture::new(&server, COUNTER_MODEL);
    let device = fixture.device("counter");
    let mut client = MqttClient::subscribed(server.mqtt_address(), &device);
    let report = format!(r#"{{"method":"report","clientToken":"{TOKEN}","params":{{"n":1}}}}"#);
    let id = client.publish_qos1(&device.thing("up/property"), report.as_bytes());
    client.expect(&Received::PubAck(id));
    assert!(client.next_message().1.contains(TOKEN));
    assert!(server.stop().status.success());

    let calls = completed_calls(&std::fs::read_to_string(&trace).expect("the trace"));
    let shown: Vec<_> = calls.iter().map(|call| format!("{}({})", call.name, call.descriptor)).collect();
    let position = |what: &str, from: usize, fits: &dyn Fn(&Traced) -> bool| {
        let found = calls.iter().skip(from).position(|call| !call.failed && fits(call));
        found.map(|at| at + from).unwrap_or_else(|| lianwu_testkit::fail(format!("no {what} in {shown:?}")))
    };
    let has = |call: &Traced, part: &[u8]| call.data.windows(part.len()).any(|window| window == part);
    let record = report.as_bytes();
    let written = position("write of the record", 0, &|call| has(call, record));
    let log = calls[written].descriptor.clone();
    let synced = position("sync of the log", written, &|call| call.name.ends_with("sync") && call.descriptor == log);
    let puback = [0x40, 2, (id >> 8) as u8, (id & 0xff) as u8];
    let replied = position("reply", 0, &|call| has(call, b"report_reply") && has(call, TOKEN.as_bytes()));
    let socket = calls[replied].descriptor.clone();
    let acknowledged = position("PUBACK", 0, &|call| call.descriptor == socket && has(call, &puback));
    eprintln!("record at call {written}, synced at {synced}, PUBACK at {acknowledged}, reply at {replied}");
    assert!(written < synced, "the sync is of the record");
    assert!(synced < acknowledged, "PUBACK at call {acknowledged}, the sync returned at {synced}: {shown:?}");
    assert!(synced < replied, "reply at call {replied}, the sync returned at {synced}: {shown:?}");
}

/// The calls in an order that cannot flatter: a sync counts where it returned, a write where it began.
fn completed_calls(trace: &str) -> Vec<Traced> {
    let mut calls: Vec<Traced> = Vec::new();
    let mut unfinished: Vec<(String, Traced)> = Vec::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(resumed) = rest.strip_prefix("<... ") {
            let name = resumed.split(' ').next().unwrap_or_default();
            if let Some(at) = unfinished.iter().position(|(who, call)| who == thread && call.name == name) {
                let (_, call) = unfinished.remove(at);
                calls.push(Traced { failed: rest.contains(") = -1"), ..call });
            }
            continue;
        }
        let Some((name, arguments)) = rest.split_once('(') else { continue };
        let descriptor = arguments.split([',', ')', ' ']).next().unwrap_or_default().to_owned();
        let failed = rest.contains(") = -1");
        let call = Traced { name: name.to_owned(), descriptor, data: hex_data(arguments), failed };
        if rest.ends_with("<unfinished ...>") && name.ends_with("sync") {
            unfinished.push((thread.to_owned(), call));
        } else {
            calls.push(call);
        }
    }
    calls
}

/// All `\xNN` of a line, in order.
fn hex_data(text: &str) -> Vec<u8> {
    let digits = |part: &str| part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    text.split("\\x").skip(1).filter_map(digits).collect()
}
