//! What the owner has set up: accounts, projects, products, models, devices. Small stores over one database.
//!
//! A write is durable when its answer is there; dropping the future does not take back a write that was queued.
//! Lists without a filter come in order of creation, oldest first.

pub mod fences;
pub mod files;
pub mod memory;
#[cfg(any(test, feature = "suites"))]
pub mod suite;

use lianwu_model::account::{AccessKey, Group, Instance, Principal, StoredPassword, StoredPolicy};
use lianwu_model::certificate::{Authority, Certificate, Fingerprint, PlatformAuthority};
use lianwu_model::device::Device;
use lianwu_model::gateway::Binding;
use lianwu_model::log_level::LogLevel;
use lianwu_model::login::{Login, LoginDigest};
use lianwu_model::product::{Product, Project, StoredScript, StoredThingModel, Tag};
use lianwu_model::remote_config::RemoteConfig;
use lianwu_model::{DeviceKey, DeviceNumber, ProductId, ProjectId, Uin, UnixMillis};

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
    /// What the store went through for it, in steps of its own: a row or an index entry is a handful of them. Tests assert it.
    pub steps: u64,
}

/// Which slice of a list, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    pub offset: u64,
    /// At most [`Slice::LIMIT_MAX`]; a larger value is taken as that.
    pub limit: u64,
}

impl Slice {
    pub const LIMIT_MAX: u64 = 1_000;

    /// Rows to give: the limit, never more than [`Slice::LIMIT_MAX`].
    #[must_use]
    pub fn rows_max(&self) -> u64 {
        self.limit.min(Self::LIMIT_MAX)
    }
}

/// Who may call, with which keys and by which grants, and who is signed in.
pub trait Accounts: Principals + AccessKeys + Grants + Logins {}

impl<T: Principals + AccessKeys + Grants + Logins> Accounts for T {}

/// Main accounts, sub-accounts, their passwords and instances.
pub trait Principals: Send + Sync {
    /// # Errors
    /// [`StoreError::Taken`] for `uin`.
    fn create_principal(&self, principal: Principal) -> Answer<'_, Result<(), StoreError>>;
    /// Replaces name and policies, and whether it is active; one that is not has no logins: they end in the same step.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    fn update_principal(&self, principal: Principal) -> Answer<'_, Result<(), StoreError>>;
    /// Deletes it with its keys, password and logins, and takes it out of every group.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    fn delete_principal(&self, uin: Uin) -> Answer<'_, Result<(), StoreError>>;
    fn principals(&self) -> Answer<'_, Result<Vec<Principal>, StoreError>>;
    /// Sets the password, or replaces it and ends every login of the principal.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the principal does not exist.
    fn set_password(&self, uin: Uin, password: StoredPassword) -> Answer<'_, Result<(), StoreError>>;
    /// `None` when there is no such principal or it has no password.
    fn password(&self, uin: Uin) -> Answer<'_, Result<Option<StoredPassword>, StoreError>>;
    /// # Errors
    /// [`StoreError::Taken`] for `id`.
    fn create_instance(&self, instance: Instance) -> Answer<'_, Result<(), StoreError>>;
    fn instances(&self) -> Answer<'_, Result<Vec<Instance>, StoreError>>;
}

/// SecretId pairs.
pub trait AccessKeys: Send + Sync {
    /// # Errors
    /// [`StoreError::Taken`] for `secret_id`, [`StoreError::Missing`] when its principal does not exist.
    fn create_key(&self, key: AccessKey) -> Answer<'_, Result<(), StoreError>>;
    /// # Errors
    /// [`StoreError::Missing`].
    fn set_key_active(&self, secret_id: String, active: bool) -> Answer<'_, Result<(), StoreError>>;
    /// # Errors
    /// [`StoreError::Missing`].
    fn delete_key(&self, secret_id: String) -> Answer<'_, Result<(), StoreError>>;
    /// Writes down when these keys were used last; keys that are gone are passed over.
    fn record_key_uses(&self, uses: Vec<(String, UnixMillis)>) -> Answer<'_, Result<(), StoreError>>;
    fn keys(&self) -> Answer<'_, Result<Vec<AccessKey>, StoreError>>;
}

