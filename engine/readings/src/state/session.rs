//! A kept session as it stands at the end of a state row.

use lianwu_model::{ProductId, UnixMillis};
use lianwu_ports::record::RecordKind;
use lianwu_ports::states::{KeptMessage, KeptSession};

use crate::coding::{Reader, put, put_bytes};

/// Kinds of messages a session can hold; the place is part of the row.
const KINDS: [RecordKind; 4] =
    [RecordKind::PropertyControl, RecordKind::ActionCall, RecordKind::OtherDown, RecordKind::Carried];

/// Place of a kind that cannot be here.
const OTHER: usize = 2;

const MAYBE_SENT: u8 = 0x80;

pub(super) fn encode(session: &KeptSession, out: &mut Vec<u8>) {
    out.extend_from_slice(session.product.as_bytes());
    put_bytes(out, session.device.as_bytes());
    put(out, u64::from(session.last_packet_id));
    // A time is never so late that one more does not fit.
    put(out, session.away_since.map_or(0, |time| time.0.saturating_add(1)));
    put(out, session.filters.len() as u64);
    for (filter, qos) in &session.filters {
        out.push(*qos);
        put_bytes(out, filter.as_bytes());
    }
    put(out, session.messages.len() as u64);
    for message in &session.messages {
        let kind = KINDS.iter().position(|kind| *kind == message.kind).unwrap_or(OTHER);
        out.push(u8::try_from(kind).unwrap_or(0) | if message.maybe_sent { MAYBE_SENT } else { 0 });
        put(out, u64::from(message.packet_id));
        put(out, message.time.0);
        put_bytes(out, message.topic.as_bytes());
        put_bytes(out, &message.payload);
    }
}

/// `None` when the bytes are no session.
pub(super) fn decode(reader: &mut Reader<'_>) -> Option<KeptSession> {
    let product = ProductId::from_bytes(&reader.array::<{ ProductId::LEN }>()?)?;
    let device = reader.text()?.into();
    let last_packet_id = u16::try_from(reader.number()?).ok()?;
    let away_since = reader.number()?.checked_sub(1).map(UnixMillis);
    let mut session = KeptSession {
        product,
        device,
        filters: Vec::new(),
        messages: std::collections::VecDeque::new(),
        last_packet_id,
        away_since,
    };
    for _ in 0..reader.number()? {
        let qos = reader.byte()?;
        session.filters.push((reader.text()?.into(), qos));
    }
    for _ in 0..reader.number()? {
        let head = reader.byte()?;
        session.messages.push_back(KeptMessage {
            kind: *KINDS.get(usize::from(head & !MAYBE_SENT))?,
            maybe_sent: head & MAYBE_SENT != 0,
            packet_id: u16::try_from(reader.number()?).ok()?,
            time: UnixMillis(reader.number()?),
            topic: reader.text()?.into(),
            payload: reader.bytes()?.into(),
        });
    }
    Some(session)
}
