//! What the device holds, looked at before anything is sent.

pub(super) mod certificate;
mod texts;

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use lianwu_device_protocol::credentials::{Credentials, DeviceSecret, Method, SecretError};
use lianwu_device_protocol::registration::KEY_CHARS;
use lianwu_model::{DeviceName, ProductId, UnixMillis};
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

use super::Question;
use super::steps::{Failure, Seen, StepResult};
use super::words::{Advice, Words};

/// Validity of the credentials the doctor computes: as those of `lianwu credentials`.
const VALID_SECONDS: u64 = 86_400;

/// Who signs in, as the user gave it: what is wrong with it is for the walk to say.
#[derive(Clone)]
pub enum Holder {
    /// A device by its names and a proof.
    Device { product: String, device: String, proof: Proof },
    /// The three texts of a CONNECT as a device or another client has them.
    Texts {
        client_id: String,
        user_name: Option<String>,
        password: Option<String>,
        /// The DeviceSecret, to see whether the password was made with it.
        secret: Option<String>,
    },
    /// A device that knows the product's secret only, and registers.
    Unregistered { product: String, device: String, secret: String },
}

/// What proves it.
#[derive(Clone)]
pub enum Proof {
    /// The DeviceSecret as it was given.
    Secret { text: String, method: Method, is_psk: bool },
    /// Certificates, the device's own first, and the private key; both PEM.
    Certificate { chain: Vec<u8>, key: Vec<u8> },
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret { .. } => "Secret(***)",
            Self::Certificate { .. } => "Certificate(***)",
        })
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device { product, device, .. } => write!(f, "Device({product}/{device})"),
            Self::Texts { client_id, .. } => write!(f, "Texts({client_id})"),
            Self::Unregistered { product, device, .. } => write!(f, "Unregistered({product}/{device})"),
        }
    }
}

/// What TLS shows of the device.
pub(super) enum TlsProof {
    Nothing,
    Key { identity: String, key: Vec<u8> },
    Certificate { chain: Vec<X509>, key: PKey<Private> },
}

/// What goes into CONNECT and into the handshake.
pub(super) struct Held {
    pub client_id: String,
    pub user_name: Option<String>,
    pub password: Option<String>,
    pub tls: TlsProof,
    names: Option<(ProductId, DeviceName)>,
}

impl Held {
    /// Product and name, when the client id has the platform's form.
    pub fn device(&self) -> Option<(ProductId, &DeviceName)> {
        self.names.as_ref().map(|(product, device)| (*product, device))
    }
}

/// This machine's clock.
pub(super) fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The step.
pub(super) fn check(question: &Question) -> StepResult<Held> {
    let transport = question.server.transport;
    let fits = match &question.holder {
        Holder::Unregistered { .. } => transport.is_http(),
        Holder::Device { proof: Proof::Secret { .. }, .. } => true,
        Holder::Device { .. } | Holder::Texts { .. } => !transport.is_http() && !transport.is_coap(),
    };
    if !fits {
        return Err(super::http::needs_secret());
    }
    match &question.holder {
        Holder::Unregistered { product, device, secret } => unregistered(names(product, device)?, secret),
        Holder::Device { product, device, proof } => {
            let names = names(product, device)?;
            match proof {
                Proof::Secret { text, method, is_psk } => by_secret(names, text, *method, *is_psk),
                Proof::Certificate { chain, key } => certificate::check(names, chain, key, question.server.transport),
            }
        }
        Holder::Texts { client_id, user_name, password, secret } => {
            let given = texts::Given {
                client_id,
                user_name: user_name.as_deref(),
                password: password.as_deref(),
                secret: secret.as_deref(),
            };
            texts::check(&given, question.try_out.is_of_the_platform())
        }
    }
}

/// White space or NUL at either end of a text.
fn has_stray_space(text: &str) -> bool {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0') != text
}

