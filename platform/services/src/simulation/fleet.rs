//! The seam to whatever runs simulated devices: only the application knows how they reach the platform.

use std::fmt;
use std::sync::Arc;

use lianwu_device_protocol::credentials::DeviceSecret;
use lianwu_model::{DeviceName, DeviceNumber, ProductId};

use crate::catalog::CompiledModel;

/// A device of the registry, with what it signs in with.
#[derive(Clone, Debug)]
pub struct SimulatedDevice {
    pub number: DeviceNumber,
    pub name: DeviceName,
    pub secret: DeviceSecret,
}

/// What is to run.
#[derive(Clone, Debug)]
pub struct FleetPlan {
    pub product: ProductId,
    pub devices: Vec<SimulatedDevice>,
    pub model: Arc<CompiledModel>,
    /// Seconds between two reports of a device.
    pub interval_s: u64,
    /// It ends by itself after so many.
    pub minutes: u64,
    /// Reports of a hundred that hold a value of a wrong type.
    pub faults_percent: u8,
    /// Decides the values.
    pub seed: u64,
}

/// What a fleet has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FleetFigures {
    /// Devices that are signed in.
    pub online: u64,
    pub sign_ins: u64,
    pub reports: u64,
    pub accepted: u64,
    pub refused: u64,
    pub events: u64,
    pub controls: u64,
    pub actions: u64,
    /// Sign-ins that failed and connections that broke.
    pub failures: u64,
    /// The latest of them, a few, oldest first.
    pub last_failures: Vec<String>,
}

/// Starts fleets.
pub trait Fleets: Send + Sync {
    /// Returns at once; the devices sign in behind it.
    ///
    /// # Errors
    /// Why nothing runs, for people.
    fn start(&self, plan: FleetPlan) -> Result<Box<dyn RunningFleet>, String>;
}

/// One that was started.
pub trait RunningFleet: Send + Sync {
    fn figures(&self) -> FleetFigures;

    /// Its time is over, or it was stopped.
    fn has_ended(&self) -> bool;

    /// Returns at once; every device says goodbye. Harmless when it has ended.
    fn stop(&self);
}

impl fmt::Debug for dyn Fleets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fleets")
    }
}
