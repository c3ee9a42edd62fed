//! Spaces, fences, bound devices and alerts.

use std::ops::RangeInclusive;
use std::sync::Arc;

use lianwu_model::fence::{
    Alert, AlertCondition, AlertId, AuthorizeType, Crossing, Fence, FenceBind, FenceId, Seen, Space, SpaceId,
    SpaceProduct,
};
use lianwu_model::position::Position;
use lianwu_model::{DeviceNumber, UnixMillis};

use super::{FIRST_PAGE, LAMP, METER, OWNER, device, device_key, product_id, project, with_products};
use crate::registry::fences::{AlertFilter, FENCE_ALERTS_MAX, FenceProgress, FenceRows, FenceStore};
use crate::registry::{Devices, Products, Projects, Slice, StoreError};

/// Everything these cases need.
pub trait Store: Projects + Products + Devices + FenceStore {}

impl<T: Projects + Products + Devices + FenceStore> Store for T {}

fn space_id(number: u8) -> SpaceId {
    format!("{number:032x}").parse().expect("space id of a test")
}

fn space(number: u8, name: &str) -> Space {
    Space {
        id: space_id(number),
        owner: OWNER,
        project: project(1, "").id,
        name: name.to_owned(),
        authorize_type: AuthorizeType::ReadWrite,
        description: "描述".to_owned(),
        icon: "icon".to_owned(),
        products: vec![
            SpaceProduct { product: product_id(METER), shown: r#"["GPS_Info"]"#.to_owned() },
            SpaceProduct { product: product_id(LAMP), shown: String::new() },
        ],
        created: UnixMillis(1_790_000_000_000),
        updated: UnixMillis(1_790_000_000_001),
    }
}

fn fence(id: u64, in_space: u8, name: &str) -> Fence {
    Fence {
        id: FenceId(id),
        space: space_id(in_space),
        name: name.to_owned(),
        description: "围栏".to_owned(),
        area: r#"{"type":"x"}"#.to_owned(),
        since: 7,
        created: UnixMillis(1_790_000_000_002),
        updated: UnixMillis(1_790_000_000_003),
    }
}

fn bind(fence: u64, device: u32) -> FenceBind {
    FenceBind {
        fence: FenceId(fence),
        device: DeviceNumber(device),
        condition: AlertCondition::InOrOut,
        enabled: true,
        method: "AppInform".to_owned(),
        since: 9,
    }
}

fn seen(is_inside: bool, time: u64) -> Seen {
    Seen { is_inside, time: UnixMillis(time), record: time * 2 }
}

fn alert(fence: u64, number: u32, name: &str, time: u64) -> Alert {
    Alert {
        id: AlertId(0),
        fence: FenceId(fence),
        fence_name: "学校".to_owned(),
        device: DeviceNumber(number),
        key: device_key(LAMP, name),
        crossing: Crossing::Out,
        condition: AlertCondition::InOrOut,
        time: UnixMillis(time),
        position: Position { longitude: -0.125, latitude: 51.5 },
    }
}

const ALWAYS: RangeInclusive<UnixMillis> = UnixMillis(0)..=UnixMillis(u64::MAX >> 1);

fn all() -> AlertFilter {
    AlertFilter { owner: OWNER, space: None, fence: None, product: None, device: None, times: ALWAYS }
}

fn progress(through: u64, alerts: Vec<Alert>) -> FenceProgress {
    FenceProgress { through, seen: Vec::new(), alerts }
}

/// Two spaces, fences 1 and 2 in the first and 3 in the second; devices 1 to 3, of which 1 and 2 are bound to fences.
async fn with_binds(store: &impl Store) {
    with_products(store).await;
    store.save_space(space(1, "city")).await.expect("save");
    store.save_space(space(2, "land")).await.expect("save");
    for (in_space, name) in [(1, "school"), (1, "park"), (2, "school")] {
        store.save_fence(fence(0, in_space, name)).await.expect("save");
    }
    let made = ["a", "b", "c"].map(|name| device(LAMP, name, &[])).to_vec();
    store.create_devices(made).await.expect("create");
    store.save_binds(vec![bind(1, 1), bind(1, 2), bind(2, 1), bind(3, 1)]).await.expect("bind");
}

/// Are spaces, fences and bindings read back whole, in order?
pub async fn what_was_set_up_is_read_back_whole<S: Store>(store: Arc<S>) {
    assert_eq!(store.fence_rows().await, Ok(FenceRows::default()));
    with_binds(&*store).await;
    let expected = FenceRows {
        spaces: vec![space(1, "city"), space(2, "land")],
        fences: vec![fence(1, 1, "school"), fence(2, 1, "park"), fence(3, 2, "school")],
        binds: [bind(1, 1), bind(1, 2), bind(2, 1), bind(3, 1)].map(|bind| (bind, None)).to_vec(),
        through: 0,
    };
    assert_eq!(store.fence_rows().await, Ok(expected));
}

/// Are names of spaces unique within a project, and is a space with fences kept?
pub async fn spaces_are_replaced_and_deleted<S: Store>(store: Arc<S>) {
    with_binds(&*store).await;
    assert_eq!(store.save_space(space(3, "city")).await, Err(StoreError::Taken("name")));
    assert_eq!(store.save_space(space(2, "city")).await, Err(StoreError::Taken("name")));
    let elsewhere = Space { project: project(9, "").id, ..space(3, "x") };
    assert_eq!(store.save_space(elsewhere).await, Err(StoreError::Missing));
    let nothing = vec![SpaceProduct { product: product_id("NOSUCH0001"), shown: String::new() }];
    assert_eq!(store.save_space(Space { products: nothing, ..space(3, "x") }).await, Err(StoreError::Missing));
    let changed = Space {
        authorize_type: AuthorizeType::ReadOnly,
        products: vec![SpaceProduct { product: product_id(LAMP), shown: "[]".to_owned() }],
        updated: UnixMillis(2_000_000_000_000),
        ..space(2, "lands")
    };
    store.save_space(Space { created: UnixMillis(5), ..changed.clone() }).await.expect("replace");
    assert_eq!(store.fence_rows().await.expect("read").spaces, [space(1, "city"), changed]);
    assert_eq!(store.delete_space(space_id(2)).await, Err(StoreError::InUse("fences")));
    store.delete_binds(FenceId(3), vec![DeviceNumber(1), DeviceNumber(3)]).await.expect("unbind");
    store.delete_fence(FenceId(3)).await.expect("delete");
    store.delete_space(space_id(2)).await.expect("delete");
    assert_eq!(store.delete_space(space_id(2)).await, Err(StoreError::Missing));
}

/// Are names of fences unique within a space, ids never used again, and is a fence with devices kept?
pub async fn fences_are_replaced_and_deleted<S: Store>(store: Arc<S>) {
    with_binds(&*store).await;
    assert_eq!(store.save_fence(fence(0, 1, "park")).await, Err(StoreError::Taken("name")));
    assert_eq!(store.save_fence(fence(1, 1, "park")).await, Err(StoreError::Taken("name")));
    assert_eq!(store.save_fence(fence(0, 9, "x")).await, Err(StoreError::Missing));
    assert_eq!(store.save_fence(fence(9, 1, "x")).await, Err(StoreError::Missing));
    let changed = Fence { since: 99, area: "{}".to_owned(), updated: UnixMillis(2), ..fence(2, 1, "parks") };
    let saved = store.save_fence(Fence { created: UnixMillis(5), ..changed.clone() }).await;
    assert_eq!(saved, Ok(changed.clone()));
    assert_eq!(store.fence_rows().await.expect("read").fences[1], changed);
    assert_eq!(store.delete_fence(FenceId(3)).await, Err(StoreError::InUse("binds")));
    store.delete_binds(FenceId(3), vec![DeviceNumber(1)]).await.expect("unbind");
    store.delete_fence(FenceId(3)).await.expect("delete");
    assert_eq!(store.delete_fence(FenceId(3)).await, Err(StoreError::Missing));
    assert_eq!(store.save_fence(fence(0, 2, "school")).await.map(|fence| fence.id), Ok(FenceId(4)));
}

/// Are bindings replaced without forgetting where the device was, and made whole or not at all?
pub async fn bindings_are_replaced<S: Store>(store: Arc<S>) {
    with_binds(&*store).await;
    let state = vec![(FenceId(1), DeviceNumber(2), seen(true, 10)), (FenceId(2), DeviceNumber(3), seen(true, 10))];
    let passed = FenceProgress { through: 20, seen: state, alerts: Vec::new() };
    assert_eq!(store.advance_fences(passed).await, Ok(Vec::new()));
    let changed =
        FenceBind { condition: AlertCondition::Out, enabled: false, method: String::new(), since: 11, ..bind(1, 2) };
    store.save_binds(vec![changed.clone()]).await.expect("replace");
    assert_eq!(store.save_binds(vec![bind(2, 3), bind(2, 77)]).await, Err(StoreError::Missing));
    assert_eq!(store.save_binds(vec![bind(2, 3), bind(77, 3)]).await, Err(StoreError::Missing));
    let rows = store.fence_rows().await.expect("read");
    let expected = [(bind(1, 1), None), (changed, Some(seen(true, 10))), (bind(2, 1), None), (bind(3, 1), None)];
    assert_eq!((rows.binds.as_slice(), rows.through), (expected.as_slice(), 20));
}

/// Are alerts found by what they are about, newest first, and only those of bound devices kept?
pub async fn alerts_are_found<S: Store>(store: Arc<S>) {
    with_binds(&*store).await;
    let alerts = vec![
        alert(1, 1, "a", 100),
        alert(1, 2, "b", 300),
        alert(3, 1, "a", 200),
        alert(2, 2, "b", 400), // not bound
    ];
    let stored = store.advance_fences(progress(5, alerts)).await.expect("store");
    assert_eq!(stored.iter().map(|alert| alert.id.0).collect::<Vec<_>>(), [1, 2, 3]);
    let found = async |filter: AlertFilter, slice: Slice| {
        let listed = store.alerts(filter, slice).await.expect("list");
        (listed.rows.iter().map(|alert| alert.time.0).collect::<Vec<_>>(), listed.total)
    };
    let times = |from, to| UnixMillis(from)..=UnixMillis(to);
    for (filter, expected) in [
        (all(), vec![300, 200, 100]),
        (AlertFilter { fence: Some(FenceId(1)), ..all() }, vec![300, 100]),
        (AlertFilter { space: Some(space_id(2)), ..all() }, vec![200]),
        (AlertFilter { device: Some(DeviceNumber(1)), ..all() }, vec![200, 100]),
        (AlertFilter { fence: Some(FenceId(1)), device: Some(DeviceNumber(1)), ..all() }, vec![100]),
        (AlertFilter { product: Some(product_id(LAMP)), ..all() }, vec![300, 200, 100]),
        (AlertFilter { product: Some(product_id(METER)), ..all() }, vec![]),
        (AlertFilter { times: times(100, 200), ..all() }, vec![200, 100]),
        (AlertFilter { times: times(101, 199), ..all() }, vec![]),
        (AlertFilter { owner: lianwu_model::Uin(1), ..all() }, vec![]),
    ] {
        let total = expected.len() as u64;
        assert_eq!(found(filter.clone(), FIRST_PAGE).await, (expected, total), "{filter:?}");
    }
    assert_eq!(found(all(), Slice { offset: 1, limit: 1 }).await, (vec![200], 3));
    let one = store.alerts(AlertFilter { space: Some(space_id(2)), ..all() }, FIRST_PAGE).await.expect("list");
    assert_eq!(one.rows, [Alert { id: AlertId(3), ..alert(3, 1, "a", 200) }], "whole");
    assert_eq!(store.untold_alerts().await.expect("read"), stored);
    store.settle_alerts(vec![AlertId(1), AlertId(3), AlertId(77)]).await.expect("settle");
    assert_eq!(store.untold_alerts().await.expect("read"), stored[1..2]);
}

/// Does a fence keep its newest alerts only?
pub async fn old_alerts_make_room<S: Store>(store: Arc<S>) {
    with_binds(&*store).await;
    let most = FENCE_ALERTS_MAX as u64;
    let alerts = (0..most + 2).map(|time| alert(1, 1, "a", 1_000 + time)).collect();
    store.advance_fences(progress(5, alerts)).await.expect("store");
    store.advance_fences(progress(6, vec![alert(2, 1, "a", 1)])).await.expect("store");
    let last = Slice { offset: most - 1, limit: 5 };
    let listed = store.alerts(AlertFilter { fence: Some(FenceId(1)), ..all() }, last).await.expect("list");
    assert_eq!((listed.total, listed.rows[0].time.0), (most, 1_002));
    let other = store.alerts(AlertFilter { fence: Some(FenceId(2)), ..all() }, FIRST_PAGE).await.expect("list");
    assert_eq!(other.total, 1);
}

/// Do bindings and alerts go with their device, fences with their project?
pub async fn fences_go_with_their_owners<S: Store>(store: Arc<S>) {
    with_binds(&*store).await;
    let alerts = vec![alert(1, 1, "a", 100), alert(1, 2, "b", 200)];
    store.advance_fences(progress(5, alerts)).await.expect("store");
    store.delete_devices(vec![device_key(LAMP, "a")]).await.expect("delete");
    assert_eq!(store.fence_rows().await.expect("read").binds, [(bind(1, 2), None)]);
    assert_eq!(store.alerts(all(), FIRST_PAGE).await.expect("list").total, 1);
    assert_eq!(store.untold_alerts().await.expect("read").len(), 1);
    store.delete_devices(vec![device_key(LAMP, "b"), device_key(LAMP, "c")]).await.expect("delete");
    store.delete_product(product_id(METER)).await.expect("delete");
    let left = vec![SpaceProduct { product: product_id(LAMP), shown: String::new() }];
    assert!(store.fence_rows().await.expect("read").spaces.iter().all(|space| space.products == left));
    store.delete_product(product_id(LAMP)).await.expect("delete");
    store.delete_project(project(1, "").id).await.expect("delete");
    assert_eq!(store.fence_rows().await, Ok(FenceRows { through: 5, ..FenceRows::default() }));
}
