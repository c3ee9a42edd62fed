//! CoAP (RFC 7252): codec, and the message layer of a server as a state machine in virtual time.
//!
//! Must not know: sockets, clocks, DTLS, products, what a request means. Start reading at [`message`] (what is on the
//! wire) and [`peer`] (acknowledgements, duplicates, separate responses). No blockwise transfer, no observation: no device
//! of the vendor uses them.

pub mod code;
pub mod message;
pub mod option;
pub mod peer;

pub use code::Code;
pub use message::{DecodeError, Kind, Message, Token};
pub use option::Options;
pub use peer::{Event, Peer, Response};
