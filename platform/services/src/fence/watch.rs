//! Follows the log and compares where bound devices are with their fences.
//!
//! One task, behind the readings. What it found and how far it looked are stored together, so that a restart goes on
//! where it was: no crossing is lost, none is told twice. While no device is bound it does not read at all.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use lianwu_model::fence::{Alert, AlertId, FenceId, Seen, Step};
use lianwu_model::position::Position;
use lianwu_model::{DeviceKey, DeviceNumber, UnixMillis};
use lianwu_ports::log::{Block, Lsn, ReadError};
use lianwu_ports::record::Record;
use lianwu_ports::registry::StoreError;
use lianwu_ports::registry::fences::FenceProgress;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::{error, warn};

use super::Known;
use super::tell::{Told, tell, topic_of, was_told};
use crate::Platform;

/// Bytes of records looked at between two writes.
const STEP_BYTES: usize = 1 << 20;

/// How often progress without alerts is written down.
const SAVE_PERIOD: Duration = Duration::from_secs(10);

/// Pause after something failed, and before devices that could not be told are tried again.
const RETRY_PERIOD: Duration = Duration::from_secs(1);

/// How long alerts that the platform owes from before its start wait for their devices to come back.
const RETURN_MS: u64 = 300_000;

type SeenBy = HashMap<(FenceId, DeviceNumber), Seen>;

/// The running task.
#[derive(Debug)]
pub struct FenceWatch {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl FenceWatch {
    /// Goes on where it stopped. Needs a running runtime, and the fences loaded.
    ///
    /// # Errors
    /// When the registry fails.
    pub async fn start(platform: &Arc<Platform>) -> Result<Self, StoreError> {
        let watch = Watch::new(Arc::clone(platform)).await?;
        platform.fences.is_watched.store(true, Ordering::Relaxed);
        let (stop, stopped) = oneshot::channel();
        Ok(Self { stop, task: tokio::spawn(watch.run(stopped)) })
    }

    /// Writes progress down and ends; call it before log and registry are closed.
    pub async fn stop(self) {
        drop(self.stop);
        if self.task.await.is_err() {
            error!("the watch of fences ended in a panic");
        }
    }
}

struct Watch {
    platform: Arc<Platform>,
    seen: SeenBy,
    /// The last record that was looked at.
    through: Lsn,
    /// Where that was when it was written down.
    saved: Lsn,
    /// Devices were bound already when it last looked.
    is_following: bool,
    /// Not written down yet.
    unsaved: Unsaved,
    untold: VecDeque<Alert>,
    /// Alerts from before the start, and until when their devices are waited for.
    owed: (HashSet<AlertId>, UnixMillis),
    told: Vec<AlertId>,
    has_failed: bool,
}

#[derive(Default)]
struct Unsaved {
    is_due: bool,
    seen: HashSet<(FenceId, DeviceNumber)>,
    alerts: Vec<Alert>,
}

/// What one read of the log held.
struct Looked {
    seen: SeenBy,
    found: Found,
    through: Lsn,
    is_empty: bool,
}

#[derive(Default)]
struct Found {
    moved: HashSet<(FenceId, DeviceNumber)>,
    alerts: Vec<Alert>,
}

impl Watch {
    async fn new(platform: Arc<Platform>) -> Result<Self, StoreError> {
        let rows = platform.stores.fences.fence_rows().await?;
        let seen = rows.binds.into_iter().filter_map(|(bind, seen)| Some(((bind.fence, bind.device), seen?)));
        let seen = seen.collect();
        let mut untold = VecDeque::new();
        let mut told = Vec::new();
        for alert in platform.stores.fences.untold_alerts().await? {
            if was_told(&platform, &alert).await {
                told.push(alert.id);
            } else {
                untold.push_back(alert);
            }
        }
        let until = UnixMillis(platform.clock.now().0.saturating_add(RETURN_MS));
        let owed = (untold.iter().map(|alert: &Alert| alert.id).collect(), until);
        let through = Lsn(rows.through.min(platform.log.durable().0));
        let (is_following, unsaved, has_failed) = (false, Unsaved::default(), false);
        Ok(Self { platform, seen, through, saved: through, is_following, unsaved, untold, owed, told, has_failed })
    }

    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let mut save = tokio::time::interval(SAVE_PERIOD);
        loop {
            let platform = Arc::clone(&self.platform);
            tokio::select! {
                biased;
                _ = &mut stopped => break,
                _ = save.tick() => self.unsaved.is_due = true,
                () = self.something_to_do(&platform) => {}
            }
            self.has_failed = false;
            self.look().await;
            self.save().await;
            if !self.tell().await {
                break;
            }
        }
        self.unsaved.is_due = true;
        self.save().await;
        self.settle().await;
    }

