//! What a device says of files, taken and answered.

use lianwu_device_protocol::files::{
    self, BUSY, FileMessageError, INTERNAL, MALFORMED, NO_CONTENT, NO_TASK, OVER_LIMIT, Report, ResourceMessage,
    ServiceMessage, parse_resource, parse_service,
};
use lianwu_device_protocol::topic::DownTopic;
use lianwu_model::file::{DeviceList, FileId, FileTask, Md5, Resource, StoredFile, TaskKind, TaskState};
use tracing::warn;

use super::{DEVICE_UPLOADS_MAX, FileError, address, check_room, is_in_line, new_secret, offer, resources};
use crate::Platform;
use crate::catalog::CatalogProduct;
use crate::directory::DirectoryDevice;

/// Longest list of scenes that is kept, in bytes.
const SCENES_BYTES_MAX: usize = 16 * 1024;

/// Tokens of uploads by file management.
const TOKEN_PREFIX: &str = "upload-";

/// What follows from a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// For the record: 0 when the message was taken.
    pub code: u32,
    /// For the record: why it was not.
    pub note: String,
    pub answer: Option<(DownTopic, Vec<u8>)>,
    /// The line of tasks whose first the device is told now; see [`Outcome::follow`].
    next: Option<TaskKind>,
}

impl Outcome {
    fn taken(answer: Option<(DownTopic, Vec<u8>)>) -> Self {
        Self { code: 0, note: String::new(), answer, next: None }
    }

    fn of(code: u32, note: String, answer: Option<(DownTopic, Vec<u8>)>) -> Self {
        Self { code, note, answer, next: None }
    }

    /// The message is not taken, and nobody is answered.
    #[must_use]
    pub fn not_taken(code: u32, why: &str) -> Self {
        Self::of(code, why.to_owned(), None)
    }

    /// To be called once the answer was sent: tells the device what comes next.
    pub async fn follow(&self, platform: &Platform, device: &DirectoryDevice) {
        if let Some(kind) = self.next {
            offer::next(platform, device, kind, "").await;
        }
    }

    /// Does anything follow?
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.next.is_some()
    }
}

/// Where a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Resource,
    Service,
}

/// Takes a message about files of this device.
pub async fn said(platform: &Platform, device: &DirectoryDevice, way: Way, payload: &[u8]) -> Outcome {
    let outcome = match way {
        Way::Resource => match parse_resource(payload) {
            Ok(message) => Ok(resource(platform, device, message).await),
            Err(error) => Err(error),
        },
        Way::Service => match parse_service(payload) {
            Ok(message) => Ok(service(platform, device, message).await),
            Err(error) => Err(error),
        },
    };
    outcome.unwrap_or_else(|error| malformed(way, &error))
}

/// On `$resource`.
async fn resource(platform: &Platform, device: &DirectoryDevice, message: ResourceMessage) -> Outcome {
    match message {
        ResourceMessage::GetDownload => get_download(platform, device).await,
        ResourceMessage::CreateUpload { name, size, md5 } => {
            let mut out = Vec::new();
            let outcome = match create_upload(platform, device, &name, size, md5).await {
                Ok(url) => {
                    files::upload_task(&name, size, md5, &url, &mut out);
                    (0, String::new())
                }
                Err(error) => {
                    let code = code(&error);
                    files::upload_refused(code, &shown(&error), &mut out);
                    (code, error.to_string())
                }
            };
            Outcome::of(outcome.0, outcome.1, Some((DownTopic::Resource, out)))
        }
        ResourceMessage::DownloadProgress { name, report } => {
            let done = progress(platform, device, Search::named(TaskKind::ResourceDownload, &name), &report).await;
            resource_answer("report_download_progress", done)
        }
        ResourceMessage::UploadProgress { name, report } => {
            let done = progress(platform, device, Search::named(TaskKind::ResourceUpload, &name), &report).await;
            resource_answer("report_upload_progress", done)
        }
        ResourceMessage::UploadResult { report } => {
            let search = Search { kind: TaskKind::ResourceUpload, name: None, version: None, id: None };
            silent(progress(platform, device, search, &report).await)
        }
    }
}

