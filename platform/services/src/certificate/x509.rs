//! The few things done with X.509: reading, describing, issuing, checking a chain. Nothing here asks the machine for the time.

use lianwu_model::UnixMillis;
use lianwu_model::certificate::{Certificate, Fingerprint};
use openssl::asn1::{Asn1Integer, Asn1Time, Asn1TimeRef};
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, PKeyRef, Private};
use openssl::rsa::Rsa;
use openssl::stack::Stack;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509Name, X509NameRef, X509PurposeId, X509Ref, X509StoreContext};

/// Devices' SDKs sign with RSA only. Source: spec/device-protocol.md 1.2 and 2.3.
const KEY_BITS: u32 = 2048;

/// Weaker keys are refused. 112 is what RSA with 2048 bits has.
const SECURITY_BITS_MIN: u32 = 112;

/// Certificates between a device's and the authority's.
const DEPTH_MAX: i32 = 6;

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Hexadecimal, as openssl writes it.
    pub serial: String,
    /// `C=CN, O=..., CN=...`
    pub issuer: String,
    pub subject: String,
    pub effective: UnixMillis,
    pub expires: UnixMillis,
}

/// Reads a text with exactly one certificate in it.
pub(super) fn one_from_pem(text: &str) -> Result<X509, String> {
    if text.len() > super::PEM_BYTES_MAX {
        return Err(format!("it has more than {} bytes", super::PEM_BYTES_MAX));
    }
    let mut read = X509::stack_from_pem(text.as_bytes()).map_err(|_| "it is no certificate in PEM form".to_owned())?;
    match (read.pop(), read.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err("it holds more than one certificate".to_owned()),
        (None, _) => Err("it is no certificate in PEM form".to_owned()),
    }
}

/// Is its key as strong as today's?
pub(super) fn check_strength(certificate: &X509Ref) -> Result<(), String> {
    let key = certificate.public_key().map_err(|_| "its public key cannot be read".to_owned())?;
    match key.security_bits() {
        bits if bits >= SECURITY_BITS_MIN => Ok(()),
        _ => Err(format!("its key is too weak: RSA needs {KEY_BITS} bits, elliptic curves need 224")),
    }
}

/// The form in which certificates are stored and shown.
pub(super) fn stored(certificate: &X509Ref) -> Result<Certificate, ErrorStack> {
    let pem = String::from_utf8_lossy(&certificate.to_pem()?).into_owned();
    Ok(Certificate { pem, fingerprint: fingerprint(certificate)? })
}

/// Digests by which a gateway may prove that it has a sub-device's certificate: SHA-1 of the certificate, as documented, and
/// what the C SDK takes, MD5 of the whole file; a file may have lost the line end it was given out with.
///
/// Lower-case hexadecimal. Source: spec/device-protocol.md 7.2.
pub(crate) fn bind_digests(pem: &str) -> Vec<String> {
    let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let certificate = X509::from_pem(pem.as_bytes()).and_then(|x509| x509.digest(MessageDigest::sha1()));
    let file = |text: &str| openssl::hash::hash(MessageDigest::md5(), text.as_bytes());
    [certificate, file(pem), file(pem.trim_end())].into_iter().flatten().map(|digest| hex(&digest)).collect()
}

pub(super) fn fingerprint(certificate: &X509Ref) -> Result<Fingerprint, ErrorStack> {
    let digest = certificate.digest(MessageDigest::sha256())?;
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&digest);
    Ok(Fingerprint(bytes))
}

pub(super) fn facts(certificate: &X509Ref) -> Result<CertificateFacts, ErrorStack> {
    Ok(CertificateFacts {
        serial: certificate.serial_number().to_bn()?.to_hex_str()?.to_string(),
        issuer: name_text(certificate.issuer_name()),
        subject: name_text(certificate.subject_name()),
        effective: unix(certificate.not_before())?,
        expires: unix(certificate.not_after())?,
    })
}

