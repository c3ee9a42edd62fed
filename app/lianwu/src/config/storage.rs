//! What is kept, how long, and in what sizes.

use anyhow::{Result, bail};
use lianwu_services::Limits;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Size of one segment file.
    pub segment_bytes: u64,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20 }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadingsConfig {
    /// Newest records kept in memory before they are written as chunks.
    pub tail_bytes_max: usize,
}

impl Default for ReadingsConfig {
    fn default() -> Self {
        Self { tail_bytes_max: 64 << 20 }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// History is kept for this many days, unless its product has days of its own.
    pub days: u32,
    /// Most days a product may ask for; `days` where that is more.
    pub product_days_max: u32,
    /// Rows of the audit log are kept for this many days.
    pub audit_days: u32,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditConfig {
    /// Calls that only read are kept in the audit log too.
    pub reads: bool,
}

impl Default for Retention {
    fn default() -> Self {
        let limits = Limits::default();
        let product_days_max = limits.product_retention_days_max;
        Self { days: limits.retention_days, product_days_max, audit_days: limits.audit_days }
    }
}

impl LogConfig {
    pub(super) fn check(&self) -> Result<()> {
        if !(1 << 20..=1 << 30).contains(&self.segment_bytes) {
            bail!("log.segment_bytes is {}, allowed 1 MiB to 1 GiB", self.segment_bytes);
        }
        Ok(())
    }
}

impl Retention {
    pub(super) fn check(&self) -> Result<()> {
        let days = [("days", self.days), ("product_days_max", self.product_days_max)];
        for (key, days) in days.into_iter().chain([("audit_days", self.audit_days)]) {
            if !(1..=3650).contains(&days) {
                bail!("retention.{key} is {days}, allowed 1 to 3650");
            }
        }
        Ok(())
    }
}
