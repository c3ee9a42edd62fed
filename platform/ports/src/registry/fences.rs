//! Spaces, their fences, the devices bound to them, and the alerts that came of it.

use std::ops::RangeInclusive;

use lianwu_model::fence::{Alert, AlertId, Fence, FenceBind, FenceId, Seen, Space, SpaceId};
use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};

use super::{Listed, Slice, StoreError};
use crate::Answer;

/// Alerts of one fence that are kept; beyond it the oldest go.
pub const FENCE_ALERTS_MAX: usize = 10_000;

/// Everything but the alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FenceRows {
    /// In the order they were made, as all of these.
    pub spaces: Vec<Space>,
    pub fences: Vec<Fence>,
    /// In the order of fences and devices, each with where the device was last seen.
    pub binds: Vec<(FenceBind, Option<Seen>)>,
    /// Number of the last record of the log that was looked at; 0 at first.
    pub through: u64,
}

/// What came of looking at records up to one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FenceProgress {
    pub through: u64,
    pub seen: Vec<(FenceId, DeviceNumber, Seen)>,
    /// Without ids.
    pub alerts: Vec<Alert>,
}

/// Which alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertFilter {
    pub owner: Uin,
    pub space: Option<SpaceId>,
    pub fence: Option<FenceId>,
    pub product: Option<ProductId>,
    pub device: Option<DeviceNumber>,
    pub times: RangeInclusive<UnixMillis>,
}

/// What was set up. All of it is kept in memory by the fence service.
pub trait Fences: Send + Sync {
    /// Creates a space, or replaces all but owner, project and creation time. It goes with its project, a product of it
    /// with the product.
    ///
    /// # Errors
    /// [`StoreError::Taken`] for (`project`, `name`); [`StoreError::Missing`] when project or product does not exist.
    fn save_space(&self, space: Space) -> Answer<'_, Result<(), StoreError>>;
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::InUse`] while it has fences.
    fn delete_space(&self, id: SpaceId) -> Answer<'_, Result<(), StoreError>>;
    /// Creates a fence without an id and returns it with one, or replaces all but space and creation time of one with an id.
    ///
    /// # Errors
    /// [`StoreError::Taken`] for (`space`, `name`); [`StoreError::Missing`] when the space or the id does not exist.
    fn save_fence(&self, fence: Fence) -> Answer<'_, Result<Fence, StoreError>>;
    /// Its alerts go with it.
    ///
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::InUse`] while devices are bound.
    fn delete_fence(&self, id: FenceId) -> Answer<'_, Result<(), StoreError>>;
    /// Binds devices, or replaces how they are bound: all or none. Bindings and alerts of a device go with it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when a fence or device does not exist.
    fn save_binds(&self, binds: Vec<FenceBind>) -> Answer<'_, Result<(), StoreError>>;
    /// Those that are not bound are passed over.
    fn delete_binds(&self, fence: FenceId, devices: Vec<DeviceNumber>) -> Answer<'_, Result<(), StoreError>>;
    fn fence_rows(&self) -> Answer<'_, Result<FenceRows, StoreError>>;
}

/// What came of it.
pub trait FenceAlerts: Send + Sync {
    /// Notes progress and stores its alerts, all in one; returns the alerts with their ids. What concerns a device that is
    /// not bound (any more) is passed over. Of each fence only the newest [`FENCE_ALERTS_MAX`] alerts stay.
    fn advance_fences(&self, progress: FenceProgress) -> Answer<'_, Result<Vec<Alert>, StoreError>>;
    /// By time, newest first.
    fn alerts(&self, filter: AlertFilter, slice: Slice) -> Answer<'_, Result<Listed<Alert>, StoreError>>;
    /// Alerts their devices were not told of yet, oldest first.
    fn untold_alerts(&self) -> Answer<'_, Result<Vec<Alert>, StoreError>>;
    /// Their devices were told, or will never be.
    fn settle_alerts(&self, alerts: Vec<AlertId>) -> Answer<'_, Result<(), StoreError>>;
}

/// All of it.
pub trait FenceStore: Fences + FenceAlerts {}

impl<T: Fences + FenceAlerts> FenceStore for T {}
