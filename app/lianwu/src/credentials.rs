//! `lianwu credentials`: what a device or a backend sends to sign in.

use std::io::Read as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow};
use lianwu_device_protocol::credentials::{Credentials, DeviceSecret, Method, backend_credentials};
use lianwu_model::{DeviceName, ProductId, UnixMillis};

use crate::cli::{CredentialsOptions, MethodName};

/// A key pair as first-run.json has it.
#[derive(serde::Deserialize)]
struct KeyPair {
    secret_id: String,
    secret_key: String,
}

/// Prints the three texts.
pub fn run(options: &CredentialsOptions) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
    let expiry = UnixMillis::from_seconds(now.as_secs().saturating_add(options.valid_seconds));
    let credentials = match (&options.backend, &options.first_run) {
        (Some(client_id), Some(path)) => of_backend(client_id, path, expiry)?,
        _ => of_device(options, expiry)?,
    };
    if options.json {
        let object = serde_json::json!({
            "ClientId": credentials.client_id,
            "UserName": credentials.user_name,
            "Password": credentials.password,
        });
        println!("{object}");
    } else {
        println!("ClientId  {}", credentials.client_id);
        println!("UserName  {}", credentials.user_name);
        println!("Password  {}", credentials.password);
    }
    Ok(())
}

fn of_backend(client_id: &str, path: &Path, expiry: UnixMillis) -> Result<Credentials> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read the key from {}", path.display()))?;
    let key: KeyPair =
        serde_json::from_str(&text).with_context(|| format!("{} has no secret_id and secret_key", path.display()))?;
    Ok(backend_credentials(&key.secret_id, &key.secret_key, client_id, expiry))
}

fn of_device(options: &CredentialsOptions, expiry: UnixMillis) -> Result<Credentials> {
    let missing = || anyhow!("--product, --device and --secret-file are needed");
    let product: ProductId = options.product.as_ref().ok_or_else(missing)?.parse()?;
    let device: DeviceName = options.device.as_ref().ok_or_else(missing)?.parse()?;
    let secret_file = options.secret_file.as_ref().ok_or_else(missing)?;
    let mut text = String::new();
    if secret_file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).context("read the secret from standard input")?;
    } else {
        text = std::fs::read_to_string(secret_file)
            .with_context(|| format!("read the secret from {}", secret_file.display()))?;
    }
    let secret = DeviceSecret::parse(text.trim())?;
    let method = match options.method {
        MethodName::Hmacsha1 => Method::HmacSha1,
        MethodName::Hmacsha256 => Method::HmacSha256,
    };
    Ok(Credentials::compute(product, &device, &secret, method, expiry, &connection_id()?))
}

/// Five alphanumerics, as the vendor's SDKs send.
pub fn connection_id() -> Result<String> {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0_u8; 5];
    getrandom::fill(&mut random).map_err(|error| anyhow!("no random numbers from the system: {error}"))?;
    Ok(random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}
