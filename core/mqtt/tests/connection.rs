//! Dialogues between a client and the server's side of its connection, in virtual time.

use std::time::{Duration, Instant};

use lianwu_mqtt::{
    Acknowledgement, CloseReason, ConnAck, Connect, ConnectRefusal, Connection, DecodeError, Disconnect, Packet,
    PacketId, PacketType, Properties, ProtocolVersion, Publish, PublishError, QoS, Step,
    connection::{Acceptance, IN_FLIGHT_MAX, Role},
    decode, encode, granted_qos,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A client and its connection. What the client sends goes through the codec, what it gets too.
struct Dialogue {
    connection: Connection,
    start: Instant,
    now: Instant,
    out: Vec<u8>,
}

impl Dialogue {
    fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "only an origin: the tests move their own clock from here")]
        let start = Instant::now();
        Self { connection: Connection::new(start, CONNECT_TIMEOUT), start, now: start, out: Vec::new() }
    }

    /// A client that has signed in.
    fn signed_in() -> Self {
        let mut t = Self::new();
        t.signs_in(connect());
        t
    }

    fn signs_in(&mut self, connect: Connect<'_>) {
        self.sends(Packet::Connect(connect), |step| assert_eq!(step, Step::SignIn(connect)));
        self.connection.accept(self.now, Acceptance::new(Role::Device, 65_536), &mut self.out);
        self.gets(Packet::ConnAck(ConnAck::accepted(false)));
    }

    #[track_caller]
    fn sends(&mut self, packet: Packet<'_>, check: impl FnOnce(Step<'_>)) {
        let mut bytes = Vec::new();
        encode::packet(&mut bytes, self.connection.version(), &packet).expect("packets of tests are valid");
        let (packet, _) = decode(&bytes, self.connection.version(), 65_536)
            .expect("packets of tests are valid")
            .expect("and complete");
        check(self.connection.handle(self.now, packet, &mut self.out));
    }

    #[track_caller]
    fn sends_and_is_closed(&mut self, packet: Packet<'_>, reason: CloseReason) {
        self.sends(packet, |step| assert_eq!(step, Step::Close(reason)));
        assert_eq!(self.connection.deadline(), None);
    }

    #[track_caller]
    fn gets(&mut self, expected: Packet<'_>) {
        let (packet, consumed) = decode(&self.out, self.connection.version(), 65_536)
            .expect("what the server writes is valid")
            .expect("the server wrote something");
        assert_eq!(packet, expected);
        self.out.drain(..consumed);
    }

    #[track_caller]
    fn gets_nothing(&self) {
        assert_eq!(self.out, b"");
    }

    fn waits_ms(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
    }

    /// Unit: milliseconds since the socket was opened.
    fn deadline_ms(&self) -> Option<u128> {
        self.connection.deadline().map(|deadline| deadline.duration_since(self.start).as_millis())
    }

    fn timeout(&mut self) -> Option<CloseReason> {
        self.connection.timeout(self.now, &mut self.out)
    }

    #[track_caller]
    fn is_sent(&mut self, payload: &[u8]) -> PacketId {
        self.connection.publish_at_least_once("down", payload, &mut self.out).expect("there is room")
    }
}

fn connect() -> Connect<'static> {
    Connect {
        version: ProtocolVersion::V3_1_1,
        clean_session: true,
        keep_alive_seconds: 60,
        properties: Properties::NONE,
        client_id: "PID0000001dev001",
        user_name: Some("PID0000001dev001;21010406;pvEOh;1893456000"),
        password: None,
        will: None,
    }
}

fn publish(qos: QoS, packet_id: Option<PacketId>, payload: &[u8]) -> Packet<'_> {
    Packet::Publish(Publish {
        duplicate: false,
        qos,
        retain: false,
        topic: "down",
        packet_id,
        properties: Properties::NONE,
        payload,
    })
}

fn id(number: u16) -> PacketId {
    PacketId::new(number).expect("not zero")
}

/// Does a device get from its first byte to its goodbye?
#[test]
fn a_whole_visit() {
    let mut t = Dialogue::new();
    t.signs_in(connect());
    assert!(t.connection.is_signed_in());
    let report = publish(QoS::AtLeastOnce, Some(id(7)), b"{}");
    t.sends(report, |step| assert!(matches!(step, Step::Publish(report) if report.packet_id == Some(id(7)))));
    t.gets_nothing(); // the acknowledgement waits for the caller
    t.sends(Packet::PingReq, |step| assert_eq!(step, Step::Idle));
    t.gets(Packet::PingResp);
    t.sends(Packet::Disconnect(Disconnect::NORMAL), |step| assert_eq!(step, Step::Disconnected { with_will: false }));
    assert!(!t.connection.is_signed_in());
    t.gets_nothing();
    t.sends_and_is_closed(Packet::PingReq, CloseReason::AlreadyOver);
    t.gets_nothing();
}

