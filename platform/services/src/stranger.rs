//! Sign-ins that are refused and concern no product of this platform: for the platform's administrator.
//!
//! What concerns a product is a line of its log. A ProductId nobody has, a SecretId nobody has, TLS on the port without:
//! those are nobody's, and kept here, in memory and of a fixed size, one row for what came of one source in one way within
//! [`WINDOW`], with its number. Shown of a client is what has the form of a ProductId and a DeviceName; user names,
//! passwords, and client ids of any other form are not kept.

mod cause;

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use lianwu_device_protocol::credentials::split_client_id;
use lianwu_model::{DeviceName, ProductId, UnixMillis};
use parking_lot::Mutex;

pub use cause::Cause;

/// Refusals of one kind within it are one row.
pub const WINDOW: Duration = Duration::from_secs(60);

/// Rows are shown for so long, unless newer ones need their place.
pub const KEPT: Duration = Duration::from_hours(24);

/// Rows in all, each of some 200 bytes.
pub const ROWS_MAX: usize = 1_024;

/// New rows of one window; what is more is one row together.
const WINDOW_ROWS_MAX: usize = 128;

/// New rows of one source in a window; what is more is one row of that source.
const SOURCE_ROWS_MAX: usize = 8;

/// Longest text of OpenSSL or of the system that is kept.
const DETAIL_CHARS_MAX: usize = 96;

/// Where somebody came in, by the word of the configuration (`listen.*`), `ws` and `wss` for MQTT over WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listener {
    Mqtt,
    Mqtts,
    Ws,
    Wss,
    DeviceHttp,
    DeviceHttps,
    Coap,
    Coaps,
    /// Several of them.
    Several,
}

impl Listener {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mqtt => "mqtt",
            Self::Mqtts => "mqtts",
            Self::Ws => "ws",
            Self::Wss => "wss",
            Self::DeviceHttp => "device_http",
            Self::DeviceHttps => "device_https",
            Self::Coap => "coap",
            Self::Coaps => "coaps",
            Self::Several => "",
        }
    }
}

/// Whom a client says it is; empty where that has not the form of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Claimed {
    pub product: Box<str>,
    pub device: Box<str>,
}

impl Claimed {
    /// By a client id, an identity of TLS-PSK or the common name of a certificate.
    #[must_use]
    pub fn by_client_id(text: &str) -> Self {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        split_client_id(text).map(|(product, device)| Self::of(product, device)).unwrap_or_default()
    }

    /// Nothing but digits is hardly a ProductId: rather somebody's number.
    fn of(product: ProductId, device: &str) -> Self {
        if product.as_str().bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::default();
        }
        Self { product: product.as_str().into(), device: device.into() }
    }

    /// By two texts.
    #[must_use]
    pub fn by_names(product: &str, device: &str) -> Self {
        let device = if DeviceName::is_valid(device.as_bytes()) { device } else { "" };
        product.parse().map(|product| Self::of(product, device)).unwrap_or_default()
    }
}

/// One refusal.
#[derive(Clone, Debug)]
pub struct Refusal<'a> {
    pub listener: Listener,
    pub source: IpAddr,
    pub claimed: Claimed,
    pub cause: Cause,
    /// OpenSSL's or the system's words, mostly none. Never anything the client wrote.
    pub detail: &'a str,
}

/// Refusals of one kind within a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub first: UnixMillis,
    pub last: UnixMillis,
    /// The last one's.
    pub source: IpAddr,
    pub listener: Listener,
    pub claimed: Claimed,
    pub cause: Cause,
    pub detail: Box<str>,
    pub count: u64,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    /// `None` for the row of all sources.
    source: Option<IpAddr>,
    listener: Listener,
    claimed: Claimed,
    cause: Cause,
    detail: Box<str>,
}

/// Shared by everything that listens; locked for less than a microsecond per refusal.
#[derive(Debug, Default)]
pub struct Strangers(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// Oldest first.
    rows: VecDeque<Row>,
    /// So many rows came before the first of `rows`.
    gone: u64,
    window: Option<UnixMillis>,
    /// Rows of the open window, by their number since the start; and how many each source has.
    open: HashMap<Key, u64>,
    sources: HashMap<IpAddr, usize>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

impl Strangers {
    /// Counts a refusal.
    pub fn note(&self, now: UnixMillis, refusal: Refusal<'_>) {
        self.0.lock().note(now, refusal);
    }

    /// What is known, newest first.
    #[must_use]
    pub fn rows(&self, now: UnixMillis) -> Vec<Row> {
        let inner = self.0.lock();
        let mut rows: Vec<_> = inner.rows.iter().filter(|row| row.last >= now.minus(KEPT)).cloned().collect();
        drop(inner);
        rows.sort_by_key(|row| std::cmp::Reverse(row.last));
        rows
    }
}

impl Inner {
    fn note(&mut self, now: UnixMillis, refusal: Refusal<'_>) {
        // A clock that was set back begins a window as well.
        if self.window.is_none_or(|since| now < since || now >= since.plus(WINDOW)) {
            self.window = Some(now);
            self.open.clear();
            self.sources.clear();
        }
        let source = network(refusal.source);
        let detail: Box<str> = refusal.detail.chars().take(DETAIL_CHARS_MAX).collect::<String>().into();
        let Refusal { listener, claimed, cause, .. } = refusal;
        let mut key = Key { source: Some(source), listener, claimed, cause, detail };
        if !self.open.contains_key(&key) {
            let is_full = self.sources.get(&source).is_some_and(|rows| *rows >= SOURCE_ROWS_MAX);
            if is_full {
                key = Key { source: Some(source), ..several(Cause::OneSource) };
            }
            if self.open.len() >= WINDOW_ROWS_MAX && !self.open.contains_key(&key) {
                key = several(Cause::ManySources);
            }
        }
        let source = refusal.source.to_canonical();
        if let Some(row) = self.open.get(&key).copied().and_then(|number| self.at(number)) {
            row.count += 1;
            (row.last, row.source) = (now, source);
            return;
        }
        if let Some(of) = key.source {
            *self.sources.entry(of).or_default() += 1;
        }
        let Key { listener, claimed, cause, detail, .. } = key.clone();
        self.rows.push_back(Row { first: now, last: now, source, listener, claimed, cause, detail, count: 1 });
        self.open.insert(key, self.gone + self.rows.len() as u64 - 1);
        while self.rows.len() > ROWS_MAX {
            self.rows.pop_front();
            self.gone += 1;
        }
    }

    fn at(&mut self, number: u64) -> Option<&mut Row> {
        self.rows.get_mut(usize::try_from(number.checked_sub(self.gone)?).ok()?)
    }
}

/// A row for what has none of its own.
fn several(cause: Cause) -> Key {
    Key { source: None, listener: Listener::Several, claimed: Claimed::default(), cause, detail: Box::default() }
}

/// What counts as one source: an address of version 4, a network of 64 bits of version 6.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests;
