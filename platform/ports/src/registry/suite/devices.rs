//! Devices: numbers, batches, lists.

use std::sync::Arc;
use std::sync::mpsc::channel;

use lianwu_model::device::Device;
use lianwu_model::product::Tag;
use lianwu_model::{DeviceNumber, Uin, UnixMillis};

use super::{FIRST_PAGE, LAMP, METER, device, device_key, product_id, with_products};
use crate::registry::{DeviceFilter, Devices, Numbers, Products, Projects, SignInRow, Slice, StoreError};

fn lamps() -> DeviceFilter {
    DeviceFilter { products: vec![product_id(LAMP)], ..DeviceFilter::default() }
}

fn all() -> DeviceFilter {
    DeviceFilter { any_product: true, ..DeviceFilter::default() }
}

fn named(part: &str) -> DeviceFilter {
    DeviceFilter { name: Some(part.to_owned()), ..all() }
}

fn tagged(tags: &[(&str, &str)]) -> DeviceFilter {
    DeviceFilter { tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(), ..all() }
}

async fn create(store: &impl Devices, devices: Vec<Device>) -> Vec<u32> {
    let created = store.create_devices(devices).await.expect("create devices");
    created.iter().map(|device| device.number.0).collect()
}

/// Names on the first page, and the total must be just as many.
async fn found(store: &impl Devices, filter: DeviceFilter) -> Vec<String> {
    let listed = store.devices(filter, FIRST_PAGE).await.expect("list devices");
    assert_eq!(listed.total, listed.rows.len() as u64);
    listed.rows.iter().map(|device| device.name.to_string()).collect()
}

async fn numbers(store: &impl Devices, filter: DeviceFilter, offset: u64, limit: u64) -> (Vec<u32>, u64) {
    let listed = store.devices(filter, Slice { offset, limit }).await.expect("list devices");
    (listed.rows.iter().map(|device| device.number.0).collect(), listed.total)
}

/// Is every field of a device kept?
pub async fn a_device_is_read_back_whole(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    let made = Device {
        enabled: false,
        number: DeviceNumber(77),
        tags: vec![
            Tag { key: "z".to_owned(), value: "\"引\"".to_owned() },
            Tag { key: "a".to_owned(), value: String::new() },
        ],
        ..device(LAMP, "A:b_c-1", &[])
    };
    let stored = store.create_devices(vec![made.clone()]).await.expect("create device");
    // The number asked for means nothing: the store gives it.
    assert_eq!(stored, vec![Device { number: DeviceNumber(1), ..made }]);
    assert_eq!(store.device(device_key(LAMP, "A:b_c-1")).await, Ok(Some(stored[0].clone())));
    assert_eq!(store.device(device_key(METER, "A:b_c-1")).await, Ok(None));
    assert_eq!(store.device(device_key(LAMP, "a:b_c-1")).await, Ok(None));
    assert_eq!(store.devices(lamps(), FIRST_PAGE).await.map(|listed| listed.rows), Ok(stored));
}

/// Does a device re-created under its old name get a number nobody had?
pub async fn numbers_ascend_and_are_never_used_again(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    assert_eq!(create(&*store, vec![device(LAMP, "a", &[]), device(METER, "b", &[])]).await, [1, 2]);
    let deleted = store.delete_devices(vec![device_key(METER, "b"), device_key(LAMP, "a")]).await;
    assert_eq!(deleted, Ok(vec![DeviceNumber(2), DeviceNumber(1)]));
    assert_eq!(create(&*store, vec![device(METER, "b", &[])]).await, [3]);
}

/// Does one taken name, in the store or in the batch itself, keep the whole batch out?
pub async fn a_batch_is_created_whole_or_not_at_all(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    create(&*store, vec![device(LAMP, "old", &["k=v"])]).await;
    for second in ["old", "new"] {
        let batch = vec![device(LAMP, "new", &["k=v"]), device(LAMP, second, &[])];
        assert_eq!(store.create_devices(batch).await, Err(StoreError::Taken("name")));
        assert_eq!(found(&*store, lamps()).await, ["old"]);
        assert_eq!(found(&*store, named("new")).await, Vec::<String>::new());
        assert_eq!(found(&*store, tagged(&[("k", "v")])).await, ["old"]);
    }
    // The same name in another product is free.
    create(&*store, vec![device(METER, "old", &[])]).await;
    assert_eq!(create(&*store, Vec::new()).await, Vec::<u32>::new());
}

