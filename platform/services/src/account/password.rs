//! Console passwords: kept as argon2id hashes, checked in constant time, guessed slowly.

mod back_off;

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use argon2::password_hash::{PasswordHash as Phc, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use lianwu_model::Uin;
use lianwu_model::account::{PasswordHash, Principal, StoredPassword};
use lianwu_ports::registry::StoreError;
use tokio::sync::Semaphore;
use tracing::error;

use super::{AccountError, Member, managed};
use crate::Platform;
use crate::invalid::characters;
use crate::randomness::{ALPHANUMERIC, text};

use back_off::BackOff;

/// Length of a password, in characters.
pub const PASSWORD_CHARS_MIN: usize = 10;
pub const PASSWORD_CHARS_MAX: usize = 128;

const FIRST_PASSWORD_CHARS: usize = 20;

/// Memory of one hash in KiB, and passes over it: the figures OWASP gives for argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// Hashes computed at one time: each takes [`MEMORY_KIB`] and a core.
const HASHES_AT_ONCE: usize = 2;

/// Calls that may wait for their hash; more are told to come back.
const WAITING_MAX: usize = 64;

/// What is handed over once at first start and must be gone when the first password is changed.
pub trait FirstRunNote: Send + Sync {
    /// Removes the secrets of this main account from the note, if it is about this account. May block for the disk.
    ///
    /// # Errors
    /// When the note could not be rewritten.
    fn forget_secrets(&self, uin: Uin) -> io::Result<()>;
}

/// State of console sign-in. `Debug` shows nothing of it.
pub struct SignIn {
    back_off: BackOff,
    hashing: Semaphore,
    waiting: Semaphore,
    note: OnceLock<Arc<dyn FirstRunNote>>,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            back_off: BackOff::default(),
            hashing: Semaphore::new(HASHES_AT_ONCE),
            waiting: Semaphore::new(WAITING_MAX),
            note: OnceLock::new(),
        }
    }
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIn")
    }
}

impl SignIn {
    /// Says where the first secrets were written; the application calls it once, at start.
    pub fn note_is(&self, note: Arc<dyn FirstRunNote>) {
        // A second note is a mistake of the application that tests would show; the first stays.
        let _ = self.note.set(note);
    }
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SignInError {
    /// No such user, no password, or another one: callers must not learn which.
    #[error("user or password is wrong")]
    Wrong,
    /// The password is right, and its owner is switched off.
    #[error("the account is disabled")]
    Disabled,
    /// After failures, or while too many others are being checked.
    #[error("try again in {0:?}")]
    Wait(Duration),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks a password. `user` is a name that only one principal has, or a Uin.
///
/// Takes as long for a user that does not exist as for one that does. After five failures the next check of that user
/// waits one second, then twice as long each time, up to five minutes; an hour without failure forgets them.
///
/// # Errors
/// [`SignInError::Wrong`], `Disabled`, `Wait`, `Store`.
pub async fn check_password(platform: &Platform, user: &str, password: &str) -> Result<Arc<Principal>, SignInError> {
    checked(platform, user, password).await.map(|checked| Arc::clone(&checked.member.principal))
}

/// Whose password was right, and what is kept of it.
pub(super) struct Checked {
    pub(super) member: Arc<Member>,
    pub(super) password: StoredPassword,
}

/// See [`check_password`].
pub(super) async fn checked(platform: &Platform, user: &str, password: &str) -> Result<Checked, SignInError> {
    let found = find(platform, user);
    let guarded = found.as_ref().map_or_else(|| format!("?{user}"), |member| member.principal.uin.to_string());
    let sign_in = &platform.accounts.sign_in;
    sign_in.back_off.charge(&guarded, platform.clock.now()).map_err(SignInError::Wait)?;
    let _place = sign_in.waiting.try_acquire().map_err(|_| SignInError::Wait(Duration::from_secs(1)))?;
    let stored = match &found {
        Some(member) => platform.stores.accounts.password(member.principal.uin).await?,
        None => None,
    };
    let hash = stored.as_ref().map_or_else(decoy, |stored| stored.hash.clone());
    let is_right = verified(sign_in, hash, password).await;
    match found.zip(stored).filter(|_| is_right) {
        Some((member, password)) => {
            sign_in.back_off.forget(&guarded);
            if member.principal.active { Ok(Checked { member, password }) } else { Err(SignInError::Disabled) }
        }
        None => Err(SignInError::Wrong),
    }
}

fn find(platform: &Platform, user: &str) -> Option<Arc<Member>> {
    if let Some(uin) = user.parse().ok().map(Uin) {
        return platform.accounts.member(uin);
    }
    let mut named = platform.accounts.everybody().into_iter().filter(|member| member.principal.name == user);
    named.next().filter(|_| named.next().is_none())
}

/// Something to compute for users without a password: the same cost, never right.
fn decoy() -> PasswordHash {
    PasswordHash(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1$bm8tc3VjaC11c2VyLWhlcmU${}", "A".repeat(43)))
}

/// Changes a password and ends all logins of its owner, who says the old one, unless there is none; the main account need not for a
/// sub-account.
///
/// # Errors
/// [`AccountError::Invalid`], `WrongPassword`, `SamePassword`, `WaitForPassword`, `NotYourOwn`, `NotFound`, `NoteStays`.
pub async fn set_password(
    platform: &Platform,
    by: &Principal,
    uin: Option<Uin>,
    old: &str,
    new: &str,
) -> Result<(), AccountError> {
    characters("NewPassword", new, PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX)?;
    let uin = managed(platform, by, uin)?;
    let accounts = &platform.stores.accounts;
    let mut before = accounts.password(uin).await?;
    if uin == by.uin && before.is_some() {
        let checked = checked(platform, &uin.to_string(), old).await.map_err(|error| match error {
            SignInError::Wrong | SignInError::Disabled => AccountError::WrongPassword,
            SignInError::Wait(time) => AccountError::WaitForPassword(time),
            SignInError::Store(error) => AccountError::Store(error),
        })?;
        if old == new {
            return Err(AccountError::SamePassword);
        }
        before = Some(checked.password);
    }
    let hash = hashed(platform, new).await;
    let _turn = platform.turns.take().await;
    if uin == by.uin && accounts.password(uin).await? != before {
        // Somebody was faster: the old password is no longer the one that was checked.
        return Err(AccountError::WrongPassword);
    }
    accounts.set_password(uin, StoredPassword { hash, is_first: false }).await?;
    platform.accounts.logins.end_all(uin);
    let principal = platform.accounts.principal(uin).filter(|principal| principal.is_main_account());
    match (principal, platform.accounts.sign_in.note.get()) {
        (Some(_), Some(note)) => forget(note, uin).await,
        _ => Ok(()),
    }
}

async fn forget(note: &Arc<dyn FirstRunNote>, uin: Uin) -> Result<(), AccountError> {
    let note = Arc::clone(note);
    let forgetting = tokio::task::spawn_blocking(move || note.forget_secrets(uin));
    let result = forgetting.await.unwrap_or_else(|_| Err(io::Error::other("it ended in a panic")));
    result.map_err(|error| {
        error!(%uin, %error, "the first secrets could not be removed from the first-run file: remove them by hand");
        AccountError::NoteStays(error.to_string())
    })
}

/// What the next start writes down for a main account without a password. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct FirstPassword {
    pub uin: Uin,
    pub user: String,
    pub password: String,
}

impl std::fmt::Debug for FirstPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstPassword").field("uin", &self.uin).field("user", &self.user).finish_non_exhaustive()
    }
}