#[test]
fn subscribe_and_unsubscribe_are_handed_over() {
    let mut t = Dialogue::signed_in();
    let mut bytes = Vec::new();
    encode::subscribe(&mut bytes, ProtocolVersion::V3_1_1, id(1), [("a/#", QoS::ExactlyOnce)]).unwrap();
    let (subscribe, _) = decode(&bytes, ProtocolVersion::V3_1_1, 100).unwrap().unwrap();
    t.sends(subscribe, |step| {
        let Step::Subscribe(subscribe) = step else { panic!("is a SUBSCRIBE") };
        assert!(subscribe.filters().eq([("a/#", QoS::ExactlyOnce.into())]));
    });
    bytes.clear();
    encode::unsubscribe(&mut bytes, ProtocolVersion::V3_1_1, id(2), ["a/#"]).unwrap();
    let (unsubscribe, _) = decode(&bytes, ProtocolVersion::V3_1_1, 100).unwrap().unwrap();
    t.sends(unsubscribe, |step| {
        let Step::Unsubscribe(unsubscribe) = step else { panic!("is an UNSUBSCRIBE") };
        assert!(unsubscribe.filters().eq(["a/#"]));
    });
    t.gets_nothing();
}

#[test]
fn qos_2_is_granted_as_1() {
    assert_eq!(granted_qos(QoS::AtMostOnce), QoS::AtMostOnce);
    assert_eq!(granted_qos(QoS::AtLeastOnce), QoS::AtLeastOnce);
    assert_eq!(granted_qos(QoS::ExactlyOnce), QoS::AtLeastOnce);
}

/// Is everything but CONNECT refused as a first packet, without an answer?
#[test]
fn the_first_packet_must_be_connect() {
    for packet in [
        Packet::PubAck(Acknowledgement::success(id(1))),
        Packet::PingReq,
        Packet::Disconnect(Disconnect::NORMAL),
        Packet::ConnAck(ConnAck::accepted(false)),
        publish(QoS::AtMostOnce, None, b""),
        publish(QoS::ExactlyOnce, Some(id(1)), b""),
    ] {
        let mut t = Dialogue::new();
        t.sends_and_is_closed(packet, CloseReason::FirstPacketNotConnect(packet.packet_type()));
        t.gets_nothing();
    }
}

#[test]
fn a_second_connect_closes() {
    let mut t = Dialogue::signed_in();
    t.sends_and_is_closed(Packet::Connect(connect()), CloseReason::SecondConnect);
    t.gets_nothing();
}

#[test]
fn packets_only_a_server_sends_close() {
    let mut sub_ack = Vec::new();
    encode::suback(&mut sub_ack, ProtocolVersion::V3_1_1, id(1), [lianwu_mqtt::SubscribeAnswer::REFUSED]).unwrap();
    let (sub_ack, _) = decode(&sub_ack, ProtocolVersion::V3_1_1, 100).unwrap().unwrap();
    let conn_ack = Packet::ConnAck(ConnAck::refused(ConnectRefusal::NotAuthorised));
    for packet in [conn_ack, sub_ack, Packet::PingResp] {
        let mut t = Dialogue::signed_in();
        t.sends_and_is_closed(packet, CloseReason::WrongDirection(packet.packet_type()));
        t.gets_nothing();
    }
}

#[test]
fn qos_2_closes() {
    let message = publish(QoS::ExactlyOnce, Some(id(1)), b"");
    for packet in [
        message,
        Packet::PubRec(Acknowledgement::success(id(1))),
        Packet::PubRel(Acknowledgement::success(id(1))),
        Packet::PubComp(Acknowledgement::success(id(1))),
    ] {
        let mut t = Dialogue::signed_in();
        t.sends_and_is_closed(packet, CloseReason::ExactlyOnceUnsupported);
        t.gets_nothing();
    }
}

#[test]
fn a_refused_client_gets_the_code_and_nothing_else() {
    let mut t = Dialogue::new();
    t.sends(Packet::Connect(connect()), |step| assert!(matches!(step, Step::SignIn(_))));
    let reason = t.connection.refuse(ConnectRefusal::BadUserNameOrPassword, "", &mut t.out);
    assert_eq!(reason, CloseReason::Refused(ConnectRefusal::BadUserNameOrPassword));
    t.gets(Packet::ConnAck(ConnAck::refused(ConnectRefusal::BadUserNameOrPassword)));
    t.connection.accept(t.now, Acceptance::new(Role::Device, 65_536), &mut t.out); // too late
    t.gets_nothing();
    t.sends_and_is_closed(Packet::PingReq, CloseReason::AlreadyOver);
}

