//! Files of products and their ways to devices and back. Source: spec/lianwu-api.json, group `file`.
//!
//! `ExpireTime` is in UNIX seconds, as the address has it; all other times are UNIX milliseconds.

use lianwu_model::file::{FileId, FileTask, Resource, StoredFile, TaskId, TaskKind, TaskState};
use lianwu_ports::bus::Delivery;
use lianwu_services::device;
use lianwu_services::file::{self, Form, Pushed, address};

use super::paging;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations as op;
use crate::generated::structures::{DeviceFileItem, FileItem, FileTaskItem};

pub async fn create(call: Call, r: op::CreateFileRequest) -> Result<op::CreateFileResponse, ApiError> {
    let md5 = r.md5.parse().map_err(|_| {
        ApiError::value(
            "Md5",
            "应为文件内容的 MD5，32 位十六进制",
            "it must be the MD5 of the content, 32 hexadecimal digits",
        )
    })?;
    let announced = file::announce(&call.platform, call.owner(), &r.product_id, &r.file_name, r.file_size, md5).await?;
    Ok(op::CreateFileResponse {
        file_id: announced.file.id.0,
        upload_url: announced.upload.url,
        expire_time: announced.upload.expires,
    })
}

pub async fn describe(call: Call, r: op::DescribeFileRequest) -> Result<op::DescribeFileResponse, ApiError> {
    let found = file::find(&call.platform, call.owner(), &r.product_id, FileId(r.file_id)).await?;
    let address = match found.content {
        Some(_) => Some(address::download(&call.platform, &found)?),
        None => None,
    };
    Ok(op::DescribeFileResponse {
        file: Some(item(&found)),
        expire_time: address.as_ref().map_or(0, |address| address.expires),
        download_url: address.map(|address| address.url).unwrap_or_default(),
    })
}

pub async fn list(call: Call, r: op::ListFilesRequest) -> Result<op::ListFilesResponse, ApiError> {
    let slice = paging::slice_unsigned(r.offset, r.limit)?;
    let number = match r.device_name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => Some(device::find(&call.platform, call.owner(), &r.product_id, name)?.number),
        None => None,
    };
    let listed = file::list(&call.platform, call.owner(), &r.product_id, number, slice).await?;
    Ok(op::ListFilesResponse { total: listed.total, files: listed.rows.iter().map(item).collect() })
}

pub async fn delete(call: Call, r: op::DeleteFileRequest) -> Result<op::DeleteFileResponse, ApiError> {
    let found = file::find(&call.platform, call.owner(), &r.product_id, FileId(r.file_id)).await?;
    file::delete(&call.platform, &found).await?;
    Ok(op::DeleteFileResponse {})
}

pub async fn push(call: Call, r: op::PushFileRequest) -> Result<op::PushFileResponse, ApiError> {
    let form = match r.way.as_str() {
        "resource" => Form::Resource,
        "file" => Form::Management {
            version: r.version.unwrap_or_default(),
            kind: r.resource_type.filter(|kind| !kind.is_empty()).unwrap_or_else(|| "FILE".to_owned()),
        },
        _ => return Err(ApiError::value("Way", "应为 resource 或 file", "it must be resource or file")),
    };
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let found = file::find(&call.platform, call.owner(), &r.product_id, FileId(r.file_id)).await?;
    let name = r.resource_name.as_deref().filter(|name| !name.is_empty());
    let pushed = file::push(&call.platform, &device, &found, name, form, &call.request_id).await?;
    Ok(op::PushFileResponse { task_id: pushed.task.id.0, told: told(&pushed).to_owned() })
}

pub async fn delete_on_device(
    call: Call,
    r: op::DeleteDeviceFileRequest,
) -> Result<op::DeleteDeviceFileResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let resource = Resource { name: r.resource_name, version: r.version, kind: r.resource_type };
    let pushed = file::remove_from_device(&call.platform, &device, &resource, &call.request_id).await?;
    Ok(op::DeleteDeviceFileResponse { task_id: pushed.task.id.0, told: told(&pushed).to_owned() })
}

pub async fn tasks(call: Call, r: op::ListFileTasksRequest) -> Result<op::ListFileTasksResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let tasks = file::tasks(&call.platform, &device).await?;
    Ok(op::ListFileTasksResponse { tasks: tasks.iter().map(task).collect() })
}

pub async fn cancel(call: Call, r: op::CancelFileTaskRequest) -> Result<op::CancelFileTaskResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let ended = file::cancel(&call.platform, &device, TaskId(r.task_id)).await?;
    Ok(op::CancelFileTaskResponse { task: Some(task(&ended)) })
}

pub async fn of_device(
    call: Call,
    r: op::DescribeDeviceFilesRequest,
) -> Result<op::DescribeDeviceFilesResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let resources = file::resources(&call.platform, device.number).await?;
    let shown = |r: Resource| DeviceFileItem { resource_name: r.name, version: r.version, resource_type: r.kind };
    Ok(op::DescribeDeviceFilesResponse {
        resources: resources.into_iter().map(shown).collect(),
        inner_scenes: file::inner_scenes(&call.platform, device.number).await?.unwrap_or_default(),
    })
}

fn item(file: &StoredFile) -> FileItem {
    let md5 = file.content.map(|content| content.md5).or(file.announced_md5);
    FileItem {
        file_id: file.id.0,
        file_name: file.name.clone(),
        device_name: file.device_name.clone(),
        file_size: file.bytes(),
        md5: md5.map(|md5| md5.to_string()).unwrap_or_default(),
        uploaded: file.content.is_some(),
        create_time: file.created.0,
    }
}

fn task(task: &FileTask) -> FileTaskItem {
    FileTaskItem {
        task_id: task.id.0,
        file_id: task.file.unwrap_or_default().0,
        kind: match task.kind {
            TaskKind::ResourceDownload => "resource_download",
            TaskKind::ResourceUpload => "resource_upload",
            TaskKind::FileUpdate => "file_update",
            TaskKind::FileDelete => "file_delete",
            TaskKind::FileUpload => "file_upload",
        }
        .to_owned(),
        resource_name: task.name.clone(),
        version: task.version.clone(),
        resource_type: task.resource_type.clone(),
        state: match task.state {
            TaskState::Waiting => "waiting",
            TaskState::Running => "running",
            TaskState::Burning => "burning",
            TaskState::Done => "done",
            TaskState::Failed => "failed",
        }
        .to_owned(),
        percent: task.percent.into(),
        result_code: task.result_code.into(),
        result_text: task.result_text.clone(),
        create_time: task.created.0,
        update_time: task.updated.0,
    }
}

/// What became of the first try to tell the device; whatever it is, the task waits until the device has ended it.
fn told(pushed: &Pushed) -> &'static str {
    match &pushed.told {
        None => "behind",
        Some(Ok(Delivery::Delivered)) => "delivered",
        Some(Ok(Delivery::Queued)) => "queued",
        Some(Ok(Delivery::NotSubscribed)) => "not_subscribed",
        Some(Ok(Delivery::Offline)) => "offline",
        Some(Err(_)) => "failed",
    }
}
