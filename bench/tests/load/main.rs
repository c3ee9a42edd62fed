//! The workloads against a small server that can misbehave.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod server;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser as _;
use lianwu_bench::{
    BenchArgs,
    args::Task,
    identity::{Device, format_devices},
    outcome::Outcome,
    record,
    simulate::{self, Fleet},
    workload::run,
};
use lianwu_device_protocol::message::{Clock, UpKind, parse_up};
use lianwu_model::UnixMillis;
use lianwu_model::thing_model::{ThingModel, Validator};
use server::{Behaviour, Server};

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    bench: BenchArgs,
}

/// Runs a workload against a server, for a short time.
fn bench(server: &Server, command: &str) -> Outcome {
    let mut line: Vec<String> = vec!["bench".into()];
    line.extend(command.split_whitespace().map(str::to_owned));
    line.push(server.address.to_string());
    let pid = std::process::id().to_string();
    line.extend(["--server-pid".to_owned(), pid]);
    match &Cli::parse_from(line).bench.task {
        Task::Echo(args) => run::echo(args),
        Task::Report(args) => run::report(args),
        Task::FanIn(args) => run::fan_in(args),
        Task::FanOut(args) => run::fan_out(args),
        Task::Connect(args) => run::connect(args),
        Task::Idle(args) => run::idle(args),
        Task::Prepare(_) | Task::Fill(_) | Task::Verify(_) | Task::Pages(_) | Task::Heading => {
            unreachable!("not a workload")
        }
    }
    .unwrap()
}

const SHORT: &str = "--warm-up 0.05 --seconds 0.2 --timeout 5";

/// A file that is gone after the test.
struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("lianwu-bench-{}-{name}", std::process::id())))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn lamps(count: usize) -> Vec<Device> {
    (0..count)
        .map(|number| Device {
            product: "LAMP000001".into(),
            device: format!("lamp{number}"),
            secret: "AAECAwQFBgcICQoLDA0ODw==".into(),
        })
        .collect()
}

/// Does every echo come back and get counted, with both QoS, several threads, and at a fixed rate?
#[test]
fn echo_counts_everything() {
    for options in [
        "--clients 20 --qos 0",
        "--clients 20 --qos 1 --window 7",
        "--threads 2 --clients 9",
        "--rate 2000 --payload-bytes 10",
    ] {
        let server = Server::good();
        let outcome = bench(&server, &format!("echo {SHORT} {options}"));
        let seen = server.stop();
        assert_eq!(outcome.sent, seen.messages, "{options}");
        assert_eq!((outcome.completed, outcome.lost, outcome.unexpected), (outcome.sent, 0, 0), "{options}");
        assert!(outcome.messages > 0 && outcome.messages <= outcome.completed, "{options}");
        assert!(outcome.latency_ms.p50 > 0.0 && outcome.latency_ms.p50 <= outcome.latency_ms.max, "{options}");
        assert!(outcome.server.is_some());
    }
}

/// Is every message that the server swallows counted as lost, no more and no fewer?
#[test]
fn loss_is_counted() {
    let server = Server::start(Behaviour { drop_every: Some(50), ..Behaviour::default() }, |_| {});
    let outcome = bench(&server, "echo --clients 5 --warm-up 0.05 --seconds 0.2 --timeout 0.5");
    let seen = server.stop();
    assert!(seen.dropped > 0);
    assert_eq!(outcome.lost, seen.dropped);
    assert_eq!(outcome.completed, seen.messages - seen.dropped);
}

/// Do deliveries of fan-in and fan-out add up, with both QoS?
#[test]
fn fans_add_up() {
    for (command, subscribers) in [
        ("fan-in --publishers 5 --qos 0", 1),
        ("fan-in --publishers 5 --qos 1", 1),
        ("fan-out --subscribers 20 --qos 0", 20),
        ("fan-out --subscribers 20 --qos 1", 20),
    ] {
        let server = Server::good();
        let outcome = bench(&server, &format!("{command} {SHORT}"));
        let seen = server.stop();
        assert_eq!(outcome.sent, seen.messages, "{command}");
        assert_eq!((outcome.completed, outcome.lost), (outcome.sent * subscribers, 0), "{command}");
        assert!(outcome.messages > 0, "{command}");
    }
}

/// Is every acknowledged report in the record, and nothing else?
#[test]
fn record_holds_what_was_acknowledged() {
    let (credentials, file) = (TempFile::new("credentials"), TempFile::new("record"));
    std::fs::write(&credentials.0, format_devices(&lamps(6))).unwrap();
    let server = Server::start(Behaviour { refuse_every: Some(10), ..Behaviour::default() }, |_| {});
    let command = format!(
        "report --credentials {} --record {} --threads 2 --qos 1 --clients 5 {SHORT}",
        credentials.0.display(),
        file.0.display()
    );
    let outcome = bench(&server, &command);
    let seen = server.stop();
    assert!(outcome.completed > 0 && outcome.refused > 0);
    assert_eq!((outcome.completed, outcome.lost), (seen.accepted.len() as u64, 0));
    assert!(outcome.first_refusal.unwrap().contains("406"));

    let (header, entries) = record::read(&file.0).unwrap();
    assert_eq!(header.devices.len(), 5);
    let mut recorded: Vec<_> = entries.iter().map(|entry| (entry.sequence, entry.sample_time_ms)).collect();
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    let mut accepted: Vec<_> =
        seen.accepted.iter().map(|report| (number(&report["params"]["seq"]), number(&report["timestamp"]))).collect();
    recorded.sort_unstable();
    accepted.sort_unstable();
    assert_eq!(recorded, accepted);
}

