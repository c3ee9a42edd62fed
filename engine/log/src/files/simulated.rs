//! A disk in memory with every fault a real one has, driven by one seed.
//!
//! What was not synced may be lost in a power cut, sector by sector and name by name, in any combination. After a
//! failed sync the page cache shows what the disk may never have got, and later syncs do not write it any more.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind, IoSlice};
use std::ops::Range;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::{File, Files, Open};
use crate::testing::Random;

const SECTOR: usize = 512;
const PAGE: usize = 4096;

/// How a program ends without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The operating system lives on, with its page cache.
    Kill,
    PowerCut,
}

/// A directory on the simulated disk. Clones are the same disk.
#[derive(Clone, Debug)]
pub struct SimulatedFiles(Arc<Mutex<Disk>>);

#[derive(Debug)]
struct Disk {
    random: Random,
    names: BTreeMap<String, usize>,
    lasting_names: BTreeMap<String, usize>,
    name_changes: Vec<NameChange>,
    contents: Vec<Content>,
    /// Grows with every restart; handles from before are dead.
    epoch: u64,
    down: bool,
    operations: u64,
    crash_at: Option<u64>,
    fail_at: Range<u64>,
    bytes_max: Option<u64>,
    free_bytes_known: bool,
    short_writes: bool,
}

#[derive(Debug)]
enum NameChange {
    Link(String, usize),
    Unlink(String),
    Rename(String, String, usize),
}

#[derive(Debug, Default)]
struct Content {
    cache: Vec<u8>,
    disk: Vec<u8>,
    dirty_sectors: BTreeSet<usize>,
}

/// What becomes of one operation.
enum Fate {
    Works,
    Fails,
    Crashes,
}

fn power_is_out() -> io::Error {
    io::Error::other("the power is out")
}

fn broken() -> io::Error {
    io::Error::from_raw_os_error(5)
}

impl SimulatedFiles {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Disk {
            random: Random::new(seed),
            names: BTreeMap::new(),
            lasting_names: BTreeMap::new(),
            name_changes: Vec::new(),
            contents: Vec::new(),
            epoch: 0,
            down: false,
            operations: 0,
            crash_at: None,
            fail_at: 0..0,
            bytes_max: None,
            free_bytes_known: true,
            short_writes: false,
        })))
    }

    /// Crashes at the `nth` changing operation from now on (1 is the next one).
    pub fn crash_at(&self, nth: u64) {
        let mut disk = self.0.lock();
        disk.crash_at = Some(disk.operations + nth);
    }

    /// The changing operations `nth` (1 is the next one) fail with EIO.
    pub fn fail_at(&self, nth: Range<u64>) {
        let mut disk = self.0.lock();
        disk.fail_at = disk.operations + nth.start..disk.operations + nth.end;
    }

    /// All files together may have so many bytes. With `known` false nobody can ask beforehand.
    pub fn limit_bytes(&self, bytes_max: Option<u64>, known: bool) {
        let mut disk = self.0.lock();
        disk.bytes_max = bytes_max;
        disk.free_bytes_known = known;
    }

    pub fn short_writes(&self, on: bool) {
        self.0.lock().short_writes = on;
    }

    /// Crashed, and not restarted yet?
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.0.lock().down
    }

    /// Bytes of all files together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.lock().used()
    }

    /// Ends the program, now or where it crashed already, and starts the machine again without further faults.
    pub fn restart(&self, crash: Crash) {
        let mut disk = self.0.lock();
        if crash == Crash::PowerCut {
            disk.cut_power();
        }
        // Old handles are dead: what has no name any more can never be seen again.
        let Disk { contents, names, lasting_names, name_changes, .. } = &mut *disk;
        if name_changes.is_empty() {
            let named: BTreeSet<_> = names.values().chain(lasting_names.values()).collect();
            for (inode, content) in contents.iter_mut().enumerate() {
                if !named.contains(&inode) {
                    *content = Content::default();
                }
            }
        }
        disk.epoch += 1;
        disk.down = false;
        disk.crash_at = None;
        disk.fail_at = 0..0;
    }

    /// Changes bytes behind everybody's back, on disk and in the cache.
    pub fn damage(&self, name: &str, at: u64, change: impl Fn(u8) -> u8) {
        let mut disk = self.0.lock();
        let inode = disk.names[name];
        let at = usize::try_from(at).expect("test files are small");
        let content = &mut disk.contents[inode];
        content.cache[at] = change(content.cache[at]);
        content.disk[at] = change(content.disk[at]);
    }

    /// All names as the running system sees them.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.lock().names.keys().cloned().collect()
    }

    /// What the running system sees in a file.
    #[must_use]
    pub fn content(&self, name: &str) -> Vec<u8> {
        let disk = self.0.lock();
        disk.contents[disk.names[name]].cache.clone()
    }
}

