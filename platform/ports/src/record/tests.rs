//! Records survive their bytes, and damage is noticed.

use super::*;

#[test]
fn memory_of_a_batch_is_used_again_once_nobody_holds_it() {
    let buffers = BatchBuffers::default();
    let mut first = buffers.batch();
    first.push(&sample("lamp-1", &[7; 1000]));
    let place = first.as_bytes().as_ptr();
    let second = buffers.batch();
    assert!(second.is_empty() && second.as_bytes().as_ptr() != place, "the first one is still held");
    drop(first);
    let mut third = buffers.batch();
    assert!(third.is_empty());
    third.push(&sample("lamp-2", b"{}"));
    assert_eq!(third.as_bytes().as_ptr(), place);
    assert_eq!(third.iter().map(|record| record.unwrap().device).collect::<Vec<_>>(), ["lamp-2"]);
}

fn sample<'a>(device: &'a str, payload: &'a [u8]) -> Record<'a> {
    Record {
        kind: RecordKind::PropertyReport,
        qos: 1,
        packet_id: 31462,
        code: 406,
        number: DeviceNumber(7),
        product: "AB12CD34EF".parse().unwrap(),
        device,
        sample_time: UnixMillis(1_714_550_400_123),
        topic: "",
        note: "check report data err",
        payload,
    }
}

#[test]
fn records_come_back_as_they_were_pushed() {
    let mut batch = RecordBatch::default();
    let records = [sample("lamp-1", b"{}"), sample("", b""), sample("灯", &[0, 255])];
    for record in &records {
        batch.push(record);
    }
    assert_eq!(batch.len(), 3);
    let read: Vec<_> = batch.iter().map(Result::unwrap).collect();
    assert_eq!(read, records);
    assert_eq!(RecordBatch::from_parts(batch.as_bytes().to_vec(), 3).unwrap(), batch);
}

#[test]
fn every_cut_and_every_flipped_count_is_noticed() {
    let mut batch = RecordBatch::default();
    batch.push(&sample("lamp-1", b"{\"method\":\"report\"}"));
    for length in 1..batch.as_bytes().len() {
        assert!(RecordBatch::from_parts(batch.as_bytes()[..length].to_vec(), 1).is_err(), "cut at {length}");
    }
    assert!(RecordBatch::from_parts(batch.as_bytes().to_vec(), 2).is_err());
}

#[test]
fn long_texts_are_cut_at_a_character() {
    let mut batch = RecordBatch::default();
    let long = "灯".repeat(100);
    batch.push(&sample(&long, b""));
    let record = batch.iter().next().unwrap().unwrap();
    assert_eq!(record.device, "灯".repeat(85));
}
