//! Scripts in memory.

use lianwu_model::ProductId;
use lianwu_model::product::StoredScript;

use super::{MemoryRegistry, free};
use crate::Answer;
use crate::registry::{ProductScripts, SCRIPT_VERSIONS_MAX, StoreError};

impl ProductScripts for MemoryRegistry {
    fn save_script(&self, script: StoredScript) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.product(script.product)?;
            let versions = content.scripts.entry(script.product).or_default();
            free(versions.iter().any(|known| known.version == script.version), "version")?;
            versions.push(script);
            versions.sort_by_key(|script| std::cmp::Reverse(script.version));
            versions.truncate(SCRIPT_VERSIONS_MAX);
            Ok(())
        })
    }

    fn scripts(&self) -> Answer<'_, Result<Vec<StoredScript>, StoreError>> {
        self.answer(move |content| Ok(content.scripts.values().filter_map(|kept| kept.first().cloned()).collect()))
    }

    fn script_versions(&self, product: ProductId) -> Answer<'_, Result<Vec<StoredScript>, StoreError>> {
        self.answer(move |content| Ok(content.scripts.get(&product).cloned().unwrap_or_default()))
    }
}
