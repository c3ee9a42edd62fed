//! Accounts in memory: a call never waits for the registry to know who calls.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use lianwu_model::account::{AccessKey, Group, Principal, SecretKeyText, StoredPolicy};
use lianwu_model::policy::{Grantee, Policy, Preset};
use lianwu_model::{Uin, UnixMillis};
use parking_lot::Mutex;
use tracing::error;

use super::login::Logins;
use super::password::SignIn;

/// A key with its owner: all that is needed to prove a call and to decide about it. `Debug` hides the key.
#[derive(Clone, Debug)]
pub struct Signer {
    pub secret_key: SecretKeyText,
    pub member: Arc<Member>,
    key_use: Arc<KeyUse>,
}

impl Signer {
    /// Remembers that the key was used; it is written down later. Call it once the signature is proved.
    pub fn mark_used(&self, now: UnixMillis) {
        self.key_use.last.fetch_max(now.0, Ordering::Relaxed);
    }
}

/// A main account or sub-account with what it may.
#[derive(Debug)]
pub struct Member {
    pub principal: Arc<Principal>,
    /// What is attached to a sub-account and its groups; empty for a main account.
    pub policies: Arc<[Arc<Policy>]>,
    /// Names of its groups, oldest group first.
    pub groups: Vec<String>,
}

impl Member {
    /// Whose permissions a policy decision is about.
    #[must_use]
    pub fn grantee(&self) -> Grantee<'_> {
        match self.principal.is_main_account() {
            true => Grantee::MainAccount,
            false => Grantee::SubAccount(&self.policies),
        }
    }
}

/// A key without its secret.
#[derive(Clone, Debug)]
pub struct KeyView {
    pub secret_id: String,
    pub principal: Uin,
    pub active: bool,
    pub created: UnixMillis,
    key_use: Arc<KeyUse>,
}

impl KeyView {
    /// Last call signed with it, to the moment.
    #[must_use]
    pub fn last_used(&self) -> Option<UnixMillis> {
        Some(UnixMillis(self.key_use.last.load(Ordering::Relaxed))).filter(|time| time.0 != 0)
    }
}

/// Whose key it is, used or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimedKey {
    /// Main account.
    pub owner: Uin,
    pub principal: Uin,
    /// The key and its owner are.
    pub active: bool,
}

/// When a key was used, and what of that is in the registry; Unix milliseconds, 0 is never.
#[derive(Debug, Default)]
struct KeyUse {
    last: AtomicU64,
    written: AtomicU64,
}

/// What the registry holds.
pub(super) struct Rows {
    /// Oldest first.
    pub principals: Vec<Principal>,
    pub keys: Vec<AccessKey>,
    pub policies: Vec<StoredPolicy>,
    pub groups: Vec<Group>,
}

#[derive(Debug, Default)]
struct Snapshot {
    signers: HashMap<Box<str>, Signer>,
    members: HashMap<Uin, Arc<Member>>,
    keys: HashMap<Uin, Vec<KeyView>>,
    administrator: Option<Uin>,
    claimed: HashMap<Box<str>, ClaimedKey>,
    policies: Arc<[StoredPolicy]>,
    groups: Arc<[Group]>,
}

/// All accounts of this platform. Reading takes no lock; a change replaces everything.
#[derive(Debug, Default)]
pub struct AccountCache {
    snapshot: ArcSwap<Snapshot>,
    /// Outlive the snapshots, so that a change of accounts forgets no use.
    uses: Mutex<HashMap<Box<str>, Arc<KeyUse>>>,
    version: AtomicU64,
    /// Console sign-in.
    pub sign_in: SignIn,
    /// Who is signed in to the console.
    pub(super) logins: Logins,
}

impl AccountCache {
    /// The owner of an active key.
    #[must_use]
    pub fn signer(&self, secret_id: &str) -> Option<Signer> {
        self.snapshot.load().signers.get(secret_id).cloned()
    }

    /// Whose key this is, active or not. Never tell a stranger.
    #[must_use]
    pub fn claimed(&self, secret_id: &str) -> Option<ClaimedKey> {
        self.snapshot.load().claimed.get(secret_id).copied()
    }

    #[must_use]
    pub fn principal(&self, uin: Uin) -> Option<Arc<Principal>> {
        self.snapshot.load().members.get(&uin).map(|member| Arc::clone(&member.principal))
    }

    #[must_use]
    pub fn member(&self, uin: Uin) -> Option<Arc<Member>> {
        self.snapshot.load().members.get(&uin).cloned()
    }

    /// The main account that administers the platform as a whole: the first one there was, which the first start made
    /// and `first-run.json` tells of. A main account cannot be deleted, so it stays the same one.
    #[must_use]
    pub fn administrator(&self) -> Option<Uin> {
        self.snapshot.load().administrator
    }

    /// Grows with every change of accounts, keys, policies or groups: who keeps a decision looks here whether it still
    /// holds.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// A main account and its sub-accounts, oldest first.
    pub(super) fn members_of(&self, owner: Uin) -> Vec<Arc<Member>> {
        let snapshot = self.snapshot.load();
        let mut members: Vec<_> = snapshot.members.values().filter(|m| m.principal.owner == owner).cloned().collect();
        members.sort_by_key(|member| (member.principal.created, member.principal.uin));
        members
    }

    /// Everybody, for looking a name up.
    pub(super) fn everybody(&self) -> Vec<Arc<Member>> {
        self.snapshot.load().members.values().cloned().collect()
    }