/// Does one unknown or repeated device keep the whole batch in?
pub async fn a_batch_is_deleted_whole_or_not_at_all(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    create(&*store, vec![device(LAMP, "one", &["k=v"]), device(LAMP, "two", &[])]).await;
    for second in ["three", "one"] {
        let batch = vec![device_key(LAMP, "one"), device_key(LAMP, second)];
        assert_eq!(store.delete_devices(batch).await, Err(StoreError::Missing));
        assert_eq!(found(&*store, lamps()).await, ["two", "one"]);
        assert_eq!(found(&*store, tagged(&[("k", "v")])).await, ["one"]);
    }
    assert_eq!(store.delete_devices(vec![device_key(LAMP, "one")]).await, Ok(vec![DeviceNumber(1)]));
    assert_eq!(found(&*store, all()).await, ["two"]);
    assert_eq!(found(&*store, named("one")).await, Vec::<String>::new());
    assert_eq!(found(&*store, tagged(&[("k", "v")])).await, Vec::<String>::new());
    assert_eq!(store.device(device_key(LAMP, "one")).await, Ok(None));
}

/// Is the number of a device that was refused given to the next one?
pub async fn a_failed_batch_uses_no_number(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    create(&*store, vec![device(LAMP, "a", &[])]).await;
    let refused = store.create_devices(vec![device(LAMP, "b", &[]), device(LAMP, "a", &[])]).await;
    assert_eq!(refused, Err(StoreError::Taken("name")));
    assert_eq!(create(&*store, vec![device(LAMP, "b", &[])]).await, [2]);
}

/// Is a device of no product refused, with its batch?
pub async fn a_device_needs_its_product(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    let batch = vec![device(LAMP, "a", &[]), device("UNKNOWN001", "a", &[])];
    assert_eq!(store.create_devices(batch).await, Err(StoreError::Missing));
    assert_eq!(found(&*store, all()).await, Vec::<String>::new());
}

/// Does an update change the switch and the tags, in every list, and nothing else?
pub async fn updating_a_device_changes_switch_and_tags(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    create(&*store, vec![device(LAMP, "a", &["room=1", "floor=2"])]).await;
    let expected = Device { number: DeviceNumber(1), enabled: false, ..device(LAMP, "a", &["floor=2", "room=3"]) };
    let change = Device {
        number: DeviceNumber(9),
        secret: device(LAMP, "other", &[]).secret,
        creator: Uin(1),
        creator_name: String::new(),
        created: UnixMillis(1),
        ..expected.clone()
    };
    assert_eq!(store.update_device(change).await, Ok(()));
    assert_eq!(store.device(device_key(LAMP, "a")).await, Ok(Some(expected)));
    assert_eq!(found(&*store, tagged(&[("room", "1")])).await, Vec::<String>::new());
    assert_eq!(found(&*store, tagged(&[("floor", "2"), ("room", "3")])).await, ["a"]);
    assert_eq!(store.update_device(device(METER, "a", &[])).await, Err(StoreError::Missing));
}

/// Do pages run from the newest device to the oldest, with the total on each?
pub async fn pages_are_newest_first(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    for number in 1..=6 {
        let product = if number % 3 == 0 { METER } else { LAMP };
        create(&*store, vec![device(product, &format!("d{number}"), &[])]).await;
    }
    assert_eq!(numbers(&*store, all(), 0, 4).await, (vec![6, 5, 4, 3], 6));
    assert_eq!(numbers(&*store, all(), 4, 4).await, (vec![2, 1], 6));
    assert_eq!(numbers(&*store, lamps(), 1, 2).await, (vec![4, 2], 4));
    assert_eq!(numbers(&*store, lamps(), 4, 2).await, (vec![], 4));
    assert_eq!(numbers(&*store, lamps(), 0, 0).await, (vec![], 4));
    assert_eq!(numbers(&*store, lamps(), u64::MAX, u64::MAX).await, (vec![], 4));
    let both = DeviceFilter { products: vec![product_id(METER), product_id(LAMP), product_id(LAMP)], ..lamps() };
    assert_eq!(numbers(&*store, both, 1, 3).await, (vec![5, 4, 3], 6));
}

