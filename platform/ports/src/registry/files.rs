//! Files of products, tasks that move them, lists that devices report of themselves.

use lianwu_model::file::{Content, ContentDigest, DeviceList, FileId, FileTask, StoredFile};
use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};

use super::{Listed, Slice, StoreError};
use crate::Answer;

/// Tasks of one device that are kept; beyond it those that ended first go first.
pub const DEVICE_TASKS_MAX: usize = 100;

/// What files take, announced ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileUsage {
    /// Bytes of all files of the owner.
    pub owner_bytes: u64,
    /// Bytes of the product's files.
    pub product_bytes: u64,
    /// The product's files.
    pub product_files: u64,
}

pub trait Files: Send + Sync {
    /// Stores a file, with a task that refers to it if one is given; both get their ids here.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when product or device of the task does not exist.
    fn create_file(
        &self,
        file: StoredFile,
        task: Option<FileTask>,
    ) -> Answer<'_, Result<(StoredFile, Option<FileTask>), StoreError>>;
    /// The file's content is there.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    fn set_content(&self, id: FileId, content: Content) -> Answer<'_, Result<(), StoreError>>;
    /// Its ended tasks stay, without the file.
    ///
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::InUse`] while a task that has not ended refers to it.
    fn delete_file(&self, id: FileId) -> Answer<'_, Result<(), StoreError>>;
    fn file(&self, id: FileId) -> Answer<'_, Result<Option<StoredFile>, StoreError>>;
    /// Files of the product, newest first; those of one device when it is given.
    fn files(
        &self,
        product: ProductId,
        device: Option<DeviceNumber>,
        slice: Slice,
    ) -> Answer<'_, Result<Listed<StoredFile>, StoreError>>;
    fn usage(&self, owner: Uin, product: ProductId) -> Answer<'_, Result<FileUsage, StoreError>>;
    /// Which of these contents no file has, in the order given.
    fn unused(&self, digests: Vec<ContentDigest>) -> Answer<'_, Result<Vec<ContentDigest>, StoreError>>;
    /// Deletes files that were announced before `before` and have no content; their open tasks have failed. Returns how
    /// many.
    fn expire_announced(&self, before: UnixMillis) -> Answer<'_, Result<u64, StoreError>>;
}

pub trait FileTasks: Send + Sync {
    /// Stores a task without an id, and returns it with one; of ended tasks beyond [`DEVICE_TASKS_MAX`] the oldest go. Replaces
    /// what may change of one with an id.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when device, file or id does not exist.
    fn save_task(&self, task: FileTask) -> Answer<'_, Result<FileTask, StoreError>>;
    /// Newest first.
    fn tasks(&self, device: DeviceNumber) -> Answer<'_, Result<Vec<FileTask>, StoreError>>;
    /// # Errors
    /// [`StoreError::Missing`] when the device does not exist.
    fn save_device_list(
        &self,
        device: DeviceNumber,
        list: DeviceList,
        text: String,
    ) -> Answer<'_, Result<(), StoreError>>;
    /// `None` before the device has said anything.
    fn device_list(&self, device: DeviceNumber, list: DeviceList) -> Answer<'_, Result<Option<String>, StoreError>>;
}

/// All of it.
pub trait FileStore: Files + FileTasks {}

impl<T: Files + FileTasks> FileStore for T {}
