//! Who connects: devices from the credentials, or clients with a name of the run's own.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, bail};
use lianwu_device_protocol::{
    Credentials, DeviceSecret,
    credentials::{Method, backend_credentials},
};
use lianwu_model::{DeviceName, ProductId, UnixMillis};

use crate::{
    args::Target,
    engine::PreSharedKey,
    identity::{self, Device, DeviceId, Identity},
};

/// Expiry of the credentials: "2147483647" is what SDKs send when they reconnect by themselves.
const EXPIRY: UnixMillis = UnixMillis(2_147_483_647_000);

/// Key pair of an account, as first-run.json has it.
#[derive(serde::Deserialize)]
struct Key {
    secret_id: String,
    secret_key: String,
}

/// All clients of a run.
pub(super) struct People {
    devices: Vec<Device>,
    username: Option<String>,
    password: Option<String>,
    backend: Option<Key>,
    tls_psk: bool,
    /// Differs from run to run, so that a broker which remembers clients starts afresh.
    run: String,
}

impl People {
    /// # Errors
    /// The credentials file cannot be used, or has no device of the product.
    pub fn load(target: &Target) -> anyhow::Result<Self> {
        let mut devices = target.credentials.as_deref().map(identity::read_devices).transpose()?.unwrap_or_default();
        if let Some(product) = &target.product {
            devices.retain(|device| device.product == *product);
            if devices.is_empty() {
                bail!("the credentials have no device of product {product}");
            }
        }
        Ok(Self {
            devices,
            username: target.username.clone(),
            password: target.password.clone(),
            backend: target.backend.as_deref().map(read_key).transpose()?,
            tls_psk: target.tls_psk,
            run: format!("{:05}", std::process::id() % 100_000),
        })
    }

    pub fn has_devices(&self) -> bool {
        !self.devices.is_empty()
    }

    pub fn device_ids(&self) -> Vec<DeviceId> {
        self.devices
            .iter()
            .map(|device| DeviceId { product: device.product.clone(), device: device.device.clone() })
            .collect()
    }

    /// The client with this number: a device if there are credentials.
    ///
    /// # Errors
    /// There are credentials, but not so many, or they are no valid names and secrets.
    pub fn client(&self, number: usize) -> anyhow::Result<Identity> {
        if self.devices.is_empty() {
            return Ok(self.stranger(&number.to_string()));
        }
        let device = self
            .devices
            .get(number)
            .with_context(|| format!("client {} needs credentials, there are {}", number + 1, self.devices.len()))?;
        let identity = sign(device, &self.run)?;
        if self.tls_psk { by_key(identity, device) } else { Ok(identity) }
    }

    /// A client that is no device.
    pub fn stranger(&self, name: &str) -> Identity {
        let client_id = format!("bench-{}-{name}", self.run);
        if let Some(Key { secret_id, secret_key }) = &self.backend {
            let Credentials { client_id, user_name, password } =
                backend_credentials(secret_id, secret_key, &client_id, EXPIRY);
            return Identity {
                client_id,
                user_name: Some(user_name),
                password: Some(password),
                key: None,
                device: None,
            };
        }
        Identity {
            client_id,
            user_name: self.username.clone(),
            password: self.password.clone(),
            key: None,
            device: None,
        }
    }

    /// Where a client may both publish and listen. For devices this is a topic every new product has.
    pub fn own_topic(&self, identity: &Identity) -> String {
        match &identity.device {
            Some(id) => format!("{}/{}/data", id.product, id.device),
            None => format!("bench/{}", identity.client_id),
        }
    }

    /// Where the publishers of a group publish if they are not devices.
    pub fn group_topic(&self, group: usize) -> String {
        format!("bench/{}/group{group}", self.run)
    }

    /// What the subscribers of a group subscribe to.
    pub fn group_filter(&self, group: usize) -> String {
        match self.devices.first() {
            Some(device) => format!("{}/+/data", device.product),
            None => self.group_topic(group),
        }
    }
}

fn read_key(path: &Path) -> anyhow::Result<Key> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} has no secret_id and secret_key", path.display()))
}

/// What a device sends in its CONNECT.
///
/// # Errors
/// Not a valid product, device name or secret.
pub(crate) fn sign(device: &Device, connection_id: &str) -> anyhow::Result<Identity> {
    let context = || format!("credentials of {}/{}", device.product, device.device);
    let product: ProductId = device.product.parse().with_context(context)?;
    let name: DeviceName = device.device.parse().with_context(context)?;
    let secret = DeviceSecret::parse(&device.secret).with_context(context)?;
    let credentials = Credentials::compute(product, &name, &secret, Method::HmacSha256, EXPIRY, connection_id);
    Ok(Identity {
        client_id: credentials.client_id,
        user_name: Some(credentials.user_name),
        password: Some(credentials.password),
        key: None,
        device: Some(DeviceId { product: device.product.clone(), device: device.device.clone() }),
    })
}

/// The same device on a connection its key has proved: no password.
fn by_key(identity: Identity, device: &Device) -> anyhow::Result<Identity> {
    let secret = DeviceSecret::parse(&device.secret)?;
    let key = PreSharedKey { identity: identity.client_id.clone(), key: secret.key().to_vec() };
    Ok(Identity { password: None, key: Some(Arc::new(key)), ..identity })
}

/// The command line without the secrets in it.
pub(super) fn command_line(arguments: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut hide_next = false;
    let mut line = Vec::new();
    for argument in arguments {
        let hidden = match argument.split_once('=') {
            _ if hide_next => "***".to_owned(),
            Some((name @ ("--password" | "--secret-key"), _)) => format!("{name}=***"),
            _ => argument.clone(),
        };
        hide_next = matches!(argument.as_str(), "--password" | "--secret-key");
        line.push(hidden);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Are passwords left out of the figures, in both spellings?
    #[test]
    fn command_line_hides_secrets() {
        let line = ["bench", "echo", "--password", "hush", "--secret-key=hush", "--clients", "2"];
        let shown = command_line(line.map(str::to_owned));
        assert_eq!(shown, ["bench", "echo", "--password", "***", "--secret-key=***", "--clients", "2"]);
    }

    /// Does a device sign in with what the protocol reference works out?
    #[test]
    fn devices_sign_in() {
        let device =
            Device { product: "PID0000001".into(), device: "dev001".into(), secret: "AAECAwQFBgcICQoLDA0ODw==".into() };
        let identity = sign(&device, "abcde").unwrap();
        assert_eq!(identity.client_id, "PID0000001dev001");
        assert_eq!(identity.user_name.as_deref(), Some("PID0000001dev001;12010126;abcde;2147483647"));
        assert!(identity.password.unwrap().ends_with(";hmacsha256"));
        let broken = Device { secret: "no base64!".into(), ..device };
        assert!(sign(&broken, "abcde").is_err());
    }
}
