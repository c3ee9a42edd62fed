use super::*;

const LAMP: &str = "LAMP000001";

fn product() -> ProductId {
    LAMP.parse().unwrap()
}

fn table(topics: &[(&str, TopicPermission)]) -> TopicTable {
    topics.iter().fold(TopicTable::empty(), |table, (name, permission)| {
        table.with(product(), name, *permission).unwrap_or_else(|error| panic!("{name}: {error}"))
    })
}

/// Does a product start with the three topics of the vendor, each with its direction?
#[test]
fn a_product_starts_with_three_topics() {
    let table = TopicTable::default();
    for (rest, publish, subscribe) in
        [("control", false, true), ("event", true, false), ("data", true, true), ("other", false, false)]
    {
        assert_eq!(table.may_publish("d", rest), publish, "{rest}");
        assert_eq!(table.may_subscribe("d", rest), subscribe, "{rest}");
        assert_eq!(table.has("d", rest), publish || subscribe, "{rest}");
    }
    let names: Vec<_> = table.policies().iter().map(TopicPolicy::name).collect();
    let fixed = "${ProductId}/${DeviceName}";
    assert_eq!(names, [format!("{fixed}/control"), format!("{fixed}/event"), format!("{fixed}/data")]);
}

/// Which names can a product have, and what is said of the others?
#[test]
fn names_of_topics() {
    use TopicNameError as E;
    let long = format!("{LAMP}/d/{}", "x".repeat(196));
    for (name, expected) in [
        ("${ProductId}/${DeviceName}/msg", Ok(())),
        ("${productid}/${devicename}/msg", Ok(())),
        ("{ProductID}/{deviceName}/msg", Ok(())),
        ("LAMP000001/${deviceName}/msg", Ok(())),
        ("LAMP000001/lamp-1/msg", Ok(())),
        ("${ProductId}/${DeviceName}/a_1/+/Z9", Ok(())),
        ("${ProductId}/${DeviceName}/1/2/3/4/5/6/7/8", Ok(())),
        ("${ProductId}/${DeviceName}/1/2/3/4/5/6/7/8/9", Err(E::TooDeep)),
        (long.as_str(), Err(E::TooLong)),
        ("METER00001/${DeviceName}/msg", Err(E::Product)),
        ("msg", Err(E::Product)),
        ("$thing/up/property", Err(E::Product)),
        ("+/${DeviceName}/msg", Err(E::Product)),
        ("LAMP000001/+/msg", Err(E::Device)),
        ("LAMP000001//msg", Err(E::Device)),
        ("LAMP000001/${DeviceName}", Err(E::NoRest)),
        ("LAMP000001/${DeviceName}/", Err(E::NoRest)),
        ("LAMP000001/${DeviceName}/a//b", Err(E::Level)),
        ("LAMP000001/${DeviceName}/a/", Err(E::Level)),
        ("LAMP000001/${DeviceName}/#", Err(E::Level)),
        ("LAMP000001/${DeviceName}/a+", Err(E::Level)),
        ("LAMP000001/${DeviceName}/a-b", Err(E::Level)),
        ("LAMP000001/${DeviceName}/灯", Err(E::Level)),
    ] {
        assert_eq!(TopicPolicy::new(product(), name, TopicPermission::Subscribe).map(drop), expected, "{name}");
    }
    for permission in [TopicPermission::Publish, TopicPermission::Both] {
        let name = "LAMP000001/${DeviceName}/+/msg";
        assert_eq!(TopicPolicy::new(product(), name, permission), Err(E::WildcardToPublish));
    }
}

/// faq-65: does `+` stand only where the product's topic has it, and may a device ask for less?
#[test]
fn a_filter_is_covered_level_by_level() {
    let table = table(&[("${ProductId}/${DeviceName}/+/msg", TopicPermission::Subscribe)]);
    for (filter, allowed) in [
        ("+/msg", true),
        ("room/msg", true),
        ("+/+", false),
        ("msg", false),
        ("room/other", false),
        ("a/b/msg", false),
        ("+/msg/x", false),
    ] {
        assert_eq!(table.may_subscribe("d", filter), allowed, "{filter}");
    }
    assert!(!table.may_publish("d", "room/msg"));
}

/// Does a topic that names a device hold for that device alone, beside one for all?
#[test]
fn a_topic_of_one_device() {
    let table = table(&[
        ("LAMP000001/one/msg", TopicPermission::Publish),
        ("${ProductId}/${DeviceName}/msg", TopicPermission::Subscribe),
    ]);
    assert!(table.may_publish("one", "msg") && table.may_subscribe("one", "msg"));
    assert!(!table.may_publish("two", "msg") && table.may_subscribe("two", "msg"));
}

/// Is a topic the same however its fixed levels are written, and is the table of a hundred full?
#[test]
fn a_table_changes_by_name() {
    let start = TopicTable::default();
    let (publish, both) = (TopicPermission::Publish, TopicPermission::Both);
    let control = "LAMP000001/${devicename}/control";
    assert_eq!(start.with(product(), control, publish), Err(TopicTableError::Taken));
    assert_eq!(start.find(product(), control).unwrap().permission(), TopicPermission::Subscribe);
    let changed = start.changed(product(), control, "${ProductId}/${DeviceName}/orders", both).unwrap();
    assert!(changed.may_publish("d", "orders") && !changed.has("d", "control"));
    assert_eq!(changed.policies()[0].name(), "${ProductId}/${DeviceName}/orders", "in its place");
    let taken = start.changed(product(), control, "${ProductId}/${DeviceName}/data", both);
    assert_eq!(taken, Err(TopicTableError::Taken));
    assert!(start.changed(product(), control, control, both).is_ok(), "under its own name");
    assert_eq!(start.changed(product(), "LAMP000001/x/no", control, both), Err(TopicTableError::Missing));
    let without = start.without(product(), control).unwrap();
    assert_eq!(without.without(product(), control), Err(TopicTableError::Missing));
    let mut full = TopicTable::empty();
    for number in 0..TOPICS_MAX {
        full = full.with(product(), &format!("LAMP000001/${{DeviceName}}/t{number}"), both).unwrap();
    }
    assert_eq!(full.with(product(), "LAMP000001/${DeviceName}/more", both), Err(TopicTableError::TooMany));
    assert!((0..TOPICS_MAX).all(|number| full.may_publish("d", &format!("t{number}"))));
    assert!(!full.may_publish("d", "t100") && !full.may_publish("d", "t"));
}

#[test]
fn numbers_of_permissions() {
    for number in 1..=3 {
        assert_eq!(TopicPermission::from_privilege(number).map(TopicPermission::privilege), Some(number));
    }
    assert_eq!((TopicPermission::from_privilege(0), TopicPermission::from_privilege(4)), (None, None));
}
