//! Files. The vendor's API has no operation for them, so the codes are its general ones.

use lianwu_services::file::{DEVICE_UPLOADS_MAX, FileError, PRODUCT_FILES_MAX};

use super::store;
use crate::error::ApiError;

impl From<FileError> for ApiError {
    fn from(error: FileError) -> Self {
        let over = |zh: String, en: String| Self::new("LimitExceeded", zh, en);
        match error {
            FileError::Product(error) => error.into(),
            FileError::Invalid(invalid) => invalid.into(),
            FileError::NotFound(id) => Self::new(
                "ResourceNotFound",
                format!("产品没有文件 `{}`，请检查 FileId。", id.0),
                format!("The product has no file `{}`; check FileId.", id.0),
            ),
            FileError::NoTask(id) => Self::new(
                "ResourceNotFound",
                format!("设备没有未结束的任务 `{}`，请检查 TaskId。", id.0),
                format!("The device has no open task `{}`; check TaskId.", id.0),
            ),
            FileError::NoContent => Self::new(
                "UnsupportedOperation",
                "文件内容尚未上传，请先用 PUT 上传到 CreateFile 返回的 UploadUrl。",
                "The file's content is not there yet; PUT it to the UploadUrl of CreateFile first.",
            ),
            FileError::InUse => Self::new(
                "UnsupportedOperation",
                "有未结束的任务使用该文件，请等待其结束或调用 CancelFileTask。",
                "A task that has not ended needs the file; wait for it, or call CancelFileTask.",
            ),
            FileError::TooLarge(max) => over(
                format!("单个文件最大 {max} 字节，见 limits.file_bytes。"),
                format!("A file has at most {max} bytes, see limits.file_bytes."),
            ),
            FileError::ProductFull(max) => over(
                format!("一个产品的文件最多共 {max} 字节，见 limits.product_file_bytes；请先删除不用的文件。"),
                format!(
                    "A product's files take at most {max} bytes, see limits.product_file_bytes; delete some first."
                ),
            ),
            FileError::AccountFull(max) => over(
                format!("一个主账号的文件最多共 {max} 字节，见 limits.account_file_bytes；请先删除不用的文件。"),
                format!(
                    "An account's files take at most {max} bytes, see limits.account_file_bytes; delete some first."
                ),
            ),
            FileError::TooMany => over(
                format!("一个产品最多 {PRODUCT_FILES_MAX} 个文件，请先删除不用的文件。"),
                format!("A product has at most {PRODUCT_FILES_MAX} files; delete some first."),
            ),
            FileError::TooManyUploads => over(
                format!("一台设备最多 {DEVICE_UPLOADS_MAX} 个未结束的上传。"),
                format!("A device has at most {DEVICE_UPLOADS_MAX} uploads that have not ended."),
            ),
            FileError::NoAddress => Self::new(
                "UnsupportedOperation",
                "listen.device_http 未开启，没有可供上传下载的地址。",
                "listen.device_http is off: there is nowhere to load files from or to.",
            ),
            FileError::Store(error) => store(&error),
            FileError::Blob(error) => {
                tracing::error!(%error, "the file store failed");
                Self::internal()
            }
        }
    }
}
