//! Gateways in memory.

use lianwu_model::gateway::Binding;
use lianwu_model::{DeviceNumber, ProductId};

use super::{Content, MemoryRegistry, free};
use crate::Answer;
use crate::registry::{StoreError, Topology};

impl Content {
    /// Refuses a device that is bound or has others bound to it.
    pub(super) fn unbound(&self, number: DeviceNumber) -> Result<(), StoreError> {
        let is_bound = self.sub_devices.iter().any(|binding| binding.device == number || binding.gateway == number);
        if is_bound { Err(StoreError::InUse("bindings")) } else { Ok(()) }
    }

    /// Refuses a product that takes others or is taken by one.
    pub(super) fn not_allowed(&self, id: ProductId) -> Result<(), StoreError> {
        let is_allowed = self.allowed.iter().any(|(gateway, product)| *gateway == id || *product == id);
        if is_allowed { Err(StoreError::InUse("gateway products")) } else { Ok(()) }
    }

    fn bind(&mut self, bindings: &[Binding]) -> Result<(), StoreError> {
        for (at, new) in bindings.iter().enumerate() {
            for number in [new.gateway, new.device] {
                if !self.devices.contains_key(&number) {
                    return Err(StoreError::Missing);
                }
            }
            let earlier = self.sub_devices.iter().chain(&bindings[..at]);
            free(earlier.into_iter().any(|known| known.device == new.device), "device")?;
        }
        self.sub_devices.extend(bindings);
        Ok(())
    }
}

impl Topology for MemoryRegistry {
    fn allow_products(&self, gateway: ProductId, products: Vec<ProductId>) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.product(gateway)?;
            for product in &products {
                content.product(*product)?;
            }
            for product in products {
                if !content.allowed.contains(&(gateway, product)) {
                    content.allowed.push((gateway, product));
                }
            }
            Ok(())
        })
    }

    fn withdraw_products(&self, gateway: ProductId, products: Vec<ProductId>) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.allowed.retain(|(of, product)| *of != gateway || !products.contains(product));
            Ok(())
        })
    }

    fn allowed_products(&self) -> Answer<'_, Result<Vec<(ProductId, ProductId)>, StoreError>> {
        self.answer(|content| Ok(content.allowed.clone()))
    }

    fn bind(&self, bindings: Vec<Binding>) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| content.bind(&bindings))
    }

    fn unbind(&self, devices: Vec<DeviceNumber>) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.sub_devices.retain(|binding| !devices.contains(&binding.device));
            Ok(())
        })
    }

    fn bindings(&self) -> Answer<'_, Result<Vec<Binding>, StoreError>> {
        self.answer(|content| Ok(content.sub_devices.clone()))
    }
}
