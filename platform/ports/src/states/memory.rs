//! The state table in memory: folded from all records of the device when it is asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use lianwu_model::{DeviceNumber, ProductId, Uin};

use super::backend_session::BackendSessions;
use super::retained::retaining_account;
use super::session::{acknowledged_by_gateway, concerns_session};
use super::{
    Activity, BackendSession, Day, DeviceState, KeptMessage, KeptSession, PropertyValue, RetainedMessage,
    SessionSummary, States, apply_to_shadow, firmware_version,
};
use crate::readings::memory::{Inner, MemoryReadings, merged, params};
use crate::readings::{LogRow, ReadingError};
use crate::record::RecordKind;
use crate::record::account::Content;

/// The bits of `qos` that are not flags.
const QOS: u8 = 3;

fn put(list: &mut Vec<PropertyValue>, property: &str, value: &str, row: &LogRow) {
    match list.iter_mut().find(|known| *known.property == *property) {
        Some(known) => {
            let both_structs = known.value.starts_with('{') && value.starts_with('{');
            known.value = if both_structs { merged(&known.value, value).into() } else { value.into() };
            known.time = row.sample_time;
        }
        None => list.push(PropertyValue { property: property.into(), value: value.into(), time: row.sample_time }),
    }
}

fn fold(state: &mut DeviceState, row: &LogRow) {
    match (row.kind, row.code) {
        (kind, 0) if kind.holds_properties() => {
            for (property, value) in params(&row.payload) {
                let known = state.reported.iter().find(|known| *known.property == *property);
                if known.is_none_or(|known| known.time <= row.sample_time) {
                    put(&mut state.reported, &property, &value, row);
                }
            }
        }
        (RecordKind::PropertyControl, 0) => {
            let arrived = params(&row.payload);
            state.desired.retain(|known| !arrived.iter().any(|(property, _)| *property == *known.property));
        }
        (RecordKind::PropertyControl, _) => {
            for (property, value) in params(&row.payload) {
                put(&mut state.desired, &property, &value, row);
            }
        }
        (RecordKind::DesiredCleared, 0) => state.desired.clear(),
        (RecordKind::DeviceInfo, 0) => {
            let message = std::str::from_utf8(&row.payload).ok().and_then(crate::readings::memory::members);
            let params = message.and_then(|members| members.into_iter().rfind(|(key, _)| key == "params"));
            if let Some((_, value)) = params.filter(|(_, value)| value.starts_with('{')) {
                state.firmware = firmware_version(&value);
                state.info = Some(value.into());
            }
        }
        (RecordKind::Connected, 0) => {
            state.activated.get_or_insert(row.sample_time);
            state.last_login = Some(row.sample_time);
        }
        (kind, 0) if kind.changes_shadow() => apply_to_shadow(&mut state.shadow, &row.payload, row.sample_time),
        (RecordKind::Disconnected, _) => state.last_offline = Some(row.sample_time),
        _ => {}
    }
}

/// A control that reached the device late is no longer pending, unless another one was given since.
fn reached(state: &mut DeviceState, message: &KeptMessage) {
    let arrived = if message.kind == RecordKind::PropertyControl { params(&message.payload) } else { Vec::new() };
    state.desired.retain(|known| {
        known.time != message.time || !arrived.iter().any(|(property, _)| *property == *known.property)
    });
}

/// State and session of one device, as far as they are folded.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    /// So many of all records are taken in.
    rows: usize,
    state: DeviceState,
    session: Option<Box<KeptSession>>,
}

impl Folded {
    fn take_in(&mut self, row: &LogRow) {
        fold(&mut self.state, row);
        let record = row.as_record();
        if let Some(taken) = acknowledged_by_gateway(&record) {
            self.state.desired.retain(|known| known.time != taken);
        }
        if concerns_session(&record)
            && let Some(message) = KeptSession::apply(&mut self.session, &record)
            && row.kind == RecordKind::DownAcknowledged
        {
            reached(&mut self.state, &message);
        }
    }
}

/// State and session of one device. What was folded before is not read again.
fn folded(inner: &mut Inner, number: DeviceNumber) -> &Folded {
    let Inner { records, forgotten, folded, .. } = inner;
    let known = folded.entry(number).or_default();
    if number == DeviceNumber::NONE || forgotten.contains(&number) {
        *known = Folded::default();
        return known;
    }
    for row in records[known.rows..].iter().filter(|row| row.number == number) {
        known.take_in(row);
    }
    known.rows = records.len();
    known
}

impl States for MemoryReadings {
    fn retained(&self) -> Result<Vec<RetainedMessage>, ReadingError> {
        let mut newest = BTreeMap::new();
        for row in &self.lock().records {
            if let Some(owner) = retaining_account(&row.as_record()) {
                newest.insert((owner, row.topic.clone()), row.clone());
            }
        }
        let message = |((owner, topic), row): ((Uin, Box<str>), LogRow)| {
            let Content { properties, payload } = Content::of(&row.as_record());
            let (properties, payload) = (properties.into(), payload.into());
            RetainedMessage { owner, topic, payload, properties, qos: row.qos & QOS, time: row.sample_time }
        };
        Ok(newest.into_iter().map(message).filter(|message| !message.payload.is_empty()).collect())
    }

