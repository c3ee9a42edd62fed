//! The two OpenSSL contexts, and the key of a device that names itself.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use arc_swap::ArcSwap;
use lianwu_device_protocol::credentials::split_client_id;
use lianwu_model::product::Authentication;
use lianwu_model::{DeviceNumber, ProductId};
use lianwu_mqtt::ConnectRefusal;
use lianwu_services::Platform;
use lianwu_services::certificate::RefusedChain;
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::logs::notes;
use lianwu_services::stranger::{self, Cause, Claimed};
use openssl::asn1::Asn1Time;
use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::pkey::PKey;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslRef, SslSessionCacheMode, SslVerifyMode,
    SslVersion,
};
use openssl::x509::X509;

use super::certified;
use super::hello::Hello;
use super::identity::ServerIdentity;
use super::suites::{BY_CERTIFICATE, BY_KEY, is_by_key, list};
use crate::failures::{Attempt, Failures};

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("the certificate file holds no certificate in PEM form")]
    NoCertificate,
    #[error("the key file holds no private key in PEM form, or one with a passphrase")]
    NoKey,
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
    #[error("the certificate expired at {0}")]
    Expired(String),
    #[error("OpenSSL refuses certificate or key: {0}")]
    OpenSsl(#[from] ErrorStack),
}

/// What became of the question for a key.
#[derive(Clone, Debug)]
pub(crate) enum KeyAnswer {
    Given(Arc<DirectoryDevice>),
    Refused(Box<RefusedKey>),
}

/// Why no key was given.
#[derive(Clone, Debug)]
pub(crate) struct RefusedKey {
    /// Of this platform; else the client is a stranger.
    pub(crate) product: Option<ProductId>,
    pub(crate) device: Box<str>,
    pub(crate) number: DeviceNumber,
    pub(crate) why: String,
    pub(crate) code: ConnectRefusal,
    pub(crate) is_unchecked: bool,
    /// Whom a stranger says it is, and what is wrong with that.
    pub(crate) claimed: Claimed,
    pub(crate) cause: Cause,
}

/// Kept beside a handshake: who asks, and what it was told.
pub(crate) struct Asked {
    pub(crate) source: IpAddr,
    pub(crate) answer: Option<KeyAnswer>,
}

/// Contexts made from one server identity.
struct Contexts {
    by_key: SslContext,
    by_certificate: SslContext,
}

/// What the device port shows and accepts; the server's certificate can be replaced while it runs.
#[derive(Clone)]
pub struct TlsHandle(Arc<Inner>);

struct Inner {
    platform: Arc<Platform>,
    failures: Option<Arc<Failures>>,
    contexts: ArcSwap<Contexts>,
    /// UNIX seconds.
    expires_at: AtomicI64,
    renewals: AtomicU64,
    is_stale: AtomicBool,
}

impl std::fmt::Debug for TlsHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsHandle").field("expires_at", &self.0.expires_at).finish_non_exhaustive()
    }
}

impl TlsHandle {
    pub(crate) fn new(
        platform: &Arc<Platform>,
        failures: Option<&Arc<Failures>>,
        identity: &ServerIdentity,
    ) -> Result<Self, IdentityError> {
        let failures = failures.cloned();
        let (contexts, expires_at) = Contexts::new(platform, failures.as_ref(), identity)?;
        Ok(Self(Arc::new(Inner {
            platform: Arc::clone(platform),
            failures,
            contexts: ArcSwap::from_pointee(contexts),
            expires_at: expires_at.into(),
            renewals: AtomicU64::new(0),
            is_stale: AtomicBool::new(false),
        })))
    }

