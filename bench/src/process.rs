//! What the kernel says about a server process: processor time per thread, memory.

use std::{collections::BTreeMap, fs, io};

use serde::Serialize;

/// Processor time of one process, by thread name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CpuTimes {
    /// User and system time in clock ticks. Threads of one name are added up.
    threads: BTreeMap<String, Ticks>,
    /// The whole process, finished threads included.
    total: Ticks,
}

/// Unit: clock ticks, see [`ticks_per_second`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ticks {
    pub user: u64,
    pub system: u64,
}

impl Ticks {
    fn since(self, before: Self) -> Self {
        Self { user: self.user.saturating_sub(before.user), system: self.system.saturating_sub(before.system) }
    }

    fn add(&mut self, more: Self) {
        self.user += more.user;
        self.system += more.system;
    }

    /// User plus system time. Unit: seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        (self.user + self.system) as f64 / ticks_per_second()
    }

    /// User time alone. Unit: seconds.
    #[must_use]
    pub fn user_seconds(self) -> f64 {
        self.user as f64 / ticks_per_second()
    }
}

/// Clock ticks per second, 100 nearly everywhere.
#[must_use]
pub fn ticks_per_second() -> f64 {
    rustix::param::clock_ticks_per_second() as f64
}

impl CpuTimes {
    /// Reads the times of a process and of each of its threads.
    ///
    /// # Errors
    /// The process does not exist or may not be read. A thread that ends meanwhile is skipped.
    pub fn read(pid: u32) -> io::Result<Self> {
        let total = parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat"))?)
            .ok_or_else(|| io::Error::other(format!("/proc/{pid}/stat is not as expected")))?
            .1;
        let mut threads = BTreeMap::<String, Ticks>::new();
        for entry in fs::read_dir(format!("/proc/{pid}/task"))? {
            let Ok(text) = fs::read_to_string(entry?.path().join("stat")) else { continue };
            if let Some((name, ticks)) = parse_stat(&text) {
                threads.entry(name.to_owned()).or_default().add(ticks);
            }
        }
        Ok(Self { threads, total })
    }

    /// Adds another process of the same server.
    pub fn add(&mut self, other: Self) {
        self.total.add(other.total);
        for (name, ticks) in other.threads {
            self.threads.entry(name).or_default().add(ticks);
        }
    }

    /// What was used since an earlier reading: the process, and its threads that used anything, busiest first.
    #[must_use]
    pub fn since(&self, before: &Self) -> (Ticks, Vec<(String, Ticks)>) {
        let mut threads: Vec<_> = self
            .threads
            .iter()
            .map(|(name, ticks)| (name.clone(), ticks.since(before.threads.get(name).copied().unwrap_or_default())))
            .filter(|(_, ticks)| *ticks != Ticks::default())
            .collect();
        threads.sort_by_key(|(_, ticks)| std::cmp::Reverse(ticks.user + ticks.system));
        (self.total.since(before.total), threads)
    }
}

/// Name and times of a `stat` line. The name is in brackets and may hold anything, also brackets and blanks.
fn parse_stat(text: &str) -> Option<(&str, Ticks)> {
    let (start, end) = (text.find('(')?, text.rfind(')')?);
    let name = text.get(start + 1..end)?;
    // Fields 14 and 15 of proc(5); field 3 is the first one after the name.
    let mut fields = text.get(end + 1..)?.split_ascii_whitespace().skip(11);
    let user = fields.next()?.parse().ok()?;
    let system = fields.next()?.parse().ok()?;
    Some((name, Ticks { user, system }))
}

/// Memory of one or several processes. Unit: bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// Proportional set size: shared pages count by their share.
    pub pss_bytes: u64,
    /// Pages no other process has.
    pub private_bytes: u64,
    /// Resident set size now.
    pub rss_bytes: u64,
    /// Largest resident set size since the process started.
    pub rss_peak_bytes: u64,
}

