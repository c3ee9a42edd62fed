//! The command line of `lianwu bench`.

use std::{net::ToSocketAddrs as _, path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use lianwu_mqtt::QoS;

use crate::{
    cloud_client::CloudAccess,
    conduct::Plan,
    engine::{KeyClient, Opening},
};

/// `lianwu bench`: load for any MQTT broker or platform, and the check that nothing acknowledged was lost.
#[derive(Debug, Args)]
pub struct BenchArgs {
    #[command(subcommand)]
    pub task: Task,
    /// Print every figure as one JSON object.
    #[arg(long, global = true)]
    pub json: bool,
    /// Print one row of a Markdown table, beginning with this label.
    #[arg(long, global = true, value_name = "LABEL", conflicts_with = "json")]
    pub row: Option<String>,
}

/// What to run.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// N clients publish to topics of their own and get each message back.
    Echo(EchoArgs),
    /// N devices report properties and await each reply.
    Report(ReportArgs),
    /// Many publishers, one subscriber.
    FanIn(FanArgs),
    /// One publisher, many subscribers.
    FanOut(FanArgs),
    /// Connections opened, signed in and closed per second.
    Connect(ConnectArgs),
    /// Memory of the server per open, silent connection.
    Idle(IdleArgs),
    /// Make a project, a product and devices through the cloud API; writes the credentials file.
    Prepare(PrepareArgs),
    /// One device sends a history of days, as one that was offline so long: for `pages`.
    Fill(FillArgs),
    /// Look for every acknowledged report of a record in the history.
    Verify(VerifyArgs),
    /// What the calls behind the console's lists and logs take, for a product with many devices and one device with many messages.
    Pages(PagesArgs),
    /// Heading of the table that `--row` fills.
    Heading,
}

/// Where to, and as whom.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// Host and port of the MQTT listener.
    #[arg(default_value = "127.0.0.1:1883")]
    pub address: String,
    /// Connect by TLS, each device with its key and without a password; the port is then `listen.mqtts`.
    #[arg(long, requires = "credentials")]
    pub tls_psk: bool,
    /// Generator threads.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub threads: u16,
    /// Process of the server, to read its processor time and memory from /proc. May be repeated.
    #[arg(long, value_name = "PID")]
    pub server_pid: Vec<u32>,
    /// Devices to sign in as: lines product,device,secret or the same as JSON.
    #[arg(long, value_name = "FILE", visible_alias = "secret-file")]
    pub credentials: Option<PathBuf>,
    /// Take only devices of this product from the credentials.
    #[arg(long)]
    pub product: Option<String>,
    /// The platform's first-run.json: clients that are not devices sign in as backends with its key.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["username", "password"])]
    pub backend: Option<PathBuf>,
    /// User name of clients that are not devices.
    #[arg(long)]
    pub username: Option<String>,
    /// Password of clients that are not devices.
    #[arg(long, env = "LIANWU_BENCH_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
    /// Connections of one thread that may be signing in at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    pub connecting: u16,
    /// Loopback addresses to connect from: one allows about 28,000 connections.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub source_addresses: u8,
    /// Longest time to get all clients signed in, in seconds.
    #[arg(long, default_value_t = 60)]
    pub connect_seconds: u64,
}

/// How long.
#[derive(Debug, Clone, Args)]
pub struct Timing {
    /// Measured time.
    #[arg(long, default_value_t = 10.0, value_parser = seconds)]
    pub seconds: f64,
    /// Time under load before measuring.
    #[arg(long, default_value_t = 2.0, value_parser = seconds)]
    pub warm_up: f64,
    /// A message without an answer for so many seconds is lost.
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    pub timeout: f64,
}

/// Options of `echo`.
#[derive(Debug, Clone, Args)]
pub struct EchoArgs {
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub timing: Timing,
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub clients: u32,
    /// Messages a client has on the way.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub window: u16,
    #[arg(long, default_value = "0", value_parser = qos)]
    pub qos: QoS,
    /// Messages per second of all clients together, sent at fixed times; without it, as fast as the window allows.
    #[arg(long, value_parser = rate)]
    pub rate: Option<f64>,
    /// Size of a payload.
    #[arg(long, default_value_t = 110, value_parser = clap::value_parser!(u32).range(10..=65_000))]
    pub payload_bytes: u32,
}

