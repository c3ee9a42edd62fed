//! Client certificates: whom a finished handshake proves.

use std::sync::Arc;

use lianwu_services::Platform;
use lianwu_services::certificate::{RefusedChain, prove};
use lianwu_services::directory::DirectoryDevice;
use openssl::ssl::{SslContextBuilder, SslRef, SslVerifyMode};

/// Lets clients show a certificate. Which one it is does not end the handshake: an alert would say nothing to the device's
/// owner. That the client holds its private key is checked by OpenSSL all the same.
pub(crate) fn ask(context: &mut SslContextBuilder) {
    context.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
}

/// `None` without a certificate, and with one that names no product of this platform: then CONNECT needs a password.
///
/// Asked anew for a resumed session, so what was switched off meanwhile stays out. Such a session knows the first certificate of
/// the chain only; the services remember what stood above it.
pub(crate) fn device(platform: &Platform, ssl: &SslRef) -> Option<Result<Arc<DirectoryDevice>, RefusedChain>> {
    let own = ssl.peer_certificate()?;
    let mut chain = vec![own.to_der().ok()?];
    for above in ssl.peer_cert_chain().into_iter().flatten() {
        chain.push(above.to_der().ok()?);
    }
    let proven = prove(platform, &chain);
    match &proven {
        Err(refused) if refused.product.is_none() => None,
        Ok(_) | Err(_) => Some(proven),
    }
}
