//! Fleets of simulated devices, run by the platform for whoever tries something out: devices of the registry that sign in
//! over the platform's own port. Decided in docs/adr/0034-virtual-devices.md.

mod devices;
mod fleet;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use lianwu_model::account::Principal;
use lianwu_model::product::{Authentication, DataProtocol};
use lianwu_model::{DeviceName, DeviceNumber, ProductId, Uin, UnixMillis};
use parking_lot::Mutex;

use crate::Platform;
use crate::device::{self, BATCH_MAX, DeviceError, DeviceRef};
use crate::invalid::Invalid;
use crate::product::{self, ProductError};
use crate::randomness::{DIGITS_AND_LOWER, text};

pub use devices::NAME_PREFIX_CHARS_MAX;
pub use fleet::{FleetFigures, FleetPlan, Fleets, RunningFleet, SimulatedDevice};

/// Simulations that run at the same time, of all accounts.
pub const SIMULATIONS_MAX: usize = 10;

/// Simulations that are remembered, ended ones included; the oldest ended one makes room.
const REMEMBERED_MAX: usize = 30;

/// Characters of an id behind its `sim-`.
const ID_CHARS: usize = 8;

/// What somebody wants simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub devices: usize,
    /// What the names of the devices begin with; of those to be created, what stands before `-1`.
    pub name_prefix: String,
    /// Makes the devices that are missing.
    pub creates: bool,
    /// Seconds between two reports of a device.
    pub interval_s: u64,
    /// When the simulation ends by itself.
    pub minutes: u64,
    /// Reports of a hundred that hold a value of a wrong type.
    pub faults_percent: u64,
}

/// Why nothing is simulated, or nothing was stopped.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SimulationError {
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("{field} is {got}, {min} to {max} are allowed")]
    Range { field: &'static str, got: u64, min: u64, max: u64 },
    /// `limits.simulator_devices` is 0, or there is no MQTT listener.
    #[error("the simulator is switched off")]
    Off,
    #[error("the product's devices sign in with certificates")]
    CertificateProduct,
    #[error("the product's devices send bytes")]
    RawProduct,
    #[error("the product has no thing model")]
    NoModel,
    #[error("{free} of {max} devices may still be simulated, {asked} are asked for")]
    TooManyDevices { asked: u64, free: u64, max: u64 },
    #[error("{SIMULATIONS_MAX} simulations are running")]
    TooManySimulations,
    #[error("{ready} devices are enabled and offline, {asked} are asked for")]
    TooFewReady { ready: usize, asked: usize },
    #[error("device {0} is online or disabled")]
    NotReady(DeviceName),
    #[error("simulation {0} does not exist")]
    NotFound(String),
    #[error("the fleet cannot start: {0}")]
    Failed(String),
}

/// One simulation as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    pub id: String,
    pub product: ProductId,
    pub owner: Uin,
    /// Who started it.
    pub by: String,
    pub wish: Wish,
    /// Devices that were made for it and are still there, as far as it knows.
    pub created: Vec<DeviceName>,
    pub started: UnixMillis,
    /// When it ended, or will.
    pub ends: UnixMillis,
    pub is_running: bool,
    pub figures: FleetFigures,
}

/// All simulations of the platform.
#[derive(Default)]
pub struct Simulations {
    fleets: OnceLock<Arc<dyn Fleets>>,
    known: Mutex<Vec<Entry>>,
}

struct Entry {
    simulation: Simulation,
    /// Those it plays.
    devices: HashSet<DeviceNumber>,
    fleet: Box<dyn RunningFleet>,
}

impl fmt::Debug for Simulations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulations").field("known", &self.known.lock().len()).finish_non_exhaustive()
    }
}

impl Entry {
    /// Looks at the fleet: it may have ended by itself.
    fn refresh(&mut self, now: UnixMillis) {
        if !self.simulation.is_running {
            return;
        }
        self.simulation.figures = self.fleet.figures();
        if self.fleet.has_ended() {
            self.simulation.is_running = false;
            self.simulation.ends = self.simulation.ends.min(now);
        }
    }
}

impl Simulations {
    /// Without it nothing is simulated. The first one stays.
    pub fn run_with(&self, fleets: Arc<dyn Fleets>) {
        let _ = self.fleets.set(fleets);
    }

    fn refreshed(&self, now: UnixMillis) -> parking_lot::MutexGuard<'_, Vec<Entry>> {
        let mut known = self.known.lock();
        for entry in known.iter_mut() {
            entry.refresh(now);
        }
        known
    }
}

/// Devices of all accounts that are simulated now.
#[must_use]
pub fn devices_in_use(platform: &Platform) -> u64 {
    let known = platform.simulations.refreshed(platform.clock.now());
    running(&known).map(|entry| entry.simulation.wish.devices as u64).sum()
}

/// Devices that are played, whether they have signed in yet or not.
fn taken(known: &[Entry]) -> HashSet<DeviceNumber> {
    running(known).flat_map(|entry| entry.devices.iter().copied()).collect()
}

fn running(known: &[Entry]) -> impl Iterator<Item = &Entry> {
    known.iter().filter(|entry| entry.simulation.is_running)
}

/// Simulations of an account, newest first.
#[must_use]
pub fn list(platform: &Platform, owner: Uin) -> Vec<Simulation> {
    let known = platform.simulations.refreshed(platform.clock.now());
    let own = known.iter().rev().filter(|entry| entry.simulation.owner == owner);
    own.map(|entry| entry.simulation.clone()).collect()
}

