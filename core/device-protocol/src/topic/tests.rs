use super::*;

const DEVICE: &str = "dev001";

fn product() -> ProductId {
    "PID0000001".parse().unwrap()
}

fn own(topic: &str) -> bool {
    OwnTopics { product: product(), device: DEVICE }.is_own(topic)
}

/// Does every row of the topic table parse to its kind, both ways?
#[test]
fn every_system_topic_parses_to_its_kind() {
    let (product, device) = (product(), DEVICE);
    let thing = |kind| (Topic::ThingUp { kind, product, device }, Topic::ThingDown { kind, product, device });
    let (rrpc, iot) = (RrpcFamily::Rrpc, RrpcFamily::IotRrpc);
    let rows: &[(&str, Topic<'_>)] = &[
        ("$thing/up/property/PID0000001/dev001", thing(ThingKind::Property).0),
        ("$thing/down/property/PID0000001/dev001", thing(ThingKind::Property).1),
        ("$thing/up/event/PID0000001/dev001", thing(ThingKind::Event).0),
        ("$thing/down/event/PID0000001/dev001", thing(ThingKind::Event).1),
        ("$thing/up/action/PID0000001/dev001", thing(ThingKind::Action).0),
        ("$thing/down/action/PID0000001/dev001", thing(ThingKind::Action).1),
        ("$thing/up/service/PID0000001/dev001", thing(ThingKind::Service).0),
        ("$thing/down/service/PID0000001/dev001", thing(ThingKind::Service).1),
        ("$thing/up/raw/PID0000001/dev001", thing(ThingKind::Raw).0),
        ("$thing/down/raw/PID0000001/dev001", thing(ThingKind::Raw).1),
        ("$gateway/operation/PID0000001/dev001", Topic::GatewayUp { product, device }),
        ("$gateway/operation/result/PID0000001/dev001", Topic::GatewayDown { product, device }),
        ("$ota/report/PID0000001/dev001", Topic::OtaUp { product, device }),
        ("$ota/update/PID0000001/dev001", Topic::OtaDown { product, device }),
        ("$shadow/operation/PID0000001/dev001", Topic::ShadowUp { product, device }),
        ("$shadow/operation/result/PID0000001/dev001", Topic::ShadowDown { product, device }),
        ("$sys/operation/PID0000001/dev001", Topic::SysUp { product, device }),
        ("$sys/operation/result/PID0000001/dev001", Topic::SysDown { product, device }),
        ("$log/operation/PID0000001/dev001", Topic::LogUp { product, device }),
        ("$log/operation/result/PID0000001/dev001", Topic::LogDown { product, device }),
        ("$config/operation/PID0000001/dev001", Topic::ConfigUp { legacy: false, product, device }),
        ("$config/report/PID0000001/dev001", Topic::ConfigUp { legacy: true, product, device }),
        ("$config/operation/result/PID0000001/dev001", Topic::ConfigDown { legacy: false, product, device }),
        ("$config/update/PID0000001/dev001", Topic::ConfigDown { legacy: true, product, device }),
        ("$rrpc/txd/PID0000001/dev001/42", Topic::RrpcUp { family: rrpc, product, device, process: "42" }),
        ("$rrpc/rxd/PID0000001/dev001/42", Topic::RrpcDown { family: rrpc, product, device, process: "42" }),
        ("$iotrrpc/up/PID0000001/dev001/a1", Topic::RrpcUp { family: iot, product, device, process: "a1" }),
        ("$iotrrpc/down/PID0000001/dev001/a1", Topic::RrpcDown { family: iot, product, device, process: "a1" }),
        ("$broadcast/rxd/PID0000001/dev001", Topic::Broadcast { product, device }),
        ("$resource/up/service/PID0000001/dev001", Topic::ResourceUp { product, device }),
        ("$resource/down/service/PID0000001/dev001", Topic::ResourceDown { product, device }),
        ("$template/operation/PID0000001/dev001", Topic::TemplateUp { product, device }),
        ("$template/operation/result/PID0000001/dev001", Topic::TemplateDown { product, device }),
        ("PID0000001/dev001/data", Topic::Custom { product, device, rest: "data" }),
        ("PID0000001/dev001/a/b/c", Topic::Custom { product, device, rest: "a/b/c" }),
    ];
    for (text, expected) in rows {
        assert_eq!(Topic::parse(text), *expected, "{text}");
        assert_eq!(expected.owner(), Some((product, device)), "{text}");
        assert!(own(text), "{text}");
        let down = text.contains("down") || text.contains("rxd") || text.contains("result") || text.contains("update");
        let direction = match expected {
            Topic::Custom { .. } => Direction::Custom,
            _ if down => Direction::Down,
            _ => Direction::Up,
        };
        assert_eq!(expected.direction(), Some(direction), "{text}");
    }
}

#[test]
fn what_is_no_topic_of_ours_is_other() {
    let deep = format!("PID0000001/dev001{}", "/x".repeat(9));
    let long = format!("PID0000001/dev001/{}", "x".repeat(240));
    let long_name = format!("$ota/report/PID0000001/{}", "x".repeat(49));
    let rows = [
        "",
        "/",
        "$",
        "$thing",
        "$thing/up",
        "$thing/up/property",
        "$thing/up/property/",
        "$thing/up/property/PID0000001",
        "$thing/up/property/PID0000001/",
        "$thing/up/property/PID0000001/dev001/",
        "$thing/up/property/PID0000001/dev001/more",
        "$thing/up/property/PID000000/dev001",
        "$thing/up/property/PID00000011/dev001",
        "$thing/up/property/pid0000001/dev001",
        "$thing/up/property/PID0000001/dev 01",
        "$thing/up/property/PID0000001/+",
        "$thing/up/property/PID000000é/dev001",
        "$thing/up/colour/PID0000001/dev001",
        "$thing/sideways/property/PID0000001/dev001",
        "thing/up/property/PID0000001/dev001",
        "$rrpc/txd/PID0000001/dev001",
        "$rrpc/txd/PID0000001/dev001/",
        "$rrpc/txd/PID0000001/dev001/1/2",
        "$rrpc/rxd/PID0000001/dev001/+",
        "$broadcast/txd/PID0000001/dev001",
        "$unknown/operation/PID0000001/dev001",
        "PID0000001/dev001",
        "PID0000001/dev001/",
        "PID0000001/dev001/+",
        "PID0000001/dev001/#",
        "PID0000001/dev001/a\0b",
        &deep,
        &long,
        &long_name,
    ];
    for text in rows {
        assert_eq!(Topic::parse(text), Topic::Other, "{text}");
        assert_eq!(Topic::Other.owner(), None);
    }
}

#[test]
fn a_custom_topic_may_have_ten_levels_and_255_bytes() {
    let ten = format!("PID0000001/dev001{}", "/x".repeat(8));
    let full = format!("PID0000001/dev001/{}", "x".repeat(237));
    assert_eq!((levels(&ten), full.len()), (10, 255));
    assert!(matches!(Topic::parse(&ten), Topic::Custom { .. }));
    assert!(matches!(Topic::parse(&full), Topic::Custom { .. }));
}

#[test]
fn names_of_neighbours_are_not_own() {
    let rows = [
        "$thing/up/property/PID0000001/dev0011",
        "$thing/up/property/PID0000001/dev00",
        "$thing/up/property/PID0000002/dev001",
        "$thing/up/property/PID0000002/x/PID0000001/dev001",
        "$thing/up/property/PID0000001/dev001/x",
        "$unknown/PID0000001/dev001",
        "PID0000001/dev001",
        "PID0000001/dev001/",
        "PID0000001/dev0011/data",
        "PID0000002/dev001/data",
        "$rrpc/txd/PID0000001/dev001",
        "$rrpc/txd/PID0000001/dev0011/1",
        "",
    ];
    for text in rows {
        assert!(!own(text), "{text}");
    }
}

#[test]
fn written_topics_parse_back() {
    let (product, device) = (product(), DEVICE);
    let mut text = String::new();
    for kind in DownTopic::ALL {
        text.clear();
        match kind.rrpc() {
            Some(family) => rrpc_down_topic(family, product, device, "7", &mut text),
            None => down_topic(kind, product, device, &mut text),
        }
        assert_eq!(Topic::parse(&text).down(), Some(kind), "{text}");
        text.clear();
        subscription_filter(kind, product, device, &mut text);
        let subscription = Subscription::of_device(&text, product, device).unwrap();
        assert_eq!(subscription.down_topics(), DownTopics::only(kind), "{text}");
    }
    for kind in UpTopic::ALL {
        text.clear();
        match kind.rrpc() {
            Some(family) => rrpc_up_topic(family, product, device, "7", &mut text),
            None => up_topic(kind, product, device, &mut text),
        }
        assert_eq!(Topic::parse(&text).direction(), Some(Direction::Up), "{text}");
        assert_eq!(Topic::parse(&text).owner(), Some((product, device)), "{text}");
        let refused = Subscription::parse(&text);
        assert_eq!(refused, Err(FilterError::UpTopic), "{text}");
    }
}

#[test]
fn filters_beyond_a_devices_rights_are_refused_with_the_cause() {
    let deep = format!("PID0000001/dev001{}", "/x".repeat(9));
    let long = "x".repeat(256);
    let rows = [
        ("", FilterError::Empty),
        (&*long, FilterError::TooLong(256)),
        (&*deep, FilterError::TooDeep(11)),
        ("#", FilterError::MultiLevelWildcard),
        ("$thing/down/#", FilterError::MultiLevelWildcard),
        ("PID0000001/dev001/#", FilterError::MultiLevelWildcard),
        ("+", FilterError::Wildcard),
        ("$thing/down/+/PID0000001/dev001", FilterError::Wildcard),
        ("$thing/down/property/+/dev001", FilterError::Wildcard),
        ("$thing/down/property/PID0000001/+", FilterError::Wildcard),
        ("PID0000001/+/data", FilterError::Wildcard),
        ("PID0000001/dev001/a+", FilterError::Wildcard),
        ("$rrpc/rxd/PID0000001/+/+", FilterError::Wildcard),
        ("$rrpc/rxd/PID0000001/dev001/+/+", FilterError::Wildcard),
        ("$rrpc/rxd/PID0000001/dev001/42", FilterError::RrpcWithoutWildcard),
        ("$thing/up/property/PID0000001/dev001", FilterError::UpTopic),
        ("$rrpc/txd/PID0000001/dev001/+", FilterError::UpTopic),
        ("$thing/down/colour/PID0000001/dev001", FilterError::Unknown),
        ("PID0000001/dev001", FilterError::Unknown),
        ("$share/g/PID0000001/dev001/data", FilterError::Unknown),
        ("$thing/down/property/PID0000001/dev002", FilterError::Foreign),
        ("$thing/down/property/PID0000002/dev001", FilterError::Foreign),
        ("PID0000001/dev002/data", FilterError::Foreign),
        ("$rrpc/rxd/PID0000001/dev002/+", FilterError::Foreign),
    ];
    for (filter, expected) in rows {
        assert_eq!(Subscription::of_device(filter, product(), DEVICE), Err(expected), "{filter}");
    }
}

#[test]
fn a_lone_plus_is_allowed_in_the_tail_of_a_custom_filter() {
    let subscription = Subscription::of_device("PID0000001/dev001/room/+/set", product(), DEVICE).unwrap();
    let expected = Subscription::Custom { product: product(), device: DEVICE, rest: "room/+/set" };
    assert_eq!(subscription, expected);
    assert!(subscription.down_topics().is_empty());
}

#[test]
fn the_set_of_down_topics_keeps_one_bit_per_kind() {
    let mut set = DownTopics::NONE;
    for kind in DownTopic::ALL {
        assert!(!set.contains(kind));
        set.insert(kind);
        assert!(set.contains(kind));
    }
    assert_eq!(set.bits(), (1 << 17) - 1);
    assert_eq!(set.iter().count(), 17);
    assert_eq!(DownTopics::from_bits(u32::MAX), set);
    set.remove(DownTopic::Ota);
    assert_eq!(set.union(DownTopics::only(DownTopic::Ota)).bits(), (1 << 17) - 1);
    assert!(!set.contains(DownTopic::Ota));
    assert_eq!(format!("{:?}", DownTopics::only(DownTopic::Ota)), "{Ota}");
}

#[test]
fn names_to_publish_to_are_checked_for_form() {
    let deep = "a/".repeat(10);
    let long = "x".repeat(256);
    let rows = [
        ("", Err(NameError::Empty)),
        ("a/+", Err(NameError::Wildcard)),
        ("a/b#", Err(NameError::Wildcard)),
        ("a\0", Err(NameError::Nul)),
        (&*deep, Err(NameError::TooDeep(11))),
        (&*long, Err(NameError::TooLong(256))),
        ("any/thing", Ok(())),
    ];
    for (name, expected) in rows {
        assert_eq!(check_name(name), expected, "{name}");
    }
}
