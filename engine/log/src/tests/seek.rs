//! Finding a commit time: the right place, and little touched on the way.

use std::sync::Arc;
use std::time::Duration;

use lianwu_model::UnixMillis;
use lianwu_ports::clock::ManualClock;
use lianwu_ports::log::suite::Outcomes;
use lianwu_ports::log::{Log as _, Lsn};

use super::world::{NOON, batch};
use crate::files::simulated::SimulatedFiles;
use crate::{LogOptions, SegmentLog};

const BLOCKS: u64 = 6_000;

fn options() -> LogOptions {
    LogOptions { segment_bytes: 128 << 10, ring_bytes_max: 0, ..LogOptions::new("") }
}

/// Blocks a minute apart, about four days in dozens of segments; the number of each block's first record.
fn filled(files: &SimulatedFiles, clock: &Arc<ManualClock>) -> Vec<(UnixMillis, Lsn)> {
    let log = SegmentLog::open_on(Arc::new(files.clone()), options(), clock.clone()).unwrap();
    let outcomes = Outcomes::default();
    let mut begun = Vec::new();
    for step in 0..BLOCKS {
        let time = NOON.plus(Duration::from_secs(step * 60));
        clock.set(time);
        outcomes.submit(&log, batch(&[step], usize::try_from(step % 40).unwrap() * 20)).unwrap();
        let committed = outcomes.wait(1).remove(0).unwrap();
        begun.push((committed.time, committed.first));
    }
    begun
}

/// Is each time found, after a restart, with a logarithmic number of segments and blocks?
#[test]
fn a_search_touches_few_segments_and_blocks() {
    let (files, clock) = (SimulatedFiles::new(7), Arc::new(ManualClock::at(NOON)));
    let begun = filled(&files, &clock);
    let log = SegmentLog::open_on(Arc::new(files.clone()), options(), clock.clone()).unwrap();
    let segments = log.stats().segments;
    assert!(segments >= 20, "only {segments} segments");
    // Bisection over the segments of one day, and the one the time is in.
    let segments_max = segments.ilog2() + 2;
    // Bisection inside a segment, then the blocks of the 16 KiB that are left: none is shorter than 100 bytes.
    let blocks_max = segments_max + (128_u32 / 16).ilog2() + 2 + 16 * 1024 / 100;
    for (time, first) in begun.iter().step_by(37) {
        for (wanted, expected) in [
            (time.minus(Duration::from_secs(30)), *first),
            (*time, *first),
            (time.plus(Duration::from_millis(1)), first.next()),
        ] {
            let sought = log.seek(wanted).unwrap();
            assert_eq!(sought.first, expected, "{wanted}");
            assert!(sought.segments <= segments_max, "{sought:?}, {segments} segments");
            assert!(sought.blocks <= blocks_max, "{sought:?}, {BLOCKS} blocks");
        }
    }
    let outside = log.seek(UnixMillis(1)).unwrap();
    assert_eq!((outside.first, outside.blocks), (Lsn(1), 0));
    let outside = log.seek(UnixMillis(u64::MAX)).unwrap();
    assert_eq!((outside.first, outside.blocks), (Lsn(BLOCKS + 1), 0));
}
