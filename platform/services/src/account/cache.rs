//! Accounts in memory: a call never waits for the registry to know who calls.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use lianwu_model::Uin;
use lianwu_model::account::{AccessKey, Principal, SecretKeyText, StoredPolicy};

/// The owner of a key, with all that is needed to decide about a call. `Debug` hides the key.
#[derive(Clone, Debug)]
pub struct Signer {
    pub secret_key: SecretKeyText,
    pub principal: Arc<Principal>,
}

#[derive(Debug, Default)]
struct Snapshot {
    signers: HashMap<Box<str>, Signer>,
    principals: HashMap<Uin, Arc<Principal>>,
    keys: HashMap<Uin, usize>,
    policies: HashMap<(Uin, String), StoredPolicy>,
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
    pub(super) fn keys_of(&self, uin: Uin) -> usize {
        self.snapshot.load().keys.get(&uin).copied().unwrap_or(0)
    }

    pub(super) fn fill(&self, principals: Vec<Principal>, keys: Vec<AccessKey>, policies: Vec<StoredPolicy>) {
        let mut next = Snapshot::default();
        for policy in policies {
            next.policies.insert((policy.owner, policy.name.clone()), policy);
        }
        for principal in principals {
            next.principals.insert(principal.uin, Arc::new(principal));
        }
        for key in keys {
            *next.keys.entry(key.principal).or_default() += 1;
            if let Some(principal) = next.principals.get(&key.principal).filter(|_| key.active) {
                let signer = Signer { secret_key: key.secret_key, principal: Arc::clone(principal) };
                next.signers.insert(key.secret_id.into(), signer);
            }
        }
        self.snapshot.store(Arc::new(next));
    }
}
