//! Spaces, fences and their alerts in memory.

use std::collections::{BTreeMap, BTreeSet};

use lianwu_model::fence::{Alert, AlertId, Fence, FenceBind, FenceId, Seen, Space, SpaceId};
use lianwu_model::{DeviceNumber, ProductId, ProjectId};

use super::{Content, MemoryRegistry, free, listed};
use crate::Answer;
use crate::registry::fences::{AlertFilter, FENCE_ALERTS_MAX, FenceAlerts, FenceProgress, FenceRows, Fences};
use crate::registry::{Listed, Slice, StoreError};

/// All of it.
#[derive(Debug, Default)]
pub(super) struct FenceContent {
    spaces: Vec<Space>,
    fences: BTreeMap<FenceId, Fence>,
    last_fence: u64,
    binds: BTreeMap<(FenceId, DeviceNumber), (FenceBind, Option<Seen>)>,
    /// In the order of ids.
    alerts: Vec<Alert>,
    untold: BTreeSet<AlertId>,
    last_alert: u64,
    through: u64,
}

impl FenceContent {
    /// A device is gone.
    pub(super) fn drop_device(&mut self, number: DeviceNumber) {
        self.binds.retain(|(_, device), _| *device != number);
        self.drop_alerts(|alert| alert.device == number);
    }

    /// A product is gone.
    pub(super) fn drop_product(&mut self, id: ProductId) {
        for space in &mut self.spaces {
            space.products.retain(|of| of.product != id);
        }
    }

    /// A project is gone; its products were before.
    pub(super) fn drop_project(&mut self, id: &ProjectId) {
        let gone: Vec<_> = self.spaces.iter().filter(|space| space.project == *id).map(|s| s.id.clone()).collect();
        self.spaces.retain(|space| space.project != *id);
        let fences: Vec<_> = self.fences.values().filter(|fence| gone.contains(&fence.space)).map(|f| f.id).collect();
        for fence in fences {
            self.fences.remove(&fence);
            self.drop_alerts(|alert| alert.fence == fence);
        }
    }

    fn drop_alerts(&mut self, is_gone: impl Fn(&Alert) -> bool) {
        for alert in self.alerts.iter().filter(|alert| is_gone(alert)) {
            self.untold.remove(&alert.id);
        }
        self.alerts.retain(|alert| !is_gone(alert));
    }

    fn advance(&mut self, progress: FenceProgress) -> Vec<Alert> {
        self.through = progress.through;
        for (fence, device, seen) in progress.seen {
            if let Some((_, before)) = self.binds.get_mut(&(fence, device)) {
                *before = Some(seen);
            }
        }
        let mut stored = Vec::new();
        for mut alert in progress.alerts {
            if self.binds.contains_key(&(alert.fence, alert.device)) {
                self.last_alert += 1;
                alert.id = AlertId(self.last_alert);
                self.untold.insert(alert.id);
                self.alerts.push(alert.clone());
                stored.push(alert);
            }
        }
        for fence in stored.iter().map(|alert| alert.fence).collect::<BTreeSet<_>>() {
            let mut of_fence: Vec<_> = self.alerts.iter().filter(|alert| alert.fence == fence).collect();
            of_fence.sort_by_key(|alert| std::cmp::Reverse((alert.time, alert.id)));
            let over: BTreeSet<_> = of_fence.iter().skip(FENCE_ALERTS_MAX).map(|alert| alert.id).collect();
            self.drop_alerts(|alert| over.contains(&alert.id));
        }
        stored
    }

    fn fits(&self, alert: &Alert, filter: &AlertFilter) -> bool {
        let space = self.fences.get(&alert.fence).map(|fence| &fence.space);
        let owner = self.spaces.iter().find(|known| Some(&known.id) == space).map(|space| space.owner);
        owner == Some(filter.owner)
            && filter.space.as_ref().is_none_or(|wanted| Some(wanted) == space)
            && filter.fence.is_none_or(|wanted| wanted == alert.fence)
            && filter.product.is_none_or(|wanted| wanted == alert.key.product)
            && filter.device.is_none_or(|wanted| wanted == alert.device)
            && filter.times.contains(&alert.time)
    }
}

