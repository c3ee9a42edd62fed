//! Walks the blocks of a segment file with few, large reads.

use std::io;
use std::sync::Arc;

use crate::files::{File, read_full_at};
use crate::format::{BLOCK_ALIGNMENT, BLOCK_HEAD_BYTES, BlockError, BlockView, SegmentHeader, align};

/// Bytes read at once; a longer block is read whole.
const CHUNK_BYTES: usize = 1 << 20;

/// A position in a segment that moves from block to block.
#[derive(Debug)]
pub struct Walker {
    file: Arc<dyn File>,
    mark: u64,
    number: u64,
    /// Offset of the next block.
    at: u64,
    /// End of the file; no block goes beyond, so no claimed length makes us allocate more than the file holds.
    end: u64,
    chunk: usize,
    buffer: Vec<u8>,
    /// Offset of the first byte of `buffer`.
    buffer_at: u64,
}

impl Walker {
    /// # Errors
    /// When the size of the file cannot be found out.
    pub fn new(file: Arc<dyn File>, header: &SegmentHeader, at: u64) -> io::Result<Self> {
        let end = file.size()?;
        let (mark, number) = (header.mark, header.number);
        Ok(Self { file, mark, number, at, end, chunk: CHUNK_BYTES, buffer: Vec::new(), buffer_at: at })
    }

    /// Reads about this many bytes at once instead.
    #[must_use]
    pub fn chunk(mut self, bytes: usize) -> Self {
        self.chunk = bytes.clamp(1 << 12, CHUNK_BYTES);
        self
    }

    /// Offset of the next block.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// End of the file.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The next block with its offset; on a [`BlockError`] the position stays.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn step(&mut self) -> io::Result<Result<(u64, BlockView<'_>), BlockError>> {
        if self.end.saturating_sub(self.at) < BLOCK_HEAD_BYTES as u64 {
            return Ok(Err(BlockError::Blank));
        }
        self.fill(BLOCK_HEAD_BYTES)?;
        if let Err(BlockError::Short(length)) = BlockView::decode(self.bytes(), self.mark, self.number) {
            if u64::from(length) > self.end - self.at {
                return Ok(Err(BlockError::Bad("the block goes beyond the end of the file")));
            }
            self.fill(length as usize)?;
        }
        let bytes = &self.buffer[usize_of(self.at - self.buffer_at)..];
        Ok(match BlockView::decode(bytes, self.mark, self.number) {
            Ok(view) => {
                let offset = self.at;
                self.at = align(offset + u64::from(view.length));
                Ok((offset, view))
            }
            // The file was cut while it was being read.
            Err(BlockError::Short(_)) => Err(BlockError::Bad("the block is cut off")),
            Err(error) => Err(error),
        })
    }

    /// The next place from here on where this segment's mark stands, or `None`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn find_mark(&mut self) -> io::Result<Option<u64>> {
        let mark = self.mark.to_le_bytes();
        self.scan(|eight| eight == mark)
    }

    /// End of the last eight bytes from here on that are not all zero; `None` when all are.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_written(&mut self) -> io::Result<Option<u64>> {
        let mut last = None;
        while let Some(at) = self.scan(|eight| eight != [0; 8])? {
            last = Some((at + BLOCK_ALIGNMENT).min(self.end));
            self.at = at + BLOCK_ALIGNMENT;
        }
        Ok(last)
    }

    /// Moves forward to the first aligned place the condition holds for.
    fn scan(&mut self, wanted: impl Fn(&[u8]) -> bool) -> io::Result<Option<u64>> {
        self.at = align(self.at);
        while self.at < self.end {
            self.fill(BLOCK_ALIGNMENT as usize)?;
            let bytes = self.bytes();
            if bytes.is_empty() {
                break;
            }
            let found = bytes.chunks(BLOCK_ALIGNMENT as usize).position(&wanted);
            let passed = found.map_or(bytes.len(), |index| index * BLOCK_ALIGNMENT as usize);
            self.at = align(self.at + passed as u64);
            if found.is_some() {
                return Ok(Some(self.at));
            }
        }
        Ok(None)
    }

    /// Continues at another place.
    pub fn move_to(&mut self, at: u64) {
        self.at = at;
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[usize_of(self.at - self.buffer_at)..]
    }

    /// Makes the buffer hold `needed` bytes from the position on, as far as the file goes.
    fn fill(&mut self, needed: usize) -> io::Result<()> {
        let buffered = self.buffer_at..self.buffer_at + self.buffer.len() as u64;
        let needed = needed.min(usize_of(self.end - self.at));
        if buffered.start <= self.at && self.at + needed as u64 <= buffered.end {
            return Ok(());
        }
        let length = needed.max(self.chunk.min(usize_of(self.end - self.at)));
        self.buffer.resize(length, 0);
        self.buffer_at = self.at;
        let read = read_full_at(&*self.file, &mut self.buffer, self.at)?;
        self.buffer.truncate(read);
        Ok(())
    }
}

fn usize_of(bytes: u64) -> usize {
    usize::try_from(bytes).expect("segments are far below the address space")
}
