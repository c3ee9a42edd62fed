use lianwu_model::{DeviceNumber, ProductId};

use super::*;

const SESSION: SessionNumber = SessionNumber(7);

fn record<'a>(kind: RecordKind, payload: &'a [u8]) -> Record<'a> {
    Record {
        kind,
        qos: 0,
        packet_id: 0,
        code: 0,
        number: DeviceNumber::NONE,
        product: ProductId::ACCOUNT,
        device: "app",
        sample_time: UnixMillis(5_000),
        topic: "",
        note: "100000000001",
        payload,
    }
}

/// A log with one session in it.
#[derive(Default)]
struct World {
    sessions: BackendSessions,
    records: Vec<(Lsn, RecordKind, Vec<u8>)>,
}

impl World {
    fn opened() -> Self {
        let mut world = Self::default();
        world.says(&[Change::Opened { expiry_seconds: 60, secret_id: "AKID1" }]);
        world
    }

    fn write(&mut self, kind: RecordKind, payload: Vec<u8>) {
        let lsn = Lsn(100 + self.records.len() as u64 * 10);
        self.sessions.apply(lsn, &record(kind, &payload), |_| {});
        self.records.push((lsn, kind, payload));
    }

    fn says(&mut self, changes: &[Change<'_>]) {
        let mut all = Changes::default();
        changes.iter().for_each(|change| all.push(change));
        self.write(RecordKind::BackendSession, all.take_payload(SESSION));
    }

    /// The messages `back` records before this one wait for the session.
    fn queues(&mut self, back: &[u32]) {
        let entry = |back: &u32| Queued {
            session: SESSION,
            index: 9 - back,
            bytes: 64,
            qos: 2,
            retain: true,
            ids: [1, 300].into(),
        };
        let entries: Vec<Queued> = back.iter().map(entry).collect();
        self.write(RecordKind::BackendQueued, queued::payload(&entries, 9));
    }

    fn session(&self) -> &BackendSession {
        self.sessions.get(SESSION).unwrap()
    }

    fn positions(&self) -> Vec<u64> {
        self.session().waiting.iter().map(|message| message.position.0).collect()
    }
}

/// Are messages named by their place before the record that queues them, and gone when they are settled?
#[test]
fn what_waits_is_known_by_its_position() {
    let mut world = World::opened();
    world.queues(&[5, 3, 1]);
    assert_eq!(world.positions(), [105, 107, 109]);
    let first = world.session().waiting[0].clone();
    assert_eq!((first.qos, first.retain, first.bytes, &*first.ids), (2, true, 64, &[1, 300][..]));
    world.says(&[Change::Settled { position: Lsn(107) }, Change::Dropped { position: Lsn(105) }]);
    assert_eq!(world.positions(), [109]);
    assert_eq!(world.session().dropped, 1);
}

/// Does a message of QoS 2 keep its id until PUBCOMP, and is it remembered that the client has it?
#[test]
fn a_message_of_qos_2_keeps_its_id_until_it_is_complete() {
    let mut world = World::opened();
    world.queues(&[2, 1]);
    world.says(&[Change::Sent { position: Lsn(108), packet_id: 40 }]);
    assert_eq!(world.positions(), [109]);
    let stage = |world: &World| world.session().sent.iter().map(|s| (s.packet_id, s.is_received)).collect::<Vec<_>>();
    assert_eq!(stage(&world), [(40, false)]);
    world.says(&[Change::Received { packet_id: 40 }]);
    assert_eq!(stage(&world), [(40, true)]);
    world.says(&[Change::Completed { packet_id: 40 }]);
    assert!(world.session().sent.is_empty());
}

/// Does the session know which messages of QoS 2 it took from its client?
#[test]
fn ids_from_the_client_are_held_until_it_releases_them() {
    let mut world = World::opened();
    world.says(&[Change::Taken { packet_id: 1 }, Change::Taken { packet_id: 2 }]);
    world.says(&[Change::Released { packet_id: 1 }]);
    assert_eq!(world.session().taken, BTreeSet::from([2]));
}

/// Do a goodbye, a return and the end leave what they should?
#[test]
fn leaving_returning_ending() {
    let mut world = World::opened();
    world.says(&[Change::Subscribed { filter: "plant/#", options: 1, id: 3 }]);
    let will = DelayedWill {
        due: UnixMillis(9_000),
        topic: "plant/state".into(),
        payload: (*b"gone").into(),
        properties: Box::default(),
        qos: 1,
        retain: true,
    };
    world.says(&[Change::Left { expiry_seconds: 30, will: Some(Box::new(will.clone())) }]);
    let session = world.session();
    assert_eq!((session.away_since, session.expiry_seconds), (Some(UnixMillis(5_000)), 30));
    assert_eq!(session.will.as_deref(), Some(&will));
    world.says(&[Change::Opened { expiry_seconds: 90, secret_id: "AKID2" }]);
    let session = world.session();
    assert_eq!((session.away_since, session.expiry_seconds, &*session.secret_id), (None, 90, "AKID2"));
    assert_eq!(session.will, None);
    assert_eq!(session.filters.len(), 1);
    world.says(&[Change::Unsubscribed { filter: "plant/#" }]);
    assert!(world.session().filters.is_empty());
    world.says(&[Change::Closed]);
    assert_eq!(world.sessions.iter().count(), 0);
}

/// Is the state the same when a part of the log is applied a second time, onto sessions that are ahead, and when the
/// rows went to disk and back in between?
#[test]
fn applying_again_after_any_save_ends_in_the_same_state() {
    let mut world = World::opened();
    world.says(&[Change::Subscribed { filter: "+/#", options: 2, id: 0 }]);
    world.queues(&[4, 3, 2]);
    world.says(&[Change::Sent { position: Lsn(116), packet_id: 9 }, Change::Taken { packet_id: 3 }]);
    world.queues(&[1]);
    world.says(&[Change::Settled { position: Lsn(117) }, Change::Received { packet_id: 9 }]);
    for saved in 0..=world.records.len() {
        for checkpoint in 0..=saved {
            let mut again = BackendSessions::default();
            let apply = |to: &mut BackendSessions, from: &[(Lsn, RecordKind, Vec<u8>)]| {
                from.iter().for_each(|(lsn, kind, payload)| to.apply(*lsn, &record(*kind, payload), |_| {}));
            };
            apply(&mut again, &world.records[..saved]);
            let rows: Vec<_> = again.iter().map(BackendSession::encode).collect();
            let mut again = BackendSessions::default();
            rows.iter().for_each(|row| again.restore(BackendSession::decode(row).unwrap()));
            apply(&mut again, &world.records[checkpoint..]);
            assert_eq!(again.get(SESSION), world.sessions.get(SESSION), "saved {saved}, again from {checkpoint}");
        }
    }
}

/// Is anything that a damaged record says bounded and harmless?
#[test]
fn damaged_records_change_nothing_they_should_not() {
    let mut world = World::opened();
    world.queues(&[2]);
    let before = world.session().clone();
    for payload in [&[][..], &[7], &[7, 4], &[7, 99], &[7, 1, 200, 200], &[7, 200, 200], &[0xff; 12]] {
        for kind in [RecordKind::BackendSession, RecordKind::BackendQueued] {
            world.write(kind, payload.to_vec());
        }
    }
    assert_eq!(BackendSession { lsn: before.lsn, ..world.session().clone() }, before);
    let row = before.encode();
    for length in 0..row.len() {
        assert_eq!(BackendSession::decode(&row[..length]), None, "cut at {length}");
    }
}
