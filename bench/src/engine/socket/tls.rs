//! TLS with a key both sides know, as the vendor's C SDK speaks it: TLS 1.2, no certificate, no resumption.

use std::{io, sync::Arc};

use anyhow::Context as _;
use mio::net::TcpStream;
use openssl::{
    ex_data::Index,
    ssl::{ErrorCode, Ssl, SslContext, SslMethod, SslMode, SslSessionCacheMode, SslStream, SslVersion},
};

/// The suites of the C SDK.
const SUITES: &str = "PSK-AES128-CBC-SHA:PSK-AES256-CBC-SHA";

/// What a device proves itself by.
#[derive(Clone)]
pub(crate) struct PreSharedKey {
    /// Product id and device name, as in the client id.
    pub identity: String,
    /// The DeviceSecret, decoded.
    pub key: Vec<u8>,
}

/// Opens sessions, each with the key of its device.
#[derive(Clone)]
pub(crate) struct KeyClient {
    context: SslContext,
    key: Index<Ssl, Arc<PreSharedKey>>,
}

impl KeyClient {
    /// # Errors
    /// The system's OpenSSL has no such suites.
    pub fn new() -> anyhow::Result<Self> {
        let key = Ssl::new_ex_index::<Arc<PreSharedKey>>().context("OpenSSL refuses an index for keys")?;
        let mut context = SslContext::builder(SslMethod::tls_client()).context("make a TLS context")?;
        context.set_max_proto_version(Some(SslVersion::TLS1_2)).context("choose TLS 1.2")?;
        context.set_cipher_list(SUITES).context("choose suites with keys")?;
        context.set_session_cache_mode(SslSessionCacheMode::OFF);
        context
            .set_mode(SslMode::ENABLE_PARTIAL_WRITE | SslMode::ACCEPT_MOVING_WRITE_BUFFER | SslMode::RELEASE_BUFFERS);
        context.set_psk_client_callback(move |ssl, _hint, identity, secret| {
            let Some(chosen) = ssl.ex_data(key) else { return Ok(0) };
            // OpenSSL wants the identity to end with a NUL.
            let name = chosen.identity.as_bytes();
            if name.len() >= identity.len() || chosen.key.len() > secret.len() {
                return Ok(0);
            }
            identity[..name.len()].copy_from_slice(name);
            identity[name.len()] = 0;
            secret[..chosen.key.len()].copy_from_slice(&chosen.key);
            Ok(chosen.key.len())
        });
        Ok(Self { context: context.build(), key })
    }

    /// A session that shakes hands when it is first read or written.
    pub(super) fn session(&self, key: &Arc<PreSharedKey>, stream: TcpStream) -> io::Result<Session> {
        let mut ssl = Ssl::new(&self.context)?;
        ssl.set_ex_data(self.key, Arc::clone(key));
        ssl.set_connect_state();
        Ok(Session(SslStream::new(ssl, stream)?))
    }
}

impl std::fmt::Debug for KeyClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyClient").finish_non_exhaustive()
    }
}

/// One TLS connection.
pub(super) struct Session(SslStream<TcpStream>);

impl Session {
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.ssl_read(buffer) {
            Ok(count) => Ok(count),
            Err(error) if error.code() == ErrorCode::ZERO_RETURN => Ok(0),
            Err(error) => Err(plain(error)),
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.ssl_write(bytes).map_err(plain)
    }
}

/// Waiting for the other side, in either direction, is "would block"; the event queue watches both.
fn plain(error: openssl::ssl::Error) -> io::Error {
    match error.code() {
        ErrorCode::WANT_READ | ErrorCode::WANT_WRITE => io::ErrorKind::WouldBlock.into(),
        _ => error.into_io_error().unwrap_or_else(io::Error::other),
    }
}
