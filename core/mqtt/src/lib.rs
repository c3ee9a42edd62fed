//! MQTT 3.1, 3.1.1 and 5: a borrowing codec for both ends, topic filters, the server's side of one connection, and the
//! trees a broker looks subscriptions and retained messages up in.
//!
//! Must not know: sockets, clocks, runtimes, products or devices; time comes in as an argument and bytes go out
//! through a buffer of the caller. One code path serves every [`ProtocolVersion`].
//! Start reading at [`decode()`] (bytes to packets) and [`Connection`] (packets to steps).

pub mod connection;
pub mod decode;
pub mod encode;
pub mod filter;
pub mod packet;
pub mod property;
pub mod retained;
pub mod subscriptions;

pub use connection::{CloseReason, Connection, PublishError, Step, granted_qos};
pub use decode::{DecodeError, announced_version, decode, packet_bytes};
pub use encode::EncodeError;
pub use packet::{
    Acknowledgement, Auth, ConnAck, Connect, ConnectRefusal, Disconnect, Filters, Packet, PacketId, PacketType,
    ProtocolVersion, Publish, QoS, ReasonCode, RetainHandling, SubAck, Subscribe, SubscribeAnswer, SubscriptionOptions,
    UnsubAck, Unsubscribe, Will,
};
pub use property::{Properties, Property, PropertyBuffer};