/// The caller keeps pipelined packets back until it has answered the sign-in; this guards against one that does not.
#[test]
fn nothing_is_handled_before_the_sign_in_is_answered() {
    let mut t = Dialogue::new();
    t.sends(Packet::Connect(connect()), |step| assert!(matches!(step, Step::SignIn(_))));
    t.sends_and_is_closed(Packet::PingReq, CloseReason::PacketDuringSignIn(PacketType::PingReq));
    t.gets_nothing();
}

#[test]
fn an_unknown_protocol_is_answered_with_code_1() {
    let mut t = Dialogue::new();
    let reason = t.connection.decode_failed(DecodeError::UnsupportedProtocol, b"", &mut t.out);
    assert_eq!(reason, CloseReason::Malformed(DecodeError::UnsupportedProtocol));
    t.gets(Packet::ConnAck(ConnAck::refused(ConnectRefusal::ProtocolVersion)));
    assert_eq!(t.connection.deadline(), None);
}

#[test]
fn other_malformed_bytes_are_not_answered() {
    let mut t = Dialogue::new();
    t.connection.decode_failed(DecodeError::MalformedLength, b"", &mut t.out);
    t.gets_nothing();
    let mut t = Dialogue::signed_in();
    t.connection.decode_failed(DecodeError::UnsupportedProtocol, b"", &mut t.out); // a second, strange CONNECT
    t.gets_nothing();
}

#[test]
fn keep_alive_above_900_s_is_refused() {
    let mut t = Dialogue::new();
    let connect = Connect { keep_alive_seconds: 901, ..connect() };
    t.sends_and_is_closed(Packet::Connect(connect), CloseReason::KeepAliveTooLong { seconds: 901 });
    t.gets(Packet::ConnAck(ConnAck::refused(ConnectRefusal::IdentifierRejected)));
    t.gets_nothing();

    let mut t = Dialogue::new();
    t.signs_in(Connect { keep_alive_seconds: 900, ..connect });
    assert_eq!(t.deadline_ms(), Some(1_350_000));
}

/// Does the server wait one and a half times the keep-alive after any packet, and not a moment longer?
#[test]
fn silence_ends_a_connection() {
    let mut t = Dialogue::signed_in();
    assert_eq!(t.deadline_ms(), Some(90_000));
    t.waits_ms(89_999);
    assert_eq!(t.timeout(), None);
    t.sends(Packet::PubAck(Acknowledgement::success(id(999))), |step| assert_eq!(step, Step::Idle)); // any packet is a sign of life
    assert_eq!(t.deadline_ms(), Some(179_999));
    t.waits_ms(90_000);
    assert_eq!(t.timeout(), Some(CloseReason::KeepAliveTimeout { keep_alive_seconds: 60 }));
    t.gets_nothing();
    assert_eq!(t.timeout(), None, "only once");
}

#[test]
fn our_own_messages_are_no_sign_of_life() {
    let mut t = Dialogue::signed_in();
    t.waits_ms(50_000);
    t.is_sent(b"1");
    t.connection.publish_at_most_once("down", b"2", &mut t.out).unwrap();
    assert_eq!(t.deadline_ms(), Some(90_000));
}

#[test]
fn keep_alive_zero_means_for_ever() {
    let mut t = Dialogue::new();
    t.signs_in(Connect { keep_alive_seconds: 0, ..connect() });
    assert_eq!(t.deadline_ms(), None);
    t.waits_ms(1_000_000_000);
    assert_eq!(t.timeout(), None);
    t.sends(Packet::PingReq, |step| assert_eq!(step, Step::Idle));
}

/// Does the time for the sign-in run from the first moment, whoever is slow?
#[test]
fn a_client_has_ten_seconds_to_sign_in() {
    let mut t = Dialogue::new();
    t.waits_ms(9_999);
    t.sends(Packet::Connect(connect()), |step| assert!(matches!(step, Step::SignIn(_))));
    assert_eq!(t.deadline_ms(), Some(10_000));
    assert_eq!(t.timeout(), None);
    t.waits_ms(1);
    assert_eq!(t.timeout(), Some(CloseReason::ConnectTimeout));
    t.gets_nothing();
}

