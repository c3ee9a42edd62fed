//! `prepare`: a project, a product with a thing model and its devices, made through the cloud API.

use std::{fs, sync::Arc, time::SystemTime};

use anyhow::Context as _;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{sync::Mutex, task::JoinSet};

use crate::{
    args::PrepareArgs,
    cloud_client::{CloudAccess, CloudClient},
    identity::{Device, format_devices},
};

/// The thing model of the benchmarks.
pub const BENCH_MODEL: &str = include_str!("../models/bench.json");
/// The same with a property that is reported rarely.
pub const RARE_MODEL: &str = include_str!("../models/rare.json");

/// Devices one BindDevices may name.
const BOUND_PER_CALL: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    #[serde(default)]
    project: CreatedProject,
    #[serde(default)]
    product: CreatedProduct,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreatedProject {
    #[serde(default)]
    project_id: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreatedProduct {
    #[serde(default)]
    product_id: String,
}

/// Makes everything and writes the credentials file. Returns the devices.
///
/// Secrets are chosen here and given to CreateDevice, so nothing has to be read back. A product in development holds
/// at most `limits.dev_product_devices` devices; set it to 0 for a benchmark.
///
/// # Errors
/// A call is refused, or the file cannot be written. What was made until then stays.
pub async fn prepare(args: &PrepareArgs) -> anyhow::Result<Vec<Device>> {
    let access = args.api.access()?;
    let model = match args.model.as_str() {
        "bench" => BENCH_MODEL.to_owned(),
        "rare" => RARE_MODEL.to_owned(),
        path => fs::read_to_string(path).with_context(|| format!("read thing model {path}"))?,
    };
    let (project, product) = make_product(access.clone(), args, &model).await?;
    let names: Vec<_> = (0..args.devices).map(|number| format!("{}{number:05}", args.prefix)).collect();
    let devices = make_devices(&access, &product, names, usize::from(args.api.connections)).await?;
    fs::write(&args.out, format_devices(&devices)).with_context(|| format!("write {}", args.out.display()))?;
    if let Some(out) = &args.gateway_out {
        let gateway = make_gateway(&access, args, &project, &devices).await?;
        fs::write(out, format_devices(&[gateway])).with_context(|| format!("write {}", out.display()))?;
    }
    Ok(devices)
}

/// A gateway that all devices are bound to. A gateway has at most `limits.gateway_sub_devices`.
async fn make_gateway(
    access: &CloudAccess,
    args: &PrepareArgs,
    project: &str,
    devices: &[Device],
) -> anyhow::Result<Device> {
    let mut client = CloudClient::new(access.clone());
    let request = product_request(project, &format!("{}-gateway", args.prefix), 5);
    let made: Created = client.call("CreateStudioProduct", &request).await?;
    let product = made.product.product_id;
    let gateway = Device { product: product.clone(), device: format!("{}gateway", args.prefix), secret: new_secret()? };
    let request = json!({"ProductId": product, "DeviceName": gateway.device, "DefinedPsk": gateway.secret});
    let _: Value = client.call("CreateDevice", &request).await?;
    let Some(sub_product) = devices.first().map(|device| &device.product) else { return Ok(gateway) };
    let allow = json!({"GatewayProductId": product, "ProductIds": [sub_product]});
    let _: Value = client.call("BindProducts", &allow).await?;
    for some in devices.chunks(BOUND_PER_CALL) {
        let names: Vec<_> = some.iter().map(|device| &device.device).collect();
        let bind = json!({"GatewayProductId": product, "GatewayDeviceName": gateway.device,
                          "ProductId": sub_product, "DeviceNames": names});
        let _: Value = client.call("BindDevices", &bind).await?;
    }
    Ok(gateway)
}

/// `kind` is the vendor's ProductType.
fn product_request(project: &str, name: &str, kind: u8) -> Value {
    json!({
        "ProjectId": project, "ProductName": name, "ProductDesc": "benchmark", "CategoryId": 1,
        "ProductType": kind, "EncryptionType": "2", "NetType": "wifi", "DataProtocol": 1,
    })
}

/// Project and product.
async fn make_product(access: CloudAccess, args: &PrepareArgs, model: &str) -> anyhow::Result<(String, String)> {
    let mut client = CloudClient::new(access);
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let name = format!("{}-{seconds}", args.prefix);
    let project: Created =
        client.call("CreateProject", &json!({"ProjectName": name, "ProjectDesc": "benchmark"})).await?;
    let project = project.project.project_id;
    let request = product_request(&project, &name, 0);
    let product: Created = client.call("CreateStudioProduct", &request).await?;
    let product = product.product.product_id;
    let _: Value = client.call("ModifyModelDefinition", &json!({"ProductId": product, "ModelSchema": model})).await?;
    Ok((project, product))
}

async fn make_devices(
    access: &CloudAccess,
    product: &str,
    names: Vec<String>,
    connections: usize,
) -> anyhow::Result<Vec<Device>> {
    let queue = Arc::new(Mutex::new(names.into_iter()));
    let mut makers = JoinSet::new();
    for _ in 0..connections {
        let (queue, product) = (Arc::clone(&queue), product.to_owned());
        let mut client = CloudClient::new(access.clone());
        makers.spawn(async move {
            let mut made = Vec::new();
            loop {
                let next = queue.lock().await.next();
                let Some(name) = next else { return anyhow::Ok(made) };
                let secret = new_secret()?;
                let request = json!({"ProductId": product, "DeviceName": name, "DefinedPsk": secret});
                let _: Value = client.call("CreateDevice", &request).await?;
                made.push(Device { product: product.clone(), device: name, secret });
            }
        });
    }
    let mut devices = Vec::new();
    while let Some(made) = makers.join_next().await {
        devices.extend(made.context("a task that makes devices ended")??);
    }
    devices.sort_by(|a, b| a.device.cmp(&b.device));
    Ok(devices)
}

/// A DeviceSecret: base64 of 16 random bytes.
fn new_secret() -> anyhow::Result<String> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|error| anyhow::anyhow!("read random bytes: {error}"))?;
    Ok(BASE64_STANDARD.encode(key))
}