fn name_text(name: &X509NameRef) -> String {
    let part = |entry: &openssl::x509::X509NameEntryRef| {
        let key = entry.object().nid().short_name().unwrap_or("?");
        let value = entry.data().to_string().unwrap_or_default();
        format!("{key}={value}")
    };
    name.entries().map(part).collect::<Vec<_>>().join(", ")
}

/// The common name, unless there is none, more than one, or one with other characters than the printable ones of ASCII: none we ask
/// for has them, and a zero byte in a name has fooled others.
pub(super) fn common_name(certificate: &X509Ref) -> Option<String> {
    let mut names = certificate.subject_name().entries_by_nid(Nid::COMMONNAME);
    let (only, more) = (names.next()?, names.next());
    if more.is_some() {
        return None;
    }
    let text = std::str::from_utf8(only.data().as_slice()).ok()?;
    text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ').then(|| text.to_owned())
}

/// Times before 1970 count as 1970.
fn unix(time: &Asn1TimeRef) -> Result<UnixMillis, ErrorStack> {
    let since = Asn1Time::from_unix(0)?.diff(time)?;
    let seconds = i64::from(since.days) * 86_400 + i64::from(since.secs);
    Ok(UnixMillis(u64::try_from(seconds).unwrap_or(0) * 1_000))
}

fn seconds(time: UnixMillis) -> i64 {
    i64::try_from(time.0 / 1_000).unwrap_or(i64::MAX)
}

/// How long a new certificate is good for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Validity {
    pub(super) from: UnixMillis,
    pub(super) until: UnixMillis,
}

/// A certificate with its private key.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) certificate: X509,
    pub(super) key: PKey<Private>,
}

/// An authority that signs itself. Takes tens of milliseconds.
pub(super) fn new_authority(name: &str, serial: [u8; 16], validity: Validity) -> Result<Identity, ErrorStack> {
    let key = PKey::from_rsa(Rsa::generate(KEY_BITS)?)?;
    let subject = subject(name)?;
    let mut builder = begun(&subject, &subject, &key, serial, validity)?;
    builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
    builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
    let identifier = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
    builder.append_extension(identifier)?;
    builder.sign(&key, MessageDigest::sha256())?;
    Ok(Identity { certificate: builder.build(), key })
}

/// A device's certificate with a new key. Takes tens of milliseconds.
pub(super) fn new_device(
    authority: &X509Ref,
    authority_key: &PKeyRef<Private>,
    name: &str,
    serial: [u8; 16],
    validity: Validity,
) -> Result<Identity, ErrorStack> {
    let key = PKey::from_rsa(Rsa::generate(KEY_BITS)?)?;
    let subject = subject(name)?;
    let mut builder = begun(&subject, authority.subject_name(), &key, serial, validity)?;
    builder.append_extension(BasicConstraints::new().critical().build()?)?;
    builder.append_extension(KeyUsage::new().critical().digital_signature().key_encipherment().build()?)?;
    builder.append_extension(ExtendedKeyUsage::new().client_auth().build()?)?;
    let context = builder.x509v3_context(Some(authority), None);
    let own = SubjectKeyIdentifier::new().build(&context)?;
    let issuers = AuthorityKeyIdentifier::new().keyid(true).build(&context)?;
    builder.append_extension(own)?;
    builder.append_extension(issuers)?;
    builder.sign(authority_key, MessageDigest::sha256())?;
    Ok(Identity { certificate: builder.build(), key })
}