    /// Keys of a principal, active or not, oldest first.
    pub(super) fn keys_of(&self, uin: Uin) -> Vec<KeyView> {
        self.snapshot.load().keys.get(&uin).cloned().unwrap_or_default()
    }

    pub(super) fn key(&self, secret_id: &str) -> Option<KeyView> {
        self.snapshot.load().keys.values().flatten().find(|key| key.secret_id == secret_id).cloned()
    }

    /// Own policies of all main accounts, oldest first.
    pub(super) fn policies(&self) -> Arc<[StoredPolicy]> {
        Arc::clone(&self.snapshot.load().policies)
    }

    /// Groups of all main accounts, oldest first.
    pub(super) fn groups(&self) -> Arc<[Group]> {
        Arc::clone(&self.snapshot.load().groups)
    }

    /// Keys used since that was last written down, with the time of it.
    pub(super) fn unwritten_uses(&self) -> Vec<(String, UnixMillis)> {
        let uses = self.uses.lock();
        let dirty = uses.iter().filter_map(|(secret_id, key_use)| {
            let last = key_use.last.load(Ordering::Relaxed);
            let is_new = last > key_use.written.load(Ordering::Relaxed);
            is_new.then(|| (secret_id.to_string(), UnixMillis(last)))
        });
        dirty.collect()
    }

    pub(super) fn uses_written(&self, written: &[(String, UnixMillis)]) {
        let uses = self.uses.lock();
        for (secret_id, time) in written {
            if let Some(key_use) = uses.get(secret_id.as_str()) {
                key_use.written.fetch_max(time.0, Ordering::Relaxed);
            }
        }
    }

    pub(super) fn fill(&self, rows: Rows) {
        let mut next = Snapshot::default();
        let compiled = compile(&rows.policies);
        next.administrator = rows.principals.iter().find(|found| found.is_main_account()).map(|found| found.uin);
        for principal in rows.principals {
            let groups: Vec<_> = rows.groups.iter().filter(|group| group.members.contains(&principal.uin)).collect();
            let names = principal.policies.iter().chain(groups.iter().flat_map(|group| &group.policies));
            let policies = attached(principal.owner, names, &compiled);
            let groups = groups.into_iter().map(|group| group.name.clone()).collect();
            let member = Member { principal: Arc::new(principal), policies, groups };
            next.members.insert(member.principal.uin, Arc::new(member));
        }
        let uses = self.keep_uses(&rows.keys);
        for (key, key_use) in rows.keys.into_iter().zip(uses) {
            let AccessKey { secret_id, secret_key, principal, active, created, .. } = key;
            if let Some(member) = next.members.get(&principal) {
                let active = active && member.principal.active;
                let claimed = ClaimedKey { owner: member.principal.owner, principal, active };
                next.claimed.insert(secret_id.clone().into(), claimed);
            }
            if let Some(member) = next.members.get(&principal).filter(|member| active && member.principal.active) {
                let signer = Signer { secret_key, member: Arc::clone(member), key_use: Arc::clone(&key_use) };
                next.signers.insert(secret_id.clone().into(), signer);
            }
            let view = KeyView { secret_id, principal, active, created, key_use };
            next.keys.entry(principal).or_default().push(view);
        }
        (next.policies, next.groups) = (rows.policies.into(), rows.groups.into());
        self.snapshot.store(Arc::new(next));
        self.version.fetch_add(1, Ordering::Release);
    }

    /// One use for each key, in the order given; uses of keys that are gone are forgotten.
    fn keep_uses(&self, keys: &[AccessKey]) -> Vec<Arc<KeyUse>> {
        let mut uses = self.uses.lock();
        let mut kept = HashMap::with_capacity(keys.len());
        let mut ordered = Vec::with_capacity(keys.len());
        for key in keys {
            let key_use = uses.remove(key.secret_id.as_str()).unwrap_or_default();
            let stored = key.last_used.unwrap_or_default().0;
            key_use.last.fetch_max(stored, Ordering::Relaxed);
            key_use.written.fetch_max(stored, Ordering::Relaxed);
            kept.insert(key.secret_id.as_str().into(), Arc::clone(&key_use));
            ordered.push(key_use);
        }
        *uses = kept;
        ordered
    }
}

type Compiled<'a> = HashMap<(Uin, &'a str), Arc<Policy>>;

/// A saved policy that no longer reads must not widen anything: it allows nothing, and a person must look.
fn compile(policies: &[StoredPolicy]) -> Compiled<'_> {
    let mut compiled = HashMap::new();
    for stored in policies {
        match Policy::parse(&stored.document) {
            Ok(policy) => drop(compiled.insert((stored.owner, stored.name.as_str()), Arc::new(policy))),
            Err(error) => error!(owner = %stored.owner, name = stored.name, %error, "a saved policy does not read"),
        }
    }
    compiled
}

/// Policies by name, each once: the account's own first, then the presets.
fn attached<'a>(owner: Uin, names: impl Iterator<Item = &'a String>, compiled: &Compiled<'_>) -> Arc<[Arc<Policy>]> {
    let mut seen: Vec<&str> = Vec::new();
    let mut policies = Vec::new();
    for name in names {
        if seen.contains(&name.as_str()) {
            continue;
        }
        seen.push(name);
        let own = compiled.get(&(owner, name.as_str())).cloned();
        policies.extend(own.or_else(|| Preset::find(name).map(Preset::policy)));
    }
    policies.into()
}
