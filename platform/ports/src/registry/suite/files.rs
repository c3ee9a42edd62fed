//! Files of products, and what moves them.

use std::sync::Arc;

use lianwu_model::file::{
    Content, ContentDigest, DeviceList, FileId, FileSecret, FileTask, Md5, StoredFile, TaskId, TaskKind, TaskState,
};
use lianwu_model::{DeviceNumber, Uin, UnixMillis};

use super::{LAMP, METER, OWNER, device, device_key, product_id, with_products};
use crate::registry::files::{DEVICE_TASKS_MAX, FileStore, FileUsage};
use crate::registry::{Devices, Products, Projects, Slice, StoreError};

const ALL: Slice = Slice { offset: 0, limit: 1_000 };

/// A file of the lamp, announced with this name and these bytes.
#[must_use]
pub fn file(name: &str, announced: u64) -> StoredFile {
    StoredFile {
        id: FileId::default(),
        owner: OWNER,
        product: product_id(LAMP),
        device: DeviceNumber::NONE,
        device_name: String::new(),
        name: name.to_owned(),
        announced,
        announced_md5: Some(Md5([3; 16])),
        content: None,
        secret: FileSecret(format!("secret of {name}")),
        created: UnixMillis(5),
    }
}

/// A waiting task of this device.
#[must_use]
pub fn task(device: DeviceNumber, name: &str) -> FileTask {
    FileTask {
        id: TaskId::default(),
        device,
        kind: TaskKind::FileUpdate,
        file: None,
        name: name.to_owned(),
        version: "1.0".to_owned(),
        resource_type: "FILE".to_owned(),
        state: TaskState::Waiting,
        percent: 0,
        result_code: 0,
        result_text: String::new(),
        created: UnixMillis(6),
        updated: UnixMillis(7),
    }
}

fn content(byte: u8, size: u64) -> Content {
    Content { digest: ContentDigest([byte; 32]), md5: Md5([byte; 16]), size }
}

/// A lamp and a meter.
async fn numbers<S: Projects + Products + Devices>(store: &Arc<S>) -> [DeviceNumber; 2] {
    with_products(&**store).await;
    let made = store.create_devices(vec![device(LAMP, "l1", &[]), device(METER, "m1", &[])]).await.expect("devices");
    [made[0].number, made[1].number]
}

/// Is every field kept, before and after the content came?
pub async fn a_file_is_read_back_whole<S: Projects + Products + Devices + FileStore>(store: Arc<S>) {
    let [lamp, _] = numbers(&store).await;
    let by_device = StoredFile { device: lamp, device_name: "l1".to_owned(), announced_md5: None, ..file("up", 0) };
    let (first, none) = store.create_file(file("a.txt", 9), None).await.expect("a file");
    assert_eq!((first.clone(), none), (StoredFile { id: first.id, ..file("a.txt", 9) }, None));
    let (second, made) = store.create_file(by_device.clone(), Some(task(lamp, "up"))).await.expect("with a task");
    let made = made.expect("its task");
    assert_eq!(made, FileTask { id: made.id, file: Some(second.id), ..task(lamp, "up") });
    assert_eq!(store.file(first.id).await, Ok(Some(first.clone())));
    assert_eq!(store.tasks(lamp).await, Ok(vec![made]));
    store.set_content(second.id, content(1, 77)).await.expect("its content");
    let whole = StoredFile { id: second.id, content: Some(content(1, 77)), ..by_device };
    assert_eq!(store.file(second.id).await, Ok(Some(whole.clone())));
    assert_eq!(store.set_content(FileId(99), content(1, 77)).await, Err(StoreError::Missing));
    let of = async |device, slice| store.files(product_id(LAMP), device, slice).await.expect("files");
    assert_eq!(of(None, ALL).await.rows, [whole.clone(), first.clone()]);
    assert_eq!(of(Some(lamp), ALL).await.rows, [whole]);
    let page = of(None, Slice { offset: 1, limit: 1 }).await;
    assert_eq!((page.rows, page.total), (vec![first], 2));
    let of_meter = store.files(product_id(METER), None, ALL).await.expect("files");
    assert_eq!(of_meter.total, 0);
}

/// Do announced bytes count until the real ones are known, by owner and by product?
pub async fn files_are_counted<S: Projects + Products + Devices + FileStore>(store: Arc<S>) {
    numbers(&store).await;
    let (lamp, meter) = (product_id(LAMP), product_id(METER));
    let (first, _) = store.create_file(file("a", 10), None).await.expect("a file");
    store.create_file(file("b", 5), None).await.expect("a file");
    store.create_file(StoredFile { product: meter, ..file("c", 100) }, None).await.expect("a file");
    store.set_content(first.id, content(1, 8)).await.expect("its content");
    let expected = FileUsage { owner_bytes: 113, product_bytes: 13, product_files: 2 };
    assert_eq!(store.usage(OWNER, lamp).await, Ok(expected));
    let of_stranger = FileUsage { owner_bytes: 0, product_bytes: 100, product_files: 1 };
    assert_eq!(store.usage(Uin(9), meter).await, Ok(of_stranger));
}

