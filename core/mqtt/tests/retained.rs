//! The tree of retained messages against a map that is searched from end to end.

use std::collections::BTreeMap;

use lianwu_mqtt::filter::matches;
use lianwu_mqtt::retained::{RetainedBounds, RetainedFull, RetainedTree, Visit};
use proptest::prelude::*;

const NO_BOUNDS: RetainedBounds = RetainedBounds { count_max: usize::MAX, bytes_max: usize::MAX };

fn found(tree: &RetainedTree<u32>, filter: &str) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    tree.for_each_match(filter, |topic, value| {
        found.push((topic.to_owned(), *value));
        Visit::Continue
    });
    found
}

#[derive(Clone, Debug)]
enum Step {
    Insert(String, u32, usize),
    Remove(String),
    Find(String),
}

/// Few level names, so that topics meet.
fn level() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "a", "b", "$x"])
}

fn topic() -> impl Strategy<Value = String> {
    prop::collection::vec(level(), 1..5)
        .prop_map(|levels| levels.join("/"))
        .prop_filter("a topic is not empty", |topic| !topic.is_empty())
}

fn filter() -> impl Strategy<Value = String> {
    let level = prop_oneof![3 => level(), 2 => Just("+")];
    (prop::collection::vec(level, 0..4), any::<bool>())
        .prop_map(|(mut levels, open)| {
            levels.extend(open.then_some("#"));
            levels.join("/")
        })
        .prop_filter("a filter is not empty", |filter| !filter.is_empty())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (topic(), any::<u32>(), 0..20_usize).prop_map(|(topic, value, bytes)| Step::Insert(topic, value, bytes)),
        2 => topic().prop_map(Step::Remove),
        3 => filter().prop_map(Step::Find),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_tree_is_a_map(
        steps in prop::collection::vec(step(), 1..60),
        count_max in 1..12_usize,
        bytes_max in 10..200_usize,
    ) {
        let mut tree = RetainedTree::new(RetainedBounds { count_max, bytes_max });
        let mut map: BTreeMap<String, (u32, usize)> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Insert(topic, value, bytes) => {
                    let size = topic.len() + bytes;
                    let others: usize = map.iter().filter(|(known, _)| **known != topic).map(|(_, held)| held.1).sum();
                    let before = map.get(&topic).map(|held| held.0);
                    let expected = if before.is_none() && map.len() >= count_max {
                        Err(RetainedFull::Count { count_max })
                    } else if others + size > bytes_max {
                        Err(RetainedFull::Bytes { bytes_max })
                    } else {
                        map.insert(topic.clone(), (value, size));
                        Ok(before)
                    };
                    prop_assert_eq!(tree.insert(&topic, value, bytes), expected);
                }
                Step::Remove(topic) => {
                    prop_assert_eq!(tree.remove(&topic), map.remove(&topic).map(|held| held.0));
                }
                Step::Find(filter) => {
                    let mut in_tree = found(&tree, &filter);
                    in_tree.sort();
                    let in_map: Vec<_> = (map.iter())
                        .filter(|(topic, _)| matches(&filter, topic))
                        .map(|(topic, held)| (topic.clone(), held.0))
                        .collect();
                    prop_assert_eq!(in_tree, in_map, "{}", filter);
                }
            }
            prop_assert_eq!(tree.len(), map.len());
            prop_assert_eq!(tree.bytes(), map.values().map(|held| held.1).sum::<usize>());
        }
    }
}

/// A million topics, one publisher: does the tree stop at its bound, and does a look-up stop when told?
#[test]
fn a_flood_of_topics_ends_at_the_bound() {
    let mut tree = RetainedTree::new(RetainedBounds { count_max: 1000, ..NO_BOUNDS });
    let refused = (0..1_000_000).filter(|number| tree.insert(&format!("flood/{number}"), *number, 8).is_err()).count();
    assert_eq!((tree.len(), refused), (1000, 999_000));
    let mut visited = 0;
    tree.for_each_match("#", |_, _| {
        visited += 1;
        if visited == 10 { Visit::Stop } else { Visit::Continue }
    });
    assert_eq!(visited, 10);
    for number in 0..1000 {
        assert_eq!(tree.remove(&format!("flood/{number}")), Some(number));
    }
    assert_eq!((tree.is_empty(), tree.bytes()), (true, 0));
    assert_eq!(found(&tree, "#"), []);
}

#[test]
fn what_is_found_comes_in_order() {
    let mut tree = RetainedTree::new(NO_BOUNDS);
    for (value, topic) in ["b", "a/c", "a", "$x/a", "a/b/c"].into_iter().enumerate() {
        tree.insert(topic, value as u32, 0).unwrap();
    }
    let topics = |filter| found(&tree, filter).into_iter().map(|(topic, _)| topic).collect::<Vec<_>>();
    assert_eq!(topics("#"), ["a", "a/b/c", "a/c", "b"]);
    assert_eq!(topics("a/#"), ["a", "a/b/c", "a/c"]);
    assert_eq!(topics("+"), ["a", "b"]);
    assert_eq!(topics("$x/+"), ["$x/a"]);
    assert_eq!((tree.get("a/c"), tree.get("a/b")), (Some(&1), None));
}
