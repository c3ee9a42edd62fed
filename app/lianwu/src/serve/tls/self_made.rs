//! A certificate authority of the platform's own, and the certificate it gives the server.
//!
//! RSA, because old devices know nothing else. The authority's certificate is what devices are to trust; it stays when the
//! server's is made anew, for another name or before it expires.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::{Context, Result};
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName, SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509Name};
use tracing::info;

use crate::config::Config;

/// What devices are to trust.
const AUTHORITY: &str = "ca.crt";
const AUTHORITY_KEY: &str = "ca.key";
/// The server's certificate, then the authority's.
pub(super) const CHAIN: &str = "server.crt";
pub(super) const KEY: &str = "server.key";

const KEY_BITS: u32 = 2048;
const AUTHORITY_DAYS: u32 = 20 * 365;
const SERVER_DAYS: u32 = 5 * 365;

/// A certificate that ends sooner is made anew at a start.
const DAYS_LEFT_MIN: u32 = 60;

/// Devices whose clock is behind shall not refuse a certificate that was made today.
const BACKDATED_SECONDS: i64 = 24 * 3600;

/// What the server may be called, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    hosts: Vec<String>,
    addresses: Vec<IpAddr>,
}

impl Names {
    /// This machine, the public name, and names of products in front of it.
    pub(super) fn of(config: &Config) -> Result<Self> {
        let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let mut hosts = vec!["localhost".to_owned(), machine];
        let mut addresses: Vec<IpAddr> = vec![[127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()];
        let public = config.public.device_host.trim();
        match public.parse() {
            Ok(address) => addresses.push(address),
            Err(_) if public.is_empty() => {}
            Err(_) => hosts.extend([public.to_owned(), format!("*.{public}")]),
        }
        let listen = &config.listen;
        for listens_on in [listen.mqtts_address()?, listen.device_https_address()?, listen.https_address()?] {
            addresses.extend(listens_on.map(|address| address.ip()).filter(|address| !address.is_unspecified()));
        }
        hosts.sort();
        hosts.dedup();
        addresses.sort();
        addresses.dedup();
        Ok(Self { hosts, addresses })
    }

    /// Does a certificate hold exactly these?
    fn are_in(&self, certificate: &X509) -> bool {
        let mut found = Self { hosts: Vec::new(), addresses: Vec::new() };
        for name in certificate.subject_alt_names().into_iter().flatten() {
            if let Some(host) = name.dnsname() {
                found.hosts.push(host.to_owned());
            }
            match name.ipaddress().map(|bytes| (<[u8; 4]>::try_from(bytes), <[u8; 16]>::try_from(bytes))) {
                Some((Ok(address), _)) => found.addresses.push(address.into()),
                Some((_, Ok(address))) => found.addresses.push(address.into()),
                _ => {}
            }
        }
        found.hosts.sort();
        found.addresses.sort();
        found == *self
    }
}

/// Makes what is missing in `folder`, and the server's certificate anew when its names changed or its end is near.
pub(super) fn ensure(folder: &Path, names: &Names) -> Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let authority = match Authority::read(folder)? {
        Some(authority) => authority,
        None => Authority::make(folder)?,
    };
    if is_good(folder, &authority, names)? {
        return Ok(());
    }
    let key = make_key()?;
    let certificate = authority.certify(&key, names)?;
    let mut chain = certificate.to_pem()?;
    chain.extend(authority.certificate.to_pem()?);
    write(&folder.join(KEY), &key.private_key_to_pem_pkcs8()?, 0o600)?;
    write(&folder.join(CHAIN), &chain, 0o644)?;
    info!(
        names = names.hosts.join(" "),
        trust = %folder.join(AUTHORITY).display(),
        "a certificate for the TLS port was made"
    );
    Ok(())
}

fn is_good(folder: &Path, authority: &Authority, names: &Names) -> Result<bool> {
    let (Some(chain), Some(key)) = (read(&folder.join(CHAIN))?, read(&folder.join(KEY))?) else { return Ok(false) };
    let (Ok(certificate), Ok(key)) = (X509::from_pem(&chain), PKey::private_key_from_pem(&key)) else {
        return Ok(false);
    };
    let is_ours = certificate.public_key()?.public_eq(&key) && certificate.verify(&authority.key)?;
    let lasts = certificate.not_after() > Asn1Time::days_from_now(DAYS_LEFT_MIN)?.as_ref();
    Ok(is_ours && lasts && names.are_in(&certificate))
}

struct Authority {
    certificate: X509,
    key: PKey<Private>,
}

impl Authority {
    /// `None` when there is none yet. One of its two files alone is an error: devices may trust it.
    fn read(folder: &Path) -> Result<Option<Self>> {
        let (certificate, key) = (read(&folder.join(AUTHORITY))?, read(&folder.join(AUTHORITY_KEY))?);
        let (Some(certificate), Some(key)) = (&certificate, &key) else {
            anyhow::ensure!(
                certificate.is_none() && key.is_none(),
                "only one of {AUTHORITY} and {AUTHORITY_KEY} is there; put the other back, or remove both to begin anew"
            );
            return Ok(None);
        };
        let certificate = X509::from_pem(certificate).with_context(|| format!("{AUTHORITY} is not a certificate"))?;
        let key = PKey::private_key_from_pem(key).with_context(|| format!("{AUTHORITY_KEY} is not a private key"))?;
        Ok(Some(Self { certificate, key }))
    }