impl Content {
    fn save_space(&mut self, space: Space) -> Result<(), StoreError> {
        let same_name =
            |other: &Space| other.id != space.id && other.project == space.project && other.name == space.name;
        free(self.fences.spaces.iter().any(same_name), "name")?;
        for of in &space.products {
            self.product(of.product)?;
        }
        if let Some(old) = self.fences.spaces.iter_mut().find(|old| old.id == space.id) {
            *old = Space { owner: old.owner, project: old.project.clone(), created: old.created, ..space };
            return Ok(());
        }
        if !self.projects.iter().any(|project| project.id == space.project) {
            return Err(StoreError::Missing);
        }
        self.fences.spaces.push(space);
        Ok(())
    }

    fn save_fence(&mut self, mut fence: Fence) -> Result<Fence, StoreError> {
        let of = &mut self.fences;
        if !of.spaces.iter().any(|space| space.id == fence.space) {
            return Err(StoreError::Missing);
        }
        let same_name = |other: &Fence| other.id != fence.id && other.space == fence.space && other.name == fence.name;
        free(of.fences.values().any(same_name), "name")?;
        if fence.id == FenceId::default() {
            of.last_fence += 1;
            fence.id = FenceId(of.last_fence);
        } else {
            fence.created = of.fences.get(&fence.id).ok_or(StoreError::Missing)?.created;
        }
        of.fences.insert(fence.id, fence.clone());
        Ok(fence)
    }
}

impl Fences for MemoryRegistry {
    fn save_space(&self, space: Space) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| content.save_space(space))
    }

    fn delete_space(&self, id: SpaceId) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            let of = &mut content.fences;
            let at = of.spaces.iter().position(|space| space.id == id).ok_or(StoreError::Missing)?;
            if of.fences.values().any(|fence| fence.space == id) {
                return Err(StoreError::InUse("fences"));
            }
            of.spaces.remove(at);
            Ok(())
        })
    }

    fn save_fence(&self, fence: Fence) -> Answer<'_, Result<Fence, StoreError>> {
        self.answer(move |content| content.save_fence(fence))
    }

    fn delete_fence(&self, id: FenceId) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            let of = &mut content.fences;
            if of.binds.keys().any(|(fence, _)| *fence == id) {
                return Err(StoreError::InUse("binds"));
            }
            of.fences.remove(&id).ok_or(StoreError::Missing)?;
            of.drop_alerts(|alert| alert.fence == id);
            Ok(())
        })
    }

    fn save_binds(&self, binds: Vec<FenceBind>) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            for bind in &binds {
                if !content.fences.fences.contains_key(&bind.fence) || !content.devices.contains_key(&bind.device) {
                    return Err(StoreError::Missing);
                }
            }
            for bind in binds {
                let kept = content.fences.binds.entry((bind.fence, bind.device));
                kept.and_modify(|(old, _)| *old = bind.clone()).or_insert((bind, None));
            }
            Ok(())
        })
    }

    fn delete_binds(&self, fence: FenceId, devices: Vec<DeviceNumber>) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            for device in devices {
                content.fences.binds.remove(&(fence, device));
            }
            Ok(())
        })
    }

    fn fence_rows(&self) -> Answer<'_, Result<FenceRows, StoreError>> {
        self.answer(|content| {
            let of = &content.fences;
            Ok(FenceRows {
                spaces: of.spaces.clone(),
                fences: of.fences.values().cloned().collect(),
                binds: of.binds.values().cloned().collect(),
                through: of.through,
            })
        })
    }
}

impl FenceAlerts for MemoryRegistry {
    fn advance_fences(&self, progress: FenceProgress) -> Answer<'_, Result<Vec<Alert>, StoreError>> {
        self.answer(move |content| Ok(content.fences.advance(progress)))
    }

    fn alerts(&self, filter: AlertFilter, slice: Slice) -> Answer<'_, Result<Listed<Alert>, StoreError>> {
        self.answer(move |content| {
            let of = &content.fences;
            let mut found: Vec<_> = of.alerts.iter().filter(|alert| of.fits(alert, &filter)).collect();
            found.sort_by_key(|alert| std::cmp::Reverse((alert.time, alert.id)));
            Ok(listed(found.into_iter(), slice))
        })
    }

    fn untold_alerts(&self) -> Answer<'_, Result<Vec<Alert>, StoreError>> {
        self.answer(|content| {
            let of = &content.fences;
            Ok(of.alerts.iter().filter(|alert| of.untold.contains(&alert.id)).cloned().collect())
        })
    }

    fn settle_alerts(&self, alerts: Vec<AlertId>) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            for id in alerts {
                content.fences.untold.remove(&id);
            }
            Ok(())
        })
    }
}
