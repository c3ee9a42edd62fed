//! Remote configurations of products.

use std::sync::Arc;

use lianwu_model::UnixMillis;
use lianwu_model::remote_config::RemoteConfig;

use super::{LAMP, METER, product_id, with_products};
use crate::registry::{Products, Projects, RemoteConfigState, RemoteConfigs, StoreError};

fn config(product: &str, version: u64) -> RemoteConfig {
    let text = format!("{{\"version\": {version}, \"名\":\"灯\"}}");
    RemoteConfig { product: product_id(product), version, text, created: UnixMillis(1_000 + version) }
}

/// Are the newest five versions there, whole and newest first, and no older one?
pub async fn the_newest_versions_are_kept<S: Projects + Products + RemoteConfigs>(store: Arc<S>) {
    with_products(&*store).await;
    let lamp = product_id(LAMP);
    assert_eq!(store.remote_config_versions(lamp).await, Ok(Vec::new()));
    for version in 1..=7 {
        store.save_remote_config(config(LAMP, version)).await.expect("save");
    }
    store.save_remote_config(config(METER, 1)).await.expect("save");
    let kept: Vec<_> = (3..=7).rev().map(|version| config(LAMP, version)).collect();
    assert_eq!(store.remote_config_versions(lamp).await, Ok(kept));
    assert_eq!(store.save_remote_config(config(LAMP, 7)).await, Err(StoreError::Taken("version")));
    assert_eq!(store.save_remote_config(config("NOSUCH0001", 1)).await, Err(StoreError::Missing));
    assert_eq!(store.remote_config_versions(product_id("NOSUCH0001")).await, Ok(Vec::new()));
}

/// Is the newest version of each product listed with its switch, which is off at first?
pub async fn configurations_are_switched<S: Projects + Products + RemoteConfigs>(store: Arc<S>) {
    with_products(&*store).await;
    let (lamp, meter) = (product_id(LAMP), product_id(METER));
    store.enable_remote_config(meter, true).await.expect("enable what has no version yet");
    assert_eq!(store.remote_configs().await, Ok(Vec::new()));
    for made in [config(METER, 1), config(LAMP, 1), config(LAMP, 2)] {
        store.save_remote_config(made).await.expect("save");
    }
    let of_lamp = |is_enabled| RemoteConfigState { is_enabled, newest: config(LAMP, 2) };
    let of_meter = RemoteConfigState { is_enabled: true, newest: config(METER, 1) };
    assert_eq!(store.remote_configs().await, Ok(vec![of_lamp(false), of_meter.clone()]));
    store.enable_remote_config(lamp, true).await.expect("enable");
    store.enable_remote_config(lamp, true).await.expect("enable again");
    assert_eq!(store.remote_configs().await, Ok(vec![of_lamp(true), of_meter]));
    store.enable_remote_config(meter, false).await.expect("disable");
    assert!(store.remote_configs().await.is_ok_and(|found| !found[1].is_enabled));
    assert_eq!(store.enable_remote_config(product_id("NOSUCH0001"), true).await, Err(StoreError::Missing));
    store.delete_product(lamp).await.expect("delete");
    assert_eq!(store.remote_config_versions(lamp).await, Ok(Vec::new()));
    assert!(store.remote_configs().await.is_ok_and(|found| found.len() == 1));
}
