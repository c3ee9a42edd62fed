//! Files of products: stored once, moved to devices and from them, with what became of each move.
//!
//! Contents go over HTTP on addresses that are signed here; who speaks of them on MQTT is answered by [`said`]. See
//! docs/adr/0028-files.md. Source: spec/device-protocol.md 9.7 and 9.8.

pub mod address;
mod offer;
mod said;
pub mod transfer;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lianwu_model::file::{
    DeviceList, FileId, FileSecret, FileTask, Md5, Resource, StoredFile, TaskId, TaskKind, TaskState, is_file_name,
};
use lianwu_model::{DeviceNumber, ProductId, Uin};
use lianwu_ports::blobs::{BlobError, Blobs};
use lianwu_ports::registry::{Listed, Slice, StoreError};
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::{info, warn};

use crate::Platform;
use crate::directory::DirectoryDevice;
use crate::invalid::{Invalid, Rule, form};
use crate::product::{self, ProductError};
use crate::randomness;

pub use offer::{Form, Pushed, push, remove_from_device};
pub use said::{Outcome, Way, busy, said};

/// Files of one product. Source: none; a bound on rows, beside the bounds on bytes.
pub const PRODUCT_FILES_MAX: u64 = 10_000;

/// Uploads a device may have begun and not ended.
pub const DEVICE_UPLOADS_MAX: usize = 8;

/// How long a file waits for its content.
pub const ANNOUNCED_MAX: Duration = Duration::from_hours(24);

/// Contents that are asked for at once when unused ones are looked for.
const SWEEP_ROWS: usize = 500;

/// What the service keeps in memory.
#[derive(Debug)]
pub struct Files {
    pub blobs: Arc<dyn Blobs>,
    /// `http://host` before the path of an address, once a listener is open.
    base: OnceLock<Box<str>>,
    /// One change of files at a time: what takes room is counted before it is granted, and no content is taken away
    /// while a file is being given it.
    turn: Semaphore,
}

impl Files {
    #[must_use]
    pub fn new(blobs: Arc<dyn Blobs>) -> Self {
        Self { blobs, base: OnceLock::new(), turn: Semaphore::new(1) }
    }

    /// From now on addresses begin with this, such as `http://iot.example.com`. The first call counts.
    pub fn publish_at(&self, base: &str) {
        // A second listener adds nothing: devices are told one address.
        drop(self.base.set(base.trim_end_matches('/').into()));
    }

    fn base(&self) -> Option<&str> {
        self.base.get().map(|base| &**base)
    }

    async fn turn(&self) -> SemaphorePermit<'_> {
        self.turn.acquire().await.expect("the semaphore is never closed")
    }
}

/// What cannot be done with files, and why.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FileError {
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("file {} does not exist", .0.0)]
    NotFound(FileId),
    #[error("task {} does not exist, or has ended", .0.0)]
    NoTask(TaskId),
    #[error("the file's content was not uploaded yet")]
    NoContent,
    #[error("a task that has not ended needs the file")]
    InUse,
    #[error("a file may have {0} bytes, see limits.file_bytes")]
    TooLarge(u64),
    #[error("the product's files may take {0} bytes, see limits.product_file_bytes")]
    ProductFull(u64),
    #[error("the account's files may take {0} bytes, see limits.account_file_bytes")]
    AccountFull(u64),
    #[error("a product may have {PRODUCT_FILES_MAX} files")]
    TooMany,
    #[error("a device may have {DEVICE_UPLOADS_MAX} uploads that have not ended")]
    TooManyUploads,
    #[error("there is nowhere to load files from: listen.device_http is off")]
    NoAddress,
    #[error("the registry failed: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blob(#[from] BlobError),
}

/// A file and where its content goes.
#[derive(Clone, Debug)]
pub struct Announced {
    pub file: StoredFile,
    pub upload: address::Address,
}

