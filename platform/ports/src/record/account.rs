//! What stands in a record of an account: messages of its backends, and what happened to them.

use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};

use super::{PROPERTIES, Record, RecordKind};

/// Payload of a message in an account's own topic space, and the MQTT 5 properties it was sent with.
///
/// With [`PROPERTIES`] the record's payload begins with the length of the properties, two bytes, little-endian, and the
/// properties as they stand in a packet; the message's payload follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content<'a> {
    pub properties: &'a [u8],
    pub payload: &'a [u8],
}

impl<'a> Content<'a> {
    /// Takes a record's payload apart; one that is too short for its properties has none.
    #[must_use]
    pub fn of(record: &Record<'a>) -> Self {
        let whole = Self { properties: &[], payload: record.payload };
        if record.qos & PROPERTIES == 0 {
            return whole;
        }
        let Some((length, rest)) = record.payload.split_first_chunk::<2>() else { return whole };
        let Some((properties, payload)) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length))) else {
            return whole;
        };
        Self { properties, payload }
    }

    /// The flag for `qos` and the payload of the record.
    ///
    /// # Panics
    /// With more than 65,535 bytes of properties: a packet with as many is refused before.
    #[must_use]
    pub fn encode(&self) -> (u8, Vec<u8>) {
        if self.properties.is_empty() {
            return (0, self.payload.to_vec());
        }
        let length = u16::try_from(self.properties.len()).expect("properties of a packet of 64 KiB at most");
        let mut bytes = Vec::with_capacity(2 + self.properties.len() + self.payload.len());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(self.properties);
        bytes.extend_from_slice(self.payload);
        (PROPERTIES, bytes)
    }
}

/// What happened to a backend. The number is part of the file format: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum AccountEvent {
    /// It signed in.
    Connected = 1,
    /// Its sign-in was refused.
    ConnectRefused = 2,
    /// Its connection ended.
    Disconnected = 3,
    /// A filter was refused.
    SubscribeRefused = 4,
    /// A message was refused.
    PublishRefused = 5,
}

impl AccountEvent {
    pub const ALL: [Self; 5] =
        [Self::Connected, Self::ConnectRefused, Self::Disconnected, Self::SubscribeRefused, Self::PublishRefused];

    fn from_code(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|event| *event as u32 == code)
    }
}

/// A line of an account's own log: a record of kind [`RecordKind::AccountEvent`] and [`ProductId::ACCOUNT`].
///
/// `code` is the event, `device` the client id, `note` the main account, a space and the cause, `topic` the topic or
/// filter it is about, `payload` the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountLine<'a> {
    /// Main account whose log shows it.
    pub owner: Uin,
    pub event: AccountEvent,
    /// Empty for several together.
    pub client_id: &'a str,
    /// Empty for a topic that has nothing to do with it.
    pub topic: &'a str,
    /// Why; empty for a sign-in that succeeded.
    pub why: &'a str,
    /// `uin:100000000002,secretid:AKID..,clientip:192.0.2.1`
    pub facts: &'a str,
    pub time: UnixMillis,
}

impl<'a> AccountLine<'a> {
    /// Gives the record to `push`.
    pub fn write<T>(&self, push: impl FnOnce(&Record<'_>) -> T) -> T {
        push(&Record {
            kind: RecordKind::AccountEvent,
            qos: 0,
            packet_id: 0,
            code: self.event as u32,
            number: DeviceNumber::NONE,
            product: ProductId::ACCOUNT,
            device: self.client_id,
            sample_time: self.time,
            topic: self.topic,
            note: &format!("{} {}", self.owner, self.why),
            payload: self.facts.as_bytes(),
        })
    }

    /// Reads a record; `None` for any other.
    #[must_use]
    pub fn of(record: &Record<'a>) -> Option<Self> {
        if record.kind != RecordKind::AccountEvent {
            return None;
        }
        let (owner, why) = record.note.split_once(' ')?;
        Some(Self {
            owner: Uin(owner.parse().ok()?),
            event: AccountEvent::from_code(record.code)?,
            client_id: record.device,
            topic: record.topic,
            why,
            facts: std::str::from_utf8(record.payload).ok()?,
            time: record.sample_time,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordBatch;

    #[test]
    fn lines_come_back_as_they_were_written() {
        for event in AccountEvent::ALL {
            let line = AccountLine {
                owner: Uin(100_000_000_001),
                event,
                client_id: "plant/7",
                topic: "plant/7",
                why: "no policy allows it",
                facts: "clientip:192.0.2.1",
                time: UnixMillis(7),
            };
            let mut batch = RecordBatch::default();
            line.write(|record| batch.push(record));
            let record = batch.iter().next().unwrap().unwrap();
            assert_eq!(AccountLine::of(&record), Some(line));
            assert_eq!(AccountLine::of(&Record { kind: RecordKind::Connected, ..record }), None);
            assert_eq!(AccountLine::of(&Record { note: "nobody", ..record }), None);
        }
    }

    #[test]
    fn properties_stand_in_front_of_the_payload() {
        let line = AccountLine {
            owner: Uin(1),
            event: AccountEvent::Connected,
            client_id: "",
            topic: "",
            why: "",
            facts: "",
            time: UnixMillis(0),
        };
        line.write(|record| {
            for content in [Content { properties: b"", payload: b"on" }, Content { properties: b"pp", payload: b"on" }]
            {
                let (flag, payload) = content.encode();
                let record = Record { qos: 1 | flag, payload: &payload, ..*record };
                assert_eq!(Content::of(&record), content);
            }
            // Cut off: nothing is invented.
            let cut = Record { qos: PROPERTIES, payload: &[9, 0, 1], ..*record };
            assert_eq!(Content::of(&cut), Content { properties: b"", payload: &[9, 0, 1] });
        });
    }
}