/// Is a cycle counted for each DISCONNECT the server got?
#[test]
fn sign_ins_are_full_cycles() {
    let server = Server::good();
    let outcome = bench(&server, &format!("connect --concurrency 8 {SHORT}"));
    let seen = server.stop();
    assert!(outcome.messages > 0);
    assert_eq!((outcome.completed, outcome.connections_failed), (seen.disconnects, 0));
    assert_eq!(outcome.sent, seen.sign_ins);
}

/// Are silent connections all there, and is memory per connection given?
#[test]
fn idle_connections() {
    let server = Server::good();
    let outcome = bench(&server, "idle --clients 100 --seconds 0.05 --subscribe");
    assert_eq!((outcome.messages, outcome.connections_failed), (100, 0));
    assert!(outcome.bytes_per_connection.is_some());
    assert_eq!(server.stop().sign_ins, 100);
}

/// Does a run with refused clients say so instead of hanging?
#[test]
fn refused_clients_are_named() {
    let server = Server::start(Behaviour { refuse_connects: true, ..Behaviour::default() }, |_| {});
    let outcome = bench(&server, &format!("echo --clients 3 {SHORT}"));
    server.stop();
    assert_eq!((outcome.connections_failed, outcome.sent), (3, 0));
    assert_eq!(outcome.first_failure.unwrap(), "CONNECT refused: bad user name or password");
}

/// Does a simulated fleet report, obey a control, and say goodbye when it is stopped?
#[tokio::test]
async fn fleet_lives_and_stops() {
    let control = r#"{"method":"control","clientToken":"c-1","params":{"brightness":77}}"#;
    let (obeyed, mut obediences) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(Behaviour { greeting: Some(control.into()), ..Behaviour::default() }, move |message| {
        // Now and then there is an event.
        if message["method"] != "event_post" {
            let _ = obeyed.send(message["clientToken"].clone());
        }
    });
    let fleet = Fleet {
        address: server.address.to_string(),
        devices: lamps(3),
        model: ThingModel::parse(lianwu_bench::prepare::BENCH_MODEL).unwrap(),
        report_interval: Duration::from_millis(5),
        seed: 1,
        faults_percent: 0,
    };
    let watch = simulate::Watch::default();
    let stop = async {
        for _ in 0..3 {
            assert_eq!(obediences.recv().await.unwrap(), "c-1");
        }
        assert_eq!(watch.report().online, 3);
    };
    let report = simulate::run_watched(fleet, &watch, stop).await;
    assert_eq!((report.online, &report), (0, &watch.report()));
    let seen = server.stop();
    assert_eq!((report.sign_ins, report.failures, report.reports_refused), (3, 0, 0), "{report:?}");
    assert_eq!(report.controls, 3);
    assert_eq!((seen.sign_ins, seen.disconnects), (3, 3));
    // At least one report of each device is the answer to the control.
    let obeying = seen.accepted.iter().filter(|report| report["params"]["brightness"] == 77).count();
    assert!(obeying >= 3, "{obeying}");
}

/// Is a history sent as ordered, in messages the model accepts, and does a refusal end it?
#[tokio::test]
async fn a_device_is_filled() {
    let credentials = TempFile::new("filled");
    std::fs::write(&credentials.0, format_devices(&lamps(2))).unwrap();
    let fill = |server: &Server| {
        let (file, address) = (credentials.0.display(), server.address);
        let line =
            format!("bench fill --credentials {file} --device lamp1 --values 250 --events 20 --hours 2 {address}");
        let Task::Fill(args) = Cli::parse_from(line.split(' ')).bench.task else { unreachable!("it is fill") };
        args
    };
    let server = Server::good();
    let filled = lianwu_bench::fill::fill(&fill(&server)).await.unwrap();
    assert_eq!((filled.device.as_str(), filled.values, filled.events, filled.messages), ("lamp1", 250, 20, 3));
    let packs = server.stop().accepted;
    let items: Vec<_> = packs.iter().flat_map(|pack| pack["params"].as_array().unwrap()).collect();
    assert_eq!(items.len(), 250);
    let model = ThingModel::parse(lianwu_bench::prepare::BENCH_MODEL).unwrap();
    let validator = Validator::compile(&model);
    let clock = Clock { now: UnixMillis(u64::MAX / 2), retention: Duration::MAX };
    for pack in &packs {
        let text = pack.to_string();
        let judged = parse_up(UpKind::Property, text.as_bytes(), &validator, clock);
        assert!(judged.is_ok(), "{judged:?}");
    }

    let server = Server::start(Behaviour { refuse_every: Some(2), ..Behaviour::default() }, |_| {});
    let error = lianwu_bench::fill::fill(&fill(&server)).await.unwrap_err();
    assert_eq!(error.to_string(), "message 1 is refused with 406: check report data err");
    assert_eq!(server.stop().accepted.len(), 1);
}
