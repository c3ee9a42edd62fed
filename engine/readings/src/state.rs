//! Latest and pending values and login times of one device, as they are kept in memory and on disk.

mod session;
mod table;
mod values;

use std::num::NonZeroU64;

use lianwu_model::UnixMillis;
use lianwu_model::shadow::Shadow;
use lianwu_ports::log::Lsn;
use lianwu_ports::record::{Record, RecordKind};
use lianwu_ports::states::session::{acknowledged_by_gateway, concerns_session};
use lianwu_ports::states::{DeviceState, KeptMessage, KeptSession, apply_to_shadow, firmware_version};

use crate::coding::{Reader, put, put_bytes};
use crate::payload::{self, Property};

pub(crate) use table::{SESSION_KEYS, STATE_KEYS, StateTable, key, load, number, session_key, session_number};
use values::ValueList;

const VERSION: u8 = 1;

const FORGOTTEN: u8 = 1;
const ACTIVATED: u8 = 2;
const LOGIN: u8 = 4;
const OFFLINE: u8 = 8;
const INFO: u8 = 16;
const SESSION: u8 = 32;
const SHADOW: u8 = 64;

/// Does this record change the state of its device?
#[inline]
pub(crate) fn concerns(record: &Record<'_>) -> bool {
    use RecordKind as K;
    record.number.0 != 0
        && match record.kind {
            K::PropertyReport
            | K::PackedProperties
            | K::DeviceInfo
            | K::DesiredCleared
            | K::ShadowUpdate
            | K::ShadowDesired
            | K::Connected => record.code == 0,
            K::PropertyControl | K::Disconnected => true,
            K::DownAcknowledged if record.packet_id == 0 => acknowledged_by_gateway(record).is_some(),
            _ => concerns_session_only(record),
        }
}

/// Does it mean nothing to a device without a kept session?
#[inline]
pub(crate) fn concerns_session_only(record: &Record<'_>) -> bool {
    use RecordKind as K;
    !matches!(record.kind, K::Connected | K::Disconnected | K::PropertyControl)
        && concerns_session(record)
        && acknowledged_by_gateway(record).is_none()
}

/// Everything remembered about one device, with the last record that changed it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    /// Records up to this one are in it: applying them again changes nothing.
    pub(crate) lsn: Lsn,
    /// The device was deleted; nothing brings it back.
    pub(crate) forgotten: bool,
    activated: Moment,
    last_login: Moment,
    last_offline: Moment,
    info: Option<Box<str>>,
    reported: ValueList,
    /// Never an empty list. Boxed: most devices have none.
    desired: Option<Box<ValueList>>,
    /// Boxed for the same reason.
    session: Option<Box<KeptSession>>,
    shadow: Option<Box<Shadow>>,
}

/// A time in the eight bytes of its number: nothing happened in the first millisecond of 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Moment(Option<NonZeroU64>);

impl Moment {
    fn at(time: UnixMillis) -> Self {
        Self(NonZeroU64::new(time.0))
    }

    fn get(self) -> Option<UnixMillis> {
        self.0.map(|time| UnixMillis(time.get()))
    }
}

