//! Certificate authorities, bindings of products, certificates of devices.

use std::sync::{Arc, Mutex};

use lianwu_model::certificate::{Authority, PlatformAuthority, PrivateKeyText};
use lianwu_model::device::Device;
use lianwu_model::product::Product;
use lianwu_model::{Uin, UnixMillis};

use super::{FIRST_PAGE, LAMP, METER, OWNER, certificate, device, device_key, product, product_id, with_products};
use crate::registry::{Certificates, DeviceFilter, Devices, Products, Projects, StoreError};

const TAKEN_NAME: Result<(), StoreError> = Err(StoreError::Taken("name"));
const TAKEN_CERTIFICATE: Result<(), StoreError> = Err(StoreError::Taken("fingerprint"));

fn authority(owner: Uin, name: &str, text: &str) -> Authority {
    Authority {
        owner,
        name: name.to_owned(),
        certificate: certificate(text),
        created: UnixMillis(1_790_000_000_007),
        updated: UnixMillis(1_790_000_000_008),
    }
}

/// Is the platform's authority, key and all, made once and never replaced?
pub async fn the_platforms_authority_is_made_once(store: Arc<impl Certificates>) {
    assert_eq!(store.platform_authority().await, Ok(None));
    let made = PlatformAuthority {
        certificate: certificate("platform"),
        key: PrivateKeyText("the key".to_owned()),
        created: UnixMillis(1_790_000_000_009),
    };
    store.create_platform_authority(made.clone()).await.expect("create");
    let second = PlatformAuthority { certificate: certificate("second"), ..made.clone() };
    assert_eq!(store.create_platform_authority(second).await, Err(StoreError::Taken("id")));
    assert_eq!(store.platform_authority().await, Ok(Some(made)));
}

/// Is every field kept, in the order of creation?
pub async fn an_authority_is_read_back_whole(store: Arc<impl Certificates>) {
    let made = [authority(OWNER, "工厂 B", "b"), authority(OWNER, "a", "a"), authority(Uin(7), "a", "c")];
    for authority in &made {
        store.create_authority(authority.clone()).await.expect("create");
    }
    assert_eq!(store.authorities().await, Ok(made.to_vec()));
}

/// May another account use a name or a certificate, and the same account not?
pub async fn names_and_certificates_are_unique_within_an_owner(store: Arc<impl Certificates>) {
    store.create_authority(authority(OWNER, "a", "one")).await.expect("create");
    assert_eq!(store.create_authority(authority(OWNER, "a", "two")).await, TAKEN_NAME);
    assert_eq!(store.create_authority(authority(OWNER, "b", "one")).await, TAKEN_CERTIFICATE);
    store.create_authority(authority(Uin(7), "a", "one")).await.expect("another account");
    assert_eq!(store.authorities().await.map(|all| all.len()), Ok(2));
}

/// Does an update change certificate and time, and nothing else?
pub async fn an_authority_is_replaced_under_its_name(store: Arc<impl Certificates>) {
    let made = authority(OWNER, "a", "one");
    store.create_authority(made.clone()).await.expect("create");
    store.create_authority(authority(OWNER, "b", "two")).await.expect("create");
    let change = Authority { created: UnixMillis(1), updated: UnixMillis(2), ..authority(OWNER, "a", "new") };
    store.update_authority(change.clone()).await.expect("update");
    assert_eq!(store.update_authority(change.clone()).await, Ok(()), "the same again");
    let found = store.authorities().await.expect("authorities").remove(0);
    assert_eq!(found, Authority { certificate: change.certificate, updated: UnixMillis(2), ..made });
    assert_eq!(store.update_authority(authority(OWNER, "a", "two")).await, TAKEN_CERTIFICATE);
    assert_eq!(store.update_authority(authority(OWNER, "c", "three")).await, Err(StoreError::Missing));
    assert_eq!(store.update_authority(authority(Uin(7), "a", "three")).await, Err(StoreError::Missing));
}