fn begun(
    subject: &X509NameRef,
    issuer: &X509NameRef,
    key: &PKeyRef<Private>,
    mut serial: [u8; 16],
    validity: Validity,
) -> Result<openssl::x509::X509Builder, ErrorStack> {
    /// Of a certificate with extensions.
    const VERSION_3: i32 = 2;
    // Positive, and of the same length every time.
    serial[0] = serial[0] & 0x7f | 0x40;
    let mut builder = X509::builder()?;
    builder.set_version(VERSION_3)?;
    builder.set_serial_number(&*Asn1Integer::from_bn(&*BigNum::from_slice(&serial)?)?)?;
    builder.set_subject_name(subject)?;
    builder.set_issuer_name(issuer)?;
    builder.set_pubkey(key)?;
    builder.set_not_before(&*Asn1Time::from_unix(seconds(validity.from))?)?;
    builder.set_not_after(&*Asn1Time::from_unix(seconds(validity.until))?)?;
    Ok(builder)
}

fn subject(name: &str) -> Result<X509Name, ErrorStack> {
    let mut subject = X509Name::builder()?;
    subject.append_entry_by_nid(Nid::ORGANIZATIONNAME, "Lianwu")?;
    subject.append_entry_by_nid(Nid::COMMONNAME, name)?;
    Ok(subject.build())
}

/// Why a chain does not lead to the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ChainFault {
    /// Signed by somebody else.
    UnknownAuthority,
    /// A certificate above the first is not valid yet or no longer.
    AuthorityTime,
    /// In openssl's words.
    Other(String),
}

/// Does the chain, its first certificate first, lead to this authority at this time? The authority need not have signed itself.
pub(super) fn check_chain(authority: &X509, chain: &[X509], now: UnixMillis) -> Result<(), ChainFault> {
    let library = |error: ErrorStack| ChainFault::Other(error.to_string());
    let Some((first, between)) = chain.split_first() else { return Err(ChainFault::Other("it is empty".to_owned())) };
    let mut parameters = X509VerifyParam::new().map_err(library)?;
    parameters.set_time(seconds(now));
    parameters.set_depth(DEPTH_MAX);
    parameters.set_flags(X509VerifyFlags::PARTIAL_CHAIN).map_err(library)?;
    parameters.set_purpose(X509PurposeId::SSL_CLIENT).map_err(library)?;
    let mut store = X509StoreBuilder::new().map_err(library)?;
    store.add_cert(authority.clone()).map_err(library)?;
    store.set_param(&parameters).map_err(library)?;
    let mut others = Stack::new().map_err(library)?;
    for certificate in between {
        others.push(certificate.clone()).map_err(library)?;
    }
    let mut context = X509StoreContext::new().map_err(library)?;
    let checked = context.init(&store.build(), first, &others, |context| {
        let is_good = context.verify_cert()?;
        Ok((is_good, context.error(), context.error_depth()))
    });
    // What openssl leaves behind would be taken for an error of the next connection on this thread.
    drop(ErrorStack::get());
    let (is_good, error, depth) = checked.map_err(library)?;
    if is_good { Ok(()) } else { Err(fault(error.as_raw(), depth, error.error_string())) }
}

/// Source: X509_STORE_CTX_get_error(3).
fn fault(error: i32, depth: u32, text: &str) -> ChainFault {
    const UNABLE_TO_GET_ISSUER: i32 = 2;
    const SIGNATURE_FAILURE: i32 = 7;
    const NOT_YET_VALID: i32 = 9;
    const EXPIRED: i32 = 10;
    const SELF_SIGNED: i32 = 18;
    const SELF_SIGNED_IN_CHAIN: i32 = 19;
    const UNABLE_TO_GET_ISSUER_LOCALLY: i32 = 20;
    const UNABLE_TO_VERIFY_FIRST: i32 = 21;
    match error {
        UNABLE_TO_GET_ISSUER
        | SIGNATURE_FAILURE
        | SELF_SIGNED
        | SELF_SIGNED_IN_CHAIN
        | UNABLE_TO_GET_ISSUER_LOCALLY
        | UNABLE_TO_VERIFY_FIRST => ChainFault::UnknownAuthority,
        NOT_YET_VALID | EXPIRED if depth > 0 => ChainFault::AuthorityTime,
        _ => ChainFault::Other(text.to_owned()),
    }
}
