//! From options to figures, one function per workload.

mod behind;
mod people;

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, bail};
use behind::Gateway;
use lianwu_mqtt::QoS;
use people::People;
pub(crate) use people::sign;

use super::{
    connect::SignInCycles,
    echo::Echo,
    fan::{Counted, Fan, FanOptions},
    idle::Idle,
    report::{Connections, Report, ReportOptions},
    round_trip::{RoundTrip, RoundTripOptions},
    schedule::Schedule,
    sign_in::SignIn,
    tally::Tally,
    template::Template,
};
use crate::{
    args::{ConnectArgs, EchoArgs, FanArgs, IdleArgs, ReportArgs, Target, Timing},
    conduct::{Plan, Run, conduct},
    engine::Control,
    histogram::Histogram,
    identity::DeviceId,
    outcome::{Latency, Outcome, Server, microseconds_each},
    process,
    record::{Header, RecordFile},
};

/// Keep-alive of clients that talk all the time. The largest a device may ask for is 900 s.
const KEEP_ALIVE_S: u16 = 600;

/// Reports a gateway has on the way for all its devices.
const GATEWAY_WINDOW_MAX: usize = 10_000;

/// Runs `echo`.
///
/// # Errors
/// The broker cannot be reached, clients are refused, or the server's process cannot be read.
pub fn echo(args: &EchoArgs) -> anyhow::Result<Outcome> {
    process::raise_open_files();
    let plan = args.target.plan(&args.timing)?;
    let people = People::load(&args.target)?;
    let control = Control::new();
    let clients = args.clients as usize;
    let run = conduct(&plan, &control, |thread| {
        let mine = share(clients, plan.threads, thread);
        let mut sign_in = SignIn::new();
        let mut topics = Vec::new();
        for number in mine.clone() {
            let identity = people.client(number)?;
            let topic = people.own_topic(&identity);
            sign_in.add(&identity, Some((&topic, args.qos)), KEEP_ALIVE_S)?;
            topics.push(topic);
        }
        let schedule = schedule(args.rate, plan.threads, mine.len());
        let echo = Echo::new(topics, args.qos, args.payload_bytes as usize);
        Ok(RoundTrip::new(sign_in, echo, schedule, round_trip(args.window, args.qos, &args.timing, &control)))
    })?;
    let mut tally = Tally::default();
    let run = run.map(|round_trip| tally.merge(round_trip.into_parts().0));
    let mut outcome = outcome("echo", "echoes", &args.target, clients, &plan, &run, &tally);
    outcome.window = usize::from(args.window);
    outcome.qos = args.qos.bits();
    outcome.count(tally);
    Ok(outcome)
}

/// Runs `report`.
///
/// # Errors
/// As [`echo`]; and the credentials, the template or the record file cannot be used.
pub fn report(args: &ReportArgs) -> anyhow::Result<Outcome> {
    process::raise_open_files();
    let plan = args.target.plan(&args.timing)?;
    let people = People::load(&args.target)?;
    let devices = people.device_ids();
    let clients = args.clients.map_or(devices.len(), |clients| clients as usize);
    if clients == 0 || clients > devices.len() {
        bail!("{clients} clients asked for, the credentials have {} devices", devices.len());
    }
    let template = Template::load(&args.payload)?;
    let record = args.record.as_deref().map(|path| record_file(path, &devices[..clients])).transpose()?;
    let sequence_base = args.sequence_base.unwrap_or_else(sequence_base_now);
    let control = Control::new();
    let gateway = args.behind.as_deref().map(Gateway::load).transpose()?;
    let (connections, window) = match gateway {
        None => (Connections::Own, args.window),
        Some(_) if plan.threads > 1 || args.target.tls_psk => bail!("a gateway is one client, in the clear"),
        Some(_) => (Connections::Gateway, (usize::from(args.window) * clients).min(GATEWAY_WINDOW_MAX) as u16),
    };
    let run = conduct(&plan, &control, |thread| {
        let mine = share(clients, plan.threads, thread);
        let mut sign_in = SignIn::new();
        match &gateway {
            Some(gateway) => gateway.add_to(&mut sign_in, &devices, clients, args.qos)?,
            None => add_devices(&mut sign_in, &people, &devices, mine.clone(), args.qos)?,
        }
        let topics = devices[mine.clone()].iter().map(|id| thing("up", id)).collect();
        let schedule = schedule(args.rate, plan.threads, sign_in.clients());
        let exchange = Report::new(ReportOptions {
            topics,
            first_device: u32::try_from(mine.start).context("too many devices")?,
            connections,
            qos: args.qos,
            template: template.clone(),
            sequence_base,
            recorder: record.as_ref().map(RecordFile::recorder),
        });
        Ok(RoundTrip::new(sign_in, exchange, schedule, round_trip(window, args.qos, &args.timing, &control)))
    })?;
    let mut tally = Tally::default();
    let mut first_refusal = None;
    let mut finished = Ok(());
    let run = run.map(|round_trip| {
        let (counts, exchange) = round_trip.into_parts();
        tally.merge(counts);
        match exchange.finish() {
            Ok(refusal) => first_refusal = first_refusal.take().or(refusal),
            Err(error) => finished = Err(error),
        }
    });
    finished.context("write the record")?;
    let mut outcome = outcome("report", "reports", &args.target, clients, &plan, &run, &tally);
    outcome.window = usize::from(args.window);
    outcome.qos = args.qos.bits();
    outcome.count(tally);
    outcome.first_refusal = first_refusal;
    Ok(outcome)
}

