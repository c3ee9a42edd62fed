//! Prints what the registry costs at 100,000 devices: `cargo bench -p lianwu-sqlite --bench registry`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lianwu_ports::registry::suite::{LAMP, METER, device, device_key, with_products};
use lianwu_ports::registry::{DeviceFilter, Devices, Slice};
use lianwu_sqlite::{SealKey, SqliteRegistry};

const DEVICES: u32 = 100_000;
const BATCH: u32 = 1_000;
const CALLS: usize = 50;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("registry.db");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(measure(path));
}

async fn measure(path: PathBuf) {
    let open = || SqliteRegistry::open(&path, SealKey::from_bytes([7; 32])).expect("open");
    let store = open();
    with_products(&*store).await;
    let mut batches = Vec::new();
    for first in (1..=DEVICES).step_by(BATCH as usize) {
        let devices = (first..first + BATCH).map(sample).collect();
        let start = Instant::now();
        store.create_devices(devices).await.expect("create");
        batches.push(start.elapsed());
    }
    print(&format!("create_devices, {BATCH} in one transaction"), batches);
    store.close().await;
    let bytes = std::fs::metadata(&path).expect("size").len();
    println!("{:<58} {:>9} bytes a device", "file", bytes / u64::from(DEVICES));

    let start = Instant::now();
    let store = open();
    print("open, first after a restart", vec![start.elapsed()]);
    let mut reads = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let count = store.sign_in_rows(Box::new(|row| drop(std::hint::black_box(row)))).await.expect("sign-in rows");
        reads.push(start.elapsed());
        assert_eq!(count, u64::from(DEVICES));
    }
    print("sign_in_rows, all devices unsealed", reads);
    pages(&store).await;
    searches(&store).await;
    singles(&store).await;
    store.close().await;
}

fn sample(number: u32) -> lianwu_model::device::Device {
    let product = if number.is_multiple_of(2) { METER } else { LAMP };
    let floor = format!("floor={}", number % 100);
    device(product, &format!("lamp-{number:06}"), &["site=here", &floor])
}

fn any() -> DeviceFilter {
    DeviceFilter { any_product: true, ..DeviceFilter::default() }
}

fn of(products: &[&str]) -> DeviceFilter {
    let products = products.iter().map(|id| id.parse().expect("id")).collect();
    DeviceFilter { products, ..DeviceFilter::default() }
}

async fn pages(store: &Arc<SqliteRegistry>) {
    let lists = [("every product", any()), ("one product", of(&[LAMP])), ("two products", of(&[LAMP, METER]))];
    for (name, filter) in lists {
        for offset in [0, 25_000, 49_900, 99_900] {
            list(store, &format!("100 rows at {offset:>5}, {name}"), &filter, offset).await;
        }
    }
}

async fn searches(store: &Arc<SqliteRegistry>) {
    let named = |part: &str, filter| DeviceFilter { name: Some(part.to_owned()), ..filter };
    let tagged =
        |key: &str, value: &str, filter| DeviceFilter { tags: vec![(key.to_owned(), value.to_owned())], ..filter };
    let lists = [
        ("name part, 1 hit", named("054321", any())),
        ("name part, 1 hit, one product", named("054321", of(&[LAMP]))),
        ("name part, 1,000 hits", named("-054", any())),
        ("name part, every name hits", named("lamp", any())),
        ("name part, every name hits, one product", named("lamp", of(&[LAMP]))),
        ("name part of 2 characters", named("54", any())),
        ("name part of 2 characters, one product", named("54", of(&[LAMP]))),
        ("tag of 1,000 devices", tagged("floor", "7", any())),
        ("tag of every device", tagged("site", "here", any())),
        ("tag of every device, one product", tagged("site", "here", of(&[LAMP]))),
    ];
    for (name, filter) in lists {
        list(store, &format!("100 rows, {name}"), &filter, 0).await;
    }
}

async fn list(store: &Arc<SqliteRegistry>, name: &str, filter: &DeviceFilter, offset: u64) {
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let start = Instant::now();
        let listed = store.devices(filter.clone(), Slice { offset, limit: 100 }).await.expect("list");
        times.push(start.elapsed());
        std::hint::black_box(listed);
    }
    print(name, times);
}

async fn singles(store: &Arc<SqliteRegistry>) {
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let start = Instant::now();
        store.device(device_key(LAMP, "lamp-054321")).await.expect("read").expect("there");
        times.push(start.elapsed());
    }
    print("device by name", times);
    let mut times = Vec::new();
    for number in 0..CALLS {
        let start = Instant::now();
        store.create_devices(vec![device(LAMP, &format!("one-{number}"), &[])]).await.expect("create");
        times.push(start.elapsed());
    }
    print("create one device, on disk", times);
}

fn print(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (middle, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{name:<58} {:>9.3} ms median {:>9.3} ms worst", ms(middle), ms(worst));
}
