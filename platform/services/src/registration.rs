//! Dynamic registration: a device asks for its secret with the product's, once.
//!
//! Source: spec/device-protocol.md 4, spec/cloud-api.md 2.10. What no source says is decided in docs/adr/0021-registration.md.

use std::sync::Arc;

use lianwu_device_protocol::registration::{
    RegistrationRequest, SealedAnswer, seal_device_certificate, seal_device_secret,
};
use lianwu_device_protocol::signed_request::SignatureError;
use lianwu_model::product::{
    Authentication, DevelopmentStatus, Product, ProductSecretText, Registration, RegistrationMode,
};
use lianwu_model::{DeviceName, DeviceNumber, ProductId, Uin};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};

use crate::Platform;
use crate::certificate::CertificateError;
use crate::device::{self, CertifiedDevice, DeviceError};
use crate::directory::DirectoryDevice;
use crate::invalid::{Invalid, form};
use crate::message::SendError;
use crate::product::{self, ProductError};
use crate::randomness::{ALPHANUMERIC, text};
use crate::telemetry::{self, TelemetryError};

/// Characters of a new ProductSecret. Source: spec/cloud-api.md 3.1.
const SECRET_CHARS: usize = 24;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigureError {
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("the product is released: its registration is frozen")]
    Released,
}

/// Switches a product's dynamic registration. Its secret is made the first time, and stays.
///
/// # Errors
/// [`ConfigureError::Product`], `Released`; `Invalid` for automatic creation without a limit.
pub async fn configure(
    platform: &Platform,
    owner: Uin,
    id: &str,
    registration: Registration,
) -> Result<Product, ConfigureError> {
    if registration.mode == RegistrationMode::AutoCreate && registration.limit == 0 {
        return Err(Invalid::new(
            "RegisterLimit",
            form("至少 1（RegisterType 为 2 时）", "at least 1 when RegisterType is 2"),
        )
        .into());
    }
    let _turn = platform.turns.take().await;
    let mut product = Product::clone(&product::find(platform, owner, id)?.product);
    if product.status == DevelopmentStatus::Released {
        return Err(ConfigureError::Released);
    }
    product.registration = registration;
    if product.secret.is_none() && registration.mode != RegistrationMode::Off {
        let secret = text(platform.randomness.as_ref(), ALPHANUMERIC, SECRET_CHARS);
        product.secret = Some(ProductSecretText(secret));
    }
    Ok(product::save(platform, product).await?)
}

/// Why a device is not given a secret; the text stands in the product's diagnostic log.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RegisterError {
    #[error("product {0} does not exist on this platform")]
    UnknownProduct(String),
    #[error("dynamic registration is off for the product")]
    Off,
    #[error("the product trusts an authority of its account: send the device's certificate as ClientCert")]
    NeedsCertificate,
    #[error("the certificate is refused: {0}")]
    Certificate(CertificateError),
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error("{0:?} is not a device name")]
    NameForm(String),
    #[error("device {0} does not exist, and registration does not create devices of this product")]
    UnknownDevice(String),
    #[error("the device has signed in before, and a device registers only once")]
    Activated,
    #[error("device is disabled")]
    Disabled,
    #[error("the product has {0} devices, and registration creates no more")]
    Quota(u64),
    /// The platform itself.
    #[error("{0}")]
    Failed(String),
}

impl RegisterError {
    /// Code of the answer in its first form, and of the record. Source: spec/device-protocol.md 4.1; 5 and up are ours.
    #[must_use]
    pub fn code(&self) -> u32 {
        match self {
            Self::NameForm(_) | Self::UnknownDevice(_) => 1,
            // A product of another deployment has a secret of its own, too. Source: spec/faq.md 59.
            Self::Signature(_) | Self::UnknownProduct(_) => 2,
            Self::Activated => 3,
            Self::Off => 4,
            Self::Quota(_) => 5,
            Self::Disabled => 6,
            Self::Failed(_) => 7,
            Self::NeedsCertificate | Self::Certificate(_) => 10,
        }
    }
}