    /// Waits for records that were not looked at, for a change of what is bound, or for the time to try again.
    async fn something_to_do(&self, platform: &Platform) {
        if self.has_failed {
            return tokio::time::sleep(RETRY_PERIOD).await;
        }
        let more = async {
            if platform.fences.has_binds() {
                platform.progress.reached(self.through.next()).await;
            } else {
                platform.fences.changed.notified().await;
            }
        };
        if self.untold.is_empty() {
            more.await;
        } else {
            let _ = tokio::time::timeout(RETRY_PERIOD, more).await;
        }
    }

    /// Looks at the next records. Alerts that could not be stored come first.
    async fn look(&mut self) {
        if !self.unsaved.alerts.is_empty() {
            return;
        }
        let has_binds = self.platform.fences.has_binds();
        if !std::mem::replace(&mut self.is_following, has_binds) && has_binds {
            // What was said before the first of the bindings need not be read.
            self.through = self.through.max(self.platform.fences.first_since());
        }
        if !has_binds {
            return;
        }
        let (platform, applied) = (Arc::clone(&self.platform), self.platform.progress.applied());
        let (seen, from) = (std::mem::take(&mut self.seen), self.through);
        let looked = tokio::task::spawn_blocking(move || look(&platform, seen, from));
        let Looked { seen, found, through, is_empty } = match looked.await {
            Ok(Ok(looked)) => looked,
            Ok(Err((error, seen))) => {
                error!(%error, "positions cannot be compared with fences, trying again");
                self.seen = seen;
                self.has_failed = true;
                return;
            }
            // The blocking pool ends only with the program.
            Err(_) => {
                self.has_failed = true;
                return;
            }
        };
        // There is something, but it was not given: not to be asked for at once again.
        self.has_failed = is_empty && applied > from;
        self.seen = seen;
        self.through = through;
        self.unsaved.seen.extend(found.moved);
        self.unsaved.alerts = found.alerts;
        if self.unsaved.alerts.is_empty() {
            self.platform.fences.progress.advance(through);
        }
    }

    /// Writes down what was found, at once when there are alerts.
    async fn save(&mut self) {
        let is_due = std::mem::take(&mut self.unsaved.is_due);
        if self.unsaved.alerts.is_empty() && !(is_due && self.through > self.saved) {
            return;
        }
        if is_due {
            let known = self.platform.fences.known.read();
            self.seen.retain(|key, _| known.binds.contains_key(key));
        }
        let seen = self.unsaved.seen.iter().filter_map(|key| Some((key.0, key.1, *self.seen.get(key)?))).collect();
        let progress = FenceProgress { through: self.through.0, seen, alerts: self.unsaved.alerts.clone() };
        match self.platform.stores.fences.advance_fences(progress).await {
            Ok(alerts) => {
                self.untold.extend(alerts);
                self.unsaved = Unsaved::default();
                self.saved = self.through;
                self.platform.fences.progress.advance(self.through);
            }
            Err(error) => {
                error!(%error, "alerts of fences cannot be stored, trying again");
                self.has_failed = true;
                self.unsaved.is_due = true;
            }
        }
    }

