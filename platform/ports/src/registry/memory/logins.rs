//! Logins in memory.

use lianwu_model::UnixMillis;
use lianwu_model::login::{Login, LoginDigest};

use super::{MemoryRegistry, free};
use crate::Answer;
use crate::registry::{Logins, StoreError};

impl Logins for MemoryRegistry {
    fn open_login(&self, login: Login, ended: Vec<LoginDigest>) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.principal(login.principal)?;
            free(content.logins.iter().any(|other| other.digest == login.digest), "digest")?;
            content.logins.retain(|other| !ended.contains(&other.digest));
            content.logins.push(login);
            Ok(())
        })
    }

    fn end_logins(&self, ended: Vec<LoginDigest>) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.logins.retain(|login| !ended.contains(&login.digest));
            Ok(())
        })
    }

    fn record_login_use(&self, digest: LoginDigest, used: UnixMillis) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            if let Some(login) = content.logins.iter_mut().find(|login| login.digest == digest) {
                login.last_used = used;
            }
            Ok(())
        })
    }

    fn logins(&self) -> Answer<'_, Result<Vec<Login>, StoreError>> {
        self.answer(|content| Ok(content.logins.clone()))
    }
}
