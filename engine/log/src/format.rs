//! The bytes of a segment file: one header, then blocks. Drawn in `docs/log-format.md`.
//!
//! Everything is little-endian. Nothing here trusts a length before it was compared with the bytes at hand.

use lianwu_model::UnixMillis;
use lianwu_ports::log::{Block, Lsn};
use lianwu_ports::record::{RecordBatch, RecordError};

/// Where the first block of a segment begins: the header has a page of its own, so that no write of a block ever
/// touches the sectors of the header.
pub const BLOCKS_AT: u64 = 4096;

/// Version of header and blocks this program writes. A segment holds blocks of one version only.
pub const VERSION: u8 = 1;

/// Encoded size of [`SegmentHeader`].
pub const HEADER_BYTES: usize = 64;

/// Fixed part of a block, before the directory of its batches.
pub const BLOCK_HEAD_BYTES: usize = 48;

/// One entry of the directory: byte length and record count of a batch.
pub const DIRECTORY_ENTRY_BYTES: usize = 8;

/// Blocks begin at multiples of this.
pub const BLOCK_ALIGNMENT: u64 = 8;

const MAGIC: [u8; 8] = *b"LIANWU-L";

/// Opens every segment file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Grows with every segment ever prepared; never used twice.
    pub number: u64,
    /// Number of the segment whose records come directly before; 0 for the very first.
    pub previous: u64,
    /// The record the first block begins with.
    pub first: Lsn,
    /// Random; every block of this segment begins with it, so bytes of other files, or bytes a device made up, are
    /// never taken for a block.
    pub mark: u64,
    /// UTC day of all commits in this segment, counted from 1970-01-01.
    pub day: u32,
    /// Retention class: for how many days records were to be kept when this segment was begun.
    pub retention_days: u16,
    /// Size the file was prepared with, in bytes. A finished segment may be shorter.
    pub capacity: u64,
}

/// Why bytes are not a segment header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("it is not a log segment")]
    NotASegment,
    #[error("its header is damaged")]
    Damaged,
    #[error("it was written by a newer version (format {0})")]
    NewerVersion(u8),
}

impl SegmentHeader {
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0_u8; HEADER_BYTES];
        out[0..8].copy_from_slice(&MAGIC);
        out[12] = VERSION;
        out[14..16].copy_from_slice(&self.retention_days.to_le_bytes());
        out[16..24].copy_from_slice(&self.number.to_le_bytes());
        out[24..32].copy_from_slice(&self.first.0.to_le_bytes());
        out[32..40].copy_from_slice(&self.mark.to_le_bytes());
        out[40..44].copy_from_slice(&self.day.to_le_bytes());
        out[48..56].copy_from_slice(&self.capacity.to_le_bytes());
        out[56..64].copy_from_slice(&self.previous.to_le_bytes());
        let crc = crc32c::crc32c(&out[12..]);
        out[8..12].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// # Errors
    /// See [`HeaderError`]; the version is only believed behind a matching checksum.
    pub fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Self, HeaderError> {
        if bytes[0..8] != MAGIC {
            return Err(HeaderError::NotASegment);
        }
        if crc32c::crc32c(&bytes[12..]) != u32_at(bytes, 8) {
            return Err(HeaderError::Damaged);
        }
        if bytes[12] > VERSION {
            return Err(HeaderError::NewerVersion(bytes[12]));
        }
        Ok(Self {
            retention_days: u16::from_le_bytes([bytes[14], bytes[15]]),
            number: u64_at(bytes, 16),
            first: Lsn(u64_at(bytes, 24)),
            mark: u64_at(bytes, 32),
            day: u32_at(bytes, 40),
            capacity: u64_at(bytes, 48),
            previous: u64_at(bytes, 56),
        })
    }
}

/// A block that passed its checksum, borrowing from the bytes it was read into.
#[derive(Clone, Copy, Debug)]
pub struct BlockView<'a> {
    pub first: Lsn,
    pub time: UnixMillis,
    pub records: u32,
    /// Whole length, without the padding behind it.
    pub length: u32,
    directory: &'a [u8],
    payload: &'a [u8],
}

/// Why bytes are not a block of this segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// Zeros, as they were written ahead: nothing was ever committed here.
    #[error("nothing is written there")]
    Blank,
    /// The block claims more bytes than are at hand; how many it claims.
    #[error("the block is cut off")]
    Short(u32),
    #[error("{0}")]
    Bad(&'static str),
}