/// Browsers signed in to the console. All of them are kept in memory by the login service.
pub trait Logins: Send + Sync {
    /// Adds a login and ends others in the same step.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when its principal does not exist; [`StoreError::Taken`] for `digest`.
    fn open_login(&self, login: Login, ended: Vec<LoginDigest>) -> Answer<'_, Result<(), StoreError>>;
    /// Those that have ended already are passed over.
    fn end_logins(&self, ended: Vec<LoginDigest>) -> Answer<'_, Result<(), StoreError>>;
    /// Writes down when a login was used last; one that has ended is passed over.
    fn record_login_use(&self, digest: LoginDigest, used: UnixMillis) -> Answer<'_, Result<(), StoreError>>;
    fn logins(&self) -> Answer<'_, Result<Vec<Login>, StoreError>>;
}

/// Own policies and groups.
pub trait Grants: Send + Sync {
    /// Creates the policy or replaces document and remark of (`owner`, `name`).
    fn save_policy(&self, policy: StoredPolicy) -> Answer<'_, Result<(), StoreError>>;
    /// Deletes the policy and takes its name off every principal and group of the owner.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    fn delete_policy(&self, owner: Uin, name: String) -> Answer<'_, Result<(), StoreError>>;
    fn policies(&self) -> Answer<'_, Result<Vec<StoredPolicy>, StoreError>>;
    /// Creates the group or replaces remark, policies and members of (`owner`, `name`).
    fn save_group(&self, group: Group) -> Answer<'_, Result<(), StoreError>>;
    /// # Errors
    /// [`StoreError::Missing`].
    fn delete_group(&self, owner: Uin, name: String) -> Answer<'_, Result<(), StoreError>>;
    fn groups(&self) -> Answer<'_, Result<Vec<Group>, StoreError>>;
}

/// Filter of a project list; every field that is given must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFilter {
    pub owner: Option<Uin>,
    pub id: Option<ProjectId>,
    /// Part of the name, taken literally; ASCII letters fit in either case.
    pub name: Option<String>,
    /// The project of this product.
    pub product: Option<ProductId>,
}

pub trait Projects: Send + Sync {
    /// # Errors
    /// [`StoreError::Taken`] for `id` or (`owner`, `name`).
    fn create_project(&self, project: Project) -> Answer<'_, Result<(), StoreError>>;
    /// Replaces name, description and update time.
    ///
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::Taken`] for (`owner`, `name`).
    fn update_project(&self, project: Project) -> Answer<'_, Result<(), StoreError>>;
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::InUse`] while products exist.
    fn delete_project(&self, id: ProjectId) -> Answer<'_, Result<(), StoreError>>;
    fn project(&self, id: ProjectId) -> Answer<'_, Result<Option<Project>, StoreError>>;
    fn projects(&self, filter: ProjectFilter, slice: Slice) -> Answer<'_, Result<Listed<Project>, StoreError>>;
}

/// Products and their thing models. All of them are kept in memory by the product service.
pub trait Products: Send + Sync {
    /// # Errors
    /// [`StoreError::Taken`] for `id` or (`owner`, `name`); [`StoreError::Missing`] when its project does not exist.
    fn create_product(&self, product: Product) -> Answer<'_, Result<(), StoreError>>;
    /// Replaces all but id, project, owner, creator and creation time.
    ///
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::Taken`] for (`owner`, `name`).
    fn update_product(&self, product: Product) -> Answer<'_, Result<(), StoreError>>;
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::InUse`] while devices exist. The model goes with it.
    fn delete_product(&self, id: ProductId) -> Answer<'_, Result<(), StoreError>>;
    fn products(&self) -> Answer<'_, Result<Vec<Product>, StoreError>>;
    /// Creates the product's model or replaces it whole.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the product does not exist.
    fn save_model(&self, model: StoredThingModel) -> Answer<'_, Result<(), StoreError>>;
    fn models(&self) -> Answer<'_, Result<Vec<StoredThingModel>, StoreError>>;
}

/// Scripts of products, with a few earlier versions of each. The newest are kept in memory by the script service.
pub trait ProductScripts: Send + Sync {
    /// Adds a version; of a product only the newest [`SCRIPT_VERSIONS_MAX`] stay. Deleting the product deletes them all.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the product does not exist, [`StoreError::Taken`] for `version`.
    fn save_script(&self, script: StoredScript) -> Answer<'_, Result<(), StoreError>>;
    /// The newest version of each product, in the order of ProductIds.
    fn scripts(&self) -> Answer<'_, Result<Vec<StoredScript>, StoreError>>;
    /// What is kept of one product, newest first.
    fn script_versions(&self, product: ProductId) -> Answer<'_, Result<Vec<StoredScript>, StoreError>>;
}

