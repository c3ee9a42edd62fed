//! Backends: server-side clients of an account that receive what its devices send.
//!
//! Source: decisions 2, docs/adr/0009-backends.md. Whether a backend may have a message is asked anew every second, so a
//! right that was taken away, or a key that was disabled, ends within that time.

mod messages;

use std::collections::HashMap;
use std::net::IpAddr;

use lianwu_device_protocol::credentials::{BackendSignIn, BackendSignInError};
use lianwu_model::policy::{self, Context, Object, ResourceScope, Tag, evaluate};
use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};
use parking_lot::Mutex;

use crate::Platform;
use crate::account::Signer;
use crate::directory::DirectoryDevice;
use crate::logs::notes;

pub use messages::{LoggedPublish, messages};

/// Receiving messages: of a device, then the resource is the device, or in the account's own topic space, then it is `*`.
pub const RECEIVE: &str = "lianwu:ReceiveMessages";

/// Sending in the account's own topic space; the resource is `*`.
pub const SEND: &str = "lianwu:SendMessages";

/// Region in the names of objects. Source: spec/cloud-api.md 1.2.
const REGION: &str = "ap-guangzhou";

/// Answers remembered for one backend and one second; beyond it they are forgotten and asked again.
const REMEMBERED_MAX: usize = 65_536;

/// Why a backend was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    #[error("the SecretId does not exist or is disabled")]
    UnknownKey,
    #[error(transparent)]
    Credential(#[from] BackendSignInError),
}

impl BackendError {
    /// What the client may know: whether a SecretId exists is told to its owner only.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::UnknownKey | Self::Credential(BackendSignInError::Mismatch) => {
                "SecretId or password is wrong, the log of the account that owns the SecretId says more".to_owned()
            }
            Self::Credential(
                error @ (BackendSignInError::UserName
                | BackendSignInError::Password
                | BackendSignInError::Expired { .. }),
            ) => error.to_string(),
        }
    }
}

/// The account in whose log a refused sign-in stands, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub owner: Uin,
    pub principal: Uin,
    pub secret_id: String,
    pub why: String,
}

/// Whose log a refused sign-in with this user name stands in; nobody's when no account has the key.
#[must_use]
pub fn refused(platform: &Platform, user_name: &str, why: &str) -> Option<Refused> {
    let secret_id = user_name.split(';').next()?;
    let key = platform.accounts.claimed(secret_id)?;
    let why = if key.active { why } else { notes::KEY_DISABLED };
    let (owner, principal) = (key.owner, key.principal);
    Some(Refused { owner, principal, secret_id: secret_id.to_owned(), why: why.to_owned() })
}

/// A backend that is signed in.
#[derive(Debug)]
pub struct Backend {
    /// Main account whose devices and topics it sees.
    pub owner: Uin,
    /// The same as a text, as records name it.
    pub owner_name: Box<str>,
    pub principal: Uin,
    pub secret_id: Box<str>,
    /// Where it signed in from.
    pub source: Option<IpAddr>,
    remembered: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    second: u64,
    devices: HashMap<DeviceNumber, bool>,
    send: Option<bool>,
    receive_own: Option<bool>,
}

/// Checks a claim.
///
/// # Errors
/// [`BackendError`].
pub fn sign_in(
    platform: &Platform,
    claim: &BackendSignIn<'_>,
    source: Option<IpAddr>,
) -> Result<Backend, BackendError> {
    let Some(signer) = platform.accounts.signer(claim.secret_id) else {
        // Takes as long as for a key that is there.
        let _ = claim.verify("", platform.clock.now());
        return Err(BackendError::UnknownKey);
    };
    claim.verify(&signer.secret_key.0, platform.clock.now())?;
    signer.mark_used(platform.clock.now());
    Ok(Backend {
        owner: signer.member.principal.owner,
        owner_name: signer.member.principal.owner.to_string().into(),
        principal: signer.member.principal.uin,
        secret_id: claim.secret_id.into(),
        source,
        remembered: Mutex::default(),
    })
}

/// The backend whose session was kept, until it signs in again: with the rights its key has now, none if it is gone.
#[must_use]
pub fn of_session(platform: &Platform, owner: Uin, secret_id: &str) -> Backend {
    let principal = platform.accounts.signer(secret_id).map_or(owner, |signer| signer.member.principal.uin);
    Backend {
        owner,
        owner_name: owner.to_string().into(),
        principal,
        secret_id: secret_id.into(),
        source: None,
        remembered: Mutex::default(),
    }
}

impl Backend {
    /// Is its key still good?
    #[must_use]
    pub fn is_valid(&self, platform: &Platform) -> bool {
        platform.accounts.signer(&self.secret_id).is_some()
    }

