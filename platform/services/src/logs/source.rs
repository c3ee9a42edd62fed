//! Which indexes a question is answered from.

use lianwu_model::{DeviceNumber, ProductId, Uin};
use lianwu_ports::readings::Cursor;
use lianwu_ports::registry::{DeviceFilter, Slice, StoreError};

use super::line::LineKind;
use super::search::{LogFilter, LogPage, RECORDS_MAX, Source, search_in};
use crate::product::{self, ProductError};
use crate::telemetry::{self, TelemetryError};
use crate::{Platform, retention};

/// Products one search may cover.
pub const PRODUCTS_MAX: usize = 50;

/// Devices whose messages one search may cover: each has an index of its own, a product's messages have none.
pub const DEVICES_MAX: u64 = 100;

/// Whose log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Device {
        product: String,
        name: String,
    },
    Product(String),
    /// These products of the account, checked by the caller.
    Products(Vec<ProductId>),
}

#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error(transparent)]
    Product(#[from] ProductError),
    /// The messages of so many devices cannot be searched at once.
    #[error("the product has {0} devices, messages are searched for at most {DEVICES_MAX} at once: name a device")]
    DeviceNeeded(u64),
    #[error("{0} products at once, at most {PRODUCTS_MAX}: name a product")]
    ProductNeeded(usize),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
}

/// One page of lines, newest first.
///
/// # Errors
/// See [`LogError`].
pub async fn search(
    platform: &Platform,
    owner: Uin,
    subject: &Subject,
    mut filter: LogFilter,
    after: Option<Cursor>,
    limit: usize,
) -> Result<LogPage, LogError> {
    let sources = sources(platform, owner, subject, &filter.kinds).await?;
    match subject {
        Subject::Device { product, .. } | Subject::Product(product) => {
            let product = product::find(platform, owner, product)?.product.id;
            filter.times = retention::clip(platform, product, filter.times);
        }
        Subject::Products(products) => {
            let now = platform.clock.now();
            let oldest = |product: &ProductId| retention::oldest(now, retention::days_of(platform, *product));
            filter.oldest = products.iter().map(|product| (*product, oldest(product))).collect();
        }
    }
    let read = move |readings: &dyn lianwu_ports::readings::Readings| {
        search_in(readings, &sources, &filter, after, limit, RECORDS_MAX)
    };
    Ok(telemetry::on_readings(platform, read).await?)
}

/// Where lines of these kinds about one device are; without a number there is no such device now.
pub(crate) fn of_device(
    product: ProductId,
    name: &str,
    number: Option<DeviceNumber>,
    kinds: &[LineKind],
) -> Vec<Source> {
    let mut sources = Vec::new();
    if *kinds != [LineKind::Uploaded] {
        sources.push(Source::Strangers(product, name.to_owned()));
        sources.extend(number.map(Source::Device));
    }
    if kinds.contains(&LineKind::Uploaded) {
        sources.extend(number.map(Source::Uploads));
    }
    sources
}

async fn sources(
    platform: &Platform,
    owner: Uin,
    subject: &Subject,
    kinds: &[LineKind],
) -> Result<Vec<Source>, LogError> {
    let is_about_connections =
        !kinds.is_empty() && kinds.iter().all(|kind| matches!(kind, LineKind::Status | LineKind::Diagnostic));
    let is_about_uploads = *kinds == [LineKind::Uploaded];
    let product = match subject {
        Subject::Products(products) if products.len() > PRODUCTS_MAX => {
            return Err(LogError::ProductNeeded(products.len()));
        }
        Subject::Products(products) => {
            let source = if is_about_uploads { Source::UploadsOf } else { Source::Product };
            return Ok(products.iter().copied().map(source).collect());
        }
        Subject::Device { product, name } => {
            let product = product::find(platform, owner, product)?.product.id;
            let found = platform.directory.find(product, name).map(|device| device.number);
            return Ok(of_device(product, name, found, kinds));
        }
        Subject::Product(product) => product::find(platform, owner, product)?.product.id,
    };
    if is_about_uploads {
        return Ok(vec![Source::UploadsOf(product)]);
    }
    if is_about_connections {
        return Ok(vec![Source::Product(product)]);
    }
    let filter = DeviceFilter { products: vec![product], ..DeviceFilter::default() };
    let devices = platform.stores.devices.devices(filter, Slice { offset: 0, limit: DEVICES_MAX }).await?;
    if devices.total > DEVICES_MAX {
        return Err(LogError::DeviceNeeded(devices.total));
    }
    let mut sources: Vec<_> = devices.rows.iter().map(|device| Source::Device(device.number)).collect();
    if kinds.contains(&LineKind::Uploaded) {
        sources.push(Source::UploadsOf(product));
    }
    Ok(sources)
}
