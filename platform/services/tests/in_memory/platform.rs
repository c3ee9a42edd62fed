//! A platform in memory with one account, and openssl in the hands of that account.

use std::sync::Arc;

use lianwu_model::UnixMillis;
use lianwu_model::account::Principal;
use lianwu_model::product::{Authentication, DataProtocol, Product, ProductKind};
use lianwu_ports::blobs::memory::MemoryBlobs;
use lianwu_ports::bus::NoDevices;
use lianwu_ports::clock::ManualClock;
use lianwu_ports::log::memory::MemoryLog;
use lianwu_ports::readings::memory::MemoryReadings;
use lianwu_ports::registry::memory::MemoryRegistry;
use lianwu_ports::script::NoScripts;
use lianwu_services::account;
use lianwu_services::certificate::{AuthorityText, proof_name};
use lianwu_services::product::{self, NewProduct};
use lianwu_services::project::{self, ProjectText};
use lianwu_services::randomness::Counting;
use lianwu_services::{Foundation, Limits, Platform, Stores, start};
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::BasicConstraints;
use openssl::x509::{X509, X509Name};

pub const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
pub const DAY_S: i64 = 86_400;

pub struct World {
    pub platform: Arc<Platform>,
    pub clock: Arc<ManualClock>,
    pub registry: Arc<MemoryRegistry>,
    pub owner: Arc<Principal>,
    project: String,
}

impl World {
    pub async fn new() -> Self {
        let registry = Arc::new(MemoryRegistry::new());
        let (platform, clock) = started(&registry, 0).await;
        let first = account::bootstrap(&platform).await.unwrap().unwrap();
        let owner = platform.accounts.principal(first.uin).unwrap();
        let text = ProjectText { name: "home".into(), description: String::new() };
        let project = project::create(&platform, owner.owner, text, None).await.unwrap().id.to_string();
        Self { platform, clock, registry, owner, project }
    }

    /// The same registry under a program started anew.
    pub async fn restarted(&self) -> Arc<Platform> {
        started(&self.registry, 0).await.0
    }

    pub async fn product(&self, name: &str, authentication: Authentication) -> Product {
        let new = NewProduct {
            project: self.project.clone(),
            name: name.into(),
            description: String::new(),
            category: 1,
            kind: ProductKind::Device,
            authentication,
            net_type: "wifi".into(),
            data_protocol: DataProtocol::ThingModel,
        };
        product::create(&self.platform, &self.owner, new).await.unwrap()
    }

    /// An authority with the proof that the account holds its key.
    pub fn text(&self, name: &str, authority: &Authority) -> AuthorityText {
        AuthorityText {
            name: name.into(),
            certificate: authority.pem(),
            proof: pem(&authority.issue(&proof_name(self.owner.uin))),
        }
    }
}

/// A start over this registry; `seed` makes its random texts differ from another start's.
pub async fn started(registry: &Arc<MemoryRegistry>, seed: u64) -> (Arc<Platform>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(NOW));
    let readings = Arc::new(MemoryReadings::default());
    let platform = Arc::new(Platform::new(Foundation {
        clock: clock.clone(),
        log: Arc::new(MemoryLog::new(clock.clone())),
        readings: readings.clone(),
        states: readings,
        stores: Stores::of(registry),
        blobs: Arc::new(MemoryBlobs::default()),
        bus: Arc::new(NoDevices),
        scripts: Arc::new(NoScripts),
        randomness: Arc::new(Counting::from(seed)),
        limits: Limits::default(),
    }));
    start::load(&platform).await.unwrap();
    (platform, clock)
}

/// An authority as openssl makes one. Keys are on a curve: they are made at once.
pub struct Authority {
    pub certificate: X509,
    key: PKey<Private>,
}

/// Days around [`NOW`].
#[derive(Clone, Copy)]
pub struct Days(pub i64, pub i64);

impl Authority {
    pub fn new(name: &str) -> Self {
        Self::during(name, Days(-10, 1_000))
    }

    pub fn during(name: &str, days: Days) -> Self {
        let key = key(Nid::X9_62_PRIME256V1);
        let certificate = certificate(name, name, &key, &key, days, true);
        Self { certificate, key }
    }

    /// With a key nobody should use today.
    pub fn weak(name: &str) -> Self {
        let key = key(Nid::SECP160R1);
        let certificate = certificate(name, name, &key, &key, Days(-1, 1), true);
        Self { certificate, key }
    }

    pub fn pem(&self) -> String {
        pem(&self.certificate)
    }

    pub fn issue(&self, name: &str) -> X509 {
        self.issue_during(name, Days(-1, 100))
    }

    pub fn issue_during(&self, name: &str, days: Days) -> X509 {
        certificate(name, &self.name(), &key(Nid::X9_62_PRIME256V1), &self.key, days, false)
    }

    /// Another authority under this one.
    pub fn delegate(&self, name: &str) -> Self {
        let own = key(Nid::X9_62_PRIME256V1);
        let certificate = certificate(name, &self.name(), &own, &self.key, Days(-1, 100), true);
        Self { certificate, key: own }
    }

    /// A certificate that may issue nothing, with its key.
    pub fn end(&self, name: &str) -> Self {
        let own = key(Nid::X9_62_PRIME256V1);
        let certificate = certificate(name, &self.name(), &own, &self.key, Days(-1, 100), false);
        Self { certificate, key: own }
    }

    fn name(&self) -> String {
        let entry = self.certificate.subject_name().entries().next().unwrap();
        entry.data().to_string().unwrap()
    }
}

pub fn pem(certificate: &X509) -> String {
    String::from_utf8(certificate.to_pem().unwrap()).unwrap()
}

pub fn der(certificate: &X509) -> Vec<u8> {
    certificate.to_der().unwrap()
}

fn key(curve: Nid) -> PKey<Private> {
    PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap()).unwrap()
}

fn certificate(
    name: &str,
    issuer: &str,
    key: &PKey<Private>,
    signer: &PKey<Private>,
    Days(from, until): Days,
    is_authority: bool,
) -> X509 {
    let named = |name: &str| {
        let mut builder = X509Name::builder().unwrap();
        builder.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
        builder.build()
    };
    let time = |days: i64| {
        let now = i64::try_from(NOW.0 / 1_000).unwrap();
        Asn1Time::from_unix(now + days * DAY_S).unwrap()
    };
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(120, openssl::bn::MsbOption::ONE, false).unwrap();
    builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
    builder.set_subject_name(&named(name)).unwrap();
    builder.set_issuer_name(&named(issuer)).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&time(from)).unwrap();
    builder.set_not_after(&time(until)).unwrap();
    let constraints = match is_authority {
        true => BasicConstraints::new().critical().ca().build(),
        false => BasicConstraints::new().critical().build(),
    };
    builder.append_extension(constraints.unwrap()).unwrap();
    builder.sign(signer, MessageDigest::sha256()).unwrap();
    builder.build()
}
