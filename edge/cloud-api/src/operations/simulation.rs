//! Fleets of simulated devices. Source: spec/lianwu-api.json. Times are UNIX seconds.

use lianwu_services::product;
use lianwu_services::simulation::{self, Simulation, Wish};

use crate::access;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    CreateDevice, DeleteDevices, DescribeDevice, ListSimulationsRequest, ListSimulationsResponse,
    StartSimulationRequest, StartSimulationResponse, StopSimulationRequest, StopSimulationResponse,
};
use crate::generated::structures::SimulationItem;
use crate::metadata::{Operation, OperationSpec};
use crate::table::Target;

/// What is taken for what the caller leaves out.
const INTERVAL_S: u64 = 10;
const MINUTES: u64 = 60;

/// Who may not read the devices' secrets may not have them used, and who may not make devices may not have them made.
pub async fn start(call: Call, r: StartSimulationRequest) -> Result<StartSimulationResponse, ApiError> {
    let creates = r.create_missing.unwrap_or(false);
    needs(&call, DescribeDevice::SPEC, &r.product_id).await?;
    if creates {
        needs(&call, CreateDevice::SPEC, &r.product_id).await?;
    }
    let wish = Wish {
        devices: usize::try_from(r.device_count).unwrap_or(usize::MAX),
        name_prefix: r.name_prefix.unwrap_or_default(),
        creates,
        interval_s: r.interval_seconds.unwrap_or(INTERVAL_S),
        minutes: r.minutes.unwrap_or(MINUTES),
        faults_percent: r.fault_percent.unwrap_or(0),
    };
    let started = simulation::start(&call.platform, &call.caller.principal, &r.product_id, wish).await?;
    Ok(StartSimulationResponse { simulation: Some(item(started)) })
}

pub async fn stop(call: Call, r: StopSimulationRequest) -> Result<StopSimulationResponse, ApiError> {
    let deletes = r.delete_created.unwrap_or(false);
    if deletes {
        needs(&call, DeleteDevices::SPEC, &r.product_id).await?;
    }
    let stopped = simulation::stop(&call.platform, call.owner(), &r.product_id, &r.simulation_id, deletes).await?;
    Ok(StopSimulationResponse { simulation: Some(item(stopped)) })
}

pub async fn list(call: Call, _: ListSimulationsRequest) -> Result<ListSimulationsResponse, ApiError> {
    let mut simulations = Vec::new();
    for mut simulation in simulation::list(&call.platform, call.owner()) {
        let found = product::find(&call.platform, call.owner(), simulation.product.as_str());
        let Some(found) = found.ok().filter(|found| access::may_see_product(&call, &found.product)) else { continue };
        // Failures name their devices.
        if !access::hidden_devices(&call, &[&*found.product]).await?.is_empty() {
            simulation.figures.last_failures.clear();
        }
        simulations.push(item(simulation));
    }
    Ok(ListSimulationsResponse {
        simulations,
        devices_max: call.platform.limits.simulator_devices,
        devices_used: simulation::devices_in_use(&call.platform),
    })
}

/// Another right on all devices of the product.
async fn needs(call: &Call, spec: &'static OperationSpec, product: &str) -> Result<(), ApiError> {
    access::authorise(&Call { spec, ..call.clone() }, &Target::DevicesOf(product.to_owned())).await
}

fn item(simulation: Simulation) -> SimulationItem {
    let Simulation { id, product, by, wish, created, started, ends, is_running, figures, .. } = simulation;
    SimulationItem {
        simulation_id: id,
        product_id: product.to_string(),
        caller: by,
        running: is_running,
        device_count: wish.devices as u64,
        name_prefix: wish.name_prefix,
        interval_seconds: wish.interval_s,
        fault_percent: wish.faults_percent,
        start_time: started.seconds(),
        end_time: ends.seconds(),
        created: created.len() as u64,
        online: figures.online,
        sign_ins: figures.sign_ins,
        reports: figures.reports,
        accepted: figures.accepted,
        refused: figures.refused,
        events: figures.events,
        controls: figures.controls,
        actions: figures.actions,
        failures: figures.failures,
        last_failures: figures.last_failures,
    }
}