/// File management, and the scenes of gateways.
async fn service(platform: &Platform, device: &DirectoryDevice, message: ServiceMessage<'_>) -> Outcome {
    match message {
        ServiceMessage::Versions(list) => versions(platform, device, list).await,
        ServiceMessage::Progress { name, version, report } | ServiceMessage::Result { name, version, report } => {
            let search = Search::version(TaskKind::FileUpdate, &name, &version);
            let done = progress(platform, device, search, &report).await;
            if matches!(done, Ok(Some(TaskKind::FileUpdate))) && report.state == TaskState::Done {
                note_list(platform, device, &name, Some(&version)).await;
            }
            silent(done)
        }
        ServiceMessage::Deleted { name, version, report } => {
            let search = Search::version(TaskKind::FileDelete, &name, &version);
            let done = progress(platform, device, search, &report).await;
            if done.is_ok() && report.state == TaskState::Done {
                note_list(platform, device, &name, None).await;
            }
            silent(done)
        }
        ServiceMessage::RequestUrl { request_id, name, version, kind } => {
            let mut out = Vec::new();
            let (code, note) = match request_url(platform, device, (&name, &version, &kind)).await {
                Ok((token, url)) => {
                    files::upload_address(request_id, &token, &url, &mut out);
                    (0, String::new())
                }
                Err(error) => {
                    files::refused("request_url_resp", Some(request_id), code(&error), &shown(&error), &mut out);
                    (code(&error), error.to_string())
                }
            };
            Outcome::of(code, note, Some((DownTopic::ThingService, out)))
        }
        ServiceMessage::Posted { token, report } => {
            let id = token.strip_prefix(TOKEN_PREFIX).and_then(|id| id.parse().ok()).unwrap_or(u64::MAX);
            let search = Search { kind: TaskKind::FileUpload, name: None, version: None, id: Some(id) };
            silent(progress(platform, device, search, &report).await)
        }
        ServiceMessage::InnerScenes { list, token } => scenes(platform, device, list, token).await,
    }
}

/// So many messages wait that this one is not taken.
#[must_use]
pub fn busy(way: Way, payload: &[u8]) -> Outcome {
    without_task(
        way,
        BUSY,
        &FileMessageError { kind: files::kind(payload), what: "too many messages wait, try again".to_owned() },
    )
}

fn malformed(way: Way, error: &FileMessageError) -> Outcome {
    without_task(way, MALFORMED, error)
}

/// Where the protocol has an answer with a code, it is given.
fn without_task(way: Way, code: u32, error: &FileMessageError) -> Outcome {
    let mut out = Vec::new();
    let on = match (way, error.kind.as_str()) {
        (Way::Resource, kind @ ("create_upload_task" | "report_download_progress" | "report_upload_progress")) => {
            files::resource_result(kind, code, &error.what, &mut out);
            Some(DownTopic::Resource)
        }
        (Way::Service, "report_version") => {
            files::refused("report_version_rsp", None, code, &error.what, &mut out);
            Some(DownTopic::ThingService)
        }
        (Way::Service, "request_url") => {
            files::refused("request_url_resp", None, code, &error.what, &mut out);
            Some(DownTopic::ThingService)
        }
        (Way::Service, "gateway_report_inner_scene_list") => {
            files::scenes_taken(None, code, &error.what, &mut out);
            Some(DownTopic::ThingService)
        }
        _ => None,
    };
    Outcome::of(code, error.what.clone(), on.map(|topic| (topic, out)))
}

/// Code of a record and of an answer.
fn code(error: &FileError) -> u32 {
    match error {
        FileError::TooLarge(_)
        | FileError::ProductFull(_)
        | FileError::AccountFull(_)
        | FileError::TooMany
        | FileError::TooManyUploads => OVER_LIMIT,
        FileError::Invalid(_) => MALFORMED,
        FileError::NoTask(_) | FileError::NotFound(_) => NO_TASK,
        FileError::NoContent | FileError::InUse => NO_CONTENT,
        FileError::Product(_) | FileError::NoAddress | FileError::Store(_) | FileError::Blob(_) => INTERNAL,
    }
}

/// A device has no business with databases and folders of the server.
fn shown(error: &FileError) -> String {
    match error {
        FileError::Store(_) | FileError::Blob(_) => "the platform failed, try again".to_owned(),
        other => other.to_string(),
    }
}

fn failed(error: &FileError) -> (u32, String) {
    if code(error) == INTERNAL {
        warn!(%error, "a message about files could not be served");
    }
    (code(error), error.to_string())
}

/// What a progress report led to: the kind of a task that has just ended, whose line goes on.
type Progressed = Result<Option<TaskKind>, FileError>;

