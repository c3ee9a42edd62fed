use std::net::Ipv4Addr;

use super::*;

const LAMP: &str = "LAMP000001lamp";
const OTHER: &str = "LAMP000001other";

struct World {
    failures: Failures,
    now: Instant,
}

impl World {
    fn new() -> Self {
        let now = Instant::now();
        Self { failures: Failures::new(5, now).unwrap(), now }
    }

    fn after(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    fn must_wait(&self, source: u32, client_id: &str) -> bool {
        self.failures.must_wait(self.now, &attempt(source, client_id))
    }

    /// A wrong password, if it is looked at.
    fn fails(&self, source: u32, client_id: &str) -> bool {
        let is_looked_at = !self.must_wait(source, client_id);
        if is_looked_at {
            self.failures.failed(self.now, &attempt(source, client_id));
        }
        is_looked_at
    }

    /// How many of so many wrong passwords are looked at?
    fn looked_at(&self, tries: u32, source: impl Fn(u32) -> u32, client_id: impl Fn(u32) -> String) -> usize {
        (0..tries).filter(|at| self.fails(source(*at), &client_id(*at))).count()
    }
}

fn attempt(source: u32, client_id: &str) -> Attempt<'_> {
    Attempt { source: Ipv4Addr::from_bits(source).into(), client_id }
}

/// Does the wait double with every window of failures, up to its bound, and end by itself?
#[test]
fn waits_grow_up_to_a_bound_and_are_forgotten() {
    let mut world = World::new();
    let mut waits = Vec::new();
    for _ in 0..9 {
        while world.fails(1, LAMP) {}
        let mut seconds = 0;
        while world.must_wait(1, LAMP) {
            world.after(1);
            seconds += 1;
        }
        waits.push(seconds);
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    world.after(WINDOW.as_secs() + 1);
    assert_eq!(world.looked_at(20, |_| 1, |_| LAMP.into()), 5, "after a quiet window it begins anew");
    world.after(1);
    assert!(!world.must_wait(1, LAMP));
}

/// Does the device with the right password get in while its name is flooded from one address, and from thousands?
#[test]
fn a_flood_from_elsewhere_does_not_keep_the_device_out() {
    let world = World::new();
    assert_eq!(world.looked_at(1_000, |_| 7, |_| LAMP.into()), 5);
    assert!(!world.must_wait(1, LAMP));
    let looked_at = world.looked_at(5_000, |at| 1_000 + at % 1_000, |_| LAMP.into());
    assert!((1_000..1_200).contains(&looked_at), "{looked_at}: one try each, and those the table forgot");
    assert!(!world.must_wait(1, LAMP), "the device itself has failed nothing");
    world.failures.succeeded(&attempt(1, LAMP));
    assert!(!world.must_wait(1, LAMP));
}

/// Is a source that tries many names slowed down, but no other source?
#[test]
fn a_source_that_tries_many_names_has_to_wait() {
    let world = World::new();
    assert_eq!(world.looked_at(1_000, |_| 7, |at| format!("LAMP000001name{at}")), 100);
    assert!(world.must_wait(7, OTHER));
    assert!(!world.must_wait(8, OTHER));
}

/// Do many sources that try many names of one product get one try each once there were too many?
#[test]
fn a_product_under_attack_allows_one_try_each() {
    let world = World::new();
    world.looked_at(200, |at| at, |at| format!("LAMP000001name{at}"));
    assert!(!world.must_wait(9_000, OTHER));
    assert!(world.fails(9_000, OTHER));
    assert!(world.must_wait(9_000, OTHER), "the second try of the same source");
    assert!(world.fails(9_000, "SWITCH0001lamp") && !world.must_wait(9_000, "SWITCH0001lamp"), "another product");
}

/// Does the right password clear what was mistyped before?
#[test]
fn the_right_password_forgives() {
    let world = World::new();
    for _ in 0..4 {
        assert_eq!(world.looked_at(4, |_| 1, |_| LAMP.into()), 4);
        world.failures.succeeded(&attempt(1, LAMP));
    }
}

/// Does the table stay as large as it is under a million addresses, and still know the device that is attacked?
#[test]
fn a_million_sources_do_not_grow_the_table() {
    let world = World::new();
    for source in 0..1_000_000 {
        world.failures.failed(world.now, &attempt(source, LAMP));
    }
    let inner = world.failures.inner.lock();
    assert_eq!(inner.entries.len(), SETS * WAYS);
    assert_eq!(inner.entries.capacity() * size_of::<Entry>(), 512 * 1024);
    let device = inner.find(world.failures.keys(&attempt(0, LAMP)).device).unwrap();
    assert_eq!(device.failures, 1_000_000);
}

/// Are addresses of one IPv6 network one source, and a mapped IPv4 address the same as the plain one?
#[test]
fn an_ipv6_network_is_one_source() {
    let of = |text: &str| network(text.parse().unwrap());
    assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::9"));
    assert_ne!(of("2001:db8:1:2::4"), of("2001:db8:1:3::4"));
    assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
}

/// Is an owner told once a window, with the count, and the memory for it bounded?
#[test]
fn refusals_are_told_once_a_window() {
    let mut world = World::new();
    let product: ProductId = "LAMP000001".parse().unwrap();
    let note = |world: &World, device: &str| {
        let last_source = Ipv4Addr::LOCALHOST.into();
        let about = Notice { product, device: device.into(), number: DeviceNumber(1), count: 1, last_source };
        world.failures.note(world.now, about);
    };
    for _ in 0..500 {
        note(&world, "lamp");
    }
    assert_eq!(world.failures.due_notices(world.now), []);
    for at in 0..5_000 {
        note(&world, &format!("name{at}"));
    }
    world.after(WINDOW.as_secs());
    let told = world.failures.due_notices(world.now);
    assert_eq!(told.len(), NOTICES_MAX + 1);
    assert_eq!(told.iter().find(|notice| &*notice.device == "lamp").unwrap().count, 500);
    let rest = told.iter().find(|notice| notice.device.is_empty()).unwrap();
    assert_eq!((rest.count, rest.number), (5_000 - 1_023, DeviceNumber::NONE));
    assert_eq!(world.failures.due_notices(world.now), []);
}
