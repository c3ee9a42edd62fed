//! Accounts in memory: a call never waits for the registry to know who calls.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use lianwu_model::Uin;
use lianwu_model::account::{AccessKey, Principal, SecretKeyText, StoredPolicy};
use lianwu_model::policy::{Grantee, Policy, Preset};
use tracing::error;

/// The owner of a key, with all that is needed to decide about a call. `Debug` hides the key.
#[derive(Clone, Debug)]
pub struct Signer {
    pub secret_key: SecretKeyText,
    pub principal: Arc<Principal>,
    /// What is attached to a sub-account; empty for a main account.
    pub policies: Arc<[Arc<Policy>]>,
}

impl Signer {
    /// Whose permissions a policy decision is about.
    #[must_use]
    pub fn grantee(&self) -> Grantee<'_> {
        if self.principal.is_main_account() { Grantee::MainAccount } else { Grantee::SubAccount(&self.policies) }
    }
}

#[derive(Debug, Default)]
struct Snapshot {
    signers: HashMap<Box<str>, Signer>,
    principals: HashMap<Uin, Arc<Principal>>,
    keys: HashMap<Uin, usize>,
}

/// All accounts of this platform. Reading takes no lock; a change replaces everything.
#[derive(Debug, Default)]
pub struct AccountCache {
    snapshot: ArcSwap<Snapshot>,
}

impl AccountCache {
    /// The owner of an active key.
    #[must_use]
    pub fn signer(&self, secret_id: &str) -> Option<Signer> {
        self.snapshot.load().signers.get(secret_id).cloned()
    }

    #[must_use]
    pub fn principal(&self, uin: Uin) -> Option<Arc<Principal>> {
        self.snapshot.load().principals.get(&uin).cloned()
    }

    /// Number of keys, active or not.
    pub(crate) fn keys_of(&self, uin: Uin) -> usize {
        self.snapshot.load().keys.get(&uin).copied().unwrap_or(0)
    }

    pub(super) fn fill(&self, principals: Vec<Principal>, keys: Vec<AccessKey>, policies: Vec<StoredPolicy>) {
        let mut next = Snapshot::default();
        let compiled = compile(policies);
        for principal in principals {
            next.principals.insert(principal.uin, Arc::new(principal));
        }
        for key in keys {
            *next.keys.entry(key.principal).or_default() += 1;
            if let Some(principal) = next.principals.get(&key.principal).filter(|_| key.active) {
                let policies = attached(principal, &compiled);
                let signer = Signer { secret_key: key.secret_key, principal: Arc::clone(principal), policies };
                next.signers.insert(key.secret_id.into(), signer);
            }
        }
        self.snapshot.store(Arc::new(next));
    }
}

type Compiled = HashMap<(Uin, String), Arc<Policy>>;

/// A saved policy that no longer reads must not widen anything: it allows nothing, and a person must look.
fn compile(policies: Vec<StoredPolicy>) -> Compiled {
    let mut compiled = HashMap::new();
    for stored in policies {
        match Policy::parse(&stored.document) {
            Ok(policy) => drop(compiled.insert((stored.owner, stored.name), Arc::new(policy))),
            Err(error) => error!(owner = %stored.owner, name = stored.name, %error, "a saved policy does not read"),
        }
    }
    compiled
}

/// Policies of a principal by name: the account's own first, then the presets.
fn attached(principal: &Principal, compiled: &Compiled) -> Arc<[Arc<Policy>]> {
    let find = |name: &String| {
        let own = compiled.get(&(principal.owner, name.clone())).cloned();
        own.or_else(|| Preset::find(name).map(Preset::policy))
    };
    principal.policies.iter().filter_map(find).collect()
}
