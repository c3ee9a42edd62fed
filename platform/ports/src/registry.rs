//! What the owner has set up: accounts, projects, products, models, devices. Small stores over one database.

use lianwu_model::account::{AccessKey, Instance, Principal, StoredPolicy};
use lianwu_model::device::Device;
use lianwu_model::product::{Product, Project, StoredThingModel};
use lianwu_model::{DeviceKey, DeviceNumber, ProductId, ProjectId, Uin};

use crate::Answer;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Name or id is taken; names the field.
    #[error("{0} is taken")]
    Taken(&'static str),
    #[error("it does not exist")]
    Missing,
    /// Something still refers to it; names what.
    #[error("{0} still refer to it")]
    InUse(&'static str),
    #[error("the database failed: {0}")]
    Failed(String),
}

/// Offset paging: rows and how many there are in all.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    pub rows: Vec<T>,
    pub total: u64,
}

/// Which slice of a list, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    pub offset: u64,
    /// At most 1,000.
    pub limit: u64,
}

/// Main accounts, sub-accounts, keys, policies, instances.
pub trait Accounts: Send + Sync {
    /// # Errors
    /// [`StoreError::Taken`] when the uin exists.
    fn create_principal(&self, principal: Principal) -> Answer<'_, Result<(), StoreError>>;
    fn principals(&self) -> Answer<'_, Result<Vec<Principal>, StoreError>>;
    fn create_key(&self, key: AccessKey) -> Answer<'_, Result<(), StoreError>>;
    fn keys(&self) -> Answer<'_, Result<Vec<AccessKey>, StoreError>>;
    fn save_policy(&self, policy: StoredPolicy) -> Answer<'_, Result<(), StoreError>>;
    fn policies(&self) -> Answer<'_, Result<Vec<StoredPolicy>, StoreError>>;
    fn create_instance(&self, instance: Instance) -> Answer<'_, Result<(), StoreError>>;
    fn instances(&self) -> Answer<'_, Result<Vec<Instance>, StoreError>>;
}

/// Filter of a project list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFilter {
    pub owner: Option<Uin>,
    pub id: Option<ProjectId>,
    /// Part of the name.
    pub name: Option<String>,
    /// The project of this product.
    pub product: Option<ProductId>,
}

pub trait Projects: Send + Sync {
    /// # Errors
    /// [`StoreError::Taken`] for `id` or (`owner`, `name`).
    fn create_project(&self, project: Project) -> Answer<'_, Result<(), StoreError>>;
    /// Replaces name, description and update time.
    fn update_project(&self, project: Project) -> Answer<'_, Result<(), StoreError>>;
    /// # Errors
    /// [`StoreError::InUse`] while products exist.
    fn delete_project(&self, id: ProjectId) -> Answer<'_, Result<(), StoreError>>;
    fn project(&self, id: ProjectId) -> Answer<'_, Result<Option<Project>, StoreError>>;
    fn projects(&self, filter: ProjectFilter, slice: Slice) -> Answer<'_, Result<Listed<Project>, StoreError>>;
}

/// Products and their thing models. All of them are kept in memory by the product service.
pub trait Products: Send + Sync {
    /// # Errors
    /// [`StoreError::Taken`] for `id` or (`owner`, `name`).
    fn create_product(&self, product: Product) -> Answer<'_, Result<(), StoreError>>;
    fn update_product(&self, product: Product) -> Answer<'_, Result<(), StoreError>>;
    /// # Errors
    /// [`StoreError::InUse`] while devices exist. The model goes with it.
    fn delete_product(&self, id: ProductId) -> Answer<'_, Result<(), StoreError>>;
    fn products(&self) -> Answer<'_, Result<Vec<Product>, StoreError>>;
    fn save_model(&self, model: StoredThingModel) -> Answer<'_, Result<(), StoreError>>;
    fn models(&self) -> Answer<'_, Result<Vec<StoredThingModel>, StoreError>>;
}

/// Filter of a device list: devices of these products, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFilter {
    pub products: Vec<ProductId>,
    /// Part of the name.
    pub name: Option<String>,
    /// Exactly these tags.
    pub tags: Vec<(String, String)>,
}

/// What sign-in needs to know of a device; all devices' are kept in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct SignInRow {
    pub number: DeviceNumber,
    pub key: DeviceKey,
    pub secret: lianwu_model::device::DeviceSecretText,
    pub enabled: bool,
}

pub trait Devices: Send + Sync {
    /// Creates all or none; numbers are given by the store, ascending, never used again. Returns the stored devices.
    ///
    /// # Errors
    /// [`StoreError::Taken`] for (`product`, `name`).
    fn create_devices(&self, devices: Vec<Device>) -> Answer<'_, Result<Vec<Device>, StoreError>>;
    /// All or none.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when one does not exist.
    fn delete_devices(&self, keys: Vec<DeviceKey>) -> Answer<'_, Result<Vec<DeviceNumber>, StoreError>>;
    /// Replaces `enabled` and `tags`.
    fn update_device(&self, device: Device) -> Answer<'_, Result<(), StoreError>>;
    fn device(&self, key: DeviceKey) -> Answer<'_, Result<Option<Device>, StoreError>>;
    fn devices(&self, filter: DeviceFilter, slice: Slice) -> Answer<'_, Result<Listed<Device>, StoreError>>;
    /// Calls `each` with every device, in any order, before the first connection is accepted.
    fn sign_in_rows(&self, each: Box<dyn FnMut(SignInRow) + Send>) -> Answer<'_, Result<u64, StoreError>>;
}