    /// Shows new clients another certificate from now on; connections go on with what they have. Tickets given out
    /// before no longer resume anything.
    ///
    /// # Errors
    /// When it cannot be used; the present one stays, and [`TlsHandle::is_stale`] says so.
    pub fn replace(&self, identity: &ServerIdentity) -> Result<(), IdentityError> {
        let made = Contexts::new(&self.0.platform, self.0.failures.as_ref(), identity);
        self.set_stale(made.is_err());
        let (contexts, expires_at) = made?;
        self.0.contexts.store(Arc::new(contexts));
        self.0.expires_at.store(expires_at, Ordering::Relaxed);
        self.0.renewals.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// The files have changed and cannot be used: what is shown is older than they are.
    pub fn set_stale(&self, is_stale: bool) {
        self.0.is_stale.store(is_stale, Ordering::Relaxed);
    }

    /// See [`TlsHandle::set_stale`].
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.0.is_stale.load(Ordering::Relaxed)
    }

    /// End of the certificate's validity, UNIX seconds.
    #[must_use]
    pub fn expires_at(&self) -> i64 {
        self.0.expires_at.load(Ordering::Relaxed)
    }

    /// How often it was replaced.
    #[must_use]
    pub fn renewals(&self) -> u64 {
        self.0.renewals.load(Ordering::Relaxed)
    }

    /// Counts a client that proves nobody anybody knows.
    pub(crate) fn note_stranger(&self, refusal: stranger::Refusal<'_>) {
        let platform = &self.0.platform;
        platform.strangers.note(platform.clock.now(), refusal);
    }

    /// What a client certificate of a finished handshake proves, if one was shown.
    pub(crate) fn certified(&self, ssl: &SslRef) -> Option<Result<Arc<DirectoryDevice>, RefusedChain>> {
        certified::device(&self.0.platform, ssl)
    }

    /// A handshake for a client that said this.
    pub(crate) fn handshake(&self, hello: Hello<'_>, source: IpAddr) -> Result<Ssl, ErrorStack> {
        let contexts = self.0.contexts.load();
        let context = if is_by_key(hello) { &contexts.by_key } else { &contexts.by_certificate };
        let mut ssl = Ssl::new(context)?;
        ssl.set_accept_state();
        ssl.set_ex_data(asked_index()?, Asked { source, answer: None });
        Ok(ssl)
    }

    /// A handshake with the server's certificate, without a question for the client's.
    pub(crate) fn handshake_over_http(&self) -> Result<Ssl, ErrorStack> {
        let mut ssl = Ssl::new(&self.0.contexts.load().by_certificate)?;
        ssl.set_accept_state();
        ssl.set_verify(SslVerifyMode::NONE);
        Ok(ssl)
    }
}

/// Where [`Asked`] is kept.
fn asked_index() -> Result<Index<Ssl, Asked>, ErrorStack> {
    static INDEX: OnceLock<Index<Ssl, Asked>> = OnceLock::new();
    match INDEX.get() {
        Some(index) => Ok(*index),
        None => {
            let index = Ssl::new_ex_index()?;
            Ok(*INDEX.get_or_init(|| index))
        }
    }
}

/// What the client of a handshake was told when it named itself.
pub(crate) fn answer(ssl: &SslRef) -> Option<&KeyAnswer> {
    ssl.ex_data(asked_index().ok()?)?.answer.as_ref()
}

impl Contexts {
    /// And the end of the certificate's validity.
    fn new(
        platform: &Arc<Platform>,
        failures: Option<&Arc<Failures>>,
        identity: &ServerIdentity,
    ) -> Result<(Self, i64), IdentityError> {
        let by_key = by_key(Arc::clone(platform), failures.cloned())?;
        let (by_certificate, expires_at) = by_certificate(identity)?;
        Ok((Self { by_key, by_certificate }, expires_at))
    }
}

/// What a datagram may hold of a handshake; every network carries so much. Unit: bytes.
pub(crate) const DATAGRAM_BYTES: u32 = 1_200;

/// `SSL_OP_NO_ENCRYPT_THEN_MAC` of OpenSSL's `ssl.h`, which its crate does not name.
///
/// With encrypt-then-MAC OpenSSL 3.0 ends a DTLS session at the first record whose MAC does not fit: anybody could end
/// anybody's with one forged datagram. The other order is checked in constant time, and such a record dropped.
const NO_ENCRYPT_THEN_MAC: u64 = 1 << 19;

