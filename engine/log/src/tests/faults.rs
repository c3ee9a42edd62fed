//! A full disk, a broken disk, damaged files.

use std::sync::Arc;

use lianwu_model::UnixMillis;
use lianwu_ports::log::{CommitError, LogHealth, Lsn, ReadError, SubmitError};
use parking_lot::Mutex;

use super::world::{NOON, World};
use crate::OpenError;
use crate::files::Files as _;
use crate::files::simulated::Crash;
use crate::format::BLOCKS_AT;

fn opened(seed: u64) -> World {
    let mut world = World::new(seed);
    world.open().unwrap();
    world
}

fn segments(world: &World) -> Vec<String> {
    world.files.names().into_iter().filter(|name| name.ends_with(".seg")).collect()
}

/// Commits until a batch is refused; returns why.
fn fill(world: &mut World) -> CommitError {
    for _ in 0..1000 {
        world.submit(4, 200);
        for (_, outcome) in world.commit() {
            if let Err(error) = outcome {
                return error;
            }
        }
    }
    panic!("the disk is never full");
}

/// Does a full disk refuse before the current segment is used up, name the file and the need, and recover by itself?
#[test]
fn a_full_disk_refuses_and_recovers() {
    for known in [true, false] {
        let mut world = opened(1);
        world.files.limit_bytes(Some(3 * world.options.segment_bytes), known);
        while world.log().health() == LogHealth::Accepting {
            world.submit(1, 100);
            assert!(world.commit()[0].1.is_ok());
        }
        let LogHealth::Refusing(text) = world.log().health() else { panic!("refuses") };
        assert!(text.starts_with("storage is full: log/") && text.contains("needs 16384 bytes"), "{text}");
        // What was on its way still fits.
        world.submit(1, 100);
        assert!(world.commit()[0].1.is_ok());
        assert!(matches!(fill(&mut world), CommitError::Full(_)));
        world.check();
        // Nothing changes until there is space ...
        assert!(world.log().retry() > 0);
        assert!(matches!(world.log().health(), LogHealth::Refusing(_)));
        // ... and then the next attempt succeeds.
        world.files.limit_bytes(None, true);
        world.log().retry();
        assert_eq!(world.log().health(), LogHealth::Accepting);
        world.submit(2, 100);
        assert!(world.commit()[0].1.is_ok());
        world.crash(Crash::PowerCut);
    }
}

/// Does a log open on a full disk, refuse, and take messages as soon as old ones expire?
#[test]
fn a_log_opens_on_a_full_disk_and_expiry_makes_room() {
    let mut world = opened(2);
    world.files.limit_bytes(Some(5 * world.options.segment_bytes), true);
    fill(&mut world);
    world.crash(Crash::PowerCut);
    fill(&mut world);
    assert!(matches!(world.log().health(), LogHealth::Refusing(_)));
    world.advance(5 * UnixMillis::DAY_MS);
    assert!(world.expire() > 0);
    world.log().keep();
    assert_eq!(world.log().health(), LogHealth::Accepting);
    world.submit(2, 100);
    assert!(world.commit()[0].1.is_ok());
    world.check();
}

/// Is a block whose sync failed answered as failed, its numbers given to the next, and the file not trusted any more?
#[test]
fn after_a_failed_sync_a_new_segment_begins() {
    let mut world = opened(3);
    world.submit(2, 100);
    world.commit();
    world.log().keep();
    // The write is the first operation, the sync the second.
    world.files.fail_at(2..3);
    world.submit(3, 100);
    assert!(matches!(world.commit()[0].1, Err(CommitError::Failed(_))));
    assert_eq!(world.log().durable(), Lsn(2));
    assert_eq!(world.log().health(), LogHealth::Accepting);
    assert_eq!(segments(&world).len(), 1);
    world.submit(1, 100);
    assert_eq!(world.commit()[0].1.as_ref().unwrap().first, Lsn(3));
    assert_eq!(segments(&world).len(), 2);
    world.check();
    world.crash(Crash::Kill);
    world.crash(Crash::PowerCut);
    assert_eq!(world.log().stats().segments, 2);
}

/// Does a disk that keeps failing end in refusal, and does the log come back when the disk does?
#[test]
fn a_broken_disk_refuses_until_it_works() {
    let mut world = opened(4);
    world.submit(1, 10);
    world.commit();
    world.files.fail_at(1..1000);
    for _ in 0..2 {
        world.submit(1, 10);
        assert!(matches!(world.commit()[0].1, Err(CommitError::Failed(_))));
    }
    assert!(matches!(world.log().health(), LogHealth::Refusing(text) if text.starts_with("storage failed")));
    world.log().retry();
    assert!(matches!(world.log().health(), LogHealth::Refusing(_)));
    world.files.fail_at(0..0);
    world.log().retry();
    assert_eq!(world.log().health(), LogHealth::Accepting);
    world.submit(1, 10);
    assert!(world.commit()[0].1.is_ok());
    world.check();
}

