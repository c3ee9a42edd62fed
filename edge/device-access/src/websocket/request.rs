//! What a request for a WebSocket says, and the proof that it was understood.

use axum::http::header::{SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION};
use axum::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::sha::sha1;

/// Every server appends this to the key. Source: RFC 6455 section 1.3.
const SALT: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Names of MQTT in `Sec-WebSocket-Protocol`. The second is what clients called it before it had the first; paho sends both.
const PROTOCOLS: [&str; 2] = ["mqtt", "mqttv3.1"];

/// A request that can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// `Sec-WebSocket-Accept`.
    pub(super) accept: String,
    /// The first of the protocols it offers that is MQTT; a client that names none gets none named.
    pub(super) protocol: Option<&'static str>,
}

/// Why a request for a WebSocket is not answered with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("Sec-WebSocket-Version must be 13")]
    Version,
    #[error("Sec-WebSocket-Key must be 16 bytes in base64")]
    Key,
    #[error("Sec-WebSocket-Protocol names others than mqtt")]
    Protocol,
}

impl Asked {
    /// # Errors
    /// The first fault.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Fault> {
        if text(headers, &SEC_WEBSOCKET_VERSION) != Some("13") {
            return Err(Fault::Version);
        }
        let key = text(headers, &SEC_WEBSOCKET_KEY).ok_or(Fault::Key)?;
        if STANDARD.decode(key).map_or(0, |bytes| bytes.len()) != 16 {
            return Err(Fault::Key);
        }
        Ok(Self { accept: accept(key), protocol: protocol(headers)? })
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn accept(key: &str) -> String {
    STANDARD.encode(sha1(format!("{key}{SALT}").as_bytes()))
}

fn protocol(headers: &HeaderMap) -> Result<Option<&'static str>, Fault> {
    let mut offered = headers.get_all(SEC_WEBSOCKET_PROTOCOL).into_iter().peekable();
    if offered.peek().is_none() {
        return Ok(None);
    }
    let names = offered.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let known = |name: &str| PROTOCOLS.into_iter().find(|known| name.trim().eq_ignore_ascii_case(known));
    names.filter_map(known).next().map(Some).ok_or(Fault::Protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 6455 section 1.3.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn headers(changes: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [("sec-websocket-version", "13"), ("sec-websocket-key", KEY)].iter().chain(changes) {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_key_is_answered_as_the_rfc_says() {
        let asked = Asked::read(&headers(&[])).unwrap();
        assert_eq!(asked, Asked { accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned(), protocol: None });
    }

    #[test]
    fn the_first_name_of_mqtt_is_echoed() {
        for (offered, expected) in [
            ("mqtt", Ok(Some("mqtt"))),
            ("mqttv3.1", Ok(Some("mqttv3.1"))),
            ("chat, MQTT", Ok(Some("mqtt"))),
            ("mqttv3.1,mqtt", Ok(Some("mqttv3.1"))),
            ("chat", Err(Fault::Protocol)),
            ("", Err(Fault::Protocol)),
        ] {
            let asked = Asked::read(&headers(&[("sec-websocket-protocol", offered)]));
            assert_eq!(asked.map(|asked| asked.protocol), expected, "{offered:?}");
        }
    }

    #[test]
    fn what_is_no_websocket_of_today_is_refused() {
        for (change, fault) in [
            (("sec-websocket-version", "8"), Fault::Version),
            (("sec-websocket-key", ""), Fault::Key),
            (("sec-websocket-key", "c2hvcnQ="), Fault::Key),
            (("sec-websocket-key", "not base64"), Fault::Key),
        ] {
            assert_eq!(Asked::read(&headers(&[change])), Err(fault), "{change:?}");
        }
    }
}
