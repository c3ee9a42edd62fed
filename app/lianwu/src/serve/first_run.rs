//! `DATA/first-run.json`: what a person or a script needs after the first start.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use lianwu_services::Platform;
use lianwu_services::account::{self, FirstAccount};
use serde_json::{Map, Value, json};

use crate::config::Config;

const FILE: &str = "first-run.json";

/// Region every account has. Source: spec/cloud-api.md 1.2.
const REGION: &str = "ap-guangzhou";

/// The file as it will be written once the addresses are known.
pub struct FirstRun {
    path: PathBuf,
    content: Map<String, Value>,
    console_url: String,
    is_first: bool,
}

impl FirstRun {
    /// Makes the first account, or reads what an earlier start wrote.
    ///
    /// The key is in the file before it is valid: a key that is valid and known to nobody would be useless.
    pub async fn prepare(folder: &Path, platform: &Platform, config: &Config) -> Result<Self> {
        let path = folder.join(FILE);
        let content = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| format!("{} is not JSON", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Map::new(),
            Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
        };
        let mut first_run = Self { path, content, console_url: config.public.console_url.clone(), is_first: false };
        let first = account::bootstrap_written(platform, |first| first_run.hold(first)).await;
        first_run.is_first = first.context("make the first account")?.is_some();
        Ok(first_run)
    }

    /// Takes the credentials in and brings them to disk.
    fn hold(&mut self, first: &FirstAccount) -> Result<()> {
        for (name, text) in [
            ("secret_id", first.secret_id.as_str()),
            ("secret_key", &first.secret_key.0),
            ("region", REGION),
            ("instance_id", first.instance.as_str()),
            ("uin", &first.uin.to_string()),
        ] {
            self.content.insert(name.into(), text.into());
        }
        self.write()
    }

    /// Writes the addresses and tells the person at the terminal.
    pub fn announce(mut self, mqtt: Option<SocketAddr>, http: SocketAddr) -> Result<()> {
        let url = match self.console_url.is_empty() {
            true => format!("http://{}/console/", reachable(http)),
            false => self.console_url.clone(),
        };
        self.content.insert("console_url".into(), url.clone().into());
        let mqtt = mqtt.map(|address| address.to_string()).unwrap_or_default();
        self.content.insert("listen".into(), json!({ "mqtt": mqtt, "http": http.to_string() }));
        self.write()?;
        println!("Lianwu is ready.");
        println!("  API and console  {url}  (the console pages come later; the API answers on /)");
        println!("  devices (MQTT)   {}", if mqtt.is_empty() { "switched off" } else { &mqtt });
        let whose = if self.is_first { "first credentials, keep them" } else { "addresses" };
        println!("  {whose:<15}  {}", self.path.display());
        Ok(())
    }

    /// Replaces the file as a whole, so that a reader never sees half of it.
    fn write(&self) -> Result<()> {
        let next = self.path.with_extension("json.next");
        let text = serde_json::to_string_pretty(&self.content)?;
        let write = || -> std::io::Result<()> {
            // A leftover of a start that was cut off may have other rights.
            match std::fs::remove_file(&next) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&next)?;
            file.write_all(text.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            std::fs::rename(&next, &self.path)?;
            // The name, too, must outlive a power cut.
            let folder = self.path.parent().unwrap_or(Path::new("."));
            std::fs::File::open(folder)?.sync_all()
        };
        write().with_context(|| format!("write {}", self.path.display()))
    }
}

/// An address a browser on this machine can open.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip([127, 0, 0, 1].into());
    }
    address
}
