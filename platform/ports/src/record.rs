//! One message or state change as it is written to the log: once, in commit order.
//!
//! Workers encode records straight into a [`RecordBatch`]; the log writes the batch as it is; readings and followers
//! decode [`Record`]s that borrow from it. Reply lines and diagnostic lines are not stored, they are rendered from
//! `kind`, `code` and `note`. The byte layout is described in `docs/log-format.md`.

pub mod account;
mod buffers;
#[cfg(test)]
mod tests;

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};

pub use buffers::BatchBuffers;

/// What happened. The number is part of the file format: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RecordKind {
    /// `report` on the property topic.
    PropertyReport = 1,
    /// `get_status`, `clear_control`, `report_info`, `control_reply` on the property topic, and anything there that
    /// was refused before its method was known.
    PropertyOther = 2,
    /// Device information reported by `report_info`, accepted.
    DeviceInfo = 3,
    /// Pending desired values were cleared by the device.
    DesiredCleared = 4,
    /// `control` towards the device. `code` is 0 when delivered, else the push result.
    PropertyControl = 5,
    /// `event_post` and `events_post`.
    EventPost = 6,
    /// `action` towards the device.
    ActionCall = 7,
    /// `action_reply` from the device.
    ActionReply = 8,
    /// A publish on any other topic of the device.
    OtherUp = 9,
    /// A message to the device on any other topic.
    OtherDown = 10,
    /// Properties of one moment out of a `pack_report`, which is kept whole as the `PropertyOther` before it:
    /// `{"params":{..}}`. Only history and latest values read it.
    PackedProperties = 11,
    /// One event out of a `pack_report`: `{"eventId":..,"type":..,"params":{..}}`.
    PackedEvent = 12,
    /// The device changed its shadow, or was refused to.
    ShadowUpdate = 13,
    /// The cloud changed a device's shadow, or was refused to; `note` is the request. What the device is told about it
    /// is a message of its own.
    ShadowDesired = 14,
    /// A line of the device's own log, uploaded by it: `payload` is the line without its level, `note` the level's word,
    /// empty when it has none.
    DeviceLog = 15,
    /// CONNECT was accepted. `payload` holds the connection facts.
    Connected = 16,
    /// CONNECT was refused. `note` says why.
    ConnectRefused = 17,
    /// The connection ended. `note` says why.
    Disconnected = 18,
    /// SUBSCRIBE, one record per filter; `topic` is the filter.
    Subscribed = 19,
    Unsubscribed = 20,
    /// A publish without permission: acknowledged, not delivered.
    PublishRefused = 21,
    /// Messages lost to a rate limit in one window; `payload` holds the count.
    RateLimited = 22,
    /// The device acknowledged a message of QoS 1 of its kept session; `packet_id` names the message. Of a sub-device whose
    /// gateway did it for it, `packet_id` is 0 and `payload` says when the message was taken.
    DownAcknowledged = 23,
    /// A message of a kept session was given up; `packet_id` names it, `note` says why. Of a sub-device, whose gateway's
    /// session it was in, `packet_id` is 0.
    DownDropped = 24,
    /// A kept session ended without its device; `note` says why.
    SessionEnded = 25,
    /// A backend's message in its account's own topic space: of [`ProductId::ACCOUNT`]; `device` is the client id,
    /// `note` the main account. No log of a device or product shows it.
    AccountMessage = 26,
    /// What became of the kept session of a backend; `payload` says it, `device` and `note` as of an `AccountMessage`.
    BackendSession = 27,
    /// Which messages of this batch wait for which kept sessions of backends; `payload` says it.
    BackendQueued = 28,
    /// A dynamic registration. `code` is 0 when the device was given its secret, else that of the answer, and `note` says
    /// why; `payload` holds the facts.
    Registration = 29,
    /// The device was bound to a gateway; `payload` says to which and by whom, `note` is the request id of a call.
    Bound = 30,
    /// The device was unbound from its gateway; the same.
    Unbound = 32,
    /// What happened to a backend, for its account's own log: see [`account::AccountLine`].
    AccountEvent = 31,
    /// A message to all devices of a product was sent: of no device. `payload` holds the counts, `note` is the request id of the call.
    Broadcast = 33,
    /// A message of QoS 1 to a sub-device, in the log of the gateway whose session carries it: `packet_id` is the session's,
    /// `topic` the sub-device's, `payload` what goes over the wire. The message is in the log of the sub-device, too.
    Carried = 34,
}