impl Disk {
    fn used(&self) -> u64 {
        self.names.values().map(|inode| self.contents[*inode].cache.len() as u64).sum()
    }

    fn operate(&mut self) -> io::Result<Fate> {
        if self.down {
            return Err(power_is_out());
        }
        self.operations += 1;
        if self.crash_at == Some(self.operations) {
            self.down = true;
            return Ok(Fate::Crashes);
        }
        Ok(if self.fail_at.contains(&self.operations) { Fate::Fails } else { Fate::Works })
    }

    fn cut_power(&mut self) {
        let mut names = std::mem::take(&mut self.lasting_names);
        for change in std::mem::take(&mut self.name_changes) {
            if self.random.chance(2) {
                apply(&mut names, change);
            }
        }
        self.lasting_names = names.clone();
        self.names = names;
        for content in &mut self.contents {
            content.lose(&mut self.random);
        }
    }

    /// One change of a name: done, done without telling, or not done.
    fn change_name(&mut self, change: NameChange) -> io::Result<()> {
        let fate = self.operate()?;
        if matches!(fate, Fate::Works) || self.random.chance(2) {
            apply(&mut self.names, change.clone());
            self.name_changes.push(change);
        }
        fate.result()
    }
}

impl Fate {
    fn result(self) -> io::Result<()> {
        match self {
            Self::Works => Ok(()),
            Self::Fails => Err(broken()),
            Self::Crashes => Err(power_is_out()),
        }
    }
}

impl Clone for NameChange {
    fn clone(&self) -> Self {
        match self {
            Self::Link(name, inode) => Self::Link(name.clone(), *inode),
            Self::Unlink(name) => Self::Unlink(name.clone()),
            Self::Rename(from, to, inode) => Self::Rename(from.clone(), to.clone(), *inode),
        }
    }
}

fn apply(names: &mut BTreeMap<String, usize>, change: NameChange) {
    match change {
        NameChange::Link(name, inode) => _ = names.insert(name, inode),
        NameChange::Unlink(name) => _ = names.remove(&name),
        NameChange::Rename(from, to, inode) => {
            names.remove(&from);
            names.insert(to, inode);
        }
    }
}

impl Content {
    fn write(&mut self, bytes: &[u8], at: usize) {
        let end = at + bytes.len();
        if self.cache.len() < end {
            self.cache.resize(end, 0);
        }
        self.cache[at..end].copy_from_slice(bytes);
        self.dirty_sectors.extend(at / SECTOR..end.div_ceil(SECTOR));
    }

    fn sync(&mut self) {
        self.disk.resize(self.cache.len(), 0);
        for sector in std::mem::take(&mut self.dirty_sectors) {
            self.persist(sector);
        }
    }

    fn persist(&mut self, sector: usize) {
        let start = sector * SECTOR;
        let end = (start + SECTOR).min(self.cache.len()).min(self.disk.len());
        if start < end {
            self.disk[start..end].copy_from_slice(&self.cache[start..end]);
        }
    }

    /// Some of the unsynced sectors reach the disk: none, all, or any of them, alone or page by page.
    fn persist_some(&mut self, random: &mut Random) {
        if random.chance(2) {
            self.disk.resize(self.cache.len(), 0);
        }
        let unit = if random.chance(2) { 1 } else { PAGE / SECTOR };
        let mode = random.below(4);
        let salt = random.draw();
        for sector in self.dirty_sectors.clone() {
            let lucky = Random::new(salt ^ (sector / unit) as u64).chance(2);
            if mode == 0 || (mode >= 2 && lucky) {
                self.persist(sector);
            }
        }
    }

    /// The sync fails: nobody tries these sectors again.
    fn fail_sync(&mut self, random: &mut Random) {
        self.persist_some(random);
        self.disk.resize(self.cache.len(), 0);
        self.dirty_sectors.clear();
    }

    fn lose(&mut self, random: &mut Random) {
        self.persist_some(random);
        self.dirty_sectors.clear();
        self.cache = self.disk.clone();
    }
}