/// Gives the device its secret, encrypted, or says why not. Either is on record when this returns, except what concerns no
/// product of this platform. `facts` is what the record says about the request.
///
/// # Errors
/// See [`RegisterError`].
pub async fn register(
    platform: &Platform,
    request: &RegistrationRequest<'_>,
    facts: &str,
) -> Result<SealedAnswer, RegisterError> {
    let unknown = || RegisterError::UnknownProduct(request.product.clone());
    let id: ProductId = request.product.parse().map_err(|_| unknown())?;
    let product = platform.catalog.product(id).ok_or_else(unknown)?.product;
    let outcome = decide(platform, &product, request).await;
    let number = platform.directory.find(id, &request.device).map_or(DeviceNumber::NONE, |device| device.number);
    let (code, note) = match &outcome {
        Ok(_) => (0, String::new()),
        Err(error) => (error.code(), error.to_string()),
    };
    let mut batch = RecordBatch::default();
    batch.push(&Record {
        kind: RecordKind::Registration,
        qos: 0,
        packet_id: 0,
        code,
        number,
        product: id,
        device: &request.device,
        sample_time: platform.clock.now(),
        topic: "",
        note: &note,
        payload: facts.as_bytes(),
    });
    crate::message::commit(platform, batch).await?;
    outcome
}

async fn decide(
    platform: &Platform,
    product: &Product,
    request: &RegistrationRequest<'_>,
) -> Result<SealedAnswer, RegisterError> {
    let secret = product.secret.as_ref().filter(|_| product.registration.mode != RegistrationMode::Off);
    let secret = &secret.ok_or(RegisterError::Off)?.0;
    request.verify(secret)?;
    let name: DeviceName = request.device.parse().map_err(|_| RegisterError::NameForm(request.device.clone()))?;
    let sealed = match product.authentication {
        Authentication::Key => seal_device_secret(secret, &device_secret(platform, product.id, &name).await?),
        Authentication::Certificate => {
            let own = request.certificate.as_deref();
            let CertifiedDevice { device, private_key } = certified(platform, product.id, &name, own).await?;
            let certificate = device.certificate.map(|certificate| certificate.pem).unwrap_or_default();
            seal_device_certificate(secret, &certificate, private_key.as_ref().map(|key| key.0.as_str()))
        }
    };
    sealed.ok_or_else(|| RegisterError::Failed("the product secret is short".to_owned()))
}

/// The device with its new certificate. Nobody keeps the private key, so each registration before the first sign-in issues another.
async fn certified(
    platform: &Platform,
    product: ProductId,
    name: &DeviceName,
    own: Option<&str>,
) -> Result<CertifiedDevice, RegisterError> {
    let _turn = platform.turns.take().await;
    Ok(match admitted(platform, product, name).await? {
        Admitted::Known(product, found) => device::renew(platform, &product, &found, own).await?,
        Admitted::New(product) => device::create_registered_certified(platform, &product, name.clone(), own).await?,
    })
}

/// The secret of the device, which is created when the product allows.
async fn device_secret(platform: &Platform, product: ProductId, name: &DeviceName) -> Result<String, RegisterError> {
    let _turn = platform.turns.take().await;
    Ok(match admitted(platform, product, name).await? {
        Admitted::Known(_, found) => found.secret.text().to_owned(),
        Admitted::New(product) => device::create_registered(platform, &product, name.clone()).await?.secret.0,
    })
}

/// A device that may register.
enum Admitted {
    Known(Arc<Product>, Arc<DirectoryDevice>),
    /// To be created.
    New(Arc<Product>),
}

/// The caller has the turn: the product is read again, it may have changed while others had theirs.
async fn admitted(platform: &Platform, product: ProductId, name: &DeviceName) -> Result<Admitted, RegisterError> {
    let found = platform.catalog.product(product).ok_or_else(|| RegisterError::UnknownProduct(product.to_string()))?;
    let product = found.product;
    let Some(device) = platform.directory.find(product.id, name.as_str()) else {
        let Registration { mode, limit } = product.registration;
        if mode != RegistrationMode::AutoCreate {
            return Err(RegisterError::UnknownDevice(name.to_string()));
        }
        if platform.directory.count(product.id) >= limit {
            return Err(RegisterError::Quota(limit));
        }
        return Ok(Admitted::New(product));
    };
    if !device.is_enabled() {
        return Err(RegisterError::Disabled);
    }
    if device.is_online() || telemetry::latest(platform, device.number).await?.activated.is_some() {
        return Err(RegisterError::Activated);
    }
    Ok(Admitted::Known(product, device))
}

impl From<DeviceError> for RegisterError {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::TooMany(max) => Self::Quota(max),
            DeviceError::NeedsOwn => Self::NeedsCertificate,
            DeviceError::Certificate(CertificateError::Store(_) | CertificateError::Library(_)) => {
                Self::Failed(error.to_string())
            }
            DeviceError::Certificate(why) => Self::Certificate(why),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<TelemetryError> for RegisterError {
    fn from(error: TelemetryError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<SendError> for RegisterError {
    fn from(error: SendError) -> Self {
        Self::Failed(error.to_string())
    }
}