/// Each device of a thread with a connection of its own.
fn add_devices(
    sign_in: &mut SignIn,
    people: &People,
    devices: &[DeviceId],
    mine: std::ops::Range<usize>,
    qos: QoS,
) -> anyhow::Result<()> {
    for number in mine {
        sign_in.add(&people.client(number)?, Some((&thing("down", &devices[number]), qos)), KEEP_ALIVE_S)?;
    }
    Ok(())
}

fn thing(direction: &str, id: &DeviceId) -> String {
    format!("$thing/{direction}/property/{}/{}", id.product, id.device)
}

/// Runs `fan-in`: 50 publishers to one subscriber, unless told otherwise.
///
/// # Errors
/// As [`echo`].
pub fn fan_in(args: &FanArgs) -> anyhow::Result<Outcome> {
    fan("fan-in", args, args.publishers.unwrap_or(50), args.subscribers.unwrap_or(1), Counted::Published)
}

/// Runs `fan-out`: one publisher to 500 subscribers, unless told otherwise.
///
/// # Errors
/// As [`echo`].
pub fn fan_out(args: &FanArgs) -> anyhow::Result<Outcome> {
    fan("fan-out", args, args.publishers.unwrap_or(1), args.subscribers.unwrap_or(500), Counted::Delivered)
}

fn fan(
    name: &'static str,
    args: &FanArgs,
    publishers: u32,
    subscribers: u32,
    counted: Counted,
) -> anyhow::Result<Outcome> {
    process::raise_open_files();
    if args.target.tls_psk {
        bail!("{name} needs a port in the clear: its subscribers are no devices and have no key");
    }
    let plan = args.target.plan(&args.timing)?;
    let people = People::load(&args.target)?;
    let (publishers, subscribers) = (publishers as usize, subscribers as usize);
    let control = Control::new();
    let run = conduct(&plan, &control, |thread| {
        let group = people.group_topic(thread);
        let filter = args.filter.clone().unwrap_or_else(|| people.group_filter(thread));
        let mut sign_in = SignIn::new();
        for number in 0..subscribers {
            sign_in.add(&people.stranger(&format!("s{thread}-{number}")), Some((&filter, args.qos)), KEEP_ALIVE_S)?;
        }
        sign_in.add_idle_filters(0, args.idle_filters)?;
        let mut topics = Vec::new();
        for number in 0..publishers {
            let identity = people.client(thread * publishers + number)?;
            sign_in.add(&identity, None, KEEP_ALIVE_S)?;
            topics.push(if people.has_devices() { people.own_topic(&identity) } else { group.clone() });
        }
        let options = FanOptions {
            qos: args.qos,
            window: usize::from(args.window),
            payload_bytes: args.payload_bytes as usize,
            timeout_ns: nanoseconds(args.timing.timeout),
            counted,
        };
        Ok(Fan::new(sign_in, topics, options))
    })?;
    let mut tally = Tally::default();
    let run = run.map(|fan| tally.merge(fan.into_tally()));
    let clients = (publishers + subscribers) * plan.threads;
    let unit = if counted == Counted::Published { "messages published" } else { "deliveries" };
    let mut outcome = outcome(name, unit, &args.target, clients, &plan, &run, &tally);
    if counted == Counted::Published {
        outcome.delivered_per_second = Some(tally.measured_sent as f64 / run.measured.as_secs_f64());
    }
    outcome.window = usize::from(args.window);
    outcome.qos = args.qos.bits();
    outcome.count(tally);
    Ok(outcome)
}

/// Runs `connect`.
///
/// # Errors
/// As [`echo`].
pub fn connect(args: &ConnectArgs) -> anyhow::Result<Outcome> {
    process::raise_open_files();
    let plan = args.target.plan(&args.timing)?;
    let people = People::load(&args.target)?;
    let clients = args.concurrency as usize;
    let control = Control::new();
    let run = conduct(&plan, &control, |thread| {
        let mut sign_in = SignIn::new();
        for number in share(clients, plan.threads, thread) {
            sign_in.add(&people.client(number)?, None, KEEP_ALIVE_S)?;
        }
        Ok(SignInCycles::new(sign_in))
    })?;
    let mut tally = Tally::default();
    let run = run.map(|cycles| tally.merge(cycles.tally));
    let mut outcome = outcome("connect", "sign-ins", &args.target, clients, &plan, &run, &tally);
    outcome.count(tally);
    Ok(outcome)
}