impl Files for SimulatedFiles {
    fn open(&self, name: &str, open: Open) -> io::Result<Arc<dyn File>> {
        let mut disk = self.0.lock();
        let inode = if open == Open::Create {
            let inode = disk.contents.len();
            disk.contents.push(Content::default());
            disk.change_name(NameChange::Link(name.to_owned(), inode))?;
            inode
        } else if disk.down {
            return Err(power_is_out());
        } else {
            *disk.names.get(name).ok_or(ErrorKind::NotFound)?
        };
        Ok(Arc::new(SimulatedFile {
            disk: Arc::clone(&self.0),
            inode,
            epoch: disk.epoch,
            writable: open != Open::Read,
        }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = self.0.lock();
        let inode = *disk.names.get(from).ok_or(ErrorKind::NotFound)?;
        disk.change_name(NameChange::Rename(from.to_owned(), to.to_owned(), inode))
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        let mut disk = self.0.lock();
        if !disk.names.contains_key(name) {
            return Err(ErrorKind::NotFound.into());
        }
        disk.change_name(NameChange::Unlink(name.to_owned()))
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut disk = self.0.lock();
        let fate = disk.operate()?;
        if matches!(fate, Fate::Works) {
            disk.lasting_names = disk.names.clone();
            disk.name_changes.clear();
        }
        fate.result()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let disk = self.0.lock();
        if disk.down {
            return Err(power_is_out());
        }
        Ok(disk.names.keys().cloned().collect())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let disk = self.0.lock();
        Ok(match disk.bytes_max {
            Some(max) if disk.free_bytes_known => max.saturating_sub(disk.used()),
            Some(_) | None => u64::MAX,
        })
    }

    fn describe(&self, name: &str) -> String {
        format!("log/{name}")
    }
}

#[derive(Debug)]
struct SimulatedFile {
    disk: Arc<Mutex<Disk>>,
    inode: usize,
    epoch: u64,
    writable: bool,
}

impl SimulatedFile {
    fn disk(&self) -> io::Result<MutexGuard<'_, Disk>> {
        let disk = self.disk.lock();
        if disk.down || disk.epoch != self.epoch { Err(power_is_out()) } else { Ok(disk) }
    }
}

impl File for SimulatedFile {
    fn write_at(&self, parts: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        let mut disk = self.disk()?;
        if !self.writable {
            return Err(ErrorKind::PermissionDenied.into());
        }
        let mut bytes = Vec::new();
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        let fate = disk.operate()?;
        let partly = disk.short_writes && disk.random.chance(3);
        if partly || !matches!(fate, Fate::Works) {
            let some = disk.random.below(bytes.len() as u64 + 1);
            bytes.truncate(usize::try_from(some).expect("a length of memory").max(usize::from(partly)));
        }
        let at = usize::try_from(offset).expect("test files are small");
        if let Some(max) = disk.bytes_max {
            let size = disk.contents[self.inode].cache.len();
            let room = usize::try_from(max.saturating_sub(disk.used())).expect("test disks are small");
            bytes.truncate((size + room).saturating_sub(at));
            if bytes.is_empty() && matches!(fate, Fate::Works) {
                return Err(ErrorKind::StorageFull.into());
            }
        }
        disk.contents[self.inode].write(&bytes, at);
        fate.result()?;
        Ok(bytes.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let disk = self.disk()?;
        let cache = &disk.contents[self.inode].cache;
        let at = usize::try_from(offset).expect("test files are small").min(cache.len());
        let length = buffer.len().min(cache.len() - at);
        buffer[..length].copy_from_slice(&cache[at..at + length]);
        Ok(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut disk = self.disk()?;
        let fate = disk.operate()?;
        let Disk { contents, random, .. } = &mut *disk;
        match fate {
            Fate::Works => contents[self.inode].sync(),
            Fate::Fails => contents[self.inode].fail_sync(random),
            // What reaches the disk is decided by the restart.
            Fate::Crashes => {}
        }
        fate.result()
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let mut disk = self.disk()?;
        let fate = disk.operate()?;
        if matches!(fate, Fate::Works) {
            disk.contents[self.inode].cache.resize(usize::try_from(length).expect("test files are small"), 0);
        }
        fate.result()
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.disk()?.contents[self.inode].cache.len() as u64)
    }
}
