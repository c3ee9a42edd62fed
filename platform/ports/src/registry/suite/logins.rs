//! Logins to the console.

use std::sync::Arc;

use lianwu_model::account::{PasswordHash, Principal, StoredPassword};
use lianwu_model::login::{Login, LoginDigest};
use lianwu_model::{Uin, UnixMillis};

use super::principal;
use crate::registry::{Accounts, StoreError};

const LI: u64 = 100_000_001;
const WANG: u64 = 100_000_002;

fn digest(number: u8) -> LoginDigest {
    LoginDigest([number; 32])
}

fn login(number: u8, uin: u64) -> Login {
    Login {
        digest: digest(number),
        principal: Uin(uin),
        created: UnixMillis(1_790_000_000_007),
        last_used: UnixMillis(1_790_000_000_008),
        must_change_password: number == 1,
    }
}

/// Two principals with a login each, the second's opened first.
async fn with_logins(store: &impl Accounts) {
    for uin in [LI, WANG] {
        store.create_principal(principal(uin)).await.expect("create principal");
    }
    store.open_login(login(2, WANG), Vec::new()).await.expect("open");
    store.open_login(login(1, LI), Vec::new()).await.expect("open");
}

/// Does a restart read back what was opened, oldest first, and nothing that has ended?
pub async fn logins_are_listed_in_order(store: Arc<impl Accounts>) {
    with_logins(&*store).await;
    assert_eq!(store.logins().await, Ok(vec![login(2, WANG), login(1, LI)]));
    store.end_logins(vec![digest(2), digest(9)]).await.expect("end");
    assert_eq!(store.logins().await, Ok(vec![login(1, LI)]));
}

/// Is a login of nobody refused, and a token that there is?
pub async fn a_login_needs_its_principal_and_is_opened_once(store: Arc<impl Accounts>) {
    with_logins(&*store).await;
    assert_eq!(store.open_login(login(3, 100_000_003), Vec::new()).await, Err(StoreError::Missing));
    assert_eq!(store.open_login(login(1, WANG), Vec::new()).await, Err(StoreError::Taken("digest")));
    assert_eq!(store.logins().await, Ok(vec![login(2, WANG), login(1, LI)]));
}

/// Do the logins that make room end with the one that comes?
pub async fn a_login_makes_room_for_another(store: Arc<impl Accounts>) {
    with_logins(&*store).await;
    store.open_login(login(3, LI), vec![digest(1), digest(2)]).await.expect("open");
    assert_eq!(store.logins().await, Ok(vec![login(3, LI)]));
}

/// Is the last use kept, and that of an ended login passed over?
pub async fn the_use_of_a_login_is_written_down(store: Arc<impl Accounts>) {
    with_logins(&*store).await;
    store.record_login_use(digest(1), UnixMillis(1_790_000_000_099)).await.expect("record");
    store.record_login_use(digest(9), UnixMillis(1_790_000_000_099)).await.expect("record");
    let used = Login { last_used: UnixMillis(1_790_000_000_099), ..login(1, LI) };
    assert_eq!(store.logins().await, Ok(vec![login(2, WANG), used]));
}

/// Does a change of a password end the logins of its principal in the same step, and nobody else's?
pub async fn a_new_password_ends_the_logins_of_its_principal(store: Arc<impl Accounts>) {
    with_logins(&*store).await;
    let password = StoredPassword { hash: PasswordHash("new".to_owned()), is_first: false };
    store.set_password(Uin(LI), password).await.expect("set password");
    assert_eq!(store.logins().await, Ok(vec![login(2, WANG)]));
}

/// Does a principal that is deleted leave no login behind?
pub async fn logins_go_with_their_principal(store: Arc<impl Accounts>) {
    with_logins(&*store).await;
    store.delete_principal(Uin(WANG)).await.expect("delete principal");
    assert_eq!(store.logins().await, Ok(vec![login(1, LI)]));
}

/// Do the logins of a principal end as it is switched off, for good and nobody else's?
pub async fn logins_end_with_a_principal_that_is_switched_off(store: Arc<impl Accounts>) {
    with_logins(&*store).await;
    for active in [false, true] {
        store.update_principal(Principal { active, ..principal(WANG) }).await.expect("update principal");
        assert_eq!(store.logins().await, Ok(vec![login(1, LI)]), "active: {active}");
    }
}