/// DTLS 1.2 by key; never resumed, as over TLS.
///
/// The cookie of a hello was checked before OpenSSL sees it (`coap::dtls::hello`), so every cookie is good here.
pub(crate) fn dtls_by_key(platform: Arc<Platform>, failures: Option<Arc<Failures>>) -> Result<SslContext, ErrorStack> {
    let mut context = SslContextBuilder::new(SslMethod::dtls_server())?;
    context.set_options(
        SslOptions::NO_RENEGOTIATION
            | SslOptions::NO_TICKET
            | SslOptions::NO_QUERY_MTU
            | SslOptions::COOKIE_EXCHANGE
            | SslOptions::CIPHER_SERVER_PREFERENCE
            | SslOptions::from_bits_retain(NO_ENCRYPT_THEN_MAC),
    );
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    context.set_min_proto_version(Some(SslVersion::DTLS1_2))?;
    context.set_cookie_generate_cb(|_, cookie| {
        cookie[..16].fill(0);
        Ok(16)
    });
    context.set_cookie_verify_cb(|_, _| true);
    ask_for_key(&mut context, platform, failures)?;
    Ok(context.build())
}

/// A DTLS handshake with a client at `source`.
pub(crate) fn dtls_handshake(context: &SslContext, source: IpAddr) -> Result<Ssl, ErrorStack> {
    let mut ssl = Ssl::new(context)?;
    ssl.set_accept_state();
    ssl.set_mtu(DATAGRAM_BYTES)?;
    ssl.set_ex_data(asked_index()?, Asked { source, answer: None });
    Ok(ssl)
}

fn base() -> Result<SslContextBuilder, ErrorStack> {
    let mut context = SslContextBuilder::new(SslMethod::tls_server())?;
    // An idle connection gives its buffers back: a third of what it would cost.
    context.set_mode(
        SslMode::RELEASE_BUFFERS
            | SslMode::ENABLE_PARTIAL_WRITE
            | SslMode::ACCEPT_MOVING_WRITE_BUFFER
            | SslMode::AUTO_RETRY,
    );
    context
        .set_options(SslOptions::NO_COMPRESSION | SslOptions::NO_RENEGOTIATION | SslOptions::CIPHER_SERVER_PREFERENCE);
    context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    // Without it a resumption fails as soon as client certificates are asked for.
    context.set_session_id_context(b"lianwu-device")?;
    Ok(context)
}

/// Never resumed: with the session its old key would go on being good after the device got another.
///
/// Not TLS 1.3 either: there a client whose key does not fit goes on without having proved anything.
fn by_key(platform: Arc<Platform>, failures: Option<Arc<Failures>>) -> Result<SslContext, ErrorStack> {
    let mut context = base()?;
    context.set_max_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_options(SslOptions::NO_TICKET);
    ask_for_key(&mut context, platform, failures)?;
    Ok(context.build())
}

/// Suites by key, and where keys come from.
fn ask_for_key(
    context: &mut SslContextBuilder,
    platform: Arc<Platform>,
    failures: Option<Arc<Failures>>,
) -> Result<(), ErrorStack> {
    // Level 1: the C SDK has nothing but HMAC-SHA1.
    context.set_security_level(1);
    context.set_cipher_list(&list(&BY_KEY))?;
    let index = asked_index()?;
    context.set_psk_server_callback(move |ssl, identity, key| {
        let Some(asked) = ssl.ex_data_mut(index) else { return Ok(0) };
        let answer = find(&platform, failures.as_deref(), identity.unwrap_or_default(), asked.source);
        let mut length = 0;
        if let KeyAnswer::Given(device) = &answer
            && let Some(into) = key.get_mut(..device.secret.key().len())
        {
            into.copy_from_slice(device.secret.key());
            length = into.len();
        }
        asked.answer = Some(answer);
        Ok(length)
    });
    Ok(())
}

