//! The registry in memory: the twin every other test uses instead of a database.
//!
//! Lists are scanned, nothing survives the process.

mod accounts;
mod certificates;
mod fences;
mod files;
mod log_levels;
mod logins;
mod remote_configs;
mod scripts;
mod topology;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lianwu_model::account::{AccessKey, Group, Instance, Principal, StoredPassword, StoredPolicy};
use lianwu_model::certificate::{Authority, Certificate, PlatformAuthority};
use lianwu_model::device::Device;
use lianwu_model::file::{DeviceList, FileTask, StoredFile};
use lianwu_model::gateway::Binding;
use lianwu_model::log_level::LogLevel;
use lianwu_model::login::Login;
use lianwu_model::product::{Product, Project, StoredScript, StoredThingModel};
use lianwu_model::remote_config::RemoteConfig;
use lianwu_model::{DeviceKey, DeviceNumber, ProductId, ProjectId, Uin};

use super::{
    DeviceFilter, Devices, Listed, Numbers, Products, ProjectFilter, Projects, SignInRow, Slice, StoreError, TagSets,
};
use crate::Answer;

/// All registry stores over plain collections. `Debug` shows no secret.
#[derive(Debug, Default)]
pub struct MemoryRegistry {
    content: Mutex<Content>,
}

#[derive(Debug, Default)]
struct Content {
    principals: Vec<Principal>,
    keys: Vec<AccessKey>,
    policies: Vec<StoredPolicy>,
    groups: Vec<Group>,
    passwords: BTreeMap<Uin, StoredPassword>,
    logins: Vec<Login>,
    instances: Vec<Instance>,
    projects: Vec<Project>,
    products: Vec<Product>,
    models: Vec<StoredThingModel>,
    scripts: BTreeMap<ProductId, Vec<StoredScript>>,
    platform_authority: Option<PlatformAuthority>,
    authorities: Vec<Authority>,
    bindings: BTreeMap<ProductId, String>,
    devices: BTreeMap<DeviceNumber, Device>,
    numbers: BTreeMap<DeviceKey, DeviceNumber>,
    last_number: u32,
    allowed: Vec<(ProductId, ProductId)>,
    sub_devices: Vec<Binding>,
    files: Vec<StoredFile>,
    last_file: u64,
    tasks: Vec<FileTask>,
    last_task: u64,
    lists: BTreeMap<(DeviceNumber, DeviceList), String>,
    product_log_levels: BTreeMap<ProductId, LogLevel>,
    device_log_levels: BTreeMap<DeviceNumber, LogLevel>,
    /// Newest first.
    remote_configs: BTreeMap<ProductId, Vec<RemoteConfig>>,
    /// Products whose configuration is enabled.
    configured: BTreeSet<ProductId>,
    fences: fences::FenceContent,
}

impl MemoryRegistry {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A panic of another test thread leaves the content whole: every method checks first and then changes.
    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer<T>(&self, run: impl FnOnce(&mut Content) -> T + Send + 'static) -> Answer<'_, T> {
        Box::pin(async move { run(&mut self.content()) })
    }
}

impl Content {
    fn product(&self, id: ProductId) -> Result<&Product, StoreError> {
        self.products.iter().find(|product| product.id == id).ok_or(StoreError::Missing)
    }

    fn device(&self, key: &DeviceKey) -> Option<&Device> {
        self.devices.get(self.numbers.get(key)?)
    }

    fn create_devices(&mut self, devices: Vec<Device>) -> Result<Vec<Device>, StoreError> {
        let mut created: Vec<Device> = Vec::with_capacity(devices.len());
        let mut batch = BTreeSet::new();
        let mut number = self.last_number;
        for device in devices {
            self.product(device.product)?;
            let key = key_of(&device);
            free(self.numbers.contains_key(&key) || !batch.insert(key), "name")?;
            number =
                number.checked_add(1).ok_or_else(|| StoreError::Failed("device numbers are used up".to_owned()))?;
            created.push(Device { number: DeviceNumber(number), ..device });
        }
        self.last_number = number;
        for device in &created {
            self.numbers.insert(key_of(device), device.number);
            self.devices.insert(device.number, device.clone());
        }
        Ok(created)
    }