/// See [`ProductScripts::save_script`].
pub const SCRIPT_VERSIONS_MAX: usize = 10;

/// Certificate authorities and the products bound to them. All of them are kept in memory by the certificate service.
pub trait Certificates: Send + Sync {
    fn platform_authority(&self) -> Answer<'_, Result<Option<PlatformAuthority>, StoreError>>;
    /// # Errors
    /// [`StoreError::Taken`] for `id` when there is one: it is made once.
    fn create_platform_authority(&self, authority: PlatformAuthority) -> Answer<'_, Result<(), StoreError>>;
    /// # Errors
    /// [`StoreError::Taken`] for (`owner`, `name`) and (`owner`, `fingerprint`).
    fn create_authority(&self, authority: Authority) -> Answer<'_, Result<(), StoreError>>;
    /// Replaces the certificate and the update time of (`owner`, `name`).
    ///
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::Taken`] for (`owner`, `fingerprint`).
    fn update_authority(&self, authority: Authority) -> Answer<'_, Result<(), StoreError>>;
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::InUse`] while products are bound to it.
    fn delete_authority(&self, owner: Uin, name: String) -> Answer<'_, Result<(), StoreError>>;
    fn authorities(&self) -> Answer<'_, Result<Vec<Authority>, StoreError>>;
    /// Binds the product to this authority of its owner, in place of another; `None` takes the binding away. Deleting the product
    /// does, too.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when product or authority does not exist.
    fn bind_product(&self, product: ProductId, authority: Option<String>) -> Answer<'_, Result<(), StoreError>>;
    /// Which product is bound to which authority of its owner, in the order of ProductIds.
    fn bindings(&self) -> Answer<'_, Result<Vec<(ProductId, String)>, StoreError>>;
}

/// Filter of a device list: devices of these products, newest first.
///
/// The default matches nothing, so that an owner without products never sees another owner's devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFilter {
    pub products: Vec<ProductId>,
    /// Devices of every product of every owner; `products` is not looked at.
    pub any_product: bool,
    /// Part of the name, taken literally; ASCII letters fit in either case.
    pub name: Option<String>,
    /// The device carries all of these tags, key and value exactly.
    pub tags: Vec<(String, String)>,
    /// Devices of that product that carry exactly these tags, in this order, are left out; no tags hide nothing.
    pub hidden: TagSets,
    /// Which devices by number, as another index found them; numbers of other products and of none do no harm.
    pub numbers: Numbers,
}

/// A choice of devices by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Numbers {
    #[default]
    Any,
    /// None but these. The cost grows with them.
    Only(Vec<DeviceNumber>),
    /// All but these. The cost grows with them, not with the others.
    Except(Vec<DeviceNumber>),
}

/// Sets of tags, each with the product whose devices carry it.
pub type TagSets = Vec<(ProductId, Vec<Tag>)>;

/// What sign-in and authorisation need to know of a device; all devices' are kept in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct SignInRow {
    pub number: DeviceNumber,
    pub key: DeviceKey,
    pub secret: lianwu_model::device::DeviceSecretText,
    /// Of the certificate on record.
    pub fingerprint: Option<Fingerprint>,
    pub enabled: bool,
    pub tags: Vec<Tag>,
}

pub trait Devices: Send + Sync {
    /// Creates all or none; numbers are given by the store, ascending, never used again. Returns the stored devices,
    /// in the order given.
    ///
    /// # Errors
    /// [`StoreError::Taken`] for (`product`, `name`), also within the batch; [`StoreError::Missing`] when a product
    /// does not exist.
    fn create_devices(&self, devices: Vec<Device>) -> Answer<'_, Result<Vec<Device>, StoreError>>;
    /// All or none. Returns the numbers they had, in the order given.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when one does not exist or is named twice.
    fn delete_devices(&self, keys: Vec<DeviceKey>) -> Answer<'_, Result<Vec<DeviceNumber>, StoreError>>;
    /// Replaces `enabled` and `tags` of (`product`, `name`).
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    fn update_device(&self, device: Device) -> Answer<'_, Result<(), StoreError>>;
    /// Puts another certificate on record of a device.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    fn set_certificate(&self, key: DeviceKey, certificate: Certificate) -> Answer<'_, Result<(), StoreError>>;
    fn device(&self, key: DeviceKey) -> Answer<'_, Result<Option<Device>, StoreError>>;
    fn devices(&self, filter: DeviceFilter, slice: Slice) -> Answer<'_, Result<Listed<Device>, StoreError>>;
    /// Every set of tags that some device of these products carries, each once per product; empty sets are left out.
    fn tag_sets(&self, products: Vec<ProductId>) -> Answer<'_, Result<TagSets, StoreError>>;
    /// Calls `each` with every device, in any order, before the first connection is accepted. Returns how many.
    fn sign_in_rows(&self, each: Box<dyn FnMut(SignInRow) + Send>) -> Answer<'_, Result<u64, StoreError>>;
}

