//! The configuration: one TOML file, each key also from the environment, unknown keys refused by name.
//!
//! `LIANWU__LISTEN__MQTT=127.0.0.1:1883` is `listen.mqtt`. The environment wins over the file, the file over the
//! defaults.

#[cfg(test)]
mod documented;
mod effective;
#[cfg(test)]
mod limits_page;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use lianwu_services::Limits;
use lianwu_services::audit::AuditOptions;
use lianwu_services::limits::Source;
use serde::{Deserialize, Serialize};

pub use effective::settings;

const ENVIRONMENT_PREFIX: &str = "LIANWU__";

/// Each waiting message costs memory while its device is away: 16 bytes, and its payload in the state table.
const OFFLINE_MESSAGES_MAX: usize = 1000;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub listen: Listen,
    pub tls: Tls,
    pub public: Public,
    pub limits: LimitsConfig,
    pub log: LogConfig,
    pub readings: ReadingsConfig,
    pub retention: Retention,
    pub audit: AuditConfig,
    pub backends: Backends,
    pub server: Server,
    pub seal: Seal,
    pub instance: InstanceConfig,
    /// Where the keys that are no default come from.
    #[serde(skip)]
    pub sources: effective::Sources,
}

/// The instance made at first start; later starts leave it as it is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct InstanceConfig {
    /// An enterprise instance has custom topics, a public one has none.
    pub enterprise: bool,
}

impl Default for InstanceConfig {
    fn default() -> Self {
        Self { enterprise: true }
    }
}

/// Addresses; an empty text switches a listener off, port 0 picks a free port.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    pub mqtt: String,
    pub mqtts: String,
    pub http: String,
    pub device_http: String,
    /// Seconds from accept to a signed-in device.
    pub connect_timeout: u64,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            mqtt: "0.0.0.0:1883".into(),
            mqtts: "0.0.0.0:8883".into(),
            http: "127.0.0.1:8080".into(),
            device_http: "0.0.0.0:8081".into(),
            connect_timeout: 10,
        }
    }
}

/// What the server shows of itself over TLS; both empty: made by the platform.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Certificate chain, PEM.
    pub cert: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// Names under which devices and people reach the platform, where they differ from the addresses.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Public {
    pub device_host: String,
    pub console_url: String,
}

/// Zero means "no limit".
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    pub device_up_tps: u32,
    pub device_down_tps: u32,
    pub instance_tps: u32,
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
    pub api_tps: u32,
    pub projects: u64,
    pub products: u64,
    pub packet_bytes_max: usize,
    pub reply_wait_ms: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            device_up_tps: limits.device_up_tps,
            device_down_tps: limits.device_down_tps,
            instance_tps: limits.instance_tps,
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
            api_tps: limits.api_tps,
            projects: limits.projects,
            products: limits.products,
            packet_bytes_max: limits.packet_bytes_max,
            reply_wait_ms: limits.reply_wait_ms,
        }
    }
}

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

/// Server-side clients and their account's own topics.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backends {
    pub messages: BackendMessages,
}

/// When such a message is delivered and acknowledged.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BackendMessages {
    /// Once it is on disk.
    #[default]
    Disk,
    /// At once; the log follows.
    Memory,
    /// At once; the log takes retained messages only.
    Off,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Threads that serve devices; 0 means one for every two cores, at least one.
    pub workers: usize,
    /// `text` or `json`.
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seal {
    /// Key that seals secrets in the registry; `DATA/seal.key` when empty.
    pub key_file: PathBuf,
}

