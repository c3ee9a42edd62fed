//! Who watches a device's log, on a platform in memory and in virtual time.

use std::sync::Arc;
use std::time::Duration;

use lianwu_model::product::{Authentication, Product};
use lianwu_model::{DeviceNumber, UnixMillis};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use lianwu_services::follower::Follower;
use lianwu_services::live::{Following, LINES_WAITING_MAX, Live, Taken, WATCHES_MAX, Wanted, Watching};
use lianwu_services::logs::{Direction, LineKind, LogFilter, Subject, search};
use lianwu_services::{Platform, device};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::platform::World;

struct Scene {
    platform: Arc<Platform>,
    live: Live,
    following: Following,
    _follower: Follower,
    product: Product,
    lamp: DeviceNumber,
    other: DeviceNumber,
    wake: Arc<Notify>,
    world: World,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let platform = Arc::clone(&world.platform);
        let product = world.product("lamp", Authentication::Key).await;
        let mut numbers = Vec::new();
        for name in ["lamp", "other"] {
            let made = device::create(&platform, &world.owner, product.id.as_str(), name, None).await.unwrap();
            numbers.push(made.number);
        }
        let follower =
            Follower::start(platform.log.clone(), platform.readings.clone(), platform.progress.clone()).unwrap();
        let live = Live::new(Arc::clone(&platform));
        let following = live.follow();
        let (lamp, other, wake) = (numbers[0], numbers[1], Arc::default());
        Self { platform, live, following, _follower: follower, product, lamp, other, wake, world }
    }

    fn wanted(&self, device: &str, kinds: &[LineKind]) -> Wanted {
        let filter = LogFilter { kinds: kinds.to_vec(), ..LogFilter::new(UnixMillis(0)..=UnixMillis(0)) };
        Wanted { product: self.product.id, device: device.to_owned(), filter }
    }

    fn watch(&self, device: &str, kinds: &[LineKind]) -> Watching {
        self.live.watch(self.wanted(device, kinds), Arc::clone(&self.wake)).unwrap()
    }

    /// Records in one batch, applied when this returns.
    fn write(&self, records: &[(DeviceNumber, &str, RecordKind, &str)]) {
        let mut batch = RecordBatch::default();
        for (number, device, kind, payload) in records {
            batch.push(&Record {
                kind: *kind,
                qos: 0,
                packet_id: 0,
                code: 0,
                number: *number,
                product: self.product.id,
                device,
                sample_time: self.platform.clock.now(),
                topic: "",
                note: "",
                payload: payload.as_bytes(),
            });
        }
        self.platform.log.submit(batch, Box::new(|_| {})).unwrap();
        while self.platform.progress.applied() < self.platform.log.durable() {
            std::thread::yield_now();
        }
    }

    fn report(&self, value: u64) {
        self.write(&[(self.lamp, "lamp", RecordKind::PropertyReport, &report(value))]);
    }

    /// Waits until something waits and nothing more comes, and takes it. The clock stands still while the log is read.
    async fn next(&self, watching: &Watching) -> Taken {
        self.wake.notified().await;
        while timeout(Duration::from_secs(1), self.wake.notified()).await.is_ok() {}
        watching.take(usize::MAX, usize::MAX)
    }
}

