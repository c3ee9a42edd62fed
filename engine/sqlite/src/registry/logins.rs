//! Logins to the console.

use lianwu_model::UnixMillis;
use lianwu_model::login::{Login, LoginDigest};
use lianwu_ports::Answer;
use lianwu_ports::registry::{Logins, StoreError};
use rusqlite::{Row, Transaction, params};

use super::{SqliteRegistry, change_one, collect};
use crate::fault::Fault;
use crate::rows;

impl Logins for SqliteRegistry {
    fn open_login(&self, login: Login, ended: Vec<LoginDigest>) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            end(transaction, &ended)?;
            let Login { digest, principal, created, last_used, must_change_password } = login;
            change_one(
                transaction,
                "INSERT INTO logins (digest, principal, created, last_used, must_change_password)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    digest.0,
                    principal.0.cast_signed(),
                    created.0.cast_signed(),
                    last_used.0.cast_signed(),
                    must_change_password
                ],
            )
        })
    }

    fn end_logins(&self, ended: Vec<LoginDigest>) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| end(transaction, &ended))
    }

    fn record_login_use(&self, digest: LoginDigest, used: UnixMillis) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let mut update = transaction.prepare_cached("UPDATE logins SET last_used = ?2 WHERE digest = ?1")?;
            update.execute(params![digest.0, used.0.cast_signed()])?;
            Ok(())
        })
    }

    fn logins(&self) -> Answer<'_, Result<Vec<Login>, StoreError>> {
        self.read(|transaction, _| collect(transaction, "SELECT * FROM logins ORDER BY seq", [], login))
    }
}

fn end(transaction: &Transaction<'_>, ended: &[LoginDigest]) -> Result<(), Fault> {
    let mut delete = transaction.prepare_cached("DELETE FROM logins WHERE digest = ?1")?;
    for digest in ended {
        delete.execute([digest.0])?;
    }
    Ok(())
}

fn login(row: &Row<'_>) -> Result<Login, Fault> {
    Ok(Login {
        digest: LoginDigest(row.get("digest")?),
        principal: rows::uin(row, "principal")?,
        created: rows::time(row, "created")?,
        last_used: rows::time(row, "last_used")?,
        must_change_password: row.get("must_change_password")?,
    })
}
