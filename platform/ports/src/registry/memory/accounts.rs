//! Principals, keys, policies, groups in memory.

use lianwu_model::account::{AccessKey, Group, Instance, Principal, StoredPassword, StoredPolicy};
use lianwu_model::{Uin, UnixMillis};

use super::{Content, MemoryRegistry, free};
use crate::Answer;
use crate::registry::{AccessKeys, Grants, Principals, StoreError};

impl Content {
    pub(super) fn principal(&mut self, uin: Uin) -> Result<&mut Principal, StoreError> {
        self.principals.iter_mut().find(|principal| principal.uin == uin).ok_or(StoreError::Missing)
    }

    fn key(&mut self, secret_id: &str) -> Option<&mut AccessKey> {
        self.keys.iter_mut().find(|key| key.secret_id == secret_id)
    }
}

/// Takes the only element out that `is_it` finds.
fn remove_one<T>(list: &mut Vec<T>, is_it: impl Fn(&T) -> bool) -> Result<(), StoreError> {
    let at = list.iter().position(is_it).ok_or(StoreError::Missing)?;
    list.remove(at);
    Ok(())
}

impl Principals for MemoryRegistry {
    fn create_principal(&self, principal: Principal) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            free(content.principals.iter().any(|other| other.uin == principal.uin), "uin")?;
            content.principals.push(principal);
            Ok(())
        })
    }

    fn update_principal(&self, principal: Principal) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            let old = content.principal(principal.uin)?;
            (old.name, old.policies, old.active) = (principal.name, principal.policies, principal.active);
            content.logins.retain(|login| login.principal != principal.uin || principal.active);
            Ok(())
        })
    }

    fn delete_principal(&self, uin: Uin) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            remove_one(&mut content.principals, |principal| principal.uin == uin)?;
            content.keys.retain(|key| key.principal != uin);
            content.passwords.remove(&uin);
            content.logins.retain(|login| login.principal != uin);
            for group in &mut content.groups {
                group.members.retain(|member| *member != uin);
            }
            Ok(())
        })
    }

    fn principals(&self) -> Answer<'_, Result<Vec<Principal>, StoreError>> {
        self.answer(move |content| Ok(content.principals.clone()))
    }

    fn set_password(&self, uin: Uin, password: StoredPassword) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.principal(uin)?;
            content.passwords.insert(uin, password);
            content.logins.retain(|login| login.principal != uin);
            Ok(())
        })
    }

    fn password(&self, uin: Uin) -> Answer<'_, Result<Option<StoredPassword>, StoreError>> {
        self.answer(move |content| Ok(content.passwords.get(&uin).cloned()))
    }

    fn create_instance(&self, instance: Instance) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            free(content.instances.iter().any(|other| other.id == instance.id), "id")?;
            content.instances.push(instance);
            Ok(())
        })
    }

    fn instances(&self) -> Answer<'_, Result<Vec<Instance>, StoreError>> {
        self.answer(move |content| Ok(content.instances.clone()))
    }
}

impl AccessKeys for MemoryRegistry {
    fn create_key(&self, key: AccessKey) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            free(content.key(&key.secret_id).is_some(), "secret_id")?;
            content.principal(key.principal)?;
            content.keys.push(key);
            Ok(())
        })
    }

    fn set_key_active(&self, secret_id: String, active: bool) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.key(&secret_id).ok_or(StoreError::Missing)?.active = active;
            Ok(())
        })
    }

    fn delete_key(&self, secret_id: String) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| remove_one(&mut content.keys, |key| key.secret_id == secret_id))
    }

    fn record_key_uses(&self, uses: Vec<(String, UnixMillis)>) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            for (secret_id, time) in uses {
                if let Some(key) = content.key(&secret_id) {
                    key.last_used = Some(time);
                }
            }
            Ok(())
        })
    }

    fn keys(&self) -> Answer<'_, Result<Vec<AccessKey>, StoreError>> {
        self.answer(move |content| Ok(content.keys.clone()))
    }
}

impl Grants for MemoryRegistry {
    fn save_policy(&self, policy: StoredPolicy) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            match content.policies.iter_mut().find(|old| old.owner == policy.owner && old.name == policy.name) {
                Some(old) => *old = policy,
                None => content.policies.push(policy),
            }
            Ok(())
        })
    }

    fn delete_policy(&self, owner: Uin, name: String) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            remove_one(&mut content.policies, |policy| policy.owner == owner && policy.name == name)?;
            let principals = content.principals.iter_mut().filter(|principal| principal.owner == owner);
            let groups = content.groups.iter_mut().filter(|group| group.owner == owner);
            for attached in principals.map(|p| &mut p.policies).chain(groups.map(|g| &mut g.policies)) {
                attached.retain(|other| *other != name);
            }
            Ok(())
        })
    }

    fn policies(&self) -> Answer<'_, Result<Vec<StoredPolicy>, StoreError>> {
        self.answer(move |content| Ok(content.policies.clone()))
    }

    fn save_group(&self, group: Group) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            match content.groups.iter_mut().find(|old| old.owner == group.owner && old.name == group.name) {
                Some(old) => *old = Group { created: old.created, ..group },
                None => content.groups.push(group),
            }
            Ok(())
        })
    }

    fn delete_group(&self, owner: Uin, name: String) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| remove_one(&mut content.groups, |group| group.owner == owner && group.name == name))
    }

    fn groups(&self) -> Answer<'_, Result<Vec<Group>, StoreError>> {
        self.answer(move |content| Ok(content.groups.clone()))
    }
}
