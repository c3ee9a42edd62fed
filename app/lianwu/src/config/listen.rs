//! Where devices, programs and people reach the platform.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

/// Addresses; an empty text switches a listener off, port 0 picks a free port.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    pub mqtt: String,
    pub mqtts: String,
    pub http: String,
    pub https: String,
    pub device_http: String,
    pub device_https: String,
    pub coap: String,
    pub coaps: String,
    /// Seconds from accept to a signed-in device.
    pub connect_timeout: u64,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            mqtt: "0.0.0.0:1883".into(),
            mqtts: "0.0.0.0:8883".into(),
            http: "127.0.0.1:8080".into(),
            https: "0.0.0.0:8443".into(),
            device_http: "0.0.0.0:8081".into(),
            device_https: "0.0.0.0:8444".into(),
            coap: "0.0.0.0:5683".into(),
            coaps: "0.0.0.0:5684".into(),
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
    /// What addresses of files begin with: scheme and host, and a port where it is not the scheme's own.
    pub device_url: String,
    pub console_url: String,
}

impl Listen {
    pub(super) fn check(&self) -> Result<()> {
        self.mqtt_address()?;
        self.device_http_address()?;
        self.device_https_address()?;
        self.mqtts_address()?;
        self.coap_address()?;
        self.coaps_address()?;
        self.https_address()?;
        if self.http_address()?.is_none() {
            bail!("listen.http is empty, but the API and the health check need it");
        }
        if !(1..=600).contains(&self.connect_timeout) {
            bail!("listen.connect_timeout is {}, allowed 1 to 600 seconds", self.connect_timeout);
        }
        Ok(())
    }

    /// Is anything but datagrams encrypted?
    pub fn needs_certificate(&self) -> Result<bool> {
        let addresses = [self.mqtts_address()?, self.device_https_address()?, self.https_address()?];
        Ok(addresses.iter().any(Option::is_some))
    }

    /// Where devices connect; `None` when switched off.
    pub fn mqtt_address(&self) -> Result<Option<SocketAddr>> {
        address("listen.mqtt", &self.mqtt)
    }

    /// Where devices connect over TLS; `None` when switched off.
    pub fn mqtts_address(&self) -> Result<Option<SocketAddr>> {
        address("listen.mqtts", &self.mqtts)
    }

    /// Where devices send datagrams in the clear; `None` when switched off.
    pub fn coap_address(&self) -> Result<Option<SocketAddr>> {
        address("listen.coap", &self.coap)
    }

    /// Where devices send datagrams over DTLS; `None` when switched off.
    pub fn coaps_address(&self) -> Result<Option<SocketAddr>> {
        address("listen.coaps", &self.coaps)
    }

    /// Where API and console are served.
    pub fn http_address(&self) -> Result<Option<SocketAddr>> {
        address("listen.http", &self.http)
    }

    /// The same over TLS; `None` when switched off.
    pub fn https_address(&self) -> Result<Option<SocketAddr>> {
        address("listen.https", &self.https)
    }

    /// Where devices register, publish and open WebSockets over HTTP; `None` when switched off.
    pub fn device_http_address(&self) -> Result<Option<SocketAddr>> {
        address("listen.device_http", &self.device_http)
    }

    /// The same over TLS.
    pub fn device_https_address(&self) -> Result<Option<SocketAddr>> {
        address("listen.device_https", &self.device_https)
    }
}

impl Public {
    pub(super) fn check(&self) -> Result<()> {
        let url = &self.device_url;
        let rest = url.strip_prefix("http://").or(url.strip_prefix("https://"));
        let is_good = rest.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', ' ', '"', '\\']));
        if !url.is_empty() && !is_good {
            bail!(
                "public.device_url is '{url}', expected http:// or https:// and a host, such as http://iot.example.com"
            );
        }
        Ok(())
    }
}

impl Tls {
    pub(super) fn check(&self) -> Result<()> {
        if self.cert.as_os_str().is_empty() != self.key.as_os_str().is_empty() {
            bail!("tls.cert and tls.key belong together: set both or none");
        }
        Ok(())
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
