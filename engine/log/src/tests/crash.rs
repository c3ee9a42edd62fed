//! A thousand lives with sudden ends, each from one seed.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::world::World;
use crate::files::simulated::Crash;

/// Crashes at a random file operation, several times in a life; sometimes the disk fails or is full as well.
fn live(seed: u64) {
    let mut world = World::new(seed);
    let lives = 1 + world.random.below(4);
    let short_writes = world.random.chance(2);
    world.files.short_writes(short_writes);
    for _ in 0..lives {
        let crash_at = 1 + world.random.below(120);
        world.files.crash_at(crash_at);
        if world.random.chance(3) {
            let first = world.random.below(100);
            let count = 1 + world.random.below(4);
            world.files.fail_at(first..first + count);
        }
        if world.random.chance(4) {
            let more = world.random.below(6 * world.options.segment_bytes);
            let known = world.random.chance(2);
            world.files.limit_bytes(Some(world.files.bytes() + more), known);
        }
        // A full disk may leave nothing to do that could crash.
        for _ in 0..150 {
            if world.files.is_down() {
                break;
            }
            if world.log.is_none() {
                // May fail because of the crash or the failing disk; then the next attempt counts.
                let _ = world.open();
            } else {
                one_step(&mut world);
            }
        }
        world.files.limit_bytes(None, true);
        let crash = if world.random.chance(3) { Crash::Kill } else { Crash::PowerCut };
        world.crash(crash);
    }
    // What was found is continued as if nothing had been.
    world.submit(3, 10);
    assert!(world.commit().iter().all(|(_, outcome)| outcome.is_ok()));
    world.check();
}

fn one_step(world: &mut World) {
    match world.random.below(20) {
        0 => {
            world.advance(86_400_000);
        }
        1 => _ = world.expire(),
        2 => _ = world.log().retry(),
        3 if !world.files.is_down() => {
            world.log().keep();
            if !world.files.is_down() {
                world.check();
            }
        }
        _ => {
            for _ in 0..1 + world.random.below(3) {
                let (records, fill) = (1 + world.random.below(5), world.random.below(400));
                world.submit(records, usize::try_from(fill).unwrap());
            }
            world.advance(1);
            world.commit();
        }
    }
}

fn lives(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| live(seed))) {
            eprintln!("the seed is {seed}");
            resume_unwind(panic);
        }
    }
}

/// Is every acknowledged record there after every crash, once, in order, without a gap and without a phantom?
#[test]
fn nothing_acknowledged_is_lost() {
    lives(0..250);
}

#[test]
fn nothing_acknowledged_is_lost_2() {
    lives(250..500);
}

#[test]
fn nothing_acknowledged_is_lost_3() {
    lives(500..750);
}

#[test]
fn nothing_acknowledged_is_lost_4() {
    lives(750..1000);
}
