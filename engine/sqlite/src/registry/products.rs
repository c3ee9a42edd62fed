//! Products and their thing models.

use lianwu_model::ProductId;
use lianwu_model::product::{Product, ProductSecretText, StoredThingModel};
use lianwu_ports::Answer;
use lianwu_ports::registry::{Products, StoreError};
use rusqlite::{Connection, named_params};

use super::{SqliteRegistry, change_one, collect, delete_one};
use crate::fault::Fault;
use crate::rows::{self, ColumnText};
use crate::seal::Sealer;

const CREATE: &str = "INSERT INTO products (
        id, project, owner, name, description, category, kind, authentication, net_type, data_protocol, status,
        script_enabled, bind_strategy, module, durability, creator, creator_name, tags, created, updated,
        retention_days, registration, register_limit, secret, topics
    ) VALUES (
        :id, :project, :owner, :name, :description, :category, :kind, :authentication, :net_type, :data_protocol,
        :status, :script_enabled, :bind_strategy, :module, :durability, :creator, :creator_name, :tags, :created,
        :updated, :retention_days, :registration, :register_limit, :secret, :topics
    )";

fn create(connection: &Connection, sealer: &Sealer, product: &Product) -> Result<(), Fault> {
    change_one(
        connection,
        CREATE,
        named_params! {
            ":id": product.id.as_str(),
            ":project": product.project.as_str(),
            ":owner": product.owner.0.cast_signed(),
            ":name": product.name,
            ":description": product.description,
            ":category": product.category.cast_signed(),
            ":kind": product.kind.column_text(),
            ":authentication": product.authentication.column_text(),
            ":net_type": product.net_type,
            ":data_protocol": product.data_protocol.column_text(),
            ":status": product.status.column_text(),
            ":script_enabled": product.script_enabled,
            ":bind_strategy": product.bind_strategy,
            ":module": product.module,
            ":durability": product.durability.column_text(),
            ":creator": product.creator.0.cast_signed(),
            ":creator_name": product.creator_name,
            ":tags": rows::tags_text(&product.tags),
            ":created": product.created.0.cast_signed(),
            ":updated": product.updated.0.cast_signed(),
            ":retention_days": product.retention_days,
            ":registration": product.registration.mode.column_text(),
            ":register_limit": product.registration.limit.cast_signed(),
            ":secret": sealed_secret(sealer, product)?,
            ":topics": rows::topics_text(&product.topics),
        },
    )
}

/// The product's secret as it is kept: sealed, or not there yet.
fn sealed_secret(sealer: &Sealer, product: &Product) -> Result<Option<Vec<u8>>, Fault> {
    let seal = |secret: &ProductSecretText| sealer.seal(&rows::product_identity(product.id.as_str()), &secret.0);
    product.secret.as_ref().map(seal).transpose()
}

const UPDATE: &str = "UPDATE products SET
        name = :name, description = :description, category = :category, kind = :kind,
        authentication = :authentication, net_type = :net_type, data_protocol = :data_protocol, status = :status,
        script_enabled = :script_enabled, bind_strategy = :bind_strategy, module = :module,
        durability = :durability, tags = :tags, updated = :updated, retention_days = :retention_days,
        registration = :registration, register_limit = :register_limit, secret = :secret, topics = :topics
    WHERE id = :id";

fn update(connection: &Connection, sealer: &Sealer, product: &Product) -> Result<(), Fault> {
    change_one(
        connection,
        UPDATE,
        named_params! {
            ":id": product.id.as_str(),
            ":name": product.name,
            ":description": product.description,
            ":category": product.category.cast_signed(),
            ":kind": product.kind.column_text(),
            ":authentication": product.authentication.column_text(),
            ":net_type": product.net_type,
            ":data_protocol": product.data_protocol.column_text(),
            ":status": product.status.column_text(),
            ":script_enabled": product.script_enabled,
            ":bind_strategy": product.bind_strategy,
            ":module": product.module,
            ":durability": product.durability.column_text(),
            ":tags": rows::tags_text(&product.tags),
            ":updated": product.updated.0.cast_signed(),
            ":retention_days": product.retention_days,
            ":registration": product.registration.mode.column_text(),
            ":register_limit": product.registration.limit.cast_signed(),
            ":secret": sealed_secret(sealer, product)?,
            ":topics": rows::topics_text(&product.topics),
        },
    )
}

impl Products for SqliteRegistry {
    fn create_product(&self, product: Product) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, sealer| create(transaction, sealer, &product))
    }

    fn update_product(&self, product: Product) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, sealer| update(transaction, sealer, &product))
    }

    fn delete_product(&self, id: ProductId) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            delete_one(transaction, "DELETE FROM products WHERE id = ?1", [id.as_str()], "devices")
        })
    }

    fn products(&self) -> Answer<'_, Result<Vec<Product>, StoreError>> {
        self.read(|transaction, sealer| {
            collect(transaction, "SELECT * FROM products ORDER BY seq", [], |row| rows::product(row, sealer))
        })
    }

    fn save_model(&self, model: StoredThingModel) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let StoredThingModel { product, text, created, updated } = model;
            change_one(
                transaction,
                "INSERT INTO models (product, text, created, updated) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (product) DO UPDATE
                 SET text = excluded.text, created = excluded.created, updated = excluded.updated",
                (product.as_str(), text, created.0.cast_signed(), updated.0.cast_signed()),
            )
        })
    }

    fn models(&self) -> Answer<'_, Result<Vec<StoredThingModel>, StoreError>> {
        self.read(|transaction, _| collect(transaction, "SELECT * FROM models ORDER BY rowid", [], rows::model))
    }
}
