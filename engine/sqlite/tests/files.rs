//! What only a registry in a file can promise: it survives restarts and kills, and gives away no secret.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use lianwu_model::account::{PasswordHash, StoredPassword};
use lianwu_model::certificate::{PlatformAuthority, PrivateKeyText};
use lianwu_model::{Uin, UnixMillis};
use lianwu_ports::registry::files::Files as _;
use lianwu_ports::registry::suite::files::file;
use lianwu_ports::registry::suite::{
    LAMP, access_key, certificate, device, device_key, principal, product, project, with_products,
};
use lianwu_ports::registry::{
    AccessKeys, Certificates, DeviceFilter, Devices, Principals, Products, Projects, Slice, StoreError,
};
use lianwu_sqlite::{SealKey, SqliteRegistry};

fn open(folder: &Path) -> Arc<SqliteRegistry> {
    SqliteRegistry::open(&folder.join("registry.db"), SealKey::from_bytes([7; 32])).expect("open")
}

fn password(hash: &str) -> StoredPassword {
    StoredPassword { hash: PasswordHash(hash.to_owned()), is_first: true }
}

async fn total(store: &impl Devices) -> u64 {
    let filter = DeviceFilter { any_product: true, ..DeviceFilter::default() };
    store.devices(filter, Slice { offset: 0, limit: 0 }).await.expect("list").total
}

/// Does a restart find everything, and go on counting where it was?
#[tokio::test]
async fn a_reopened_registry_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    with_products(&*store).await;
    store.create_principal(principal(100_000_001)).await.unwrap();
    store.create_key(access_key("AKIDa", 100_000_001, "secret")).await.unwrap();
    store.set_password(Uin(100_000_001), password("hash")).await.unwrap();
    let made = store.create_devices(vec![device(LAMP, "a", &["k=v"]), device(LAMP, "b", &[])]).await.unwrap();
    store.delete_devices(vec![device_key(LAMP, "b")]).await.unwrap();
    store.close().await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "the side files are folded in");

    let store = open(folder.path());
    assert_eq!(store.project(project(1, "").id).await, Ok(Some(project(1, "home"))));
    assert_eq!(store.products().await.unwrap()[0], product(LAMP, "lamp"));
    assert_eq!(store.keys().await, Ok(vec![access_key("AKIDa", 100_000_001, "secret")]));
    assert_eq!(store.password(Uin(100_000_001)).await, Ok(Some(password("hash"))));
    assert_eq!(store.device(device_key(LAMP, "a")).await, Ok(Some(made[0].clone())));
    let next = store.create_devices(vec![device(LAMP, "b", &[])]).await.unwrap();
    assert_eq!(next[0].number.0, 3, "the last number is not used again, although its device is gone");
    store.close().await;
}

/// Is a call after the end refused instead of waiting for ever?
#[tokio::test]
async fn a_closed_registry_refuses_calls() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.close().await;
    let closed = StoreError::Failed("the registry is closed".to_owned());
    assert_eq!(store.principals().await, Err(closed.clone()));
    assert_eq!(store.create_principal(principal(100_000_001)).await, Err(closed));
}

/// Is no secret readable in the files, before and after they are folded together, nor in `Debug`?
#[tokio::test]
async fn no_file_holds_a_secret_in_clear() {
    const SECRETS: [&str; 6] = [
        "clear text of a key",
        "secret of kitchen-lamp",
        "hash of a password",
        "secret of the product",
        "key of the authority",
        "secret of a.txt",
    ];
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    with_products(&*store).await;
    store.create_principal(principal(100_000_001)).await.unwrap();
    store.create_key(access_key("AKIDa", 100_000_001, SECRETS[0])).await.unwrap();
    store.set_password(Uin(100_000_001), password(SECRETS[2])).await.unwrap();
    let made = store.create_devices(vec![device(LAMP, "kitchen-lamp", &[])]).await.unwrap();
    assert_eq!(made[0].secret.0, SECRETS[1]);
    let products = store.products().await.unwrap();
    assert_eq!(products[0].secret.as_ref().unwrap().0, SECRETS[3]);
    let key = PrivateKeyText(SECRETS[4].to_owned());
    let authority = PlatformAuthority { certificate: certificate("platform"), key, created: UnixMillis(1) };
    store.create_platform_authority(authority.clone()).await.unwrap();
    assert_eq!(store.platform_authority().await, Ok(Some(authority)));
    store.create_file(file("a.txt", 1), None).await.unwrap();
    let check = |texts: &[&str], expected: bool| {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.path());
            files.extend(std::fs::read(entry.path()).unwrap());
        }
        for text in texts {
            assert_eq!(files.windows(text.len()).any(|part| part == text.as_bytes()), expected, "{text}");
        }
    };
    check(&SECRETS, false);
    check(&["AKIDa", "kitchen-lamp", "PEM of platform", "a.txt"], true);
    let (keys, lamp) = (store.keys().await, store.device(device_key(LAMP, "kitchen-lamp")).await);
    let shown = format!("{store:?} {products:?} {keys:?} {lamp:?} {:?}", store.platform_authority().await);
    assert!(SECRETS.iter().all(|secret| !shown.contains(secret)), "{shown}");
    store.close().await;
    check(&SECRETS, false);
    check(&["AKIDa", "kitchen-lamp"], true);
}

