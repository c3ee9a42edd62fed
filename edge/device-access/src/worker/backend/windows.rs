//! Events of backends, counted: the first of its kind is told at once, those that follow within a window together.
//!
//! Pure: time comes in. Bounded, whoever floods: an account has a few dozen windows of its own, and the worker a
//! thousand for all; what is beyond shares a window without a client id.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use lianwu_model::Uin;
use lianwu_ports::record::account::AccountEvent;

/// So long refusals are counted before they are told.
const WINDOW: Duration = Duration::from_secs(10);

/// Windows of one account whose clients are told apart.
const OF_ACCOUNT_MAX: usize = 64;

/// Windows of all accounts together whose clients are told apart.
const WINDOWS_MAX: usize = 1024;

/// A line to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) owner: Uin,
    pub(crate) event: AccountEvent,
    pub(crate) cause: u8,
    /// Empty for several clients together.
    pub(crate) client_id: Box<str>,
    pub(crate) topic: String,
    pub(crate) why: String,
    pub(crate) facts: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    owner: Uin,
    event: AccountEvent,
    cause: u8,
    client_id: Box<str>,
}

#[derive(Debug)]
struct Window {
    since: Instant,
    /// Told at once.
    told: u64,
    /// Not yet.
    more: u64,
    last: About,
}

/// The windows that are open.
#[derive(Debug)]
pub(crate) struct Windows {
    open: HashMap<Key, Window>,
    bounds: Bounds,
}

#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// So many of one window are told at once.
    at_once: u64,
    /// What finds no window shares one without a client id; else it is told at once.
    shares: bool,
}

impl Windows {
    /// For what was refused.
    pub(crate) fn of_refusals() -> Self {
        Self { open: HashMap::new(), bounds: Bounds { at_once: 1, shares: true } }
    }

    /// For connections that came and went: whether one is there follows from them, so only a client that comes again and again
    /// is told in short.
    pub(crate) fn of_connections() -> Self {
        Self { open: HashMap::new(), bounds: Bounds { at_once: 10, shares: false } }
    }

    /// Counts an event; gives it back when it is to be told now.
    pub(crate) fn note(&mut self, now: Instant, about: About) -> Option<About> {
        let About { owner, event, cause, .. } = about;
        let Bounds { at_once, shares } = self.bounds;
        let mut key = Key { owner, event, cause, client_id: about.client_id.clone() };
        if !self.open.contains_key(&key) && !self.has_room(owner) {
            if !shares {
                return Some(about);
            }
            key.client_id = Box::default();
        }
        if let Some(window) = self.open.get_mut(&key) {
            if window.told < at_once {
                window.told += 1;
                return Some(about);
            }
            window.more += 1;
            window.last = About { client_id: key.client_id, ..about };
            return None;
        }
        let last = About { client_id: key.client_id.clone(), ..about.clone() };
        self.open.insert(key, Window { since: now, told: 1, more: 0, last });
        Some(about)
    }

    /// Windows that are over, or all of them when the platform stops, and have something to tell; each is seen once.
    pub(crate) fn ended(&mut self, now: Instant, is_stopping: bool) -> Vec<About> {
        if self.open.is_empty() {
            return Vec::new();
        }
        let over = self.open.extract_if(|_, window| is_stopping || now.duration_since(window.since) >= WINDOW);
        let told = over.map(|(_, window)| window).filter(|window| window.more > 0).map(|window| About {
            facts: format!("{},more:{},within:{} s", window.last.facts, window.more, WINDOW.as_secs()),
            ..window.last
        });
        told.collect()
    }

    fn has_room(&self, owner: Uin) -> bool {
        self.open.len() < WINDOWS_MAX && self.open.keys().filter(|key| key.owner == owner).count() < OF_ACCOUNT_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(owner: u64, client_id: &str, facts: &str) -> About {
        About {
            owner: Uin(owner),
            event: AccountEvent::PublishRefused,
            cause: 1,
            client_id: client_id.into(),
            topic: "plant/7".into(),
            why: "no right".into(),
            facts: facts.into(),
        }
    }

    #[test]
    fn the_first_is_told_at_once_and_the_others_together() {
        let start = Instant::now();
        let mut windows = Windows::of_refusals();
        assert_eq!(windows.note(start, about(1, "plant", "a")), Some(about(1, "plant", "a")));
        for second in 1..4 {
            assert_eq!(windows.note(start + Duration::from_secs(second), about(1, "plant", "b")), None);
        }
        let other = About { cause: 2, ..about(1, "plant", "a") };
        assert!(windows.note(start, other).is_some(), "another cause has a window of its own");
        assert_eq!(windows.ended(start + Duration::from_secs(9), false), []);
        assert_eq!(windows.ended(start + WINDOW, false), [about(1, "plant", "b,more:3,within:10 s")]);
        assert_eq!(windows.ended(start + WINDOW, false), []);
        assert!(windows.note(start + WINDOW, about(1, "plant", "a")).is_some(), "a new window");
    }

    /// One line at once and one later for each window, however many client ids a flood has.
    #[test]
    fn a_flood_of_client_ids_has_few_windows() {
        let start = Instant::now();
        let mut windows = Windows::of_refusals();
        let mut lines = 0;
        for at in 0..10_000 {
            lines += usize::from(windows.note(start, about(1, &format!("client-{at}"), "a")).is_some());
        }
        assert_eq!(lines, OF_ACCOUNT_MAX + 1);
        assert!(windows.note(start, about(2, "plant", "a")).is_some(), "another account is told all the same");
        let ended = windows.ended(start, true);
        let more = 10_000 - OF_ACCOUNT_MAX - 1;
        assert_eq!(ended, [about(1, "", &format!("a,more:{more},within:10 s"))]);
    }

    /// A fleet of programs that come back together is told one by one, one that comes again and again in short.
    #[test]
    fn connections_are_told_one_by_one_until_one_comes_again_and_again() {
        let start = Instant::now();
        let mut windows = Windows::of_connections();
        for at in 0..1_000 {
            assert!(windows.note(start, about(1, &format!("client-{at}"), "a")).is_some());
        }
        let told = (0..100).filter(|_| windows.note(start, about(1, "client-7", "a")).is_some()).count();
        assert_eq!(told, 9, "ten with the first");
        assert_eq!(windows.ended(start + WINDOW, false), [about(1, "client-7", "a,more:91,within:10 s")]);
    }

    #[test]
    fn a_flood_of_accounts_is_bounded() {
        let start = Instant::now();
        let mut windows = Windows::of_refusals();
        for owner in 0..5_000 {
            for _ in 0..2 {
                windows.note(start, about(owner, "plant", "a"));
                windows.note(start, about(owner, "office", "a"));
            }
        }
        let shared = windows.open.keys().filter(|key| key.client_id.is_empty()).count();
        assert!(windows.open.len() - shared <= WINDOWS_MAX);
        assert!(shared <= 5_000, "one for each account that exists");
    }
}