/// Options of `report`.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub timing: Timing,
    /// Devices taken from the credentials; all of them if absent.
    #[arg(long)]
    pub clients: Option<u32>,
    /// The first device of this file is a gateway the others are bound to: its one connection brings all of them online and
    /// reports for those that `--clients` takes, in turn.
    #[arg(long, value_name = "FILE")]
    pub behind: Option<PathBuf>,
    /// Reports a device has on the way.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub window: u16,
    /// With 1 the PUBACK is awaited beside the reply.
    #[arg(long, default_value = "0", value_parser = qos)]
    pub qos: QoS,
    /// Reports per second of all devices together, sent at fixed times; latency counts from then.
    #[arg(long, value_parser = rate)]
    pub rate: Option<f64>,
    /// lamp, full, rare, or a file with $token, $seq, $time, $bit, $percent in it.
    #[arg(long, default_value = "lamp", value_name = "NAME|FILE")]
    pub payload: String,
    /// Write every acknowledged report to this file, for `verify`.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Sequence before the first report; chosen by the clock if absent, so that runs do not repeat values.
    #[arg(long)]
    pub sequence_base: Option<u64>,
}

/// Options of `fan-in` and `fan-out`. Each generator thread runs a whole group of its own.
#[derive(Debug, Clone, Args)]
pub struct FanArgs {
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub timing: Timing,
    /// Publishers, 50 for fan-in and 1 for fan-out if absent.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=65_535))]
    pub publishers: Option<u32>,
    /// Subscribers, 1 for fan-in and 500 for fan-out if absent.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=65_535))]
    pub subscribers: Option<u32>,
    /// Messages a publisher has on the way: until PUBACK with QoS 1, until delivered everywhere with QoS 0.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub window: u16,
    #[arg(long, default_value = "0", value_parser = qos)]
    pub qos: QoS,
    /// Size of a payload.
    #[arg(long, default_value_t = 110, value_parser = clap::value_parser!(u32).range(20..=65_000))]
    pub payload_bytes: u32,
    /// What subscribers subscribe to, if publishers are devices: `PRODUCT/+/data` if absent.
    #[arg(long)]
    pub filter: Option<String>,
    /// Filters nobody publishes to that the first subscriber has besides: shows what many subscriptions cost.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub idle_filters: u32,
}

/// Options of `connect`.
#[derive(Debug, Clone, Args)]
pub struct ConnectArgs {
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub timing: Timing,
    /// Connections open at a time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub concurrency: u32,
}

/// Options of `idle`.
#[derive(Debug, Clone, Args)]
pub struct IdleArgs {
    #[command(flatten)]
    pub target: Target,
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub clients: u32,
    /// How long the connections are held before memory is read.
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    pub seconds: f64,
    /// Each client subscribes to its topic before it falls silent.
    #[arg(long)]
    pub subscribe: bool,
}

/// The cloud API and a key for it.
#[derive(Clone, Args)]
pub struct Api {
    /// Host and port of the cloud API.
    #[arg(long, value_name = "HOST:PORT", required_unless_present = "first_run")]
    pub api: Option<String>,
    #[arg(long, env = "LIANWU_SECRET_ID", required_unless_present = "first_run")]
    pub secret_id: Option<String>,
    #[arg(long, env = "LIANWU_SECRET_KEY", hide_env_values = true, required_unless_present = "first_run")]
    pub secret_key: Option<String>,
    /// Take address and key from the file a server writes at its first start.
    #[arg(long, value_name = "FILE")]
    pub first_run: Option<PathBuf>,
    #[arg(long, default_value = "ap-guangzhou")]
    pub region: String,
    /// Calls at a time.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub connections: u16,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("api", &self.api).field("secret_key", &"***").finish_non_exhaustive()
    }
}

/// What of `first-run.json` matters here.
#[derive(serde::Deserialize)]
struct FirstRun {
    secret_id: String,
    secret_key: String,
    listen: Listen,
}

#[derive(serde::Deserialize)]
struct Listen {
    http: String,
}

