//! Gateways and what comes in through them.

use lianwu_model::gateway::Binding;
use lianwu_model::{DeviceNumber, ProductId};
use lianwu_ports::Answer;
use lianwu_ports::registry::{StoreError, Topology};
use rusqlite::Connection;

use super::{SqliteRegistry, collect};
use crate::fault::Fault;
use crate::rows;

/// Runs a statement once for each pair.
fn each(connection: &Connection, sql: &str, gateway: ProductId, products: &[ProductId]) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    for product in products {
        statement.execute([gateway.as_str(), product.as_str()])?;
    }
    Ok(())
}

fn bind(connection: &Connection, bindings: &[Binding]) -> Result<(), Fault> {
    let mut insert = connection.prepare_cached("INSERT INTO gateway_devices (device, gateway) VALUES (?1, ?2)")?;
    for binding in bindings {
        insert.execute([binding.device.0, binding.gateway.0])?;
    }
    Ok(())
}

fn unbind(connection: &Connection, devices: &[DeviceNumber]) -> Result<(), Fault> {
    let mut delete = connection.prepare_cached("DELETE FROM gateway_devices WHERE device = ?1")?;
    for device in devices {
        delete.execute([device.0])?;
    }
    Ok(())
}

impl Topology for SqliteRegistry {
    fn allow_products(&self, gateway: ProductId, products: Vec<ProductId>) -> Answer<'_, Result<(), StoreError>> {
        const INSERT: &str =
            "INSERT INTO gateway_products (gateway, product) VALUES (?1, ?2) ON CONFLICT (gateway, product) DO NOTHING";
        self.write(move |transaction, _| each(transaction, INSERT, gateway, &products))
    }

    fn withdraw_products(&self, gateway: ProductId, products: Vec<ProductId>) -> Answer<'_, Result<(), StoreError>> {
        const DELETE: &str = "DELETE FROM gateway_products WHERE gateway = ?1 AND product = ?2";
        self.write(move |transaction, _| each(transaction, DELETE, gateway, &products))
    }

    fn allowed_products(&self) -> Answer<'_, Result<Vec<(ProductId, ProductId)>, StoreError>> {
        self.read(|transaction, _| {
            collect(transaction, "SELECT gateway, product FROM gateway_products ORDER BY seq", [], |row| {
                Ok((rows::parsed(row, "gateway")?, rows::parsed(row, "product")?))
            })
        })
    }

    fn bind(&self, bindings: Vec<Binding>) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| bind(transaction, &bindings))
    }

    fn unbind(&self, devices: Vec<DeviceNumber>) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| unbind(transaction, &devices))
    }

    fn bindings(&self) -> Answer<'_, Result<Vec<Binding>, StoreError>> {
        self.read(|transaction, _| {
            collect(transaction, "SELECT device, gateway FROM gateway_devices ORDER BY seq", [], |row| {
                Ok(Binding { gateway: DeviceNumber(row.get("gateway")?), device: DeviceNumber(row.get("device")?) })
            })
        })
    }
}