/// Set in `qos` of an [`RecordKind::AccountMessage`] that is kept for whoever subscribes later; an empty one takes the kept
/// one away.
pub const RETAIN: u8 = 0x80;

/// Set in `qos` of an [`RecordKind::AccountMessage`] with properties: see [`account::Content`].
pub const PROPERTIES: u8 = 0x40;

impl RecordKind {
    fn from_byte(byte: u8) -> Option<Self> {
        use RecordKind as K;
        Some(match byte {
            1 => K::PropertyReport,
            2 => K::PropertyOther,
            3 => K::DeviceInfo,
            4 => K::DesiredCleared,
            5 => K::PropertyControl,
            6 => K::EventPost,
            7 => K::ActionCall,
            8 => K::ActionReply,
            9 => K::OtherUp,
            10 => K::OtherDown,
            11 => K::PackedProperties,
            12 => K::PackedEvent,
            13 => K::ShadowUpdate,
            14 => K::ShadowDesired,
            15 => K::DeviceLog,
            16 => K::Connected,
            17 => K::ConnectRefused,
            18 => K::Disconnected,
            19 => K::Subscribed,
            20 => K::Unsubscribed,
            21 => K::PublishRefused,
            22 => K::RateLimited,
            23 => K::DownAcknowledged,
            24 => K::DownDropped,
            25 => K::SessionEnded,
            26 => K::AccountMessage,
            27 => K::BackendSession,
            28 => K::BackendQueued,
            29 => K::Registration,
            30 => K::Bound,
            32 => K::Unbound,
            33 => K::Broadcast,
            34 => K::Carried,
            31 => K::AccountEvent,
            _ => return None,
        })
    }

    /// The word for it in answers of the API and in exports.
    #[must_use]
    pub fn name(self) -> &'static str {
        use RecordKind as K;
        match self {
            K::PropertyReport => "PropertyReport",
            K::PropertyOther => "PropertyOther",
            K::DeviceInfo => "DeviceInfo",
            K::DesiredCleared => "DesiredCleared",
            K::PropertyControl => "PropertyControl",
            K::EventPost => "EventPost",
            K::ActionCall => "ActionCall",
            K::ActionReply => "ActionReply",
            K::OtherUp => "OtherUp",
            K::OtherDown => "OtherDown",
            K::PackedProperties => "PackedProperties",
            K::PackedEvent => "PackedEvent",
            K::ShadowUpdate => "ShadowUpdate",
            K::ShadowDesired => "ShadowDesired",
            K::DeviceLog => "DeviceLog",
            K::Connected => "Connected",
            K::ConnectRefused => "ConnectRefused",
            K::Disconnected => "Disconnected",
            K::Subscribed => "Subscribed",
            K::Unsubscribed => "Unsubscribed",
            K::PublishRefused => "PublishRefused",
            K::RateLimited => "RateLimited",
            K::DownAcknowledged => "DownAcknowledged",
            K::DownDropped => "DownDropped",
            K::SessionEnded => "SessionEnded",
            K::AccountMessage => "AccountMessage",
            K::BackendSession => "BackendSession",
            K::BackendQueued => "BackendQueued",
            K::Registration => "Registration",
            K::Bound => "Bound",
            K::Unbound => "Unbound",
            K::Broadcast => "Broadcast",
            K::Carried => "Carried",
            K::AccountEvent => "AccountEvent",
        }
    }

    /// Does the content log show it (a message), as opposed to a change of the connection?
    #[must_use]
    pub fn is_message(self) -> bool {
        (self as u8) < 15
    }

    /// A part of a message that stands in the log as a whole: the logs do not show it again.
    #[must_use]
    pub fn is_part(self) -> bool {
        matches!(self, Self::PackedProperties | Self::PackedEvent)
    }

    /// Property values the device reported, when accepted.
    #[must_use]
    pub fn holds_properties(self) -> bool {
        matches!(self, Self::PropertyReport | Self::PackedProperties)
    }

    /// Events the device reported, when accepted.
    #[must_use]
    pub fn holds_events(self) -> bool {
        matches!(self, Self::EventPost | Self::PackedEvent)
    }

    /// Of an account, not of a product or device?
    #[must_use]
    pub fn is_of_account(self) -> bool {
        matches!(self, Self::AccountMessage | Self::AccountEvent | Self::BackendSession | Self::BackendQueued)
    }

    /// Changes the shadow of a device, when accepted.
    #[must_use]
    pub fn changes_shadow(self) -> bool {
        matches!(self, Self::ShadowUpdate | Self::ShadowDesired)
    }

    /// Does it show that the device was there: it signed in, spoke, subscribed or left?
    #[must_use]
    pub fn shows_presence(self) -> bool {
        !self.is_down()
            && !self.is_of_account()
            && !matches!(
                self,
                Self::ConnectRefused
                    | Self::RateLimited
                    | Self::DownDropped
                    | Self::SessionEnded
                    | Self::Registration
                    | Self::ShadowDesired
                    | Self::Bound
                    | Self::Unbound
                    | Self::Broadcast
                    | Self::Carried
            )
    }

    /// Towards the device?
    #[must_use]
    pub fn is_down(self) -> bool {
        matches!(self, Self::PropertyControl | Self::ActionCall | Self::OtherDown)
    }
}