/// Who comes in through whom: kinds of devices a gateway product takes, and the sub-devices of each gateway. All of it
/// is kept in memory by the gateway service.
pub trait Topology: Send + Sync {
    /// Gateways of the first product may take devices of the others; what is allowed already stays.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when a product does not exist.
    fn allow_products(&self, gateway: ProductId, products: Vec<ProductId>) -> Answer<'_, Result<(), StoreError>>;
    /// Takes it back; what was not allowed is passed over.
    fn withdraw_products(&self, gateway: ProductId, products: Vec<ProductId>) -> Answer<'_, Result<(), StoreError>>;
    /// Gateway product and the other, in the order they were allowed.
    fn allowed_products(&self) -> Answer<'_, Result<Vec<(ProductId, ProductId)>, StoreError>>;
    /// Binds all or none. A device or product that is bound or allowed cannot be deleted.
    ///
    /// # Errors
    /// [`StoreError::Taken`] for `device` that is bound, also within the batch; [`StoreError::Missing`] when a device
    /// does not exist.
    fn bind(&self, bindings: Vec<Binding>) -> Answer<'_, Result<(), StoreError>>;
    /// Those that are not bound are passed over.
    fn unbind(&self, devices: Vec<DeviceNumber>) -> Answer<'_, Result<(), StoreError>>;
    /// In the order they were bound.
    fn bindings(&self) -> Answer<'_, Result<Vec<Binding>, StoreError>>;
}

/// How much devices upload of their own logs. All of it is kept in memory by the device log service.
pub trait LogLevels: Send + Sync {
    /// What the devices of a product have that have no level of their own; goes with the product. `None` takes it away.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the product does not exist.
    fn set_product_log_level(&self, id: ProductId, level: Option<LogLevel>) -> Answer<'_, Result<(), StoreError>>;

    /// A device's own; goes with the device. `None` takes it away.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the device does not exist.
    fn set_device_log_level(&self, device: DeviceNumber, level: Option<LogLevel>)
    -> Answer<'_, Result<(), StoreError>>;

    /// In the order of ProductIds.
    fn product_log_levels(&self) -> Answer<'_, Result<Vec<(ProductId, LogLevel)>, StoreError>>;

    /// In the order of numbers.
    fn device_log_levels(&self) -> Answer<'_, Result<Vec<(DeviceNumber, LogLevel)>, StoreError>>;
}

/// A product's remote configuration as devices may get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteConfigState {
    /// May devices have it?
    pub is_enabled: bool,
    pub newest: RemoteConfig,
}

/// Remote configurations of products, which go with them. The newest versions are kept in memory by their service.
pub trait RemoteConfigs: Send + Sync {
    /// Adds a version, and drops what is older than the newest [`VERSIONS_MAX`](lianwu_model::remote_config::VERSIONS_MAX).
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the product does not exist; [`StoreError::Taken`] for `version`.
    fn save_remote_config(&self, config: RemoteConfig) -> Answer<'_, Result<(), StoreError>>;

    /// # Errors
    /// [`StoreError::Missing`] when the product does not exist.
    fn enable_remote_config(&self, id: ProductId, is_enabled: bool) -> Answer<'_, Result<(), StoreError>>;

    /// Newest first.
    fn remote_config_versions(&self, id: ProductId) -> Answer<'_, Result<Vec<RemoteConfig>, StoreError>>;

    /// Of products that have a version, in the order of ProductIds.
    fn remote_configs(&self) -> Answer<'_, Result<Vec<RemoteConfigState>, StoreError>>;
}