impl State {
    /// Applies one record for which [`concerns`] holds.
    pub(crate) fn apply(&mut self, lsn: Lsn, record: &Record<'_>, properties: &[Property<'_>]) {
        if self.forgotten || lsn <= self.lsn {
            return;
        }
        self.lsn = lsn;
        let time = record.sample_time;
        match record.kind {
            RecordKind::PropertyReport | RecordKind::PackedProperties => {
                for (key, value) in properties {
                    self.reported.report(&key.unescape(), value, time);
                }
            }
            RecordKind::PropertyControl if record.code == 0 => {
                for (key, _) in properties {
                    self.settle(|desired| desired.remove(&key.unescape()));
                }
            }
            RecordKind::PropertyControl => {
                for (key, value) in properties {
                    self.desired.get_or_insert_default().set(&key.unescape(), value, time);
                }
            }
            RecordKind::DesiredCleared => self.desired = None,
            RecordKind::DeviceInfo => {
                if let Some(params) = payload::params(record.payload) {
                    self.info = Some(params.into());
                }
            }
            RecordKind::Connected => {
                self.activated.0 = self.activated.0.or(Moment::at(time).0);
                self.last_login = Moment::at(time);
            }
            RecordKind::Disconnected => self.last_offline = Moment::at(time),
            RecordKind::DownAcknowledged => {
                if let Some(taken) = acknowledged_by_gateway(record) {
                    self.settle(|desired| desired.remove_at(taken));
                }
            }
            kind if kind.changes_shadow() => apply_to_shadow(&mut self.shadow, record.payload, time),
            _ => {}
        }
        if concerns_session(record)
            && let Some(message) = KeptSession::apply(&mut self.session, record)
            && record.kind == RecordKind::DownAcknowledged
        {
            self.reached(&message);
        }
    }

    /// A control that reached the device late is no longer pending, unless another one was given since.
    fn reached(&mut self, message: &KeptMessage) {
        if message.kind != RecordKind::PropertyControl {
            return;
        }
        let mut properties = Vec::new();
        payload::properties(&message.payload, &mut properties);
        for (key, _) in properties {
            self.settle(|desired| desired.remove_of(&key.unescape(), message.time));
        }
    }

    /// Takes out what is no longer pending.
    fn settle(&mut self, take_out: impl FnOnce(&mut ValueList)) {
        let Some(desired) = &mut self.desired else { return };
        take_out(desired);
        if desired.bytes().is_empty() {
            self.desired = None;
        }
    }

    fn desired_bytes(&self) -> &[u8] {
        self.desired.as_ref().map_or(&[], |desired| desired.bytes())
    }

    pub(crate) fn session(&self) -> Option<&KeptSession> {
        self.session.as_deref()
    }

    /// What stays of a deleted device: nothing but the fact.
    pub(crate) fn forgotten() -> Self {
        Self { forgotten: true, ..Self::default() }
    }

    /// Touches the values.
    #[inline]
    pub(crate) fn warm(&self) -> usize {
        self.reported.bytes().iter().step_by(64).map(|byte| usize::from(*byte)).sum()
    }

    /// Login times and firmware only.
    pub(crate) fn times(&self) -> DeviceState {
        DeviceState {
            activated: self.activated.get(),
            last_login: self.last_login.get(),
            last_offline: self.last_offline.get(),
            firmware: self.info.as_deref().and_then(firmware_version),
            ..DeviceState::default()
        }
    }

    pub(crate) fn whole(&self) -> DeviceState {
        DeviceState {
            reported: self.reported.to_vec(),
            desired: self.desired.as_ref().map(|desired| desired.to_vec()).unwrap_or_default(),
            info: self.info.clone(),
            shadow: self.shadow.clone(),
            ..self.times()
        }
    }

    /// Memory it holds, in bytes, with its place in the table.
    pub(crate) fn memory(&self) -> usize {
        size_of::<Self>()
            + 24
            + self.reported.memory()
            + self.desired.as_ref().map_or(0, |desired| size_of::<ValueList>() + desired.memory())
            + self.info.as_ref().map_or(0, |i| i.len())
            + self.session.as_ref().map_or(0, |s| s.memory())
            + self.shadow.as_ref().map_or(0, |s| s.memory())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.reported.bytes().len() + self.desired_bytes().len());
        let times = [(self.activated, ACTIVATED), (self.last_login, LOGIN), (self.last_offline, OFFLINE)]
            .map(|(moment, flag)| (moment.get(), flag));
        let mut flags = if self.forgotten { FORGOTTEN } else { 0 };
        flags |= if self.info.is_some() { INFO } else { 0 };
        flags |= if self.session.is_some() { SESSION } else { 0 };
        flags |= if self.shadow.is_some() { SHADOW } else { 0 };
        for (time, flag) in times {
            flags |= if time.is_some() { flag } else { 0 };
        }
        out.push(VERSION);
        out.push(flags);
        put(&mut out, self.lsn.0);
        for (time, _) in times {
            if let Some(time) = time {
                put(&mut out, time.0);
            }
        }
        if let Some(info) = &self.info {
            put_bytes(&mut out, info.as_bytes());
        }
        put_bytes(&mut out, self.reported.bytes());
        put_bytes(&mut out, self.desired_bytes());
        if let Some(kept) = &self.session {
            session::encode(kept, &mut out);
        }
        if let Some(shadow) = &self.shadow {
            put_bytes(&mut out, &shadow.to_stored());
        }
        out
    }

    /// `None` when the bytes are not an encoded state.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != VERSION {
            return None;
        }
        let flags = reader.byte()?;
        let lsn = Lsn(reader.number()?);
        let mut time = |flag| -> Option<Moment> {
            if flags & flag == 0 { Some(Moment::default()) } else { Some(Moment::at(UnixMillis(reader.number()?))) }
        };
        let (activated, last_login, last_offline) = (time(ACTIVATED)?, time(LOGIN)?, time(OFFLINE)?);
        let info = if flags & INFO == 0 { None } else { Some(reader.text()?.into()) };
        let reported = ValueList::from_bytes(reader.bytes()?)?;
        let desired = ValueList::from_bytes(reader.bytes()?)?;
        let session = if flags & SESSION == 0 { None } else { Some(Box::new(session::decode(&mut reader)?)) };
        let shadow = if flags & SHADOW == 0 { None } else { Some(Box::new(Shadow::from_stored(reader.bytes()?)?)) };
        Some(Self {
            lsn,
            forgotten: flags & FORGOTTEN != 0,
            activated,
            last_login,
            last_offline,
            info,
            reported,
            desired: (!desired.bytes().is_empty()).then(|| Box::new(desired)),
            session,
            shadow,
        })
    }
}

