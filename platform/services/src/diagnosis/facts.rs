//! What detectors look at, read once.

use std::sync::Arc;
use std::time::Duration;

use lianwu_model::product::Product;
use lianwu_model::{DeviceKey, DeviceName, DeviceNumber, UnixMillis};
use lianwu_ports::log::LogHealth;
use lianwu_ports::readings::{LogQuery, LogRow, LogScope, ReadingError, Readings};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_ports::states::DeviceState;

use super::DiagnosisError;
use crate::catalog::{CatalogProduct, CompiledModel};
use crate::{Platform, retention, telemetry};

/// How far back is looked.
const SPAN: Duration = Duration::from_hours(24);

/// Records of each sort at most. Index: the chunks of the device's lanes by commit time.
const ROWS_MAX: usize = 500;

/// Refused sign-ins under the device's name at most. Index: the product's diagnostic lane by commit time; a search
/// ends after 40,000 records.
const STRANGERS_MAX: usize = 100;

/// Searches at most for sign-ins under a device's name, each of 40,000 records.
const SEARCHES_MAX: usize = 5;

const CONNECTION_KINDS: [RecordKind; 10] = [
    RecordKind::Connected,
    RecordKind::ConnectRefused,
    RecordKind::Disconnected,
    RecordKind::Subscribed,
    RecordKind::Unsubscribed,
    RecordKind::PublishRefused,
    RecordKind::RateLimited,
    RecordKind::DownDropped,
    RecordKind::SessionEnded,
    RecordKind::Registration,
];

const MESSAGE_KINDS: [RecordKind; 11] = [
    RecordKind::PropertyReport,
    RecordKind::PropertyOther,
    RecordKind::DeviceInfo,
    RecordKind::DesiredCleared,
    RecordKind::PropertyControl,
    RecordKind::EventPost,
    RecordKind::ActionCall,
    RecordKind::ActionReply,
    RecordKind::OtherUp,
    RecordKind::OtherDown,
    RecordKind::ShadowUpdate,
];

/// A registered device.
pub(super) struct Known {
    pub is_enabled: bool,
    pub is_online: bool,
    pub created: UnixMillis,
}

pub(super) struct Facts {
    pub now: UnixMillis,
    pub product: Product,
    pub model: Option<Arc<CompiledModel>>,
    /// None: no device has this name.
    pub device: Option<Known>,
    pub state: DeviceState,
    /// Why the platform takes no messages now.
    pub refusing: Option<String>,
    /// Newest first.
    pub rows: Vec<LogRow>,
}

impl Facts {
    /// Newest first.
    pub fn of(&self, kind: RecordKind) -> impl Iterator<Item = &LogRow> {
        self.rows.iter().filter(move |row| row.kind == kind)
    }

    pub fn has_model(&self) -> bool {
        self.model.is_some()
    }

    pub fn is_online(&self) -> bool {
        self.device.as_ref().is_some_and(|device| device.is_online)
    }

    /// Not older than so much.
    pub fn is_recent(&self, row: &LogRow, span: Duration) -> bool {
        row.committed >= self.now.minus(span)
    }
}

pub(super) async fn gather(
    platform: &Platform,
    product: &CatalogProduct,
    name: &DeviceName,
) -> Result<Facts, DiagnosisError> {
    let now = platform.clock.now();
    let id = product.product.id;
    let key = DeviceKey { product: id, device: name.clone() };
    let entry = platform.directory.find(id, name.as_str());
    let stored = platform.stores.devices.device(key).await?;
    let (device, state) = match (&entry, stored) {
        (Some(entry), Some(stored)) => {
            let state = telemetry::latest(platform, entry.number).await?;
            let (is_enabled, is_online) = (entry.is_enabled(), entry.is_online());
            (Some(Known { is_enabled, is_online, created: stored.created }), state)
        }
        _ => (None, DeviceState::default()),
    };
    let number = entry.map(|entry| entry.number);
    let name = name.to_string();
    let times = retention::clip(platform, id, now.minus(SPAN)..=now);
    let read = move |readings: &dyn Readings| -> Result<Vec<LogRow>, ReadingError> {
        let ask = |scope, kinds: &[RecordKind], limit| {
            let times = times.clone();
            readings.log(&LogQuery { scope, kinds: kinds.to_vec(), times, words: Vec::new(), after: None, limit })
        };
        let of_strangers = [RecordKind::ConnectRefused, RecordKind::Registration];
        let (scope, words) = (LogScope::Diagnostics(id), vec![name.clone()]);
        let query = LogQuery {
            scope,
            kinds: of_strangers.to_vec(),
            times: times.clone(),
            words,
            after: None,
            limit: STRANGERS_MAX,
        };
        let is_its = &mut |record: &Record<'_>| record.number == DeviceNumber::NONE && record.device.trim() == name;
        let (mut rows, _) = telemetry::search_on(readings, query, SEARCHES_MAX, is_its)?;
        if let Some(number) = number {
            rows.extend(ask(LogScope::Device(number), &CONNECTION_KINDS, ROWS_MAX)?.rows);
            rows.extend(ask(LogScope::Device(number), &MESSAGE_KINDS, ROWS_MAX)?.rows);
        }
        rows.sort_by_key(|row| std::cmp::Reverse(row.lsn));
        Ok(rows)
    };
    let rows = telemetry::on_readings(platform, read).await?;
    let refusing = match platform.log.health() {
        LogHealth::Accepting => None,
        LogHealth::Refusing(why) => Some(why),
    };
    Ok(Facts { now, product: (*product.product).clone(), model: product.model.clone(), device, state, refusing, rows })
}