/// Announces a file of the owner; its content is to be uploaded to the address.
///
/// # Errors
/// A name or size that may not be, a limit, no listener.
pub async fn announce(
    platform: &Platform,
    owner: Uin,
    product: &str,
    name: &str,
    size: u64,
    md5: Md5,
) -> Result<Announced, FileError> {
    let product = product::find(platform, owner, product)?.product.id;
    if !is_file_name(name) {
        return Err(Invalid::new("FileName", FILE_NAME_FORM).into());
    }
    let wanted = StoredFile {
        id: FileId::default(),
        owner,
        product,
        device: DeviceNumber::NONE,
        device_name: String::new(),
        name: name.to_owned(),
        announced: size,
        announced_md5: Some(md5),
        content: None,
        secret: new_secret(platform),
        created: platform.clock.now(),
    };
    let _turn = platform.files.turn().await;
    check_room(platform, owner, product, size).await?;
    let (file, _) = platform.stores.files.create_file(wanted, None).await?;
    let upload = address::upload(platform, &file)?;
    Ok(Announced { file, upload })
}

/// What a name may be, in words.
pub const FILE_NAME_FORM: Rule = form(
    "1 到 64 字节，不含引号、反斜杠和控制字符",
    "1 to 64 bytes without quotes, backslashes and control characters",
);

fn new_secret(platform: &Platform) -> FileSecret {
    FileSecret(randomness::text(&*platform.randomness, randomness::ALPHANUMERIC, 32))
}

/// Is there room for `size` bytes more, in one file?
async fn check_room(platform: &Platform, owner: Uin, product: ProductId, size: u64) -> Result<(), FileError> {
    let limits = &platform.limits;
    let is_over = |bytes: u64, max: u64| max > 0 && bytes > max;
    if is_over(size, limits.file_bytes) {
        return Err(FileError::TooLarge(limits.file_bytes));
    }
    let usage = platform.stores.files.usage(owner, product).await?;
    if usage.product_files >= PRODUCT_FILES_MAX {
        return Err(FileError::TooMany);
    }
    if is_over(usage.product_bytes.saturating_add(size), limits.product_file_bytes) {
        return Err(FileError::ProductFull(limits.product_file_bytes));
    }
    if is_over(usage.owner_bytes.saturating_add(size), limits.account_file_bytes) {
        return Err(FileError::AccountFull(limits.account_file_bytes));
    }
    Ok(())
}

/// A file of a product of this owner.
///
/// # Errors
/// [`FileError::Product`], `NotFound`.
pub async fn find(platform: &Platform, owner: Uin, product: &str, id: FileId) -> Result<StoredFile, FileError> {
    let product = product::find(platform, owner, product)?.product.id;
    let found = platform.stores.files.file(id).await?;
    found.filter(|file| file.product == product).ok_or(FileError::NotFound(id))
}

/// Files of a product, newest first; those a device has sent when it is given.
///
/// # Errors
/// [`FileError::Product`].
pub async fn list(
    platform: &Platform,
    owner: Uin,
    product: &str,
    device: Option<DeviceNumber>,
    slice: Slice,
) -> Result<Listed<StoredFile>, FileError> {
    let product = product::find(platform, owner, product)?.product.id;
    Ok(platform.stores.files.files(product, device, slice).await?)
}

/// Deletes a file; its content goes when no other file has it.
///
/// # Errors
/// [`FileError::NotFound`], `InUse`.
pub async fn delete(platform: &Platform, file: &StoredFile) -> Result<(), FileError> {
    let _turn = platform.files.turn().await;
    match platform.stores.files.delete_file(file.id).await {
        Err(StoreError::InUse(_)) => return Err(FileError::InUse),
        Err(StoreError::Missing) => return Err(FileError::NotFound(file.id)),
        done => done?,
    }
    if let Some(content) = file.content {
        remove_unused(platform, vec![content.digest]).await?;
    }
    Ok(())
}