    fn device(&self, number: DeviceNumber) -> Result<DeviceState, ReadingError> {
        Ok(folded(&mut self.lock(), number).state.clone())
    }

    fn devices(&self, numbers: &[DeviceNumber]) -> Result<Vec<DeviceState>, ReadingError> {
        let mut states = Vec::new();
        for number in numbers {
            let DeviceState { activated, last_login, last_offline, firmware, .. } = self.device(*number)?;
            states.push(DeviceState { activated, last_login, last_offline, firmware, ..DeviceState::default() });
        }
        Ok(states)
    }

    fn activity(&self, products: &[ProductId], today: Day) -> Result<Activity, ReadingError> {
        let inner = self.lock();
        let mut devices: HashMap<DeviceNumber, (Option<Day>, HashSet<Day>)> = HashMap::new();
        for row in &inner.records {
            let counts = row.number != DeviceNumber::NONE && !inner.forgotten.contains(&row.number);
            if !counts || !products.contains(&row.product) || !row.kind.shows_presence() {
                continue;
            }
            let (activated, active) = devices.entry(row.number).or_default();
            active.insert(Day::of(row.committed));
            if row.kind == RecordKind::Connected && row.code == 0 {
                activated.get_or_insert(Day::of(row.committed));
            }
        }
        let activated = |from: u16, to: u16| {
            let window = today.before(from)..today.before(to);
            devices.values().filter(|(day, _)| day.is_some_and(|day| window.contains(&day))).count() as u64
        };
        let active = |from: u16, to: u16| {
            let window = today.before(from)..today.before(to);
            devices.values().filter(|(_, days)| days.iter().any(|day| window.contains(day))).count() as u64
        };
        Ok(Activity {
            activated: devices.values().filter(|(day, _)| day.is_some()).count() as u64,
            activated_yesterday: activated(1, 0),
            active_yesterday: active(1, 0),
            activated_week: activated(7, 0),
            active_week: active(7, 0),
            activated_week_before: activated(14, 7),
            active_week_before: active(14, 7),
        })
    }

    fn with_firmware(&self, products: &[ProductId], version: Option<&str>) -> Result<Vec<DeviceNumber>, ReadingError> {
        let mut inner = self.lock();
        let named = inner.records.iter().filter(|row| row.kind == RecordKind::DeviceInfo);
        let numbers: BTreeSet<_> = named.filter(|row| products.contains(&row.product)).map(|row| row.number).collect();
        let runs = |number: &DeviceNumber| match (&folded(&mut inner, *number).state.firmware, version) {
            (Some(firmware), Some(version)) => **firmware == *version,
            (firmware, None) => firmware.is_some(),
            (None, Some(_)) => false,
        };
        Ok(numbers.into_iter().filter(runs).collect())
    }

    fn activated(&self) -> Result<Vec<DeviceNumber>, ReadingError> {
        let inner = self.lock();
        let is_first = |row: &&LogRow| row.kind == RecordKind::Connected && row.code == 0;
        let numbers = inner.records.iter().filter(is_first).map(|row| row.number);
        let known = |number: &DeviceNumber| *number != DeviceNumber::NONE && !inner.forgotten.contains(number);
        Ok(numbers.filter(known).collect::<BTreeSet<_>>().into_iter().collect())
    }

    fn forget(&self, number: DeviceNumber) -> Result<(), ReadingError> {
        self.lock().forgotten.push(number);
        Ok(())
    }

    fn sessions(&self) -> Result<Vec<SessionSummary>, ReadingError> {
        let mut inner = self.lock();
        let mut numbers: Vec<_> = inner.records.iter().map(|row| row.number).collect();
        numbers.sort_unstable_by_key(|number| number.0);
        numbers.dedup();
        let session = |number| folded(&mut inner, number).session.as_deref().map(|session| session.summary(number));
        Ok(numbers.into_iter().filter_map(session).collect())
    }

    fn backend_sessions(&self) -> Result<Vec<BackendSession>, ReadingError> {
        let mut sessions = BackendSessions::default();
        for row in &self.lock().records {
            sessions.apply(row.lsn, &row.as_record(), |_| {});
        }
        Ok(sessions.iter().cloned().collect())
    }

    fn session_messages(&self, number: DeviceNumber, ids: &[u16]) -> Result<Vec<KeptMessage>, ReadingError> {
        let mut inner = self.lock();
        Ok(folded(&mut inner, number).session.as_deref().map(|session| session.with_ids(ids)).unwrap_or_default())
    }
}
