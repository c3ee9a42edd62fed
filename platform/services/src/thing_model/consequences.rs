//! What saving a draft would change for the devices that report now.
//!
//! Looked at are the latest values of the product's newest devices, the newest reports of those that spoke last, and
//! what was refused of all of them lately. Every one of them is bounded, and the answer says how much was looked at.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use lianwu_model::position::POSITION_PROPERTIES;
use lianwu_model::product::DevelopmentStatus;
use lianwu_model::thing_model::ThingModel;
use lianwu_model::{DeviceName, DeviceNumber, ProductId, Uin, UnixMillis};
use lianwu_ports::readings::{LogQuery, LogScope, ReadingError, Readings};
use lianwu_ports::record::RecordKind;
use lianwu_ports::registry::{DeviceFilter, Slice};
use lianwu_ports::states::States;

use super::findings::{Case, Finding, Findings};
use super::{Draft, ThingModelError};
use crate::catalog::CatalogProduct;
use crate::logs::RECORDS_MAX;
use crate::{Platform, product, retention, telemetry};

/// Devices whose latest values are looked at, the newest first. One read of the state table each.
pub const DEVICES_MAX: u64 = Slice::LIMIT_MAX;

/// Devices whose messages are looked at: of those above the ones that reported last.
pub const LOGS_MAX: usize = 100;

/// Newest messages of each of them. Index: the chunks of the device's lanes by commit time.
pub const MESSAGES_EACH_MAX: usize = 50;

/// Newest refused messages of the product. Index: its diagnostic lane by commit time.
pub const REFUSED_MAX: usize = 500;

/// A value that is older says nothing about what the device reports now.
const VALUES_SPAN: Duration = Duration::from_hours(7 * 24);

/// How far back messages are looked at.
const MESSAGES_SPAN: Duration = Duration::from_hours(24);

const MESSAGE_KINDS: [RecordKind; 3] = [RecordKind::PropertyReport, RecordKind::EventPost, RecordKind::ActionCall];
const REFUSED_KINDS: [RecordKind; 2] = [RecordKind::PropertyOther, RecordKind::EventPost];

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequences {
    /// Of the product.
    pub devices: u64,
    /// Those whose latest values were looked at.
    pub devices_looked_at: u64,
    pub messages_looked_at: u64,
    /// Messages are not older, nor are latest values older than seven days.
    pub since: UnixMillis,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// There were more findings than are listed.
    pub is_cut: bool,
    /// What else knows properties that the draft removes or gives another type.
    pub uses: Vec<PropertyUse>,
}

/// Something besides the devices that depends on a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyUse {
    pub property: String,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A map with devices of the product: shows the property, or takes positions from it.
    Space(String),
    /// The product's script names it.
    Script,
}

/// A draft is judged as [`super::modify`] would; nothing is saved.
///
/// # Errors
/// [`ThingModelError::Product`], `Frozen`, `Definition`, `Store`, `Telemetry`.
pub async fn consequences(
    platform: &Platform,
    owner: Uin,
    id: &str,
    text: &str,
) -> Result<Consequences, ThingModelError> {
    let draft = ThingModel::parse(text)?;
    let found = product::find(platform, owner, id)?;
    if found.product.status != DevelopmentStatus::Developing {
        return Err(ThingModelError::Frozen(found.product.status));
    }
    let product = found.product.id;
    let filter = DeviceFilter { products: vec![product], ..DeviceFilter::default() };
    let slice = Slice { offset: 0, limit: DEVICES_MAX };
    let listed = platform.stores.devices.devices(filter, slice).await.map_err(ThingModelError::Store)?;
    let devices: Vec<_> = listed.rows.into_iter().map(|device| (device.number, device.name)).collect();
    let devices_looked_at = devices.len() as u64;
    let now = platform.clock.now();
    let uses = uses(platform, &found, &draft);
    let findings = Findings::new(found.model, Arc::new(Draft::new(draft)));
    let oldest = now.minus(VALUES_SPAN);
    let (findings, numbers) =
        telemetry::on_states(platform, move |states| latest_values(states, &devices, oldest, findings)).await?;
    let times = retention::clip(platform, product, now.minus(MESSAGES_SPAN)..=now);
    let since = *times.start();
    let (findings, messages_looked_at) = telemetry::on_readings(platform, move |readings| {
        newest_messages(readings, product, &numbers, &times, findings)
    })
    .await?;
    let (findings, is_cut) = findings.finish();
    Ok(Consequences { devices: listed.total, devices_looked_at, messages_looked_at, since, findings, is_cut, uses })
}