/// Gives the first main account a random password when it has none; `None` when it has one, or there is no account.
///
/// `write_down` has it before it is valid: a start cut off in between makes another the next time.
///
/// # Errors
/// When the registry fails, or whatever `write_down` says; nothing is stored then.
pub async fn ensure_password<E: From<StoreError>>(
    platform: &Platform,
    write_down: impl FnOnce(&FirstPassword) -> Result<(), E>,
) -> Result<Option<FirstPassword>, E> {
    let _turn = platform.turns.take().await;
    let accounts = &platform.stores.accounts;
    let Some(first) = accounts.principals().await?.into_iter().find(Principal::is_main_account) else {
        return Ok(None);
    };
    if accounts.password(first.uin).await?.is_some() {
        return Ok(None);
    }
    let password = text(platform.randomness.as_ref(), ALPHANUMERIC, FIRST_PASSWORD_CHARS);
    let hash = hashed(platform, &password).await;
    let made = FirstPassword { uin: first.uin, user: first.name, password };
    write_down(&made)?;
    accounts.set_password(first.uin, StoredPassword { hash, is_first: true }).await?;
    Ok(Some(made))
}

async fn hashed(platform: &Platform, password: &str) -> PasswordHash {
    let mut salt = [0; 16];
    platform.randomness.fill(&mut salt);
    let password = password.to_owned();
    on_hasher(&platform.accounts.sign_in, move || {
        let salt = SaltString::encode_b64(&salt).expect("16 bytes are a salt");
        let hash = argon2().hash_password(password.as_bytes(), &salt).expect("a password of at most 512 bytes hashes");
        PasswordHash(hash.to_string())
    })
    .await
}

async fn verified(sign_in: &SignIn, hash: PasswordHash, password: &str) -> bool {
    // Nobody has a longer one, and hashing takes time by the byte.
    let password = if password.chars().count() <= PASSWORD_CHARS_MAX { password.to_owned() } else { String::new() };
    on_hasher(sign_in, move || {
        let Ok(hash) = Phc::new(&hash.0) else {
            error!("a stored password hash does not read: set the password again");
            return false;
        };
        argon2().verify_password(password.as_bytes(), &hash).is_ok()
    })
    .await
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("the figures are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Beside the event loop, a few at a time.
async fn on_hasher<T: Send + 'static>(sign_in: &SignIn, run: impl FnOnce() -> T + Send + 'static) -> T {
    let _place = sign_in.hashing.acquire().await.expect("the semaphore is never closed");
    tokio::task::spawn_blocking(run).await.expect("hashing does not panic")
}
