//! `DATA/first-run.json`: what a person or a script needs after the first start.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use lianwu_model::Uin;
use lianwu_services::Platform;
use lianwu_services::account::{self, FirstAccount, FirstPassword, FirstRunNote};
use lianwu_services::certificate;
use serde_json::{Map, Value, json};

use super::facts::Listening;
use crate::config::Config;

const FILE: &str = "first-run.json";

/// Region every account has. Source: spec/cloud-api.md 1.2.
const REGION: &str = "ap-guangzhou";

/// What must not stay when the first password is changed.
const SECRETS: [&str; 2] = ["admin_password", "secret_key"];

/// The file as it will be written once the addresses are known.
pub struct FirstRun {
    note: Arc<Note>,
    console_url: String,
    is_first: bool,
}

impl FirstRun {
    /// Makes the first account, the first password and the authority of device certificates, or reads what an earlier start wrote.
    ///
    /// The secrets are in the file before they are valid: a key that is valid and known to nobody would be useless.
    pub async fn prepare(folder: &Path, platform: &Platform, config: &Config) -> Result<Self> {
        let path = folder.join(FILE);
        let content = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| format!("{} is not JSON", path.display()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Map::new(),
            Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
        };
        let note = Arc::new(Note { path, content: Mutex::new(content) });
        let first = account::bootstrap_written(platform, |first| note.hold_key(first)).await;
        let is_first = first.context("make the first account")?.is_some();
        let password = account::ensure_password(platform, |password| note.hold_password(password)).await;
        password.context("make the first password")?;
        certificate::ensure_platform_authority(platform).await.context("make the authority of device certificates")?;
        platform.accounts.sign_in.note_is(Arc::clone(&note) as Arc<dyn FirstRunNote>);
        Ok(Self { note, console_url: config.public.console_url.clone(), is_first })
    }

    /// Writes the addresses and tells the person at the terminal.
    pub fn announce(self, listening: Listening) -> Result<()> {
        let http = listening.http;
        let url = match self.console_url.is_empty() {
            true => format!("http://{}/console/", reachable(http)),
            false => self.console_url.clone(),
        };
        let text = |address: Option<SocketAddr>| address.map(|address| address.to_string()).unwrap_or_default();
        let (mqtt, mqtts) = (text(listening.mqtt), text(listening.mqtts));
        let (device_http, device_https) = (text(listening.device_http), text(listening.device_https));
        let (coap, coaps) = (text(listening.coap), text(listening.coaps));
        let https = text(listening.https);
        self.note.change(|content| {
            let listen = json!({
                "mqtt": mqtt,
                "mqtts": mqtts,
                "device_http": device_http,
                "device_https": device_https,
                "coap": coap,
                "coaps": coaps,
                "http": http.to_string(),
                "https": https,
            });
            content.insert("console_url".into(), url.clone().into());
            content.insert("listen".into(), listen);
        })?;
        println!("Lianwu is ready.");
        println!("  console          {url}  (the API answers on /)");
        let shown = |address: String| if address.is_empty() { "switched off".to_owned() } else { address };
        println!("  the same, TLS    {}", shown(https));
        println!("  devices (MQTT)   {}, over TLS {}", shown(mqtt), shown(mqtts));
        println!("  devices (HTTP)   {}, over TLS {}", shown(device_http), shown(device_https));
        println!("  devices (CoAP)   {}, over DTLS {}", shown(coap), shown(coaps));
        let whose = if self.is_first { "first credentials, keep them" } else { "addresses" };
        println!("  {whose:<15}  {}", self.note.path.display());
        Ok(())
    }
}

/// The file and what is in it. Changes take turns: a password may be changed while the addresses are written.
struct Note {
    path: PathBuf,
    content: Mutex<Map<String, Value>>,
}

impl Note {
    fn hold_key(&self, first: &FirstAccount) -> Result<()> {
        let texts = [
            ("secret_id", first.secret_id.as_str()),
            ("secret_key", &first.secret_key.0),
            ("region", REGION),
            ("instance_id", first.instance.as_str()),
            ("uin", &first.uin.to_string()),
        ];
        self.hold(&texts)
    }

    fn hold_password(&self, first: &FirstPassword) -> Result<()> {
        let texts =
            [("admin_user", first.user.as_str()), ("admin_password", &first.password), ("uin", &first.uin.to_string())];
        self.hold(&texts)
    }

    /// Takes the texts in and brings them to disk.
    fn hold(&self, texts: &[(&str, &str)]) -> Result<()> {
        self.change(|content| {
            for (name, text) in texts {
                content.insert((*name).into(), (*text).into());
            }
        })
    }

    fn change(&self, edit: impl FnOnce(&mut Map<String, Value>)) -> Result<()> {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        edit(&mut content);
        write(&self.path, &content).with_context(|| format!("write {}", self.path.display()))
    }
}

impl FirstRunNote for Note {
    fn forget_secrets(&self, uin: Uin) -> io::Result<()> {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        if content.get("uin").and_then(Value::as_str) != Some(uin.to_string().as_str()) {
            return Ok(());
        }
        for secret in SECRETS {
            content.remove(secret);
        }
        write(&self.path, &content)
    }
}

/// Replaces the file as a whole, so that a reader never sees half of it.
fn write(path: &Path, content: &Map<String, Value>) -> io::Result<()> {
    let next = path.with_extension("json.next");
    let text = serde_json::to_string_pretty(content)?;
    // A leftover of a start that was cut off may have other rights.
    match std::fs::remove_file(&next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&next)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&next, path)?;
    // The name, too, must outlive a power cut.
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}

/// An address a browser on this machine can open.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip([127, 0, 0, 1].into());
    }
    address
}
