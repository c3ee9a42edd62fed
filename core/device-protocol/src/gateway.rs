//! `$gateway/operation` and its results: what a gateway says about its sub-devices, and what it is told.
//!
//! Source: spec/device-protocol.md 7.

mod result;
mod signature;

use std::borrow::Cow;
use std::io::Write as _;

use lianwu_model::json::{ScanError, Scanner, members, write_string};
use lianwu_model::{DeviceName, ProductId};

use crate::message::shown;

pub use result::GatewayResult;
pub use signature::{Authority, Signature, VALID_FOR, sign};

/// Longest message to a gateway: C devices read 1,024 bytes with a final NUL. Source: spec/device-protocol.md 7, 14 row 13.
pub const DOWN_BYTES_MAX: usize = 1023;

/// Devices one message may name; those behind them get no result.
pub const DEVICES_MAX: usize = 1_500;

/// Longest name that is repeated in a result, in bytes of JSON.
const ECHO_BYTES_MAX: usize = 128;

/// What a gateway asks for its sub-devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Online,
    Offline,
    Bind,
    Unbind,
}

impl Verb {
    /// The `type` of the message and of its results.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
            Self::Bind => "bind",
            Self::Unbind => "unbind",
        }
    }
}

/// A message of a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    About {
        verb: Verb,
        devices: Vec<Named<'a>>,
        /// More devices were named than [`DEVICES_MAX`].
        too_many: bool,
    },
    /// `describe_sub_devices`
    Describe,
    /// An answer to `change`, `search_devices` or `unbind_all`; C devices also send `change` unasked (14 row 18).
    Answer,
}

/// Why a message of a gateway has no results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("{text}: {0}", text = crate::reply::BAD_JSON_TEXT)]
    Json(ScanError),
    #[error("type missing")]
    NoType,
    #[error("type {0} not supported")]
    UnknownType(String),
    #[error("payload.devices missing or not an array")]
    NoDevices,
}

impl RequestError {
    /// For the record.
    #[must_use]
    pub const fn code(&self) -> u32 {
        match self {
            Self::Json(_) => 400,
            Self::NoType | Self::UnknownType(_) | Self::NoDevices => crate::system::NOT_UNDERSTOOD,
        }
    }
}

/// One device as the gateway named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// The whole JSON object.
    object: &'a [u8],
}

impl<'a> Named<'a> {
    /// A member as JSON; of repeated ones the last counts.
    fn member(&self, name: &[u8]) -> Option<&'a [u8]> {
        members(self.object).flatten().filter(|(key, _)| key.is(name)).last().map(|(_, value)| value)
    }

    fn text(&self, name: &[u8]) -> Option<Cow<'a, str>> {
        let value = self.member(name).filter(|value| value.len() <= ECHO_BYTES_MAX)?;
        Some(Scanner::new(value).string().ok()?.unescape())
    }

    fn whole(&self, name: &[u8]) -> Option<i64> {
        Scanner::new(self.member(name)?).number().ok()?.as_i64()
    }

    /// Product and device.
    ///
    /// # Errors
    /// [`GatewayResult::BadParameter`] when one is missing, no text or much too long; [`GatewayResult::NoSuchDevice`]
    /// when no device can be called so.
    pub fn key(&self) -> Result<(ProductId, DeviceName), GatewayResult> {
        let product = self.text(b"product_id").ok_or(GatewayResult::BadParameter)?;
        let device = self.text(b"device_name").ok_or(GatewayResult::BadParameter)?;
        let product = product.parse().map_err(|_| GatewayResult::NoSuchDevice)?;
        Ok((product, device.parse().map_err(|_| GatewayResult::NoSuchDevice)?))
    }

    /// What proves that the gateway may bind it.
    ///
    /// # Errors
    /// [`GatewayResult::BadParameter`], [`GatewayResult::SignatureMethod`].
    pub fn signature(&self) -> Result<Signature, GatewayResult> {
        let (Some(signature), Some(random), Some(timestamp), Some(method)) =
            (self.text(b"signature"), self.whole(b"random"), self.whole(b"timestamp"), self.text(b"signmethod"))
        else {
            return Err(GatewayResult::BadParameter);
        };
        let authority = match self.text(b"authtype").as_deref() {
            Some("psk") => Authority::Secret,
            Some("certificate") => Authority::Certificate,
            _ => return Err(GatewayResult::BadParameter),
        };
        Signature::new(&signature, random, timestamp, &method, authority)
    }

    /// Appends it with its result, naming what was named.
    fn put(&self, result: GatewayResult, out: &mut Vec<u8>) {
        let named = |name| self.member(name).filter(|v| v.starts_with(b"\"") && v.len() <= ECHO_BYTES_MAX);
        put_device(
            named(b"product_id").unwrap_or(b"\"\""),
            named(b"device_name").unwrap_or(b"\"\""),
            Some(result),
            out,
        );
    }
}

