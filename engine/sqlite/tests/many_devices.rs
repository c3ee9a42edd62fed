//! How much a device list looks at with 100,000 devices: a page costs the same wherever it lies, and a filter costs what it
//! finds. One registry for all questions; making it takes most of the time.

use std::sync::Arc;

use lianwu_ports::registry::suite::{LAMP, METER, device, with_products};
use lianwu_ports::registry::{DeviceFilter, Devices, Listed, Numbers, Slice};
use lianwu_sqlite::{SealKey, SqliteRegistry};

const DEVICES: u32 = 100_000;

/// What a plain page may cost: the counts of all blocks, and at most two blocks around its rows. A row that is passed is about
/// eight steps, so a walk over one product's devices would be 400,000.
const PAGE_STEPS: u64 = 30_000;

type Found = Listed<lianwu_model::device::Device>;

/// Every second device is a lamp; each carries one of a hundred floors; one lamp in a thousand has a name of its own.
fn sample(number: u32) -> lianwu_model::device::Device {
    let product = if number.is_multiple_of(2) { LAMP } else { METER };
    let kind = if number.is_multiple_of(1000) { "hall" } else { "room" };
    device(product, &format!("{kind}-{number:06}"), &[&format!("floor={}", number % 100)])
}

async fn list(store: &SqliteRegistry, filter: DeviceFilter, offset: u64) -> Found {
    store.devices(filter, Slice { offset, limit: 100 }).await.expect("list")
}

fn lamps() -> DeviceFilter {
    DeviceFilter { products: vec![LAMP.parse().expect("an id")], ..DeviceFilter::default() }
}

fn both() -> DeviceFilter {
    DeviceFilter { products: [LAMP, METER].map(|id| id.parse().expect("an id")).to_vec(), ..DeviceFilter::default() }
}

/// First, middle and last page of one product, of two, of everything.
async fn pages(store: &SqliteRegistry) {
    let everything = DeviceFilter { any_product: true, ..DeviceFilter::default() };
    for (what, filter, total) in
        [("one product", lamps(), DEVICES / 2), ("two products", both(), DEVICES), ("everything", everything, DEVICES)]
    {
        let total = u64::from(total);
        for offset in [0, total / 2, total - 100] {
            let page = list(store, filter.clone(), offset).await;
            assert_eq!((page.rows.len(), page.total), (100, total), "{what} at {offset}");
            assert!(page.steps <= PAGE_STEPS, "{what} at {offset}: {} steps", page.steps);
        }
        let newest = list(store, filter.clone(), 0).await.rows[0].number.0;
        let oldest = list(store, filter, total - 1).await.rows[0].number.0;
        assert!(newest >= DEVICES - 1 && oldest <= 2, "{what}: {newest} to {oldest}");
    }
}

/// A name or a tag costs what it finds, wherever that lies.
async fn filters(store: &SqliteRegistry) {
    let named = |part: &str| DeviceFilter { name: Some(part.to_owned()), ..lamps() };
    let tagged = |value: &str| DeviceFilter { tags: vec![("floor".to_owned(), value.to_owned())], ..lamps() };
    for (what, filter, total, steps) in [
        ("a whole name", named("room-000042"), 1, 2_000),
        ("a hundred names", named("hall"), 100, 20_000),
        ("a name nobody has", named("cellar"), 0, 1_000),
        ("a tag of a thousand", tagged("42"), 1_000, 60_000),
        ("a tag and a name", DeviceFilter { name: Some("hall".to_owned()), ..tagged("0") }, 100, 30_000),
        ("a tag nobody has", tagged("attic"), 0, 1_000),
    ] {
        let page = list(store, filter, 0).await;
        assert_eq!(page.total, total, "{what}");
        assert_eq!(page.rows.len() as u64, total.min(100), "{what}");
        assert!(page.steps <= steps, "{what}: {} steps", page.steps);
    }
}

/// Numbers that another index found are looked up one by one.
async fn chosen(store: &SqliteRegistry) {
    let numbers = [2, 50_000, 99_998].map(lianwu_model::DeviceNumber).to_vec();
    let only = list(store, DeviceFilter { numbers: Numbers::Only(numbers.clone()), ..lamps() }, 0).await;
    assert_eq!(only.total, 3);
    assert!(only.steps <= 2_000, "{} steps", only.steps);
    let except = list(store, DeviceFilter { numbers: Numbers::Except(numbers), ..lamps() }, 49_900).await;
    assert_eq!((except.rows.len(), except.total), (97, u64::from(DEVICES) / 2 - 3));
    assert!(except.steps <= PAGE_STEPS, "{} steps", except.steps);
}

/// Does no page of a list walk the list?
#[test]
fn lists_of_many_devices_cost_what_they_show() {
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let path = folder.path().join("registry.db");
        let store: Arc<SqliteRegistry> = SqliteRegistry::open(&path, SealKey::from_bytes([7; 32])).expect("open");
        with_products(&*store).await;
        store.create_devices((1..=DEVICES).map(sample).collect()).await.expect("create");
        pages(&store).await;
        filters(&store).await;
        chosen(&store).await;
        store.close().await;
    });
}
