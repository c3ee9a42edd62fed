//! What became of one sub-device in a gateway's message.

/// Result codes. Source: spec/device-protocol.md 7.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayResult {
    Success,
    /// The sub-device is not bound to this gateway.
    NotBound,
    /// The platform failed or has too much to do: the gateway may try again.
    Internal,
    BadParameter,
    /// Nothing is called so, or it is another account's.
    NoSuchDevice,
    Signature,
    SignatureMethod,
    Expired,
    BoundElsewhere,
    /// A gateway cannot be bound.
    NotOrdinary,
    /// The sender is no gateway, has all the sub-devices it may have, or the sub-device is disabled.
    NotAllowed,
    AlreadyBound,
    /// The gateway's product does not take devices of this product.
    TypeNotAllowed,
}

impl GatewayResult {
    pub const ALL: [Self; 13] = [
        Self::Success,
        Self::NotBound,
        Self::Internal,
        Self::BadParameter,
        Self::NoSuchDevice,
        Self::Signature,
        Self::SignatureMethod,
        Self::Expired,
        Self::BoundElsewhere,
        Self::NotOrdinary,
        Self::NotAllowed,
        Self::AlreadyBound,
        Self::TypeNotAllowed,
    ];

    /// The number of the wire.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Success => 0,
            Self::NotBound => -1,
            Self::Internal => -2,
            Self::BadParameter => 801,
            Self::NoSuchDevice => 802,
            Self::Signature => 803,
            Self::SignatureMethod => 804,
            Self::Expired => 805,
            Self::BoundElsewhere => 806,
            Self::NotOrdinary => 807,
            Self::NotAllowed => 808,
            Self::AlreadyBound => 809,
            Self::TypeNotAllowed => 810,
        }
    }

    /// For the gateway's log.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::NotBound => "not bound to this gateway",
            Self::Internal => "internal error, try again",
            Self::BadParameter => "a parameter is missing or has the wrong form",
            Self::NoSuchDevice => "no such device",
            Self::Signature => "the signature does not fit the sub-device's secret",
            Self::SignatureMethod => "signmethod must be hmacsha1 or hmacsha256",
            Self::Expired => "the timestamp is more than 10 minutes off",
            Self::BoundElsewhere => "bound to another gateway",
            Self::NotOrdinary => "a gateway cannot be a sub-device",
            Self::NotAllowed => "not allowed: no gateway, too many sub-devices, or the sub-device is disabled",
            Self::AlreadyBound => "bound to this gateway already",
            Self::TypeNotAllowed => "the gateway's product does not take devices of this product, see BindProducts",
        }
    }
}
