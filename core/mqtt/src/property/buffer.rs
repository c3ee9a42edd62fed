//! Properties on their way out.

use super::{Properties, Property};
use crate::encode::{EncodeError, field, variable};

/// Collects properties for one packet. Which of them a packet may carry is the caller's business.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PropertyBuffer {
    bytes: Vec<u8>,
}

impl PropertyBuffer {
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Adds one property.
    ///
    /// # Errors
    /// A text or binary value is longer than 65,535 bytes, or a subscription identifier above 268,435,455; nothing was
    /// added.
    pub fn push(&mut self, property: &Property<'_>) -> Result<(), EncodeError> {
        let start = self.bytes.len();
        self.bytes.push(property.id());
        let written = self.write_value(property);
        if written.is_err() {
            self.bytes.truncate(start);
        }
        written
    }

    fn write_value(&mut self, property: &Property<'_>) -> Result<(), EncodeError> {
        let out = &mut self.bytes;
        match *property {
            Property::PayloadIsText(yes)
            | Property::RequestProblemInformation(yes)
            | Property::RequestResponseInformation(yes)
            | Property::MaximumQoSIsOne(yes)
            | Property::RetainAvailable(yes)
            | Property::WildcardSubscriptionAvailable(yes)
            | Property::SubscriptionIdsAvailable(yes)
            | Property::SharedSubscriptionAvailable(yes) => out.push(u8::from(yes)),
            Property::ServerKeepAlive(number)
            | Property::ReceiveMaximum(number)
            | Property::TopicAliasMaximum(number)
            | Property::TopicAlias(number) => out.extend_from_slice(&number.to_be_bytes()),
            Property::MessageExpiry(number)
            | Property::SessionExpiry(number)
            | Property::WillDelay(number)
            | Property::MaximumPacketSize(number) => out.extend_from_slice(&number.to_be_bytes()),
            Property::SubscriptionId(number) => {
                let (bytes, used) = variable(number as usize)?;
                out.extend_from_slice(&bytes[..used]);
            }
            Property::ContentType(text)
            | Property::ResponseTopic(text)
            | Property::AssignedClientId(text)
            | Property::AuthenticationMethod(text)
            | Property::ResponseInformation(text)
            | Property::ServerReference(text)
            | Property::ReasonString(text) => field(out, text.as_bytes())?,
            Property::CorrelationData(bytes) | Property::AuthenticationData(bytes) => field(out, bytes)?,
            Property::User(name, value) => {
                field(out, name.as_bytes())?;
                field(out, value.as_bytes())?;
            }
        }
        Ok(())
    }

    /// What was collected.
    #[must_use]
    pub fn as_properties(&self) -> Properties<'_> {
        Properties::of_checked(&self.bytes)
    }

    /// Forgets what was collected, keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }
}