/// The caller has the turn.
async fn remove_unused(
    platform: &Platform,
    digests: Vec<lianwu_model::file::ContentDigest>,
) -> Result<usize, FileError> {
    let unused = platform.stores.files.unused(digests).await?;
    let count = unused.len();
    let blobs = Arc::clone(&platform.files.blobs);
    let remove = move || unused.into_iter().try_for_each(|digest| blobs.remove(digest));
    tokio::task::spawn_blocking(remove).await.map_err(|_| BlobError("the platform is shutting down".to_owned()))??;
    Ok(count)
}

/// Gives up files whose content never came, and takes contents away that no file has.
///
/// # Errors
/// When registry or store failed; the next sweep goes on.
pub async fn sweep(platform: &Platform) -> Result<(), FileError> {
    let now = platform.clock.now();
    let age = u64::try_from(ANNOUNCED_MAX.as_millis()).unwrap_or(u64::MAX);
    let before = lianwu_model::UnixMillis(now.0.saturating_sub(age));
    let expired = platform.stores.files.expire_announced(before).await?;
    let blobs = Arc::clone(&platform.files.blobs);
    let digests = tokio::task::spawn_blocking(move || blobs.digests()).await;
    let digests = digests.map_err(|_| BlobError("the platform is shutting down".to_owned()))??;
    let mut removed = 0;
    for some in digests.chunks(SWEEP_ROWS) {
        let _turn = platform.files.turn().await;
        removed += remove_unused(platform, some.to_vec()).await?;
    }
    if expired > 0 || removed > 0 {
        info!(expired, removed, "files that nobody has were removed");
    }
    Ok(())
}

/// Tasks of a device, newest first.
///
/// # Errors
/// When the registry failed.
pub async fn tasks(platform: &Platform, device: &DirectoryDevice) -> Result<Vec<FileTask>, FileError> {
    Ok(platform.stores.files.tasks(device.number).await?)
}

/// Ends a task that has not ended; the device may go on, but is not listened to.
///
/// # Errors
/// [`FileError::NoTask`].
pub async fn cancel(platform: &Platform, device: &DirectoryDevice, id: TaskId) -> Result<FileTask, FileError> {
    let _turn = platform.files.turn().await;
    let tasks = platform.stores.files.tasks(device.number).await?;
    let open = tasks.into_iter().find(|task| task.id == id && !task.state.is_final()).ok_or(FileError::NoTask(id))?;
    let ended = FileTask {
        state: TaskState::Failed,
        result_text: "canceled by the owner".to_owned(),
        updated: platform.clock.now(),
        ..open
    };
    let ended = platform.stores.files.save_task(ended).await?;
    if ended.kind.is_for_device() {
        offer::next(platform, device, ended.kind, "").await;
    }
    Ok(ended)
}

/// What the device said last that it has.
///
/// # Errors
/// When the registry failed.
pub async fn resources(platform: &Platform, device: DeviceNumber) -> Result<Vec<Resource>, FileError> {
    let text = platform.stores.files.device_list(device, DeviceList::Resources).await?;
    let Some(text) = text else { return Ok(Vec::new()) };
    Ok(serde_json::from_str(&text).unwrap_or_else(|error| {
        warn!(%error, device = device.0, "a device's list of files cannot be read");
        Vec::new()
    }))
}

/// Scenes inside a gateway, as it wrote them: a JSON array. `None` before it has said any.
///
/// # Errors
/// When the registry failed.
pub async fn inner_scenes(platform: &Platform, device: DeviceNumber) -> Result<Option<String>, FileError> {
    Ok(platform.stores.files.device_list(device, DeviceList::InnerScenes).await?)
}

/// Does a task of this kind come one after the other with tasks of that kind? A device of the C SDK does one at a time
/// on each of its two ways.
fn is_in_line(kind: TaskKind, other: TaskKind) -> bool {
    let is_management = |kind| matches!(kind, TaskKind::FileUpdate | TaskKind::FileDelete);
    kind == other || (is_management(kind) && is_management(other))
}
