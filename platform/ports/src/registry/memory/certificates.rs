//! Certificate authorities in memory.

use lianwu_model::certificate::{Authority, PlatformAuthority};
use lianwu_model::{ProductId, Uin};

use super::{Content, MemoryRegistry, free};
use crate::Answer;
use crate::registry::{Certificates, StoreError};

impl Content {
    fn authority(&mut self, owner: Uin, name: &str) -> Result<&mut Authority, StoreError> {
        let same = |authority: &&mut Authority| authority.owner == owner && authority.name == name;
        self.authorities.iter_mut().find(same).ok_or(StoreError::Missing)
    }

    /// Is a certificate registered by the same owner under another name?
    fn is_certificate_taken(&self, new: &Authority) -> bool {
        let same = |old: &Authority| {
            old.owner == new.owner && old.name != new.name && old.certificate.fingerprint == new.certificate.fingerprint
        };
        self.authorities.iter().any(same)
    }
}

impl Certificates for MemoryRegistry {
    fn platform_authority(&self) -> Answer<'_, Result<Option<PlatformAuthority>, StoreError>> {
        self.answer(move |content| Ok(content.platform_authority.clone()))
    }

    fn create_platform_authority(&self, authority: PlatformAuthority) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            free(content.platform_authority.is_some(), "id")?;
            content.platform_authority = Some(authority);
            Ok(())
        })
    }

    fn create_authority(&self, authority: Authority) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            free(content.authority(authority.owner, &authority.name).is_ok(), "name")?;
            free(content.is_certificate_taken(&authority), "fingerprint")?;
            content.authorities.push(authority);
            Ok(())
        })
    }

    fn update_authority(&self, authority: Authority) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            let taken = content.is_certificate_taken(&authority);
            let old = content.authority(authority.owner, &authority.name)?;
            free(taken, "fingerprint")?;
            (old.certificate, old.updated) = (authority.certificate, authority.updated);
            Ok(())
        })
    }

    fn delete_authority(&self, owner: Uin, name: String) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.authority(owner, &name)?;
            let is_bound = |product: &ProductId| content.product(*product).is_ok_and(|p| p.owner == owner);
            if content.bindings.iter().any(|(product, bound)| *bound == name && is_bound(product)) {
                return Err(StoreError::InUse("products"));
            }
            content.authorities.retain(|authority| authority.owner != owner || authority.name != name);
            Ok(())
        })
    }

    fn authorities(&self) -> Answer<'_, Result<Vec<Authority>, StoreError>> {
        self.answer(move |content| Ok(content.authorities.clone()))
    }

    fn bind_product(&self, product: ProductId, authority: Option<String>) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            let owner = content.product(product)?.owner;
            match authority {
                Some(name) => {
                    content.authority(owner, &name)?;
                    content.bindings.insert(product, name);
                }
                None => {
                    content.bindings.remove(&product);
                }
            }
            Ok(())
        })
    }

    fn bindings(&self) -> Answer<'_, Result<Vec<(ProductId, String)>, StoreError>> {
        self.answer(move |content| Ok(content.bindings.iter().map(|(id, name)| (*id, name.clone())).collect()))
    }
}