impl Config {
    /// Reads the file, if one is given, and lays the environment over it.
    ///
    /// # Errors
    /// Names the file, the line or the variable, and what was expected.
    pub fn load(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Self> {
        let mut table = match file {
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("read the configuration {}", path.display()))?
                .parse::<toml::Table>()
                .with_context(|| format!("the configuration {} is not TOML", path.display()))?,
            None => toml::Table::new(),
        };
        let mut sources = effective::Sources::new();
        effective::note_file(&table, &mut sources);
        for (name, value) in environment {
            if let Some(key) = name.strip_prefix(ENVIRONMENT_PREFIX) {
                let path: Vec<String> = key.split("__").map(str::to_lowercase).collect();
                set(&mut table, &path, &value).with_context(|| format!("environment variable {name}"))?;
                sources.insert(path.join("."), Source::Environment);
            }
        }
        let mut config: Self = table.try_into().context("the configuration has a key or a value that does not fit")?;
        config.check()?;
        config.sources = sources;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        self.mqtt_address()?;
        self.device_http_address()?;
        self.mqtts_address()?;
        if self.tls.cert.as_os_str().is_empty() != self.tls.key.as_os_str().is_empty() {
            bail!("tls.cert and tls.key belong together: set both or none");
        }
        if self.http_address()?.is_none() {
            bail!("listen.http is empty, but the API and the health check need it");
        }
        let retention = &self.retention;
        let days = [("days", retention.days), ("product_days_max", retention.product_days_max)];
        for (key, days) in days.into_iter().chain([("audit_days", retention.audit_days)]) {
            if !(1..=3650).contains(&days) {
                bail!("retention.{key} is {days}, allowed 1 to 3650");
            }
        }
        if !(1 << 20..=1 << 30).contains(&self.log.segment_bytes) {
            bail!("log.segment_bytes is {}, allowed 1 MiB to 1 GiB", self.log.segment_bytes);
        }
        if !(1..=600).contains(&self.listen.connect_timeout) {
            bail!("listen.connect_timeout is {}, allowed 1 to 600 seconds", self.listen.connect_timeout);
        }
        if self.limits.offline_messages > OFFLINE_MESSAGES_MAX {
            bail!("limits.offline_messages is {}, allowed 0 to {OFFLINE_MESSAGES_MAX}", self.limits.offline_messages);
        }
        if !(1..=24 * 30).contains(&self.limits.offline_hours) {
            bail!("limits.offline_hours is {}, allowed 1 to 720", self.limits.offline_hours);
        }
        self.check_backend_sessions()?;
        if !(1024..=1 << 20).contains(&self.limits.packet_bytes_max) {
            bail!("limits.packet_bytes_max is {}, allowed 1 KiB to 1 MiB", self.limits.packet_bytes_max);
        }
        Ok(())
    }

    fn check_backend_sessions(&self) -> Result<()> {
        let LimitsConfig { backend_sessions, backend_session_messages, backend_session_bytes, .. } = self.limits;
        if backend_sessions > 100_000 {
            bail!("limits.backend_sessions is {backend_sessions}, allowed 0 to 100000");
        }
        if backend_session_messages > 1_000_000 {
            bail!("limits.backend_session_messages is {backend_session_messages}, allowed 0 to 1000000");
        }
        if backend_session_bytes > 1 << 30 {
            bail!("limits.backend_session_bytes is {backend_session_bytes}, allowed 0 to 1 GiB");
        }
        if !(1..=24 * 30).contains(&self.limits.backend_session_hours) {
            bail!("limits.backend_session_hours is {}, allowed 1 to 720", self.limits.backend_session_hours);
        }
        Ok(())
    }

    /// Where devices connect; `None` when switched off.
    pub fn mqtt_address(&self) -> Result<Option<SocketAddr>> {
        address("listen.mqtt", &self.listen.mqtt)
    }

    /// Where devices connect over TLS; `None` when switched off.
    pub fn mqtts_address(&self) -> Result<Option<SocketAddr>> {
        address("listen.mqtts", &self.listen.mqtts)
    }

    /// Where API and console are served.
    pub fn http_address(&self) -> Result<Option<SocketAddr>> {
        address("listen.http", &self.listen.http)
    }

    /// Where devices register and publish over HTTP; `None` when it, or device access as a whole, is switched off.
    pub fn device_http_address(&self) -> Result<Option<SocketAddr>> {
        let address = address("listen.device_http", &self.listen.device_http)?;
        Ok(self.mqtt_address()?.and(address))
    }

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
            api_tps: self.limits.api_tps,
            instance_tps: self.limits.instance_tps,
            projects: self.limits.projects,
            products: self.limits.products,
            packet_bytes_max: self.limits.packet_bytes_max,
            enterprise: self.instance.enterprise,
            retention_days: self.retention.days,
            product_retention_days_max: self.retention.product_days_max,
            audit_days: self.retention.audit_days,
            reply_wait_ms: self.limits.reply_wait_ms,
        }
    }

    /// What the audit log keeps.
    #[must_use]
    pub fn audit(&self) -> AuditOptions {
        AuditOptions { reads: self.audit.reads }
    }

    /// Threads that serve devices.
    #[must_use]
    pub fn workers(&self) -> usize {
        match self.server.workers {
            0 => std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2)),
            workers => workers,
        }
    }
}

