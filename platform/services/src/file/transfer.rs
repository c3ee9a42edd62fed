//! Contents on their way in and out; the edge gives bytes and takes them.

use std::sync::Arc;

use lianwu_model::file::{Content, FileId, FileTask, Md5, StoredFile, TaskKind, TaskState};
use lianwu_ports::blobs::{Blob, BlobError, NewBlob};
use lianwu_ports::registry::StoreError;
use tracing::warn;

use super::address::{Claim, Direction, is_good};
use super::{FileError, check_room};
use crate::Platform;

/// Why a content is neither given nor taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TransferError {
    #[error("the file does not exist")]
    NotFound,
    #[error("the address is wrong or has expired: ask for a new one")]
    Forbidden,
    #[error("Content-Length is {got}, announced were {announced} bytes")]
    Size { got: u64, announced: u64 },
    #[error("the MD5 of the content is {got}, expected {expected}")]
    Md5 { got: Md5, expected: Md5 },
    #[error("the file has a content already, another one is not taken")]
    Taken,
    #[error(transparent)]
    Refused(FileError),
    #[error("the platform failed: {0}")]
    Failed(String),
}

impl From<StoreError> for TransferError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<BlobError> for TransferError {
    fn from(error: BlobError) -> Self {
        Self::Failed(error.to_string())
    }
}

async fn find(platform: &Platform, claim: &Claim<'_>, direction: Direction) -> Result<StoredFile, TransferError> {
    let file = platform.stores.files.file(claim.id).await?.ok_or(TransferError::NotFound)?;
    if is_good(&file, claim, direction, platform.clock.now()) { Ok(file) } else { Err(TransferError::Forbidden) }
}

/// Opens what an address leads to.
///
/// # Errors
/// [`TransferError::NotFound`], `Forbidden`, `Failed`.
pub async fn open(platform: &Platform, claim: &Claim<'_>) -> Result<(Content, Box<dyn Blob>), TransferError> {
    let file = find(platform, claim, Direction::Download).await?;
    let content = file.content.ok_or(TransferError::NotFound)?;
    let blobs = Arc::clone(&platform.files.blobs);
    let opened = tokio::task::spawn_blocking(move || blobs.open(content.digest)).await;
    let blob = opened.map_err(|_| TransferError::Failed("shutting down".to_owned()))??;
    let blob = blob.ok_or_else(|| {
        warn!(file = file.id.0, digest = %content.digest, "the content of a file is missing");
        TransferError::Failed("its content is missing".to_owned())
    })?;
    Ok((content, blob))
}

/// How a content is taken.
#[derive(Debug)]
pub enum Begun {
    Receive(Box<Upload>),
    /// It is there already: what comes is read and thrown away.
    Same,
}

/// A content that is being taken.
pub struct Upload {
    file: StoredFile,
    length: u64,
    md5: Option<Md5>,
    new: Box<dyn NewBlob>,
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload").field("file", &self.file.id).field("length", &self.length).finish_non_exhaustive()
    }
}

/// Begins to take `length` bytes; `md5` is what the sender says it has.
///
/// # Errors
/// Everything that can be refused before the first byte.
pub async fn begin(
    platform: &Platform,
    claim: &Claim<'_>,
    length: u64,
    md5: Option<Md5>,
) -> Result<Begun, TransferError> {
    let file = find(platform, claim, Direction::Upload).await?;
    if let Some((got, expected)) = md5.zip(file.announced_md5)
        && got != expected
    {
        return Err(TransferError::Md5 { got, expected });
    }
    if let Some(content) = file.content {
        let is_same = content.size == length && md5.is_none_or(|md5| md5 == content.md5);
        return if is_same { Ok(Begun::Same) } else { Err(TransferError::Taken) };
    }
    if file.announced_md5.is_some() && length != file.announced {
        return Err(TransferError::Size { got: length, announced: file.announced });
    }
    let more = length.saturating_sub(file.announced);
    let room = if more > 0 { check_room(platform, file.owner, file.product, length).await } else { Ok(()) };
    room.map_err(TransferError::Refused)?;
    let blobs = Arc::clone(&platform.files.blobs);
    let new = tokio::task::spawn_blocking(move || blobs.create()).await;
    let new = new.map_err(|_| TransferError::Failed("shutting down".to_owned()))??;
    let md5 = md5.or(file.announced_md5);
    Ok(Begun::Receive(Box::new(Upload { file, length, md5, new })))
}

impl Upload {
    /// Blocks for the disk.
    ///
    /// # Errors
    /// When the store is full or failed.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), TransferError> {
        Ok(self.new.write(bytes)?)
    }

    /// The last byte was written. Once this is done the file has its content, and the task that brought it has ended.
    ///
    /// # Errors
    /// Not the announced content, or the platform failed; then the file has none, and may be sent again.
    pub async fn finish(self, platform: &Platform) -> Result<Content, TransferError> {
        let Self { file, length, md5, new } = self;
        let _turn = platform.files.turn().await;
        let finished = tokio::task::spawn_blocking(move || new.finish()).await;
        let content = finished.map_err(|_| TransferError::Failed("shutting down".to_owned()))??;
        let kept = keep(platform, file.id, length, md5, content).await;
        if kept.is_err() {
            // Nobody has it, unless another file has the same.
            super::remove_unused(platform, vec![content.digest])
                .await
                .map_err(|e| TransferError::Failed(e.to_string()))?;
        }
        kept?;
        end_task(platform, &file).await?;
        Ok(content)
    }
}

/// The caller has the turn.
async fn keep(
    platform: &Platform,
    id: FileId,
    length: u64,
    md5: Option<Md5>,
    content: Content,
) -> Result<(), TransferError> {
    if content.size != length {
        return Err(TransferError::Size { got: content.size, announced: length });
    }
    if let Some(expected) = md5.filter(|md5| *md5 != content.md5) {
        return Err(TransferError::Md5 { got: content.md5, expected });
    }
    // It may have been deleted, or brought by another request, while this one was read.
    let file = platform.stores.files.file(id).await?.ok_or(TransferError::NotFound)?;
    match file.content {
        Some(known) if known.digest == content.digest => return Ok(()),
        Some(_) => return Err(TransferError::Taken),
        None => {}
    }
    if file.announced_md5.is_none() {
        check_room(platform, file.owner, file.product, content.size).await.map_err(TransferError::Refused)?;
    }
    Ok(platform.stores.files.set_content(id, content).await?)
}

async fn end_task(platform: &Platform, file: &StoredFile) -> Result<(), TransferError> {
    let is_upload = |kind| matches!(kind, TaskKind::ResourceUpload | TaskKind::FileUpload);
    for task in platform.stores.files.tasks(file.device).await? {
        if task.file == Some(file.id) && is_upload(task.kind) && !task.state.is_final() {
            let ended = FileTask { state: TaskState::Done, percent: 100, updated: platform.clock.now(), ..task };
            platform.stores.files.save_task(ended).await?;
        }
    }
    Ok(())
}
