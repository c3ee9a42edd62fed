//! The message layer of the server, in virtual time.

use std::time::{Duration, Instant};

use lianwu_coap::message::{empty, encode};
use lianwu_coap::option::MAX_AGE;
use lianwu_coap::peer::{EXCHANGE_LIFETIME, PROCESSING_DELAY, SEEN_MAX, WAITING_MAX};
use lianwu_coap::{Code, Event, Kind, Message, Peer, Response, Token};
use proptest::prelude::*;

struct Talk {
    peer: Peer,
    now: Instant,
}

impl Talk {
    fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "only an origin: the tests move their own clock from here")]
        let now = Instant::now();
        Self { peer: Peer::new(100), now }
    }

    /// A POST; `true` when it is handed up.
    fn request(&mut self, kind: Kind, id: u16) -> (bool, Vec<Vec<u8>>) {
        let mut datagram = Vec::new();
        let token = Token::new(&id.to_be_bytes()).expect("two bytes");
        encode(kind, Code::POST, id, token, &[], b"hello", &mut datagram);
        let mut out = Vec::new();
        let event = self.peer.receive(self.now, &datagram, &mut out);
        (matches!(event, Event::Request(_)), out)
    }

    fn gets(&mut self, datagram: &[u8]) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        assert_eq!(self.peer.receive(self.now, datagram, &mut out), Event::Nothing);
        out
    }

    fn responds(&mut self, id: u16, text: &str) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        self.peer.respond(self.now, id, &Response::new(Code::CONTENT, text), &mut out);
        out
    }

    /// Jumps to the next deadline.
    fn next(&mut self) -> (Duration, Vec<Vec<u8>>) {
        let deadline = self.peer.deadline().expect("something is waited for");
        let waited = deadline.duration_since(self.now);
        self.now = deadline;
        let mut out = Vec::new();
        self.peer.timeout(self.now, &mut out);
        (waited, out)
    }
}

const CON: Kind = Kind::Confirmable;
const NON: Kind = Kind::NonConfirmable;
const ACK: Kind = Kind::Acknowledgement;

fn ack(id: u16) -> Vec<Vec<u8>> {
    vec![empty(ACK, id)]
}

#[track_caller]
fn one(datagrams: &[Vec<u8>]) -> Message<'_> {
    assert_eq!(datagrams.len(), 1, "{datagrams:?}");
    Message::decode(&datagrams[0]).expect("well formed")
}

/// A quick answer travels with the acknowledgement, and again with every duplicate; the request is served once.
#[test]
fn duplicates_get_the_same_answer() {
    let mut t = Talk::new();
    assert_eq!(t.request(CON, 7), (true, vec![]));
    assert_eq!(t.request(CON, 7), (false, vec![]), "not answered yet");
    let first = t.responds(7, "stored");
    let answer = one(&first);
    assert_eq!((answer.kind, answer.id, answer.token.as_bytes()), (ACK, 7, &[0, 7][..]));
    assert_eq!((answer.code, answer.payload), (Code::CONTENT, &b"stored"[..]));
    assert_eq!(t.request(CON, 7), (false, first));
    assert_eq!(t.responds(7, "twice"), Vec::<Vec<u8>>::new());
    assert!(t.peer.is_idle());
}

/// After the lifetime of an exchange the id is a new message.
#[test]
fn ids_are_used_again() {
    let mut t = Talk::new();
    t.request(CON, 7);
    t.responds(7, "stored");
    t.now += EXCHANGE_LIFETIME - Duration::from_millis(1);
    assert!(!t.request(CON, 7).0);
    t.now += Duration::from_millis(1);
    assert!(t.request(CON, 7).0);
}

/// A slow answer: an empty acknowledgement, then a message of its own that is sent until it is confirmed.
#[test]
fn a_separate_response_is_repeated_until_confirmed() {
    let mut t = Talk::new();
    t.request(CON, 7);
    assert_eq!(t.next(), (PROCESSING_DELAY, ack(7)));
    assert_eq!(t.request(CON, 7), (false, ack(7)), "the acknowledgement was lost");
    let sent = t.responds(7, "stored");
    let answer = one(&sent);
    assert_eq!((answer.kind, answer.code, answer.token.as_bytes()), (CON, Code::CONTENT, &[0, 7][..]));
    let (waited, again) = t.next();
    assert_eq!(again, sent);
    assert!(waited >= Duration::from_secs(2) && waited <= Duration::from_secs(3), "{waited:?}");
    let (doubled, _) = t.next();
    assert_eq!(doubled, waited * 2);
    assert!(!t.peer.is_idle());
    assert_eq!(t.gets(&empty(ACK, answer.id)), Vec::<Vec<u8>>::new());
    assert_eq!(t.peer.deadline(), None);
    assert!(t.peer.is_idle());
}

