//! What devices say of files, on `$resource/up/service` and `$thing/up/service`, and what they are told.
//!
//! Numbers come as numbers and as texts, both are taken; each answer has the form its SDK reads. Source:
//! spec/device-protocol.md 9.7, 9.8 and 9.9.

mod write;

use std::borrow::Cow;

use lianwu_model::file::{Md5, Resource, TaskState, is_file_name, is_version};
use serde::Deserialize;
use serde_json::value::RawValue;

pub use write::{
    delete, download, refused, resource_result, scenes_taken, update, upload_address, upload_refused, upload_task,
    versions,
};

/// Code of a record and of an answer: the message is not understood.
pub const MALFORMED: u32 = 400;

/// There is no such task.
pub const NO_TASK: u32 = 404;

/// The content has not arrived.
pub const NO_CONTENT: u32 = 409;

/// A limit.
pub const OVER_LIMIT: u32 = 413;

/// Too many messages of this kind wait.
pub const BUSY: u32 = 503;

/// The platform failed.
pub const INTERNAL: u32 = 500;

/// Files a device may list.
pub const RESOURCES_MAX: usize = 100;

/// Longest text of a device's own that is kept with a task, in bytes.
const RESULT_TEXT_BYTES_MAX: usize = 128;

/// Longest request id that is repeated.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// Types on `$resource` that are about files.
const RESOURCE_TYPES: [&str; 5] =
    ["get_download_task", "create_upload_task", "report_download_progress", "report_upload_progress", "upload_result"];

/// Methods on the service topic that are about files, or a list that is kept.
const METHODS: [&str; 7] = [
    "report_version",
    "report_progress",
    "report_result",
    "del_result",
    "request_url",
    "report_post_result",
    "gateway_report_inner_scene_list",
];

/// Does a message with this `type` on `$resource` go to [`parse_resource`]?
#[must_use]
pub fn is_resource_type(kind: &str) -> bool {
    RESOURCE_TYPES.contains(&kind)
}

/// Does a message with this `method` on the service topic go to [`parse_service`]?
#[must_use]
pub fn is_file_method(method: &str) -> bool {
    METHODS.contains(&method)
}

/// One message on `$resource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceMessage {
    /// Is there something for me?
    GetDownload,
    /// I have something for you.
    CreateUpload {
        name: String,
        size: u64,
        md5: Md5,
    },
    DownloadProgress {
        name: String,
        report: Report,
    },
    UploadProgress {
        name: String,
        report: Report,
    },
    /// The upload's end, said without being asked; nobody answers.
    UploadResult {
        report: Report,
    },
}

/// One message on the service topic about files, or with a list that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceMessage<'a> {
    /// These files I have; an empty list asks for what I said last.
    Versions(Vec<Resource>),
    Progress {
        name: String,
        version: String,
        report: Report,
    },
    Result {
        name: String,
        version: String,
        report: Report,
    },
    Deleted {
        name: String,
        version: String,
        report: Report,
    },
    /// Where do I upload this? The id as written.
    RequestUrl {
        request_id: &'a [u8],
        name: String,
        version: String,
        kind: String,
    },
    Posted {
        token: String,
        report: Report,
    },
    /// A gateway's own scenes, as written, and the token of the message.
    InnerScenes {
        list: &'a [u8],
        token: Option<&'a [u8]>,
    },
}

/// How far a task is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub state: TaskState,
    /// 0 to 100, where it was said.
    pub percent: Option<u8>,
    /// 0 is good.
    pub code: i32,
    pub text: String,
}

/// What is wrong with a message, and what it wanted to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct FileMessageError {
    /// `type` or `method`, where it could be read.
    pub kind: String,
    pub what: String,
}

/// A number, or a text with one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number<'a> {
    Number(f64),
    Text(#[serde(borrow)] Cow<'a, str>),
}

