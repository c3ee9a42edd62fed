//! Files on their way to devices: one after the other on each way, told at once or when the device asks.

use lianwu_device_protocol::files;
use lianwu_device_protocol::topic::{DownTopic, down_topic};
use lianwu_model::file::{
    FileTask, Resource, StoredFile, TaskId, TaskKind, TaskState, VERSION_BYTES_MAX, is_file_name, is_version,
};
use lianwu_ports::bus::{DeliverError, Delivery, Down, DownKind};
use lianwu_ports::registry::StoreError;
use tracing::{debug, warn};

use super::{FILE_NAME_FORM, FileError, address, is_in_line};
use crate::Platform;
use crate::directory::DirectoryDevice;
use crate::invalid::{Invalid, Rule, form};

/// On which of the two ways a device is given a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// `$resource`.
    Resource,
    /// File management, with version and type (`FILE`, `AUDIO`, `VOICE`, `VIDEO`).
    Management { version: String, kind: String },
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    pub task: FileTask,
    /// `None`: it waits behind another task of the device. The other outcomes are of the first try; the device is told again when it asks.
    pub told: Option<Result<Delivery, DeliverError>>,
}

const VERSION_FORM: Rule = form(
    "1 到 32 字节，不含引号、反斜杠和控制字符",
    "1 to 32 bytes without quotes, backslashes and control characters",
);
const _: () = assert!(VERSION_BYTES_MAX == 32, "the text above says so");

/// Has a device load a file, under its own name or another.
///
/// # Errors
/// [`FileError::NoContent`], `Invalid`, `NoAddress`.
pub async fn push(
    platform: &Platform,
    device: &DirectoryDevice,
    file: &StoredFile,
    name: Option<&str>,
    form: Form,
    request_id: &str,
) -> Result<Pushed, FileError> {
    file.content.ok_or(FileError::NoContent)?;
    let (kind, version, resource_type) = match form {
        Form::Resource => (TaskKind::ResourceDownload, String::new(), String::new()),
        Form::Management { version, kind } => (TaskKind::FileUpdate, version, kind),
    };
    let name = name.unwrap_or(&file.name);
    let task = new_task(platform, device, kind, (name, &version, &resource_type))?;
    begin(platform, device, FileTask { file: Some(file.id), ..task }, request_id).await
}

/// Has a device delete a file it was given by file management.
///
/// # Errors
/// [`FileError::Invalid`].
pub async fn remove_from_device(
    platform: &Platform,
    device: &DirectoryDevice,
    resource: &Resource,
    request_id: &str,
) -> Result<Pushed, FileError> {
    let words = (resource.name.as_str(), resource.version.as_str(), resource.kind.as_str());
    let task = new_task(platform, device, TaskKind::FileDelete, words)?;
    begin(platform, device, task, request_id).await
}

/// `words`: name, version, type.
pub(super) fn new_task(
    platform: &Platform,
    device: &DirectoryDevice,
    kind: TaskKind,
    words: (&str, &str, &str),
) -> Result<FileTask, FileError> {
    let (name, version, resource_type) = words;
    if !is_file_name(name) {
        return Err(Invalid::new("ResourceName", FILE_NAME_FORM).into());
    }
    let is_management = matches!(kind, TaskKind::FileUpdate | TaskKind::FileDelete | TaskKind::FileUpload);
    for (field, text) in [("Version", version), ("ResourceType", resource_type)] {
        if is_management && !is_version(text) {
            return Err(Invalid::new(field, VERSION_FORM).into());
        }
    }
    let now = platform.clock.now();
    Ok(FileTask {
        id: TaskId::default(),
        device: device.number,
        kind,
        file: None,
        name: name.to_owned(),
        version: version.to_owned(),
        resource_type: resource_type.to_owned(),
        state: TaskState::Waiting,
        percent: 0,
        result_code: 0,
        result_text: String::new(),
        created: now,
        updated: now,
    })
}

async fn begin(
    platform: &Platform,
    device: &DirectoryDevice,
    task: FileTask,
    request_id: &str,
) -> Result<Pushed, FileError> {
    let task = {
        let _turn = platform.files.turn().await;
        match platform.stores.files.save_task(task.clone()).await {
            Err(StoreError::Missing) => return Err(FileError::NotFound(task.file.unwrap_or_default())),
            saved => saved?,
        }
    };
    let first = first_in_line(platform, device, task.kind).await?;
    let told = match first {
        Some(first) if first.id == task.id => Some(tell(platform, device, &task, request_id).await?),
        _ => None,
    };
    Ok(Pushed { task, told })
}

/// The oldest task of this line that has not ended.
pub(super) async fn first_in_line(
    platform: &Platform,
    device: &DirectoryDevice,
    kind: TaskKind,
) -> Result<Option<FileTask>, FileError> {
    let tasks = platform.stores.files.tasks(device.number).await?;
    Ok(tasks.into_iter().rev().find(|task| is_in_line(task.kind, kind) && !task.state.is_final()))
}

/// Tells the device of the first task of this line, if there is one; one that is away asks when it is back.
pub(super) async fn next(platform: &Platform, device: &DirectoryDevice, kind: TaskKind, request_id: &str) {
    let told = match first_in_line(platform, device, kind).await {
        Ok(Some(task)) => tell(platform, device, &task, request_id).await,
        Ok(None) => return,
        Err(error) => Err(error),
    };
    match told {
        Ok(Ok(delivery)) => debug!(%device.product, %device.name, ?delivery, "a device was told of its next file"),
        Ok(Err(error)) => warn!(%error, %device.product, %device.name, "a device could not be told of its next file"),
        Err(error) => warn!(%error, %device.product, %device.name, "a device's next file could not be found"),
    }
}

async fn tell(
    platform: &Platform,
    device: &DirectoryDevice,
    task: &FileTask,
    request_id: &str,
) -> Result<Result<Delivery, DeliverError>, FileError> {
    let (kind, payload) = message(platform, task, "download").await?;
    let mut topic = String::new();
    down_topic(kind, device.product, device.name.as_str(), &mut topic);
    let down = Down {
        device: device.key(),
        number: device.number,
        kind: DownKind::Topic(topic.into()),
        qos: 1,
        payload: payload.into(),
        request_id: request_id.into(),
    };
    Ok(platform.bus.deliver(down).await)
}

/// What a device is told of a task that is for it. `word` is the type on `$resource`.
pub(super) async fn message(
    platform: &Platform,
    task: &FileTask,
    word: &str,
) -> Result<(DownTopic, Vec<u8>), FileError> {
    let resource =
        Resource { name: task.name.clone(), version: task.version.clone(), kind: task.resource_type.clone() };
    let mut out = Vec::new();
    if task.kind == TaskKind::FileDelete {
        files::delete(&resource, &mut out);
        return Ok((DownTopic::ThingService, out));
    }
    let id = task.file.unwrap_or_default();
    let file = platform.stores.files.file(id).await?.ok_or(FileError::NotFound(id))?;
    let content = file.content.ok_or(FileError::NoContent)?;
    let url = address::download(platform, &file)?.url;
    if task.kind == TaskKind::FileUpdate {
        files::update(&resource, content.size, content.md5, &url, &mut out);
        return Ok((DownTopic::ThingService, out));
    }
    files::download(word, &task.name, content.size, content.md5, &url, &mut out);
    Ok((DownTopic::Resource, out))
}
