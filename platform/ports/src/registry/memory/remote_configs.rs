//! Remote configurations in memory.

use lianwu_model::ProductId;
use lianwu_model::remote_config::{RemoteConfig, VERSIONS_MAX};

use super::{MemoryRegistry, free};
use crate::Answer;
use crate::registry::{RemoteConfigState, RemoteConfigs, StoreError};

impl RemoteConfigs for MemoryRegistry {
    fn save_remote_config(&self, config: RemoteConfig) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.product(config.product)?;
            let versions = content.remote_configs.entry(config.product).or_default();
            free(versions.iter().any(|known| known.version == config.version), "version")?;
            versions.insert(0, config);
            versions.sort_by_key(|known| std::cmp::Reverse(known.version));
            versions.truncate(VERSIONS_MAX);
            Ok(())
        })
    }

    fn enable_remote_config(&self, id: ProductId, is_enabled: bool) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.product(id)?;
            if is_enabled {
                content.configured.insert(id);
            } else {
                content.configured.remove(&id);
            }
            Ok(())
        })
    }

    fn remote_config_versions(&self, id: ProductId) -> Answer<'_, Result<Vec<RemoteConfig>, StoreError>> {
        self.answer(move |content| Ok(content.remote_configs.get(&id).cloned().unwrap_or_default()))
    }

    fn remote_configs(&self) -> Answer<'_, Result<Vec<RemoteConfigState>, StoreError>> {
        self.answer(|content| {
            let newest = content.remote_configs.values().filter_map(|versions| versions.first());
            let state = |config: &RemoteConfig| RemoteConfigState {
                is_enabled: content.configured.contains(&config.product),
                newest: config.clone(),
            };
            Ok(newest.map(state).collect())
        })
    }
}