    /// Tells devices, one after the other; `false` when the platform is shutting down.
    async fn tell(&mut self) -> bool {
        let mut later = HashSet::new();
        let mut is_open = true;
        for alert in std::mem::take(&mut self.untold) {
            // Those of one device stay in their order.
            let told = if !is_open || later.contains(&alert.device) || self.waits(&alert).await {
                Told::Later
            } else {
                tell(&self.platform, &alert).await
            };
            if told == Told::Done {
                self.told.push(alert.id);
            } else {
                is_open &= told != Told::Closed;
                later.insert(alert.device);
                self.untold.push_back(alert);
            }
        }
        self.settle().await;
        is_open
    }

    /// When the platform was down, its devices were cut off, too: is this one not listening again yet?
    async fn waits(&self, alert: &Alert) -> bool {
        let (owed, until) = &self.owed;
        if !owed.contains(&alert.id) || self.platform.clock.now() >= *until {
            return false;
        }
        let topic = topic_of(alert);
        match self.platform.bus.subscriptions(alert.device).await {
            Ok(topics) => topics.iter().all(|known| **known != *topic),
            Err(_) => true,
        }
    }

    async fn settle(&mut self) {
        if self.told.is_empty() {
            return;
        }
        match self.platform.stores.fences.settle_alerts(self.told.clone()).await {
            Ok(()) => self.told.clear(),
            Err(error) => warn!(%error, "it could not be noted that devices were told of their fences"),
        }
    }
}

/// Looks at a stretch of the log.
fn look(platform: &Platform, mut seen: SeenBy, from: Lsn) -> Result<Looked, (ReadError, SeenBy)> {
    let blocks = match platform.log.read(from.next(), STEP_BYTES) {
        Ok(blocks) => blocks,
        Err(ReadError::Expired { oldest }) => {
            warn!(?from, ?oldest, "positions were compared with fences too late, some are gone");
            match platform.log.read(oldest, STEP_BYTES) {
                Ok(blocks) => blocks,
                Err(error) => return Err((error, seen)),
            }
        }
        Err(error) => return Err((error, seen)),
    };
    let known = platform.fences.known.read();
    let mut found = Found::default();
    let mut through = from;
    for block in &blocks {
        look_at_block(&known, block, from, &mut seen, &mut found);
        through = through.max(block.last());
    }
    Ok(Looked { seen, found, through, is_empty: blocks.is_empty() })
}

fn look_at_block(known: &Known, block: &Block, from: Lsn, seen: &mut SeenBy, found: &mut Found) {
    for record in block.records() {
        // Behind a checksum that matched, every record decodes.
        let Ok((lsn, record)) = record else { return };
        if lsn > from && record.kind.holds_properties() && record.code == 0 {
            look_at(known, lsn, &record, block.time, seen, found);
        }
    }
}

/// Compares one report with the fences of its device. Almost all devices have none.
fn look_at(known: &Known, lsn: Lsn, record: &Record<'_>, committed: UnixMillis, seen: &mut SeenBy, found: &mut Found) {
    let Some(fences) = known.by_device.get(&record.number) else { return };
    let Some(position) = Position::from_message(record.payload) else { return };
    // A device's clock that goes ahead must not make all that follows late.
    let time = record.sample_time.min(committed);
    for id in fences {
        let key = (*id, record.number);
        let (Some(fence), Some(bind)) = (known.fences.get(id), known.binds.get(&key)) else { continue };
        let Some(area) = &fence.area else { continue };
        let since = bind.since.max(fence.fence.since);
        if lsn.0 <= since {
            continue;
        }
        let now = Seen { is_inside: area.contains(position), time, record: lsn.0 };
        // Seen before it was bound, or before the fence was moved.
        let before = seen.get(&key).copied().filter(|before| before.record > since);
        let step = now.step(before);
        if step == Step::Late {
            continue;
        }
        seen.insert(key, now);
        found.moved.insert(key);
        let Step::Crossed(crossing) = step else { continue };
        let Ok(name) = record.device.parse() else { continue };
        if bind.enabled && bind.condition.covers(crossing) {
            found.alerts.push(Alert {
                id: AlertId::default(),
                fence: *id,
                fence_name: fence.fence.name.clone(),
                device: record.number,
                key: DeviceKey { product: record.product, device: name },
                crossing,
                condition: bind.condition,
                time,
                position,
            });
        }
    }
}
