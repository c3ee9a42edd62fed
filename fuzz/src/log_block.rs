//! Blocks and headers of log segments: what decodes is written again as the same bytes, and no changed byte passes.
//!
//! Input: a block. Its mark and segment number are believed and its checksum is put right, else nothing would pass.

use lianwu_log::format::{BLOCK_HEAD_BYTES, BlockError, BlockView, HEADER_BYTES, SegmentHeader, encode_head};
use lianwu_ports::log::Lsn;

pub fn run(data: &[u8]) {
    check_header(data);
    let Some(head) = data.first_chunk::<BLOCK_HEAD_BYTES>() else { return };
    let (mark, number) = (u64_at(head, 0), u64_at(head, 16));
    let mut block = data.to_vec();
    let end = (u64_at(head, 8) >> 32) as usize;
    if let Some(checked) = block.get(12..end) {
        let crc = crc32c::crc32c(checked);
        block[8..12].copy_from_slice(&crc.to_le_bytes());
    }
    match BlockView::decode(&block, mark, number) {
        Ok(view) => check_block(&block[..end], &view, mark, number),
        Err(BlockError::Short(length)) => assert!(length as usize > block.len()),
        Err(BlockError::Blank | BlockError::Bad(_)) => {}
    }
}

fn check_block(bytes: &[u8], view: &BlockView<'_>, mark: u64, number: u64) {
    assert_eq!((view.length as usize, view.next().0 - view.first.0), (bytes.len(), u64::from(view.records)));
    assert!(matches!(BlockView::decode(&bytes[..bytes.len() - 1], mark, number), Err(BlockError::Short(_))));
    assert!(BlockView::decode(bytes, mark, number ^ 1).is_err());
    for place in [9, 12, 20, 30, 41, 45, bytes.len() - 1] {
        let mut changed = bytes.to_vec();
        changed[place] ^= 0x40;
        assert!(BlockView::decode(&changed, mark, number).is_err(), "byte {place} was changed");
    }
    let Ok(block) = view.to_block() else { return };
    assert_eq!(block.records().count() as u64, u64::from(view.records));
    let mut again = Vec::new();
    encode_head(&mut again, &header(mark, number), block.first, block.time, &block.batches);
    for batch in &block.batches {
        again.extend_from_slice(batch.as_bytes());
    }
    assert_eq!(again, bytes);
}

fn check_header(data: &[u8]) {
    let Some(bytes) = data.first_chunk::<HEADER_BYTES>() else { return };
    let mut bytes = *bytes;
    let crc = crc32c::crc32c(&bytes[12..]);
    bytes[8..12].copy_from_slice(&crc.to_le_bytes());
    if let Ok(header) = SegmentHeader::decode(&bytes) {
        assert_eq!(SegmentHeader::decode(&header.encode()), Ok(header));
    }
}

fn header(mark: u64, number: u64) -> SegmentHeader {
    SegmentHeader { number, previous: 0, first: Lsn(1), mark, day: 0, retention_days: 3, capacity: 1 << 26 }
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut value = [0; 8];
    value.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(value)
}
