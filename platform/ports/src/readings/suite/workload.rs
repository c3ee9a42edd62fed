//! Random records of a handful of devices over some days: reports, late samples, events, controls, connections.

use std::ops::RangeInclusive;

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};

use crate::log::{Block, Lsn};
use crate::record::{Record, RecordBatch, RecordKind};

/// Numbers that depend on the seed only (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 up to, without, `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next_number() % end.max(1)
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let at = usize::try_from(self.below(from.len() as u64)).unwrap_or(0);
        from.get(at).copied()
    }
}

const DEVICES: u64 = 6;
const PROPERTIES: [&str; 6] = ["power", "color", "brightness", "place", "灯", "rare"];
const EVENTS: [&str; 3] = ["status", "low_voltage", "broken"];
const KINDS: [&str; 3] = ["info", "alert", "fault"];
/// Half past eleven in the evening: midnight comes soon.
const START: u64 = 1_714_519_800_000;

/// Makes blocks and queries about them.
#[derive(Clone, Debug)]
pub struct Workload {
    pub random: Random,
    next: Lsn,
    now: UnixMillis,
}

impl Workload {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: Random(seed), next: Lsn(1), now: UnixMillis(START) }
    }

    /// Commit time of the last block.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        self.now
    }

    /// The next block: one to three batches of up to twelve records.
    pub fn block(&mut self) -> Block {
        let step = match self.random.below(20) {
            0 => 5_400_000,
            1 => 0,
            2..=5 => 1,
            _ => self.random.below(60_000),
        };
        self.now.0 += step;
        if self.random.one_in(40) {
            self.now.0 -= 700;
        }
        let mut batches = Vec::new();
        for _ in 0..=self.random.below(3) {
            let mut batch = RecordBatch::default();
            for _ in 0..=self.random.below(12) {
                self.push_record(&mut batch);
            }
            batches.push(batch);
        }
        let block = Block { first: self.next, time: self.now, batches };
        self.next = block.last().next();
        block
    }

    fn push_record(&mut self, batch: &mut RecordBatch) {
        let number = self.device();
        let sample_time = self.sample_time();
        let (kind, mut code, mut payload) = self.message(sample_time);
        let mut note = String::new();
        if kind == RecordKind::ConnectRefused || (code == 0 && self.random.one_in(25)) {
            code = 406;
            note = format!("check report data err {}", self.random.below(50));
        }
        if self.random.one_in(60) {
            payload = "json { broken".to_owned();
        }
        let stranger = kind == RecordKind::ConnectRefused && self.random.one_in(2);
        let number = if stranger { DeviceNumber::NONE } else { number };
        batch.push(&Record {
            kind,
            qos: u8::from(self.random.one_in(2)),
            packet_id: if self.random.one_in(2) { u16::try_from(self.random.below(9)).unwrap_or(0) } else { 0 },
            code,
            number,
            product: product_of(number),
            device: &format!("device-{}", number.0),
            sample_time,
            topic: self.random.pick(&["", "", "", "some/other/topic", "a/filter"]).unwrap_or(""),
            note: &note,
            payload: payload.as_bytes(),
        });
    }

    fn sample_time(&mut self) -> UnixMillis {
        let late = match self.random.below(10) {
            0 => self.random.below(3 * UnixMillis::DAY_MS),
            1 => self.random.below(7_200_000),
            2 => 0,
            _ => self.random.below(2000),
        };
        if self.random.one_in(30) { UnixMillis(self.now.0 + late) } else { UnixMillis(self.now.0 - late) }
    }

    /// Now and then without a version.
    fn device_info(&mut self) -> String {
        match self.random.below(12) {
            version @ 0..9 => format!(r#"{{"params":{{"fw_ver":"{version}","imei":"8"}}}}"#),
            9 => r#"{"params":{"fw_ver":""}}"#.to_owned(),
            _ => r#"{"params":{"imei":"8"}}"#.to_owned(),
        }
    }

    fn message(&mut self, sample_time: UnixMillis) -> (RecordKind, u32, String) {
        use RecordKind as K;
        match self.random.below(33) {
            0..=9 => (K::PropertyReport, 0, format!(r#"{{"method":"report","params":{}}}"#, self.params())),
            10 => (K::PackedProperties, 0, format!(r#"{{"params":{}}}"#, self.params())),
            11 => (K::EventPost, 0, self.event_post(sample_time)),
            12 => {
                let code = u32::from(self.random.one_in(2)) * 3;
                (K::PropertyControl, code, format!(r#"{{"method":"control","params":{}}}"#, self.params()))
            }
            13 => (K::DesiredCleared, 0, r#"{"method":"clear_control"}"#.to_owned()),
            14 => (K::DeviceInfo, 0, self.device_info()),
            15 => (K::Connected, 0, format!("version:4,cleansession:{}", u8::from(self.random.one_in(4)))),
            16 => (K::Disconnected, 0, String::new()),
            17 => (K::ConnectRefused, 0, String::new()),
            18 => (K::Subscribed, u32::from(self.random.one_in(5)) * 128, String::new()),
            19 => (K::Unsubscribed, 0, String::new()),
            20 | 21 => (K::DownAcknowledged, 0, String::new()),
            22 => (K::DownDropped, 0, String::new()),
            23 if self.random.one_in(4) => (K::SessionEnded, 0, String::new()),
            25 => (K::ShadowUpdate, 0, format!(r#"{{"state":{{"reported":{}}}}}"#, self.params())),
            26 => {
                let code = u32::from(self.random.one_in(3)) * 5005;
                (K::ShadowDesired, code, format!(r#"{{"state":{{"desired":{}}}}}"#, self.params()))
            }
            27 => (K::DeviceLog, 0, format!("2024-05-01 08:00:00|lamp.c|blink({}): late", self.random.below(40))),
            28 => (K::Bound, 0, String::new()),
            29 => (K::Unbound, 0, String::new()),
            31 => (K::Carried, 0, format!("down {}", self.random.below(40))),
            24 => (K::OtherDown, 23101, format!("down {}", self.random.below(40))),
            _ => (K::OtherUp, 0, format!("payload {}", self.random.below(40))),
        }
    }

    fn params(&mut self) -> String {
        let mut members = Vec::new();
        for _ in 0..=self.random.below(4) {
            let property = if self.random.one_in(40) { "rare" } else { self.property() };
            if property == "rare" && !self.random.one_in(10) {
                continue;
            }
            let n = self.random.below(if property == "power" { 30 } else { 1000 });
            let value = match property {
                "place" => format!(r#"{{"{}":{n}, "y":{}}}"#, if n.is_multiple_of(2) { "x" } else { "y" }, n % 7),
                "color" => format!("\"red\\u0021{n}\""),
                _ => n.to_string(),
            };
            let key = if n == 1 && property == "power" { "po\\u0077er" } else { property };
            members.push(format!("\"{key}\":{value}"));
        }
        format!("{{{}}}", members.join(", "))
    }

    fn event_post(&mut self, sample_time: UnixMillis) -> String {
        if self.random.one_in(2) {
            return format!(r#"{{"method":"event_post",{}}}"#, self.event_members(sample_time));
        }
        let mut events = Vec::new();
        for at in 0..=self.random.below(4) {
            let late = if self.random.one_in(5) { 5_000_000 * at } else { at * 1000 };
            events.push(format!("{{{}}}", self.event_members(UnixMillis(sample_time.0 - late))));
        }
        format!(r#"{{"method":"events_post","events":[{}]}}"#, events.join(","))
    }

    fn event_members(&mut self, time: UnixMillis) -> String {
        let (event, kind) = (self.event().unwrap_or("status"), self.event_kind().unwrap_or("info"));
        let stamp = match self.random.below(3) {
            0 => 0,
            1 => time.seconds(),
            _ => time.0,
        };
        let n = self.random.below(100);
        format!(r#""eventId":"{event}","type":"{kind}","timestamp":{stamp},"params":{{"n":{n}}}"#)
    }

    pub fn device(&mut self) -> DeviceNumber {
        DeviceNumber(u32::try_from(1 + self.random.below(DEVICES)).unwrap_or(1))
    }

    /// Every device there is, and one that never said anything.
    #[must_use]
    pub fn devices(&self) -> Vec<DeviceNumber> {
        (1..=7).map(DeviceNumber).collect()
    }

    /// Every product there is.
    #[must_use]
    pub fn products() -> [ProductId; 2] {
        [product_of(DeviceNumber(1)), product_of(DeviceNumber(2))]
    }

    pub fn product(&mut self) -> ProductId {
        let number = self.device();
        product_of(number)
    }

    pub fn property(&mut self) -> &'static str {
        self.random.pick(&PROPERTIES).unwrap_or("power")
    }

    pub fn event(&mut self) -> Option<&'static str> {
        if self.random.one_in(2) { self.random.pick(&EVENTS) } else { None }
    }

    pub fn event_kind(&mut self) -> Option<&'static str> {
        if self.random.one_in(2) { self.random.pick(&KINDS) } else { None }
    }

    /// Milliseconds.
    pub fn step(&mut self) -> u64 {
        self.random.pick(&[1, 1_000, 60_000, 3_600_000]).unwrap_or(1)
    }

    pub fn limit(&mut self) -> usize {
        self.random.pick(&[1, 2, 7, 30, 1000]).unwrap_or(1)
    }

    /// Everything, or a part of what was written; sometimes empty.
    pub fn range(&mut self) -> RangeInclusive<UnixMillis> {
        let written = self.now.0 - START + 2 * UnixMillis::DAY_MS;
        let first = START - UnixMillis::DAY_MS + self.random.below(written);
        match self.random.below(4) {
            0 => UnixMillis(0)..=UnixMillis(u64::MAX),
            1 => UnixMillis(first)..=UnixMillis(first + 600_000),
            2 => UnixMillis(first)..=UnixMillis(first + self.random.below(written)),
            _ => UnixMillis(first)..=UnixMillis(first - self.random.below(2)),
        }
    }
}

fn product_of(number: DeviceNumber) -> ProductId {
    let id = if number.0.is_multiple_of(2) { b"PRODUCT0EV" } else { b"PRODUCT0DD" };
    ProductId::from_bytes(id).expect("ten upper-case letters and digits")
}