/// Runs `idle`.
///
/// # Errors
/// As [`echo`].
pub fn idle(args: &IdleArgs) -> anyhow::Result<Outcome> {
    process::raise_open_files();
    let timing = Timing { seconds: 0.05, warm_up: args.seconds, timeout: 0.0 };
    let plan = args.target.plan(&timing)?;
    let people = People::load(&args.target)?;
    let clients = args.clients as usize;
    let control = Control::new();
    let run = conduct(&plan, &control, |thread| {
        let mut sign_in = SignIn::new();
        for number in share(clients, plan.threads, thread) {
            let identity = people.client(number)?;
            let topic = people.own_topic(&identity);
            let filter = args.subscribe.then_some((topic.as_str(), QoS::AtMostOnce));
            sign_in.add(&identity, filter, KEEP_ALIVE_S)?;
        }
        Ok(Idle::new(sign_in))
    })?;
    let mut tally = Tally::default();
    let mut open = 0;
    let run = run.map(|mut idle| {
        open += idle.sign_in.ready();
        idle.tally.take_sign_in(&mut idle.sign_in);
        tally.merge(idle.tally);
    });
    tally.measured = open as u64;
    let mut outcome = outcome("idle", "connections", &args.target, clients, &plan, &run, &tally);
    outcome.per_second = open as f64 / run.connecting.as_secs_f64();
    outcome.bytes_per_connection =
        run.server.as_ref().filter(|_| open > 0).map(|used| {
            (used.memory_after.private_bytes as f64 - used.memory_before.private_bytes as f64) / open as f64
        });
    outcome.count(tally);
    outcome.completed = open as u64;
    Ok(outcome)
}

/// The clients of one thread: an even share, neighbours together.
fn share(clients: usize, threads: usize, thread: usize) -> std::ops::Range<usize> {
    clients * thread / threads..clients * (thread + 1) / threads
}

fn schedule(rate: Option<f64>, threads: usize, clients: usize) -> Option<Schedule> {
    rate.filter(|_| clients > 0).map(|rate| Schedule::new(rate / threads as f64, clients))
}

fn round_trip(window: u16, qos: QoS, timing: &Timing, control: &Control) -> RoundTripOptions {
    RoundTripOptions {
        window: usize::from(window),
        qos,
        timeout_ns: nanoseconds(timing.timeout),
        unix_ms_at_zero: control.clock.unix_ms(0),
    }
}

fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

/// Room for a million reports of each device in a run, and no repetition for 2 h 45 min.
fn sequence_base_now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_secs() % 9_900 * 1_000_000
}

fn record_file(path: &Path, devices: &[DeviceId]) -> anyhow::Result<RecordFile> {
    let devices = devices.iter().map(|id| (id.product.clone(), id.device.clone())).collect();
    RecordFile::create(path, &Header { property: "seq".to_owned(), devices })
}

fn outcome(
    workload: &'static str,
    unit: &'static str,
    target: &Target,
    clients: usize,
    plan: &Plan,
    run: &Run<()>,
    tally: &Tally,
) -> Outcome {
    Outcome {
        workload,
        command: people::command_line(std::env::args()),
        address: target.address.clone(),
        clients,
        window: 0,
        qos: 0,
        threads: plan.threads,
        seconds: run.measured.as_secs_f64(),
        connecting_seconds: run.connecting.as_secs_f64(),
        unit,
        messages: tally.measured,
        per_second: tally.measured as f64 / run.measured.as_secs_f64(),
        delivered_per_second: None,
        sent: 0,
        completed: 0,
        refused: 0,
        lost: 0,
        unexpected: 0,
        connections_failed: 0,
        first_failure: None,
        first_refusal: None,
        latency_ms: Latency::from(&Histogram::default()),
        generator_cpu_us_per_message: microseconds_each(run.generator, tally.measured),
        server: run.server.as_ref().map(|used| Server::new(used, run.measured, tally.measured)),
        bytes_per_connection: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does every client belong to exactly one thread?
    #[test]
    fn shares_cover_all_clients() {
        for (clients, threads) in [(200, 1), (7, 3), (2, 5), (1, 1)] {
            let all: Vec<_> = (0..threads).flat_map(|thread| share(clients, threads, thread)).collect();
            assert_eq!(all, (0..clients).collect::<Vec<_>>());
        }
    }
}