fn address(key: &str, text: &str) -> Result<Option<SocketAddr>> {
    if text.is_empty() {
        return Ok(None);
    }
    let address = text
        .parse()
        .with_context(|| format!("{key} is '{text}', expected an address and a port such as 0.0.0.0:1883"))?;
    Ok(Some(address))
}

/// Sets a dotted key. A text that reads as a number or a truth value becomes one where the default is one.
fn set(table: &mut toml::Table, path: &[String], value: &str) -> Result<()> {
    let Some((last, parents)) = path.split_last() else { bail!("names no key") };
    let mut table = table;
    for parent in parents {
        table = table
            .entry(parent.clone())
            .or_insert_with(|| toml::Table::new().into())
            .as_table_mut()
            .with_context(|| format!("'{parent}' is a value in the configuration file, not a section"))?;
    }
    let value = match (value, value.parse::<i64>()) {
        (_, Ok(number)) => number.into(),
        ("true", _) => true.into(),
        ("false", _) => false.into(),
        _ => value.into(),
    };
    table.insert(last.clone(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lianwu.toml");
        std::fs::write(&path, file).unwrap();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::load(Some(&path), environment)
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let config = load(
            "[listen]\nmqtt = \"127.0.0.1:1\"\nhttp = \"127.0.0.1:2\"\n[limits]\napi_tps = 7\n",
            &[
                ("LIANWU__LISTEN__MQTT", "127.0.0.1:3"),
                ("LIANWU__LIMITS__DEVICE_UP_TPS", "0"),
                ("LIANWU__INSTANCE__ENTERPRISE", "false"),
                ("LIANWU__AUDIT__READS", "true"),
                ("PATH", "x"),
            ],
        )
        .unwrap();
        assert_eq!(config.listen.mqtt, "127.0.0.1:3");
        assert_eq!(config.listen.http, "127.0.0.1:2");
        assert_eq!(config.limits.api_tps, 7);
        assert_eq!(config.limits.device_up_tps, 0);
        assert_eq!(config.retention.days, 3);
        assert!(!config.instance.enterprise);
        assert!(config.audit.reads);
    }

    #[test]
    fn mistakes_are_named() {
        for (file, environment, expected) in [
            ("[listen]\nmqqt = \"\"\n", None, "mqqt"),
            ("[listen]\nmqtt = \"nowhere\"\n", None, "listen.mqtt is 'nowhere'"),
            ("[listen]\nmqtts = \"8883\"\n", None, "listen.mqtts is '8883'"),
            ("[tls]\ncert = \"server.crt\"\n", None, "tls.cert and tls.key"),
            ("[retention]\ndays = 0\n", None, "retention.days is 0"),
            ("[listen]\nconnect_timeout = 0\n", None, "listen.connect_timeout is 0"),
            ("[limits]\noffline_messages = 1001\n", None, "limits.offline_messages is 1001"),
            ("[limits]\noffline_hours = 0\n", None, "limits.offline_hours is 0"),
            ("[retention]\nproduct_days_max = 0\n", None, "retention.product_days_max is 0"),
            ("[retention]\naudit_days = 4000\n", None, "retention.audit_days is 4000"),
            ("listen = 3\n", Some(("LIANWU__LISTEN__MQTT", "x")), "LIANWU__LISTEN__MQTT"),
            ("[listen]\nhttp = \"\"\n", None, "listen.http is empty"),
            ("[listen]\ndevice_http = \"8081\"\n", None, "listen.device_http is '8081'"),
            ("", Some(("LIANWU__LIMITS__API_TPS", "many")), "api_tps"),
        ] {
            let error = load(file, environment.as_slice()).expect_err(file);
            let text = format!("{error:#}");
            assert!(text.contains(expected), "{text} does not name {expected}");
        }
    }

    #[test]
    fn an_empty_address_switches_the_listener_off() {
        let without_mqtt = load("[listen]\nmqtt = \"\"\n", &[]).unwrap();
        assert_eq!(without_mqtt.mqtt_address().unwrap(), None);
        assert_eq!(
            without_mqtt.device_http_address().unwrap(),
            None,
            "its messages go to the workers of device access"
        );
        let without_http = load("[listen]\ndevice_http = \"\"\n", &[]).unwrap();
        assert_eq!(without_http.device_http_address().unwrap(), None);
        assert!(without_http.mqtt_address().unwrap().is_some());
    }
}