/// One record, borrowing from the batch it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    pub kind: RecordKind,
    /// 0 to 2; the QoS the message travelled with. [`RETAIN`] and [`PROPERTIES`] may be added.
    pub qos: u8,
    /// MQTT packet id, 0 when there is none.
    pub packet_id: u16,
    /// 0 accepted, else the code of the reply (403, 406 ...) or the push result.
    pub code: u32,
    /// [`DeviceNumber::NONE`] for strangers.
    pub number: DeviceNumber,
    pub product: ProductId,
    /// At most 255 bytes; for strangers whatever they called themselves.
    pub device: &'a str,
    /// When the device says it was measured; arrival time if it says nothing.
    pub sample_time: UnixMillis,
    /// Empty when it is the canonical topic of `kind`; at most 65,535 bytes.
    pub topic: &'a str,
    /// Why it was refused, or the request id of a call from the cloud; at most 65,535 bytes.
    pub note: &'a str,
    pub payload: &'a [u8],
}

/// Fixed part before the three texts and the payload, without the leading length.
const HEAD_BYTES: usize = 1 + 1 + 2 + 4 + 4 + 8 + 10 + 1 + 2 + 2;

/// A damaged batch. Cannot happen behind a matching checksum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record at byte {at} is malformed: {what}")]
pub struct RecordError {
    pub at: usize,
    pub what: &'static str,
}

/// Records in the order they are to be committed.
#[derive(Debug, Default)]
pub struct RecordBatch {
    bytes: Vec<u8>,
    count: u32,
    /// Where the memory goes afterwards.
    home: Option<BatchBuffers>,
}

impl RecordBatch {
    /// Takes over bytes that were written by [`RecordBatch::push`] and have passed the log's checksum.
    ///
    /// # Errors
    /// When a record does not decode or the count differs.
    pub fn from_parts(bytes: Vec<u8>, count: u32) -> Result<Self, RecordError> {
        let mut seen = 0_u32;
        for record in Records::new(&bytes) {
            record?;
            seen += 1;
        }
        if seen != count {
            return Err(RecordError { at: bytes.len(), what: "record count differs" });
        }
        Ok(Self { bytes, count, home: None })
    }

