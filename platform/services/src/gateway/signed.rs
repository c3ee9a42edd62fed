//! Binding and unbinding by the gateway itself: with the sub-device's signature, one result for each.

use std::sync::Arc;

use lianwu_device_protocol::gateway::{GatewayResult, Signature};
use lianwu_model::{DeviceName, ProductId};
use tracing::error;

use super::GatewayError;
use super::bind::{By, has_room, may_take, put, take};
use crate::Platform;
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
    let mut results = Vec::with_capacity(wanted.len());
    let mut accepted: Vec<Arc<DirectoryDevice>> = Vec::new();
    for wanted in wanted {
        let judged = wanted.and_then(|(product, name, signature)| {
            judge(platform, gateway, product, &name, &signature, accepted.len()).and_then(|device| {
                let is_repeated = accepted.iter().any(|known| known.number == device.number);
                if is_repeated { Err(GatewayResult::AlreadyBound) } else { Ok(device) }
            })
        });
        results.push(match judged {
            Ok(device) => {
                accepted.push(device);
                GatewayResult::Success
            }
            Err(result) => result,
        });
    }
    if !accepted.is_empty()
        && let Err(error) = put(platform, gateway, &accepted, By::Gateway).await
    {
        error!(%error, gateway = %gateway.key(), "a gateway's sub-devices could not be bound");
        failed(&mut results);
    }
    results
}

/// Unbinds each device that is bound to this gateway; results come in the order given.
pub async fn unbind_own(
    platform: &Platform,
    gateway: &Arc<DirectoryDevice>,
    wanted: Vec<Wanted<()>>,
) -> Vec<GatewayResult> {
    let _turn = platform.turns.take().await;
    let mut results = Vec::with_capacity(wanted.len());
    let mut accepted: Vec<Arc<DirectoryDevice>> = Vec::new();
    for wanted in wanted {
        let judged = wanted.and_then(|(product, name, ())| {
            let device = platform.directory.find(product, name.as_str()).ok_or(GatewayResult::NoSuchDevice)?;
            let is_repeated = accepted.iter().any(|known| known.number == device.number);
            let is_own = device.gateway() == Some(gateway.number) && !is_repeated;
            if is_own { Ok(device) } else { Err(GatewayResult::NotBound) }
        });
        results.push(match judged {
            Ok(device) => {
                accepted.push(device);
                GatewayResult::Success
            }
            Err(result) => result,
        });
    }
    if !accepted.is_empty()
        && let Err(error) = take(platform, gateway, &accepted, By::Gateway).await
    {
        error!(%error, gateway = %gateway.key(), "a gateway's sub-devices could not be unbound");
        failed(&mut results);
    }
    results
}

/// Nothing of the batch was done.
fn failed(results: &mut [GatewayResult]) {
    for result in results.iter_mut().filter(|result| **result == GatewayResult::Success) {
        *result = GatewayResult::Internal;
    }
}

fn judge(
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
    signature.verify(&format!("{product}{name}"), &device.secret, platform.clock.now())?;
    match device.gateway() {
        Some(bound) if bound == gateway.number => return Err(GatewayResult::AlreadyBound),
        Some(_) => return Err(GatewayResult::BoundElsewhere),
        None => {}
    }
    allowed.map_err(|_| GatewayResult::TypeNotAllowed)?;
    let has_room = has_room(platform, gateway, accepted + 1).is_ok();
    if device.is_enabled() && has_room { Ok(device) } else { Err(GatewayResult::NotAllowed) }
}
