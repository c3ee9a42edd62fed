//! Principals, passwords, keys, policies, groups, instances.

use lianwu_model::account::{AccessKey, Group, Instance, Principal, StoredPassword, StoredPolicy};
use lianwu_model::{Uin, UnixMillis};
use lianwu_ports::Answer;
use lianwu_ports::registry::{AccessKeys, Grants, Principals, StoreError};
use rusqlite::params;

use super::{SqliteRegistry, change_one, collect, find};
use crate::rows;

impl Principals for SqliteRegistry {
    fn create_principal(&self, principal: Principal) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let Principal { uin, owner, name, policies, active, created } = principal;
            change_one(
                transaction,
                "INSERT INTO principals (uin, owner, name, policies, active, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    uin.0.cast_signed(),
                    owner.0.cast_signed(),
                    name,
                    rows::names_text(&policies),
                    active,
                    created.0.cast_signed()
                ],
            )
        })
    }

    fn update_principal(&self, principal: Principal) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let uin = principal.uin.0.cast_signed();
            if !principal.active {
                transaction.execute("DELETE FROM logins WHERE principal = ?1", [uin])?;
            }
            let sql = "UPDATE principals SET name = ?2, policies = ?3, active = ?4 WHERE uin = ?1";
            let policies = rows::names_text(&principal.policies);
            change_one(transaction, sql, params![uin, principal.name, policies, principal.active])
        })
    }

    fn delete_principal(&self, uin: Uin) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let uin = uin.0.cast_signed();
            transaction.execute("DELETE FROM access_keys WHERE principal = ?1", [uin])?;
            let leave = "UPDATE groups
                SET members = (SELECT json_group_array(value) FROM json_each(members) WHERE value <> ?1)
                WHERE EXISTS (SELECT 1 FROM json_each(members) WHERE value = ?1)";
            transaction.execute(leave, [uin])?;
            change_one(transaction, "DELETE FROM principals WHERE uin = ?1", [uin])
        })
    }

    fn principals(&self) -> Answer<'_, Result<Vec<Principal>, StoreError>> {
        self.read(|transaction, _| collect(transaction, "SELECT * FROM principals ORDER BY seq", [], rows::principal))
    }

    fn set_password(&self, uin: Uin, password: StoredPassword) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, sealer| {
            let sealed = sealer.seal(&rows::password_identity(uin), &password.hash.0)?;
            transaction.execute("DELETE FROM logins WHERE principal = ?1", [uin.0.cast_signed()])?;
            let sql = "INSERT INTO passwords (principal, hash, is_first) VALUES (?1, ?2, ?3)
                ON CONFLICT (principal) DO UPDATE SET hash = excluded.hash, is_first = excluded.is_first";
            change_one(transaction, sql, params![uin.0.cast_signed(), sealed, password.is_first])
        })
    }

    fn password(&self, uin: Uin) -> Answer<'_, Result<Option<StoredPassword>, StoreError>> {
        self.read(move |transaction, sealer| {
            let sql = "SELECT * FROM passwords WHERE principal = ?1";
            find(transaction, sql, [uin.0.cast_signed()], |row| rows::password(row, uin, sealer))
        })
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

impl AccessKeys for SqliteRegistry {
    fn create_key(&self, key: AccessKey) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, sealer| {
            let AccessKey { secret_id, secret_key, principal, active, created, last_used } = key;
            let sealed = sealer.seal(&rows::key_identity(&secret_id), &secret_key.0)?;
            change_one(
                transaction,
                "INSERT INTO access_keys (secret_id, secret_key, principal, active, created, last_used)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    secret_id,
                    sealed,
                    principal.0.cast_signed(),
                    active,
                    created.0.cast_signed(),
                    last_used.unwrap_or_default().0.cast_signed()
                ],
            )
        })
    }

    fn set_key_active(&self, secret_id: String, active: bool) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let sql = "UPDATE access_keys SET active = ?2 WHERE secret_id = ?1";
            change_one(transaction, sql, params![secret_id, active])
        })
    }

    fn delete_key(&self, secret_id: String) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            change_one(transaction, "DELETE FROM access_keys WHERE secret_id = ?1", [secret_id])
        })
    }

    fn record_key_uses(&self, uses: Vec<(String, UnixMillis)>) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let mut update =
                transaction.prepare_cached("UPDATE access_keys SET last_used = ?2 WHERE secret_id = ?1")?;
            for (secret_id, time) in uses {
                update.execute(params![secret_id, time.0.cast_signed()])?;
            }
            Ok(())
        })
    }

    fn keys(&self) -> Answer<'_, Result<Vec<AccessKey>, StoreError>> {
        self.read(|transaction, sealer| {
            let sql = "SELECT * FROM access_keys ORDER BY seq";
            collect(transaction, sql, [], |row| rows::access_key(row, sealer))
        })
    }
}

impl Grants for SqliteRegistry {
    fn save_policy(&self, policy: StoredPolicy) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let StoredPolicy { owner, name, document, remark } = policy;
            change_one(
                transaction,
                "INSERT INTO policies (owner, name, document, remark) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (owner, name) DO UPDATE SET document = excluded.document, remark = excluded.remark",
                params![owner.0.cast_signed(), name, document, remark],
            )
        })
    }

    fn delete_policy(&self, owner: Uin, name: String) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let owner = owner.0.cast_signed();
            for table in ["principals", "groups"] {
                let detach = format!(
                    "UPDATE {table}
                     SET policies = (SELECT json_group_array(value) FROM json_each(policies) WHERE value <> ?2)
                     WHERE owner = ?1 AND EXISTS (SELECT 1 FROM json_each(policies) WHERE value = ?2)"
                );
                transaction.execute(&detach, params![owner, name])?;
            }
            change_one(transaction, "DELETE FROM policies WHERE owner = ?1 AND name = ?2", params![owner, name])
        })
    }

    fn policies(&self) -> Answer<'_, Result<Vec<StoredPolicy>, StoreError>> {
        self.read(|transaction, _| collect(transaction, "SELECT * FROM policies ORDER BY seq", [], rows::policy))
    }

    fn save_group(&self, group: Group) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let Group { owner, name, remark, policies, members, created } = group;
            change_one(
                transaction,
                "INSERT INTO groups (owner, name, remark, policies, members, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (owner, name) DO UPDATE
                 SET remark = excluded.remark, policies = excluded.policies, members = excluded.members",
                params![
                    owner.0.cast_signed(),
                    name,
                    remark,
                    rows::names_text(&policies),
                    rows::members_text(&members),
                    created.0.cast_signed()
                ],
            )
        })
    }

    fn delete_group(&self, owner: Uin, name: String) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let sql = "DELETE FROM groups WHERE owner = ?1 AND name = ?2";
            change_one(transaction, sql, params![owner.0.cast_signed(), name])
        })
    }

    fn groups(&self) -> Answer<'_, Result<Vec<Group>, StoreError>> {
        self.read(|transaction, _| collect(transaction, "SELECT * FROM groups ORDER BY seq", [], rows::group))
    }
}
