//! What a worker writes down about one kept session: the payload of a [`RecordKind::BackendSession`] record.
//!
//! [`RecordKind::BackendSession`]: crate::record::RecordKind::BackendSession

use lianwu_model::UnixMillis;

use super::coding::{Reader, put, put_bytes};
use super::{DelayedWill, SessionNumber};
use crate::log::Lsn;

/// One step of a session. The first byte of each is part of the file format: append only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// The client signed in, for the first time or again. `expiry_seconds`: how long the session outlives the connection.
    Opened {
        expiry_seconds: u32,
        secret_id: &'a str,
    },
    /// `options` are the byte of SUBSCRIBE, `id` the client's name for the subscription or 0.
    Subscribed {
        filter: &'a str,
        options: u8,
        id: u32,
    },
    Unsubscribed {
        filter: &'a str,
    },
    /// The client has a message, or is not to have it.
    Settled {
        position: Lsn,
    },
    /// A message was given up.
    Dropped {
        position: Lsn,
    },
    /// A message of QoS 2 goes out under this id.
    Sent {
        position: Lsn,
        packet_id: u16,
    },
    /// PUBREC: the client has it.
    Received {
        packet_id: u16,
    },
    /// PUBCOMP: the id is free.
    Completed {
        packet_id: u16,
    },
    /// A message of QoS 2 came from the client.
    Taken {
        packet_id: u16,
    },
    /// PUBREL: the client may use the id for another message.
    Released {
        packet_id: u16,
    },
    /// The connection ended; a will that waits goes with it.
    Left {
        expiry_seconds: u32,
        will: Option<Box<DelayedWill>>,
    },
    /// The will was sent, or the client came back in time.
    WillGone,
    /// The session is over.
    Closed,
}

const OPENED: u8 = 1;
const SUBSCRIBED: u8 = 2;
const UNSUBSCRIBED: u8 = 3;
const SETTLED: u8 = 4;
const DROPPED: u8 = 5;
const SENT: u8 = 6;
const RECEIVED: u8 = 7;
const COMPLETED: u8 = 8;
const TAKEN: u8 = 9;
const RELEASED: u8 = 10;
const LEFT: u8 = 11;
const LEFT_WITH_WILL: u8 = 12;
const WILL_GONE: u8 = 13;
const CLOSED: u8 = 14;

/// Steps of one session, in order, as they go into one record.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    bytes: Vec<u8>,
}

impl Changes {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn push(&mut self, change: &Change<'_>) {
        let out = &mut self.bytes;
        let of_packet = |out: &mut Vec<u8>, what, packet_id: u16| {
            out.push(what);
            put(out, packet_id.into());
        };
        match change {
            Change::Opened { expiry_seconds, secret_id } => {
                out.push(OPENED);
                put(out, (*expiry_seconds).into());
                put_bytes(out, secret_id.as_bytes());
            }
            Change::Subscribed { filter, options, id } => {
                out.extend_from_slice(&[SUBSCRIBED, *options]);
                put(out, (*id).into());
                put_bytes(out, filter.as_bytes());
            }
            Change::Unsubscribed { filter } => {
                out.push(UNSUBSCRIBED);
                put_bytes(out, filter.as_bytes());
            }
            Change::Settled { position } => {
                out.push(SETTLED);
                put(out, position.0);
            }
            Change::Dropped { position } => {
                out.push(DROPPED);
                put(out, position.0);
            }
            Change::Sent { position, packet_id } => {
                of_packet(out, SENT, *packet_id);
                put(out, position.0);
            }
            Change::Received { packet_id } => of_packet(out, RECEIVED, *packet_id),
            Change::Completed { packet_id } => of_packet(out, COMPLETED, *packet_id),
            Change::Taken { packet_id } => of_packet(out, TAKEN, *packet_id),
            Change::Released { packet_id } => of_packet(out, RELEASED, *packet_id),
            Change::Left { expiry_seconds, will } => {
                out.push(if will.is_some() { LEFT_WITH_WILL } else { LEFT });
                put(out, (*expiry_seconds).into());
                if let Some(will) = will {
                    put_will(out, will);
                }
            }
            Change::WillGone => out.push(WILL_GONE),
            Change::Closed => out.push(CLOSED),
        }
    }

    /// The payload of the record; starts anew.
    #[must_use]
    pub fn take_payload(&mut self, session: SessionNumber) -> Vec<u8> {
        let mut payload = Vec::with_capacity(self.bytes.len() + 4);
        put(&mut payload, session.0);
        payload.append(&mut self.bytes);
        payload
    }
}

/// Reads the payload of a record: whose it is, and the steps. Ends at the first byte that makes no sense.
pub(super) fn read(payload: &[u8]) -> Option<(SessionNumber, impl Iterator<Item = Change<'_>>)> {
    let mut reader = Reader::new(payload);
    let number = SessionNumber(reader.number()?);
    Some((number, std::iter::from_fn(move || next(&mut reader))))
}

fn next<'a>(reader: &mut Reader<'a>) -> Option<Change<'a>> {
    Some(match reader.byte()? {
        OPENED => Change::Opened { expiry_seconds: reader.number()?, secret_id: reader.text()? },
        SUBSCRIBED => {
            let options = reader.byte()?;
            Change::Subscribed { options, id: reader.number()?, filter: reader.text()? }
        }
        UNSUBSCRIBED => Change::Unsubscribed { filter: reader.text()? },
        SETTLED => Change::Settled { position: Lsn(reader.number()?) },
        DROPPED => Change::Dropped { position: Lsn(reader.number()?) },
        SENT => Change::Sent { packet_id: reader.number()?, position: Lsn(reader.number()?) },
        RECEIVED => Change::Received { packet_id: reader.number()? },
        COMPLETED => Change::Completed { packet_id: reader.number()? },
        TAKEN => Change::Taken { packet_id: reader.number()? },
        RELEASED => Change::Released { packet_id: reader.number()? },
        LEFT => Change::Left { expiry_seconds: reader.number()?, will: None },
        LEFT_WITH_WILL => Change::Left { expiry_seconds: reader.number()?, will: Some(Box::new(read_will(reader)?)) },
        WILL_GONE => Change::WillGone,
        CLOSED => Change::Closed,
        _ => return None,
    })
}

pub(super) fn put_will(out: &mut Vec<u8>, will: &DelayedWill) {
    let DelayedWill { due, topic, payload, properties, qos, retain } = will;
    put(out, due.0);
    out.extend_from_slice(&[*qos, u8::from(*retain)]);
    put_bytes(out, topic.as_bytes());
    put_bytes(out, payload);
    put_bytes(out, properties);
}

pub(super) fn read_will(reader: &mut Reader<'_>) -> Option<DelayedWill> {
    let due = UnixMillis(reader.number()?);
    let (qos, retain) = (reader.byte()?, reader.byte()? != 0);
    let topic = reader.text()?.into();
    Some(DelayedWill { due, qos, retain, topic, payload: reader.bytes()?.into(), properties: reader.bytes()?.into() })
}