/// Is a sealed secret useless under another device's name?
#[tokio::test]
async fn a_secret_moved_to_another_row_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    with_products(&*store).await;
    store.create_devices(vec![device(LAMP, "a", &[]), device(LAMP, "b", &[])]).await.unwrap();
    store.close().await;
    let moved = "UPDATE devices SET secret = (SELECT secret FROM devices WHERE name = 'a') WHERE name = 'b'";
    let connection = rusqlite::Connection::open(folder.path().join("registry.db")).unwrap();
    assert_eq!(connection.execute(moved, []).unwrap(), 1);
    drop(connection);

    let store = open(folder.path());
    assert!(store.device(device_key(LAMP, "a")).await.unwrap().is_some());
    let failed = StoreError::Failed("a secret cannot be unsealed".to_owned());
    assert_eq!(store.device(device_key(LAMP, "b")).await, Err(failed.clone()));
    assert_eq!(store.sign_in_rows(Box::new(|_| ())).await, Err(failed));
    store.close().await;
}

/// Is the last number given out, and nothing after it?
#[tokio::test]
async fn numbers_end_instead_of_starting_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    with_products(&*store).await;
    store.close().await;
    let connection = rusqlite::Connection::open(folder.path().join("registry.db")).unwrap();
    let last = "UPDATE meta SET value = 4294967295 WHERE name = 'next_device_number'";
    assert_eq!(connection.execute(last, []).unwrap(), 1);
    drop(connection);

    let store = open(folder.path());
    let used_up = StoreError::Failed("device numbers are used up".to_owned());
    let two = vec![device(LAMP, "a", &[]), device(LAMP, "b", &[])];
    assert_eq!(store.create_devices(two).await, Err(used_up.clone()));
    let made = store.create_devices(vec![device(LAMP, "a", &[])]).await.unwrap();
    assert_eq!(made[0].number.0, u32::MAX);
    assert_eq!(store.create_devices(vec![device(LAMP, "b", &[])]).await, Err(used_up));
    assert_eq!(store.create_devices(Vec::new()).await, Ok(Vec::new()));
    store.close().await;
}

/// The part of the next test that is killed: creates devices and says which are acknowledged. Does nothing elsewhere.
#[tokio::test]
async fn child_that_is_killed() {
    let Ok(folder) = std::env::var("LIANWU_TEST_KILLED_CHILD") else { return };
    let store = open(Path::new(&folder));
    with_products(&*store).await;
    for number in 1.. {
        store.create_devices(vec![device(LAMP, &format!("d{number}"), &[])]).await.unwrap();
        println!("\nacknowledged {number}");
    }
}

/// Is every device that was acknowledged there after the process was killed in the middle of writing?
#[tokio::test]
async fn a_killed_process_loses_nothing_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child_that_is_killed", "--exact", "--nocapture"])
        .env("LIANWU_TEST_KILLED_CHILD", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = |until: Option<u64>| {
        let numbers = lines.by_ref().map_while(Result::ok);
        let mut numbers = numbers.filter_map(|line| line.strip_prefix("acknowledged ")?.parse::<u64>().ok());
        match until {
            Some(until) => numbers.find(|number| *number >= until),
            None => numbers.last(),
        }
    };
    let seen = acknowledged(Some(20)).expect("the child acknowledges");
    child.kill().unwrap();
    child.wait().unwrap();
    let last = acknowledged(None).unwrap_or(seen);

    let store = open(folder.path());
    let stored = total(&*store).await;
    // One more may be on disk: killed between commit and acknowledgement.
    assert!((last..=last + 1).contains(&stored), "acknowledged {last}, stored {stored}");
    for number in 1..=last {
        let found = store.device(device_key(LAMP, &format!("d{number}"))).await.unwrap().expect("acknowledged");
        assert_eq!(u64::from(found.number.0), number);
    }
    store.close().await;
}