/// Are pages right at every offset of a list too long for one block or one page?
pub async fn pages_cross_many_numbers(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    let batch = |from: u32, to: u32| {
        let product = |n: u32| if n.is_multiple_of(5) { METER } else { LAMP };
        (from..to).map(|n| device(product(n), &format!("d{n}"), &[])).collect::<Vec<_>>()
    };
    create(&*store, batch(1, 2000)).await;
    create(&*store, batch(2000, 3501)).await;
    let gap = (900..2200).filter(|n| n % 5 != 0).map(|n| device_key(LAMP, &format!("d{n}"))).collect();
    store.delete_devices(gap).await.expect("delete devices");

    let expected: Vec<u32> = (1..3501).rev().filter(|n| n % 5 != 0 && !(900..2200).contains(n)).collect();
    for offset in (0..expected.len() + 100).step_by(97) {
        let page: Vec<u32> = expected.iter().skip(offset).take(120).copied().collect();
        assert_eq!(numbers(&*store, lamps(), offset as u64, 120).await, (page, expected.len() as u64));
    }
    let (longest, _) = numbers(&*store, lamps(), 0, 5000).await;
    assert_eq!(longest, expected[..1000]);
}

/// Is an owner without products shown no devices at all?
pub async fn a_filter_without_products_finds_nothing(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    create(&*store, vec![device(LAMP, "lamp", &["k=v"])]).await;
    let none = DeviceFilter::default;
    assert_eq!(found(&*store, none()).await, Vec::<String>::new());
    assert_eq!(found(&*store, DeviceFilter { name: Some("lamp".to_owned()), ..none() }).await, Vec::<String>::new());
    let tags = vec![("k".to_owned(), "v".to_owned())];
    assert_eq!(found(&*store, DeviceFilter { tags, ..none() }).await, Vec::<String>::new());
    let other = DeviceFilter { products: vec![product_id("UNKNOWN001")], ..none() };
    assert_eq!(found(&*store, other).await, Vec::<String>::new());
}

/// Is a device found by a part of its name of any length, in either case?
pub async fn a_name_is_found_by_any_part(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    let longest = "x".repeat(48);
    for name in ["a", "ab", "Kitchen-1", "kitchen-22", "hall:9", longest.as_str()] {
        create(&*store, vec![device(LAMP, name, &[])]).await;
    }
    let check = async |part: &str, expected: &[&str]| {
        assert_eq!(found(&*store, named(part)).await, expected, "{part:?}");
    };
    check("kitchen", &["kitchen-22", "Kitchen-1"]).await;
    check("KIT", &["kitchen-22", "Kitchen-1"]).await;
    check("hen-2", &["kitchen-22"]).await;
    check("22", &["kitchen-22"]).await;
    check("a", &["hall:9", "ab", "a"]).await;
    check("AB", &["ab"]).await;
    check("9", &["hall:9"]).await;
    check("", &[&longest, "hall:9", "kitchen-22", "Kitchen-1", "ab", "a"]).await;
    check(&longest, &[&longest]).await;
    check(&"x".repeat(49), &[]).await;
    check("khall", &[]).await;
    check("厨房里", &[]).await;
    // U+212A KELVIN SIGN is no letter of a device name, whatever case rules say.
    check("\u{212a}itchen", &[]).await;
}

/// Do characters with a meaning in some search language stand for themselves?
pub async fn search_characters_are_literal(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    create(&*store, vec![device(LAMP, "a_b_c", &[]), device(LAMP, "axbxc", &[]), device(LAMP, "one-two", &[])]).await;
    let check = async |part: &str, expected: &[&str]| {
        assert_eq!(found(&*store, named(part)).await, expected, "{part:?}");
    };
    check("a_b_c", &["a_b_c"]).await;
    check("_", &["a_b_c"]).await;
    check("_b", &["a_b_c"]).await;
    check("one-two", &["one-two"]).await;
    for part in
        ["%", "a%c", "*", "axb*", "\"", "\"axb", "axb OR one", "one AND two", "name:axb", "^axb", "'", "\0", "ax\0"]
    {
        check(part, &[]).await;
    }
}

