//! What every log must do. An engine calls [`run`] in its tests.

use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use lianwu_model::{DeviceNumber, UnixMillis};
use proptest::collection::vec;
use proptest::test_runner::{Config, TestRunner};

use super::{CommitError, Committed, Log, LogHealth, Lsn, ReadError, SubmitError};
use crate::clock::{Clock, ManualClock};
use crate::record::{Record, RecordBatch, RecordKind};

/// Makes an empty log with the given clock.
pub type Make<'a> = &'a dyn Fn(Arc<dyn Clock>) -> Arc<dyn Log>;

const NOON: UnixMillis = UnixMillis(20_780 * UnixMillis::DAY_MS + UnixMillis::DAY_MS / 2);
const DAY: Duration = Duration::from_secs(86_400);

/// Longer than any test takes: a wait that is not woken would be noticed.
const LONG: Duration = Duration::from_secs(600);

/// Runs every test of the suite, each on a log of its own.
pub fn run(make: Make<'_>) {
    numbers_are_given_in_order(make);
    completions_may_submit(make);
    reading_starts_at_the_block_asked_for(make);
    anything_written_is_read_back(make);
    a_time_is_found(make);
    order_is_kept_per_thread(make);
    waiting_ends_with_a_commit_or_the_time_or_the_log(make);
    whole_days_expire(make);
    closing_commits_what_was_accepted(make);
}

type Outcome = Result<Committed, CommitError>;

/// Collects what completions say, in the order they are called.
#[derive(Clone, Debug, Default)]
pub struct Outcomes(Arc<(Mutex<Vec<Outcome>>, Condvar)>);

impl Outcomes {
    /// Hands a batch in.
    ///
    /// # Errors
    /// Why it was not taken.
    pub fn submit(&self, log: &dyn Log, batch: RecordBatch) -> Result<(), SubmitError> {
        let outcomes = Arc::clone(&self.0);
        let completion = Box::new(move |result| {
            outcomes.0.lock().expect("no test panics here").push(result);
            outcomes.1.notify_all();
        });
        log.submit(batch, completion).map_err(|rejected| rejected.reason)
    }

    /// Waits for so many outcomes and takes them all.
    #[must_use]
    pub fn wait(&self, count: usize) -> Vec<Outcome> {
        let outcomes = self.0.0.lock().expect("no test panics here");
        let waited = self.0.1.wait_timeout_while(outcomes, LONG, |outcomes| outcomes.len() < count);
        let (mut outcomes, waited) = waited.expect("no test panics here");
        assert!(!waited.timed_out(), "a completion was not called");
        std::mem::take(&mut outcomes)
    }

    /// Takes what there is.
    #[must_use]
    pub fn take(&self) -> Vec<Outcome> {
        self.wait(0)
    }
}

/// Records with these payloads.
#[must_use]
pub fn batch<T: AsRef<[u8]>>(payloads: &[T]) -> RecordBatch {
    let mut batch = RecordBatch::default();
    for payload in payloads {
        batch.push(&Record {
            kind: RecordKind::PropertyReport,
            qos: 1,
            packet_id: 7,
            code: 0,
            number: DeviceNumber(1),
            product: "AB12CD34EF".parse().expect("a ProductId"),
            device: "lamp-1",
            sample_time: NOON,
            topic: "",
            note: "",
            payload: payload.as_ref(),
        });
    }
    batch
}

/// Commits one batch and returns its numbers.
fn commit<T: AsRef<[u8]>>(log: &dyn Log, payloads: &[T]) -> Committed {
    let outcomes = Outcomes::default();
    outcomes.submit(log, batch(payloads)).expect("an idle log takes a batch");
    outcomes.wait(1).remove(0).expect("a working log commits")
}

/// Everything from `from` on, read in pieces of about `bytes_max`.
fn payloads(log: &dyn Log, mut from: Lsn, bytes_max: usize) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    loop {
        let blocks = log.read(from, bytes_max).expect("nothing expired");
        for block in &blocks {
            for record in block.records() {
                let (number, record) = record.expect("as it was written");
                if number >= from {
                    assert_eq!(number, from, "no gap, nothing twice");
                    from = from.next();
                    found.push(record.payload.to_vec());
                }
            }
        }
        if blocks.is_empty() {
            assert_eq!(from, log.durable().next());
            return found;
        }
    }
}

fn open(make: Make<'_>) -> (Arc<dyn Log>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(NOON));
    (make(Arc::clone(&clock) as _), clock)
}