impl Api {
    /// # Errors
    /// The first-run file cannot be used.
    pub(crate) fn access(&self) -> anyhow::Result<CloudAccess> {
        let first_run = match &self.first_run {
            None => None,
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
                Some(serde_json::from_str::<FirstRun>(&text).with_context(|| format!("read {}", path.display()))?)
            }
        };
        let choose = |given: &Option<String>, name: &str, from_file: fn(&FirstRun) -> &String| {
            let value = given.clone().or_else(|| first_run.as_ref().map(|first_run| from_file(first_run).clone()));
            value.with_context(|| format!("--{name} is missing"))
        };
        Ok(CloudAccess {
            endpoint: choose(&self.api, "api", |file| &file.listen.http)?.trim_start_matches("http://").to_owned(),
            secret_id: choose(&self.secret_id, "secret-id", |file| &file.secret_id)?,
            secret_key: choose(&self.secret_key, "secret-key", |file| &file.secret_key)?,
            region: self.region.clone(),
        })
    }
}

/// Options of `prepare`.
#[derive(Debug, Clone, Args)]
pub struct PrepareArgs {
    #[command(flatten)]
    pub api: Api,
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub devices: u32,
    /// bench, rare, or a file with a thing model.
    #[arg(long, default_value = "bench", value_name = "NAME|FILE")]
    pub model: String,
    /// How the names of project, product and devices begin.
    #[arg(long, default_value = "bench")]
    pub prefix: String,
    /// Where the credentials go.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Make a gateway, too, and bind the devices to it; its credentials go here.
    #[arg(long, value_name = "FILE")]
    pub gateway_out: Option<PathBuf>,
}

/// Options of `fill`.
#[derive(Debug, Clone, Args)]
pub struct FillArgs {
    /// Host and port of the MQTT listener.
    #[arg(default_value = "127.0.0.1:1883")]
    pub address: String,
    /// Devices of a product with the model `bench`: lines product,device,secret or the same as JSON.
    #[arg(long, value_name = "FILE", visible_alias = "secret-file")]
    pub credentials: PathBuf,
    /// One of them; the first if absent.
    #[arg(long)]
    pub device: Option<String>,
    /// Moments with values of brightness, power_switch and seq, at equal distances.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub values: u64,
    /// Moments of them with an event as well; at most all of them.
    #[arg(long, default_value_t = 10_000)]
    pub events: u64,
    /// How far back they reach; the platform refuses what is older than it keeps.
    #[arg(long, default_value_t = 71.0, value_parser = hours)]
    pub hours: f64,
}

/// Options of `pages`.
#[derive(Debug, Clone, Args)]
pub struct PagesArgs {
    #[command(flatten)]
    pub api: Api,
    /// The product whose devices are listed.
    #[arg(long)]
    pub product: String,
    /// The device whose logs and histories are shown.
    #[arg(long)]
    pub device: String,
    /// One of its properties.
    #[arg(long, default_value = "brightness")]
    pub property: String,
    /// Calls of each page.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub calls: u32,
}

/// Options of `verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub api: Api,
    /// File written by `report --record`.
    pub record: PathBuf,
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value| (0.0..=1e6).contains(value)).ok_or_else(|| "not a number of seconds".to_owned())
}

fn hours(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value| (0.01..=1e5).contains(value)).ok_or_else(|| "not a number of hours".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value| (1e-3..=1e9).contains(value)).ok_or_else(|| "not a rate above zero".to_owned())
}

fn qos(text: &str) -> Result<QoS, String> {
    match text {
        "0" => Ok(QoS::AtMostOnce),
        "1" => Ok(QoS::AtLeastOnce),
        _ => Err("0 or 1".to_owned()),
    }
}

impl Target {
    /// # Errors
    /// The address does not resolve.
    pub(crate) fn opening(&self, concurrency: usize) -> anyhow::Result<Opening> {
        let address = self
            .address
            .to_socket_addrs()
            .with_context(|| format!("resolve {}", self.address))?
            .next()
            .with_context(|| format!("{} has no address", self.address))?;
        let key_client = self.tls_psk.then(KeyClient::new).transpose()?;
        Ok(Opening { address, concurrency, source_addresses: self.source_addresses, key_client })
    }

    /// # Errors
    /// The address does not resolve.
    pub(crate) fn plan(&self, timing: &Timing) -> anyhow::Result<Plan> {
        Ok(Plan {
            opening: self.opening(usize::from(self.connecting))?,
            threads: usize::from(self.threads),
            connect_max: Duration::from_secs(self.connect_seconds),
            warm_up: Duration::from_secs_f64(timing.warm_up),
            measure: Duration::from_secs_f64(timing.seconds),
            drain_max: Duration::from_secs_f64(timing.timeout),
            server_pids: self.server_pid.clone(),
        })
    }
}