    fn delete_devices(&mut self, keys: &[DeviceKey]) -> Result<Vec<DeviceNumber>, StoreError> {
        let mut numbers = Vec::with_capacity(keys.len());
        let mut batch = BTreeSet::new();
        for key in keys {
            let number = *self.numbers.get(key).ok_or(StoreError::Missing)?;
            if !batch.insert(number) {
                return Err(StoreError::Missing);
            }
            self.unbound(number)?;
            numbers.push(number);
        }
        for key in keys {
            self.numbers.remove(key);
        }
        for number in &numbers {
            self.devices.remove(number);
            self.drop_tasks(*number);
            self.device_log_levels.remove(number);
            self.fences.drop_device(*number);
        }
        Ok(numbers)
    }
}

fn key_of(device: &Device) -> DeviceKey {
    DeviceKey { product: device.product, device: device.name.clone() }
}

fn contains(name: &str, part: Option<&str>) -> bool {
    part.is_none_or(|part| name.to_ascii_lowercase().contains(&part.to_ascii_lowercase()))
}

fn device_fits(device: &Device, filter: &DeviceFilter) -> bool {
    let carries = |(key, value): &(String, String)| device.tags.iter().any(|t| t.key == *key && t.value == *value);
    let is_hidden = !device.tags.is_empty()
        && filter.hidden.iter().any(|(product, tags)| *product == device.product && *tags == device.tags);
    let is_chosen = match &filter.numbers {
        Numbers::Any => true,
        Numbers::Only(numbers) => numbers.contains(&device.number),
        Numbers::Except(numbers) => !numbers.contains(&device.number),
    };
    !is_hidden
        && is_chosen
        && (filter.any_product || filter.products.contains(&device.product))
        && contains(device.name.as_str(), filter.name.as_deref())
        && filter.tags.iter().all(carries)
}

/// Cuts the slice out of rows that come newest first.
fn listed<'a, T: Clone + 'a>(rows: impl Iterator<Item = &'a T>, slice: Slice) -> Listed<T> {
    let (mut cut, mut total) = (Vec::new(), 0);
    for row in rows {
        if total >= slice.offset && total - slice.offset < slice.rows_max() {
            cut.push(row.clone());
        }
        total += 1;
    }
    Listed { rows: cut, total, steps: total }
}

fn free(is_taken: bool, field: &'static str) -> Result<(), StoreError> {
    if is_taken { Err(StoreError::Taken(field)) } else { Ok(()) }
}

impl Projects for MemoryRegistry {
    fn create_project(&self, project: Project) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            free(content.projects.iter().any(|other| other.id == project.id), "id")?;
            let same_name = |other: &Project| other.owner == project.owner && other.name == project.name;
            free(content.projects.iter().any(same_name), "name")?;
            content.projects.push(project);
            Ok(())
        })
    }

    fn update_project(&self, project: Project) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            let at = content.projects.iter().position(|old| old.id == project.id).ok_or(StoreError::Missing)?;
            let owner = content.projects[at].owner;
            let same_name =
                |other: &Project| other.id != project.id && other.owner == owner && other.name == project.name;
            free(content.projects.iter().any(same_name), "name")?;
            let old = &mut content.projects[at];
            (old.name, old.description, old.updated) = (project.name, project.description, project.updated);
            Ok(())
        })
    }

    fn delete_project(&self, id: ProjectId) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            let at = content.projects.iter().position(|project| project.id == id).ok_or(StoreError::Missing)?;
            if content.products.iter().any(|product| product.project == id) {
                return Err(StoreError::InUse("products"));
            }
            content.projects.remove(at);
            content.fences.drop_project(&id);
            Ok(())
        })
    }

    fn project(&self, id: ProjectId) -> Answer<'_, Result<Option<Project>, StoreError>> {
        self.answer(move |content| Ok(content.projects.iter().find(|project| project.id == id).cloned()))
    }

    fn projects(&self, filter: ProjectFilter, slice: Slice) -> Answer<'_, Result<Listed<Project>, StoreError>> {
        self.answer(move |content| {
            let holds = |project: &Project, id| content.product(id).is_ok_and(|product| product.project == project.id);
            let fits = |project: &&Project| {
                filter.owner.is_none_or(|owner| owner == project.owner)
                    && filter.id.as_ref().is_none_or(|id| *id == project.id)
                    && contains(&project.name, filter.name.as_deref())
                    && filter.product.is_none_or(|product| holds(project, product))
            };
            Ok(listed(content.projects.iter().rev().filter(fits), slice))
        })
    }
}

