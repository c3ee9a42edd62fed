//! A session as it is kept on disk.

use lianwu_model::{Uin, UnixMillis};

use super::change::{put_will, read_will};
use super::coding::{Reader, put, put_bytes};
use super::queued::{put_head, read_head};
use super::{BackendSession, SentOut, SessionNumber, Waiting};
use crate::log::Lsn;

const VERSION: u8 = 1;

const AWAY: u8 = 1;
const WILL: u8 = 2;

impl BackendSession {
    /// Everything, for [`BackendSession::decode`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        put(&mut out, self.number.0);
        put(&mut out, self.lsn.0);
        put(&mut out, self.owner.0);
        put_bytes(&mut out, self.client_id.as_bytes());
        put_bytes(&mut out, self.secret_id.as_bytes());
        put(&mut out, self.expiry_seconds.into());
        put(&mut out, self.dropped);
        out.push(if self.away_since.is_some() { AWAY } else { 0 } | if self.will.is_some() { WILL } else { 0 });
        if let Some(since) = self.away_since {
            put(&mut out, since.0);
        }
        if let Some(will) = &self.will {
            put_will(&mut out, will);
        }
        put(&mut out, self.filters.len() as u64);
        for (filter, (options, id)) in &self.filters {
            out.push(*options);
            put(&mut out, (*id).into());
            put_bytes(&mut out, filter.as_bytes());
        }
        put(&mut out, self.taken.len() as u64);
        self.taken.iter().for_each(|id| put(&mut out, (*id).into()));
        put(&mut out, self.sent.len() as u64);
        for SentOut { packet_id, message, is_received } in &self.sent {
            put(&mut out, (*packet_id).into());
            out.push(u8::from(*is_received));
            put_waiting(&mut out, message);
        }
        put(&mut out, self.waiting.len() as u64);
        self.waiting.iter().for_each(|message| put_waiting(&mut out, message));
        out
    }

    /// `None` for bytes that [`BackendSession::encode`] did not write.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != VERSION {
            return None;
        }
        let (number, lsn, owner) = (SessionNumber(reader.number()?), Lsn(reader.number()?), Uin(reader.number()?));
        let mut session = Self::new(number, owner, reader.text()?);
        session.lsn = lsn;
        session.secret_id = reader.text()?.into();
        session.expiry_seconds = reader.number()?;
        session.dropped = reader.number()?;
        let flags = reader.byte()?;
        if flags & AWAY != 0 {
            session.away_since = Some(UnixMillis(reader.number()?));
        }
        if flags & WILL != 0 {
            session.will = Some(Box::new(read_will(&mut reader)?));
        }
        for _ in 0..reader.number::<u64>()? {
            let (options, id) = (reader.byte()?, reader.number()?);
            session.filters.insert(reader.text()?.into(), (options, id));
        }
        for _ in 0..reader.number::<u64>()? {
            session.taken.insert(reader.number()?);
        }
        for _ in 0..reader.number::<u64>()? {
            let (packet_id, is_received) = (reader.number()?, reader.byte()? != 0);
            session.sent.push_back(SentOut { packet_id, message: read_waiting(&mut reader)?, is_received });
        }
        for _ in 0..reader.number::<u64>()? {
            session.waiting.push_back(read_waiting(&mut reader)?);
        }
        reader.is_empty().then_some(session)
    }
}

fn put_waiting(out: &mut Vec<u8>, message: &Waiting) {
    put(out, message.position.0);
    put_head(out, message.qos, message.retain, message.bytes, &message.ids);
}

fn read_waiting(reader: &mut Reader<'_>) -> Option<Waiting> {
    let position = Lsn(reader.number()?);
    read_head(reader, position)
}