    fn make(folder: &Path) -> Result<Self> {
        let key = make_key()?;
        let mut name = X509Name::builder()?;
        name.append_entry_by_text("CN", "Lianwu device access CA")?;
        let name = name.build();
        let mut builder = builder(&name, &name, &key, AUTHORITY_DAYS)?;
        builder.append_extension(BasicConstraints::new().critical().ca().pathlen(0).build()?)?;
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
        let identifier = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
        builder.append_extension(identifier)?;
        builder.sign(&key, MessageDigest::sha256())?;
        let certificate = builder.build();
        // The key first: a certificate without its key could never certify anything.
        write(&folder.join(AUTHORITY_KEY), &key.private_key_to_pem_pkcs8()?, 0o600)?;
        write(&folder.join(AUTHORITY), &certificate.to_pem()?, 0o644)?;
        Ok(Self { certificate, key })
    }

    fn certify(&self, key: &PKey<Private>, names: &Names) -> Result<X509> {
        let mut name = X509Name::builder()?;
        name.append_entry_by_text("CN", "Lianwu device access")?;
        let mut builder = builder(&name.build(), self.certificate.subject_name(), key, SERVER_DAYS)?;
        builder.append_extension(BasicConstraints::new().critical().build()?)?;
        builder.append_extension(KeyUsage::new().critical().digital_signature().key_encipherment().build()?)?;
        builder.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
        let mut alternatives = SubjectAlternativeName::new();
        for host in &names.hosts {
            alternatives.dns(host);
        }
        for address in &names.addresses {
            alternatives.ip(&address.to_string());
        }
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let extensions = [
            alternatives.build(&context)?,
            SubjectKeyIdentifier::new().build(&context)?,
            AuthorityKeyIdentifier::new().keyid(true).build(&context)?,
        ];
        for extension in extensions {
            builder.append_extension(extension)?;
        }
        builder.sign(&self.key, MessageDigest::sha256())?;
        Ok(builder.build())
    }
}

fn make_key() -> Result<PKey<Private>> {
    Ok(PKey::from_rsa(Rsa::generate(KEY_BITS)?)?)
}

fn builder(
    subject: &openssl::x509::X509NameRef,
    issuer: &openssl::x509::X509NameRef,
    key: &PKey<Private>,
    days: u32,
) -> Result<X509Builder> {
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::MAYBE_ZERO, false)?;
    builder.set_serial_number(&*Asn1Integer::from_bn(&serial)?)?;
    builder.set_subject_name(subject)?;
    builder.set_issuer_name(issuer)?;
    builder.set_pubkey(key)?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let start = i64::try_from(now.as_secs()).unwrap_or(i64::MAX) - BACKDATED_SECONDS;
    builder.set_not_before(&*Asn1Time::from_unix(start)?)?;
    builder.set_not_after(&*Asn1Time::days_from_now(days)?)?;
    Ok(builder)
}

/// `None` when there is no such file.
fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
    }
}

/// Replaces a file as a whole.
fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let next = path.with_added_extension("next");
    match std::fs::remove_file(&next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&next)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&next, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names(host: &str) -> Names {
        let hosts = vec![format!("*.{host}"), host.to_owned()];
        Names { hosts, addresses: vec![[127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()] }
    }

    fn bytes(folder: &Path, file: &str) -> Vec<u8> {
        std::fs::read(folder.join(file)).unwrap()
    }

    /// Is the authority made once, and the server's certificate anew only for other names?
    #[test]
    fn the_authority_stays_when_the_names_change() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("tls");
        ensure(&folder, &names("iot.example.com")).unwrap();
        let (authority, first) = (bytes(&folder, AUTHORITY), bytes(&folder, CHAIN));
        ensure(&folder, &names("iot.example.com")).unwrap();
        assert_eq!(bytes(&folder, CHAIN), first, "it still fits");

        ensure(&folder, &names("other.example.com")).unwrap();
        let second = bytes(&folder, CHAIN);
        assert_ne!(second, first);
        assert_eq!(bytes(&folder, AUTHORITY), authority, "devices trust it");
        let chain = X509::stack_from_pem(&second).unwrap();
        assert!(names("other.example.com").are_in(&chain[0]) && !names("iot.example.com").are_in(&chain[0]));
        assert!(chain[0].verify(&chain[1].public_key().unwrap()).unwrap());
        for secret in [AUTHORITY_KEY, KEY] {
            let mode = std::fs::metadata(folder.join(secret)).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{secret}");
        }
    }

    /// Is half an authority an error instead of a reason to make another that no device trusts?
    #[test]
    fn half_an_authority_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        ensure(folder.path(), &names("iot.example.com")).unwrap();
        std::fs::remove_file(folder.path().join(AUTHORITY_KEY)).unwrap();
        let error = ensure(folder.path(), &names("iot.example.com")).unwrap_err();
        assert!(error.to_string().contains(AUTHORITY_KEY), "{error}");
    }
}
