//! TLS on the device port: what a handshake proves, and what is made of it.
//!
//! One listener serves two kinds of client. One that has a pre-shared key proves to be a device with the
//! device's own secret and sends a CONNECT without a password; any other gets the server's certificate and signs in as on
//! the plain port. Which of the two is decided by the suites in the ClientHello, before OpenSSL sees it (`hello`). Handshakes
//! run on threads of their own (`accept`), so that a fleet that signs in again does not hold up the devices that are
//! connected; what comes out is a socket and its keys, handed to a worker.

pub(crate) mod accept;
mod certified;
pub(crate) mod context;
mod hello;
mod https;
mod identity;
pub(crate) mod refused;
pub(crate) mod stream;
mod suites;

pub use context::{IdentityError, TlsHandle};
pub use https::{HttpsAcceptor, HttpsStream};
pub use identity::ServerIdentity;
pub(crate) use refused::Refused;
pub(crate) use stream::TlsStream;
