//! The record of acknowledged reports, written by `report` and read by `verify`.
//!
//! File: 8 bytes `LWRECRD1`, a `u32` length and so many bytes of JSON (a [`Header`]), then entries of 20 bytes:
//! device number (`u32`), sequence (`u64`), sample time in UNIX milliseconds (`u64`). All numbers little-endian. A
//! last entry that is cut off is ignored: the generator may have been killed.

use std::{
    fs::File,
    io::{self, BufReader, Read as _, Write as _},
    path::Path,
    sync::Mutex,
};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

const MAGIC: &[u8; 8] = b"LWRECRD1";
const ENTRY_BYTES: usize = 20;
/// Longest header accepted: some hundred thousand devices.
const HEADER_BYTES_MAX: u32 = 64 << 20;
/// Entries are written in pieces of so many bytes.
const PIECE_BYTES: usize = ENTRY_BYTES * 8192;

/// What the entries are about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The property that holds the sequence.
    pub property: String,
    /// Product and device name by device number.
    pub devices: Vec<(String, String)>,
}

/// One acknowledged report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub device: u32,
    pub sequence: u64,
    /// Unit: UNIX milliseconds.
    pub sample_time_ms: u64,
}

impl Entry {
    fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.device.to_le_bytes());
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&self.sample_time_ms.to_le_bytes());
    }

    fn decode(bytes: &[u8; ENTRY_BYTES]) -> Self {
        let number = |range: std::ops::Range<usize>| {
            bytes[range].iter().rev().fold(0_u64, |number, &byte| number << 8 | u64::from(byte))
        };
        Self { device: number(0..4) as u32, sequence: number(4..12), sample_time_ms: number(12..20) }
    }
}

/// A record file being written by several threads.
#[derive(Debug)]
pub struct RecordFile {
    file: Mutex<File>,
}

impl RecordFile {
    /// Creates or replaces the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(path: &Path, header: &Header) -> anyhow::Result<Self> {
        let json = serde_json::to_vec(header).context("write the record's header")?;
        let length = u32::try_from(json.len()).context("too many devices for a record")?;
        let mut file = File::create(path).with_context(|| format!("create record file {}", path.display()))?;
        file.write_all(MAGIC)?;
        file.write_all(&length.to_le_bytes())?;
        file.write_all(&json)?;
        Ok(Self { file: Mutex::new(file) })
    }

    /// The part of one thread.
    #[must_use]
    pub fn recorder(&self) -> Recorder<'_> {
        Recorder { file: self, piece: Vec::with_capacity(PIECE_BYTES), failure: None }
    }
}

/// Entries of one thread, written in pieces. What is left is written by [`Recorder::finish`] or when dropped.
#[derive(Debug)]
pub struct Recorder<'f> {
    file: &'f RecordFile,
    piece: Vec<u8>,
    failure: Option<io::Error>,
}

impl Recorder<'_> {
    /// Adds an entry. A failure to write is kept for [`Recorder::finish`].
    #[inline]
    pub fn add(&mut self, device: u32, sequence: u64, sample_time_ms: u64) {
        Entry { device, sequence, sample_time_ms }.encode(&mut self.piece);
        if self.piece.len() >= PIECE_BYTES {
            self.write();
        }
    }

    fn write(&mut self) {
        let mut file = self.file.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Err(error) = file.write_all(&self.piece) {
            self.failure.get_or_insert(error);
        }
        self.piece.clear();
    }

    /// Writes the rest.
    ///
    /// # Errors
    /// Any entry could not be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.write();
        self.failure.take().map_or(Ok(()), Err)
    }
}

impl Drop for Recorder<'_> {
    fn drop(&mut self) {
        if !self.piece.is_empty() {
            self.write();
        }
    }
}

/// Reads a whole record.
///
/// # Errors
/// It cannot be read, is not a record, or names a device its header does not have.
pub fn read(path: &Path) -> anyhow::Result<(Header, Vec<Entry>)> {
    let file = File::open(path).with_context(|| format!("open record file {}", path.display()))?;
    read_from(BufReader::new(file)).with_context(|| format!("record file {}", path.display()))
}

fn read_from(mut input: impl io::Read) -> anyhow::Result<(Header, Vec<Entry>)> {
    let (mut magic, mut length) = ([0; 8], [0; 4]);
    input.read_exact(&mut magic).context("no heading")?;
    if &magic != MAGIC {
        bail!("not a record of acknowledged reports");
    }
    input.read_exact(&mut length).context("no header")?;
    let length = u32::from_le_bytes(length);
    if length > HEADER_BYTES_MAX {
        bail!("a header of {length} bytes is too long");
    }
    let mut json = Vec::new();
    input.by_ref().take(u64::from(length)).read_to_end(&mut json)?;
    let header: Header = serde_json::from_slice(&json).context("broken header")?;
    let mut entries = Vec::new();
    let mut rest = Vec::new();
    input.read_to_end(&mut rest)?;
    for bytes in rest.as_chunks::<ENTRY_BYTES>().0 {
        let entry = Entry::decode(bytes);
        if entry.device as usize >= header.devices.len() {
            bail!("entry {} is of device {}, there are {}", entries.len(), entry.device, header.devices.len());
        }
        entries.push(entry);
    }
    Ok((header, entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header { property: "seq".into(), devices: vec![("LAMP000001".into(), "hall".into())] }
    }

    fn file(entries: &[Entry]) -> Vec<u8> {
        let json = serde_json::to_vec(&header()).unwrap();
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&(json.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&json);
        entries.iter().for_each(|entry| entry.encode(&mut bytes));
        bytes
    }

    /// Does every entry come back, and a cut one not at all?
    #[test]
    fn entries_survive_a_cut_tail() {
        let entry = |sequence| Entry { device: 0, sequence, sample_time_ms: 1_714_550_400_123 };
        let entries = [entry(1), entry(u64::MAX), entry(9_999_999_999)];
        let bytes = file(&entries);
        assert_eq!(read_from(&bytes[..]).unwrap(), (header(), entries.to_vec()));
        assert_eq!(read_from(&bytes[..bytes.len() - 1]).unwrap().1, entries[..2]);
    }

    /// Is anything else refused?
    #[test]
    fn not_a_record() {
        let unknown_device = file(&[Entry { device: 1, sequence: 1, sample_time_ms: 1 }]);
        let mut endless = file(&[]);
        endless[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        for bytes in [&b""[..], b"LWRECRD0....", &unknown_device, &endless, &file(&[])[..20]] {
            assert!(read_from(bytes).is_err());
        }
    }
}
