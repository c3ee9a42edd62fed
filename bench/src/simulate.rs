//! Fleets of simulated devices: they report valid random values, obey controls, answer actions, and come back after a
//! lost connection.

mod backoff;
mod connection;
pub mod device;
pub(crate) mod session;
pub mod values;

use std::{
    collections::VecDeque,
    future::Future,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use lianwu_model::thing_model::ThingModel;
use serde::Serialize;
use tokio::{sync::watch, task::JoinSet};

use crate::identity::{self, Device};
pub(crate) use connection::now;

use connection::Visitor;
use device::VirtualDevice;
use values::Dice;

/// What to simulate.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// Host and port of the MQTT listener.
    pub address: String,
    pub devices: Vec<Device>,
    /// The product's thing model; all devices share it.
    pub model: ThingModel,
    /// Time between two reports of a device. At least a millisecond.
    pub report_interval: Duration,
    /// Decides every value, so that a run can be repeated.
    pub seed: u64,
    /// Reports of a hundred that hold a value of a wrong type.
    pub faults_percent: u8,
}

/// What a fleet did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FleetReport {
    /// Devices that are signed in.
    pub online: u64,
    /// Completed sign-ins.
    pub sign_ins: u64,
    /// Attempts to connect that failed, and connections that broke.
    pub failures: u64,
    pub reports: u64,
    /// `report_reply` with code 0, and with another code.
    pub reports_accepted: u64,
    pub reports_refused: u64,
    pub events: u64,
    pub controls: u64,
    pub actions: u64,
    /// The latest causes of failures.
    pub last_failures: VecDeque<String>,
}

/// Causes kept in a [`FleetReport`].
const FAILURES_KEPT: usize = 5;

/// Counts of all devices of a running fleet.
#[derive(Debug, Default)]
struct Counters {
    online: AtomicU64,
    sign_ins: AtomicU64,
    failures: AtomicU64,
    reports: AtomicU64,
    reports_accepted: AtomicU64,
    reports_refused: AtomicU64,
    events: AtomicU64,
    controls: AtomicU64,
    actions: AtomicU64,
    last_failures: Mutex<VecDeque<String>>,
}

impl Counters {
    fn fail(&self, why: String) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut causes = self.last_failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if causes.len() == FAILURES_KEPT {
            causes.pop_front();
        }
        causes.push_back(why);
    }

    fn report(&self) -> FleetReport {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        FleetReport {
            online: read(&self.online),
            sign_ins: read(&self.sign_ins),
            failures: read(&self.failures),
            reports: read(&self.reports),
            reports_accepted: read(&self.reports_accepted),
            reports_refused: read(&self.reports_refused),
            events: read(&self.events),
            controls: read(&self.controls),
            actions: read(&self.actions),
            last_failures: self.last_failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone(),
        }
    }
}

/// Looks at a fleet while it runs, and afterwards. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Counters>);

impl Watch {
    /// What the fleet has done so far.
    #[must_use]
    pub fn report(&self) -> FleetReport {
        self.0.report()
    }
}

/// Runs a fleet until `stop` completes; then every device sends DISCONNECT, and the counts are returned.
///
/// Needs a tokio runtime with time and IO. One task per device; a device that cannot connect tries again after one
/// second, then two, and so on up to a minute. Dropping the future stops the devices without DISCONNECT.
pub async fn run(fleet: Fleet, stop: impl Future<Output = ()>) -> FleetReport {
    run_watched(fleet, &Watch::default(), stop).await
}

/// The same, with counts that can be read meanwhile.
pub async fn run_watched(fleet: Fleet, watch: &Watch, stop: impl Future<Output = ()>) -> FleetReport {
    let counters = Arc::clone(&watch.0);
    let model = Arc::new(fleet.model);
    let (stopping, stopped) = watch::channel(());
    let mut seeds = Dice::new(fleet.seed);
    let mut tasks = JoinSet::new();
    for device in fleet.devices {
        let seed = seeds.roll();
        let virtual_device = VirtualDevice::new(&device.product, &device.device, Arc::clone(&model), seed)
            .with_faults(fleet.faults_percent);
        let visitor = Visitor {
            address: fleet.address.clone(),
            identity: device,
            report_interval: fleet.report_interval.max(Duration::from_millis(1)),
            counters: Arc::clone(&counters),
            dice: Dice::new(seed ^ 1),
        };
        tasks.spawn(visitor.live(virtual_device, stopped.clone()));
    }
    stop.await;
    drop(stopping);
    while tasks.join_next().await.is_some() {}
    counters.report()
}

/// The command line of `lianwu simulate`.
#[derive(Debug, Clone, Args)]
pub struct SimulateArgs {
    /// Host and port of the MQTT listener.
    #[arg(default_value = "127.0.0.1:1883")]
    pub address: String,
    /// Devices: lines product,device,secret or the same as JSON.
    #[arg(long, value_name = "FILE")]
    pub credentials: PathBuf,
    /// The product's thing model, as the console exports it.
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Seconds between two reports of a device.
    #[arg(long, default_value_t = 10.0, value_parser = interval)]
    pub interval: f64,
    /// The same seed gives the same values.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Reports of a hundred that hold a value of a wrong type.
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub faults: u8,
    /// Print the counts as JSON.
    #[arg(long)]
    pub json: bool,
}

fn interval(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value| (0.001..=86_400.0).contains(value)).ok_or_else(|| "0.001 to 86400".to_owned())
}

impl SimulateArgs {
    /// Reads the files named on the command line.
    ///
    /// # Errors
    /// One of them cannot be read or understood.
    pub fn fleet(&self) -> anyhow::Result<Fleet> {
        let path = self.model.display();
        let text = std::fs::read_to_string(&self.model).with_context(|| format!("read thing model {path}"))?;
        Ok(Fleet {
            address: self.address.clone(),
            devices: identity::read_devices(&self.credentials)?,
            model: ThingModel::parse(&text).with_context(|| format!("thing model {path}"))?,
            report_interval: Duration::from_secs_f64(self.interval),
            seed: self.seed,
            faults_percent: self.faults,
        })
    }
}