/// Does an authority stay while a product needs it?
pub async fn an_authority_with_products_cannot_be_deleted(store: Arc<impl Projects + Products + Certificates>) {
    with_products(&*store).await;
    store.create_authority(authority(OWNER, "a", "one")).await.expect("create");
    store.create_authority(authority(Uin(7), "a", "one")).await.expect("create");
    store.bind_product(product_id(LAMP), Some("a".to_owned())).await.expect("bind");
    assert_eq!(store.delete_authority(OWNER, "a".to_owned()).await, Err(StoreError::InUse("products")));
    // Another account's of that name has nothing to do with it.
    assert_eq!(store.delete_authority(Uin(7), "a".to_owned()).await, Ok(()));
    store.bind_product(product_id(LAMP), None).await.expect("unbind");
    assert_eq!(store.delete_authority(OWNER, "a".to_owned()).await, Ok(()));
    assert_eq!(store.delete_authority(OWNER, "a".to_owned()).await, Err(StoreError::Missing));
    assert_eq!(store.authorities().await, Ok(Vec::new()));
}

/// Is a second binding in place of the first, and another account's authority out of reach?
pub async fn a_product_is_bound_to_one_authority_of_its_owner(store: Arc<impl Projects + Products + Certificates>) {
    with_products(&*store).await;
    for (owner, name) in [(OWNER, "a"), (OWNER, "b"), (Uin(7), "foreign")] {
        store.create_authority(authority(owner, name, name)).await.expect("create");
    }
    let bind = async |product: &str, name: &str| store.bind_product(product_id(product), Some(name.to_owned())).await;
    bind(METER, "a").await.expect("bind");
    bind(LAMP, "a").await.expect("bind");
    bind(LAMP, "b").await.expect("bind again");
    let expected = vec![(product_id(LAMP), "b".to_owned()), (product_id(METER), "a".to_owned())];
    assert_eq!(store.bindings().await, Ok(expected.clone()));
    assert_eq!(bind(LAMP, "foreign").await, Err(StoreError::Missing));
    assert_eq!(bind(LAMP, "none").await, Err(StoreError::Missing));
    assert_eq!(bind("NOTHING001", "a").await, Err(StoreError::Missing));
    assert_eq!(store.bind_product(product_id("NOTHING001"), None).await, Err(StoreError::Missing));
    assert_eq!(store.bindings().await, Ok(expected));
}

/// Does a deleted product leave its authority free?
pub async fn a_binding_goes_with_its_product(store: Arc<impl Projects + Products + Certificates>) {
    with_products(&*store).await;
    store.create_authority(authority(OWNER, "a", "one")).await.expect("create");
    store.bind_product(product_id(LAMP), Some("a".to_owned())).await.expect("bind");
    store.delete_product(product_id(LAMP)).await.expect("delete");
    assert_eq!(store.bindings().await, Ok(Vec::new()));
    store.create_product(Product { created: UnixMillis(9), ..product(LAMP, "lamp") }).await.expect("again");
    assert_eq!(store.bindings().await, Ok(Vec::new()), "a new product of that id is not bound");
    assert_eq!(store.delete_authority(OWNER, "a".to_owned()).await, Ok(()));
}

/// Is a device's certificate in every answer about it, and untouched by changes of the rest?
pub async fn a_devices_certificate_stays_as_it_was(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    let on_record = certificate("lamp");
    let made = Device { certificate: Some(on_record.clone()), ..device(LAMP, "lamp", &[]) };
    let created = store.create_devices(vec![made, device(LAMP, "bare", &[])]).await.expect("create");
    assert_eq!(created[0].certificate, Some(on_record.clone()));
    store.update_device(Device { enabled: false, ..device(LAMP, "lamp", &["a=1"]) }).await.expect("update");
    let read = store.device(device_key(LAMP, "lamp")).await.expect("read").expect("it exists");
    assert_eq!((read.certificate, read.enabled), (Some(on_record), false));
    let on_record = certificate("renewed");
    assert_eq!(store.set_certificate(device_key(LAMP, "lamp"), on_record.clone()).await, Ok(()));
    assert_eq!(store.set_certificate(device_key(LAMP, "gone"), on_record.clone()).await, Err(StoreError::Missing));
    let filter = DeviceFilter { any_product: true, ..DeviceFilter::default() };
    let listed = store.devices(filter, FIRST_PAGE).await.expect("list").rows;
    let listed: Vec<_> = listed.into_iter().map(|device| device.certificate).collect();
    assert_eq!(listed, [None, Some(on_record.clone())]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&seen);
    let each = move |row: crate::registry::SignInRow| into.lock().expect("lock").push(row.fingerprint);
    store.sign_in_rows(Box::new(each)).await.expect("rows");
    let mut seen = seen.lock().expect("lock").clone();
    seen.sort_unstable();
    assert_eq!(seen, [None, Some(on_record.fingerprint)]);
}