fn stray_space(what: &str, text: &str) -> Failure {
    Failure::new(
        Words::fact(format!("{what}: {:?}", if what == "DeviceSecret" { "***" } else { text })),
        Words::new(
            format!("{what} 的首尾有空格、换行或 NUL，多半是从文档或串口终端复制时带入的。"),
            format!(
                "{what} begins or ends with white space, a line end or NUL, mostly copied from a document or a terminal."
            ),
        ),
        Words::new("去掉这些字符后重新烧录。", "Remove it, and flash the device again."),
    )
}

fn names(product: &str, device: &str) -> Result<(ProductId, DeviceName), Failure> {
    for (what, text) in [("ProductId", product), ("DeviceName", device)] {
        if has_stray_space(text) {
            return Err(stray_space(what, text));
        }
    }
    let product_id = product.parse().map_err(|_| {
        Failure::new(
            Words::fact(format!("ProductId {product:?}: {} characters", product.chars().count())),
            Words::new(
                "ProductId 应为 10 位大写字母与数字。",
                "A ProductId has 10 upper-case letters and digits.",
            ),
            Words::new(
                "从控制台或 DescribeStudioProduct 复制 ProductId（不是产品名称，也不是项目 ID）。",
                "Copy the ProductId from the console or DescribeStudioProduct, not the product's name or the project's id.",
            ),
        )
    })?;
    let name = device.parse().map_err(|_| {
        Failure::new(
            Words::fact(format!("DeviceName {device:?}: {} characters", device.chars().count())),
            Words::new(
                "DeviceName 应为 1 至 48 位字母、数字、':'、'_' 或 '-'。",
                "A DeviceName has 1 to 48 letters, digits, ':', '_' or '-'.",
            ),
            Words::new(
                "按平台上登记的名称填写，区分大小写。",
                "Write it as it is registered on the platform, with the same upper and lower case.",
            ),
        )
    })?;
    Ok((product_id, name))
}

/// A secret in its two forms, or what is wrong with its text.
pub(super) fn secret(text: &str) -> Result<DeviceSecret, Failure> {
    if has_stray_space(text) {
        return Err(stray_space("DeviceSecret", text));
    }
    let seen = Words::fact(format!("DeviceSecret: {} characters", text.chars().count()));
    let cure = Words::new(
        "从控制台或 DescribeDevice 的 DevicePsk 复制 DeviceSecret：通常为 24 个字符并以 == 结尾。",
        "Copy the DeviceSecret, DevicePsk of DescribeDevice: mostly 24 characters that end with ==.",
    );
    if text.ends_with(";hmacsha1") || text.ends_with(";hmacsha256") {
        let cause =
            Words::new("这是 MQTT 的 Password，不是 DeviceSecret。", "This is an MQTT password, not the DeviceSecret.");
        return Err(Failure::new(seen, cause, cure));
    }
    if text.starts_with("AKID") {
        let cause = Words::new(
            "这是云 API 的 SecretId，不是 DeviceSecret。",
            "This is a SecretId of the cloud API, not the DeviceSecret.",
        );
        return Err(Failure::new(seen, cause, cure));
    }
    DeviceSecret::parse(text).map_err(|error| {
        let zh = match error {
            SecretError::Empty => "DeviceSecret 为空。".to_owned(),
            SecretError::TooLong(got) => format!("DeviceSecret 有 {got} 个字符，最多 {}。", DeviceSecret::TEXT_LEN_MAX),
            SecretError::NotBase64 => "DeviceSecret 不是合法的 base64。".to_owned(),
        };
        Failure::new(seen, Words::new(zh, format!("The {error}.")), cure)
    })
}

