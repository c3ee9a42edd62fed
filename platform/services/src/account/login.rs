//! Logins: who is signed in to the console, with which browser, and for how long.
//!
//! A browser holds a random token, here and in the registry there is only its digest. A login ends when it is not used for
//! long, when it is old, when its owner signs out, gets another password or is deleted, and when newer ones need its place.

mod table;
mod token;

use std::sync::Arc;
use std::time::Duration;

use lianwu_model::Uin;
use lianwu_model::login::{Login, LoginDigest};
use lianwu_ports::registry::StoreError;
use parking_lot::Mutex;
use tracing::warn;

use super::Member;
use super::password::{SignInError, checked};
use crate::{Limits, Platform};

use table::{Lifetimes, Table};
pub use token::LoginToken;

/// Logins one principal has at a time; the oldest makes room.
pub const LOGINS_PER_PRINCIPAL_MAX: usize = 20;

/// Logins of everybody together; the one unused for longest makes room.
pub const LOGINS_MAX: usize = 10_000;

/// All logins of this platform. `Debug` shows how many.
#[derive(Default)]
pub struct Logins {
    table: Mutex<Table>,
}

impl std::fmt::Debug for Logins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Logins").field("count", &self.table.lock().len()).finish()
    }
}

impl Logins {
    /// Forgets the logins of a principal; gives them, for the registry.
    pub(super) fn end_all(&self, uin: Uin) -> Vec<LoginDigest> {
        self.table.lock().end_all(uin)
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub member: Arc<Member>,
    /// Signed in with the password the platform made: nothing may be served but a change of it.
    pub must_change_password: bool,
    digest: LoginDigest,
}

/// A login that was just opened; the token is shown this once.
#[derive(Debug)]
pub struct OpenedLogin {
    pub token: LoginToken,
    pub signed_in: SignedIn,
}

/// Reads all logins into memory.
///
/// # Errors
/// When the registry fails.
pub async fn load_logins(platform: &Platform) -> Result<(), StoreError> {
    let logins = platform.stores.accounts.logins().await?;
    platform.accounts.logins.table.lock().fill(logins);
    Ok(())
}

/// Checks the password as [`check_password`](super::check_password) does and opens a login.
///
/// # Errors
/// [`SignInError::Wrong`], `Disabled`, `Wait`, `Store`.
pub async fn sign_in(platform: &Platform, user: &str, password: &str) -> Result<OpenedLogin, SignInError> {
    let checked = checked(platform, user, password).await?;
    let uin = checked.member.principal.uin;
    // The password may have been changed since it was checked: no login must outlive that.
    let _turn = platform.turns.take().await;
    let accounts = &platform.stores.accounts;
    if accounts.password(uin).await?.as_ref() != Some(&checked.password) {
        return Err(SignInError::Wrong);
    }
    let Some(member) = platform.accounts.member(uin) else { return Err(SignInError::Wrong) };
    if !member.principal.active {
        return Err(SignInError::Disabled);
    }
    let token = LoginToken::random(platform.randomness.as_ref());
    let now = platform.clock.now();
    let must_change_password = checked.password.is_first;
    let login = Login { digest: token.digest(), principal: uin, created: now, last_used: now, must_change_password };
    let ended = platform.accounts.logins.table.lock().room_for(uin, now, lifetimes(platform));
    accounts.open_login(login.clone(), ended.clone()).await?;
    let mut table = platform.accounts.logins.table.lock();
    table.end(&ended);
    let signed_in = SignedIn { member, must_change_password, digest: login.digest };
    table.put(login);
    Ok(OpenedLogin { token, signed_in })
}

/// Whose browser it is that shows this token, and that it was used now; `None` when the login has ended.
pub async fn signed_in(platform: &Platform, token: &LoginToken) -> Option<SignedIn> {
    let (now, digest) = (platform.clock.now(), token.digest());
    let used = platform.accounts.logins.table.lock().used(digest, now, lifetimes(platform))?;
    let Some(member) = active(platform, used.login.principal) else {
        platform.accounts.logins.end_all(used.login.principal);
        return None;
    };
    if used.is_to_be_written
        && let Err(error) = platform.stores.accounts.record_login_use(digest, now).await
    {
        warn!(%error, "the last use of a login could not be written down");
    }
    Some(SignedIn { member, must_change_password: used.login.must_change_password, digest })
}

/// The same somebody once more, if the login has not ended since; it is no use of it.
#[must_use]
pub fn still_signed_in(platform: &Platform, signed_in: &SignedIn) -> Option<SignedIn> {
    let (now, digest) = (platform.clock.now(), signed_in.digest);
    let login = platform.accounts.logins.table.lock().good(digest, now, lifetimes(platform))?;
    let member = active(platform, login.principal)?;
    Some(SignedIn { member, must_change_password: login.must_change_password, digest })
}

/// Ends this login.
///
/// # Errors
/// When the registry fails: the login has ended, and would be there again after a restart.
pub async fn sign_out(platform: &Platform, signed_in: &SignedIn) -> Result<(), StoreError> {
    let ended = vec![signed_in.digest];
    platform.accounts.logins.table.lock().end(&ended);
    platform.stores.accounts.end_logins(ended).await
}

/// Ends every login of this principal.
///
/// # Errors
/// As [`sign_out`].
pub async fn sign_out_everywhere(platform: &Platform, uin: Uin) -> Result<(), StoreError> {
    // One that is being opened has its turn: it is there before, or its owner asked for it afterwards.
    let _turn = platform.turns.take().await;
    let ended = platform.accounts.logins.end_all(uin);
    platform.stores.accounts.end_logins(ended).await
}

/// Removes logins whose time is over; gives how many.
///
/// # Errors
/// When the registry fails.
pub async fn expire_logins(platform: &Platform) -> Result<usize, StoreError> {
    let ended = platform.accounts.logins.table.lock().expire(platform.clock.now(), lifetimes(platform));
    let count = ended.len();
    if count > 0 {
        platform.stores.accounts.end_logins(ended).await?;
    }
    Ok(count)
}

/// Somebody who is still there, and not switched off.
fn active(platform: &Platform, uin: Uin) -> Option<Arc<Member>> {
    platform.accounts.member(uin).filter(|member| member.principal.active)
}

fn lifetimes(platform: &Platform) -> Lifetimes {
    let Limits { login_idle_hours, login_days, .. } = platform.limits;
    Lifetimes {
        idle: Duration::from_secs(u64::from(login_idle_hours) * 3600),
        whole: Duration::from_secs(u64::from(login_days) * 86_400),
    }
}
