//! Gateways and what comes in through them.

use std::sync::Arc;

use lianwu_model::DeviceNumber;
use lianwu_model::gateway::Binding;

use super::{LAMP, METER, device, device_key, product_id, with_products};
use crate::registry::{Devices, Products, Projects, StoreError, Topology};

async fn numbers<S: Projects + Products + Devices>(store: &Arc<S>) -> Vec<DeviceNumber> {
    with_products(&**store).await;
    let devices = vec![device(LAMP, "gate", &[]), device(METER, "m1", &[]), device(METER, "m2", &[])];
    let made = store.create_devices(devices).await.expect("create devices");
    made.iter().map(|device| device.number).collect()
}

/// Is each product listed once, in the order it was allowed, until it is withdrawn?
pub async fn allowed_products_are_listed_in_order<S: Projects + Products + Topology>(store: Arc<S>) {
    with_products(&*store).await;
    let (lamp, meter) = (product_id(LAMP), product_id(METER));
    store.allow_products(lamp, vec![meter]).await.expect("allow");
    store.allow_products(lamp, vec![lamp, meter]).await.expect("allow again");
    assert_eq!(store.allowed_products().await, Ok(vec![(lamp, meter), (lamp, lamp)]));
    let missing = store.allow_products(meter, vec![lamp, product_id("NOSUCH0001")]).await;
    assert_eq!(missing, Err(StoreError::Missing));
    assert_eq!(store.allow_products(product_id("NOSUCH0001"), vec![lamp]).await, Err(StoreError::Missing));
    store.withdraw_products(lamp, vec![meter, product_id("NOSUCH0001")]).await.expect("withdraw");
    store.withdraw_products(meter, vec![lamp]).await.expect("withdraw what was not allowed");
    assert_eq!(store.allowed_products().await, Ok(vec![(lamp, lamp)]));
}

/// Does a product stay while a gateway product takes it, and while it takes others?
pub async fn a_product_that_is_allowed_cannot_be_deleted<S: Projects + Products + Topology>(store: Arc<S>) {
    with_products(&*store).await;
    let (lamp, meter) = (product_id(LAMP), product_id(METER));
    store.allow_products(lamp, vec![meter]).await.expect("allow");
    for id in [lamp, meter] {
        assert!(matches!(store.delete_product(id).await, Err(StoreError::InUse(_))), "{id}");
    }
    store.withdraw_products(lamp, vec![meter]).await.expect("withdraw");
    store.delete_product(meter).await.expect("delete");
}

/// Is a batch refused whole when one of its devices is bound, named twice or absent?
pub async fn bindings_are_made_whole_or_not_at_all<S: Projects + Products + Devices + Topology>(store: Arc<S>) {
    let numbers = numbers(&store).await;
    let (gate, first, second) = (numbers[0], numbers[1], numbers[2]);
    let binding = |device| Binding { gateway: gate, device };
    store.bind(vec![binding(first)]).await.expect("bind");
    let taken = Err(StoreError::Taken("device"));
    assert_eq!(store.bind(vec![binding(second), binding(first)]).await, taken);
    assert_eq!(store.bind(vec![binding(second), binding(second)]).await, taken);
    let stranger = DeviceNumber(999);
    assert_eq!(store.bind(vec![binding(second), binding(stranger)]).await, Err(StoreError::Missing));
    let from_nowhere = Binding { gateway: stranger, device: second };
    assert_eq!(store.bind(vec![from_nowhere]).await, Err(StoreError::Missing));
    assert_eq!(store.bindings().await, Ok(vec![binding(first)]));
    store.bind(vec![binding(second)]).await.expect("bind");
    assert_eq!(store.bindings().await, Ok(vec![binding(first), binding(second)]));
    store.unbind(vec![first, stranger]).await.expect("unbind");
    assert_eq!(store.bindings().await, Ok(vec![binding(second)]));
}

/// Does a device stay while it is bound, and while others are bound to it?
pub async fn a_device_that_is_bound_cannot_be_deleted<S: Projects + Products + Devices + Topology>(store: Arc<S>) {
    let numbers = numbers(&store).await;
    store.bind(vec![Binding { gateway: numbers[0], device: numbers[1] }]).await.expect("bind");
    for key in [device_key(LAMP, "gate"), device_key(METER, "m1")] {
        let refused = store.delete_devices(vec![device_key(METER, "m2"), key]).await;
        assert!(matches!(refused, Err(StoreError::InUse(_))), "{refused:?}");
    }
    store.unbind(vec![numbers[1]]).await.expect("unbind");
    store.delete_devices(vec![device_key(LAMP, "gate"), device_key(METER, "m2")]).await.expect("delete");
}