/// Are ids used in turn, released by their acknowledgement only, and is there an end to it?
#[test]
fn at_most_twenty_messages_wait_for_their_acknowledgement() {
    let mut t = Dialogue::signed_in();
    for number in 1..=20 {
        assert_eq!(t.is_sent(b"m"), id(number));
        t.gets(publish(QoS::AtLeastOnce, Some(id(number)), b"m"));
    }
    let full = t.connection.publish_at_least_once("down", b"m", &mut t.out);
    assert_eq!(full, Err(PublishError::InFlightFull));
    t.gets_nothing();
    t.sends(Packet::PubAck(Acknowledgement::success(id(21))), |step| assert_eq!(step, Step::Idle));
    t.sends(Packet::PubAck(Acknowledgement::success(id(5))), |step| assert_eq!(step, Step::Delivered(id(5))));
    t.sends(Packet::PubAck(Acknowledgement::success(id(5))), |step| assert_eq!(step, Step::Idle));
    assert_eq!(t.connection.in_flight_count(), IN_FLIGHT_MAX - 1);
    assert_eq!(t.is_sent(b"m"), id(21));

    let in_flight = t.connection.take_in_flight().expect("messages are in flight");
    let expected: Vec<_> = (1..=21).filter(|&number| number != 5).map(id).collect();
    assert!(in_flight.packet_ids().eq(expected), "in the order they were sent");
}

/// A message the client never acknowledges keeps its id while all others come round.
#[test]
fn an_id_in_flight_is_passed_over_when_ids_wrap() {
    let mut t = Dialogue::signed_in();
    assert_eq!(t.is_sent(b"stays"), id(1));
    for number in 2..=u16::MAX {
        assert_eq!(t.is_sent(b""), id(number));
        t.sends(Packet::PubAck(Acknowledgement::success(id(number))), |step| {
            assert_eq!(step, Step::Delivered(id(number)));
        });
        t.out.clear();
    }
    assert_eq!(t.is_sent(b""), id(2));
}

#[test]
fn messages_need_a_signed_in_client_and_must_fit() {
    let mut t = Dialogue::new();
    assert_eq!(t.connection.publish_at_most_once("down", b"", &mut t.out), Err(PublishError::NotSignedIn));
    assert_eq!(t.connection.publish_at_least_once("down", b"", &mut t.out), Err(PublishError::NotSignedIn));
    let mut t = Dialogue::signed_in();
    let topic = "x".repeat(65_536);
    assert!(matches!(t.connection.publish_at_least_once(&topic, b"", &mut t.out), Err(PublishError::Encode(_))));
    t.gets_nothing();
    assert_eq!(t.is_sent(b""), id(1), "a message that was not sent takes no id");
}

#[test]
fn a_3_1_client_is_read_and_answered_in_3_1() {
    let mut t = Dialogue::new();
    let connect = Connect { version: ProtocolVersion::V3_1, ..connect() };
    t.sends(Packet::Connect(connect), |step| assert_eq!(step, Step::SignIn(connect)));
    assert_eq!(t.connection.version(), ProtocolVersion::V3_1);
    let acceptance = Acceptance { session_present: true, ..Acceptance::new(Role::Device, 65_536) };
    t.connection.accept(t.now, acceptance, &mut t.out);
    assert_eq!(t.out, b"\x20\x02\x00\x00", "3.1 knows no session-present bit");
}

/// Ten thousand clients that get their CONNECT wrong: does anything grow?
#[test]
fn malformed_connects_leave_nothing_behind() {
    let mut out = Vec::with_capacity(4);
    let bytes = b"\x10\x10\0\x04MQTT\x07\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    for _ in 0..10_000 {
        let mut t = Dialogue::new();
        let error = decode(bytes, t.connection.version(), 65_536).unwrap_err();
        t.connection.decode_failed(error, bytes, &mut out);
        assert_eq!(out, b"\x20\x02\0\x01");
        out.clear();
    }
    assert_eq!(out.capacity(), 4, "nothing needed more room");
}

/// Texts end up in a log that customers read.
#[test]
fn reasons_are_plain_words() {
    for (reason, text) in [
        (CloseReason::ConnectTimeout, "no sign-in within the time allowed"),
        (
            CloseReason::KeepAliveTimeout { keep_alive_seconds: 60 },
            "nothing received for one and a half times the keep-alive of 60 s",
        ),
        (CloseReason::FirstPacketNotConnect(PacketType::PingReq), "first packet was PINGREQ, not CONNECT"),
        (CloseReason::KeepAliveTooLong { seconds: 901 }, "keep-alive of 901 s, allowed 900"),
        (CloseReason::Refused(ConnectRefusal::NotAuthorised), "sign-in refused: not authorised"),
        (CloseReason::Malformed(DecodeError::WildcardInTopic), "malformed packet: wildcard in a topic name"),
        (
            CloseReason::Malformed(DecodeError::ReservedFlags { packet_type: PacketType::Subscribe, flags: 0 }),
            "malformed packet: SUBSCRIBE with flags 0b0000",
        ),
    ] {
        assert_eq!(reason.to_string(), text);
    }
}
