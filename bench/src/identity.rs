//! Who the clients of a run are: devices with credentials, or nobody in particular.

use std::{fmt, fs, path::Path, sync::Arc};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::engine::PreSharedKey;

/// One device as the credentials file names it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub product: String,
    pub device: String,
    /// The DeviceSecret: base64 text.
    pub secret: String,
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("product", &self.product)
            .field("device", &self.device)
            .field("secret", &"***")
            .finish()
    }
}

/// Reads a credentials file: a JSON list of `{"product","device","secret"}`, or lines `product,device,secret`.
///
/// Empty lines, lines that begin with `#` and a heading line `product,device,secret` are skipped.
///
/// # Errors
/// The file cannot be read, a line has not three fields, or there is no device at all.
pub fn read_devices(path: &Path) -> anyhow::Result<Vec<Device>> {
    let text = fs::read_to_string(path).with_context(|| format!("read credentials file {}", path.display()))?;
    parse_devices(&text).with_context(|| format!("credentials file {}", path.display()))
}

fn parse_devices(text: &str) -> anyhow::Result<Vec<Device>> {
    let devices = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).context("not a list of product, device and secret")?
    } else {
        parse_lines(text)?
    };
    if devices.is_empty() {
        bail!("no device in it");
    }
    Ok(devices)
}

fn parse_lines(text: &str) -> anyhow::Result<Vec<Device>> {
    let mut devices = Vec::new();
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') || line == "product,device,secret" {
            continue;
        }
        let fields: Vec<_> = line.split(',').map(str::trim).collect();
        let [product, device, secret] = fields[..] else { bail!("line {}: not product,device,secret", index + 1) };
        devices.push(Device { product: product.into(), device: device.into(), secret: secret.into() });
    }
    Ok(devices)
}

/// Writes a credentials file that [`read_devices`] reads, one device per line.
#[must_use]
pub fn format_devices(devices: &[Device]) -> String {
    let mut text = String::from("product,device,secret\n");
    for device in devices {
        text.push_str(&format!("{},{},{}\n", device.product, device.device, device.secret));
    }
    text
}

/// What one client puts into its CONNECT.
#[derive(Clone)]
pub(crate) struct Identity {
    pub client_id: String,
    pub user_name: Option<String>,
    pub password: Option<String>,
    /// Set when its connections are TLS by key.
    pub key: Option<Arc<PreSharedKey>>,
    /// Set when the client is a device of the platform.
    pub device: Option<DeviceId>,
}

/// Product and name of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceId {
    pub product: String,
    pub device: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lamp(device: &str) -> Device {
        Device { product: "LAMP000001".into(), device: device.into(), secret: "AAECAwQFBgcICQoLDA0ODw==".into() }
    }

    /// Are both forms of the file read to the same devices?
    #[test]
    fn json_and_lines_say_the_same() {
        let devices = vec![lamp("hall"), lamp("attic")];
        assert_eq!(parse_devices(&format_devices(&devices)).unwrap(), devices);
        assert_eq!(parse_devices(&serde_json::to_string(&devices).unwrap()).unwrap(), devices);
        assert_eq!(parse_devices("\n# mine\n LAMP000001 , hall,AAECAwQFBgcICQoLDA0ODw==\n").unwrap(), [lamp("hall")]);
    }

    /// Is a broken file refused with the line that is wrong?
    #[test]
    fn broken_files() {
        for (text, expected) in [
            ("a,b\n", "line 1: not product,device,secret"),
            ("a,b,c\n\na,b,c,d\n", "line 3: not product,device,secret"),
            ("", "no device in it"),
            ("[]", "no device in it"),
            ("[{\"product\":1}]", "not a list of product, device and secret"),
        ] {
            assert_eq!(parse_devices(text).unwrap_err().to_string(), expected, "{text}");
        }
    }

    /// Does the debug text hide the secret?
    #[test]
    fn secret_is_not_printed() {
        let text = format!("{:?}", lamp("hall"));
        assert!(text.contains("hall") && text.contains("***") && !text.contains("AAEC"), "{text}");
    }
}
