//! The section `limits`: what one device, one product, one caller may use.

use anyhow::{Result, bail};
use lianwu_services::Limits;
use serde::{Deserialize, Serialize};

use super::Config;

/// Each waiting message costs memory while its device is away: 16 bytes, and its payload in the state table.
const OFFLINE_MESSAGES_MAX: usize = 1000;

/// Each simulated device costs a task and two descriptors of this process, its own end of the connection and the platform's.
const SIMULATOR_DEVICES_MAX: u64 = 10_000;

/// Zero means "no limit", but where the documentation says otherwise.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    pub device_up_tps: u32,
    pub device_down_tps: u32,
    pub product_up_tps: u32,
    pub product_down_tps: u32,
    pub instance_tps: u32,
    pub instance_down_tps: u32,
    pub instance_connects_per_s: u32,
    pub device_connects_per_5s: u32,
    pub sign_in_failures: u32,
    pub offline_messages: usize,
    pub offline_hours: u32,
    pub backend_sessions: usize,
    pub backend_session_messages: usize,
    pub backend_session_bytes: usize,
    pub backend_session_hours: u32,
    pub dev_product_devices: u64,
    pub gateway_sub_devices: u64,
    pub file_bytes: u64,
    pub product_file_bytes: u64,
    pub account_file_bytes: u64,
    pub api_tps: u32,
    pub projects: u64,
    pub products: u64,
    pub packet_bytes_max: usize,
    pub reply_wait_ms: u64,
    pub rrpc_wait_ms: u64,
    pub simulator_devices: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            device_up_tps: limits.device_up_tps,
            device_down_tps: limits.device_down_tps,
            product_up_tps: limits.product_up_tps,
            product_down_tps: limits.product_down_tps,
            instance_tps: limits.instance_tps,
            instance_down_tps: limits.instance_down_tps,
            instance_connects_per_s: limits.instance_connects_per_s,
            device_connects_per_5s: limits.device_connects_per_5s,
            sign_in_failures: limits.sign_in_failures,
            offline_messages: limits.offline_messages,
            offline_hours: limits.offline_hours,
            backend_sessions: limits.backend_sessions,
            backend_session_messages: limits.backend_session_messages,
            backend_session_bytes: limits.backend_session_bytes,
            backend_session_hours: limits.backend_session_hours,
            dev_product_devices: limits.dev_product_devices,
            gateway_sub_devices: limits.gateway_sub_devices,
            file_bytes: limits.file_bytes,
            product_file_bytes: limits.product_file_bytes,
            account_file_bytes: limits.account_file_bytes,
            api_tps: limits.api_tps,
            projects: limits.projects,
            products: limits.products,
            packet_bytes_max: limits.packet_bytes_max,
            reply_wait_ms: limits.reply_wait_ms,
            rrpc_wait_ms: limits.rrpc_wait_ms,
            simulator_devices: limits.simulator_devices,
        }
    }
}

impl LimitsConfig {
    pub(super) fn check(&self) -> Result<()> {
        if self.offline_messages > OFFLINE_MESSAGES_MAX {
            bail!("limits.offline_messages is {}, allowed 0 to {OFFLINE_MESSAGES_MAX}", self.offline_messages);
        }
        if !(1..=24 * 30).contains(&self.offline_hours) {
            bail!("limits.offline_hours is {}, allowed 1 to 720", self.offline_hours);
        }
        self.check_backend_sessions()?;
        if self.simulator_devices > SIMULATOR_DEVICES_MAX {
            bail!("limits.simulator_devices is {}, allowed 0 to {SIMULATOR_DEVICES_MAX}", self.simulator_devices);
        }
        if !(1024..=1 << 20).contains(&self.packet_bytes_max) {
            bail!("limits.packet_bytes_max is {}, allowed 1 KiB to 1 MiB", self.packet_bytes_max);
        }
        Ok(())
    }

    fn check_backend_sessions(&self) -> Result<()> {
        let LimitsConfig { backend_sessions, backend_session_messages, backend_session_bytes, .. } = *self;
        if backend_sessions > 100_000 {
            bail!("limits.backend_sessions is {backend_sessions}, allowed 0 to 100000");
        }
        if backend_session_messages > 1_000_000 {
            bail!("limits.backend_session_messages is {backend_session_messages}, allowed 0 to 1000000");
        }
        if backend_session_bytes > 1 << 30 {
            bail!("limits.backend_session_bytes is {backend_session_bytes}, allowed 0 to 1 GiB");
        }
        if !(1..=24 * 30).contains(&self.backend_session_hours) {
            bail!("limits.backend_session_hours is {}, allowed 1 to 720", self.backend_session_hours);
        }
        Ok(())
    }
}

impl Config {
    /// The limits the services work with.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            device_up_tps: self.limits.device_up_tps,
            device_down_tps: self.limits.device_down_tps,
            device_connects_per_5s: self.limits.device_connects_per_5s,
            sign_in_failures: self.limits.sign_in_failures,
            offline_messages: self.limits.offline_messages,
            offline_hours: self.limits.offline_hours,
            backend_sessions: self.limits.backend_sessions,
            backend_session_messages: self.limits.backend_session_messages,
            backend_session_bytes: self.limits.backend_session_bytes,
            backend_session_hours: self.limits.backend_session_hours,
            dev_product_devices: self.limits.dev_product_devices,
            gateway_sub_devices: self.limits.gateway_sub_devices,
            file_bytes: self.limits.file_bytes,
            product_file_bytes: self.limits.product_file_bytes,
            account_file_bytes: self.limits.account_file_bytes,
            api_tps: self.limits.api_tps,
            instance_tps: self.limits.instance_tps,
            instance_down_tps: self.limits.instance_down_tps,
            instance_connects_per_s: self.limits.instance_connects_per_s,
            product_up_tps: self.limits.product_up_tps,
            product_down_tps: self.limits.product_down_tps,
            projects: self.limits.projects,
            products: self.limits.products,
            packet_bytes_max: self.limits.packet_bytes_max,
            enterprise: self.instance.enterprise,
            retention_days: self.retention.days,
            product_retention_days_max: self.retention.product_days_max,
            audit_days: self.retention.audit_days,
            login_idle_hours: self.console.session_idle_hours,
            login_days: self.console.session_days,
            reply_wait_ms: self.limits.reply_wait_ms,
            rrpc_wait_ms: self.limits.rrpc_wait_ms,
            simulator_devices: self.limits.simulator_devices,
        }
    }
}