/// Does the first record get number 1, and each next batch the numbers that follow?
fn numbers_are_given_in_order(make: Make<'_>) {
    let (log, clock) = open(make);
    assert_eq!((log.oldest(), log.durable()), (Lsn(1), Lsn(0)));
    assert_eq!(log.health(), LogHealth::Accepting);
    assert_eq!(commit(&*log, &["a", "b"]), Committed { first: Lsn(1), last: Lsn(2), time: NOON });
    let later = NOON.plus(Duration::from_millis(5));
    clock.set(later);
    assert_eq!(commit(&*log, &["c"]), Committed { first: Lsn(3), last: Lsn(3), time: later });
    assert_eq!((log.oldest(), log.durable()), (Lsn(1), Lsn(3)));
    let blocks = log.read(Lsn(3), 1).expect("it is there");
    assert_eq!((blocks[0].first, blocks[0].time), (Lsn(3), later));
}

/// May a completion hand in the next batch?
fn completions_may_submit(make: Make<'_>) {
    let (log, _) = open(make);
    let outcomes = Outcomes::default();
    let (again, next) = (Arc::clone(&log), outcomes.clone());
    let completion = Box::new(move |result: Result<Committed, CommitError>| {
        assert_eq!(result.map(|committed| committed.last), Ok(Lsn(1)));
        next.submit(&*again, batch(&["second"])).expect("there is room");
    });
    log.submit(batch(&["first"]), completion).expect("there is room");
    assert_eq!(outcomes.wait(1)[0].as_ref().map(|committed| committed.first), Ok(Lsn(2)));
}

/// Does reading begin with the block that holds the number, end before the future, and never give nothing in between?
fn reading_starts_at_the_block_asked_for(make: Make<'_>) {
    let (log, _) = open(make);
    assert_eq!(log.read(Lsn(0), 100), Ok(Vec::new()));
    assert_eq!(log.read(Lsn(1), 100), Ok(Vec::new()));
    commit(&*log, &["a", "b", "c"]);
    commit(&*log, &["d"]);
    let first = log.read(Lsn(0), 0).expect("all there");
    assert_eq!((first.len(), first[0].first, first[0].last()), (1, Lsn(1), Lsn(3)));
    for number in 1..=3 {
        assert_eq!(log.read(Lsn(number), 0), Ok(first.clone()), "record {number}");
    }
    assert_eq!(log.read(Lsn(4), 0).expect("all there")[0].first, Lsn(4));
    assert_eq!(log.read(Lsn(5), 1 << 20), Ok(Vec::new()));
    assert_eq!(payloads(&*log, Lsn(1), 1 << 20), ["a", "b", "c", "d"].map(|text| text.as_bytes().to_vec()));
}

/// Whatever is committed, and in whatever pieces it is read: is it the same?
fn anything_written_is_read_back(make: Make<'_>) {
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let batches = vec(vec(vec(0_u8.., 0..300), 1..6), 1..40);
    let outcome = runner.run(&(batches, 0_usize..3000, 0_usize..40), |(batches, bytes_max, start)| {
        let (log, _) = open(make);
        let outcomes = Outcomes::default();
        for payloads in &batches {
            outcomes.submit(&*log, batch(payloads)).expect("there is room");
        }
        let outcomes = outcomes.wait(batches.len());
        let mut next = Lsn(1);
        for (payloads, outcome) in batches.iter().zip(outcomes) {
            let committed = outcome.expect("a working log commits");
            assert_eq!(committed.first, next);
            next = Lsn(next.0 + payloads.len() as u64);
            assert_eq!(committed.last.next(), next);
        }
        let all = batches.concat();
        let start = start.min(all.len());
        assert_eq!(payloads(&*log, Lsn(start as u64 + 1), bytes_max), all[start..]);
        Ok(())
    });
    if let Err(error) = outcome {
        std::panic::resume_unwind(Box::new(error.to_string()));
    }
}

/// Does every time lead to the first record committed at or after it?
fn a_time_is_found(make: Make<'_>) {
    let clock = Arc::new(ManualClock::at(NOON));
    let log = make(clock.clone());
    let found = |time| log.seek(time).expect("nothing is damaged").first;
    assert_eq!(found(NOON), Lsn(1), "an empty log begins with 1");
    let mut begun = Vec::new();
    for step in 0..200_u64 {
        // Several blocks of one moment, moments some minutes apart, several days.
        clock.set(NOON.plus(Duration::from_secs(step / 3 * 3_600)));
        let payload = vec![b'x'; usize::try_from(step % 7).expect("small") * 100];
        begun.push(commit(log.as_ref(), &[payload.as_slice(), b"second"]));
    }
    for committed in &begun {
        let expected = begun.iter().find(|other| other.time >= committed.time).expect("itself at least");
        assert_eq!(found(committed.time), expected.first);
        let next = begun.iter().find(|other| other.time > committed.time);
        let next = next.map_or(log.durable().next(), |next| next.first);
        assert_eq!(found(committed.time.plus(Duration::from_millis(1))), next);
    }
    assert_eq!(found(UnixMillis(0)), Lsn(1));
    assert_eq!(found(UnixMillis(u64::MAX)), log.durable().next());
}

