use super::*;

const HOUR: Duration = Duration::from_secs(3600);
const BOUNDS: Bounds = Bounds { messages_max: 30, age_max: Duration::from_secs(24 * 3600) };
const OWN: DeviceNumber = DeviceNumber::NONE;
const NOON: UnixMillis = UnixMillis(1_795_000_000_000);

fn id(number: u16) -> PacketId {
    PacketId::new(number).unwrap()
}

/// Takes so many messages; which of them go out at once?
fn take(session: &mut Session, count: usize) -> Vec<(u16, bool)> {
    (0..count).filter_map(|_| session.take(NOON, BOUNDS, OWN)).map(|taken| (taken.id.get(), taken.goes_out)).collect()
}

/// Fetches as the worker does; id and "duplicate" of what is sent.
fn fetch(session: &mut Session) -> Vec<(u16, bool)> {
    session.start_fetching();
    let due = session.due();
    let sent = due.into_iter().filter_map(|id| session.send(id)).map(|out| (out.id.get(), out.duplicate)).collect();
    session.stop_fetching();
    sent
}

/// Does the twenty-first unacknowledged message wait, and all that follow it until the device has caught up?
#[test]
fn a_full_window_makes_messages_wait_in_order() {
    let mut session = Session::kept();
    let taken = take(&mut session, 23);
    assert!(taken[..20].iter().all(|(_, goes_out)| *goes_out));
    assert_eq!(taken[20..], [(21, false), (22, false), (23, false)]);
    assert!(!session.wants_messages());
    for number in 1..=9 {
        assert!(session.acknowledge(id(number)).is_some());
    }
    assert!(!session.wants_messages(), "eleven are in flight");
    assert_eq!(take(&mut session, 1), [(24, false)], "there is room, but others wait");
    assert!(session.acknowledge(id(10)).is_some());
    assert!(session.wants_messages());
    assert_eq!(fetch(&mut session), [(21, false), (22, false), (23, false), (24, false)]);
    assert_eq!(take(&mut session, 1), [(25, true)]);
}

/// Is everything unacknowledged sent again after the return, in order, with the ids it had, as a repetition?
#[test]
fn what_was_not_acknowledged_comes_again() {
    let mut session = Session::kept();
    take(&mut session, 3);
    assert!(session.acknowledge(id(2)).is_some());
    session.leave(Topics::default(), NOON);
    assert_eq!(take(&mut session, 1), [(4, false)]);
    session.come_back();
    assert_eq!(take(&mut session, 1), [(5, false)], "others wait before it");
    assert_eq!(fetch(&mut session), [(1, true), (3, true), (4, false), (5, false)]);
}

/// Does a fetch leave out what was taken after it began, which may not be stored yet?
#[test]
fn a_fetch_brings_what_was_there_when_it_began() {
    let mut session = Session::kept();
    session.leave(Topics::default(), NOON);
    take(&mut session, 2);
    session.come_back();
    session.start_fetching();
    assert_eq!(take(&mut session, 1), [(3, false)]);
    assert_eq!(session.due(), [id(1), id(2)]);
    assert!(session.send(id(1)).is_some() && session.send(id(2)).is_some());
    session.stop_fetching();
    assert!(session.wants_messages());
    assert_eq!(fetch(&mut session), [(3, false)]);
}

/// Are acknowledgements of messages that are not in flight harmless?
#[test]
fn stray_acknowledgements_change_nothing() {
    let mut session = Session::kept();
    assert!(session.acknowledge(id(7)).is_none());
    take(&mut session, 1);
    session.leave(Topics::default(), NOON);
    session.come_back();
    let before = session.clone();
    assert!(session.acknowledge(id(1)).is_none(), "not sent again yet");
    assert!(session.acknowledge(id(2)).is_none());
    assert_eq!(session, before);
}

/// Does the oldest make room, and never one that is in flight?
#[test]
fn the_oldest_that_waits_is_dropped() {
    let mut away = Session::kept();
    away.leave(Topics::default(), NOON);
    take(&mut away, 30);
    assert_eq!(away.take(NOON, BOUNDS, OWN).unwrap().dropped.map(|gone| gone.id), Some(id(1)));
    away.come_back();
    assert_eq!(fetch(&mut away)[0], (2, false));
    let next = away.take(NOON, BOUNDS, OWN).unwrap();
    assert_eq!(next.dropped.map(|gone| gone.id), Some(id(22)), "2 to 21 are in flight");
}

/// Do messages and sessions end when they are too old?
#[test]
fn age_ends_messages_and_sessions() {
    let mut session = Session::kept();
    session.leave(Topics::default(), NOON);
    session.take(NOON, BOUNDS, OWN).unwrap();
    session.take(NOON.plus(HOUR), BOUNDS, OWN).unwrap();
    assert!(!session.is_over(NOON.plus(HOUR * 24).minus(Duration::from_millis(1)), BOUNDS));
    assert!(session.is_over(NOON.plus(HOUR * 24), BOUNDS));
    session.come_back();
    assert!(!session.is_over(NOON.plus(HOUR * 99), BOUNDS), "a connected device's session never ends");
    assert_eq!(session.expire(NOON.plus(HOUR * 24), BOUNDS), [Gone { id: id(1), of: OWN, at: NOON }]);
    assert_eq!(fetch(&mut session), [(2, false)]);
}

