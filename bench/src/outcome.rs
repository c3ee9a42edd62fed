//! Figures of a run, for people, for programs and as a row of a table.

use std::{fmt::Write as _, time::Duration};

use serde::Serialize;

use crate::{
    conduct::ServerUse,
    histogram::Histogram,
    process::{Memory, Ticks},
    workload::tally::Tally,
};

/// Everything a run found out. Field names are the JSON's.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    pub workload: &'static str,
    /// The command line, passwords left out.
    pub command: Vec<String>,
    pub address: String,
    pub clients: usize,
    /// Messages a client has on the way; zero where that means nothing.
    pub window: usize,
    pub qos: u8,
    pub threads: usize,
    /// Measured time.
    pub seconds: f64,
    /// Time until all clients were ready.
    pub connecting_seconds: f64,
    /// What is counted: echoes, reports, messages published (fan-in), deliveries (fan-out), sign-ins, connections.
    pub unit: &'static str,
    /// Counted while measuring.
    pub messages: u64,
    pub per_second: f64,
    /// Deliveries to subscribers per second (fan-in, fan-out).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered_per_second: Option<f64>,
    /// Whole run, warm-up included.
    pub sent: u64,
    pub completed: u64,
    pub refused: u64,
    pub lost: u64,
    pub unexpected: u64,
    pub connections_failed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_failure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_refusal: Option<String>,
    pub latency_ms: Latency,
    pub generator_cpu_us_per_message: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
    /// Private memory of the server per connection (idle). Unit: bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_connection: Option<f64>,
}

/// Unit: milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Latency {
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

/// What the server used while measured.
#[derive(Debug, Clone, Serialize)]
pub struct Server {
    /// User and system time of all threads by messages.
    pub cpu_us_per_message: f64,
    /// Share of it spent in user space, 0 to 1.
    pub user_share: f64,
    /// Processors kept busy.
    pub busy: f64,
    pub threads: Vec<ServerThread>,
    pub memory_before: Memory,
    pub memory_after: Memory,
}

/// Threads of one name.
#[derive(Debug, Clone, Serialize)]
pub struct ServerThread {
    pub name: String,
    pub cpu_us_per_message: f64,
    pub busy: f64,
}

impl From<&Histogram> for Latency {
    fn from(histogram: &Histogram) -> Self {
        let at = |share| histogram.quantile(share) as f64 / 1e6;
        Self {
            mean: histogram.mean() / 1e6,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: histogram.max() as f64 / 1e6,
        }
    }
}

impl Server {
    pub(crate) fn new(used: &ServerUse, measured: Duration, messages: u64) -> Self {
        let busy = |ticks: Ticks| ticks.seconds() / measured.as_secs_f64();
        Self {
            cpu_us_per_message: microseconds_each(used.total, messages),
            user_share: used.total.user_seconds() / used.total.seconds().max(f64::MIN_POSITIVE),
            busy: busy(used.total),
            threads: used
                .threads
                .iter()
                .map(|(name, ticks)| ServerThread {
                    name: name.clone(),
                    cpu_us_per_message: microseconds_each(*ticks, messages),
                    busy: busy(*ticks),
                })
                .collect(),
            memory_before: used.memory_before,
            memory_after: used.memory_after,
        }
    }
}

/// Processor time by messages; zero without messages.
pub(crate) fn microseconds_each(ticks: Ticks, messages: u64) -> f64 {
    if messages == 0 { 0.0 } else { ticks.seconds() * 1e6 / messages as f64 }
}

impl Outcome {
    /// Takes over what the threads counted.
    pub(crate) fn count(&mut self, tally: Tally) {
        self.sent = tally.sent;
        self.completed = tally.completed;
        self.refused = tally.refused;
        self.lost = tally.lost;
        self.unexpected = tally.unexpected;
        self.connections_failed = tally.failures;
        self.first_failure = tally.first_failure;
        self.latency_ms = Latency::from(&tally.latency);
    }

    /// Heading of the table whose rows [`Outcome::row`] prints.
    #[must_use]
    pub fn row_heading() -> &'static str {
        "| run | workload | rate /s | server CPU us | p50 ms | p99 ms | p99.9 ms | lost | server peak RSS MiB |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    }

    /// One row of a Markdown table.
    #[must_use]
    pub fn row(&self, label: &str) -> String {
        let (cpu, peak) = self.server.as_ref().map_or_else(
            || ("-".to_owned(), "-".to_owned()),
            |server| {
                let peak = server.memory_after.rss_peak_bytes as f64 / f64::from(1 << 20);
                (format!("{:.2}", server.cpu_us_per_message), format!("{peak:.1}"))
            },
        );
        let latency = self.latency_ms;
        format!(
            "| {label} | {} {} x {}, QoS {} | {:.0} | {cpu} | {:.2} | {:.2} | {:.2} | {} | {peak} |",
            self.workload,
            self.clients,
            self.window,
            self.qos,
            self.per_second,
            latency.p50,
            latency.p99,
            latency.p999,
            self.lost,
        )
    }

    /// Some lines for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name:<22}{value}");
        };
        line("workload", format!("{} against {}", self.workload, self.address));
        let window = if self.window == 0 { String::new() } else { format!(", window {}", self.window) };
        line("clients", format!("{}{window}, QoS {}, {} thread(s)", self.clients, self.qos, self.threads));
        line("connecting", format!("{:.2} s", self.connecting_seconds));
        line("measured", format!("{:.2} s, {} {}", self.seconds, self.messages, self.unit));
        line("rate", format!("{:.0} /s", self.per_second));
        if let Some(rate) = self.delivered_per_second {
            line("delivered", format!("{rate:.0} /s"));
        }
        let latency = self.latency_ms;
        line(
            "latency ms",
            format!(
                "p50 {:.3}  p90 {:.3}  p99 {:.3}  p99.9 {:.3}  max {:.3}  mean {:.3}",
                latency.p50, latency.p90, latency.p99, latency.p999, latency.max, latency.mean
            ),
        );
        line(
            "whole run",
            format!(
                "sent {}, completed {}, refused {}, lost {}, unexpected {}, connections failed {}",
                self.sent, self.completed, self.refused, self.lost, self.unexpected, self.connections_failed
            ),
        );
        for (name, what) in [("first failure", &self.first_failure), ("first refusal", &self.first_refusal)] {
            if let Some(what) = what {
                line(name, what.clone());
            }
        }
        line("generator CPU", format!("{:.3} us per message", self.generator_cpu_us_per_message));
        if let Some(server) = &self.server {
            server.write(&mut line);
        }
        if let Some(bytes) = self.bytes_per_connection {
            line("per connection", format!("{:.2} KiB private memory", bytes / 1024.0));
        }
        text
    }
}

impl Server {
    fn write(&self, line: &mut impl FnMut(&str, String)) {
        line(
            "server CPU",
            format!(
                "{:.3} us per message ({:.0} % user), {:.2} processors busy",
                self.cpu_us_per_message,
                self.user_share * 100.0,
                self.busy
            ),
        );
        for thread in &self.threads {
            let value = format!("{:.3} us per message, {:.0} % busy", thread.cpu_us_per_message, thread.busy * 100.0);
            line(&format!("  {}", thread.name), value);
        }
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        line(
            "server memory MiB",
            format!(
                "RSS {:.1} -> {:.1}, private {:.1} -> {:.1}, peak RSS {:.1}",
                mib(self.memory_before.rss_bytes),
                mib(self.memory_after.rss_bytes),
                mib(self.memory_before.private_bytes),
                mib(self.memory_after.private_bytes),
                mib(self.memory_after.rss_peak_bytes)
            ),
        );
    }
}