/// Is damage before valid records reported with file and place, and nothing cut?
#[test]
fn damage_before_valid_records_stops_the_start() {
    let mut world = opened(5);
    for _ in 0..3 {
        world.submit(2, 50);
        world.commit();
    }
    let name = segments(&world).remove(0);
    world.files.damage(&name, BLOCKS_AT + 70, |byte| byte ^ 1);
    let before = world.files.content(&name);
    world.log = None;
    let error = world.open().unwrap_err();
    let OpenError::Damaged { path, offset, expected, valid_at, .. } = error else { panic!("{error}") };
    assert_eq!((path, offset, expected), (format!("log/{name}"), BLOCKS_AT, Lsn(1)));
    assert!(valid_at > offset);
    assert_eq!(world.files.content(&name), before);
}

/// Is damage in an older file reported to who reads there, while the rest stays readable?
#[test]
fn damage_in_an_old_file_is_reported_by_reading() {
    let mut world = opened(6);
    world.options.ring_bytes_max = 0;
    world.submit(2, 50);
    world.commit();
    world.advance(UnixMillis::DAY_MS);
    world.submit(2, 50);
    world.commit();
    let name = segments(&world).remove(0);
    world.files.damage(&name, BLOCKS_AT + 70, |byte| byte ^ 1);
    world.log = None;
    world.open().unwrap();
    let Err(ReadError::Failed(text)) = world.log().read(Lsn(1), 1000) else { panic!("damaged") };
    assert!(text.contains(&name) && text.contains("byte 4096"), "{text}");
    assert_eq!(world.log().read(Lsn(3), 1000).unwrap()[0].first, Lsn(3));
}

/// Does a missing or renamed file stop the start?
#[test]
fn a_missing_or_renamed_file_stops_the_start() {
    let mut world = opened(7);
    for _ in 0..3 {
        world.submit(1, 10);
        world.commit();
        world.advance(UnixMillis::DAY_MS);
    }
    let names = segments(&world);
    world.log = None;
    world.files.rename(&names[2], "r3d-20261125-00000000000000000009.seg").unwrap();
    assert!(matches!(world.open(), Err(OpenError::Misnamed { expected, .. }) if expected == names[2]));
    world.files.rename("r3d-20261125-00000000000000000009.seg", &names[2]).unwrap();
    world.open().unwrap();
    world.log = None;
    world.files.unlink(&names[1]).unwrap();
    assert!(matches!(world.open(), Err(OpenError::Gap { path, .. }) if path == format!("log/{}", names[2])));
}

/// Do commit times stand still during a small correction of the clock, and does a clock that ran ahead not hold up
/// expiry?
#[test]
fn a_clock_set_back_does_no_harm() {
    let mut world = opened(8);
    world.submit(1, 10);
    world.commit();
    world.clock.set(UnixMillis(NOON.0 - 1000));
    world.submit(1, 10);
    assert_eq!(world.commit()[0].1.as_ref().unwrap().time, NOON);
    world.clock.set(UnixMillis(NOON.0 + 1000 * UnixMillis::DAY_MS));
    world.submit(1, 10);
    world.commit();
    world.clock.set(NOON);
    world.submit(1, 10);
    assert_eq!(world.commit()[0].1.as_ref().unwrap().time, NOON);
    world.submit(1, 10);
    world.advance(5 * UnixMillis::DAY_MS);
    world.commit();
    world.expire();
    assert_eq!(world.log().oldest(), Lsn(5));
}

/// Are unused ends of finished files given back?
#[test]
fn the_end_of_a_finished_file_is_given_back() {
    let mut world = opened(9);
    world.submit(1, 10);
    world.commit();
    world.advance(UnixMillis::DAY_MS);
    world.submit(1, 10);
    world.commit();
    world.log().keep();
    let first = segments(&world).remove(0);
    assert!(world.files.content(&first).len() < 5000);
    // Two segments, one of them short, and the prepared one.
    assert!(world.files.bytes() < 2 * world.options.segment_bytes + 5000);
    world.check();
}