fn resource_answer(kind: &str, done: Progressed) -> Outcome {
    let mut out = Vec::new();
    match done {
        Ok(next) => {
            files::resource_result(kind, 0, "ok", &mut out);
            Outcome { next, ..Outcome::taken(Some((DownTopic::Resource, out))) }
        }
        Err(error) => {
            let (code, note) = failed(&error);
            files::resource_result(kind, code, &shown(&error), &mut out);
            Outcome::of(code, note, Some((DownTopic::Resource, out)))
        }
    }
}

/// Reports of file management are not answered.
fn silent(done: Progressed) -> Outcome {
    match done {
        Ok(next) => Outcome { next, ..Outcome::taken(None) },
        Err(error) => {
            let (code, note) = failed(&error);
            Outcome::of(code, note, None)
        }
    }
}

async fn get_download(platform: &Platform, device: &DirectoryDevice) -> Outcome {
    let found = match offer::first_in_line(platform, device, TaskKind::ResourceDownload).await {
        Ok(Some(task)) => offer::message(platform, &task, "get_download_task_rsp").await.map(Some),
        Ok(None) => Ok(None),
        Err(error) => Err(error),
    };
    match found {
        Ok(answer) => Outcome::taken(answer),
        Err(error) => {
            let (code, note) = failed(&error);
            Outcome::of(code, note, None)
        }
    }
}

async fn create_upload(
    platform: &Platform,
    device: &DirectoryDevice,
    name: &str,
    size: u64,
    md5: Md5,
) -> Result<String, FileError> {
    let task = offer::new_task(platform, device, TaskKind::ResourceUpload, (name, "", ""))?;
    let (file, _) = begin_upload(platform, device, task, size, Some(md5)).await?;
    Ok(address::upload(platform, &file)?.url)
}

/// Token and address.
async fn request_url(
    platform: &Platform,
    device: &DirectoryDevice,
    words: (&str, &str, &str),
) -> Result<(String, String), FileError> {
    let task = offer::new_task(platform, device, TaskKind::FileUpload, words)?;
    let (file, task) = begin_upload(platform, device, task, 0, None).await?;
    Ok((format!("{TOKEN_PREFIX}{}", task.id.0), address::upload(platform, &file)?.url))
}

/// A device that asks again for what it has not brought yet goes on with that.
async fn begin_upload(
    platform: &Platform,
    device: &DirectoryDevice,
    task: FileTask,
    size: u64,
    md5: Option<Md5>,
) -> Result<(StoredFile, FileTask), FileError> {
    let _turn = platform.files.turn().await;
    let store = &platform.stores.files;
    let mut open = 0;
    for begun in store.tasks(device.number).await? {
        let is_upload = matches!(begun.kind, TaskKind::ResourceUpload | TaskKind::FileUpload);
        if !is_upload || begun.state.is_final() {
            continue;
        }
        open += 1;
        if begun.kind == task.kind && begun.name == task.name && begun.version == task.version {
            let known = store.file(begun.file.unwrap_or_default()).await?;
            let is_same =
                |file: &StoredFile| file.announced == size && file.announced_md5 == md5 && file.content.is_none();
            if let Some(known) = known.filter(is_same) {
                return Ok((known, begun));
            }
        }
    }
    if open >= DEVICE_UPLOADS_MAX {
        return Err(FileError::TooManyUploads);
    }
    let CatalogProduct { product, .. } = platform.catalog.product(device.product).ok_or(FileError::NoAddress)?;
    check_room(platform, product.owner, product.id, size).await?;
    let file = StoredFile {
        id: FileId::default(),
        owner: product.owner,
        product: product.id,
        device: device.number,
        device_name: device.name.to_string(),
        name: task.name.clone(),
        announced: size,
        announced_md5: md5,
        content: None,
        secret: new_secret(platform),
        created: platform.clock.now(),
    };
    let (file, task) = store.create_file(file, Some(task)).await?;
    Ok((file, task.expect("a task was given")))
}

/// Which task a report is about.
struct Search<'a> {
    kind: TaskKind,
    name: Option<&'a str>,
    version: Option<&'a str>,
    id: Option<u64>,
}

impl<'a> Search<'a> {
    fn named(kind: TaskKind, name: &'a str) -> Self {
        Self { kind, name: Some(name), version: None, id: None }
    }

    fn version(kind: TaskKind, name: &'a str, version: &'a str) -> Self {
        Self { kind, name: Some(name), version: Some(version), id: None }
    }

