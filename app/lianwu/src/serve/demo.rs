//! `--demo`: a project, a lamp product, three simulated lamps that report through the ordinary device path.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use lianwu_bench::identity::Device as Identity;
use lianwu_bench::simulate::{self, Fleet, FleetReport};
use lianwu_model::account::Principal;
use lianwu_model::product::{Authentication, DataProtocol, Product, ProductKind};
use lianwu_model::thing_model::ThingModel;
use lianwu_model::{DeviceKey, ProductId};
use lianwu_ports::registry::{ProjectFilter, Slice};
use lianwu_services::product::NewProduct;
use lianwu_services::project::ProjectText;
use lianwu_services::{Platform, device, product, project, thing_model};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use super::simulator::local;

const PROJECT: &str = "demo";
const PRODUCT: &str = "lamp";
const LAMPS: [&str; 3] = ["lamp-1", "lamp-2", "lamp-3"];
const MODEL: &str = include_str!("../../../../spec/thing-models/lamp.json");
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// The running lamps.
pub struct Demo {
    stop: oneshot::Sender<()>,
    fleet: JoinHandle<FleetReport>,
}

/// Makes what is missing of the demo and lets the lamps report; `None` without an MQTT listener.
pub async fn start(platform: &Platform, mqtt: Option<SocketAddr>) -> Result<Option<Demo>> {
    let Some(mqtt) = mqtt else {
        warn!("listen.mqtt is switched off, so the demo lamps cannot connect");
        return Ok(None);
    };
    let principals = platform.stores.accounts.principals().await?;
    let owner = principals.into_iter().find(Principal::is_main_account).context("there is no main account")?;
    let product = lamp_product(platform, &owner).await.context("make the demo product")?;
    let mut devices = Vec::new();
    for name in LAMPS {
        devices.push(lamp(platform, &owner, product, name).await.with_context(|| format!("make the lamp {name}"))?);
    }
    let fleet = Fleet {
        address: local(mqtt).to_string(),
        devices,
        model: ThingModel::parse(MODEL).context("the demo's thing model")?,
        report_interval: REPORT_INTERVAL,
        seed: platform.clock.now().0,
        faults_percent: 0,
    };
    println!("  demo             product {product} with the lamps {}", LAMPS.join(", "));
    let (stop, stopped) = oneshot::channel();
    let fleet = tokio::spawn(simulate::run(fleet, async {
        // A dropped sender means stop as well.
        let _ = stopped.await;
    }));
    Ok(Some(Demo { stop, fleet }))
}

impl Demo {
    /// The lamps say goodbye.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        if let Ok(report) = self.fleet.await {
            info!(reports = report.reports, accepted = report.reports_accepted, "the demo lamps stopped");
        }
    }
}

async fn lamp_product(platform: &Platform, owner: &Principal) -> Result<ProductId> {
    let owned = platform.catalog.owned_by(owner.uin);
    let product = match owned.into_iter().find(|p| p.product.name == PRODUCT) {
        Some(found) => Product::clone(&found.product),
        None => {
            let new = NewProduct {
                project: demo_project(platform, owner).await?,
                name: PRODUCT.into(),
                description: "Simulated lamps of the demo".into(),
                category: 3,
                kind: ProductKind::Device,
                authentication: Authentication::Key,
                net_type: "wifi".into(),
                data_protocol: DataProtocol::ThingModel,
            };
            product::create(platform, owner, new).await?
        }
    };
    if platform.catalog.model(product.id).is_none() {
        thing_model::modify(platform, owner.uin, product.id.as_str(), MODEL.to_owned()).await?;
    }
    Ok(product.id)
}

async fn demo_project(platform: &Platform, owner: &Principal) -> Result<String> {
    let filter = ProjectFilter { owner: Some(owner.uin), name: Some(PROJECT.into()), ..ProjectFilter::default() };
    let listed = platform.stores.projects.projects(filter, Slice { offset: 0, limit: 100 }).await?;
    if let Some(found) = listed.rows.into_iter().find(|found| found.name == PROJECT) {
        return Ok(found.id.as_str().to_owned());
    }
    let text = ProjectText { name: PROJECT.into(), description: "Made by --demo".into() };
    Ok(project::create(platform, owner.uin, text, None).await?.id.as_str().to_owned())
}

async fn lamp(platform: &Platform, owner: &Principal, product: ProductId, name: &str) -> Result<Identity> {
    let key = DeviceKey { product, device: name.parse()? };
    let device = match platform.stores.devices.device(key).await? {
        Some(found) => found,
        None => device::create(platform, owner, product.as_str(), name, None).await?,
    };
    Ok(Identity { product: product.as_str().to_owned(), device: name.to_owned(), secret: device.secret.0 })
}
