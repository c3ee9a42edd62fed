//! Binding and unbinding by the gateway itself: with the sub-device's signature, one result for each.

use std::sync::Arc;

use lianwu_device_protocol::gateway::{Authority, GatewayResult, Signature};
use lianwu_model::{DeviceName, ProductId};
use tracing::error;

use super::GatewayError;
use super::bind::{By, has_room, may_take, put, take};
use crate::Platform;
use crate::certificate::bind_digests;
use crate::directory::DirectoryDevice;

/// A device as a gateway named it, with the proof for a bind.
pub type Wanted<P> = Result<(ProductId, DeviceName, P), GatewayResult>;

/// Binds each device whose signature fits; results come in the order given. The order of checks: form, existence, kind,
/// signature, binding, permission of the product, room.
pub async fn bind_signed(
    platform: &Platform,
    gateway: &Arc<DirectoryDevice>,
    wanted: Vec<Wanted<Signature>>,
) -> Vec<GatewayResult> {
    let _turn = platform.turns.take().await;
    let mut batch = Batch::default();
    for wanted in wanted {
        let judged = match wanted {
            Ok((product, name, signature)) => {
                judge(platform, gateway, product, &name, &signature, batch.accepted.len()).await
            }
            Err(result) => Err(result),
        };
        batch.add(judged, GatewayResult::AlreadyBound);
    }
    if !batch.accepted.is_empty()
        && let Err(error) = put(platform, gateway, &batch.accepted, By::Gateway).await
    {
        batch.failed(gateway, "bound", &error);
    }
    batch.results
}

/// Unbinds each device that is bound to this gateway; results come in the order given.
pub async fn unbind_own(
    platform: &Platform,
    gateway: &Arc<DirectoryDevice>,
    wanted: Vec<Wanted<()>>,
) -> Vec<GatewayResult> {
    let _turn = platform.turns.take().await;
    let mut batch = Batch::default();
    for wanted in wanted {
        let judged = wanted.and_then(|(product, name, ())| {
            let device = platform.directory.find(product, name.as_str()).ok_or(GatewayResult::NoSuchDevice)?;
            if device.gateway() == Some(gateway.number) { Ok(device) } else { Err(GatewayResult::NotBound) }
        });
        batch.add(judged, GatewayResult::NotBound);
    }
    if !batch.accepted.is_empty()
        && let Err(error) = take(platform, gateway, &batch.accepted, By::Gateway).await
    {
        batch.failed(gateway, "unbound", &error);
    }
    batch.results
}

/// The devices of one message, judged one after the other and changed together.
#[derive(Default)]
struct Batch {
    results: Vec<GatewayResult>,
    accepted: Vec<Arc<DirectoryDevice>>,
}

impl Batch {
    /// A device that is named a second time gets what it would get after the first was done.
    fn add(&mut self, judged: Result<Arc<DirectoryDevice>, GatewayResult>, repeated: GatewayResult) {
        let is_known = |device: &DirectoryDevice| self.accepted.iter().any(|known| known.number == device.number);
        self.results.push(match judged {
            Ok(device) if is_known(&device) => repeated,
            Ok(device) => {
                self.accepted.push(device);
                GatewayResult::Success
            }
            Err(result) => result,
        });
    }

    /// Nothing of the batch was done.
    fn failed(&mut self, gateway: &DirectoryDevice, what: &str, error: &GatewayError) {
        error!(%error, gateway = %gateway.key(), "a gateway's sub-devices could not be {what}");
        for result in self.results.iter_mut().filter(|result| **result == GatewayResult::Success) {
            *result = GatewayResult::Internal;
        }
    }
}

async fn judge(
    platform: &Platform,
    gateway: &DirectoryDevice,
    product: ProductId,
    name: &DeviceName,
    signature: &Signature,
    accepted: usize,
) -> Result<Arc<DirectoryDevice>, GatewayResult> {
    let owner = |id| platform.catalog.product(id).map(|found| found.product.owner);
    let is_ours = owner(product).is_some_and(|found| Some(found) == owner(gateway.product));
    let device = platform.directory.find(product, name.as_str()).filter(|_| is_ours);
    let device = device.ok_or(GatewayResult::NoSuchDevice)?;
    let allowed = may_take(platform, gateway, product);
    match &allowed {
        Err(GatewayError::NotAGateway(_)) => return Err(GatewayResult::NotAllowed),
        Err(GatewayError::IsGateway(_)) => return Err(GatewayResult::NotOrdinary),
        _ => {}
    }
    let digests = match signature.authority {
        Authority::Secret => Vec::new(),
        Authority::Certificate => digests(platform, &device).await?,
    };
    let keys: Vec<&str> = match signature.authority {
        Authority::Secret => vec![device.secret.text()],
        Authority::Certificate => digests.iter().map(String::as_str).collect(),
    };
    signature.verify(&format!("{product}{name}"), &keys, platform.clock.now())?;
    match device.gateway() {
        Some(bound) if bound == gateway.number => return Err(GatewayResult::AlreadyBound),
        Some(_) => return Err(GatewayResult::BoundElsewhere),
        None => {}
    }
    allowed.map_err(|_| GatewayResult::TypeNotAllowed)?;
    let has_room = has_room(platform, gateway, accepted + 1).is_ok();
    if device.is_enabled() && has_room { Ok(device) } else { Err(GatewayResult::NotAllowed) }
}

/// What may have been the key of a signature by certificate; nothing when the device has no certificate on record.
async fn digests(platform: &Platform, device: &DirectoryDevice) -> Result<Vec<String>, GatewayResult> {
    let found = platform.stores.devices.device(device.key()).await.map_err(|error| {
        error!(%error, device = %device.key(), "a sub-device's certificate could not be read");
        GatewayResult::Internal
    })?;
    Ok(found
        .and_then(|device| device.certificate)
        .map(|certificate| bind_digests(&certificate.pem))
        .unwrap_or_default())
}