impl Number<'_> {
    fn whole(&self) -> Option<i64> {
        match self {
            // Beyond 2^53 no size and no code has a meaning.
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(*number as i64),
            Self::Number(_) => None,
            Self::Text(text) => text.trim().parse().ok(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "clientToken")]
    token: Option<&'a RawValue>,
    name: Option<String>,
    #[serde(borrow)]
    size: Option<Number<'a>>,
    #[serde(borrow)]
    md5sum: Option<Cow<'a, str>>,
    #[serde(borrow)]
    progress: Option<WireProgress<'a>>,
    #[serde(borrow)]
    report: Option<WireReport<'a>>,
    #[serde(borrow)]
    request_id: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<WireScenes<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireReport<'a> {
    #[serde(borrow)]
    progress: Option<WireProgress<'a>>,
    version: Option<String>,
    resource_name: Option<String>,
    resource_type: Option<String>,
    resource_list: Option<Vec<Resource>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireProgress<'a> {
    resource_name: Option<String>,
    resource_token: Option<String>,
    state: Option<String>,
    #[serde(borrow)]
    percent: Option<Number<'a>>,
    #[serde(borrow)]
    result_code: Option<Number<'a>>,
    result_msg: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireScenes<'a> {
    #[serde(borrow, rename = "InnerSceneList")]
    list: Option<&'a RawValue>,
}

type Parsed<T> = Result<T, String>;

/// Reads a message on `$resource/up/service`.
///
/// # Errors
/// What is missing or wrong, for the record and the device.
pub fn parse_resource(payload: &[u8]) -> Result<ResourceMessage, FileMessageError> {
    let wire = read(payload)?;
    let kind = wire.kind.as_deref().unwrap_or_default().to_owned();
    resource(&kind, wire).map_err(|what| FileMessageError { kind, what })
}

fn resource(kind: &str, wire: Wire<'_>) -> Parsed<ResourceMessage> {
    if kind == "get_download_task" {
        return Ok(ResourceMessage::GetDownload);
    }
    if kind == "upload_result" {
        let progress = wire.report.and_then(|report| report.progress).or(wire.progress);
        return Ok(ResourceMessage::UploadResult { report: report(progress)? });
    }
    let name = file_name(wire.name, "name")?;
    match kind {
        "create_upload_task" => {
            let size = wire.size.as_ref().and_then(Number::whole).and_then(|size| u64::try_from(size).ok());
            let size = size.ok_or("size is missing or no number of bytes")?;
            let md5 = wire.md5sum.and_then(|text| text.parse().ok()).ok_or("md5sum is missing or no MD5")?;
            Ok(ResourceMessage::CreateUpload { name, size, md5 })
        }
        "report_download_progress" => Ok(ResourceMessage::DownloadProgress { name, report: report(wire.progress)? }),
        "report_upload_progress" => Ok(ResourceMessage::UploadProgress { name, report: report(wire.progress)? }),
        other => Err(format!("type {} not supported", crate::message::shown(other))),
    }
}

/// Reads a message about files on `$thing/up/service`.
///
/// # Errors
/// What is missing or wrong, for the record and the device.
pub fn parse_service(payload: &[u8]) -> Result<ServiceMessage<'_>, FileMessageError> {
    let wire = read(payload)?;
    let kind = wire.method.as_deref().unwrap_or_default().to_owned();
    service(&kind, wire).map_err(|what| FileMessageError { kind, what })
}