impl<'a> BlockView<'a> {
    /// Takes the block at the start of `bytes`, which may go on behind it.
    ///
    /// # Errors
    /// See [`BlockError`]. After `Short(n)` call again with at least `n` bytes, if the file has them.
    pub fn decode(bytes: &'a [u8], mark: u64, number: u64) -> Result<Self, BlockError> {
        let Some((head, _)) = bytes.split_first_chunk::<BLOCK_HEAD_BYTES>() else {
            return Err(BlockError::Short(BLOCK_HEAD_BYTES as u32));
        };
        let found = u64_at(head, 0);
        if found != mark {
            return Err(if found == 0 { BlockError::Blank } else { BlockError::Bad("no block begins there") });
        }
        let length = u32_at(head, 12);
        if (length as usize) < BLOCK_HEAD_BYTES {
            return Err(BlockError::Bad("the length of the block is impossible"));
        }
        let block = bytes.get(..length as usize).ok_or(BlockError::Short(length))?;
        if crc32c::crc32c(&block[12..]) != u32_at(head, 8) {
            return Err(BlockError::Bad("the checksum of the block does not match"));
        }
        if u64_at(head, 16) != number {
            return Err(BlockError::Bad("the block belongs to another segment"));
        }
        let batches = u32_at(head, 44) as usize;
        let (directory, payload) = block[BLOCK_HEAD_BYTES..]
            .split_at_checked(batches.saturating_mul(DIRECTORY_ENTRY_BYTES))
            .ok_or(BlockError::Bad("the directory of the block is cut off"))?;
        let view = Self {
            first: Lsn(u64_at(head, 24)),
            time: UnixMillis(u64_at(head, 32)),
            records: u32_at(head, 40),
            length,
            directory,
            payload,
        };
        view.check_directory()?;
        Ok(view)
    }

    fn check_directory(&self) -> Result<(), BlockError> {
        let (mut bytes, mut records) = (0_u64, 0_u64);
        for (length, count) in self.directory() {
            bytes += u64::from(length);
            records += u64::from(count);
        }
        if bytes != self.payload.len() as u64 || records != u64::from(self.records) || records == 0 {
            return Err(BlockError::Bad("the directory of the block does not add up"));
        }
        if self.first.0.checked_add(records).is_none() {
            return Err(BlockError::Bad("the numbers of the block overflow"));
        }
        Ok(())
    }

    fn directory(&self) -> impl Iterator<Item = (u32, u32)> + 'a {
        self.directory.chunks_exact(DIRECTORY_ENTRY_BYTES).map(|entry| (u32_at(entry, 0), u32_at(entry, 4)))
    }

    /// Number of the record behind this block.
    #[must_use]
    pub fn next(&self) -> Lsn {
        Lsn(self.first.0 + u64::from(self.records))
    }

    /// Copies the batches out.
    ///
    /// # Errors
    /// When a record does not decode, which a matching checksum rules out for blocks this program wrote.
    pub fn to_block(&self) -> Result<Block, RecordError> {
        let mut batches = Vec::with_capacity(self.directory.len() / DIRECTORY_ENTRY_BYTES);
        let mut rest = self.payload;
        for (length, count) in self.directory() {
            let (bytes, behind) = rest.split_at(length as usize);
            rest = behind;
            batches.push(RecordBatch::from_parts(bytes.to_vec(), count)?);
        }
        Ok(Block { first: self.first, time: self.time, batches })
    }
}

/// Writes head and directory of a block into `out` (emptied before); the batches follow it on disk as they are.
///
/// Returns the whole length of the block without padding.
pub fn encode_head(
    out: &mut Vec<u8>,
    header: &SegmentHeader,
    first: Lsn,
    time: UnixMillis,
    batches: &[RecordBatch],
) -> u32 {
    let records: u32 = batches.iter().map(RecordBatch::len).sum();
    let length = block_length(batches.len(), batches.iter().map(|b| b.as_bytes().len() as u64).sum());
    let length = u32::try_from(length).expect("a block fits into a segment, which is below 4 GiB");
    let count = u32::try_from(batches.len()).expect("a block holds at most one batch per record");
    out.clear();
    out.extend_from_slice(&header.mark.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&header.number.to_le_bytes());
    out.extend_from_slice(&first.0.to_le_bytes());
    out.extend_from_slice(&time.0.to_le_bytes());
    out.extend_from_slice(&records.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    for batch in batches {
        let bytes = u32::try_from(batch.as_bytes().len()).expect("a batch is shorter than its block");
        out.extend_from_slice(&bytes.to_le_bytes());
        out.extend_from_slice(&batch.len().to_le_bytes());
    }
    let mut crc = crc32c::crc32c(&out[12..]);
    for batch in batches {
        crc = crc32c::crc32c_append(crc, batch.as_bytes());
    }
    out[8..12].copy_from_slice(&crc.to_le_bytes());
    length
}

/// Length of a block with that many batches of together `bytes` bytes, without padding.
#[must_use]
pub fn block_length(batches: usize, bytes: u64) -> u64 {
    (BLOCK_HEAD_BYTES + batches * DIRECTORY_ENTRY_BYTES) as u64 + bytes
}

/// The next place where a block may begin.
#[must_use]
pub fn align(offset: u64) -> u64 {
    offset.next_multiple_of(BLOCK_ALIGNMENT)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut value = [0; 4];
    value.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(value)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut value = [0; 8];
    value.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(value)
}
