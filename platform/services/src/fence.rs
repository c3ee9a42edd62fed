//! Position spaces, their fences, devices bound to fences, and alerts when a device crosses one.
//!
//! Where devices are is read from the log, behind it ([`watch`]): a report waits for nothing here. Alerts are stored with
//! the place in the log they were found at, then told to the device ([`tell`]). Source: spec/cloud-api.md 2.15 and 3.12.

mod bind;
mod edit;
mod space;
pub mod tell;
pub mod watch;

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lianwu_model::fence::{Alert, Area, AreaError, Fence, FenceBind, FenceId, Space, SpaceId};
use lianwu_model::{DeviceNumber, ProductId, ProjectId, Uin, UnixMillis};
use lianwu_ports::log::Lsn;
use lianwu_ports::registry::fences::AlertFilter;
use lianwu_ports::registry::{Listed, Slice, StoreError};
use parking_lot::RwLock;
use tokio::sync::Notify;
use tracing::error;

use crate::Platform;
use crate::device::DeviceError;
use crate::follower::Progress;
use crate::invalid::Invalid;
use crate::product::ProductError;
use crate::project::ProjectError;

pub use bind::{BindText, bind, binds, change_binds, unbind};
pub use edit::{FenceChange, FenceText, create_fence, delete_fence, fences, modify_fence};
pub use space::{SpaceText, create_space, delete_space, modify_space, show_properties, spaces};

/// Spaces of one project.
pub const SPACES_MAX: usize = 20;

/// Fences of one main account: their areas are kept in memory.
pub const FENCES_MAX: usize = 1_000;

/// Devices bound to one fence.
pub const FENCE_DEVICES_MAX: usize = 1_000;

/// Fences one device is bound to: each of its positions is compared with all of them.
pub const DEVICE_FENCES_MAX: usize = 20;

/// Longest wait of a list of alerts for records that are not looked at yet; then it tells what there is.
const CATCH_UP_MAX: Duration = Duration::from_secs(5);

/// What was set up, in memory.
#[derive(Debug)]
pub struct Fences {
    known: RwLock<Known>,
    /// Something was bound or unbound.
    changed: Notify,
    /// How far the log was looked at.
    progress: Progress,
    /// Somebody looks at the log.
    is_watched: AtomicBool,
}

impl Default for Fences {
    fn default() -> Self {
        Self {
            known: RwLock::default(),
            changed: Notify::new(),
            progress: Progress::new(Lsn(0)),
            is_watched: AtomicBool::new(false),
        }
    }
}

#[derive(Debug, Default)]
struct Known {
    /// In the order they were made.
    spaces: Vec<Space>,
    fences: BTreeMap<FenceId, KnownFence>,
    binds: BTreeMap<(FenceId, DeviceNumber), FenceBind>,
    /// Fences of each device that is bound: all that the watch asks about a device that is not.
    by_device: HashMap<DeviceNumber, Vec<FenceId>>,
}