/// Four repetitions, then it is given up; a reset ends it at once.
#[test]
fn an_unconfirmed_response_is_given_up() {
    let mut t = Talk::new();
    let mut acknowledged = Vec::new();
    t.request(CON, 7);
    t.peer.acknowledge(7, &mut acknowledged);
    t.peer.acknowledge(7, &mut acknowledged);
    assert_eq!(acknowledged, ack(7));
    let sent = t.responds(7, "reply");
    let repeated = (0..4).filter(|_| t.next().1 == sent).count();
    assert_eq!(repeated, 4);
    assert_eq!(t.next().1, Vec::<Vec<u8>>::new());
    assert_eq!(t.peer.deadline(), None);

    t.request(CON, 8);
    t.peer.acknowledge(8, &mut acknowledged);
    let sent = t.responds(8, "reply");
    let id = one(&sent).id;
    t.gets(&empty(Kind::Reset, id));
    assert_eq!(t.peer.deadline(), None);
}

/// A request without confirmation gets its answer without confirmation, once.
#[test]
fn without_confirmation() {
    let mut t = Talk::new();
    assert_eq!(t.request(NON, 7), (true, vec![]));
    assert_eq!(t.peer.deadline(), None, "nothing to acknowledge");
    let sent = t.responds(7, "stored");
    let answer = one(&sent);
    assert_eq!((answer.kind, answer.token.as_bytes()), (NON, &[0, 7][..]));
    assert_eq!(t.request(NON, 7), (false, vec![]));
}

/// A ping, a response nobody asked for and a malformed message are reset; what needs no answer gets none.
#[test]
fn resets() {
    let mut t = Talk::new();
    let reset = vec![empty(Kind::Reset, 9)];
    assert_eq!(t.gets(&empty(CON, 9)), reset);
    assert_eq!(t.gets(&[0x40, 0x45, 0, 9]), reset);
    assert_eq!(t.gets(&[0x49, 1, 0, 9, 1, 2, 3]), reset);
    for quiet in
        [&[0x50, 0x45, 0, 9][..], &[0x59, 1, 0, 9], &[0x60, 0, 0, 9], &[0x70, 0, 0, 9], b"", b"\x16\xfe\xfd\x00"]
    {
        assert_eq!(t.gets(quiet), Vec::<Vec<u8>>::new(), "{quiet:02x?}");
    }
}

/// A client with too many open requests is told to wait; when one is answered the next is taken.
#[test]
fn too_many_open_requests() {
    let mut t = Talk::new();
    let most = u16::try_from(WAITING_MAX).unwrap();
    for id in 0..most {
        assert!(t.request(CON, id).0);
    }
    let (taken, out) = t.request(CON, most);
    let answer = one(&out);
    assert_eq!((taken, answer.code, answer.id), (false, Code::UNAVAILABLE, most));
    assert_eq!(answer.options.find(MAX_AGE), Some(&[1][..]));
    t.responds(0, "stored");
    assert!(t.request(CON, most).0);
}

#[derive(Clone, Debug)]
enum Does {
    Request(bool, u8),
    Respond(u8),
    Acknowledge(u8),
    Confirm(u16),
    Wait(u16),
}

fn does() -> impl Strategy<Value = Does> {
    prop_oneof![
        4 => (any::<bool>(), any::<u8>()).prop_map(|(con, id)| Does::Request(con, id)),
        3 => any::<u8>().prop_map(Does::Respond),
        1 => any::<u8>().prop_map(Does::Acknowledge),
        1 => (95..140u16).prop_map(Does::Confirm),
        2 => any::<u16>().prop_map(Does::Wait),
    ]
}

proptest! {
    /// Whatever happens in whatever order: a request is handed up once in its lifetime while no more than a few others
    /// come, memory is bounded, time never stands still, and in the end everything is quiet.
    #[test]
    fn any_course_of_events(steps in prop::collection::vec(does(), 0..120)) {
        let mut t = Talk::new();
        let mut taken: Vec<(u16, Instant)> = Vec::new();
        for step in steps {
            match step {
                Does::Request(con, id) => {
                    let id = u16::from(id % 48);
                    let (is_new, _) = t.request(if con { CON } else { NON }, id);
                    if is_new {
                        let before = taken.iter().rfind(|(known, _)| *known == id);
                        prop_assert!(before.is_none_or(|(_, at)| t.now.duration_since(*at) >= EXCHANGE_LIFETIME));
                        taken.push((id, t.now));
                    }
                }
                Does::Respond(id) => prop_assert!(t.responds(u16::from(id % 48), "stored").len() <= 1),
                Does::Acknowledge(id) => {
                    let mut out = Vec::new();
                    t.peer.acknowledge(u16::from(id % 48), &mut out);
                    prop_assert!(out.len() <= 1);
                }
                Does::Confirm(id) => {
                    t.gets(&empty(ACK, id));
                }
                Does::Wait(millis) => {
                    t.now += Duration::from_millis(u64::from(millis));
                    let mut out = Vec::new();
                    t.peer.timeout(t.now, &mut out);
                    prop_assert!(out.len() <= SEEN_MAX);
                    prop_assert!(t.peer.deadline().is_none_or(|deadline| deadline > t.now));
                }
            }
        }
        for id in 0..48 {
            t.responds(id, "at last");
        }
        for _ in 0..100 {
            if t.peer.deadline().is_none() {
                break;
            }
            t.next();
        }
        prop_assert_eq!(t.peer.deadline(), None);
        prop_assert!(t.peer.is_idle());
    }
}
