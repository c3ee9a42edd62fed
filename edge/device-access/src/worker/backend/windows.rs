//! Refusals of backends, counted: the first of its kind is told at once, those that follow within a window together.
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
    /// Behind the first.
    more: u64,
    last: About,
}

/// The windows that are open.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    open: HashMap<Key, Window>,
}

impl Windows {
    /// Counts a refusal; gives it back when it is to be told now.
    pub(crate) fn note(&mut self, now: Instant, about: About) -> Option<About> {
        let About { owner, event, cause, .. } = about;
        let mut key = Key { owner, event, cause, client_id: about.client_id.clone() };
        if !self.open.contains_key(&key) && !self.has_room(owner) {
            key.client_id = Box::default();
        }
        if let Some(window) = self.open.get_mut(&key) {
            window.more += 1;
            window.last = About { client_id: key.client_id, ..about };
            return None;
        }
        let last = About { client_id: key.client_id.clone(), ..about.clone() };
        self.open.insert(key, Window { since: now, more: 0, last });
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
        let mut windows = Windows::default();
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
        let mut windows = Windows::default();
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

    #[test]
    fn a_flood_of_accounts_is_bounded() {
        let start = Instant::now();
        let mut windows = Windows::default();
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
