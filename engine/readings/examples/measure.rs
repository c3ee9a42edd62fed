//! What the readings cost. Prints one line per figure; needs a folder that may be filled.
//!
//! `cargo run --release -p lianwu-readings --example measure -- apply FOLDER DEVICES RECORDS`
//! `cargo run --release -p lianwu-readings --example measure -- pages FOLDER`
//! `cargo run --release -p lianwu-readings --example measure -- reopen FOLDER`
//! `cargo run --release -p lianwu-readings --example measure -- search FOLDER`

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::log::{Block, Lsn};
use lianwu_ports::readings::{LogQuery, LogScope, PropertyQuery, Readings};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use lianwu_ports::states::States;
use lianwu_readings::{ReadingsEngine, ReadingsOptions};
use lianwu_services::logs::{LineKind, LogFilter, RECORDS_MAX, Source, search_in};

type Outcome = Result<(), Box<dyn Error>>;

const NOON: u64 = 1_714_564_800_000;
const RECORDS_PER_BLOCK: u64 = 500;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = PathBuf::from(arguments.get(1).ok_or("name a folder")?);
    match arguments.first().map(String::as_str) {
        Some("apply") => {
            let number =
                |at: usize| -> Result<u64, Box<dyn Error>> { Ok(arguments.get(at).ok_or("a number")?.parse()?) };
            apply(&folder, number(2)?, number(3)?)
        }
        Some("pages") => pages(&folder),
        Some("reopen") => reopen(&folder),
        Some("search") => search(&folder),
        _ => Err("apply, pages, reopen or search".into()),
    }
}

/// Makes reports of 3 to 7 properties, about 110 bytes, devices in turn.
struct Fleet {
    devices: u64,
    next: u64,
    time: u64,
    /// Records per millisecond of commit time.
    per_ms: u64,
}

impl Fleet {
    fn block(&mut self) -> Arc<Block> {
        let mut batch = RecordBatch::default();
        let mut payload = String::new();
        let first = self.next + 1;
        self.time = NOON + self.next / self.per_ms;
        for _ in 0..RECORDS_PER_BLOCK {
            self.push(&mut batch, &mut payload);
        }
        Arc::new(Block { first: Lsn(first), time: UnixMillis(self.time), batches: vec![batch] })
    }

