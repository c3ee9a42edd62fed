//! `lianwu credentials`: what a device sends to sign in.

use std::io::Read as _;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow};
use lianwu_device_protocol::credentials::{Credentials, DeviceSecret, Method};
use lianwu_model::{DeviceName, ProductId, UnixMillis};

use crate::cli::{CredentialsOptions, MethodName};

/// Prints the three texts.
pub fn run(options: &CredentialsOptions) -> Result<()> {
    let product: ProductId = options.product.parse()?;
    let device: DeviceName = options.device.parse()?;
    let mut text = String::new();
    if options.secret_file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).context("read the secret from standard input")?;
    } else {
        text = std::fs::read_to_string(&options.secret_file)
            .with_context(|| format!("read the secret from {}", options.secret_file.display()))?;
    }
    let secret = DeviceSecret::parse(text.trim())?;
    let method = match options.method {
        MethodName::Hmacsha1 => Method::HmacSha1,
        MethodName::Hmacsha256 => Method::HmacSha256,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
    let expiry = UnixMillis::from_seconds(now.as_secs().saturating_add(options.valid_seconds));
    let credentials = Credentials::compute(product, &device, &secret, method, expiry, &connection_id()?);
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

/// Five alphanumerics, as the vendor's SDKs send.
fn connection_id() -> Result<String> {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0_u8; 5];
    getrandom::fill(&mut random).map_err(|error| anyhow!("no random numbers from the system: {error}"))?;
    Ok(random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}