/// May nothing wait for a device that keeps no session, or where nothing is kept?
#[test]
fn a_session_that_is_not_kept_refuses_beyond_its_window() {
    let mut session = Session::default();
    assert_eq!(take(&mut session, 25).len(), 20);
    assert!(session.acknowledge(id(1)).is_some());
    assert_eq!(take(&mut session, 1), [(21, true)]);
    let mut kept = Session::kept();
    kept.leave(Topics::default(), NOON);
    assert_eq!(kept.take(NOON, Bounds { messages_max: 0, ..BOUNDS }, OWN), None);
}

/// Is an id never given to two unacknowledged messages, also after 65,535 of them?
#[test]
fn ids_wrap_around_those_in_use() {
    let mut session = Session::kept();
    take(&mut session, 2);
    assert!(session.acknowledge(id(2)).is_some());
    for number in 3..=u16::MAX {
        assert_eq!(take(&mut session, 1), [(number, true)]);
        assert!(session.acknowledge(id(number)).is_some());
    }
    assert_eq!(take(&mut session, 2), [(2, true), (3, true)], "1 is still in flight");
}

/// Does a session come back from the state table as it was?
#[test]
fn a_restored_session_knows_topics_and_messages() {
    let summary = SessionSummary {
        number: DeviceNumber(7),
        product: "LAMP000001".parse().unwrap(),
        device: "lamp".into(),
        filters: vec![
            ("$thing/down/property/LAMP000001/lamp".into(), 1),
            ("$thing/down/action/LAMP000001/lamp".into(), 0),
            ("LAMP000001/lamp/get".into(), 1),
            ("$future/down/LAMP000001/lamp".into(), 1),
        ],
        messages: vec![
            WaitingMessage { packet_id: 9, time: NOON, maybe_sent: true, carried_on: None },
            WaitingMessage {
                packet_id: 10,
                time: NOON,
                maybe_sent: false,
                carried_on: Some("LAMP000001/sub/data".into()),
            },
        ],
        last_packet_id: 10,
        away_since: None,
    };
    let mut session = Session::restored(&summary, NOON, |topic| topic.contains("/sub/").then_some(DeviceNumber(8)));
    assert!(session.is_over(NOON.plus(HOUR * 24), BOUNDS), "an unseen end counts from the start");
    let topics = session.come_back();
    assert_eq!((topics.all.iter().count(), topics.at_least_once.iter().count()), (2, 1));
    assert_eq!(granted_custom(&session.custom, "LAMP000001/lamp/get"), Some(QoS::AtLeastOnce));
    assert_eq!(granted_custom(&session.custom, "LAMP000001/lamp/other"), None);
    assert_eq!(fetch(&mut session), [(9, true), (10, false)]);
    assert_eq!(session.acknowledge(id(9)).map(|gone| gone.of), Some(OWN));
    assert_eq!(session.acknowledge(id(10)).map(|gone| gone.of), Some(DeviceNumber(8)));
    assert_eq!(take(&mut session, 1), [(11, true)]);
}

/// Numbers that depend on the seed only (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

/// Whatever happens in which order: is every message that was not dropped seen, in order, by the device, and is the
/// window never exceeded?
#[test]
fn nothing_is_lost_or_reordered_whatever_happens() {
    for seed in 1..=300 {
        let mut random = Random(seed * 0x9e37_79b9);
        let mut session = Session::kept();
        // What the session must hold, oldest first; what the device holds unacknowledged; everything it saw first.
        let (mut expected, mut held, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_connected = true;
        for _ in 0..400 {
            match random.below(10) {
                0..=4 => {
                    let taken = session.take(NOON, BOUNDS, OWN).expect("a kept session takes everything");
                    expected.retain(|id| Some(*id) != taken.dropped.map(|gone| gone.id));
                    expected.push(taken.id);
                    if taken.goes_out {
                        held.push(taken.id);
                        seen.push(taken.id);
                    }
                }
                5..=7 if !held.is_empty() => {
                    let id = held.remove(random.below(held.len()));
                    assert!(session.acknowledge(id).is_some(), "seed {seed}");
                    expected.retain(|known| *known != id);
                }
                8 if is_connected => {
                    session.leave(Topics::default(), NOON);
                    held.clear();
                    is_connected = false;
                }
                9 if !is_connected => {
                    session.come_back();
                    is_connected = true;
                }
                _ if is_connected => {
                    for (id, duplicate) in fetch(&mut session) {
                        let id = PacketId::new(id).unwrap();
                        assert_eq!(duplicate, seen.contains(&id), "seed {seed}: {id}");
                        held.push(id);
                        if !duplicate {
                            seen.push(id);
                        }
                    }
                }
                _ => {}
            }
            let known: Vec<_> = session.messages.iter().map(|message| message.id).collect();
            assert_eq!(known, expected, "seed {seed}");
            assert!(held.len() <= IN_FLIGHT_MAX && known.len() <= BOUNDS.messages_max + 1, "seed {seed}");
            assert!(seen.is_sorted(), "seed {seed}: {seen:?}");
        }
    }
}

/// Does an idle connection pay nothing for sessions but a pointer and a set of topics?
#[test]
fn an_idle_connection_stays_small() {
    let connection = size_of::<crate::worker::state::Connection>();
    assert!(connection <= 256, "{connection} bytes");
}
