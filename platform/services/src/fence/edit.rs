//! Fences of a space.

use lianwu_model::Uin;
use lianwu_model::fence::{Area, Fence, FenceId, Space};
use lianwu_ports::registry::{Listed, Slice, StoreError};

use super::{FENCES_MAX, FenceError, cut, space};
use crate::Platform;
use crate::invalid::{self, Invalid};

/// Characters of a name; the console lets people write 10. With this the alert stays small.
const NAME_CHARS_MAX: usize = 64;
const DESCRIPTION_CHARS_MAX: usize = 256;

/// What the owner says about a fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FenceText {
    pub name: String,
    pub description: String,
    /// GeoJSON.
    pub area: String,
}

/// What of it changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FenceChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub area: Option<String>,
}

impl FenceText {
    fn check(&self) -> Result<(), FenceError> {
        invalid::characters("FenceName", &self.name, 1, NAME_CHARS_MAX)?;
        // Devices get the name; some read no escapes.
        if self.name.chars().any(|c| c.is_control() || matches!(c, '"' | '\\')) {
            let rule = invalid::form(
                "不含引号、反斜杠和控制字符的文本",
                "a text without quotation marks, backslashes and control characters",
            );
            return Err(Invalid::new("FenceName", rule).into());
        }
        invalid::characters("FenceDesc", &self.description, 0, DESCRIPTION_CHARS_MAX)?;
        Area::parse(&self.area)?;
        Ok(())
    }
}

/// Draws a fence.
///
/// # Errors
/// [`FenceError::Invalid`], `Area`, `SpaceNotFound`, `FenceNameTaken`, `TooMany`.
pub async fn create_fence(platform: &Platform, owner: Uin, space: &str, fence: FenceText) -> Result<Fence, FenceError> {
    fence.check()?;
    let _turn = platform.turns.take().await;
    let space = space::find(platform, owner, space)?;
    if count(platform, owner) >= FENCES_MAX {
        return Err(FenceError::TooMany("fences of the account", FENCES_MAX));
    }
    let now = platform.clock.now();
    let made = Fence {
        id: FenceId::default(),
        space: space.id,
        name: fence.name,
        description: fence.description,
        area: fence.area,
        since: platform.log.durable().0,
        created: now,
        updated: now,
    };
    save(platform, made).await
}

/// Changes a fence. With another area it starts anew: where devices are first seen from it is no crossing.
///
/// # Errors
/// [`FenceError::FenceNotFound`], `Invalid`, `Area`, `FenceNameTaken`.
pub async fn modify_fence(platform: &Platform, owner: Uin, id: i64, change: FenceChange) -> Result<(), FenceError> {
    let _turn = platform.turns.take().await;
    let (mut fence, _) = find(platform, owner, id)?;
    let text = FenceText {
        name: change.name.unwrap_or(fence.name),
        description: change.description.unwrap_or(fence.description),
        area: change.area.unwrap_or_else(|| fence.area.clone()),
    };
    text.check()?;
    if text.area != fence.area {
        fence.since = platform.log.durable().0;
    }
    (fence.name, fence.description, fence.area) = (text.name, text.description, text.area);
    fence.updated = platform.clock.now();
    save(platform, fence).await?;
    Ok(())
}

/// Deletes a fence to which no device is bound, and its alerts.
///
/// # Errors
/// [`FenceError::SpaceNotFound`], `FenceNotFound`, `HasBinds`.
pub async fn delete_fence(platform: &Platform, owner: Uin, space: &str, id: i64) -> Result<(), FenceError> {
    let _turn = platform.turns.take().await;
    let space = space::find(platform, owner, space)?;
    let (fence, _) = find(platform, owner, id)?;
    if fence.space != space.id {
        return Err(FenceError::FenceNotFound(id));
    }
    match platform.stores.fences.delete_fence(fence.id).await {
        Err(StoreError::InUse(_)) => return Err(FenceError::HasBinds),
        result => result.map_err(store)?,
    }
    platform.fences.known.write().fences.remove(&fence.id);
    Ok(())
}

/// Fences of a space, newest first.
///
/// # Errors
/// [`FenceError::SpaceNotFound`].
pub fn fences(platform: &Platform, owner: Uin, space: &str, slice: Slice) -> Result<Listed<Fence>, FenceError> {
    let space = space::find(platform, owner, space)?;
    let known = platform.fences.known.read();
    let found: Vec<_> = known.fences.values().filter(|known| known.fence.space == space.id).collect();
    let listed = cut(found.into_iter(), slice);
    let rows = listed.rows.into_iter().map(|known| known.fence.clone()).collect();
    Ok(Listed { rows, total: listed.total, steps: listed.steps })
}

pub(super) fn find(platform: &Platform, owner: Uin, id: i64) -> Result<(Fence, Space), FenceError> {
    platform.fences.fence(owner, id).ok_or(FenceError::FenceNotFound(id))
}

fn count(platform: &Platform, owner: Uin) -> usize {
    let known = platform.fences.known.read();
    let mine = |fence: &Fence| known.spaces.iter().any(|space| space.owner == owner && space.id == fence.space);
    known.fences.values().filter(|known| mine(&known.fence)).count()
}

async fn save(platform: &Platform, fence: Fence) -> Result<Fence, FenceError> {
    let saved = platform.stores.fences.save_fence(fence).await.map_err(store)?;
    platform.fences.known.write().put_fence(saved.clone());
    Ok(saved)
}

fn store(error: StoreError) -> FenceError {
    match error {
        StoreError::Taken(_) => FenceError::FenceNameTaken,
        error => FenceError::Store(error),
    }
}