fn report(value: u64) -> String {
    format!(r#"{{"method":"report","clientToken":"t{value}","params":{{"brightness":{value}}}}}"#)
}

fn contents(taken: &Taken) -> Vec<String> {
    taken.lines.iter().map(|line| line.text_lossy().into_owned()).collect()
}

/// Does a watch see exactly the lines a search finds afterwards, in the same order, for every kind of line?
#[tokio::test(start_paused = true)]
async fn a_watch_sees_what_a_search_finds() {
    let scene = Scene::new().await;
    for kinds in [
        &[][..],
        &[LineKind::Content],
        &[LineKind::ThingModel],
        &[LineKind::Status],
        &[LineKind::Diagnostic],
        &[LineKind::Uploaded],
        &[LineKind::Content, LineKind::Uploaded],
    ] {
        let watching = scene.watch("lamp", kinds);
        let since = scene.platform.log.durable();
        let (lamp, other) = (scene.lamp, scene.other);
        scene.write(&[
            (lamp, "lamp", RecordKind::Connected, "version:4,clientip:192.0.2.1"),
            (other, "other", RecordKind::Connected, "version:4"),
            (lamp, "lamp", RecordKind::PropertyReport, &report(1)),
            (lamp, "lamp", RecordKind::PropertyOther, r#"{"method":"pack_report","clientToken":"p"}"#),
            (lamp, "lamp", RecordKind::PackedProperties, r#"{"params":{"brightness":1}}"#),
            (lamp, "lamp", RecordKind::EventPost, r#"{"method":"event_post","eventId":"hot","params":{}}"#),
            (lamp, "lamp", RecordKind::DeviceLog, "a line of its own"),
            (other, "other", RecordKind::PropertyReport, &report(2)),
            (DeviceNumber::NONE, " lamp", RecordKind::ConnectRefused, "clientip:192.0.2.9"),
            (DeviceNumber::NONE, "lamps", RecordKind::ConnectRefused, "clientip:192.0.2.9"),
            (lamp, "lamp", RecordKind::PropertyControl, r#"{"method":"control","clientToken":"c"}"#),
            (lamp, "lamp", RecordKind::Disconnected, "192.0.2.1"),
        ]);
        let seen = scene.next(&watching).await;
        let subject = Subject::Device { product: scene.product.id.to_string(), name: "lamp".into() };
        let mut filter = scene.wanted("lamp", kinds).filter;
        filter.times = UnixMillis(0)..=UnixMillis(u64::MAX >> 1);
        let page = search(&scene.platform, scene.world.owner.owner, &subject, filter, None, seen.lines.len()).await;
        let found: Vec<_> = page.unwrap().lines.into_iter().rev().map(Arc::new).collect();
        assert!(!seen.lines.is_empty() && seen.missed == 0, "{kinds:?} after {since:?}");
        assert_eq!(seen.lines, found, "{kinds:?}");
        drop(watching);
    }
}

/// Is nothing shown that was there before, nor what the filter leaves out?
#[tokio::test(start_paused = true)]
async fn a_watch_begins_now_and_keeps_to_its_filter() {
    let scene = Scene::new().await;
    scene.report(1);
    let mut wanted = scene.wanted("lamp", &[LineKind::Content]);
    wanted.filter.direction = Some(Direction::Up);
    wanted.filter.words = vec!["BRIGHTNESS".to_owned()];
    let watching = scene.live.watch(wanted, Arc::clone(&scene.wake)).unwrap();
    scene.write(&[(scene.lamp, "lamp", RecordKind::PropertyReport, r#"{"params":{"colour":1}}"#)]);
    scene.report(2);
    assert_eq!(contents(&scene.next(&watching).await), [report(2)]);
    let second = scene.watch("lamp", &[LineKind::ThingModel]);
    scene.report(3);
    assert_eq!(contents(&scene.next(&second).await), [report(3)], "each from its own beginning");
    assert_eq!(contents(&watching.take(9, 9_999)), [report(3)]);
}

/// Is a device seen that is made while its name is watched, and one that is made anew under it?
#[tokio::test(start_paused = true)]
async fn a_name_is_watched_whoever_has_it() {
    let scene = Scene::new().await;
    let watching = scene.watch("late", &[LineKind::Content]);
    for value in 1..3 {
        let by = &scene.world.owner;
        let made = device::create(&scene.platform, by, scene.product.id.as_str(), "late", None).await.unwrap();
        scene.write(&[(made.number, "late", RecordKind::OtherUp, &report(value))]);
        assert_eq!(contents(&scene.next(&watching).await), [report(value)]);
        let device = device::DeviceRef { product: scene.product.id.to_string(), name: "late".to_owned() };
        device::delete(&scene.platform, by.owner, &[device]).await.unwrap();
    }
}

/// Is the log left alone while nobody watches, and read from the newest record on when somebody comes?
#[tokio::test(start_paused = true)]
async fn nobody_costs_nothing() {
    let scene = Scene::new().await;
    for value in 0..10 {
        let watching = scene.watch("lamp", &[LineKind::Content]);
        drop(watching);
        scene.report(value);
    }
    assert_eq!(format!("{:?}", scene.live), "Live { watches: 0 }");
    let quiet = timeout(Duration::from_secs(3600), scene.wake.notified()).await;
    assert!(quiet.is_err(), "nobody is told of anything");
    let watching = scene.watch("lamp", &[LineKind::ThingModel]);
    scene.report(11);
    assert_eq!(contents(&scene.next(&watching).await), [report(11)]);
}

/// Does somebody who takes nothing hold up nobody, within bounds, and learn how much was left out?
#[tokio::test(start_paused = true)]
async fn who_is_slow_misses_lines() {
    let scene = Scene::new().await;
    let slow = scene.watch("lamp", &[LineKind::ThingModel]);
    let quick = scene.watch("lamp", &[LineKind::ThingModel]);
    let (mut seen, all) = (Vec::new(), 4 * LINES_WAITING_MAX as u64);
    for first in (0..all).step_by(64) {
        (first..first + 64).for_each(|value| scene.report(value));
        while seen.last() != Some(&report(first + 63)) {
            seen.extend(contents(&scene.next(&quick).await));
        }
    }
    assert_eq!(seen, Vec::from_iter((0..all).map(report)), "who takes lines as they come has all");
    let taken = slow.take(usize::MAX, usize::MAX);
    let kept = LINES_WAITING_MAX as u64;
    assert_eq!((taken.missed, taken.has_gap), (all - kept, false));
    assert_eq!(contents(&taken), Vec::from_iter((all - kept..all).map(report)), "the newest");
}

/// Does a stretch of the log that is gone, or far too long, leave a gap that is told, and does it go on behind it?
#[tokio::test(start_paused = true)]
async fn who_falls_behind_jumps_forward() {
    let scene = Scene::new().await;
    let watching = scene.watch("lamp", &[LineKind::ThingModel]);
    let reports: Vec<_> = (0..1_000).map(report).collect();
    let thousand: Vec<_> =
        reports.iter().map(|text| (scene.lamp, "lamp", RecordKind::PropertyReport, text.as_str())).collect();
    for _ in 0..501 {
        scene.write(&thousand);
    }
    let taken = scene.next(&watching).await;
    assert!(taken.has_gap && taken.lines.is_empty(), "{} lines", taken.lines.len());
    scene.report(7);
    let taken = scene.next(&watching).await;
    assert_eq!((contents(&taken), taken.has_gap), (vec![report(7)], false));
}

/// Are watches bounded together, with a place free again when one ends, and does every one learn that the platform stops?
#[tokio::test(start_paused = true)]
async fn watches_are_bounded_and_end() {
    let scene = Scene::new().await;
    let mut all: Vec<_> = (0..WATCHES_MAX).map(|_| scene.watch("lamp", &[])).collect();
    let refused = scene.live.watch(scene.wanted("lamp", &[]), Arc::clone(&scene.wake));
    assert!(refused.is_err());
    all.pop();
    let _one_more = scene.watch("lamp", &[]);
    let live = scene.live.clone();
    assert!(timeout(Duration::from_secs(60), live.ended()).await.is_err());
    scene.following.stop().await;
    live.ended().await;
}
