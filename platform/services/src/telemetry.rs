//! What a device said: latest values and history, through the state table and the readings.
//!
//! Every question first waits until the readings show what was durable when it was asked, so that a caller sees what
//! it was told is stored.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::readings::{
    Cursor, EventPage, EventQuery, LogQuery, LogRow, Page, PropertyQuery, PropertyRow, ReadingError, Readings, Sieve,
    Summary, SummaryQuery,
};
use lianwu_ports::record::Record;
use lianwu_ports::states::{Activity, Day, DeviceState, States};

use crate::Platform;
use crate::directory::DirectoryDevice;
use crate::retention;

/// Longest wait for readings that are behind; then the answer is "try again", not an old one.
const CATCH_UP_MAX: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TelemetryError {
    /// Heavy load or a slow disk.
    #[error("the newest messages are still being indexed, try again")]
    Behind,
    #[error(transparent)]
    Reading(#[from] ReadingError),
    #[error("the platform is shutting down")]
    Closed,
}

/// Everything known about a device now.
///
/// # Errors
/// See [`TelemetryError`].
pub async fn latest(platform: &Platform, number: DeviceNumber) -> Result<DeviceState, TelemetryError> {
    on_states(platform, move |states| states.device(number)).await
}

/// Times of activation and login and the firmware of several devices, in the order asked.
///
/// # Errors
/// See [`TelemetryError`].
pub async fn activity(platform: &Platform, numbers: Vec<DeviceNumber>) -> Result<Vec<DeviceState>, TelemetryError> {
    on_states(platform, move |states| states.devices(&numbers)).await
}

/// Devices of these products that run this firmware, or that named any; ascending.
///
/// # Errors
/// See [`TelemetryError`].
pub async fn with_firmware(
    platform: &Platform,
    products: Vec<ProductId>,
    version: Option<String>,
) -> Result<Vec<DeviceNumber>, TelemetryError> {
    on_states(platform, move |states| states.with_firmware(&products, version.as_deref())).await
}

/// How many devices of these products are there and were there lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Connected now.
    pub online: u64,
    pub activity: Activity,
}

/// Counts devices from counters that are kept as messages come in; no device is looked at.
///
/// # Errors
/// See [`TelemetryError`].
pub async fn statistics(platform: &Platform, products: Vec<ProductId>) -> Result<Statistics, TelemetryError> {
    let online = products.iter().map(|product| platform.directory.online(*product)).sum();
    let today = Day::of(platform.clock.now());
    let activity = on_states(platform, move |states| states.activity(&products, today)).await?;
    Ok(Statistics { online, activity })
}

/// One page of a property's values, oldest first. `times` is clipped to the product's retention.
///
/// # Errors
/// See [`TelemetryError`].
pub async fn property_history(
    platform: &Platform,
    device: &DirectoryDevice,
    property: String,
    times: RangeInclusive<UnixMillis>,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page<PropertyRow>, TelemetryError> {
    let times = retention::clip(platform, device.product, times);
    let device = device.number;
    on_readings(platform, move |readings| {
        readings.property_history(&PropertyQuery { device, property: &property, times, after, limit })
    })
    .await
}

/// The numbers of a property in steps of time, oldest first. `times` is clipped to the product's retention.
///
/// # Errors
/// See [`TelemetryError`].
pub async fn property_summary(
    platform: &Platform,
    device: &DirectoryDevice,
    property: String,
    times: RangeInclusive<UnixMillis>,
    step: u64,
    after: Option<Cursor>,
) -> Result<Page<Summary>, TelemetryError> {
    let times = retention::clip(platform, device.product, times);
    let device = device.number;
    on_readings(platform, move |readings| {
        readings.property_summary(&SummaryQuery { device, property: &property, times, step, after })
    })
    .await
}

/// Which events are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    pub event: Option<String>,
    /// `info`, `alert` or `fault`.
    pub kind: Option<String>,
}

/// One page of events, newest first, and how many there are.
///
/// # Errors
/// See [`TelemetryError`].
pub async fn event_history(
    platform: &Platform,
    device: &DirectoryDevice,
    filter: EventFilter,
    times: RangeInclusive<UnixMillis>,
    after: Option<Cursor>,
    limit: usize,
) -> Result<EventPage, TelemetryError> {
    let times = retention::clip(platform, device.product, times);
    let device = device.number;
    on_readings(platform, move |readings| {
        let EventFilter { event, kind } = &filter;
        readings.event_history(&EventQuery {
            device,
            event: event.as_deref(),
            kind: kind.as_deref(),
            times,
            after,
            limit,
        })
    })
    .await
}

async fn caught_up(platform: &Platform) -> Result<(), TelemetryError> {
    let durable = platform.log.durable();
    tokio::time::timeout(CATCH_UP_MAX, platform.progress.reached(durable)).await.map_err(|_| TelemetryError::Behind)
}

pub(crate) async fn on_readings<T: Send + 'static>(
    platform: &Platform,
    read: impl FnOnce(&dyn Readings) -> Result<T, ReadingError> + Send + 'static,
) -> Result<T, TelemetryError> {
    caught_up(platform).await?;
    let readings = Arc::clone(&platform.readings);
    let found = tokio::task::spawn_blocking(move || read(readings.as_ref()));
    Ok(found.await.map_err(|_| TelemetryError::Closed)??)
}

/// So much work a search does before another one begins.
const SEARCH_WORK: u64 = 40_000;

/// Rows that are wanted, newest first, `query.limit` at most: searched on where a call of the readings ends because of what it looked at,
/// `searches` times at most. And whether all that is asked for was looked at, or enough found.
pub(crate) fn search_on(
    readings: &dyn Readings,
    mut query: LogQuery,
    searches: usize,
    wants: &mut dyn FnMut(&Record<'_>) -> bool,
) -> Result<(Vec<LogRow>, bool), ReadingError> {
    let (mut rows, limit) = (Vec::new(), query.limit);
    for _ in 0..searches {
        let wants = &mut |_: UnixMillis, record: &Record<'_>| wants(record);
        let found = readings.sifted_log(&query, Sieve { work_max: SEARCH_WORK, wants })?;
        rows.extend(found.rows);
        query.limit = limit.saturating_sub(rows.len());
        if found.next.is_none() || query.limit == 0 {
            return Ok((rows, true));
        }
        query.after = found.next;
    }
    Ok((rows, false))
}

pub(crate) async fn on_states<T: Send + 'static>(
    platform: &Platform,
    read: impl FnOnce(&dyn States) -> Result<T, ReadingError> + Send + 'static,
) -> Result<T, TelemetryError> {
    caught_up(platform).await?;
    let states = Arc::clone(&platform.states);
    let found = tokio::task::spawn_blocking(move || read(states.as_ref()));
    Ok(found.await.map_err(|_| TelemetryError::Closed)??)
}
