//! Topic names and filters. Source: MQTT 3.1.1 §4.7; most rows of the tables are its examples.

use lianwu_mqtt::filter::{is_valid_filter, is_valid_topic, level_count, matches};
use proptest::prelude::*;

#[test]
fn which_filters_are_valid() {
    for (filter, expected) in [
        ("sport/tennis/#", true),
        ("#", true),
        ("+", true),
        ("+/tennis/#", true),
        ("sport/+/player1", true),
        ("/", true),
        ("//", true),
        ("/finance", true),
        ("$SYS/#", true),
        ("房间/+", true),
        ("", false),
        ("sport/tennis#", false),
        ("sport/tennis/#/ranking", false),
        ("#/", false),
        ("##", false),
        ("sport+", false),
        ("+sport", false),
        ("a/++/b", false),
        ("a/+#", false),
    ] {
        assert_eq!(is_valid_filter(filter), expected, "{filter:?}");
    }
}

#[test]
fn which_topics_are_valid() {
    for (topic, expected) in
        [("a", true), ("/", true), ("$thing/up", true), ("", false), ("a/+", false), ("#", false), ("a#b", false)]
    {
        assert_eq!(is_valid_topic(topic), expected, "{topic:?}");
    }
}

#[test]
fn what_a_filter_matches() {
    for (filter, topic, expected) in [
        ("sport/tennis/player1/#", "sport/tennis/player1", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
        ("sport/tennis/player1/#", "sport/tennis/player10", false),
        ("sport/#", "sport", true),
        ("sport/tennis/+", "sport/tennis/player1", true),
        ("sport/tennis/+", "sport/tennis/player1/ranking", false),
        ("sport/+", "sport", false),
        ("sport/+", "sport/", true),
        ("+/+", "/finance", true),
        ("/+", "/finance", true),
        ("+", "/finance", false),
        ("#", "$SYS/monitor", false),
        ("+/monitor/Clients", "$SYS/monitor/Clients", false),
        ("$SYS/#", "$SYS/monitor", true),
        ("$SYS/monitor/+", "$SYS/monitor/Clients", true),
        ("ACCOUNTS", "Accounts", false),
        ("a", "a/", false),
        ("a/", "a", false),
        ("a//b", "a/b", false),
        ("a/+/b", "a//b", true),
    ] {
        assert_eq!(matches(filter, topic), expected, "{filter:?} {topic:?}");
    }
}

#[test]
fn levels_are_counted() {
    for (topic, levels) in [("a", 1), ("/", 2), ("/a", 2), ("$thing/up/property/P/d", 5), ("a//", 3)] {
        assert_eq!(level_count(topic), levels, "{topic:?}");
    }
    assert_eq!(level_count(&["x"; 200].join("/")), 200);
}

/// The rules said again, one by one, on lists of levels.
fn matches_slowly(filter: &[&str], topic: &[&str], at_start: bool) -> bool {
    let reserved = at_start && topic.first().is_some_and(|level| level.starts_with('$'));
    match (filter.split_first(), topic.split_first()) {
        (Some((&"#", [])), _) => !reserved,
        (None, None) => true,
        (Some((&"+", filter)), Some((_, topic))) => !reserved && matches_slowly(filter, topic, false),
        (Some((want, filter)), Some((have, topic))) => want == have && matches_slowly(filter, topic, false),
        _ => false,
    }
}

/// Valid filters as levels: `#` only at the end.
fn filter_levels() -> impl Strategy<Value = Vec<&'static str>> {
    let levels = prop::collection::vec(prop::sample::select(&["a", "b", "", "$a", "+"]), 0..5);
    (levels, any::<bool>())
        .prop_map(|(mut levels, tail)| {
            levels.extend(tail.then_some("#"));
            levels
        })
        .prop_filter("a filter is not empty", |levels| is_valid_filter(&levels.join("/")))
}

/// Valid topics as levels.
fn topic_levels() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(&["a", "b", "", "$a"]), 1..6)
        .prop_filter("a topic is not empty", |levels| is_valid_topic(&levels.join("/")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn matching_agrees_with_the_slow_way(filter in filter_levels(), topic in topic_levels()) {
        let expected = matches_slowly(&filter, &topic, true);
        prop_assert_eq!(matches(&filter.join("/"), &topic.join("/")), expected);
    }

    #[test]
    fn validity_agrees_with_the_slow_way(filter in "[a+#/$]{0,8}") {
        let levels: Vec<_> = filter.split('/').collect();
        let last = levels.len() - 1;
        let valid = !filter.is_empty()
            && levels.iter().enumerate().all(|(index, level)| match *level {
                "+" => true,
                "#" => index == last,
                level => !level.contains(['+', '#']),
            });
        prop_assert_eq!(is_valid_filter(&filter), valid);
    }
}