impl Memory {
    /// Reads the memory of a process.
    ///
    /// # Errors
    /// The process does not exist or may not be read.
    pub fn read(pid: u32) -> io::Result<Self> {
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        Ok(Self {
            pss_bytes: kib_field(&rollup, "Pss:"),
            private_bytes: kib_field(&rollup, "Private_Clean:") + kib_field(&rollup, "Private_Dirty:"),
            rss_bytes: kib_field(&rollup, "Rss:"),
            rss_peak_bytes: kib_field(&status, "VmHWM:"),
        })
    }

    /// Adds another process of the same server.
    pub fn add(&mut self, other: Self) {
        self.pss_bytes += other.pss_bytes;
        self.private_bytes += other.private_bytes;
        self.rss_bytes += other.rss_bytes;
        self.rss_peak_bytes += other.rss_peak_bytes;
    }
}

/// A field of the form `Name:   123 kB`, in bytes; zero when it is missing.
fn kib_field(text: &str, name: &str) -> u64 {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.split_ascii_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(0)
        * 1024
}

/// Times of all processes of a server together.
///
/// # Errors
/// One of them cannot be read.
pub fn cpu_of(pids: &[u32]) -> io::Result<CpuTimes> {
    let mut sum = CpuTimes::default();
    for &pid in pids {
        sum.add(CpuTimes::read(pid)?);
    }
    Ok(sum)
}

/// Memory of all processes of a server together.
///
/// # Errors
/// One of them cannot be read.
pub fn memory_of(pids: &[u32]) -> io::Result<Memory> {
    let mut sum = Memory::default();
    for &pid in pids {
        sum.add(Memory::read(pid)?);
    }
    Ok(sum)
}

/// Lets this process open as many files as the system allows: every connection is one.
///
/// When that fails nothing is lost; opening connections will say so.
pub fn raise_open_files() {
    let mut limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current = limit.maximum;
    let _ = rustix::process::setrlimit(rustix::process::Resource::Nofile, limit);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Is a thread found whose name holds brackets and blanks?
    #[test]
    fn stat_line_with_a_wild_name() {
        let line = "7 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 140 27 0 0 20 0 3 0 99 0 0";
        assert_eq!(parse_stat(line), Some(("a) b (c)", Ticks { user: 140, system: 27 })));
        for broken in ["", "7 (x", "7 (x) S 1 2", ")("] {
            assert_eq!(parse_stat(broken), None, "{broken}");
        }
    }

    /// Are kernel sizes turned into bytes, and a missing one into zero?
    #[test]
    fn sizes_are_in_bytes() {
        let text = "Rss:      2048 kB\nPss:        17 kB\nPss_Anon:    9 kB\n";
        assert_eq!(kib_field(text, "Pss:"), 17 * 1024);
        assert_eq!(kib_field(text, "Private_Dirty:"), 0);
    }

    /// Does this very process have threads, time and memory?
    #[test]
    fn own_process_can_be_read() {
        let pid = std::process::id();
        let times = cpu_of(&[pid]).unwrap();
        assert!(!times.threads.is_empty());
        let memory = memory_of(&[pid]).unwrap();
        assert!(memory.rss_bytes > 0 && memory.rss_peak_bytes >= memory.rss_bytes);
    }

    /// Is only the difference between two readings reported, busiest thread first?
    #[test]
    fn difference_of_two_readings() {
        let reading = |worker, commit| CpuTimes {
            threads: BTreeMap::from([
                ("worker-0".to_owned(), Ticks { user: worker, system: 0 }),
                ("commit".to_owned(), Ticks { user: 0, system: commit }),
                ("idle".to_owned(), Ticks { user: 5, system: 5 }),
            ]),
            total: Ticks { user: worker + 5, system: commit + 5 },
        };
        let (total, threads) = reading(10, 90).since(&reading(4, 80));
        assert_eq!(total, Ticks { user: 6, system: 10 });
        let names: Vec<_> = threads.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["commit", "worker-0"]);
    }
}
