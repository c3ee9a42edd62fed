//! `Context`: where the next page of a history starts, sealed so that only its own query can use it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use lianwu_model::UnixMillis;
use lianwu_ports::log::Lsn;
use lianwu_ports::readings::Cursor;
use sha2::Sha256;

use crate::error::ApiError;

const POSITION_BYTES: usize = 18;
const SEAL_BYTES: usize = 16;

/// Seals cursors; made new at each start, so a cursor lives as long as the process.
#[derive(Clone)]
pub struct CursorSeal([u8; 32]);

impl std::fmt::Debug for CursorSeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorSeal(***)")
    }
}

impl CursorSeal {
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Text of a position within the query described by `query`.
    #[must_use]
    pub fn seal(&self, query: &[&str], cursor: Cursor) -> String {
        let mut bytes = Vec::with_capacity(POSITION_BYTES + SEAL_BYTES);
        bytes.extend_from_slice(&cursor.time.0.to_be_bytes());
        bytes.extend_from_slice(&cursor.lsn.0.to_be_bytes());
        bytes.extend_from_slice(&cursor.index.to_be_bytes());
        let mac = self.mac(query, &bytes).finalize().into_bytes();
        bytes.extend_from_slice(&mac[..SEAL_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what [`CursorSeal::seal`] wrote; empty text is the beginning.
    ///
    /// # Errors
    /// `InvalidParameterValue` when it was made for another query, by another process, or by hand.
    pub fn open(&self, query: &[&str], context: Option<&str>) -> Result<Option<Cursor>, ApiError> {
        let Some(text) = context.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| foreign())?;
        let (position, seal) = bytes.split_at_checked(POSITION_BYTES).ok_or_else(foreign)?;
        if seal.len() != SEAL_BYTES {
            return Err(foreign());
        }
        self.mac(query, position).verify_truncated_left(seal).map_err(|_| foreign())?;
        let number = |from: usize| position[from..from + 8].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let index = u16::from_be_bytes([position[16], position[17]]);
        Ok(Some(Cursor { time: UnixMillis(number(0)), lsn: Lsn(number(8)), index }))
    }

    fn mac(&self, query: &[&str], position: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in query {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.update(position);
        mac
    }
}

fn foreign() -> ApiError {
    ApiError::value(
        "Context",
        "不属于本次查询；请用相同的查询条件和上次返回的 Context，或不带 Context 重新开始",
        "it does not belong to this query; repeat the query with the Context it returned, or start without one",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Cursor = Cursor { time: UnixMillis(1_732_300_000_123), lsn: Lsn(77), index: 3 };

    #[test]
    fn a_cursor_opens_for_its_own_query_only() {
        let seal = CursorSeal::new([7; 32]);
        let text = seal.seal(&["ab", "c"], HERE);
        assert_eq!(seal.open(&["ab", "c"], Some(&text)), Ok(Some(HERE)));
        assert_eq!(seal.open(&["a", "bc"], Some(&text)).unwrap_err().code, "InvalidParameterValue");
        let other = CursorSeal::new([8; 32]);
        assert_eq!(other.open(&["ab", "c"], Some(&text)).unwrap_err().code, "InvalidParameterValue");
    }

    #[test]
    fn a_changed_cursor_is_refused() {
        let seal = CursorSeal::new([7; 32]);
        let text = seal.seal(&["q"], HERE);
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(seal.open(&["q"], Some(&changed)).is_err(), "position {at}");
        }
        assert!(seal.open(&["q"], Some("x")).is_err());
        assert_eq!(seal.open(&["q"], Some("")), Ok(None));
        assert_eq!(seal.open(&["q"], None), Ok(None));
    }
}
