//! Log levels in memory.

use std::collections::BTreeMap;

use lianwu_model::log_level::LogLevel;
use lianwu_model::{DeviceNumber, ProductId};

use super::MemoryRegistry;
use crate::Answer;
use crate::registry::{LogLevels, StoreError};

fn set<K: Ord>(levels: &mut BTreeMap<K, LogLevel>, of: K, level: Option<LogLevel>) {
    match level {
        Some(level) => levels.insert(of, level),
        None => levels.remove(&of),
    };
}

impl LogLevels for MemoryRegistry {
    fn set_product_log_level(&self, id: ProductId, level: Option<LogLevel>) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.product(id)?;
            set(&mut content.product_log_levels, id, level);
            Ok(())
        })
    }

    fn set_device_log_level(
        &self,
        device: DeviceNumber,
        level: Option<LogLevel>,
    ) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            if !content.devices.contains_key(&device) {
                return Err(StoreError::Missing);
            }
            set(&mut content.device_log_levels, device, level);
            Ok(())
        })
    }

    fn product_log_levels(&self) -> Answer<'_, Result<Vec<(ProductId, LogLevel)>, StoreError>> {
        self.answer(|content| Ok(content.product_log_levels.clone().into_iter().collect()))
    }

    fn device_log_levels(&self) -> Answer<'_, Result<Vec<(DeviceNumber, LogLevel)>, StoreError>> {
        self.answer(|content| Ok(content.device_log_levels.clone().into_iter().collect()))
    }
}
