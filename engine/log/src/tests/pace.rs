//! Zeros of the next segment are written as the current one fills, not all at once.

use std::collections::VecDeque;
use std::thread;

use lianwu_ports::log::CommitError;

use crate::supply::Supply;

fn supply(free: u64) -> Supply {
    Supply::new(1, free, 0, VecDeque::new())
}

#[test]
fn the_keeper_rests_until_the_segment_fills() {
    let supply = supply(100);
    thread::scope(|scope| {
        let keeper = scope.spawn(|| supply.rest_until(90));
        supply.set_free(95);
        supply.set_free(90);
        assert!(keeper.join().expect("no panic"));
    });
}

#[test]
fn a_committer_that_waits_is_not_kept_waiting() {
    let supply = supply(100);
    thread::scope(|scope| {
        let committer = scope.spawn(|| supply.take());
        assert!(supply.rest_until(0), "the next segment is needed now");
        supply.prepared(Err(CommitError::Failed("no disk".to_owned())));
        assert!(committer.join().expect("no panic").is_err());
    });
}

#[test]
fn nothing_is_prepared_for_a_log_that_closes() {
    let supply = supply(100);
    supply.stop();
    assert!(!supply.rest_until(0));
}