/// Is a content unused once its last file is gone, and only then?
pub async fn contents_know_their_files<S: Projects + Products + Devices + FileStore>(store: Arc<S>) {
    numbers(&store).await;
    let mut ids = Vec::new();
    for name in ["a", "b"] {
        let (file, _) = store.create_file(file(name, 1), None).await.expect("a file");
        store.set_content(file.id, content(1, 1)).await.expect("its content");
        ids.push(file.id);
    }
    let (used, never) = (ContentDigest([1; 32]), ContentDigest([2; 32]));
    assert_eq!(store.unused(vec![never, used]).await, Ok(vec![never]));
    store.delete_file(ids[0]).await.expect("delete");
    assert_eq!(store.unused(vec![used]).await, Ok(Vec::new()));
    store.delete_file(ids[1]).await.expect("delete");
    assert_eq!(store.unused(vec![used, never]).await, Ok(vec![used, never]));
    assert_eq!(store.delete_file(ids[1]).await, Err(StoreError::Missing));
    let (next, _) = store.create_file(file("c", 1), None).await.expect("a file");
    assert!(next.id > ids[1], "an id was used again");
}

/// Does a file stay while a task needs it, and an ended task stay without its file?
pub async fn a_file_in_use_stays<S: Projects + Products + Devices + FileStore>(store: Arc<S>) {
    let [lamp, _] = numbers(&store).await;
    let (file, made) = store.create_file(file("a", 1), Some(task(lamp, "a"))).await.expect("a file");
    assert_eq!(store.delete_file(file.id).await, Err(StoreError::InUse("tasks")));
    let ended = FileTask {
        state: TaskState::Failed,
        percent: 40,
        result_code: -4,
        result_text: "md5 check fail".to_owned(),
        updated: UnixMillis(99),
        ..made.expect("its task")
    };
    assert_eq!(store.save_task(ended.clone()).await, Ok(ended.clone()));
    store.delete_file(file.id).await.expect("delete");
    assert_eq!(store.tasks(lamp).await, Ok(vec![FileTask { file: None, ..ended.clone() }]));
    assert_eq!(store.save_task(FileTask { id: TaskId(999), ..ended }).await, Err(StoreError::Missing));
    let of_nothing = FileTask { file: Some(file.id), ..task(lamp, "a") };
    assert_eq!(store.save_task(of_nothing).await, Err(StoreError::Missing));
    let of_nobody = store.save_task(task(DeviceNumber(999), "a")).await;
    assert_eq!(of_nobody, Err(StoreError::Missing));
}

/// Are the oldest ended tasks given up, and never an open one?
pub async fn a_device_keeps_its_newest_tasks<S: Projects + Products + Devices + FileStore>(store: Arc<S>) {
    let [lamp, meter] = numbers(&store).await;
    store.save_task(task(meter, "of another")).await.expect("a task");
    let open = store.save_task(task(lamp, "open")).await.expect("a task");
    for number in 0..=DEVICE_TASKS_MAX {
        let ended = FileTask { state: TaskState::Done, ..task(lamp, &number.to_string()) };
        store.save_task(ended).await.expect("a task");
    }
    let tasks = store.tasks(lamp).await.expect("tasks");
    assert_eq!(tasks.len(), DEVICE_TASKS_MAX);
    assert_eq!(tasks.last(), Some(&open));
    assert_eq!((tasks[0].name.as_str(), tasks[DEVICE_TASKS_MAX - 2].name.as_str()), ("100", "2"));
    assert_eq!(store.tasks(meter).await.map(|tasks| tasks.len()), Ok(1));
}

/// Is an upload that never came given up, with its task, and one that came kept?
pub async fn announced_files_expire<S: Projects + Products + Devices + FileStore>(store: Arc<S>) {
    let [lamp, _] = numbers(&store).await;
    let (came, _) = store.create_file(file("came", 1), None).await.expect("a file");
    store.set_content(came.id, content(1, 1)).await.expect("its content");
    let (never, _) = store.create_file(file("never", 1), Some(task(lamp, "never"))).await.expect("a file");
    assert_eq!(store.expire_announced(UnixMillis(5)).await, Ok(0));
    assert_eq!(store.expire_announced(UnixMillis(6)).await, Ok(1));
    assert!(store.file(came.id).await.expect("a look").is_some());
    assert_eq!(store.file(never.id).await, Ok(None));
    let tasks = store.tasks(lamp).await.expect("tasks");
    assert_eq!((tasks[0].state, tasks[0].file), (TaskState::Failed, None));
    assert_eq!(tasks[0].result_text, "the content never came");
}

/// Do tasks and lists go with their device, and files with their product?
pub async fn what_belongs_to_somebody_goes_along<S: Projects + Products + Devices + FileStore>(store: Arc<S>) {
    let [lamp, meter] = numbers(&store).await;
    let scenes = DeviceList::InnerScenes;
    assert_eq!(store.device_list(lamp, scenes).await, Ok(None));
    store.save_device_list(lamp, scenes, "[1]".to_owned()).await.expect("a list");
    store.save_device_list(lamp, DeviceList::Resources, "[]".to_owned()).await.expect("a list");
    store.save_device_list(lamp, scenes, "[2]".to_owned()).await.expect("a list");
    assert_eq!(store.device_list(lamp, scenes).await, Ok(Some("[2]".to_owned())));
    assert_eq!(store.device_list(meter, scenes).await, Ok(None));
    assert_eq!(store.save_device_list(DeviceNumber(999), scenes, String::new()).await, Err(StoreError::Missing));
    let (file, _) = store.create_file(file("a", 1), Some(task(lamp, "a"))).await.expect("a file");
    store.delete_devices(vec![device_key(LAMP, "l1")]).await.expect("delete the device");
    assert_eq!(store.tasks(lamp).await, Ok(Vec::new()));
    assert_eq!(store.device_list(lamp, scenes).await, Ok(None));
    assert!(store.file(file.id).await.expect("a look").is_some(), "a file is the product's");
    store.delete_product(product_id(LAMP)).await.expect("delete the product");
    assert_eq!(store.file(file.id).await, Ok(None));
}