fn by_secret((product, device): (ProductId, DeviceName), text: &str, method: Method, is_psk: bool) -> StepResult<Held> {
    let secret = secret(text)?;
    let expiry = UnixMillis::from_seconds(now().seconds().saturating_add(VALID_SECONDS));
    let computed = Credentials::compute(product, &device, &secret, method, expiry, "dctor");
    let (password, tls) = if is_psk {
        let key = secret.key().to_vec();
        (None, TlsProof::Key { identity: computed.client_id.clone(), key })
    } else {
        (Some(computed.password), TlsProof::Nothing)
    };
    let seen = Words::new(
        format!("ClientId {}，密钥解码后 {} 字节", computed.client_id, secret.key().len()),
        format!("ClientId {}, a key of {} bytes", computed.client_id, secret.key().len()),
    );
    // Texts of other lengths are allowed, but the platform makes 16 bytes; a ProductSecret is read as 18.
    let is_unusual = secret.key().len() != 16;
    let held = Held {
        client_id: computed.client_id,
        user_name: Some(computed.user_name),
        password,
        tls,
        names: Some((product, device)),
    };
    if is_unusual {
        let cause = Words::new(
            "平台生成的 DeviceSecret 解码后为 16 字节（24 个字符，以 == 结尾）；这个不是，可能是 ProductSecret 或不完整。",
            "A DeviceSecret made by the platform has 16 bytes (24 characters that end with ==); this one may be a ProductSecret, or cut short.",
        );
        let cure = Words::new("若登录失败，请核对密钥。", "If the sign-in fails, look at the secret again.");
        return Ok(Seen::warning(held, seen, Advice::new(cause, cure)));
    }
    Ok(Seen::new(held, seen))
}

/// The ProductSecret is text: it is not decoded.
fn unregistered((product, device): (ProductId, DeviceName), secret: &str) -> StepResult<Held> {
    if has_stray_space(secret) {
        return Err(stray_space("DeviceSecret", secret));
    }
    let client_id = format!("{product}{device}");
    if secret.len() < KEY_CHARS {
        return Err(Failure::new(
            Words::fact(format!("ProductSecret: {} characters", secret.chars().count())),
            Words::new("ProductSecret 至少 16 个字符。", "A ProductSecret has 16 characters at least."),
            Words::new(
                "从 DescribeProductDynamicRegister 复制 ProductSecret。",
                "Copy the ProductSecret from DescribeProductDynamicRegister.",
            ),
        ));
    }
    let seen = Words::new(format!("{client_id}，待注册"), format!("{client_id}, to be registered"));
    let (names, tls) = (Some((product, device)), TlsProof::Nothing);
    Ok(Seen::new(Held { client_id, user_name: None, password: None, tls, names }, seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(found: Result<DeviceSecret, Failure>) -> String {
        found.err().map_or_else(|| "good".to_owned(), |failure| failure.0.advice.cause.en)
    }

    /// Is a secret that cannot be one told apart by what it is instead?
    #[test]
    fn secrets() {
        for (text, expected) in [
            ("AAECAwQFBgcICQoLDA0ODw==", "good"),
            ("AAECAwQFBgcICQoLDA0ODw", "good"),
            (" AAECAwQFBgcICQoLDA0ODw==", "DeviceSecret begins or ends with white space"),
            ("AAECAwQFBgcICQoLDA0ODw==\r", "DeviceSecret begins or ends with white space"),
            ("", "The device secret is empty."),
            ("AAEC!wQF", "The device secret is not base64."),
            ("00ff;hmacsha256", "This is an MQTT password"),
            ("AKIDz8krbsJ5yKBZQpn74WFkmLPx3", "This is a SecretId"),
        ] {
            let cause = cause(secret(text));
            assert!(cause.starts_with(expected), "{text:?}: {cause}");
        }
    }

    /// Is each name judged by its own rule, and never shown when it is the secret?
    #[test]
    fn names_are_named() {
        for (product, device, expected) in [
            ("LAMP000001 ", "hall", "ProductId begins or ends"),
            ("LAMP000001", "hall\n", "DeviceName begins or ends"),
            ("lamp000001", "hall", "A ProductId has 10"),
            ("LAMP000001", "hall way", "A DeviceName has 1 to 48"),
        ] {
            let cause = names(product, device).unwrap_err().0.advice.cause.en;
            assert!(cause.starts_with(expected), "{cause}");
        }
        assert!(!secret("AAECAw== ").unwrap_err().0.seen.en.contains("AAEC"));
    }
}