fn by_certificate(identity: &ServerIdentity) -> Result<(SslContext, i64), IdentityError> {
    let chain = X509::stack_from_pem(&identity.chain).map_err(|_| IdentityError::NoCertificate)?;
    let mut chain = chain.into_iter();
    let own = chain.next().ok_or(IdentityError::NoCertificate)?;
    // A key with a passphrase must not make OpenSSL ask for it at the terminal.
    let no_passphrase = |_: &mut [u8]| Ok(0);
    let key = PKey::private_key_from_pem_callback(&identity.key, no_passphrase).map_err(|_| IdentityError::NoKey)?;
    if !own.public_key()?.public_eq(&key) {
        return Err(IdentityError::KeyMismatch);
    }
    let now = Asn1Time::days_from_now(0)?;
    let left = now.diff(own.not_after())?;
    let seconds = i64::from(left.days) * 86_400 + i64::from(left.secs);
    if seconds <= 0 {
        return Err(IdentityError::Expired(own.not_after().to_string()));
    }
    let since = Asn1Time::from_unix(0)?.diff(own.not_after())?;
    let expires_at = i64::from(since.days) * 86_400 + i64::from(since.secs);
    let mut context = base()?;
    context.set_security_level(1);
    context.set_cipher_list(&list(&BY_CERTIFICATE))?;
    context.set_certificate(&own)?;
    for issuer in chain {
        context.add_extra_chain_cert(issuer)?;
    }
    context.set_private_key(&key)?;
    context.check_private_key()?;
    certified::ask(&mut context);
    // One ticket is enough to come back with. A resumed client signs in with its password like any other.
    context.set_num_tickets(1)?;
    Ok((context.build(), expires_at))
}

/// The key of the device an identity names. Runs inside a handshake: everything it needs is in memory.
///
/// Source: spec/device-protocol.md 2.8: the identity is product and name, the key the decoded secret.
fn find(platform: &Platform, failures: Option<&Failures>, identity: &[u8], source: IpAddr) -> KeyAnswer {
    let identity = String::from_utf8_lossy(identity);
    let text = identity.trim();
    let product = text.get(..ProductId::LEN).and_then(|id| ProductId::from_bytes(id.as_bytes()));
    let product = product.and_then(|id| platform.catalog.product(id).map(|product| (id, product)));
    let device: Box<str> = text.get(ProductId::LEN..).unwrap_or_default().into();
    let refused_for = |cause, why: String, number, code| {
        KeyAnswer::Refused(Box::new(RefusedKey {
            product: product.as_ref().map(|(id, _)| *id),
            device: device.clone(),
            number,
            why,
            code,
            is_unchecked: cause == Cause::Unchecked,
            claimed: Claimed::by_client_id(&identity),
            cause,
        }))
    };
    let no_device = ConnectRefusal::IdentifierRejected;
    let refused = |why, number, code| refused_for(Cause::UnknownProduct, why, number, code);
    let unknown = DeviceNumber::NONE;
    if let Err(error) = split_client_id(&identity) {
        return refused_for(Cause::IdentityForm, notes::identity_malformed(error), unknown, no_device);
    }
    let attempt = Attempt { source, client_id: &identity };
    if failures.is_some_and(|failures| failures.must_wait(Instant::now(), &attempt)) {
        return refused_for(Cause::Unchecked, notes::UNCHECKED.to_owned(), unknown, ConnectRefusal::ServerUnavailable);
    }
    let Some((id, known)) = &product else {
        return refused("the product does not exist on this platform".to_owned(), unknown, no_device);
    };
    let Some(found) = platform.directory.find(*id, &device) else {
        return refused(format!("device {device} does not exist in product {id}"), unknown, no_device);
    };
    if known.product.authentication != Authentication::Key {
        return refused(notes::NEEDS_CERTIFICATE.to_owned(), found.number, ConnectRefusal::NotAuthorised);
    }
    if !found.is_enabled() {
        return refused(notes::DISABLED.to_owned(), found.number, ConnectRefusal::NotAuthorised);
    }
    KeyAnswer::Given(found)
}