/// Starts a fleet.
///
/// # Errors
/// See [`SimulationError`]; when devices were made before it failed, they stay and are found by their names.
pub async fn start(
    platform: &Platform,
    by: &Principal,
    product: &str,
    wish: Wish,
) -> Result<Simulation, SimulationError> {
    check(platform, &wish)?;
    let fleets = platform.simulations.fleets.get().ok_or(SimulationError::Off)?;
    let product = product::find(platform, by.owner, product)?.product;
    if product.authentication != Authentication::Key {
        return Err(SimulationError::CertificateProduct);
    }
    if product.data_protocol != DataProtocol::ThingModel {
        return Err(SimulationError::RawProduct);
    }
    let model = platform.catalog.model(product.id).ok_or(SimulationError::NoModel)?;
    check_room(platform, wish.devices as u64)?;
    let taken = taken(&platform.simulations.refreshed(platform.clock.now()));
    let (devices, created) = devices::choose(platform, by, &product, &wish, &taken).await?;
    let numbers = devices.iter().map(|device| device.number).collect();
    let plan = FleetPlan {
        product: product.id,
        devices,
        model,
        interval_s: wish.interval_s,
        minutes: wish.minutes,
        faults_percent: u8::try_from(wish.faults_percent).unwrap_or(100),
        seed: platform.clock.now().0,
    };
    let now = platform.clock.now();
    let mut known = platform.simulations.refreshed(now);
    // Looked at again: making devices took its time.
    check_room_in(platform, &known, wish.devices as u64)?;
    let taken = self::taken(&known);
    if let Some(device) = plan.devices.iter().find(|device| taken.contains(&device.number)) {
        return Err(SimulationError::NotReady(device.name.clone()));
    }
    let fleet = fleets.start(plan).map_err(SimulationError::Failed)?;
    let simulation = Simulation {
        id: format!("sim-{}", text(platform.randomness.as_ref(), DIGITS_AND_LOWER, ID_CHARS)),
        product: product.id,
        owner: by.owner,
        by: by.name.clone(),
        created,
        started: now,
        ends: UnixMillis(now.0.saturating_add(wish.minutes * 60_000)),
        is_running: true,
        figures: FleetFigures::default(),
        wish,
    };
    if known.len() >= REMEMBERED_MAX
        && let Some(at) = known.iter().position(|entry| !entry.simulation.is_running)
    {
        known.remove(at);
    }
    known.push(Entry { simulation: simulation.clone(), devices: numbers, fleet });
    Ok(simulation)
}

fn check(platform: &Platform, wish: &Wish) -> Result<(), SimulationError> {
    let max = platform.limits.simulator_devices;
    if max == 0 {
        return Err(SimulationError::Off);
    }
    for (field, got, min, max) in [
        ("DeviceCount", wish.devices as u64, 1, max),
        ("IntervalSeconds", wish.interval_s, 1, 3600),
        ("Minutes", wish.minutes, 1, 1440),
        ("FaultPercent", wish.faults_percent, 0, 100),
    ] {
        if !(min..=max).contains(&got) {
            return Err(SimulationError::Range { field, got, min, max });
        }
    }
    devices::check_prefix(wish)
}

fn check_room(platform: &Platform, asked: u64) -> Result<(), SimulationError> {
    check_room_in(platform, &platform.simulations.refreshed(platform.clock.now()), asked)
}

fn check_room_in(platform: &Platform, known: &[Entry], asked: u64) -> Result<(), SimulationError> {
    if running(known).count() >= SIMULATIONS_MAX {
        return Err(SimulationError::TooManySimulations);
    }
    let max = platform.limits.simulator_devices;
    let used: u64 = running(known).map(|entry| entry.simulation.wish.devices as u64).sum();
    let free = max.saturating_sub(used);
    if asked > free { Err(SimulationError::TooManyDevices { asked, free, max }) } else { Ok(()) }
}

/// Lets the devices of a simulation say goodbye; with `deletes_created` those made for it are deleted, whether it still
/// runs or not.
///
/// # Errors
/// [`SimulationError::NotFound`]; `Device` when a device cannot be deleted, such as one that was bound to a gateway.
pub async fn stop(
    platform: &Platform,
    owner: Uin,
    product: &str,
    id: &str,
    deletes_created: bool,
) -> Result<Simulation, SimulationError> {
    let product = product::find(platform, owner, product)?.product.id;
    let created = {
        let now = platform.clock.now();
        let mut known = platform.simulations.refreshed(now);
        let entry = found(&mut known, owner, product, id)?;
        entry.fleet.stop();
        if entry.simulation.is_running {
            entry.simulation.is_running = false;
            entry.simulation.ends = now;
            entry.simulation.figures = FleetFigures { online: 0, ..entry.fleet.figures() };
        }
        if deletes_created { entry.simulation.created.clone() } else { Vec::new() }
    };
    let is_there = |name: &&DeviceName| platform.directory.find(product, name.as_str()).is_some();
    let created: Vec<_> = created.iter().filter(is_there).collect();
    for batch in created.chunks(BATCH_MAX) {
        let name = |name: &&DeviceName| DeviceRef { product: product.to_string(), name: name.to_string() };
        device::delete(platform, owner, &batch.iter().map(name).collect::<Vec<_>>()).await?;
    }
    let mut known = platform.simulations.refreshed(platform.clock.now());
    let entry = found(&mut known, owner, product, id)?;
    if deletes_created {
        entry.simulation.created.clear();
    }
    Ok(entry.simulation.clone())
}

fn found<'e>(
    known: &'e mut [Entry],
    owner: Uin,
    product: ProductId,
    id: &str,
) -> Result<&'e mut Entry, SimulationError> {
    let is_it = |entry: &&mut Entry| {
        let simulation = &entry.simulation;
        simulation.id == id && simulation.owner == owner && simulation.product == product
    };
    known.iter_mut().find(is_it).ok_or_else(|| SimulationError::NotFound(id.to_owned()))
}
