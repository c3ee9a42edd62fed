//! What does a record cost the committer, and how long does a commit take?
//!
//! `cargo run --release -p lianwu-log --example append -- DIRECTORY [SECONDS]` hands in batches of 187 records of about
//! 160 bytes from two threads, back to back, and prints CPU per record and the times of `fdatasync`. The figures of
//! `docs/log-format.md` were made with it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use lianwu_log::{LogOptions, SegmentLog};
use lianwu_model::{DeviceNumber, UnixMillis};
use lianwu_ports::clock::Clock;
use lianwu_ports::log::Log;
use lianwu_ports::record::{Record, RecordBatch, RecordKind};

const RECORDS: u32 = 187;
/// Batches each thread has on their way, as workers have while they wait for the disk.
const IN_FLIGHT: usize = 2;

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMillis {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        UnixMillis(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
    }
}

fn batch(product: lianwu_model::ProductId) -> RecordBatch {
    let payload = [b'x'; 115];
    let mut batch = RecordBatch::default();
    for _ in 0..RECORDS {
        batch.push(&Record {
            kind: RecordKind::PropertyReport,
            qos: 1,
            packet_id: 7,
            code: 0,
            number: DeviceNumber(1),
            product,
            device: "lamp-1",
            sample_time: UnixMillis(1),
            topic: "",
            note: "",
            payload: &payload,
        });
    }
    batch
}

/// CPU time of the thread of this name, in nanoseconds.
fn cpu(name: &str) -> Result<u64> {
    for task in std::fs::read_dir("/proc/self/task")? {
        let path = task?.path();
        if std::fs::read_to_string(path.join("comm"))?.trim() == name {
            let times = std::fs::read_to_string(path.join("schedstat"))?;
            return Ok(times.split(' ').next().context("an empty schedstat")?.parse()?);
        }
    }
    Ok(0)
}

fn produce(log: &SegmentLog, batch: &RecordBatch, stop: &AtomicBool) {
    let on_their_way = Arc::new(AtomicUsize::new(0));
    let own = std::thread::current();
    while !stop.load(Ordering::Relaxed) {
        while on_their_way.load(Ordering::Acquire) >= IN_FLIGHT {
            std::thread::park();
        }
        on_their_way.fetch_add(1, Ordering::AcqRel);
        let (count, own) = (Arc::clone(&on_their_way), own.clone());
        let completion = Box::new(move |_| {
            count.fetch_sub(1, Ordering::AcqRel);
            own.unpark();
        });
        if log.submit(batch.clone(), completion).is_err() {
            return;
        }
    }
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().context("say where the log may be written")?;
    let seconds = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let clock = Arc::new(SystemClock);
    let options = LogOptions::new(Path::new(&directory));
    let started = Instant::now();
    let log = SegmentLog::open(options.clone(), Arc::clone(&clock) as _)?;
    println!(
        "open           {:>9.1} ms, {} records in {} segments",
        ms(started.elapsed()),
        log.durable().0,
        log.stats().segments
    );

    let batch = batch("AB12CD34EF".parse()?);
    let stop = AtomicBool::new(false);
    let (committer_before, keeper_before) = (cpu("log-committer")?, cpu("log-keeper")?);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| produce(&log, &batch, &stop));
        }
        std::thread::sleep(Duration::from_secs(seconds));
        stop.store(true, Ordering::Relaxed);
    });
    let took = started.elapsed();
    let stats = log.stats();
    let per_record = |ns: u64| ns as f64 / 1000.0 / stats.records as f64;
    println!(
        "records        {:>9} of {} bytes, {:.0} per second",
        stats.records,
        batch.as_bytes().len() / RECORDS as usize,
        stats.records as f64 / took.as_secs_f64()
    );
    println!(
        "commits        {:>9}, {:.0} records each, failed {}",
        stats.commits,
        stats.records as f64 / stats.commits as f64,
        stats.failures
    );
    println!("committer CPU  {:>9.3} us per record", per_record(cpu("log-committer")? - committer_before));
    println!("keeper CPU     {:>9.3} us per record", per_record(cpu("log-keeper")? - keeper_before));
    let percentile = |share| stats.sync_micros_percentile(share).unwrap_or(0);
    println!("fdatasync us   p50 <= {}, p99 <= {}, max {}", percentile(50), percentile(99), stats.sync_micros_max);
    let started = Instant::now();
    drop(log);
    println!("close          {:>9.1} ms", ms(started.elapsed()));
    let started = Instant::now();
    let log = SegmentLog::open(options, clock)?;
    println!(
        "open again     {:>9.1} ms, {} records in {} segments",
        ms(started.elapsed()),
        log.durable().0,
        log.stats().segments
    );
    let (started, mut from, mut read) = (Instant::now(), log.oldest(), 0_u64);
    while started.elapsed() < Duration::from_secs(5) {
        let blocks = log.read(from, 1 << 20)?;
        let Some(last) = blocks.last() else { break };
        read += last.last().0 + 1 - from.0;
        from = last.last().next();
    }
    println!(
        "read from disk {:>9.3} us per record, {read} records",
        started.elapsed().as_secs_f64() * 1e6 / read.max(1) as f64
    );
    Ok(())
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
