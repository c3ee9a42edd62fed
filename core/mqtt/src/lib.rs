//! MQTT 3.1 and 3.1.1: a borrowing codec for both ends, topic filters, and the server's side of one connection.
//!
//! Must not know: sockets, clocks, runtimes, products or devices; time comes in as an argument and bytes go out
//! through a buffer of the caller. One code path serves every [`ProtocolVersion`], MQTT 5 will join it there.
//! Start reading at [`decode()`] (bytes to packets) and [`Connection`] (packets to steps).

pub mod connection;
pub mod decode;
pub mod encode;
pub mod filter;
pub mod packet;
pub mod subscriptions;

pub use connection::{CloseReason, Connection, PublishError, Step, granted_qos};
pub use decode::{DecodeError, decode, packet_bytes};
pub use encode::EncodeError;
pub use packet::{
    ConnAck, Connect, ConnectRefusal, Filters, Packet, PacketId, PacketType, ProtocolVersion, Publish, QoS, SubAck,
    Subscribe, SubscribeAnswer, Unsubscribe, Will,
};
