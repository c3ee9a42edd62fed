//! What the log promises, on a simulated disk.

mod crash;
mod faults;
mod pace;
mod seek;
mod world;

use std::sync::Arc;

use crate::files::simulated::SimulatedFiles;
use crate::{LogOptions, SegmentLog};

/// The same suite as the twin in memory, with segments so small that they change all the time, and larger.
#[test]
fn the_segment_log_behaves_as_a_log() {
    for (segment_bytes, ring_bytes_max) in [(16 << 10, 0), (16 << 10, 3000), (256 << 10, 1 << 20)] {
        lianwu_ports::log::suite::run(&|clock| {
            let options = LogOptions { segment_bytes, ring_bytes_max, ..LogOptions::new("") };
            Arc::new(SegmentLog::open_on(Arc::new(SimulatedFiles::new(1)), options, clock).unwrap())
        });
    }
}
