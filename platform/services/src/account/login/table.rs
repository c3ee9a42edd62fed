//! The logins there are, in virtual time: which are good, which must go.

use std::collections::HashMap;
use std::time::Duration;

use lianwu_model::login::{Login, LoginDigest};
use lianwu_model::{Uin, UnixMillis};

use super::{LOGINS_MAX, LOGINS_PER_PRINCIPAL_MAX};

/// A use is written down when the last one that was is older: a restart forgets no more than that.
const WRITE_AFTER: Duration = Duration::from_secs(300);

/// How long logins last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetimes {
    /// Since the last use.
    pub idle: Duration,
    /// Since the sign-in.
    pub whole: Duration,
}

impl Lifetimes {
    fn are_over(self, login: &Login, now: UnixMillis) -> bool {
        now >= login.last_used.plus(self.idle) || now >= login.created.plus(self.whole)
    }
}

#[derive(Debug)]
struct Entry {
    login: Login,
    /// The last use that was written down.
    written: UnixMillis,
}

#[derive(Debug, Default)]
pub(super) struct Table {
    entries: HashMap<LoginDigest, Entry>,
}

/// A login that was used just now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Used {
    pub login: Login,
    pub is_to_be_written: bool,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn fill(&mut self, logins: Vec<Login>) {
        self.entries.clear();
        logins.into_iter().for_each(|login| self.put(login));
    }

    pub(super) fn put(&mut self, login: Login) {
        let written = login.last_used;
        self.entries.insert(login.digest, Entry { login, written });
    }

    /// The login, if it has not ended.
    pub(super) fn good(&self, digest: LoginDigest, now: UnixMillis, lifetimes: Lifetimes) -> Option<Login> {
        let login = &self.entries.get(&digest)?.login;
        (!lifetimes.are_over(login, now)).then(|| login.clone())
    }

    /// The login, if it has not ended; from now on it was used now.
    pub(super) fn used(&mut self, digest: LoginDigest, now: UnixMillis, lifetimes: Lifetimes) -> Option<Used> {
        let entry = self.entries.get_mut(&digest).filter(|entry| !lifetimes.are_over(&entry.login, now))?;
        entry.login.last_used = entry.login.last_used.max(now);
        let is_to_be_written = now >= entry.written.plus(WRITE_AFTER);
        if is_to_be_written {
            entry.written = now;
        }
        Some(Used { login: entry.login.clone(), is_to_be_written })
    }

    /// What must end before this principal gets another login.
    pub(super) fn room_for(&self, uin: Uin, now: UnixMillis, lifetimes: Lifetimes) -> Vec<LoginDigest> {
        let (over, good): (Vec<_>, Vec<_>) =
            self.entries.values().map(|entry| &entry.login).partition(|login| lifetimes.are_over(login, now));
        let mut ended: Vec<_> = over.into_iter().map(|login| login.digest).collect();
        let mut own: Vec<_> = good.iter().filter(|login| login.principal == uin).collect();
        own.sort_by_key(|login| (login.created, login.digest));
        let too_many = (own.len() + 1).saturating_sub(LOGINS_PER_PRINCIPAL_MAX);
        ended.extend(own.iter().take(too_many).map(|login| login.digest));
        if self.entries.len() - ended.len() >= LOGINS_MAX {
            let left = good.iter().filter(|login| !ended.contains(&login.digest));
            ended.extend(left.min_by_key(|login| (login.last_used, login.digest)).map(|login| login.digest));
        }
        ended
    }

    pub(super) fn end(&mut self, ended: &[LoginDigest]) {
        for digest in ended {
            self.entries.remove(digest);
        }
    }

    pub(super) fn end_all(&mut self, uin: Uin) -> Vec<LoginDigest> {
        self.take(|login| login.principal == uin)
    }

    pub(super) fn expire(&mut self, now: UnixMillis, lifetimes: Lifetimes) -> Vec<LoginDigest> {
        self.take(|login| lifetimes.are_over(login, now))
    }

    fn take(&mut self, is_it: impl Fn(&Login) -> bool) -> Vec<LoginDigest> {
        let ended: Vec<_> =
            self.entries.values().filter(|entry| is_it(&entry.login)).map(|entry| entry.login.digest).collect();
        self.end(&ended);
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMillis = UnixMillis(1_732_300_000_000);
    const LIFETIMES: Lifetimes =
        Lifetimes { idle: Duration::from_secs(12 * 3600), whole: Duration::from_secs(7 * 86_400) };
    const LI: Uin = Uin(100_000_001);

    fn after(seconds: u64) -> UnixMillis {
        UnixMillis(START.0 + seconds * 1000)
    }

    fn digest(number: usize) -> LoginDigest {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
        LoginDigest(bytes)
    }

    fn login(number: usize, principal: Uin, created: UnixMillis) -> Login {
        Login { digest: digest(number), principal, created, last_used: created, must_change_password: false }
    }

    /// Is a login good for twelve hours after each use, and not a moment longer?
    #[test]
    fn an_unused_login_ends() {
        let mut table = Table::default();
        table.put(login(1, LI, START));
        let idle = 12 * 3600;
        assert!(table.used(digest(1), after(idle - 1), LIFETIMES).is_some());
        assert!(table.used(digest(1), after(2 * idle - 2), LIFETIMES).is_some());
        assert_eq!(table.used(digest(1), after(3 * idle - 2), LIFETIMES), None);
        assert_eq!(table.expire(after(3 * idle - 2), LIFETIMES), [digest(1)]);
        assert_eq!(table.len(), 0);
    }

    /// Is a login that is only looked at not kept for longer by that?
    #[test]
    fn looking_at_a_login_is_no_use_of_it() {
        let mut table = Table::default();
        table.put(login(1, LI, START));
        let idle = 12 * 3600;
        assert_eq!(table.good(digest(1), after(idle - 1), LIFETIMES), Some(login(1, LI, START)));
        assert_eq!(table.good(digest(1), after(idle), LIFETIMES), None);
        assert_eq!(table.good(digest(2), START, LIFETIMES), None);
    }

    /// Does a login end after seven days, however much it is used?
    #[test]
    fn an_old_login_ends() {
        let mut table = Table::default();
        table.put(login(1, LI, START));
        let week = 7 * 86_400;
        for hour in 0..7 * 24 {
            assert!(table.used(digest(1), after(hour * 3600), LIFETIMES).is_some());
        }
        assert!(table.used(digest(1), after(week - 1), LIFETIMES).is_some());
        assert_eq!(table.used(digest(1), after(week), LIFETIMES), None);
    }

    /// Is a use written down once in five minutes?
    #[test]
    fn uses_are_written_down_now_and_then() {
        let mut table = Table::default();
        table.put(login(1, LI, START));
        let mut is_written = |seconds| table.used(digest(1), after(seconds), LIFETIMES).unwrap().is_to_be_written;
        let written: Vec<_> = [1, 299, 300, 301, 599, 600].into_iter().map(&mut is_written).collect();
        assert_eq!(written, [false, false, true, false, false, true]);
    }

    /// Does a clock that goes back end nothing early and keep nothing longer?
    #[test]
    fn a_clock_that_goes_back_changes_nothing() {
        let mut table = Table::default();
        table.put(login(1, LI, after(1000)));
        assert_eq!(table.used(digest(1), START, LIFETIMES).unwrap().login.last_used, after(1000));
    }

    /// Does the oldest login of a principal make room for its twenty-first, whatever others have?
    #[test]
    fn the_oldest_of_a_principal_makes_room() {
        let mut table = Table::default();
        for number in 0..LOGINS_PER_PRINCIPAL_MAX {
            assert_eq!(table.room_for(LI, after(99), LIFETIMES), []);
            table.put(login(number, LI, after(50 - number as u64)));
        }
        table.put(login(1000, Uin(7), START));
        let oldest = LOGINS_PER_PRINCIPAL_MAX - 1;
        assert_eq!(table.room_for(LI, after(99), LIFETIMES), [digest(oldest)]);
        assert_eq!(table.room_for(Uin(7), after(99), LIFETIMES), []);
    }

    /// Does the login unused for longest make room when all places are taken, and one that has ended before it?
    #[test]
    fn all_logins_together_are_bounded() {
        let mut table = Table::default();
        for number in 0..LOGINS_MAX {
            table.put(login(number, Uin(number as u64), after(number as u64)));
        }
        assert!(table.used(digest(0), after(LOGINS_MAX as u64), LIFETIMES).is_some());
        assert_eq!(table.room_for(LI, after(LOGINS_MAX as u64), LIFETIMES), [digest(1)]);
        // The one of the second second is over by now, so nobody else must go.
        assert_eq!(table.room_for(LI, after(12 * 3600 + 1), LIFETIMES), [digest(1)]);
    }

    /// Do all logins of one principal end together, and nobody else's?
    #[test]
    fn all_logins_of_one_end_together() {
        let mut table = Table::default();
        table.fill(vec![login(1, LI, START), login(2, Uin(7), START), login(3, LI, START)]);
        let mut ended = table.end_all(LI);
        ended.sort();
        assert_eq!(ended, [digest(1), digest(3)]);
        assert!(table.used(digest(2), START, LIFETIMES).is_some());
        assert_eq!(table.used(digest(1), START, LIFETIMES), None);
    }
}
