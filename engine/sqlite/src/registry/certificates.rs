//! Certificate authorities. There are few: they are read whole.

use lianwu_model::certificate::{Authority, PlatformAuthority};
use lianwu_model::{ProductId, Uin};
use lianwu_ports::Answer;
use lianwu_ports::registry::{Certificates, StoreError};
use rusqlite::{Connection, params};

use super::{SqliteRegistry, change_one, collect, delete_one, find};
use crate::fault::Fault;
use crate::rows;

fn bind(connection: &Connection, product: ProductId, authority: &str) -> Result<(), Fault> {
    // Nothing is selected when one of the two does not exist.
    change_one(
        connection,
        "INSERT INTO product_authorities (product, authority)
         SELECT products.id, authorities.seq FROM products JOIN authorities USING (owner)
         WHERE products.id = ?1 AND authorities.name = ?2
         ON CONFLICT (product) DO UPDATE SET authority = excluded.authority",
        [product.as_str(), authority],
    )
}

fn unbind(connection: &Connection, product: ProductId) -> Result<(), Fault> {
    let exists = find(connection, "SELECT 1 FROM products WHERE id = ?1", [product.as_str()], |_| Ok(()))?;
    exists.ok_or(Fault::Missing)?;
    connection.execute("DELETE FROM product_authorities WHERE product = ?1", [product.as_str()])?;
    Ok(())
}

impl Certificates for SqliteRegistry {
    fn platform_authority(&self) -> Answer<'_, Result<Option<PlatformAuthority>, StoreError>> {
        self.read(|transaction, sealer| {
            find(transaction, "SELECT * FROM platform_authority", [], |row| rows::platform_authority(row, sealer))
        })
    }

    fn create_platform_authority(&self, authority: PlatformAuthority) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, sealer| {
            let PlatformAuthority { certificate, key, created } = authority;
            change_one(
                transaction,
                "INSERT INTO platform_authority (id, pem, fingerprint, key, created) VALUES (1, ?1, ?2, ?3, ?4)",
                params![
                    certificate.pem,
                    certificate.fingerprint.0,
                    sealer.seal(rows::PLATFORM_AUTHORITY_IDENTITY, &key.0)?,
                    created.0.cast_signed()
                ],
            )
        })
    }

    fn create_authority(&self, authority: Authority) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let Authority { owner, name, certificate, created, updated } = authority;
            change_one(
                transaction,
                "INSERT INTO authorities (owner, name, pem, fingerprint, created, updated)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    owner.0.cast_signed(),
                    name,
                    certificate.pem,
                    certificate.fingerprint.0,
                    created.0.cast_signed(),
                    updated.0.cast_signed()
                ],
            )
        })
    }

    fn update_authority(&self, authority: Authority) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let Authority { owner, name, certificate, updated, .. } = authority;
            change_one(
                transaction,
                "UPDATE authorities SET pem = ?3, fingerprint = ?4, updated = ?5 WHERE owner = ?1 AND name = ?2",
                params![
                    owner.0.cast_signed(),
                    name,
                    certificate.pem,
                    certificate.fingerprint.0,
                    updated.0.cast_signed()
                ],
            )
        })
    }

    fn delete_authority(&self, owner: Uin, name: String) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            delete_one(
                transaction,
                "DELETE FROM authorities WHERE owner = ?1 AND name = ?2",
                params![owner.0.cast_signed(), name],
                "products",
            )
        })
    }

    fn authorities(&self) -> Answer<'_, Result<Vec<Authority>, StoreError>> {
        self.read(|transaction, _| collect(transaction, "SELECT * FROM authorities ORDER BY seq", [], rows::authority))
    }

    fn bind_product(&self, product: ProductId, authority: Option<String>) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| match authority {
            Some(name) => bind(transaction, product, &name),
            None => unbind(transaction, product),
        })
    }

    fn bindings(&self) -> Answer<'_, Result<Vec<(ProductId, String)>, StoreError>> {
        self.read(|transaction, _| {
            collect(
                transaction,
                "SELECT product, authorities.name FROM product_authorities
                 JOIN authorities ON authorities.seq = authority ORDER BY product",
                [],
                |row| Ok((rows::parsed(row, "product")?, row.get("name")?)),
            )
        })
    }
}