    /// Appends one record. Texts over their limits are cut at a character boundary.
    pub fn push(&mut self, record: &Record<'_>) {
        let device = cut(record.device, u8::MAX as usize);
        let topic = cut(record.topic, u16::MAX as usize);
        let note = cut(record.note, u16::MAX as usize);
        let length = HEAD_BYTES + device.len() + topic.len() + note.len() + record.payload.len();
        let out = &mut self.bytes;
        out.reserve(4 + length);
        let mut head = [0_u8; 4 + HEAD_BYTES];
        head[0..4].copy_from_slice(&u32::try_from(length).expect("a packet is far below 4 GiB").to_le_bytes());
        head[4] = record.kind as u8;
        head[5] = record.qos;
        head[6..8].copy_from_slice(&record.packet_id.to_le_bytes());
        head[8..12].copy_from_slice(&record.code.to_le_bytes());
        head[12..16].copy_from_slice(&record.number.0.to_le_bytes());
        head[16..24].copy_from_slice(&record.sample_time.0.to_le_bytes());
        head[24..34].copy_from_slice(record.product.as_bytes());
        head[34] = device.len().to_le_bytes()[0];
        head[35..37].copy_from_slice(&topic.len().to_le_bytes()[..2]);
        head[37..39].copy_from_slice(&note.len().to_le_bytes()[..2]);
        out.extend_from_slice(&head);
        out.extend_from_slice(device.as_bytes());
        out.extend_from_slice(topic.as_bytes());
        out.extend_from_slice(note.as_bytes());
        out.extend_from_slice(record.payload);
        self.count += 1;
    }

    /// Gives back memory that was reserved for many more records: the log and its followers keep batches for a while.
    pub fn shrink(&mut self) {
        if self.bytes.len() < self.bytes.capacity() / 2 {
            self.bytes.shrink_to_fit();
        }
    }

    #[must_use]
    pub fn len(&self) -> u32 {
        self.count
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    #[must_use]
    pub fn iter(&self) -> Records<'_> {
        Records::new(&self.bytes)
    }
}

impl PartialEq for RecordBatch {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.bytes == other.bytes
    }
}

impl Eq for RecordBatch {}

impl Clone for RecordBatch {
    fn clone(&self) -> Self {
        Self { bytes: self.bytes.clone(), count: self.count, home: None }
    }
}

impl Drop for RecordBatch {
    fn drop(&mut self) {
        if let Some(home) = self.home.take() {
            home.take_back(std::mem::take(&mut self.bytes));
        }
    }
}

impl<'a> IntoIterator for &'a RecordBatch {
    type Item = Result<Record<'a>, RecordError>;
    type IntoIter = Records<'a>;

    fn into_iter(self) -> Records<'a> {
        self.iter()
    }
}

fn cut(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max { text } else { &text[..text.floor_char_boundary(bytes_max)] }
}

/// Walks encoded records. Stops after the first error.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Position of the next record, in bytes from the start.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    fn decode(&self) -> Result<(Record<'a>, usize), RecordError> {
        let wrong = |what| RecordError { at: self.at, what };
        let rest = &self.bytes[self.at..];
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(|| wrong("length is cut off"))?;
        let length = u32::from_le_bytes(*length) as usize;
        let body = rest.get(..length).ok_or_else(|| wrong("body is cut off"))?;
        let (head, texts) = body.split_first_chunk::<HEAD_BYTES>().ok_or_else(|| wrong("head is cut off"))?;
        let kind = RecordKind::from_byte(head[0]).ok_or_else(|| wrong("unknown kind"))?;
        let product = ProductId::from_bytes(&head[20..30]).ok_or_else(|| wrong("product id"))?;
        let device_len = head[30] as usize;
        let topic_len = u16::from_le_bytes([head[31], head[32]]) as usize;
        let note_len = u16::from_le_bytes([head[33], head[34]]) as usize;
        if texts.len() < device_len + topic_len + note_len {
            return Err(wrong("texts are cut off"));
        }
        let (device, texts) = texts.split_at(device_len);
        let (topic, texts) = texts.split_at(topic_len);
        let (note, payload) = texts.split_at(note_len);
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| wrong("text is not UTF-8"));
        let record = Record {
            kind,
            qos: head[1],
            packet_id: u16::from_le_bytes([head[2], head[3]]),
            code: u32::from_le_bytes([head[4], head[5], head[6], head[7]]),
            number: DeviceNumber(u32::from_le_bytes([head[8], head[9], head[10], head[11]])),
            product,
            device: text(device)?,
            sample_time: UnixMillis(u64::from_le_bytes([
                head[12], head[13], head[14], head[15], head[16], head[17], head[18], head[19],
            ])),
            topic: text(topic)?,
            note: text(note)?,
            payload,
        };
        Ok((record, 4 + length))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        match self.decode() {
            Ok((record, length)) => {
                self.at += length;
                Some(Ok(record))
            }
            Err(error) => {
                self.at = self.bytes.len();
                Some(Err(error))
            }
        }
    }
}