/// Looks at the values of the devices, and tells which devices reported last.
fn latest_values(
    states: &dyn States,
    devices: &[(DeviceNumber, DeviceName)],
    oldest: UnixMillis,
    mut findings: Findings,
) -> Result<(Findings, Vec<DeviceNumber>), ReadingError> {
    let mut heard: Vec<(UnixMillis, DeviceNumber)> = Vec::new();
    for (number, name) in devices {
        let state = states.device(*number)?;
        let newest = state.reported.iter().map(|value| value.time).max();
        // One whose every report is refused has no values, but it signs in.
        heard.extend(newest.max(state.last_login).map(|time| (time, *number)));
        for value in state.reported.iter().filter(|value| value.time >= oldest) {
            let case = Case { number: *number, device: name.as_str(), time: value.time, is_message: false };
            findings.latest(case, &value.property, &value.value);
        }
    }
    heard.sort_unstable_by(|a, b| b.cmp(a));
    Ok((findings, heard.into_iter().take(LOGS_MAX).map(|(_, number)| number).collect()))
}

fn newest_messages(
    readings: &dyn Readings,
    product: ProductId,
    devices: &[DeviceNumber],
    times: &RangeInclusive<UnixMillis>,
    mut findings: Findings,
) -> Result<(Findings, u64), ReadingError> {
    let (mut messages, mut work) = (0, 0);
    let accepted = devices.iter().map(|number| (LogScope::Device(*number), &MESSAGE_KINDS[..], MESSAGES_EACH_MAX));
    let refused = (LogScope::Diagnostics(product), &REFUSED_KINDS[..], REFUSED_MAX);
    for (scope, kinds, limit) in std::iter::once(refused).chain(accepted) {
        if work >= RECORDS_MAX {
            break;
        }
        let (kinds, times) = (kinds.to_vec(), times.clone());
        let page = readings.log(&LogQuery { scope, kinds, times, words: Vec::new(), after: None, limit })?;
        work += page.touched.work.max(page.rows.len() as u64);
        // What was refused is found by the first search alone; a call that did not arrive was a call all the same.
        let is_of_device = matches!(scope, LogScope::Device(_));
        for row in page.rows.iter().filter(|row| !is_of_device || row.code == 0 || row.kind == RecordKind::ActionCall) {
            messages += 1;
            findings.message(row);
        }
    }
    Ok((findings, messages))
}

/// Places that know a property which the draft removes or gives another type.
fn uses(platform: &Platform, found: &CatalogProduct, draft: &ThingModel) -> Vec<PropertyUse> {
    let Some(current) = &found.model else { return Vec::new() };
    let lost = |id: &str, type_name| draft.property(id).is_none_or(|kept| kept.define.type_name() != type_name);
    let lost: Vec<&str> = (current.definition.properties.iter())
        .filter(|property| lost(&property.id, property.define.type_name()))
        .map(|property| property.id.as_str())
        .collect();
    if lost.is_empty() {
        return Vec::new();
    }
    let named_by_script = found.active_script().map(|script| identifiers(&script.text)).unwrap_or_default();
    let spaces = platform.fences.spaces_of(found.product.id);
    let mut uses = Vec::new();
    for property in lost {
        let mut add = |place| uses.push(PropertyUse { property: property.to_owned(), place });
        for (name, shown) in &spaces {
            if POSITION_PROPERTIES.contains(&property) || shown.contains(&format!("\"{property}\"")) {
                add(Place::Space(name.clone()));
            }
        }
        if named_by_script.contains(property) {
            add(Place::Script);
        }
    }
    uses
}

/// Words of a script that may be identifiers, those in its texts among them.
fn identifiers(script: &str) -> HashSet<&str> {
    script.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect()
}