/// Takes a message of a gateway apart.
///
/// # Errors
/// [`RequestError`]; there is nothing to answer then.
pub fn parse(payload: &[u8]) -> Result<Request<'_>, RequestError> {
    let (mut kind, mut content) = (None, None);
    for member in members(payload) {
        let (key, value) = member.map_err(RequestError::Json)?;
        if key.is(b"type") {
            kind = Some(value);
        } else if key.is(b"payload") {
            content = Some(value);
        }
    }
    let kind = kind.and_then(|kind| Some(Scanner::new(kind).string().ok()?.unescape()));
    let verb = match kind.as_deref() {
        Some("online") => Verb::Online,
        Some("offline") => Verb::Offline,
        Some("bind") => Verb::Bind,
        Some("unbind") => Verb::Unbind,
        Some("describe_sub_devices") => return Ok(Request::Describe),
        Some("change" | "search_devices" | "unbind_all") => return Ok(Request::Answer),
        Some(other) => return Err(RequestError::UnknownType(shown(other).to_string())),
        None => return Err(RequestError::NoType),
    };
    let list = content.and_then(|content| members(content).flatten().filter(|(key, _)| key.is(b"devices")).last());
    let (_, list) = list.ok_or(RequestError::NoDevices)?;
    let mut scanner = Scanner::new(list);
    scanner.enter_array().map_err(|_| RequestError::NoDevices)?;
    let (mut devices, mut too_many) = (Vec::new(), false);
    while scanner.next_element().map_err(RequestError::Json)? {
        let object = scanner.skip_value().map_err(RequestError::Json)?;
        too_many = devices.len() == DEVICES_MAX;
        if too_many {
            break;
        }
        devices.push(Named { object });
    }
    Ok(Request::About { verb, devices, too_many })
}

/// One result for each device, in as many messages as it takes; at least one.
#[must_use]
pub fn results(verb: Verb, results: &[(Named<'_>, GatewayResult)]) -> Vec<Vec<u8>> {
    let mut messages = Messages::new(&format!(r#"{{"type":"{}","payload":{{"devices":["#, verb.as_str()));
    for (device, result) in results {
        messages.add(|out| device.put(*result, out));
    }
    messages.finish()
}

/// Answers `describe_sub_devices`.
pub fn sub_devices<'a>(devices: impl Iterator<Item = (ProductId, &'a str)>) -> Vec<Vec<u8>> {
    listed(r#"{"type":"describe_sub_devices","payload":{"devices":["#, devices, None)
}

/// Tells a gateway of sub-devices that were bound to it or unbound from it by its owner. The vendor's Python SDK
/// reads a `result` of every device it is told of, so there is one.
pub fn change<'a>(is_bound: bool, devices: impl Iterator<Item = (ProductId, &'a str)>) -> Vec<Vec<u8>> {
    let start = format!(r#"{{"type":"change","payload":{{"status":{},"devices":["#, u8::from(is_bound));
    listed(&start, devices, Some(GatewayResult::Success))
}

fn listed<'a>(
    start: &str,
    devices: impl Iterator<Item = (ProductId, &'a str)>,
    result: Option<GatewayResult>,
) -> Vec<Vec<u8>> {
    let mut messages = Messages::new(start);
    let mut name = Vec::new();
    for (product, device) in devices {
        name.clear();
        write_string(device, &mut name);
        messages.add(|out| put_device(format!("\"{product}\"").as_bytes(), &name, result, out));
    }
    messages.finish()
}

fn put_device(product: &[u8], device: &[u8], result: Option<GatewayResult>, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"product_id":"#);
    out.extend_from_slice(product);
    out.extend_from_slice(br#","device_name":"#);
    out.extend_from_slice(device);
    if let Some(result) = result {
        write!(out, r#","result":{}"#, result.code()).expect("writing to a vector");
    }
    out.push(b'}');
}

/// Messages with a list of devices, each no longer than [`DOWN_BYTES_MAX`].
struct Messages {
    start: Vec<u8>,
    done: Vec<Vec<u8>>,
    current: Vec<u8>,
}

/// What closes list, payload and message.
const END: &[u8] = b"]}}";

impl Messages {
    fn new(start: &str) -> Self {
        Self { start: start.into(), done: Vec::new(), current: start.into() }
    }

    fn add(&mut self, put: impl Fn(&mut Vec<u8>)) {
        let before = self.current.len();
        if before > self.start.len() {
            self.current.push(b',');
        }
        put(&mut self.current);
        if self.current.len() + END.len() > DOWN_BYTES_MAX && before > self.start.len() {
            self.current.truncate(before);
            let full = std::mem::replace(&mut self.current, self.start.clone());
            self.close(full);
            put(&mut self.current);
        }
    }

    fn close(&mut self, mut message: Vec<u8>) {
        message.extend_from_slice(END);
        self.done.push(message);
    }

    fn finish(mut self) -> Vec<Vec<u8>> {
        let last = std::mem::take(&mut self.current);
        self.close(last);
        self.done
    }
}