impl Products for MemoryRegistry {
    fn create_product(&self, product: Product) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            free(content.products.iter().any(|other| other.id == product.id), "id")?;
            let same_name = |other: &Product| other.owner == product.owner && other.name == product.name;
            free(content.products.iter().any(same_name), "name")?;
            if !content.projects.iter().any(|project| project.id == product.project) {
                return Err(StoreError::Missing);
            }
            content.products.push(product);
            Ok(())
        })
    }

    fn update_product(&self, product: Product) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            let at = content.products.iter().position(|old| old.id == product.id).ok_or(StoreError::Missing)?;
            let owner = content.products[at].owner;
            let same_name =
                |other: &Product| other.id != product.id && other.owner == owner && other.name == product.name;
            free(content.products.iter().any(same_name), "name")?;
            let old = content.products[at].clone();
            content.products[at] = Product {
                id: old.id,
                project: old.project,
                owner: old.owner,
                creator: old.creator,
                creator_name: old.creator_name,
                created: old.created,
                ..product
            };
            Ok(())
        })
    }

    fn delete_product(&self, id: ProductId) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.product(id)?;
            if content.devices.values().any(|device| device.product == id) {
                return Err(StoreError::InUse("devices"));
            }
            content.not_allowed(id)?;
            content.products.retain(|product| product.id != id);
            content.models.retain(|model| model.product != id);
            content.scripts.remove(&id);
            content.bindings.remove(&id);
            content.drop_files(id);
            content.product_log_levels.remove(&id);
            content.remote_configs.remove(&id);
            content.configured.remove(&id);
            content.fences.drop_product(id);
            Ok(())
        })
    }

    fn products(&self) -> Answer<'_, Result<Vec<Product>, StoreError>> {
        self.answer(move |content| Ok(content.products.clone()))
    }

    fn save_model(&self, model: StoredThingModel) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.product(model.product)?;
            match content.models.iter_mut().find(|old| old.product == model.product) {
                Some(old) => *old = model,
                None => content.models.push(model),
            }
            Ok(())
        })
    }

    fn models(&self) -> Answer<'_, Result<Vec<StoredThingModel>, StoreError>> {
        self.answer(move |content| Ok(content.models.clone()))
    }
}

impl Devices for MemoryRegistry {
    fn create_devices(&self, devices: Vec<Device>) -> Answer<'_, Result<Vec<Device>, StoreError>> {
        self.answer(move |content| content.create_devices(devices))
    }

    fn delete_devices(&self, keys: Vec<DeviceKey>) -> Answer<'_, Result<Vec<DeviceNumber>, StoreError>> {
        self.answer(move |content| content.delete_devices(&keys))
    }

    fn update_device(&self, device: Device) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            let key = DeviceKey { product: device.product, device: device.name };
            let number = content.device(&key).ok_or(StoreError::Missing)?.number;
            let old = content.devices.get_mut(&number).ok_or(StoreError::Missing)?;
            (old.enabled, old.tags) = (device.enabled, device.tags);
            Ok(())
        })
    }

    fn set_certificate(&self, key: DeviceKey, certificate: Certificate) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            let number = content.device(&key).ok_or(StoreError::Missing)?.number;
            let device = content.devices.get_mut(&number).ok_or(StoreError::Missing)?;
            device.certificate = Some(certificate);
            Ok(())
        })
    }

    fn device(&self, key: DeviceKey) -> Answer<'_, Result<Option<Device>, StoreError>> {
        self.answer(move |content| Ok(content.device(&key).cloned()))
    }

    fn devices(&self, filter: DeviceFilter, slice: Slice) -> Answer<'_, Result<Listed<Device>, StoreError>> {
        self.answer(move |content| {
            Ok(listed(content.devices.values().rev().filter(|device| device_fits(device, &filter)), slice))
        })
    }

    fn tag_sets(&self, products: Vec<ProductId>) -> Answer<'_, Result<TagSets, StoreError>> {
        self.answer(move |content| {
            let mut sets = TagSets::new();
            for device in content.devices.values() {
                let set = (device.product, device.tags.clone());
                if products.contains(&device.product) && !device.tags.is_empty() && !sets.contains(&set) {
                    sets.push(set);
                }
            }
            Ok(sets)
        })
    }

    fn sign_in_rows(&self, mut each: Box<dyn FnMut(SignInRow) + Send>) -> Answer<'_, Result<u64, StoreError>> {
        self.answer(move |content| {
            for device in content.devices.values() {
                each(SignInRow {
                    number: device.number,
                    key: key_of(device),
                    secret: device.secret.clone(),
                    fingerprint: device.certificate.as_ref().map(|certificate| certificate.fingerprint),
                    enabled: device.enabled,
                    tags: device.tags.clone(),
                });
            }
            Ok(u64::try_from(content.devices.len()).unwrap_or(u64::MAX))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    use super::MemoryRegistry;

    /// The twin never waits, so one poll must answer.
    fn run(case: impl AsyncFnOnce(Arc<MemoryRegistry>)) {
        let future = pin!(case(Arc::new(MemoryRegistry::new())));
        assert_eq!(future.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(()));
    }

    crate::registry_suite!(run);
}
