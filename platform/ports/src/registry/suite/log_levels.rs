//! How much devices upload of their own logs.

use std::sync::Arc;

use lianwu_model::DeviceNumber;
use lianwu_model::log_level::LogLevel::{self, Debug, Error, Off};

use super::{LAMP, METER, device, device_key, product_id, with_products};
use crate::registry::{Devices, LogLevels, Products, Projects, StoreError};

async fn devices<S: Projects + Products + Devices>(store: &S) -> (DeviceNumber, DeviceNumber) {
    with_products(store).await;
    let made =
        store.create_devices(vec![device(LAMP, "a", &[]), device(LAMP, "b", &[])]).await.expect("create devices");
    (made[0].number, made[1].number)
}

/// Is there one level of each product and device, the last one given?
pub async fn a_log_level_is_replaced_and_taken_away<S: Projects + Products + Devices + LogLevels>(store: Arc<S>) {
    let (first, second) = devices(&*store).await;
    let (lamp, meter) = (product_id(LAMP), product_id(METER));
    for (product, level) in [(meter, Some(Error)), (lamp, Some(Debug)), (meter, Some(Off))] {
        store.set_product_log_level(product, level).await.expect("set");
    }
    for level in LogLevel::ALL {
        store.set_device_log_level(second, Some(level)).await.expect("set");
    }
    store.set_device_log_level(first, Some(Error)).await.expect("set");
    assert_eq!(store.product_log_levels().await, Ok(vec![(lamp, Debug), (meter, Off)]));
    assert_eq!(store.device_log_levels().await, Ok(vec![(first, Error), (second, Debug)]));
    store.set_product_log_level(lamp, None).await.expect("take away");
    store.set_device_log_level(first, None).await.expect("take away");
    store.set_device_log_level(first, None).await.expect("take away again");
    assert_eq!(store.product_log_levels().await, Ok(vec![(meter, Off)]));
    assert_eq!(store.device_log_levels().await, Ok(vec![(second, Debug)]));
    for level in [Some(Error), None] {
        assert_eq!(store.set_product_log_level(product_id("NOSUCH0001"), level).await, Err(StoreError::Missing));
        assert_eq!(store.set_device_log_level(DeviceNumber(999), level).await, Err(StoreError::Missing));
    }
}

/// Does no level stay of what was deleted?
pub async fn log_levels_go_with_their_owners<S: Projects + Products + Devices + LogLevels>(store: Arc<S>) {
    let (first, second) = devices(&*store).await;
    for number in [first, second] {
        store.set_device_log_level(number, Some(Error)).await.expect("set");
    }
    store.set_product_log_level(product_id(METER), Some(Error)).await.expect("set");
    store.delete_devices(vec![device_key(LAMP, "a")]).await.expect("delete");
    store.delete_product(product_id(METER)).await.expect("delete");
    assert_eq!(store.device_log_levels().await, Ok(vec![(second, Error)]));
    assert_eq!(store.product_log_levels().await, Ok(Vec::new()));
}
