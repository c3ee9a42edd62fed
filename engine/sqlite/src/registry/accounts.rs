//! Principals, keys, policies, instances.

use lianwu_model::account::{AccessKey, Instance, Principal, StoredPolicy};
use lianwu_ports::Answer;
use lianwu_ports::registry::{Accounts, StoreError};
use rusqlite::params;

use super::{SqliteRegistry, change_one, collect};
use crate::rows;

impl Accounts for SqliteRegistry {
    fn create_principal(&self, principal: Principal) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let Principal { uin, owner, name, policies, created } = principal;
            change_one(
                transaction,
                "INSERT INTO principals (uin, owner, name, policies, created) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    uin.0.cast_signed(),
                    owner.0.cast_signed(),
                    name,
                    rows::policies_text(&policies),
                    created.0.cast_signed()
                ],
            )
        })
    }

    fn principals(&self) -> Answer<'_, Result<Vec<Principal>, StoreError>> {
        self.read(|transaction, _| collect(transaction, "SELECT * FROM principals ORDER BY seq", [], rows::principal))
    }

    fn create_key(&self, key: AccessKey) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, sealer| {
            let AccessKey { secret_id, secret_key, principal, active, created } = key;
            let sealed = sealer.seal(&rows::key_identity(&secret_id), &secret_key.0)?;
            change_one(
                transaction,
                "INSERT INTO access_keys (secret_id, secret_key, principal, active, created)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![secret_id, sealed, principal.0.cast_signed(), active, created.0.cast_signed()],
            )
        })
    }

    fn keys(&self) -> Answer<'_, Result<Vec<AccessKey>, StoreError>> {
        self.read(|transaction, sealer| {
            let sql = "SELECT * FROM access_keys ORDER BY seq";
            collect(transaction, sql, [], |row| rows::access_key(row, sealer))
        })
    }

    fn save_policy(&self, policy: StoredPolicy) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let StoredPolicy { owner, name, document } = policy;
            change_one(
                transaction,
                "INSERT INTO policies (owner, name, document) VALUES (?1, ?2, ?3)
                 ON CONFLICT (owner, name) DO UPDATE SET document = excluded.document",
                params![owner.0.cast_signed(), name, document],
            )
        })
    }

    fn policies(&self) -> Answer<'_, Result<Vec<StoredPolicy>, StoreError>> {
        self.read(|transaction, _| collect(transaction, "SELECT * FROM policies ORDER BY seq", [], rows::policy))
    }

    fn create_instance(&self, instance: Instance) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let Instance { id, owner, enterprise, created } = instance;
            change_one(
                transaction,
                "INSERT INTO instances (id, owner, enterprise, created) VALUES (?1, ?2, ?3, ?4)",
                params![id.as_str(), owner.0.cast_signed(), enterprise, created.0.cast_signed()],
            )
        })
    }

    fn instances(&self) -> Answer<'_, Result<Vec<Instance>, StoreError>> {
        self.read(|transaction, _| collect(transaction, "SELECT * FROM instances ORDER BY seq", [], rows::instance))
    }
}