/// Must a device carry every tag of the filter, exactly?
pub async fn tags_must_all_fit(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    create(&*store, vec![device(LAMP, "both", &["room=1", "floor=2", "room=1"])]).await;
    create(&*store, vec![device(LAMP, "room", &["room=1"]), device(METER, "none", &[])]).await;
    assert_eq!(found(&*store, tagged(&[("room", "1")])).await, ["room", "both"]);
    assert_eq!(found(&*store, tagged(&[("room", "1"), ("floor", "2")])).await, ["both"]);
    for (key, value) in [("room", "2"), ("Room", "1"), ("room", ""), ("1", "room"), ("room", "%")] {
        assert_eq!(found(&*store, tagged(&[(key, value)])).await, Vec::<String>::new(), "{key}={value}");
    }
}

/// Do product, name and tags narrow together?
pub async fn filters_combine(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    create(&*store, vec![device(LAMP, "hall-1", &["on=1"]), device(LAMP, "hall-2", &[])]).await;
    create(&*store, vec![device(METER, "hall-1", &["on=1"]), device(LAMP, "bath-1", &["on=1"])]).await;
    let tags = vec![("on".to_owned(), "1".to_owned())];
    for part in ["hall", "h", ""] {
        let filter = DeviceFilter { name: Some(part.to_owned()), tags: tags.clone(), ..lamps() };
        let expected: &[&str] = if part == "hall" { &["hall-1"] } else { &["bath-1", "hall-1"] };
        assert_eq!(found(&*store, filter).await, expected, "{part:?}");
    }
    let both = DeviceFilter { products: vec![product_id(LAMP), product_id(METER)], ..DeviceFilter::default() };
    let hall = DeviceFilter { name: Some("hall-1".to_owned()), ..both.clone() };
    assert_eq!(numbers(&*store, hall, 0, 1).await, (vec![3], 2));
    assert_eq!(numbers(&*store, DeviceFilter { tags, ..both }, 1, 5).await, (vec![3, 1], 3));
}

/// Does the reading before the first connection see every device with its secret?
pub async fn sign_in_sees_every_device(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    let off = Device { enabled: false, ..device(METER, "off", &[]) };
    create(&*store, vec![device(LAMP, "on", &["room=1"]), off, device(LAMP, "gone", &[])]).await;
    store.delete_devices(vec![device_key(LAMP, "gone")]).await.expect("delete device");
    let (send, rows) = channel();
    let count = store.sign_in_rows(Box::new(move |row| send.send(row).expect("the test still listens"))).await;
    assert_eq!(count, Ok(2));
    let mut rows: Vec<SignInRow> = rows.iter().collect();
    rows.sort_by_key(|row| row.number);
    let expected = |number, product, name, enabled, tags: &[&str]| SignInRow {
        number: DeviceNumber(number),
        key: device_key(product, name),
        secret: device(product, name, &[]).secret,
        fingerprint: None,
        enabled,
        tags: device(product, name, tags).tags,
    };
    assert_eq!(rows, vec![expected(1, LAMP, "on", true, &["room=1"]), expected(2, METER, "off", false, &[])]);
}

fn set(product: &str, tags: &[&str]) -> (lianwu_model::ProductId, Vec<Tag>) {
    (product_id(product), device(product, "x", tags).tags)
}

/// Is each set of tags told once per product, without empty ones and without other products?
pub async fn sets_of_tags_are_told_once(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    let lamps = [("a", &["team=a", "room=1"][..]), ("b", &["team=a", "room=1"]), ("c", &["room=1"]), ("d", &[])];
    create(&*store, lamps.iter().map(|(name, tags)| device(LAMP, name, tags)).collect()).await;
    create(&*store, vec![device(METER, "a", &["room=1"])]).await;
    let sets = async |products: &[&str]| {
        let mut sets = store.tag_sets(products.iter().map(|id| product_id(id)).collect()).await.expect("sets of tags");
        sets.sort_by_key(|(product, tags)| (product.to_string(), tags.len()));
        sets
    };
    let of_lamps = vec![set(LAMP, &["room=1"]), set(LAMP, &["team=a", "room=1"])];
    assert_eq!(sets(&[LAMP]).await, of_lamps);
    assert_eq!(sets(&[LAMP, METER]).await, [of_lamps, vec![set(METER, &["room=1"])]].concat());
    assert_eq!(sets(&[]).await, Vec::new());
}