    fn push(&mut self, batch: &mut RecordBatch, payload: &mut String) {
        use std::fmt::Write;
        self.next += 1;
        let device = self.next % self.devices;
        let n = self.next.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        payload.clear();
        let _ = write!(payload, r#"{{"method":"report","clientToken":"{}","params":{{"power":{}"#, self.next, n & 1);
        for property in
            ["brightness", "color", "humidity", "temp", "mode", "level"].iter().take(2 + (device % 5) as usize)
        {
            let _ = write!(payload, r#","{property}":{}"#, n % 100);
        }
        payload.push_str("}}");
        push(batch, DeviceNumber(10 + device as u32), &format!("device-{device}"), self.time - (n % 900), payload);
    }
}

fn push(batch: &mut RecordBatch, number: DeviceNumber, device: &str, sample_time: u64, payload: &str) {
    batch.push(&Record {
        kind: RecordKind::PropertyReport,
        qos: 1,
        packet_id: 77,
        code: 0,
        number,
        product: ProductId::from_bytes(b"AB12CD34EF").unwrap_or_else(|| unreachable!("ten letters and digits")),
        device,
        sample_time: UnixMillis(sample_time),
        topic: "",
        note: "",
        payload: payload.as_bytes(),
    });
}

fn apply(folder: &Path, devices: u64, records: u64) -> Outcome {
    let engine = ReadingsEngine::open(ReadingsOptions::new(folder))?;
    let mut fleet = Fleet { devices, next: engine.checkpoint().0, time: NOON, per_ms: 100 };
    let (mut raw, mut cpu, mut wall, mut peak) = (0, 0, Duration::ZERO, 0);
    let process = process_cpu_ms()?;
    let mut generating = 0;
    for _ in 0..records / RECORDS_PER_BLOCK {
        let before = thread_cpu_ns()?;
        let block = fleet.block();
        raw += block.bytes();
        let (made, start) = (thread_cpu_ns()?, Instant::now());
        engine.apply(&[block])?;
        wall += start.elapsed();
        cpu += thread_cpu_ns()? - made;
        generating += made - before;
        peak = peak.max(memory_kib()?);
    }
    engine.seal()?;
    let total = (process_cpu_ms()? - process) as f64 * 1e3 - generating as f64 / 1e3;
    let per = |value: f64| value / records as f64;
    println!("{devices} devices, {records} records, {:.0} raw bytes each", per(raw as f64));
    println!("apply thread CPU      {:.3} us a record", per(cpu as f64 / 1e3));
    println!("all threads CPU       {:.3} us a record", per(total));
    println!("apply, wall           {:.3} us a record", per(wall.as_secs_f64() * 1e6));
    println!("on disk               {:.1} bytes a record", per(folder_bytes(folder)? as f64));
    println!("peak memory           {:.1} MiB", peak as f64 / 1024.0);
    std::thread::sleep(Duration::from_secs(3));
    println!("on disk, 3 s later    {:.1} bytes a record", per(folder_bytes(folder)? as f64));
    let total = (process_cpu_ms()? - process) as f64 * 1e3 - generating as f64 / 1e3;
    println!("all CPU, 3 s later    {:.3} us a record", per(total));
    Ok(())
}

/// 259,200 reports of one device, 1 in 600 with the property, among a fleet's; then pages while reports run.
fn pages(folder: &Path) -> Outcome {
    const REPORTS: u64 = 259_200;
    let engine = ReadingsEngine::open(ReadingsOptions::new(folder))?;
    let lamp = DeviceNumber(5);
    let mut lsn = 0;
    for at in 0..REPORTS / 100 {
        let time = NOON + at * 100_000;
        let mut batch = RecordBatch::default();
        for second in 0..100 {
            let n = at * 100 + second;
            let rare = if n.is_multiple_of(600) { format!(r#","rare":{n}"#) } else { String::new() };
            let payload =
                format!(r#"{{"method":"report","clientToken":"{n}","params":{{"power":1,"temp":{n}{rare}}}}}"#);
            push(&mut batch, lamp, "lamp", time - 100_000 + second * 1000, &payload);
        }
        engine.apply(&[Arc::new(Block { first: Lsn(lsn + 1), time: UnixMillis(time), batches: vec![batch] })])?;
        lsn += 100;
    }
    let end = NOON + REPORTS * 1000;
    let stop = Arc::new(AtomicBool::new(false));
    let written = Arc::new(AtomicU64::new(0));
    let writer = {
        let (engine, stop, written) = (Arc::clone(&engine), Arc::clone(&stop), Arc::clone(&written));
        std::thread::spawn(move || write_on(&engine, lsn, end, &stop, &written).map_err(|error| error.to_string()))
    };
    std::thread::sleep(Duration::from_secs(1));
    let start = (Instant::now(), written.load(Ordering::Relaxed));
    for (name, property, from, to) in [
        ("rare, oldest page", "rare", 0, u64::MAX),
        ("rare, newest page", "rare", end - 60_000_000, end),
        ("every report, oldest", "temp", 0, u64::MAX),
        ("every report, newest", "temp", end - 300_000, end),
        ("never reported", "nothing", 0, u64::MAX),
    ] {
        let query = |_: u64| {
            let times = UnixMillis(from)..=UnixMillis(to);
            let query = PropertyQuery { device: lamp, property, times, after: None, limit: 100 };
            engine.property_history(&query).map(|page| (page.rows.len(), page.touched))
        };
        measure(name, query)?;
    }
    let kinds = Vec::new();
    let times = UnixMillis(0)..=UnixMillis(u64::MAX);
    let query = LogQuery { scope: LogScope::Device(lamp), kinds, times, words: Vec::new(), after: None, limit: 100 };
    measure("content log, newest", |_| engine.log(&query).map(|page| (page.rows.len(), page.touched)))?;
    let numbers = |at: u64| (0..100).map(|n| DeviceNumber(10 + ((at * 100 + n) % 20_000) as u32)).collect::<Vec<_>>();
    measure("100 device states", |at| engine.devices(&numbers(at)).map(|states| (states.len(), Default::default())))?;
    let rate = (written.load(Ordering::Relaxed) - start.1) as f64 / start.0.elapsed().as_secs_f64();
    println!("reports applied meanwhile: {rate:.0}/s");
    stop.store(true, Ordering::Relaxed);
    writer.join().map_err(|_| "the writer panicked")??;
    Ok(())
}

/// A word that is in no line of a device with 400,000 reports: first while the newest of them are in memory, then when all are on disk.
fn search(folder: &Path) -> Outcome {
    let engine = ReadingsEngine::open(ReadingsOptions::new(folder))?;
    let lamp = DeviceNumber(5);
    let mut at = engine.checkpoint().0;
    while at < 400_000 {
        let time = NOON + at * 40;
        let mut batch = RecordBatch::default();
        for n in at..at + 100 {
            let payload = format!(r#"{{"method":"report","clientToken":"{n}","params":{{"power":1,"temp":{n}}}}}"#);
            push(&mut batch, lamp, "lamp", time, &payload);
        }
        engine.apply(&[Arc::new(Block { first: Lsn(at + 1), time: UnixMillis(time), batches: vec![batch] })])?;
        at += 100;
    }
    let everything = || UnixMillis(0)..=UnixMillis(u64::MAX);
    let nowhere = LogFilter { words: vec!["nowhere".to_owned()], ..LogFilter::new(everything()) };
    let contents = LogFilter { kinds: vec![LineKind::Content], ..nowhere.clone() };
    let scope = LogScope::Device(lamp);
    for place in ["memory", "disk"] {
        for (name, filter) in [("any kind", &nowhere), ("messages", &contents)] {
            searched(&format!("{name}, {place}"), &engine, lamp, filter)?;
        }
        let (kinds, words) = (vec![RecordKind::ActionCall, RecordKind::PropertyReport], vec!["nowhere".to_owned()]);
        let query = LogQuery { scope, kinds, times: everything(), words, after: None, limit: 256 };
        measure(&format!("store alone, {place}"), |_| engine.log(&query).map(|page| (page.rows.len(), page.touched)))?;
        engine.seal()?;
    }
    Ok(())
}

/// The same search again and again, each call further back. On a busy machine the processor time of the thread tells more.
fn searched(name: &str, engine: &ReadingsEngine, device: DeviceNumber, filter: &LogFilter) -> Outcome {
    let (mut times, mut cpu, mut after, mut last) = (Vec::new(), Vec::new(), None, Default::default());
    for _ in 0..50 {
        let start = (thread_cpu_ns()?, Instant::now());
        let found = search_in(engine, &[Source::Device(device)], filter, after, 100, RECORDS_MAX)?;
        times.push(start.1.elapsed());
        cpu.push((thread_cpu_ns()? - start.0) as f64 / 1e6);
        (after, last) = (found.next, found.touched);
    }
    times.sort_unstable();
    cpu.sort_unstable_by(f64::total_cmp);
    let [p50, max] = [25, 49].map(|at| (times[at], cpu[at]));
    println!(
        "{name:24} p50 {:?}, worst {:?}; of the processor {:.1} ms, {:.1} ms; {last:?}",
        p50.0, max.0, p50.1, max.1
    );
    Ok(())
}

/// 100,000 reports a second of 20,000 devices.
fn write_on(
    engine: &ReadingsEngine,
    lsn: u64,
    time: u64,
    stop: &AtomicBool,
    written: &AtomicU64,
) -> Result<(), Box<dyn Error>> {
    let mut fleet = Fleet { devices: 20_000, next: 0, time: 0, per_ms: 100 };
    let start = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let block = fleet.block();
        let shifted = Block {
            first: Lsn(block.first.0 + lsn),
            time: UnixMillis(block.time.0 - NOON + time),
            batches: block.batches.clone(),
        };
        engine.apply(&[Arc::new(shifted)])?;
        written.store(fleet.next, Ordering::Relaxed);
        let due = Duration::from_micros(fleet.next * 10);
        if let Some(early) = due.checked_sub(start.elapsed()) {
            std::thread::sleep(early);
        }
    }
    Ok(())
}

fn measure<E: Error + 'static>(
    name: &str,
    mut ask: impl FnMut(u64) -> Result<(usize, lianwu_ports::readings::Touched), E>,
) -> Outcome {
    let mut times = Vec::new();
    let mut last = Default::default();
    for at in 0..400 {
        let start = Instant::now();
        last = ask(at)?;
        times.push(start.elapsed());
        std::thread::sleep(Duration::from_millis(5));
    }
    times.sort_unstable();
    println!("{name:24} p50 {:?} p99 {:?} max {:?}; {} rows, {:?}", times[200], times[396], times[399], last.0, last.1);
    Ok(())
}

fn reopen(folder: &Path) -> Outcome {
    let start = Instant::now();
    let engine = ReadingsEngine::open(ReadingsOptions::new(folder))?;
    println!(
        "open to checkpoint {:?}: {:?}, memory {:.1} MiB",
        engine.checkpoint(),
        start.elapsed(),
        memory_kib()? as f64 / 1024.0
    );
    let start = Instant::now();
    let query = PropertyQuery {
        device: DeviceNumber(17),
        property: "temp",
        times: UnixMillis(0)..=UnixMillis(u64::MAX),
        after: None,
        limit: 100,
    };
    let page = engine.property_history(&query)?;
    println!("first page: {:?}, {} rows, {:?}", start.elapsed(), page.rows.len(), page.touched);
    let numbers: Vec<_> = (0..100).map(|n| DeviceNumber(10 + n * 200)).collect();
    let start = Instant::now();
    let states = engine.devices(&numbers)?;
    println!("100 states, cold: {:?} ({})", start.elapsed(), states.len());
    for at in 0..20_000 {
        engine.device(DeviceNumber(10 + at % 100_000))?;
    }
    println!("memory after 20,000 states were read: {:.1} MiB", memory_kib()? as f64 / 1024.0);
    Ok(())
}

/// CPU time of this thread.
fn thread_cpu_ns() -> Result<u64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split(' ').next().unwrap_or("0").parse()?)
}

/// CPU time of all threads; the kernel counts it in hundredths of a second.
fn process_cpu_ms() -> Result<u64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<_> = text.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Ok((ticks(11) + ticks(12)) * 10)
}

fn memory_kib() -> Result<u64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).ok_or("VmRSS")?;
    Ok(line.split_whitespace().nth(1).unwrap_or("0").parse()?)
}

/// Blocks really used, so that sparse files count for what they hold.
fn folder_bytes(folder: &Path) -> Result<u64, Box<dyn Error>> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { folder_bytes(&entry.path())? } else { metadata.blocks() * 512 };
    }
    Ok(bytes)
}