#[derive(Clone, Debug)]
struct KnownFence {
    fence: Fence,
    /// `None` when the stored text does not read: then nothing is inside.
    area: Option<Arc<Area>>,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FenceError {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("space {0} does not exist")]
    SpaceNotFound(String),
    #[error("fence {0} does not exist")]
    FenceNotFound(i64),
    #[error("the project has a space of that name")]
    SpaceNameTaken,
    #[error("the space has a fence of that name")]
    FenceNameTaken,
    #[error("the space has fences")]
    HasFences,
    #[error("devices are bound to the fence")]
    HasBinds,
    #[error("FenceArea: {0}")]
    Area(#[from] AreaError),
    /// Not in the space the fence belongs to.
    #[error("product {0} is not in the space")]
    NotInSpace(String),
    #[error("device {0} is bound to the fence already")]
    AlreadyBound(String),
    #[error("device {0} is not bound to the fence")]
    NotBound(String),
    #[error("device {0} is named twice")]
    NamedTwice(String),
    /// What there may be, and how many of it.
    #[error("there are {1} {0}, as many as allowed")]
    TooMany(&'static str, usize),
    #[error("the registry failed")]
    Store(StoreError),
}

impl Fences {
    /// Is any device bound?
    fn has_binds(&self) -> bool {
        !self.known.read().by_device.is_empty()
    }

    /// The oldest of the records after which devices were bound.
    fn first_since(&self) -> Lsn {
        Lsn(self.known.read().binds.values().map(|bind| bind.since).min().unwrap_or_default())
    }

    /// The space, if it is this account's.
    #[must_use]
    pub fn space(&self, owner: Uin, id: &str) -> Option<Space> {
        let known = self.known.read();
        known.spaces.iter().find(|space| space.owner == owner && space.id.as_str() == id).cloned()
    }

    /// Spaces with this product: their names, and which of its properties they show, a JSON array or nothing.
    #[must_use]
    pub fn spaces_of(&self, product: ProductId) -> Vec<(String, String)> {
        let known = self.known.read();
        let of = |space: &Space| {
            let own = space.products.iter().find(|own| own.product == product)?;
            Some((space.name.clone(), own.shown.clone()))
        };
        known.spaces.iter().filter_map(of).collect()
    }

    /// The fence, if it is this account's, and the space it is in.
    #[must_use]
    pub fn fence(&self, owner: Uin, id: i64) -> Option<(Fence, Space)> {
        let known = self.known.read();
        let fence = &known.fences.get(&FenceId(u64::try_from(id).ok()?))?.fence;
        let space = known.spaces.iter().find(|space| space.owner == owner && space.id == fence.space)?;
        Some((fence.clone(), space.clone()))
    }
}

impl Known {
    fn put_fence(&mut self, fence: Fence) {
        let area = Area::parse(&fence.area);
        if let Err(error) = &area {
            error!(fence = fence.id.0, %error, "a saved area does not read: draw the fence again");
        }
        self.fences.insert(fence.id, KnownFence { fence, area: area.ok().map(Arc::new) });
    }

    fn put_bind(&mut self, bind: FenceBind) {
        let fences = self.by_device.entry(bind.device).or_default();
        if !fences.contains(&bind.fence) {
            fences.push(bind.fence);
        }
        self.binds.insert((bind.fence, bind.device), bind);
    }

    fn drop_bind(&mut self, fence: FenceId, device: DeviceNumber) {
        self.binds.remove(&(fence, device));
        if let Some(fences) = self.by_device.get_mut(&device) {
            fences.retain(|id| *id != fence);
            if fences.is_empty() {
                self.by_device.remove(&device);
            }
        }
    }

    fn binds_of(&self, fence: FenceId) -> impl Iterator<Item = &FenceBind> {
        let all = (fence, DeviceNumber::NONE)..=(fence, DeviceNumber(u32::MAX));
        self.binds.range(all).map(|(_, bind)| bind)
    }
}

/// Brings everything into memory: at start, when products and devices are there.
///
/// # Errors
/// When the registry fails.
pub(crate) async fn load(platform: &Platform) -> Result<(), StoreError> {
    let rows = platform.stores.fences.fence_rows().await?;
    let mut known = Known { spaces: rows.spaces, ..Known::default() };
    // A log that was begun anew counts from the beginning.
    let durable = platform.log.durable().0;
    for mut fence in rows.fences {
        fence.since = fence.since.min(durable);
        known.put_fence(fence);
    }
    for (mut bind, _) in rows.binds {
        bind.since = bind.since.min(durable);
        known.put_bind(bind);
    }
    *platform.fences.known.write() = known;
    Ok(())
}

/// The registry has deleted them already.
pub(crate) fn forget_devices(platform: &Platform, numbers: &[DeviceNumber]) {
    let mut known = platform.fences.known.write();
    for number in numbers {
        for fence in known.by_device.get(number).cloned().unwrap_or_default() {
            known.drop_bind(fence, *number);
        }
    }
}

/// The same of a product; it has no devices any more.
pub(crate) fn forget_product(platform: &Platform, product: ProductId) {
    for space in &mut platform.fences.known.write().spaces {
        space.products.retain(|of| of.product != product);
    }
}

/// The same of a project; it has no products any more.
pub(crate) fn forget_project(platform: &Platform, project: &ProjectId) {
    let mut known = platform.fences.known.write();
    let is_gone = |space: &Space| space.project == *project;
    let gone: Vec<SpaceId> = known.spaces.iter().filter(|space| is_gone(space)).map(|s| s.id.clone()).collect();
    known.spaces.retain(|space| !is_gone(space));
    known.fences.retain(|_, fence| !gone.contains(&fence.fence.space));
}

/// Which alerts are asked for. What is not given is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertsOf {
    pub space: Option<SpaceId>,
    pub fence: Option<FenceId>,
    pub product: Option<ProductId>,
    pub device: Option<DeviceNumber>,
}

/// Alerts of an account, newest first; those of reports that were answered before the call are among them.
///
/// # Errors
/// When the registry fails.
pub async fn alerts(
    platform: &Platform,
    owner: Uin,
    of: AlertsOf,
    times: RangeInclusive<UnixMillis>,
    slice: Slice,
) -> Result<Listed<Alert>, FenceError> {
    if platform.fences.is_watched.load(Ordering::Relaxed) && platform.fences.has_binds() {
        let durable = platform.log.durable();
        // Whoever is behind is told what there is: alerts are looked at again and again.
        let _ = tokio::time::timeout(CATCH_UP_MAX, platform.fences.progress.reached(durable)).await;
    }
    let AlertsOf { space, fence, product, device } = of;
    let filter = AlertFilter { owner, space, fence, product, device, times };
    platform.stores.fences.alerts(filter, slice).await.map_err(FenceError::Store)
}

/// Newest first.
fn cut<T: Clone>(rows: impl DoubleEndedIterator<Item = T> + ExactSizeIterator, slice: Slice) -> Listed<T> {
    let total = rows.len() as u64;
    let offset = usize::try_from(slice.offset).unwrap_or(usize::MAX);
    let limit = usize::try_from(slice.rows_max()).unwrap_or(usize::MAX);
    Listed { rows: rows.rev().skip(offset).take(limit).collect(), total, steps: total }
}
