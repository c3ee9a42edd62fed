//! Is a list by state what the devices are, page by page, and as cheap as it says?

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use lianwu_device_protocol::credentials::DeviceSecret;
use lianwu_model::{DeviceKey, DeviceNumber, ProductId};
use proptest::prelude::*;

use super::super::{Directory, DirectoryDevice};
use super::{StateCounts, StateFilter, Walked};

const LAMP: &str = "LAMP000001";
const METER: &str = "METER00001";
const STATES: [StateFilter; 5] =
    [StateFilter::Any, StateFilter::Online, StateFilter::Offline, StateFilter::NeverActivated, StateFilter::Disabled];

fn id(text: &str) -> ProductId {
    text.parse().unwrap()
}

/// Number `n` is called `n<n>`; even ones are lamps.
fn product_of(number: u32) -> ProductId {
    id(if number.is_multiple_of(2) { LAMP } else { METER })
}

fn put(directory: &Directory, number: u32) {
    let key = DeviceKey { product: product_of(number), device: format!("n{number}").parse().unwrap() };
    let secret = DeviceSecret::parse("MTIzNDU2Nzg5MGFiY2RlZg==").unwrap();
    directory.put(DirectoryDevice::new(key, DeviceNumber(number), secret, true));
}

/// Everything page by page, and what the most expensive page looked at.
fn pages(directory: &Directory, products: &[ProductId], state: StateFilter, rows: usize) -> (Vec<u32>, u64) {
    let (mut all, mut before, mut most) = (Vec::new(), None, 0);
    loop {
        let mut page = Vec::new();
        let Walked { looked_at, next } = directory.newest_first(products, state, before, u64::MAX, |device| {
            page.push(device.number.0);
            if page.len() == rows { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(next.is_none() || page.len() == rows, "a page in the middle is full");
        all.extend(page);
        most = most.max(looked_at);
        before = next;
        if before.is_none() {
            return (all, most);
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Register,
    Delete,
    Come,
    Go,
    Enable,
    Disable,
}

/// What the order must say, kept the plain way.
#[derive(Default)]
struct Expected {
    registered: BTreeSet<u32>,
    online: BTreeSet<u32>,
    activated: BTreeSet<u32>,
    disabled: BTreeSet<u32>,
}

impl Expected {
    fn step(&mut self, directory: &Directory, step: Step, number: u32) {
        let found = directory.find(product_of(number), &format!("n{number}"));
        match (step, found) {
            (Step::Register, None) => {
                put(directory, number);
                self.registered.insert(number);
            }
            (Step::Delete, Some(device)) => {
                directory.remove(device.product, device.name.as_str());
                for set in [&mut self.registered, &mut self.online, &mut self.activated, &mut self.disabled] {
                    set.remove(&number);
                }
                // Its connection ends behind that.
                if device.is_online() {
                    device.set_online(false);
                }
            }
            (Step::Come, Some(device)) if !device.is_online() => {
                device.set_online(true);
                self.online.insert(number);
                self.activated.insert(number);
            }
            (Step::Go, Some(device)) if device.is_online() => {
                device.set_online(false);
                self.online.remove(&number);
            }
            (Step::Enable, Some(device)) => {
                device.set_enabled(true);
                self.disabled.remove(&number);
            }
            (Step::Disable, Some(device)) => {
                device.set_enabled(false);
                self.disabled.insert(number);
            }
            _ => {}
        }
    }

    fn newest_first(&self, state: StateFilter, products: &[ProductId]) -> Vec<u32> {
        let fits = |number: &&u32| match state {
            StateFilter::Any => true,
            StateFilter::Online => self.online.contains(number),
            StateFilter::Offline => self.activated.contains(number) && !self.online.contains(number),
            StateFilter::NeverActivated => !self.activated.contains(number),
            StateFilter::Disabled => self.disabled.contains(number),
        };
        let mine = |number: &&u32| products.contains(&product_of(**number));
        self.registered.iter().rev().filter(mine).filter(fits).copied().collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn lists_and_counts_follow_whatever_happens(
        steps in proptest::collection::vec((0..6_usize, 1..300_u32), 0..300),
        rows in 1..40_usize,
    ) {
        let directory = Directory::default();
        let mut expected = Expected::default();
        let all = [Step::Register, Step::Delete, Step::Come, Step::Go, Step::Enable, Step::Disable];
        for number in 1..120 {
            expected.step(&directory, Step::Register, number);
        }
        for (step, number) in steps {
            expected.step(&directory, all[step], number);
        }
        for products in [&[id(LAMP)][..], &[id(METER), id(LAMP)], &[]] {
            for state in STATES {
                prop_assert_eq!(pages(&directory, products, state, rows).0, expected.newest_first(state, products));
            }
            let count = |state| expected.newest_first(state, products).len() as u64;
            let counts = directory.state_counts(products);
            let found = (counts.registered, counts.online, counts.offline(), counts.never_activated(), counts.disabled);
            prop_assert_eq!(found, (
                count(StateFilter::Any), count(StateFilter::Online), count(StateFilter::Offline),
                count(StateFilter::NeverActivated), count(StateFilter::Disabled),
            ));
        }
    }
}

/// With 100,000 devices: does each page look at what it shows, and is a state that is rare found without looking at the others?
#[test]
fn pages_of_100_000_devices_look_at_what_they_show() {
    const DEVICES: u32 = 100_000;
    let directory = Directory::default();
    (1..=DEVICES).for_each(|number| put(&directory, number));
    let find = |number: u32| directory.find(product_of(number), &format!("n{number}")).unwrap();
    (1..=DEVICES).step_by(5).for_each(|number| find(number).set_online(true));
    for number in [3, 50_001, 99_999] {
        find(number).set_enabled(false);
    }
    let products = [id(LAMP), id(METER)];
    let counts = directory.state_counts(&products);
    assert_eq!(counts, StateCounts { registered: 100_000, online: 20_000, activated: 20_000, disabled: 3 });
    // A page's rows, as many groups at most, and one more of each product.
    for (state, total) in
        [(StateFilter::Any, 100_000), (StateFilter::Online, 20_000), (StateFilter::NeverActivated, 80_000)]
    {
        let (all, most) = pages(&directory, &products, state, 100);
        assert_eq!(all.len(), total, "{state:?}");
        assert!(all.is_sorted_by(|a, b| a > b));
        assert!(most <= 204, "{state:?}: a page looked at {most}");
    }
    let (disabled, most) = pages(&directory, &products, StateFilter::Disabled, 100);
    assert_eq!(disabled, [99_999, 50_001, 3]);
    assert!(most <= 3 + 2 * (DEVICES as u64 / 64 + 1), "all groups of both products, no device but the three: {most}");
    assert!(pages(&directory, &products, StateFilter::Offline, 100).0.is_empty());
}

/// Does a walk that finds nothing stop at its bound, and go on where it was?
#[test]
fn a_walk_is_bounded() {
    let directory = Directory::default();
    (1..=10_000).for_each(|number| put(&directory, number));
    let (mut before, mut seen, mut calls) = (None, 0, 0);
    loop {
        let look = |_: &std::sync::Arc<DirectoryDevice>| {
            seen += 1;
            ControlFlow::Continue(())
        };
        let walked = directory.newest_first(&[id(LAMP)], StateFilter::Any, before, 1_000, look);
        // A group has 32 of them.
        assert!(walked.looked_at <= 1_000 + 33, "{walked:?}");
        (before, calls) = (walked.next, calls + 1);
        if before.is_none() {
            break;
        }
    }
    assert_eq!((seen, calls), (5_000, 5), "the last call knows that it is the last");
}
