//! Which messages a window shows, over how many pages.

use std::sync::Arc;
use std::time::Duration;

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::clock::{Clock as _, ManualClock};
use lianwu_ports::log::memory::MemoryLog;
use lianwu_ports::log::{Log as _, Lsn};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};

use super::{LoggedMessage, MessagePage, Window, page};

const START: UnixMillis = UnixMillis(1_732_300_000_000);
const LAMP: &str = "LAMP000001";

struct Scene {
    clock: Arc<ManualClock>,
    log: MemoryLog,
}

impl Scene {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at(START));
        Self { log: MemoryLog::new(clock.clone()), clock }
    }

    /// One block a second later.
    fn commit(&self, product: &str, device: &str, kind: RecordKind, payload: &str) {
        let mut batch = RecordBatch::default();
        batch.push(&Record {
            kind,
            qos: 1,
            packet_id: 1,
            code: 0,
            number: DeviceNumber(1),
            product: product.parse().unwrap(),
            device,
            sample_time: START,
            topic: "",
            note: "",
            payload: payload.as_bytes(),
        });
        self.clock.set(self.clock.now().plus(Duration::from_secs(1)));
        self.log.submit(batch, Box::new(|result| assert!(result.is_ok()))).unwrap();
    }

    fn page(&self, window: &Window, records_max: u64) -> MessagePage {
        page(&self.log, window, records_max).unwrap()
    }

    /// All pages one behind the other, and how many they were.
    fn all(&self, mut window: Window, records_max: u64) -> (Vec<LoggedMessage>, usize) {
        let (mut found, mut pages) = (Vec::new(), 0);
        loop {
            let page = self.page(&window, records_max);
            pages += 1;
            found.extend(page.messages);
            match page.next {
                Some(next) => window.after = Some(next),
                None => return (found, pages),
            }
        }
    }
}

fn window(device: Option<&str>) -> Window {
    Window {
        product: product(),
        device: device.map(str::to_owned),
        times: START..=UnixMillis(u64::MAX),
        after: None,
        limit: 100,
    }
}

fn product() -> ProductId {
    LAMP.parse().unwrap()
}

fn positions(found: &[LoggedMessage]) -> Vec<u64> {
    found.iter().map(|message| message.position.0).collect()
}

fn mixed() -> Scene {
    let scene = Scene::new();
    for (product, device, kind) in [
        (LAMP, "hall", RecordKind::Connected),
        (LAMP, "hall", RecordKind::PropertyReport),
        (LAMP, "attic", RecordKind::EventPost),
        ("OTHER00001", "hall", RecordKind::PropertyReport),
        (LAMP, "hall", RecordKind::PropertyControl),
        (LAMP, "hall", RecordKind::Disconnected),
    ] {
        scene.commit(product, device, kind, "{}");
    }
    scene
}

/// Are messages of the product, or of one device, shown in commit order, changes of the connection left out?
#[test]
fn a_window_shows_the_messages_of_a_product_or_a_device() {
    let scene = mixed();
    assert_eq!(positions(&scene.all(window(None), 1_000).0), [2, 3, 5]);
    let (hall, _) = scene.all(window(Some("hall")), 1_000);
    assert_eq!(positions(&hall), [2, 5]);
    let topics: Vec<_> = hall.iter().map(|message| message.topic.as_str()).collect();
    assert_eq!(topics, ["$thing/up/property/LAMP000001/hall", "$thing/down/property/LAMP000001/hall"]);
    assert_eq!(hall[0].committed, START.plus(Duration::from_secs(2)));
}

/// Do the ends of the window count, by commit time?
#[test]
fn both_ends_of_the_window_belong_to_it() {
    let scene = mixed();
    let second = |number| START.plus(Duration::from_secs(number));
    for (from, to, expected) in
        [(2, 5, vec![2, 3, 5]), (3, 4, vec![3]), (4, 4, vec![]), (6, 9, vec![]), (5, 2, vec![]), (0, 2, vec![2])]
    {
        let window = Window { times: second(from)..=second(to), ..window(None) };
        assert_eq!(positions(&scene.all(window, 1_000).0), expected, "{from} to {to}");
    }
}

/// Does a page end by its length and by what it looked at, and does the next one go on without a gap?
#[test]
fn pages_are_bounded_and_fit_together() {
    let scene = Scene::new();
    for number in 0..100 {
        let device = if number % 10 == 0 { "hall" } else { "attic" };
        scene.commit(LAMP, device, RecordKind::PropertyReport, "{}");
    }
    let expected: Vec<u64> = (0..10).map(|number| number * 10 + 1).collect();
    let (found, pages) = scene.all(Window { limit: 3, ..window(Some("hall")) }, 1_000);
    assert_eq!((positions(&found), pages), (expected.clone(), 4));
    assert_eq!(positions(&scene.all(window(Some("hall")), 1).0), expected);
    let nothing = scene.page(&window(Some("cellar")), 7);
    assert_eq!(nothing.messages, []);
    assert!(nothing.looked_at >= 7);
    assert!(nothing.next.is_some(), "a bounded page says where to go on: {nothing:?}");
    let resumed = scene.page(&Window { after: Some(Lsn(95)), ..window(None) }, 1_000);
    assert_eq!(positions(&resumed.messages), [96, 97, 98, 99, 100]);
    assert_eq!((resumed.looked_at, resumed.next), (5, None));
}

/// Is a page of long messages ended by their size?
#[test]
fn a_page_is_bounded_by_bytes() {
    let scene = Scene::new();
    let long = "x".repeat(60_000);
    for _ in 0..80 {
        scene.commit(LAMP, "hall", RecordKind::OtherUp, &long);
    }
    let page = scene.page(&window(None), 1_000);
    assert_eq!(page.messages.len(), (2_usize << 20).div_ceil(60_000));
    assert_eq!(positions(&scene.all(window(None), 1_000).0).len(), 80);
}
