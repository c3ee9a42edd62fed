//! The newest blocks in memory, so that followers who keep up never touch the disk.

use std::collections::VecDeque;
use std::sync::Arc;

use lianwu_ports::log::{Block, Lsn};
use parking_lot::Mutex;

#[derive(Debug)]
pub struct Ring {
    bytes_max: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// In order and without gaps, each with its size.
    blocks: VecDeque<(Arc<Block>, usize)>,
    bytes: usize,
}

impl Ring {
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, kept: Mutex::default() }
    }

    /// Adds the newest block and lets the oldest go until the limit holds again.
    pub fn push(&self, block: Arc<Block>, bytes: usize) {
        let mut dropped = Vec::new();
        let mut kept = self.kept.lock();
        kept.blocks.push_back((block, bytes));
        kept.bytes += bytes;
        while kept.bytes > self.bytes_max {
            let Some(oldest) = kept.blocks.pop_front() else { break };
            kept.bytes -= oldest.1;
            dropped.push(oldest);
        }
        // The memory is given back after followers can go on.
        drop(kept);
        drop(dropped);
    }

    /// Blocks from the one that holds `from`, never beyond `durable`; `None` when it is not here any more.
    pub fn read(&self, from: Lsn, durable: Lsn, bytes_max: usize) -> Option<Vec<Arc<Block>>> {
        let kept = self.kept.lock();
        let start = kept.blocks.partition_point(|(block, _)| block.first <= from).checked_sub(1)?;
        let mut found = Vec::new();
        let mut bytes = 0;
        for (block, size) in kept.blocks.range(start..) {
            if block.first > durable || (!found.is_empty() && bytes + size > bytes_max) {
                break;
            }
            bytes += size;
            found.push(Arc::clone(block));
        }
        Some(found)
    }

    /// Record bytes kept now.
    pub fn bytes(&self) -> usize {
        self.kept.lock().bytes
    }
}
