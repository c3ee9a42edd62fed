//! Properties of MQTT 5 packets: read from the packet's bytes, written into a small buffer. Source: MQTT 5 §2.2.2.

mod buffer;

pub use buffer::PropertyBuffer;

use crate::decode::{DecodeError, Reader};

/// User properties a packet may carry; more are refused with reason 0x97.
pub const USER_PROPERTIES_MAX: usize = 32;

/// Bytes of names and values of all user properties of one packet; more are refused with reason 0x95.
pub const USER_PROPERTY_BYTES_MAX: usize = 4096;

/// One property. The identifiers on the wire are in [`Property::id`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Property<'a> {
    /// True: the payload is UTF-8 text.
    PayloadIsText(bool),
    /// Unit: seconds.
    MessageExpiry(u32),
    ContentType(&'a str),
    /// A topic name without wildcards.
    ResponseTopic(&'a str),
    CorrelationData(&'a [u8]),
    /// 1 to 268,435,455.
    SubscriptionId(u32),
    /// Unit: seconds; `u32::MAX` means for ever.
    SessionExpiry(u32),
    AssignedClientId(&'a str),
    /// Unit: seconds.
    ServerKeepAlive(u16),
    AuthenticationMethod(&'a str),
    AuthenticationData(&'a [u8]),
    RequestProblemInformation(bool),
    /// Unit: seconds.
    WillDelay(u32),
    RequestResponseInformation(bool),
    ResponseInformation(&'a str),
    ServerReference(&'a str),
    ReasonString(&'a str),
    /// 1 to 65,535.
    ReceiveMaximum(u16),
    TopicAliasMaximum(u16),
    /// 1 to 65,535.
    TopicAlias(u16),
    /// True: QoS 1, false: QoS 0. A server that takes QoS 2 does not send it.
    MaximumQoSIsOne(bool),
    RetainAvailable(bool),
    User(&'a str, &'a str),
    /// Unit: bytes; never zero.
    MaximumPacketSize(u32),
    WildcardSubscriptionAvailable(bool),
    SubscriptionIdsAvailable(bool),
    SharedSubscriptionAvailable(bool),
}

impl<'a> Property<'a> {
    /// The identifier on the wire. Source: MQTT 5 §2.2.2.2, table 2-4.
    #[must_use]
    pub const fn id(&self) -> u8 {
        match self {
            Self::PayloadIsText(_) => 1,
            Self::MessageExpiry(_) => 2,
            Self::ContentType(_) => 3,
            Self::ResponseTopic(_) => 8,
            Self::CorrelationData(_) => 9,
            Self::SubscriptionId(_) => 11,
            Self::SessionExpiry(_) => 17,
            Self::AssignedClientId(_) => 18,
            Self::ServerKeepAlive(_) => 19,
            Self::AuthenticationMethod(_) => 21,
            Self::AuthenticationData(_) => 22,
            Self::RequestProblemInformation(_) => 23,
            Self::WillDelay(_) => 24,
            Self::RequestResponseInformation(_) => 25,
            Self::ResponseInformation(_) => 26,
            Self::ServerReference(_) => 28,
            Self::ReasonString(_) => 31,
            Self::ReceiveMaximum(_) => 33,
            Self::TopicAliasMaximum(_) => 34,
            Self::TopicAlias(_) => 35,
            Self::MaximumQoSIsOne(_) => 36,
            Self::RetainAvailable(_) => 37,
            Self::User(..) => 38,
            Self::MaximumPacketSize(_) => 39,
            Self::WildcardSubscriptionAvailable(_) => 40,
            Self::SubscriptionIdsAvailable(_) => 41,
            Self::SharedSubscriptionAvailable(_) => 42,
        }
    }

    /// Takes one property off the front. Values are judged, their place is not.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        // §2.2.2.2 calls it a variable byte integer; every identifier there is fits one byte.
        let id = reader.u8()?;
        Ok(match id {
            1 => Self::PayloadIsText(flag(reader, id)?),
            2 => Self::MessageExpiry(reader.u32()?),
            3 => Self::ContentType(reader.text()?),
            8 => Self::ResponseTopic(reader.text()?),
            9 => Self::CorrelationData(reader.bytes()?),
            11 => Self::SubscriptionId(subscription_id(reader)?),
            17 => Self::SessionExpiry(reader.u32()?),
            18 => Self::AssignedClientId(reader.text()?),
            19 => Self::ServerKeepAlive(reader.u16()?),
            21 => Self::AuthenticationMethod(reader.text()?),
            22 => Self::AuthenticationData(reader.bytes()?),
            23 => Self::RequestProblemInformation(flag(reader, id)?),
            24 => Self::WillDelay(reader.u32()?),
            25 => Self::RequestResponseInformation(flag(reader, id)?),
            26 => Self::ResponseInformation(reader.text()?),
            28 => Self::ServerReference(reader.text()?),
            31 => Self::ReasonString(reader.text()?),
            33 => Self::ReceiveMaximum(not_zero(reader.u16()?, id)?),
            34 => Self::TopicAliasMaximum(reader.u16()?),
            35 => Self::TopicAlias(not_zero(reader.u16()?, id)?),
            36 => Self::MaximumQoSIsOne(flag(reader, id)?),
            37 => Self::RetainAvailable(flag(reader, id)?),
            38 => Self::User(reader.text()?, reader.text()?),
            39 => Self::MaximumPacketSize(not_zero(reader.u32()?, id)?),
            40 => Self::WildcardSubscriptionAvailable(flag(reader, id)?),
            41 => Self::SubscriptionIdsAvailable(flag(reader, id)?),
            42 => Self::SharedSubscriptionAvailable(flag(reader, id)?),
            _ => return Err(DecodeError::UnknownProperty(id)),
        })
    }
}

fn flag(reader: &mut Reader<'_>, id: u8) -> Result<bool, DecodeError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::PropertyValue(id)),
    }
}

fn not_zero<T: Default + PartialEq>(value: T, id: u8) -> Result<T, DecodeError> {
    if value == T::default() { Err(DecodeError::PropertyValue(id)) } else { Ok(value) }
}

fn subscription_id(reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
    not_zero(reader.variable()?, 11) // §3.8.2.1.2
}

/// The properties of one packet, still in its bytes: no allocation. Empty below MQTT 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Properties<'a> {
    /// Without the length in front; checked while decoding, or written by [`PropertyBuffer`].
    bytes: &'a [u8],
}

impl<'a> Properties<'a> {
    /// No property.
    pub const NONE: Self = Self { bytes: &[] };

    pub(crate) const fn of_checked(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Properties whose [`as_bytes`](Self::as_bytes) were kept somewhere. Of other bytes nobody knows what comes out.
    #[must_use]
    pub const fn of_kept(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The properties as they stand in the packet, for a receiver that is given them unchanged.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Every property in the order it was written.
    #[must_use]
    pub const fn iter(&self) -> PropertyIter<'a> {
        PropertyIter { reader: Reader::new(self.bytes) }
    }

    /// Unit: seconds a message stays worth delivering; `None`: for ever. Source: MQTT 5 §3.3.2.3.3.
    #[must_use]
    pub fn message_expiry(&self) -> Option<u32> {
        self.find(|property| if let Property::MessageExpiry(seconds) = property { Some(seconds) } else { None })
    }

    /// Source: MQTT 5 §3.3.2.3.4.
    #[must_use]
    pub fn topic_alias(&self) -> Option<u16> {
        self.find(|property| if let Property::TopicAlias(alias) = property { Some(alias) } else { None })
    }

    /// The first subscription identifier. Source: MQTT 5 §3.8.2.1.2.
    #[must_use]
    pub fn subscription_id(&self) -> Option<u32> {
        self.find(|property| if let Property::SubscriptionId(id) = property { Some(id) } else { None })
    }

    /// Unit: seconds; `u32::MAX` means for ever. Source: MQTT 5 §3.1.2.11.2.
    #[must_use]
    pub fn session_expiry(&self) -> Option<u32> {
        self.find(|property| if let Property::SessionExpiry(seconds) = property { Some(seconds) } else { None })
    }

    /// Unit: seconds. Source: MQTT 5 §3.1.3.2.2.
    #[must_use]
    pub fn will_delay(&self) -> Option<u32> {
        self.find(|property| if let Property::WillDelay(seconds) = property { Some(seconds) } else { None })
    }

    /// A text for people, from the side that refused. Source: MQTT 5 §3.2.2.3.9.
    #[must_use]
    pub fn reason_string(&self) -> Option<&'a str> {
        self.find(|property| if let Property::ReasonString(text) = property { Some(text) } else { None })
    }

    fn find<T>(&self, pick: impl FnMut(Property<'a>) -> Option<T>) -> Option<T> {
        self.iter().find_map(pick)
    }
}

impl<'a> IntoIterator for Properties<'a> {
    type Item = Property<'a>;
    type IntoIter = PropertyIter<'a>;

    fn into_iter(self) -> PropertyIter<'a> {
        self.iter()
    }
}

/// Iterator over [`Properties`].
#[derive(Debug, Clone)]
pub struct PropertyIter<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for PropertyIter<'a> {
    type Item = Property<'a>;

    fn next(&mut self) -> Option<Property<'a>> {
        // Ends at the end of the bytes; they were checked, so at nothing else.
        Property::read(&mut self.reader).ok()
    }
}
