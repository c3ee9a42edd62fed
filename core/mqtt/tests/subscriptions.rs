//! The tree of subscriptions against a list of filters that is searched from end to end.

use lianwu_mqtt::filter::matches;
use lianwu_mqtt::subscriptions::{Fitness, SubscriptionTree, split_shared};
use proptest::prelude::*;

fn matching(tree: &SubscriptionTree<u32>, topic: &str) -> Vec<u32> {
    let mut found = Vec::new();
    tree.for_each_match(topic, |value| found.push(*value));
    found.sort_unstable();
    found
}

/// One step of a random life.
#[derive(Clone, Debug)]
enum Step {
    Insert(String),
    /// Which of those that are in there.
    Remove(prop::sample::Index),
    Match(String),
}

/// Few level names, so that filters meet.
fn level() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "a", "b", "c", "$x"])
}

fn filter() -> impl Strategy<Value = String> {
    let level = prop_oneof![3 => level(), 2 => Just("+")];
    (prop::collection::vec(level, 1..5), any::<bool>()).prop_map(|(mut levels, open)| {
        if open {
            levels.push("#");
        }
        levels.join("/")
    })
}

fn topic() -> impl Strategy<Value = String> {
    prop::collection::vec(level(), 1..6).prop_map(|levels| levels.join("/"))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => filter().prop_map(Step::Insert),
        2 => any::<prop::sample::Index>().prop_map(Step::Remove),
        3 => topic().prop_map(Step::Match),
    ]
}

proptest! {
    /// Does the tree find exactly what a search through all filters finds, whatever was inserted and removed before?
    #[test]
    fn finds_what_a_list_finds(steps in prop::collection::vec(step(), 1..120)) {
        let mut tree = SubscriptionTree::default();
        let mut list: Vec<(String, u32)> = Vec::new();
        for (number, step) in (0_u32..).zip(steps) {
            match step {
                Step::Insert(filter) => {
                    tree.insert(&filter, number);
                    list.push((filter, number));
                }
                Step::Remove(which) if !list.is_empty() => {
                    let (filter, value) = list.swap_remove(which.index(list.len()));
                    prop_assert_eq!(tree.remove(&filter, |known| *known == value), Some(value));
                    prop_assert_eq!(tree.remove(&filter, |known| *known == value), None);
                }
                Step::Remove(_) => {}
                Step::Match(topic) if topic.is_empty() => {}
                Step::Match(topic) => {
                    let mut expected: Vec<u32> =
                        list.iter().filter(|(filter, _)| matches(filter, &topic)).map(|(_, value)| *value).collect();
                    expected.sort_unstable();
                    prop_assert_eq!(matching(&tree, &topic), expected, "{}", topic);
                }
            }
            prop_assert_eq!(tree.len(), list.len());
        }
    }
}

/// Does a group's turn pass over whoever is unfit, end with a spare one if nobody is fit, and with nobody if there is none?
#[test]
fn a_turn_goes_to_whoever_is_fit() {
    let mut tree = SubscriptionTree::default();
    for member in 0..4 {
        tree.insert("$share/group/plant/+", member);
    }
    tree.insert("plant/7", 9);
    let turns = |tree: &SubscriptionTree<u32>, fitness: [Fitness; 4]| {
        let mut taken = Vec::new();
        for _ in 0..8 {
            let fit = |member: &u32| fitness.get(*member as usize).copied().unwrap_or(Fitness::Unfit);
            tree.for_each_fit_match("plant/7", fit, |member| taken.push(*member));
        }
        assert_eq!(taken.iter().filter(|member| **member == 9).count(), 8, "outside of groups nobody is passed over");
        taken.retain(|member| *member != 9);
        taken.sort_unstable();
        taken
    };
    let (fit, spare, unfit) = (Fitness::Fit, Fitness::Spare, Fitness::Unfit);
    assert_eq!(turns(&tree, [fit; 4]), [0, 0, 1, 1, 2, 2, 3, 3]);
    assert_eq!(turns(&tree, [fit, spare, fit, unfit]), [0, 0, 0, 0, 2, 2, 2, 2]);
    assert_eq!(turns(&tree, [unfit, spare, unfit, unfit]), [1; 8]);
    assert_eq!(turns(&tree, [unfit; 4]), [0; 0]);
}

/// Does each message go to one member of a group, in turn, and to everybody outside of it?
#[test]
fn a_group_shares_its_messages() {
    let mut tree = SubscriptionTree::default();
    for value in 1..=3 {
        tree.insert("$share/workers/plant/+", value);
    }
    tree.insert("$share/others/plant/#", 10);
    tree.insert("plant/7", 20);
    let mut counts = [0; 21];
    for _ in 0..30 {
        let found = matching(&tree, "plant/7");
        assert_eq!((found.len(), &found[1..]), (3, &[10, 20][..]), "{found:?}");
        found.iter().for_each(|value| counts[*value as usize] += 1);
    }
    assert_eq!(counts[1..=3], [10, 10, 10]);
    assert_eq!(tree.remove("$share/workers/plant/+", |value| *value == 2), Some(2));
    assert_eq!(tree.remove("plant/+", |_| true), None, "members of a group are no ordinary subscribers");
    for value in [1, 3] {
        assert_eq!(tree.remove("$share/workers/plant/+", |known| *known == value), Some(value));
    }
    assert_eq!(matching(&tree, "plant/7"), [10, 20]);
}

#[test]
fn shared_filters_are_taken_apart() {
    for (filter, expected) in [
        ("a/b", Some((None, "a/b"))),
        ("$share/g/a/+", Some((Some("g"), "a/+"))),
        ("$share/g//", Some((Some("g"), "/"))),
        ("$share/g/", None),
        ("$share/g", None),
        ("$share//a", None),
        ("$share/+/a", None),
        ("$shared/g/a", Some((None, "$shared/g/a"))),
    ] {
        assert_eq!(split_shared(filter), expected, "{filter}");
    }
}

/// Does the tree say when another message on the same topic may go to somebody else?
#[test]
fn a_choice_of_a_group_is_told() {
    let mut tree = SubscriptionTree::default();
    tree.insert("plant/+", 1);
    assert!(!tree.for_each_match("plant/7", |_| {}));
    tree.insert("$share/readers/plant/#", 2);
    for topic in ["plant/7", "plant", "plant/7/x"] {
        assert!(tree.for_each_match(topic, |_| {}), "{topic}");
    }
    assert!(!tree.for_each_match("office/7", |_| {}));
}