    fn fits(&self, task: &FileTask) -> bool {
        is_in_line(task.kind, self.kind)
            && self.name.is_none_or(|name| name == task.name)
            && self.version.is_none_or(|version| version == task.version)
            && self.id.is_none_or(|id| id == task.id.0)
    }
}

/// Notes how far a task is. A task that has ended stays as it is: reports are repeated when an answer was lost.
async fn progress(platform: &Platform, device: &DirectoryDevice, search: Search<'_>, report: &Report) -> Progressed {
    let _turn = platform.files.turn().await;
    let mut fitting: Vec<FileTask> = platform.stores.files.tasks(device.number).await?;
    fitting.retain(|task| search.fits(task));
    // The oldest that is open is the one the device was told of.
    let at = fitting.iter().rposition(|task| !task.state.is_final()).or(fitting.len().checked_sub(1));
    let Some(task) = at.map(|at| fitting.swap_remove(at)) else {
        return Err(FileError::NoTask(lianwu_model::file::TaskId(search.id.unwrap_or_default())));
    };
    if task.state.is_final() {
        return Ok(None);
    }
    if report.state == TaskState::Done && !task.kind.is_for_device() {
        // The upload ends its task; a device that says so before has not brought it.
        return Err(FileError::NoContent);
    }
    let percent = match report.state {
        TaskState::Done => 100,
        _ => report.percent.unwrap_or(task.percent),
    };
    let next = FileTask {
        state: report.state,
        percent,
        result_code: report.code,
        result_text: report.text.clone(),
        updated: platform.clock.now(),
        ..task
    };
    let saved = platform.stores.files.save_task(next).await?;
    Ok((saved.state.is_final() && saved.kind.is_for_device()).then_some(saved.kind))
}

async fn versions(platform: &Platform, device: &DirectoryDevice, list: Vec<Resource>) -> Outcome {
    let known = if list.is_empty() {
        resources(platform, device.number).await
    } else {
        save(platform, device, &list).await.map(|()| list)
    };
    let mut out = Vec::new();
    match known {
        Ok(list) => {
            files::versions(&list, &mut out);
            let answer = Some((DownTopic::ThingService, out));
            Outcome { next: Some(TaskKind::FileUpdate), ..Outcome::taken(answer) }
        }
        Err(error) => {
            let (code, note) = failed(&error);
            files::refused("report_version_rsp", None, code, &shown(&error), &mut out);
            Outcome::of(code, note, Some((DownTopic::ThingService, out)))
        }
    }
}

async fn save(platform: &Platform, device: &DirectoryDevice, list: &[Resource]) -> Result<(), FileError> {
    let text = serde_json::to_string(list).expect("texts always have a JSON form");
    Ok(platform.stores.files.save_device_list(device.number, DeviceList::Resources, text).await?)
}

/// Keeps the list true after a task: the device may not report it again before it is asked.
async fn note_list(platform: &Platform, device: &DirectoryDevice, name: &str, version: Option<&str>) {
    let changed = async {
        let mut list = resources(platform, device.number).await?;
        let kind = platform.stores.files.tasks(device.number).await?;
        let kind = kind.into_iter().find(|task| task.name == name).map(|task| task.resource_type);
        list.retain(|resource| resource.name != name);
        if let Some((version, kind)) = version.zip(kind) {
            list.push(Resource { name: name.to_owned(), version: version.to_owned(), kind });
            list.truncate(files::RESOURCES_MAX);
        }
        save(platform, device, &list).await
    };
    if let Err(error) = changed.await {
        warn!(%error, %device.product, %device.name, "a device's list of files could not be brought up to date");
    }
}

async fn scenes(platform: &Platform, device: &DirectoryDevice, list: &[u8], token: Option<&[u8]>) -> Outcome {
    let mut out = Vec::new();
    let outcome = if list.len() > SCENES_BYTES_MAX {
        (OVER_LIMIT, format!("the list has {} bytes, allowed {SCENES_BYTES_MAX}", list.len()))
    } else {
        let text = String::from_utf8_lossy(list).into_owned();
        match platform.stores.files.save_device_list(device.number, DeviceList::InnerScenes, text).await {
            Ok(()) => (0, String::new()),
            Err(error) => failed(&error.into()),
        }
    };
    files::scenes_taken(token, outcome.0, &outcome.1, &mut out);
    Outcome::of(outcome.0, outcome.1, Some((DownTopic::ThingService, out)))
}