fn service<'a>(method: &str, wire: Wire<'a>) -> Parsed<ServiceMessage<'a>> {
    if method == "gateway_report_inner_scene_list" {
        let list = wire.params.and_then(|params| params.list).map(RawValue::get);
        let list = list.filter(|list| list.starts_with('[')).ok_or("params.InnerSceneList is missing or no array")?;
        return Ok(ServiceMessage::InnerScenes {
            list: list.as_bytes(),
            token: wire.token.map(|raw| raw.get().as_bytes()),
        });
    }
    let said = wire.report.ok_or("report is missing")?;
    match method {
        "report_version" => Ok(ServiceMessage::Versions(resources(said.resource_list.unwrap_or_default())?)),
        "request_url" => {
            let id = wire.request_id.map(RawValue::get).filter(|id| id.len() <= REQUEST_ID_BYTES_MAX);
            let request_id = id.ok_or("request_id is missing or too long")?.as_bytes();
            let name = file_name(said.resource_name, "resource_name")?;
            let version = version(said.version, "version")?;
            let kind = self::version(said.resource_type, "resource_type")?;
            Ok(ServiceMessage::RequestUrl { request_id, name, version, kind })
        }
        "report_post_result" => {
            let mut progress = said.progress;
            let token = progress.as_mut().and_then(|progress| progress.resource_token.take());
            let token = token.filter(|token| token.len() <= REQUEST_ID_BYTES_MAX).ok_or("resource_token is missing")?;
            Ok(ServiceMessage::Posted { token, report: report(progress)? })
        }
        "report_progress" | "report_result" | "del_result" => {
            let mut progress = said.progress;
            let name = progress.as_mut().and_then(|progress| progress.resource_name.take());
            let name = file_name(name, "resource_name")?;
            let (version, report) = (version(said.version, "version")?, report(progress)?);
            Ok(match method {
                "report_progress" => ServiceMessage::Progress { name, version, report },
                "report_result" => ServiceMessage::Result { name, version, report },
                _ => ServiceMessage::Deleted { name, version, report },
            })
        }
        other => Err(format!("method {} not supported", crate::message::shown(other))),
    }
}

fn read(payload: &[u8]) -> Result<Wire<'_>, FileMessageError> {
    serde_json::from_slice(payload).map_err(|error| FileMessageError { kind: kind(payload), what: error.to_string() })
}

/// The `type` or `method` of a message, when nothing else of it is looked at; empty when there is none.
#[must_use]
pub fn kind(payload: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Kind {
        #[serde(alias = "method", rename = "type")]
        kind: String,
    }
    serde_json::from_slice(payload).map(|Kind { kind }| kind).unwrap_or_default()
}

fn file_name(name: Option<String>, field: &str) -> Parsed<String> {
    name.filter(|name| is_file_name(name)).ok_or_else(|| format!("{field} is missing or not 1 to 64 plain bytes"))
}

fn version(text: Option<String>, field: &str) -> Parsed<String> {
    text.filter(|text| is_version(text)).ok_or_else(|| format!("{field} is missing or not 1 to 32 plain bytes"))
}

fn resources(list: Vec<Resource>) -> Parsed<Vec<Resource>> {
    if list.len() > RESOURCES_MAX {
        return Err(format!("resource_list has {} files, allowed {RESOURCES_MAX}", list.len()));
    }
    let is_good = |r: &Resource| is_file_name(&r.name) && is_version(&r.version) && is_version(&r.kind);
    match list.iter().find(|resource| !is_good(resource)) {
        None => Ok(list),
        Some(_) => Err("resource_list has a name, version or type that is empty or too long".to_owned()),
    }
}

fn report(progress: Option<WireProgress<'_>>) -> Parsed<Report> {
    let progress = progress.ok_or("progress is missing")?;
    let code = match &progress.result_code {
        None => 0,
        Some(code) => code.whole().and_then(|code| i32::try_from(code).ok()).ok_or("result_code is no number")?,
    };
    let state = match progress.state.as_deref() {
        Some("downloading" | "uploading") => TaskState::Running,
        Some("burning") => TaskState::Burning,
        Some("done") if code == 0 => TaskState::Done,
        Some("done" | "fail") => TaskState::Failed,
        _ => return Err("state is none of downloading, uploading, burning, done, fail".to_owned()),
    };
    let percent = progress.percent.as_ref().and_then(Number::whole);
    let mut text = progress.result_msg.unwrap_or_default();
    text.truncate(text.floor_char_boundary(RESULT_TEXT_BYTES_MAX));
    Ok(Report { state, percent: percent.and_then(|value| u8::try_from(value.clamp(0, 100)).ok()), code, text })
}
