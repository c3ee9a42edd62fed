//! Topics between devices and the cloud: parsed once, then only compared as enums and bytes.
//!
//! Source: spec/device-protocol.md 5.1 (system topics), 5.2 (custom topics), 5.3 (rules), 2.7 (limits);
//! spec/cloud-api.md 3.9 (`$iotrrpc`). Nothing here allocates except the writers, which append to a caller's text.

mod kinds;
mod subscription;
mod write;

#[cfg(test)]
mod tests;

use lianwu_model::{DeviceName, ProductId};

pub use kinds::{DownTopic, DownTopics, RrpcFamily, ThingKind, UpTopic};
pub use subscription::{FilterError, Subscription};
pub use write::{down_topic, rrpc_down_topic, rrpc_up_topic, subscription_filter, up_topic};

/// Longest topic or filter, in bytes of UTF-8. Source: spec/device-protocol.md 2.7.
pub const TOPIC_BYTES_MAX: usize = 255;

/// Most levels of a topic, counting the first. Source: spec/device-protocol.md 2.7.
pub const TOPIC_LEVELS_MAX: usize = 10;

/// A topic name, taken apart. Every variant but [`Topic::Other`] names the device it belongs to;
/// whether the sender may use it is the caller's question (own device, bound sub-device).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic<'a> {
    /// `$thing/up/<kind>/...`
    ThingUp { kind: ThingKind, product: ProductId, device: &'a str },
    /// `$thing/down/<kind>/...`
    ThingDown { kind: ThingKind, product: ProductId, device: &'a str },
    /// `$gateway/operation/...`
    GatewayUp { product: ProductId, device: &'a str },
    /// `$gateway/operation/result/...`
    GatewayDown { product: ProductId, device: &'a str },
    /// `$ota/report/...`
    OtaUp { product: ProductId, device: &'a str },
    /// `$ota/update/...`
    OtaDown { product: ProductId, device: &'a str },
    /// `$shadow/operation/...`
    ShadowUp { product: ProductId, device: &'a str },
    /// `$shadow/operation/result/...`
    ShadowDown { product: ProductId, device: &'a str },
    /// `$sys/operation/...`: clock, remote login switch.
    SysUp { product: ProductId, device: &'a str },
    /// `$sys/operation/result/...`
    SysDown { product: ProductId, device: &'a str },
    /// `$log/operation/...`: log level.
    LogUp { product: ProductId, device: &'a str },
    /// `$log/operation/result/...`
    LogDown { product: ProductId, device: &'a str },
    /// `$config/operation/...`; `legacy` is the Java spelling `$config/report/...`.
    ConfigUp { legacy: bool, product: ProductId, device: &'a str },
    /// `$config/operation/result/...`; `legacy` is the older spelling `$config/update/...`.
    ConfigDown { legacy: bool, product: ProductId, device: &'a str },
    /// `$rrpc/txd/.../<process>` or `$iotrrpc/up/.../<process>`: the device's answer.
    RrpcUp { family: RrpcFamily, product: ProductId, device: &'a str, process: &'a str },
    /// `$rrpc/rxd/.../<process>` or `$iotrrpc/down/.../<process>`: the cloud's question.
    RrpcDown { family: RrpcFamily, product: ProductId, device: &'a str, process: &'a str },
    /// `$broadcast/rxd/...`, down only.
    Broadcast { product: ProductId, device: &'a str },
    /// `$resource/up/service/...`
    ResourceUp { product: ProductId, device: &'a str },
    /// `$resource/down/service/...`
    ResourceDown { product: ProductId, device: &'a str },
    /// `$template/operation/...`: legacy, known only so that it can be listed.
    TemplateUp { product: ProductId, device: &'a str },
    /// `$template/operation/result/...`
    TemplateDown { product: ProductId, device: &'a str },
    /// `<product>/<device>/<rest>`; the product's topic table says what may be done with `rest`.
    Custom { product: ProductId, device: &'a str, rest: &'a str },
    /// Anything else: unknown, malformed, too long, too deep or with a wildcard. No permission ever covers it.
    Other,
}

/// Who may write to a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Device to cloud.
    Up,
    /// Cloud to device.
    Down,
    /// A custom topic: the product's topic table decides.
    Custom,
}

impl<'a> Topic<'a> {
    /// Takes a topic *name* apart (not a filter). Never fails: what is no topic of ours is [`Topic::Other`];
    /// [`check_name`] tells why a name is no legal name at all.
    #[must_use]
    pub fn parse(topic: &'a str) -> Self {
        if topic.len() > TOPIC_BYTES_MAX {
            return Self::Other;
        }
        let parsed = match Place::find(topic) {
            Some((Place::Custom, rest)) => custom(rest),
            Some((Place::Up(kind), rest)) => up(kind, rest),
            Some((Place::Down(kind), rest)) => down(kind, rest),
            None => None,
        };
        parsed.unwrap_or(Self::Other)
    }

    /// Product and device the topic belongs to; `None` only for [`Topic::Other`].
    #[must_use]
    pub fn owner(&self) -> Option<(ProductId, &'a str)> {
        match *self {
            Self::ThingUp { product, device, .. }
            | Self::ThingDown { product, device, .. }
            | Self::GatewayUp { product, device }
            | Self::GatewayDown { product, device }
            | Self::OtaUp { product, device }
            | Self::OtaDown { product, device }
            | Self::ShadowUp { product, device }
            | Self::ShadowDown { product, device }
            | Self::SysUp { product, device }
            | Self::SysDown { product, device }
            | Self::LogUp { product, device }
            | Self::LogDown { product, device }
            | Self::ConfigUp { product, device, .. }
            | Self::ConfigDown { product, device, .. }
            | Self::RrpcUp { product, device, .. }
            | Self::RrpcDown { product, device, .. }
            | Self::Broadcast { product, device }
            | Self::ResourceUp { product, device }
            | Self::ResourceDown { product, device }
            | Self::TemplateUp { product, device }
            | Self::TemplateDown { product, device }
            | Self::Custom { product, device, .. } => Some((product, device)),
            Self::Other => None,
        }
    }

    /// Which way messages on this topic go; `None` only for [`Topic::Other`].
    #[must_use]
    pub fn direction(&self) -> Option<Direction> {
        match self {
            Self::Other => None,
            Self::Custom { .. } => Some(Direction::Custom),
            system if system.down().is_some() => Some(Direction::Down),
            _ => Some(Direction::Up),
        }
    }

    /// The kind of system down topic this is, if it is one.
    #[must_use]
    pub fn down(&self) -> Option<DownTopic> {
        Some(match *self {
            Self::ThingDown { kind, .. } => kind.down(),
            Self::GatewayDown { .. } => DownTopic::Gateway,
            Self::OtaDown { .. } => DownTopic::Ota,
            Self::ShadowDown { .. } => DownTopic::Shadow,
            Self::SysDown { .. } => DownTopic::Sys,
            Self::LogDown { .. } => DownTopic::Log,
            Self::ConfigDown { legacy: false, .. } => DownTopic::Config,
            Self::ConfigDown { legacy: true, .. } => DownTopic::ConfigUpdate,
            Self::RrpcDown { family, .. } => family.down(),
            Self::Broadcast { .. } => DownTopic::Broadcast,
            Self::ResourceDown { .. } => DownTopic::Resource,
            Self::TemplateDown { .. } => DownTopic::Template,
            _ => return None,
        })
    }
}

/// What the front of a topic says; the rest begins with the ProductId.
#[derive(Clone, Copy)]
enum Place {
    Up(UpTopic),
    Down(DownTopic),
    Custom,
}

impl Place {
    fn find(topic: &str) -> Option<(Self, &str)> {
        // What devices send all the time is compared, not searched.
        if let Some(rest) = topic.strip_prefix("$thing/up/property/") {
            return Some((Self::Up(UpTopic::ThingProperty), rest));
        }
        let Some(system) = topic.strip_prefix('$') else { return Some((Self::Custom, topic)) };
        let (service, rest) = system.split_once('/')?;
        match service {
            "thing" => {
                let (way, rest) = rest.split_once('/')?;
                let (kind, rest) = rest.split_once('/')?;
                let kind = ThingKind::from_level(kind)?;
                match way {
                    "up" => Some((Self::Up(kind.up()), rest)),
                    "down" => Some((Self::Down(kind.down()), rest)),
                    _ => None,
                }
            }
            "ota" => verb(rest, "report/", "update/", UpTopic::Ota, DownTopic::Ota),
            "gateway" => operation(rest, UpTopic::Gateway, DownTopic::Gateway),
            "shadow" => operation(rest, UpTopic::Shadow, DownTopic::Shadow),
            "sys" => operation(rest, UpTopic::Sys, DownTopic::Sys),
            "log" => operation(rest, UpTopic::Log, DownTopic::Log),
            "template" => operation(rest, UpTopic::Template, DownTopic::Template),
            "config" => operation(rest, UpTopic::Config, DownTopic::Config)
                .or_else(|| verb(rest, "report/", "update/", UpTopic::ConfigReport, DownTopic::ConfigUpdate)),
            "resource" => verb(rest, "up/service/", "down/service/", UpTopic::Resource, DownTopic::Resource),
            "rrpc" => verb(rest, "txd/", "rxd/", UpTopic::Rrpc, DownTopic::Rrpc),
            "iotrrpc" => verb(rest, "up/", "down/", UpTopic::IotRrpc, DownTopic::IotRrpc),
            "broadcast" => Some((Self::Down(DownTopic::Broadcast), rest.strip_prefix("rxd/")?)),
            _ => None,
        }
    }
}

/// `operation/` up, `operation/result/` down. No ProductId is `result`, so the longer form is tried first.
fn operation(rest: &str, up: UpTopic, down: DownTopic) -> Option<(Place, &str)> {
    let rest = rest.strip_prefix("operation/")?;
    match rest.strip_prefix("result/") {
        Some(rest) => Some((Place::Down(down), rest)),
        None => Some((Place::Up(up), rest)),
    }
}

fn verb<'a>(rest: &'a str, up_verb: &str, down_verb: &str, up: UpTopic, down: DownTopic) -> Option<(Place, &'a str)> {
    match rest.strip_prefix(up_verb) {
        Some(rest) => Some((Place::Up(up), rest)),
        None => Some((Place::Down(down), rest.strip_prefix(down_verb)?)),
    }
}

/// Splits `<product>/<rest>`.
fn split_product(text: &str) -> Option<(ProductId, &str)> {
    let (product, rest) = text.split_at_checked(ProductId::LEN)?;
    Some((ProductId::from_bytes(product.as_bytes())?, rest.strip_prefix('/')?))
}

/// Splits `<product>/<device>`, nothing after it.
fn split_owner(text: &str) -> Option<(ProductId, &str)> {
    let (product, device) = split_product(text)?;
    DeviceName::is_valid(device.as_bytes()).then_some((product, device))
}

/// Splits `<product>/<device>/<rest>`.
fn split_owner_rest(text: &str) -> Option<(ProductId, &str, &str)> {
    let (product, text) = split_product(text)?;
    let (device, rest) = text.split_once('/')?;
    (DeviceName::is_valid(device.as_bytes()) && !rest.is_empty()).then_some((product, device, rest))
}

fn is_wildcard(byte: u8) -> bool {
    matches!(byte, b'+' | b'#')
}

fn levels(topic: &str) -> usize {
    topic.bytes().filter(|&b| b == b'/').count() + 1
}

fn custom(text: &str) -> Option<Topic<'_>> {
    let (product, device, rest) = split_owner_rest(text)?;
    let legal = levels(text) <= TOPIC_LEVELS_MAX && !rest.bytes().any(|b| is_wildcard(b) || b == 0);
    legal.then_some(Topic::Custom { product, device, rest })
}

/// The last level of an RRPC topic: one level, no wildcard.
fn is_process(text: &str) -> bool {
    !text.is_empty() && !text.bytes().any(|b| is_wildcard(b) || matches!(b, b'/' | 0))
}

fn up(kind: UpTopic, rest: &str) -> Option<Topic<'_>> {
    if let Some(family) = kind.rrpc() {
        let (product, device, process) = split_owner_rest(rest)?;
        return is_process(process).then_some(Topic::RrpcUp { family, product, device, process });
    }
    let (product, device) = split_owner(rest)?;
    Some(match kind {
        UpTopic::ThingProperty => Topic::ThingUp { kind: ThingKind::Property, product, device },
        UpTopic::ThingEvent => Topic::ThingUp { kind: ThingKind::Event, product, device },
        UpTopic::ThingAction => Topic::ThingUp { kind: ThingKind::Action, product, device },
        UpTopic::ThingService => Topic::ThingUp { kind: ThingKind::Service, product, device },
        UpTopic::ThingRaw => Topic::ThingUp { kind: ThingKind::Raw, product, device },
        UpTopic::Gateway => Topic::GatewayUp { product, device },
        UpTopic::Ota => Topic::OtaUp { product, device },
        UpTopic::Shadow => Topic::ShadowUp { product, device },
        UpTopic::Sys => Topic::SysUp { product, device },
        UpTopic::Log => Topic::LogUp { product, device },
        UpTopic::Config => Topic::ConfigUp { legacy: false, product, device },
        UpTopic::ConfigReport => Topic::ConfigUp { legacy: true, product, device },
        UpTopic::Resource => Topic::ResourceUp { product, device },
        UpTopic::Template => Topic::TemplateUp { product, device },
        UpTopic::Rrpc | UpTopic::IotRrpc => return None,
    })
}

fn down(kind: DownTopic, rest: &str) -> Option<Topic<'_>> {
    if let Some(family) = kind.rrpc() {
        let (product, device, process) = split_owner_rest(rest)?;
        return is_process(process).then_some(Topic::RrpcDown { family, product, device, process });
    }
    let (product, device) = split_owner(rest)?;
    Some(match kind {
        DownTopic::ThingProperty => Topic::ThingDown { kind: ThingKind::Property, product, device },
        DownTopic::ThingEvent => Topic::ThingDown { kind: ThingKind::Event, product, device },
        DownTopic::ThingAction => Topic::ThingDown { kind: ThingKind::Action, product, device },
        DownTopic::ThingService => Topic::ThingDown { kind: ThingKind::Service, product, device },
        DownTopic::ThingRaw => Topic::ThingDown { kind: ThingKind::Raw, product, device },
        DownTopic::Gateway => Topic::GatewayDown { product, device },
        DownTopic::Ota => Topic::OtaDown { product, device },
        DownTopic::Shadow => Topic::ShadowDown { product, device },
        DownTopic::Sys => Topic::SysDown { product, device },
        DownTopic::Log => Topic::LogDown { product, device },
        DownTopic::Config => Topic::ConfigDown { legacy: false, product, device },
        DownTopic::ConfigUpdate => Topic::ConfigDown { legacy: true, product, device },
        DownTopic::Broadcast => Topic::Broadcast { product, device },
        DownTopic::Resource => Topic::ResourceDown { product, device },
        DownTopic::Template => Topic::TemplateDown { product, device },
        DownTopic::Rrpc | DownTopic::IotRrpc => return None,
    })
}

/// One device's claim to topics: the check each publish passes, without a map and without parsing names.
#[derive(Clone, Copy, Debug)]
pub struct OwnTopics<'a> {
    pub product: ProductId,
    pub device: &'a str,
}

impl OwnTopics<'_> {
    /// Does this topic name carry exactly this product and device at the place where its form has them?
    ///
    /// `$thing/up/property/P/d`, `P/d/data` and `$rrpc/txd/P/d/1` belong to P/d; `P/d`, `$unknown/P/d` and a name
    /// with the owner at another level do not. Says nothing about direction or permission.
    #[must_use]
    pub fn is_own(self, topic: &str) -> bool {
        let Some((place, rest)) = Place::find(topic) else { return false };
        let has_tail = match place {
            Place::Custom => true,
            Place::Up(kind) => kind.rrpc().is_some(),
            Place::Down(kind) => kind.rrpc().is_some(),
        };
        let bytes = rest.as_bytes();
        let Some((product, bytes)) = bytes.split_at_checked(ProductId::LEN) else { return false };
        let Some(bytes) = bytes.strip_prefix(b"/").and_then(|b| b.strip_prefix(self.device.as_bytes())) else {
            return false;
        };
        product == self.product.as_bytes()
            && if has_tail { bytes.len() > 1 && bytes.starts_with(b"/") } else { bytes.is_empty() }
    }
}

/// Why a text is no legal topic name for a PUBLISH.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("topic is empty")]
    Empty,
    #[error("topic has {0} bytes, at most {TOPIC_BYTES_MAX} are allowed")]
    TooLong(usize),
    #[error("topic has {0} levels, at most {TOPIC_LEVELS_MAX} are allowed")]
    TooDeep(usize),
    /// A protocol error: the connection is closed. Source: MQTT 3.1.1 3.3.2.1, spec/device-protocol.md 5.3.
    #[error("topic of a publish contains a wildcard")]
    Wildcard,
    /// A protocol error as well. Source: MQTT 3.1.1 4.7.3.
    #[error("topic contains a NUL character")]
    Nul,
}

/// Checks the form of a name to publish to, known topic or not.
///
/// # Errors
/// The first fault found; wildcards and NUL before the limits, because they close the connection.
pub fn check_name(topic: &str) -> Result<(), NameError> {
    let mut slashes = 0;
    for byte in topic.bytes() {
        match byte {
            b'/' => slashes += 1,
            b'+' | b'#' => return Err(NameError::Wildcard),
            0 => return Err(NameError::Nul),
            _ => {}
        }
    }
    if topic.is_empty() {
        Err(NameError::Empty)
    } else if topic.len() > TOPIC_BYTES_MAX {
        Err(NameError::TooLong(topic.len()))
    } else if slashes + 1 > TOPIC_LEVELS_MAX {
        Err(NameError::TooDeep(slashes + 1))
    } else {
        Ok(())
    }
}
