//! Whatever is asked after whatever was done: do the file and the twin in memory answer alike?

use lianwu_model::{DeviceNumber, ProductId};
use lianwu_ports::registry::memory::MemoryRegistry;
use lianwu_ports::registry::suite::{LAMP, METER, device, device_key, with_products};
use lianwu_ports::registry::{DeviceFilter, Devices, Numbers, Slice};
use lianwu_sqlite::{SealKey, SqliteRegistry};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// One call on the devices of a small world, where names and tags often meet.
#[derive(Clone, Debug)]
enum Call {
    Create(Vec<(&'static str, String, Vec<&'static str>)>),
    Delete(Vec<(&'static str, String)>),
    Tag(&'static str, String, Vec<&'static str>),
    List(DeviceFilter, Slice),
}

fn product() -> impl Strategy<Value = &'static str> {
    select(&[LAMP, METER][..])
}

fn name() -> impl Strategy<Value = String> {
    "[aAb_:-]{1,5}"
}

fn tags() -> impl Strategy<Value = Vec<&'static str>> {
    vec(select(&["a=1", "a=2", "b=1", "b=", "键=\"值"][..]), 0..3)
}

fn filter() -> impl Strategy<Value = DeviceFilter> {
    let tag = select(&[("a", "1"), ("a", "2"), ("b", ""), ("键", "\"值"), ("b", "2")][..])
        .prop_map(|(key, value)| (key.to_owned(), value.to_owned()));
    let products = vec(product().prop_map(|id| id.parse::<ProductId>().expect("an id")), 0..3);
    let hidden = (product(), tags())
        .prop_map(|(product, tags)| (product.parse().expect("an id"), device(product, "x", &tags).tags));
    let some = || vec((1..40_u32).prop_map(DeviceNumber), 0..12);
    let numbers = prop_oneof![
        2 => Just(Numbers::Any),
        1 => some().prop_map(Numbers::Only),
        1 => some().prop_map(Numbers::Except),
    ];
    let name = proptest::option::of("[aAb_:%*\"-]{0,4}");
    (products, any::<bool>(), name, vec(tag, 0..3), vec(hidden, 0..3), numbers).prop_map(
        |(products, any_product, name, tags, hidden, numbers)| DeviceFilter {
            products,
            any_product,
            name,
            tags,
            hidden,
            numbers,
        },
    )
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        3 => vec((product(), name(), tags()), 1..6).prop_map(Call::Create),
        1 => vec((product(), name()), 1..3).prop_map(Call::Delete),
        1 => (product(), name(), tags()).prop_map(|(product, name, tags)| Call::Tag(product, name, tags)),
        4 => (filter(), 0..6_u64, 0..9_u64)
            .prop_map(|(filter, offset, limit)| Call::List(filter, Slice { offset, limit })),
    ]
}

/// What the store answered, as text: results of all calls in one form.
async fn answer(store: &impl Devices, call: Call) -> String {
    match call {
        Call::Create(devices) => {
            let devices = devices.iter().map(|(product, name, tags)| device(product, name, tags)).collect();
            format!("{:?}", store.create_devices(devices).await)
        }
        Call::Delete(keys) => {
            let keys = keys.iter().map(|(product, name)| device_key(product, name)).collect();
            format!("{:?}", store.delete_devices(keys).await)
        }
        Call::Tag(product, name, tags) => format!("{:?}", store.update_device(device(product, &name, &tags)).await),
        // What it cost differs.
        Call::List(filter, slice) => {
            format!("{:?}", store.devices(filter, slice).await.map(|listed| (listed.rows, listed.total)))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn the_file_answers_like_the_twin(calls in vec(call(), 1..40)) {
        let folder = tempfile::tempdir().expect("a folder");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let path = folder.path().join("registry.db");
            let file = SqliteRegistry::open(&path, SealKey::from_bytes([7; 32])).expect("open");
            let twin = MemoryRegistry::new();
            with_products(&*file).await;
            with_products(&twin).await;
            for call in calls {
                let (file, twin) = (answer(&*file, call.clone()).await, answer(&twin, call.clone()).await);
                prop_assert_eq!(file, twin, "{:?}", call);
            }
            file.close().await;
            Ok(())
        })?;
    }
}
