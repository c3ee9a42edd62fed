//! Reads the log for those who watch: one task, behind the readings, asleep while nobody does.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use lianwu_model::{DeviceNumber, ProductId};
use lianwu_ports::log::{Block, Log, Lsn, ReadError};
use lianwu_ports::readings::LogRow;
use lianwu_ports::record::Record;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::error;

use super::Shared;
use super::watch::Aimed;
use crate::logs::lines;

/// Bytes of records looked at in one go.
const STEP_BYTES: usize = 4 << 20;

/// Pause between two looks: short for people, and long enough that many records share the effort.
const PACE: Duration = Duration::from_millis(100);

/// Pause after the log could not be read.
const RETRY_PERIOD: Duration = Duration::from_secs(1);

/// Who is so many records behind goes on at the end: what was passed over can be asked for.
const BEHIND_MAX: u64 = 500_000;

/// The running task.
#[derive(Debug)]
pub struct Following {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Following {
    pub(super) fn start(shared: Arc<Shared>) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { stop, task: tokio::spawn(Follow { shared, through: Lsn(0) }.run(stopped)) }
    }

    /// Tells all who watch that it is over, and ends.
    pub async fn stop(self) {
        drop(self.stop);
        if self.task.await.is_err() {
            error!("the task that reads the log for those who watch ended in a panic");
        }
    }
}

struct Follow {
    shared: Arc<Shared>,
    /// The last record that was looked at.
    through: Lsn,
}

impl Follow {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        loop {
            let pause = tokio::select! {
                biased;
                _ = &mut stopped => break,
                pause = self.turn() => pause,
            };
            tokio::select! {
                biased;
                _ = &mut stopped => break,
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.shared.is_over.send_replace(true);
    }

    /// Waits for something to look at and looks at it; gives how long to pause.
    async fn turn(&mut self) -> Duration {
        let shared = Arc::clone(&self.shared);
        while shared.watches.lock().all.is_empty() {
            shared.begun.notified().await;
            // Whoever has come since wants nothing from before.
            let since = shared.watches.lock().all.values().map(|watch| watch.since).min();
            self.through = self.through.max(since.unwrap_or(self.through));
        }
        shared.platform.progress.reached(self.through.next()).await;
        let aimed = self.aimed();
        let applied = shared.platform.progress.applied();
        if applied.0.saturating_sub(self.through.0) > BEHIND_MAX {
            return self.jump(&aimed, applied);
        }
        let (log, range) = (Arc::clone(&shared.platform.log), self.through.next()..=applied);
        match tokio::task::spawn_blocking(move || look(log.as_ref(), range, &aimed)).await {
            Ok(Ok(through)) => {
                self.through = through;
                // What did not fit into one step is looked at without delay.
                if through < applied { Duration::ZERO } else { PACE }
            }
            Ok(Err(ReadError::Expired { .. })) => self.jump(&self.aimed(), applied),
            Ok(Err(error)) => {
                error!(%error, "the log cannot be read for those who watch it, trying again");
                RETRY_PERIOD
            }
            // The blocking pool ends only with the program.
            Err(_) => RETRY_PERIOD,
        }
    }

    /// Those who watch, with the numbers their devices have now.
    fn aimed(&self) -> Vec<Aimed> {
        let watches: Vec<_> = self.shared.watches.lock().all.values().cloned().collect();
        let directory = &self.shared.platform.directory;
        let aim = |watch: Arc<super::Watch>| {
            let number = directory.find(watch.wanted.product, &watch.wanted.device).map(|device| device.number);
            Aimed::new(watch, number)
        };
        watches.into_iter().map(aim).collect()
    }

    fn jump(&mut self, aimed: &[Aimed], to: Lsn) -> Duration {
        aimed.iter().for_each(|aimed| aimed.watch.skip());
        self.through = to;
        PACE
    }
}

/// Who waits for records of which device.
struct Index<'a> {
    by_number: HashMap<DeviceNumber, Vec<&'a Aimed>>,
    /// For refusals before it was known whose they are.
    by_name: HashMap<(ProductId, &'a str), Vec<&'a Aimed>>,
}

impl<'a> Index<'a> {
    fn new(aimed: &'a [Aimed]) -> Self {
        let mut index = Self { by_number: HashMap::new(), by_name: HashMap::new() };
        for aimed in aimed {
            if let Some(number) = aimed.number {
                index.by_number.entry(number).or_default().push(aimed);
            }
            let wanted = &aimed.watch.wanted;
            index.by_name.entry((wanted.product, &wanted.device)).or_default().push(aimed);
        }
        index
    }

    fn of<'s>(&'s self, record: &Record<'s>) -> &'s [&'s Aimed] {
        let found = match record.number {
            DeviceNumber::NONE => self.by_name.get(&(record.product, record.device.trim())),
            number => self.by_number.get(&number),
        };
        found.map(Vec::as_slice).unwrap_or_default()
    }
}

/// Looks at a stretch of the log, as far as one step goes; gives the last record looked at.
pub(super) fn look(log: &dyn Log, range: RangeInclusive<Lsn>, aimed: &[Aimed]) -> Result<Lsn, ReadError> {
    let (from, last) = range.into_inner();
    let index = Index::new(aimed);
    let blocks = log.read(from, STEP_BYTES)?;
    if blocks.is_empty() {
        return Err(ReadError::Failed(format!("record {} is not given", from.0)));
    }
    let mut through = from;
    for block in &blocks {
        // What is not applied yet is not found by a query either.
        if block.first > last {
            break;
        }
        look_at(block, &(from..=last), &index);
        through = block.last().min(last);
    }
    Ok(through)
}

fn look_at(block: &Block, range: &RangeInclusive<Lsn>, index: &Index<'_>) {
    for record in block.records() {
        // Behind a checksum that matched, every record decodes.
        let Ok((lsn, record)) = record else { return };
        let watching = index.of(&record);
        if watching.is_empty() || !range.contains(&lsn) {
            continue;
        }
        let mut covering = watching.iter().filter(|aimed| aimed.covers(lsn, &record)).peekable();
        if covering.peek().is_some() {
            let row = LogRow::new(lsn, block.time, &record);
            let lines: Vec<_> = lines(&row).into_iter().map(Arc::new).collect();
            covering.for_each(|aimed| aimed.watch.show(&lines));
        }
    }
}
