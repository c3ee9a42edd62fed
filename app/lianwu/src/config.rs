//! The configuration: one TOML file, each key also from the environment, unknown keys refused by name.
//!
//! `LIANWU__LISTEN__MQTT=127.0.0.1:1883` is `listen.mqtt`. The environment wins over the file, the file over the
//! defaults.

mod console;
#[cfg(test)]
mod documented;
mod effective;
mod limits;
#[cfg(test)]
mod limits_page;
mod listen;
mod storage;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use lianwu_services::audit::AuditOptions;
use lianwu_services::limits::Source;
use serde::{Deserialize, Serialize};

use console::ConsoleConfig;
pub use effective::settings;
use limits::LimitsConfig;
use listen::{Listen, Public, Tls};
use storage::{AuditConfig, LogConfig, ReadingsConfig, Retention};

const ENVIRONMENT_PREFIX: &str = "LIANWU__";

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
    pub console: ConsoleConfig,
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

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Threads that serve devices; 0 means one for every two cores, at least one.
    pub workers: usize,
    /// `text` or `json`.
    pub log_format: LogFormat,
    /// What a device does over a rate is counted for so long before its log says how much it was. Unit: seconds.
    pub rate_window: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self { workers: 0, log_format: LogFormat::default(), rate_window: 10 }
    }
}

impl Server {
    fn check(&self) -> Result<()> {
        if !(1..=600).contains(&self.rate_window) {
            bail!("server.rate_window is {}, allowed 1 to 600 seconds", self.rate_window);
        }
        Ok(())
    }
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
        self.listen.check()?;
        self.tls.check()?;
        self.public.check()?;
        self.log.check()?;
        self.retention.check()?;
        self.console.check()?;
        self.server.check()?;
        self.limits.check()
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
            ("[public]\ndevice_url = \"iot.example.com\"\n", None, "public.device_url is 'iot.example.com'"),
            ("[public]\ndevice_url = \"http://h/path\"\n", None, "public.device_url is 'http://h/path'"),
            ("[retention]\ndays = 0\n", None, "retention.days is 0"),
            ("[listen]\nconnect_timeout = 0\n", None, "listen.connect_timeout is 0"),
            ("[server]\nrate_window = 0\n", None, "server.rate_window is 0"),
            ("[limits]\noffline_messages = 1001\n", None, "limits.offline_messages is 1001"),
            ("[limits]\noffline_hours = 0\n", None, "limits.offline_hours is 0"),
            ("[limits]\nsimulator_devices = 10001\n", None, "limits.simulator_devices is 10001"),
            ("[retention]\nproduct_days_max = 0\n", None, "retention.product_days_max is 0"),
            ("[retention]\naudit_days = 4000\n", None, "retention.audit_days is 4000"),
            ("[console]\nsession_idle_hours = 0\n", None, "console.session_idle_hours is 0"),
            ("[console]\nsession_days = 91\n", None, "console.session_days is 91"),
            ("[listen]\nhttps = \"8443\"\n", None, "listen.https is '8443'"),
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
        assert_eq!(without_mqtt.listen.mqtt_address().unwrap(), None);
        assert!(without_mqtt.listen.device_http_address().unwrap().is_some(), "each is for itself");
        let without_https = load("[listen]\ndevice_https = \"\"\n", &[]).unwrap();
        assert_eq!(without_https.listen.device_https_address().unwrap(), None);
        let without_http = load("[listen]\ndevice_http = \"\"\n", &[]).unwrap();
        assert_eq!(without_http.listen.device_http_address().unwrap(), None);
        assert!(without_http.listen.mqtt_address().unwrap().is_some());
    }
}
