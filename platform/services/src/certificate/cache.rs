//! Authorities in memory: what issuing and checking need, without a question to the registry.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use lianwu_model::certificate::{Authority, Certificate, PlatformAuthority};
use lianwu_model::{ProductId, Uin, UnixMillis};
use lianwu_ports::registry::StoreError;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::x509::{self, CertificateFacts};

/// An authority a product can trust, ready to check chains.
#[derive(Clone)]
pub struct KnownAuthority {
    /// Name the account gave it; empty for the platform's.
    pub name: String,
    pub certificate: Certificate,
    pub facts: CertificateFacts,
    /// When it was registered or made.
    pub created: UnixMillis,
    pub(super) x509: X509,
    pub(super) between: Arc<Between>,
}

/// Most certificates remembered between one authority and its devices.
const BETWEEN_MAX: usize = 32;

/// What stood between an authority and a device in chains that were good.
///
/// A resumed TLS session shows the device's own certificate only. These complete its chain, and each is judged again.
#[derive(Default)]
pub(super) struct Between(Mutex<Vec<X509>>);

impl Between {
    pub(super) fn remember(&self, above: &[X509]) {
        let mut known = self.0.lock();
        for certificate in above {
            if known.len() < BETWEEN_MAX && !known.contains(certificate) {
                known.push(certificate.clone());
            }
        }
    }

    /// The chain with what may be missing in it; `None` when nothing is known.
    pub(super) fn complete(&self, own: &X509) -> Option<Vec<X509>> {
        let known = self.0.lock();
        (!known.is_empty()).then(|| std::iter::once(own).chain(known.iter()).cloned().collect())
    }
}

impl fmt::Debug for KnownAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownAuthority").field("name", &self.name).field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl KnownAuthority {
    fn read(name: String, certificate: Certificate, created: UnixMillis) -> Result<Self, StoreError> {
        let unreadable = |why: String| StoreError::Failed(format!("authority {name:?} does not read: {why}"));
        let x509 = x509::one_from_pem(&certificate.pem).map_err(&unreadable)?;
        let facts = x509::facts(&x509).map_err(|error| unreadable(error.to_string()))?;
        Ok(Self { name, certificate, facts, created, x509, between: Arc::default() })
    }
}

/// The platform's authority with its key.
pub(super) struct Issuer {
    pub(super) known: Arc<KnownAuthority>,
    pub(super) key: PKey<Private>,
}

/// Authorities of accounts, and which product trusts which.
#[derive(Default)]
struct Own {
    authorities: BTreeMap<(Uin, String), Arc<KnownAuthority>>,
    bindings: HashMap<ProductId, String>,
}

/// All authorities of this platform. Reading takes no lock.
pub struct CertificateCache {
    platform: ArcSwapOption<Issuer>,
    own: ArcSwap<Own>,
    /// Making a key keeps a core busy: one at a time.
    pub(super) making: Semaphore,
}

impl Default for CertificateCache {
    fn default() -> Self {
        Self { platform: ArcSwapOption::empty(), own: ArcSwap::default(), making: Semaphore::new(1) }
    }
}

impl fmt::Debug for CertificateCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CertificateCache")
    }
}

impl CertificateCache {
    pub(super) fn set_platform(&self, stored: PlatformAuthority) -> Result<(), StoreError> {
        let key = PKey::private_key_from_pem(stored.key.0.as_bytes());
        let key = key.map_err(|error| StoreError::Failed(format!("the authority's key does not read: {error}")))?;
        let known = KnownAuthority::read(String::new(), stored.certificate, stored.created)?;
        self.platform.store(Some(Arc::new(Issuer { known: Arc::new(known), key })));
        Ok(())
    }

    pub(super) fn fill(
        &self,
        authorities: Vec<Authority>,
        bindings: Vec<(ProductId, String)>,
    ) -> Result<(), StoreError> {
        let mut own = Own { authorities: BTreeMap::new(), bindings: bindings.into_iter().collect() };
        for Authority { owner, name, certificate, created, .. } in authorities {
            let known = KnownAuthority::read(name.clone(), certificate, created)?;
            own.authorities.insert((owner, name), Arc::new(known));
        }
        self.own.store(Arc::new(own));
        Ok(())
    }

    pub(super) fn issuer(&self) -> Option<Arc<Issuer>> {
        self.platform.load_full()
    }

    pub(super) fn find(&self, owner: Uin, name: &str) -> Option<Arc<KnownAuthority>> {
        self.own.load().authorities.get(&(owner, name.to_owned())).cloned()
    }

    /// Authorities of an account, by name.
    pub(super) fn of_owner(&self, owner: Uin) -> Vec<Arc<KnownAuthority>> {
        let own = self.own.load();
        own.authorities.iter().filter(|((of, _), _)| *of == owner).map(|(_, known)| Arc::clone(known)).collect()
    }

    /// The account's authority a product is bound to.
    pub(super) fn bound(&self, owner: Uin, product: ProductId) -> Option<Arc<KnownAuthority>> {
        let own = self.own.load();
        let name = own.bindings.get(&product)?;
        own.authorities.get(&(owner, name.clone())).cloned()
    }

    /// Products bound to an authority of that name, of any account.
    pub(super) fn bound_to(&self, name: &str) -> Vec<ProductId> {
        let own = self.own.load();
        own.bindings.iter().filter(|(_, bound)| *bound == name).map(|(product, _)| *product).collect()
    }
}
