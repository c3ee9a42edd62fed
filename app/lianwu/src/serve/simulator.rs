//! Runs the fleets of `StartSimulation`: devices of `lianwu simulate` in this process, over the platform's own MQTT port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use lianwu_bench::identity::Device as Identity;
use lianwu_bench::simulate::{self, Fleet, Watch};
use lianwu_services::Platform;
use lianwu_services::simulation::{FleetFigures, FleetPlan, Fleets, RunningFleet};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{info, warn};

use super::demo::{self, Demo};

/// How long devices may say goodbye when the platform stops.
const GOODBYE: Duration = Duration::from_secs(1);

/// The simulated devices of this process: fleets of whoever asks, and the demo's lamps.
pub struct Simulated {
    simulator: Option<Arc<Simulator>>,
    demo: Option<Demo>,
}

impl Simulated {
    /// Without an MQTT listener there are none.
    pub async fn start(platform: &Platform, mqtt: Option<SocketAddr>, with_demo: bool) -> Result<Self> {
        let simulator = mqtt.map(|mqtt| Simulator::new(local(mqtt)));
        if let Some(simulator) = &simulator {
            platform.simulations.run_with(Arc::clone(simulator) as Arc<dyn Fleets>);
        }
        let demo = if with_demo { demo::start(platform, mqtt).await? } else { None };
        Ok(Self { simulator, demo })
    }

    /// All say goodbye, for a short while.
    pub async fn stop(self) {
        if let Some(simulator) = self.simulator {
            simulator.stop().await;
        }
        if let Some(demo) = self.demo {
            demo.stop().await;
        }
    }
}

/// A device's end of the connection, and the platform's.
const DESCRIPTORS_PER_DEVICE: u64 = 2;

/// All fleets of this process.
struct Simulator {
    mqtt: SocketAddr,
    /// Set once, when the platform stops.
    stopping: watch::Sender<bool>,
    /// Devices of all fleets.
    playing: Arc<AtomicUsize>,
    fleets: Mutex<JoinSet<()>>,
}

/// One fleet.
struct Running {
    watch: Watch,
    stop: watch::Sender<bool>,
    has_ended: Arc<AtomicBool>,
}

impl Simulator {
    fn new(mqtt: SocketAddr) -> Arc<Self> {
        Arc::new(Self { mqtt, stopping: watch::Sender::new(false), playing: Arc::default(), fleets: Mutex::default() })
    }

    /// Ends all fleets, and does not wait long for them.
    async fn stop(&self) {
        self.stopping.send_replace(true);
        let mut fleets = std::mem::take(&mut *self.fleets.lock());
        let all = async { while fleets.join_next().await.is_some() {} };
        if tokio::time::timeout(GOODBYE, all).await.is_err() {
            warn!("simulated devices were cut off");
        }
    }
}

impl Fleets for Simulator {
    fn start(&self, plan: FleetPlan) -> Result<Box<dyn RunningFleet>, String> {
        let mut fleets = self.fleets.lock();
        if *self.stopping.borrow() {
            return Err("the platform is stopping".to_owned());
        }
        while fleets.try_join_next().is_some() {}
        check_descriptors(self.playing.load(Ordering::Relaxed) + plan.devices.len())?;
        let running = Running { watch: Watch::default(), stop: watch::Sender::new(false), has_ended: Arc::default() };
        let (watch, has_ended) = (running.watch.clone(), Arc::clone(&running.has_ended));
        let (stopped, stopping) = (running.stop.subscribe(), self.stopping.subscribe());
        let time = Duration::from_secs(plan.minutes.saturating_mul(60));
        let (product, devices) = (plan.product, plan.devices.len());
        let fleet = fleet(self.mqtt, &plan);
        let playing = Arc::clone(&self.playing);
        playing.fetch_add(devices, Ordering::Relaxed);
        fleets.spawn(async move {
            info!(%product, devices, "a simulation begins");
            let over = async {
                tokio::select! {
                    () = is_set(stopped) => {}
                    () = is_set(stopping) => {}
                    () = tokio::time::sleep(time) => {}
                }
            };
            let report = simulate::run_watched(fleet, &watch, over).await;
            playing.fetch_sub(devices, Ordering::Relaxed);
            has_ended.store(true, Ordering::Release);
            info!(%product, devices, reports = report.reports, refused = report.reports_refused, "a simulation ended");
        });
        Ok(Box::new(running))
    }
}

impl RunningFleet for Running {
    fn figures(&self) -> FleetFigures {
        let report = self.watch.report();
        FleetFigures {
            online: report.online,
            sign_ins: report.sign_ins,
            reports: report.reports,
            accepted: report.reports_accepted,
            refused: report.reports_refused,
            events: report.events,
            controls: report.controls,
            actions: report.actions,
            failures: report.failures,
            last_failures: report.last_failures.into(),
        }
    }

    fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    fn stop(&self) {
        self.stop.send_replace(true);
    }
}

/// Half of the files this process may open stay for others: a fleet must not keep real devices out.
fn check_descriptors(devices: usize) -> Result<(), String> {
    let Some(most) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current else { return Ok(()) };
    let needed = (devices as u64).saturating_mul(DESCRIPTORS_PER_DEVICE);
    if needed <= most / 2 {
        return Ok(());
    }
    Err(format!(
        "{devices} devices need {needed} open files, and half of the {most} this process may open are for others"
    ))
}

/// Also when nobody is left who could set it.
async fn is_set(mut flag: watch::Receiver<bool>) {
    let _ = flag.wait_for(|is_set| *is_set).await;
}

fn fleet(mqtt: SocketAddr, plan: &FleetPlan) -> Fleet {
    let identity = |device: &lianwu_services::simulation::SimulatedDevice| Identity {
        product: plan.product.to_string(),
        device: device.name.to_string(),
        secret: device.secret.text().to_owned(),
    };
    Fleet {
        address: mqtt.to_string(),
        devices: plan.devices.iter().map(identity).collect(),
        model: plan.model.definition.clone(),
        report_interval: Duration::from_secs(plan.interval_s),
        seed: plan.seed,
        faults_percent: plan.faults_percent,
    }
}

/// Where this process reaches its own listener.
pub fn local(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv6() { [0, 0, 0, 0, 0, 0, 0, 1_u16].into() } else { [127, 0, 0, 1].into() });
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Are descriptors left for real devices, however many there are?
    #[test]
    fn half_of_the_descriptors_stay_for_others() {
        assert_eq!(check_descriptors(1), Ok(()));
        if rustix::process::getrlimit(rustix::process::Resource::Nofile).current.is_some() {
            assert!(check_descriptors(usize::MAX / 4).is_err_and(|why| why.contains("open files")));
        }
    }

    #[test]
    fn a_listener_on_all_addresses_is_reached_over_the_loopback() {
        for (listening, reached) in
            [("0.0.0.0:1883", "127.0.0.1:1883"), ("[::]:1883", "[::1]:1883"), ("192.0.2.7:1", "192.0.2.7:1")]
        {
            assert_eq!(local(listening.parse().unwrap()), reached.parse().unwrap());
        }
    }
}
