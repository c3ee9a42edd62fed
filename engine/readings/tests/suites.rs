//! The behaviour suites of the ports, run on the engine and on the twin.

use std::sync::Arc;
use std::time::Duration;

use lianwu_ports::readings::Readings;
use lianwu_ports::readings::memory::MemoryReadings;
use lianwu_ports::readings::suite::{self, Subject};
use lianwu_ports::states::States;
use lianwu_readings::{ReadingsEngine, ReadingsOptions};

/// The states of a block's devices fill it: a cut at nearly every block, and each of them writes a dozen files.
const HARDLY_A_STATE: usize = 2_000;

/// States are let go of and read again, and a cut comes every other block or, as in practice, by age and by size.
const SOME_STATES: usize = 4_000;

struct Store {
    folder: tempfile::TempDir,
    /// Everything is small, with so much memory for states; `None`: as by default.
    state_bytes_max: Option<usize>,
    engine: Option<Arc<ReadingsEngine>>,
}

impl Store {
    fn new(state_bytes_max: Option<usize>) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let mut store = Self { folder, state_bytes_max, engine: None };
        store.reopen();
        store
    }

    fn engine(&self) -> &ReadingsEngine {
        self.engine.as_deref().expect("open between two reopens")
    }
}

impl Subject for Store {
    fn readings(&self) -> &dyn Readings {
        self.engine()
    }

    fn states(&self) -> &dyn States {
        self.engine()
    }

    fn reopen(&mut self) -> bool {
        self.engine = None;
        let mut options = ReadingsOptions::new(self.folder.path());
        if let Some(state_bytes_max) = self.state_bytes_max {
            options.tail_bytes_max = 60_000;
            options.chunk_bytes_max = 700;
            options.cut_after = Duration::from_secs(600);
            options.state_bytes_max = state_bytes_max;
        }
        self.engine = Some(ReadingsEngine::open(options).expect("open the store"));
        true
    }
}

/// Do all pages, cursors, totals and states equal those of the twin, across cuts, restarts and expiry?
#[test]
fn random_workloads_agree_with_the_twin() {
    for seed in 1..=4 {
        suite::agrees_with_twin(&mut Store::new(Some(SOME_STATES)), seed, 200);
    }
    suite::agrees_with_twin(&mut Store::new(Some(HARDLY_A_STATE)), 5, 50);
    suite::agrees_with_twin(&mut Store::new(None), 7, 120);
}

#[test]
fn single_questions() {
    let questions = [
        suite::late_samples_stand_at_their_sample_time,
        suite::steps_hold_what_was_measured_in_them,
        suite::retained_messages_are_the_newest,
        suite::sessions_of_backends_come_back,
        suite::retained_properties_are_kept,
        suite::lines_of_accounts_are_theirs_alone,
        suite::devices_are_found_by_their_firmware,
        suite::batch_events_are_rows_of_their_own,
        suite::diagnostics_hold_what_went_wrong,
        suite::applying_twice_changes_nothing,
        suite::activity_counts_devices_by_day,
    ];
    for ask in questions {
        ask(&mut Store::new(Some(HARDLY_A_STATE)));
        ask(&mut Store::new(None));
        ask(&mut MemoryReadings::default());
    }
}

#[test]
fn unknown_devices_are_empty() {
    lianwu_ports::states::suite::unknown_devices_are_empty(Store::new(None).states());
    lianwu_ports::states::suite::unknown_devices_are_empty(&MemoryReadings::default());
}