    /// May it have messages of this device now?
    #[must_use]
    pub fn may_receive(&self, platform: &Platform, device: &DirectoryDevice, now: UnixMillis) -> bool {
        let mut remembered = self.remembered.lock();
        remembered.begin(now);
        if let Some(known) = remembered.devices.get(&device.number) {
            return *known;
        }
        let allowed = self.ask_receive(platform, device, now);
        if remembered.devices.len() >= REMEMBERED_MAX {
            remembered.devices.clear();
        }
        remembered.devices.insert(device.number, allowed);
        allowed
    }

    /// May it have a message that has waited? A deleted device has no tags any more that could be asked about: its
    /// messages are for the main account alone.
    #[must_use]
    pub fn may_receive_later(&self, platform: &Platform, message: &LoggedPublish, now: UnixMillis) -> bool {
        let Some((product, device, number)) = &message.device else { return self.may_receive_own(platform, now) };
        let known = platform.directory.find(*product, device).filter(|known| known.number == *number);
        match known {
            Some(device) => self.may_receive(platform, &device, now),
            None => {
                let of_account = platform.catalog.product(*product).is_some_and(|p| p.product.owner == self.owner);
                of_account && self.signer(platform).is_some_and(|signer| signer.member.principal.is_main_account())
            }
        }
    }

    /// May it send in its account's own topics now?
    #[must_use]
    pub fn may_send(&self, platform: &Platform, now: UnixMillis) -> bool {
        let mut remembered = self.remembered.lock();
        remembered.begin(now);
        let ask =
            || self.signer(platform).is_some_and(|signer| self.decide(&signer, SEND, policy::Target::Operation, now));
        *remembered.send.get_or_insert_with(ask)
    }

    /// May it have messages of its account's own topics now?
    #[must_use]
    pub fn may_receive_own(&self, platform: &Platform, now: UnixMillis) -> bool {
        let mut remembered = self.remembered.lock();
        remembered.begin(now);
        let ask = || {
            let may = |signer: &Signer| self.decide(signer, RECEIVE, policy::Target::Operation, now);
            self.signer(platform).is_some_and(|signer| may(&signer))
        };
        *remembered.receive_own.get_or_insert_with(ask)
    }

    /// Could any of its policies let it receive messages at all, and is a product it names its account's?
    ///
    /// # Errors
    /// Says why a subscription is refused.
    pub fn check_filter(&self, platform: &Platform, filter: &str) -> Result<(), FilterRefusal> {
        let signer = self.signer(platform).ok_or(FilterRefusal::NoRight)?;
        let is_own = |id: ProductId| platform.catalog.load().get(&id).is_none_or(|p| p.product.owner == self.owner);
        let named = filter.split('/').filter_map(|level| level.parse::<ProductId>().ok());
        if let Some(foreign) = named.into_iter().find(|id| !is_own(*id)) {
            return Err(FilterRefusal::Foreign(foreign));
        }
        if policy::may_reach(signer.member.grantee(), RECEIVE) { Ok(()) } else { Err(FilterRefusal::NoRight) }
    }

    fn ask_receive(&self, platform: &Platform, device: &DirectoryDevice, now: UnixMillis) -> bool {
        let Some(product) = platform.catalog.product(device.product).filter(|p| p.product.owner == self.owner) else {
            return false;
        };
        let Some(signer) = self.signer(platform) else { return false };
        if signer.member.principal.is_main_account() {
            return true;
        }
        let scope = ResourceScope { service: "iotexplorer", region: REGION, owner: self.owner, app_id: None };
        let name = scope.device(&product.product.project, device.product, &device.name);
        let own = device.tags();
        let of_policy = |tag: &lianwu_model::product::Tag| Tag { key: tag.key.clone(), value: tag.value.clone() };
        let hidden_by: Vec<Tag> = own.iter().map(of_policy).collect();
        let tags: Vec<Tag> = own.iter().chain(&product.product.tags).map(of_policy).collect();
        let object = Object { name: &name, tags: &tags, hidden_by: &hidden_by };
        self.decide(&signer, RECEIVE, policy::Target::Objects(&[object]), now)
    }

    fn decide(&self, signer: &Signer, action: &str, target: policy::Target<'_>, now: UnixMillis) -> bool {
        let context = Context { source: self.source, now, request_tags: &[] };
        evaluate(signer.member.grantee(), &policy::Request { action, target, context: &context }).is_allowed()
    }

    /// Who it is now; `None` when its key is gone.
    fn signer(&self, platform: &Platform) -> Option<Signer> {
        platform.accounts.signer(&self.secret_id)
    }
}

impl Remembered {
    fn begin(&mut self, now: UnixMillis) {
        let second = now.seconds();
        if self.second != second {
            self.second = second;
            self.devices.clear();
            self.send = None;
            self.receive_own = None;
        }
    }
}

/// Why a subscription is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterRefusal {
    #[error("no policy allows {RECEIVE}")]
    NoRight,
    #[error("product {0} belongs to another account")]
    Foreign(ProductId),
}