#[cfg(test)]
mod tests {
    use lianwu_model::DeviceNumber;

    use super::*;

    fn record(kind: RecordKind, code: u32, time: u64, payload: &str) -> Record<'_> {
        Record {
            kind,
            qos: 0,
            packet_id: 0,
            code,
            number: DeviceNumber(1),
            product: "AB12CD34EF".parse().unwrap(),
            device: "lamp",
            sample_time: UnixMillis(time),
            topic: "",
            note: "",
            payload: payload.as_bytes(),
        }
    }

    fn apply(state: &mut State, lsn: u64, kind: RecordKind, code: u32, time: u64, payload: &str) {
        let record = record(kind, code, time, payload);
        let mut properties = Vec::new();
        payload::properties(record.payload, &mut properties);
        assert!(concerns(&record));
        state.apply(Lsn(lsn), &record, &properties);
    }

    fn reported(state: &State) -> Vec<(String, String, u64)> {
        let values = state.whole().reported.into_iter();
        values.map(|v| (v.property.into_string(), v.value.into_string(), v.time.0)).collect()
    }

    #[test]
    fn newer_samples_win_and_structs_merge_by_member() {
        let mut state = State::default();
        apply(&mut state, 1, RecordKind::PropertyReport, 0, 50, r#"{"params":{"a":1,"s":{"x":1,"y":2}}}"#);
        apply(&mut state, 2, RecordKind::PropertyReport, 0, 40, r#"{"params":{"a":7,"b":3}}"#);
        apply(&mut state, 3, RecordKind::PropertyReport, 0, 60, r#"{"params":{"s":{"y":[5, 6],"z":0}}}"#);
        apply(&mut state, 3, RecordKind::PropertyReport, 0, 70, r#"{"params":{"a":9}}"#);
        assert_eq!(
            reported(&state),
            [
                ("a".into(), "1".into(), 50),
                ("s".into(), r#"{"x":1,"y":[5, 6],"z":0}"#.into(), 60),
                ("b".into(), "3".into(), 40)
            ]
        );
        assert_eq!(State::decode(&state.encode()), Some(state));
    }

    #[test]
    fn controls_stay_pending_until_one_arrives_or_the_device_clears_them() {
        let mut state = State::default();
        apply(&mut state, 1, RecordKind::PropertyControl, 1, 50, r#"{"params":{"a":1,"b":2}}"#);
        apply(&mut state, 2, RecordKind::PropertyControl, 0, 60, r#"{"params":{"a":1}}"#);
        assert_eq!(state.whole().desired.len(), 1);
        assert_eq!(&*state.whole().desired[0].property, "b");
        apply(&mut state, 3, RecordKind::DesiredCleared, 0, 60, "{}");
        assert_eq!(state.whole(), DeviceState::default());
    }

    #[test]
    fn a_control_its_gateway_acknowledged_is_not_pending() {
        let mut state = State::default();
        apply(&mut state, 1, RecordKind::PropertyControl, 23_101, 50, r#"{"params":{"a":1,"b":2}}"#);
        apply(&mut state, 2, RecordKind::PropertyControl, 23_101, 60, r#"{"params":{"b":3}}"#);
        for (lsn, taken, left) in [(3, 40, 2), (4, 50, 1), (5, 60, 0)] {
            let payload = lianwu_ports::states::session::acknowledged_for(UnixMillis(taken));
            let said = Record { payload: &payload, ..record(RecordKind::DownAcknowledged, 0, 70, "") };
            assert!(concerns(&said) && !concerns_session_only(&said));
            state.apply(Lsn(lsn), &said, &[]);
            assert_eq!(state.whole().desired.len(), left, "taken at {taken}");
        }
    }

    #[test]
    fn a_shadow_follows_from_what_was_accepted_and_comes_back() {
        let mut state = State::default();
        apply(&mut state, 1, RecordKind::ShadowUpdate, 0, 50, r#"{"state":{"reported":{"a":1}}}"#);
        apply(&mut state, 2, RecordKind::ShadowDesired, 0, 60, r#"{"state":{"desired":{"a":2}}}"#);
        let refused = Record { code: 5005, ..record(RecordKind::ShadowUpdate, 0, 70, "{}") };
        assert!(!concerns(&refused), "what was refused changes nothing");
        let mut document = Vec::new();
        let state = State::decode(&state.encode()).unwrap();
        state.whole().shadow.unwrap().write_document(lianwu_model::shadow::Metadata::Without, &mut document);
        let wanted = r#"{"state":{"reported":{"a":1},"desired":{"a":2},"delta":{"a":2}},"timestamp":60,"version":2}"#;
        assert_eq!(String::from_utf8(document).unwrap(), wanted);
    }

    #[test]
    fn a_forgotten_device_stays_forgotten() {
        let mut state = State::forgotten();
        apply(&mut state, 9, RecordKind::Connected, 0, 50, "");
        assert_eq!(state.whole(), DeviceState::default());
        assert_eq!(State::decode(&state.encode()), Some(State::forgotten()));
    }

    #[test]
    fn login_times_and_information_come_back() {
        let mut state = State::default();
        apply(&mut state, 1, RecordKind::Connected, 0, 50, "");
        apply(&mut state, 2, RecordKind::DeviceInfo, 0, 51, r#"{"method":"report_info","params":{"fw":"1.0"}}"#);
        apply(&mut state, 3, RecordKind::Disconnected, 0, 52, "");
        apply(&mut state, 4, RecordKind::Connected, 0, 53, "");
        let state = State::decode(&state.encode()).unwrap().whole();
        assert_eq!((state.activated, state.last_login), (Some(UnixMillis(50)), Some(UnixMillis(53))));
        assert_eq!((state.last_offline, state.info.as_deref()), (Some(UnixMillis(52)), Some(r#"{"fw":"1.0"}"#)));
    }
}