/// With several threads: is each one's order kept, and every number given once?
fn order_is_kept_per_thread(make: Make<'_>) {
    const BATCHES: u64 = 50;
    let (log, _) = open(make);
    let outcomes = Outcomes::default();
    thread::scope(|scope| {
        for worker in 0..4_u64 {
            let (log, outcomes) = (&log, &outcomes);
            scope.spawn(move || {
                for step in 0..BATCHES {
                    outcomes.submit(&**log, batch(&[format!("{worker} {step:04}")])).expect("there is room");
                }
            });
        }
    });
    let outcomes = outcomes.wait(4 * usize::try_from(BATCHES).expect("small"));
    // Completions are called in commit order.
    let numbers: Vec<u64> = outcomes.iter().map(|o| o.as_ref().expect("committed").first.0).collect();
    assert_eq!(numbers, (1..=4 * BATCHES).collect::<Vec<_>>());
    let found = payloads(&*log, Lsn(1), 500);
    for worker in 0..4_u64 {
        let prefix = format!("{worker} ");
        let own: Vec<_> = found.iter().filter(|payload| payload.starts_with(prefix.as_bytes())).cloned().collect();
        assert_eq!(own, (0..BATCHES).map(|step| format!("{worker} {step:04}").into_bytes()).collect::<Vec<_>>());
    }
}

/// Does a waiting follower return at once when there is news, when time is over, when something is committed, and when
/// the log is closed?
fn waiting_ends_with_a_commit_or_the_time_or_the_log(make: Make<'_>) {
    let (log, _) = open(make);
    assert_eq!(log.wait(Lsn(0), Duration::ZERO), Lsn(0));
    commit(&*log, &["a"]);
    assert_eq!(log.wait(Lsn(0), LONG), Lsn(1));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| log.wait(Lsn(1), LONG));
        commit(&*log, &["b"]);
        assert_eq!(waiting.join().expect("no panic"), Lsn(2));
        let waiting = scope.spawn(|| log.wait(Lsn(2), LONG));
        log.close();
        assert_eq!(waiting.join().expect("no panic"), Lsn(2));
    });
    assert_eq!(log.wait(Lsn(2), LONG), Lsn(2));
}

/// Does a day go as a whole when its retention is over, not before, and never the newest one?
fn whole_days_expire(make: Make<'_>) {
    let (log, clock) = open(make);
    commit(&*log, &["monday", "monday"]);
    clock.set(NOON.plus(DAY));
    commit(&*log, &["tuesday"]);
    let monday_kept_until = UnixMillis((NOON.day() + 1) * UnixMillis::DAY_MS).plus(3 * DAY);
    assert_eq!(log.expire(monday_kept_until, 3), 0);
    assert_eq!(log.oldest(), Lsn(1));
    let later = monday_kept_until.plus(Duration::from_millis(1));
    assert_eq!(log.expire(later, 4), 0);
    assert_eq!(log.oldest(), Lsn(1));
    assert!(log.expire(later, 3) > 0);
    assert_eq!((log.oldest(), log.durable()), (Lsn(3), Lsn(3)));
    for gone in 0..=2 {
        assert_eq!(log.read(Lsn(gone), 100), Err(ReadError::Expired { oldest: Lsn(3) }));
    }
    assert_eq!(log.expire(NOON.plus(100 * DAY), 3), 0);
    assert_eq!(payloads(&*log, Lsn(3), 100), [b"tuesday"]);
    clock.set(NOON.plus(100 * DAY));
    assert_eq!(commit(&*log, &["later"]).first, Lsn(4));
}

/// Is everything committed that was accepted before the end, nothing after it, and may it be closed twice?
fn closing_commits_what_was_accepted(make: Make<'_>) {
    let (log, _) = open(make);
    let outcomes = Outcomes::default();
    for number in 0..20 {
        outcomes.submit(&*log, batch(&[format!("{number}")])).expect("there is room");
    }
    log.close();
    log.close();
    let settled = outcomes.take();
    assert_eq!(settled.len(), 20, "every completion was called before the log was closed");
    assert!(settled.iter().all(Result::is_ok));
    let (late, unused) = (batch(&["late"]), outcomes.clone());
    let completion = Box::new(move |result| unused.0.0.lock().expect("no test panics here").push(result));
    let rejected = log.submit(late.clone(), completion).expect_err("it is closed");
    assert_eq!((rejected.reason, &rejected.batch), (SubmitError::Closed, &late));
    // The completion came back unused.
    (rejected.completion)(Err(CommitError::Closed));
    assert_eq!(outcomes.take(), [Err(CommitError::Closed)]);
    assert_eq!(log.durable(), Lsn(20));
}