/// Are devices with a hidden set left out of every kind of list, of the total, and of no other product?
pub async fn hidden_sets_of_tags_are_left_out(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    create(&*store, vec![device(LAMP, "lamp-1", &["team=a"]), device(LAMP, "lamp-2", &["team=a", "room=1"])]).await;
    create(&*store, vec![device(LAMP, "lamp-3", &[]), device(METER, "lamp-4", &["team=a"])]).await;
    let both = DeviceFilter {
        products: vec![product_id(LAMP), product_id(METER)],
        hidden: vec![set(LAMP, &["team=a"])],
        ..DeviceFilter::default()
    };
    assert_eq!(found(&*store, both.clone()).await, ["lamp-4", "lamp-3", "lamp-2"]);
    assert_eq!(numbers(&*store, both.clone(), 1, 1).await, (vec![3], 3));
    for part in ["lamp", "l"] {
        let named = DeviceFilter { name: Some(part.to_owned()), ..both.clone() };
        assert_eq!(found(&*store, named).await, ["lamp-4", "lamp-3", "lamp-2"], "{part}");
    }
    let tags = vec![("team".to_owned(), "a".to_owned())];
    assert_eq!(found(&*store, DeviceFilter { tags, ..both.clone() }).await, ["lamp-4", "lamp-2"]);
    let hidden = vec![set(LAMP, &["team=a"]), set(LAMP, &["team=a", "room=1"])];
    assert_eq!(found(&*store, DeviceFilter { hidden, ..lamps() }).await, ["lamp-3"]);
}

/// Are devices chosen or left out by number, on every page and in the total, whatever else is asked for?
pub async fn numbers_choose_and_leave_out(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    let name = |n: u32| format!("d{n}");
    let batch =
        (1..=3000).map(|n| device(if u32::is_multiple_of(n, 10) { METER } else { LAMP }, &name(n), &[])).collect();
    create(&*store, batch).await;
    let gone = [25, 2041].map(|n| device_key(LAMP, &name(n))).to_vec();
    store.delete_devices(gone).await.expect("delete devices");
    // Some of the other product, some deleted, some nobody has, some twice.
    let named: Vec<u32> = vec![2999, 5, 5, 20, 25, 1023, 1024, 1025, 2041, 2047, 2048, 9000];
    let chosen: Vec<_> = named.iter().copied().map(DeviceNumber).collect();
    let only = DeviceFilter { numbers: Numbers::Only(chosen.clone()), ..lamps() };
    assert_eq!(numbers(&*store, only.clone(), 0, 100).await, (vec![2999, 2048, 2047, 1025, 1024, 1023, 5], 7));
    assert_eq!(numbers(&*store, only.clone(), 5, 1).await, (vec![1023], 7));
    let with_name = DeviceFilter { name: Some("d10".to_owned()), ..only };
    assert_eq!(numbers(&*store, with_name, 0, 10).await, (vec![1025, 1024, 1023], 3));

    let except = DeviceFilter { numbers: Numbers::Except(chosen), ..lamps() };
    let is_listed = |n: &u32| !n.is_multiple_of(10) && !named.contains(n);
    let expected: Vec<u32> = (1..=3000).rev().filter(is_listed).collect();
    for offset in (0..expected.len() + 100).step_by(191) {
        let page: Vec<u32> = expected.iter().skip(offset).take(200).copied().collect();
        assert_eq!(numbers(&*store, except.clone(), offset as u64, 200).await, (page, expected.len() as u64));
    }
    let with_name = DeviceFilter { name: Some("d102".to_owned()), ..except };
    assert_eq!(numbers(&*store, with_name, 0, 10).await.0, [1029, 1028, 1027, 1026, 1022, 1021, 102]);
}