/// Do memory and disk tell the same?
#[test]
fn ring_and_disk_read_the_same() {
    let mut world = opened(10);
    world.options.ring_bytes_max = 1 << 20;
    world.open().unwrap();
    for records in 1..40 {
        world.submit(records, 30);
        world.commit();
    }
    let durable = world.log().durable();
    let read = |world: &mut World| (1..=durable.0).map(|n| world.log().read(Lsn(n), 1).unwrap()[0].clone()).collect();
    let from_memory: Vec<_> = read(&mut world);
    assert!(world.log().stats().ring_bytes > 0);
    world.log = None;
    world.open().unwrap();
    assert_eq!(world.log().stats().ring_bytes, 0);
    let from_disk: Vec<_> = read(&mut world);
    assert_eq!(from_memory, from_disk);
}

/// Is a batch that can never fit refused without harm to others?
#[test]
fn a_batch_longer_than_a_segment_is_refused() {
    let mut world = opened(11);
    world.submit(1, 20_000);
    assert!(matches!(world.commit()[0].1, Err(CommitError::Failed(_))));
    world.submit(1, 10_000);
    assert!(world.commit()[0].1.is_ok());
    world.check();
}

/// A failed sync leaves a block in the page cache that is not on disk. The program is killed and finds it there: is it
/// made durable before it counts?
#[test]
fn what_only_the_page_cache_holds_is_written_again() {
    for seed in 0..30 {
        let mut world = opened(seed);
        world.submit(2, 100);
        world.commit();
        world.log().keep();
        world.files.fail_at(2..3);
        world.submit(3, 300);
        assert!(world.commit()[0].1.is_err());
        world.crash(Crash::Kill);
        assert_eq!(world.log().durable(), Lsn(5), "seed {seed}");
        world.crash(Crash::PowerCut);
    }
}

/// The program is killed after a new segment got its name and before the name was lasting: is it, before anything is
/// acknowledged in there?
#[test]
fn a_name_only_the_page_cache_holds_is_made_lasting() {
    for seed in 0..30 {
        let mut world = opened(seed);
        world.log().keep();
        // Header, sync, rename, sync of the directory.
        world.files.crash_at(4);
        world.submit(1, 100);
        world.commit();
        assert!(world.files.is_down());
        world.crash(Crash::Kill);
        world.submit(1, 100);
        assert!(world.commit()[0].1.is_ok());
        world.crash(Crash::PowerCut);
        assert_eq!(world.log().durable(), Lsn(1), "seed {seed}");
    }
}

/// Is a torn block cut off, so that zeros follow the last block again?
#[test]
fn a_torn_block_is_cut_off() {
    let mut torn = 0;
    for seed in 0..30 {
        let mut world = opened(seed);
        world.submit(2, 100);
        world.commit();
        world.log().keep();
        world.files.crash_at(1);
        world.submit(5, 300);
        world.commit();
        let name = segments(&world).remove(0);
        let end = BLOCKS_AT as usize + 48 + 8 + 2 * (39 + 6 + 108);
        assert!(world.files.content(&name)[..end].ends_with(&[1; 100]));
        torn += usize::from(world.files.content(&name)[end + 48..].iter().any(|byte| *byte != 0));
        world.crash(Crash::Kill);
        if world.log().durable() == Lsn(2) {
            assert!(world.files.content(&name)[end..].iter().all(|byte| *byte == 0), "seed {seed}");
        }
    }
    assert!(torn > 10, "most of these blocks were torn, not absent");
}

/// Is the queue bounded in bytes, the batch given back whole, and one batch always taken?
#[test]
fn a_full_queue_gives_the_batch_back() {
    let mut world = World::new(12);
    world.options.queue_bytes_max = 1000;
    world.open().unwrap();
    world.submit(1, 2000);
    let late = super::world::batch(&[7], 10);
    let rejected = world.log().submit(late.clone(), Box::new(|_| {})).unwrap_err();
    assert_eq!((rejected.reason, rejected.batch), (SubmitError::Busy, late));
    assert!(world.log().stats().queue_bytes > 1000);
    assert!(world.commit()[0].1.is_ok());
    // What was taken counts until the committer comes back for more.
    assert!(world.commit().is_empty());
    assert_eq!(world.log().stats().queue_bytes, 0);
    world.submit(1, 10);
    assert!(world.commit()[0].1.is_ok());
}

/// Does a completion that panics stop anybody else?
#[test]
fn a_panicking_completion_stops_nobody() {
    let mut world = opened(13);
    let broken = Box::new(|_| panic!("a mistake of the caller, meant to be seen in this test's output"));
    world.log().submit(super::world::batch(&[1], 10), broken).unwrap();
    world.log().commit();
    let next = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&next);
    let completion = Box::new(move |result| *seen.lock() = Some(result));
    world.log().submit(super::world::batch(&[2], 10), completion).unwrap();
    world.log().commit();
    assert_eq!(next.lock().clone().unwrap().unwrap().first, Lsn(2));
}
