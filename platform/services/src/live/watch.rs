//! Which records somebody waits for.

use std::sync::Arc;

use lianwu_model::DeviceNumber;
use lianwu_ports::log::Lsn;
use lianwu_ports::record::{Record, RecordKind};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Wanted;
use super::queue::{Queue, Taken};
use crate::logs::{Line, Source, Texts, of_device};

/// One who watches.
#[derive(Debug)]
pub struct Watch {
    pub(super) wanted: Wanted,
    /// Was there before: whoever asks for it finds it.
    pub(super) since: Lsn,
    /// Of the filter; only one task shows lines.
    texts: Mutex<Texts>,
    queue: Mutex<Queue>,
    wake: Arc<Notify>,
}

impl Watch {
    pub(super) fn new(wanted: Wanted, since: Lsn, wake: Arc<Notify>) -> Self {
        let texts = Mutex::new(Texts::of(&wanted.filter));
        Self { wanted, since, texts, queue: Mutex::default(), wake }
    }

    pub(super) fn take(&self, lines_max: usize, bytes_max: usize) -> Taken {
        self.queue.lock().take(lines_max, bytes_max)
    }

    /// Hands over lines of one record.
    pub(super) fn show(&self, lines: &[Arc<Line>]) {
        let (filter, mut texts) = (&self.wanted.filter, self.texts.lock());
        let mut wanted = lines.iter().filter(|line| filter.accepts(&***line, &mut texts)).peekable();
        if wanted.peek().is_none() {
            return;
        }
        let mut queue = self.queue.lock();
        wanted.for_each(|line| queue.push(Arc::clone(line)));
        drop(queue);
        self.wake.notify_one();
    }

    /// Part of the log is passed over.
    pub(super) fn skip(&self) {
        self.queue.lock().skip();
        self.wake.notify_one();
    }
}

/// A watch with what its device's name stands for at the moment.
pub(super) struct Aimed {
    pub(super) watch: Arc<Watch>,
    pub(super) number: Option<DeviceNumber>,
    sources: Vec<(Source, Vec<RecordKind>)>,
}

impl Aimed {
    pub(super) fn new(watch: Arc<Watch>, number: Option<DeviceNumber>) -> Self {
        let Wanted { product, device, filter } = &watch.wanted;
        let sources = of_device(*product, device, number, &filter.kinds);
        let sources = sources.into_iter().map(|source| (filter.record_kinds(&source), source));
        let sources = sources.map(|(kinds, source)| (source, kinds)).collect();
        Self { watch, number, sources }
    }

    /// Would a search find it?
    pub(super) fn covers(&self, lsn: Lsn, record: &Record<'_>) -> bool {
        let is_in = |(source, kinds): &(Source, Vec<RecordKind>)| {
            source.holds(record) && (kinds.is_empty() || kinds.contains(&record.kind))
        };
        lsn > self.watch.since && self.sources.iter().any(is_in)
    }
}
