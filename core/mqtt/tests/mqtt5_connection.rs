//! Dialogues of MQTT 5: what devices and backends may do, and what they are told.

use std::time::{Duration, Instant};

use lianwu_mqtt::{
    Acknowledgement, Auth, CloseReason, Connect, ConnectRefusal, Connection, DecodeError, Disconnect, Packet, PacketId,
    Properties, Property, PropertyBuffer, ProtocolVersion, Publish, PublishError, QoS, ReasonCode, Step,
    connection::{Acceptance, BACKEND_IN_FLIGHT_MAX, Message, RECEIVE_MAX, Role, Stage, expiry_left},
    decode, encode,
};

use ProtocolVersion::V5;

struct Dialogue {
    connection: Connection,
    now: Instant,
    out: Vec<u8>,
}

impl Dialogue {
    fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "only an origin: the tests move their own clock from here")]
        let now = Instant::now();
        Self { connection: Connection::new(now, Duration::from_secs(10)), now, out: Vec::new() }
    }

    fn signed_in(role: Role, wishes: &[Property<'_>]) -> Self {
        let mut t = Self::new();
        let wishes = properties(wishes);
        t.connects(&wishes);
        t.is_accepted(Acceptance::new(role, 65_536));
        t
    }

    fn connects(&mut self, wishes: &PropertyBuffer) {
        let connect = Connect { properties: wishes.as_properties(), ..connect() };
        self.sends(Packet::Connect(connect), |step| assert_eq!(step, Step::SignIn(connect)));
    }

    fn is_accepted(&mut self, acceptance: Acceptance<'_>) -> Vec<u8> {
        self.connection.accept(self.now, acceptance, &mut self.out);
        std::mem::take(&mut self.out)
    }

    #[track_caller]
    fn sends(&mut self, packet: Packet<'_>, check: impl FnOnce(Step<'_>)) {
        let mut bytes = Vec::new();
        encode::packet(&mut bytes, V5, &packet).expect("packets of tests are valid");
        let version = if self.connection.is_signed_in() { V5 } else { ProtocolVersion::V3_1_1 };
        let (packet, _) = decode(&bytes, version, 65_536).expect("valid").expect("complete");
        check(self.connection.handle(self.now, packet, &mut self.out));
    }

    /// The client is told the reason, in the code and in words.
    #[track_caller]
    fn sends_and_is_closed(&mut self, packet: Packet<'_>, reason: CloseReason) {
        self.sends(packet, |step| assert_eq!(step, Step::Close(reason)));
        let words = reason.to_string();
        self.gets(|packet| {
            let Packet::Disconnect(said) = packet else { unreachable!("{packet:?} is no DISCONNECT") };
            assert_eq!((said.reason, said.properties.reason_string()), (reason.reason(), Some(&*words)));
        });
        assert_eq!(self.connection.deadline(), None);
    }

    #[track_caller]
    fn gets(&mut self, check: impl FnOnce(Packet<'_>)) {
        let (packet, consumed) = decode(&self.out, V5, 65_536).expect("valid").expect("the server wrote something");
        check(packet);
        self.out.drain(..consumed);
    }

    #[track_caller]
    fn gets_nothing(&self) {
        assert_eq!(self.out, b"");
    }

    #[track_caller]
    fn is_sent(&mut self, qos: QoS) -> PacketId {
        let id = self.connection.publish(qos, &Message::new("down", b"m"), &mut self.out).expect("there is room");
        id.expect("above QoS 0")
    }
}

fn properties(list: &[Property<'_>]) -> PropertyBuffer {
    let mut buffer = PropertyBuffer::new();
    for property in list {
        buffer.push(property).expect("short values fit");
    }
    buffer
}

fn connect() -> Connect<'static> {
    Connect {
        version: V5,
        clean_session: true,
        keep_alive_seconds: 60,
        properties: Properties::NONE,
        client_id: "client",
        user_name: None,
        password: Some(b"a password alone is allowed in MQTT 5"),
        will: None,
    }
}

fn publish(qos: QoS, packet_id: Option<PacketId>) -> Publish<'static> {
    Publish {
        duplicate: false,
        qos,
        retain: false,
        topic: "up",
        packet_id,
        properties: Properties::NONE,
        payload: b"m",
    }
}

fn id(number: u16) -> PacketId {
    PacketId::new(number).expect("not zero")
}

fn said(packet_id: PacketId, reason: ReasonCode) -> Acknowledgement<'static> {
    Acknowledgement { reason, ..Acknowledgement::success(packet_id) }
}

#[track_caller]
fn announced(conn_ack: &[u8]) -> Vec<Property<'_>> {
    let Ok(Some((Packet::ConnAck(lianwu_mqtt::ConnAck::Accepted { properties, .. }), _))) = decode(conn_ack, V5, 1000)
    else {
        unreachable!("is an accepting CONNACK");
    };
    properties.iter().collect()
}

/// Is a device told what it may not do here?
#[test]
fn what_a_device_is_told() {
    let mut t = Dialogue::new();
    t.connects(&properties(&[]));
    let conn_ack = t.is_accepted(Acceptance::new(Role::Device, 65_536));
    assert_eq!(
        announced(&conn_ack),
        [
            Property::MaximumQoSIsOne(true),
            Property::SharedSubscriptionAvailable(false),
            Property::RetainAvailable(false),
            Property::SubscriptionIdsAvailable(false),
            Property::MaximumPacketSize(65_536),
        ]
    );
}

#[test]
fn what_a_backend_is_told() {
    let mut t = Dialogue::new();
    t.connects(&properties(&[Property::SessionExpiry(1_000_000)]));
    assert_eq!(t.connection.session_expiry_seconds(), 1_000_000, "the wish");
    let conn_ack = t.is_accepted(Acceptance {
        session_expiry_seconds: 3600,
        assigned_client_id: Some("made-up"),
        ..Acceptance::new(Role::Backend, 0)
    });
    assert_eq!(
        announced(&conn_ack),
        [
            Property::ReceiveMaximum(RECEIVE_MAX),
            Property::TopicAliasMaximum(16),
            Property::AssignedClientId("made-up"),
            Property::SessionExpiry(3600),
        ]
    );
}

/// A keep-alive above the vendor's 900 s is cut, where older versions can only be refused.
#[test]
fn a_long_keep_alive_is_overridden() {
    let mut t = Dialogue::new();
    let connect = Connect { keep_alive_seconds: 2000, ..connect() };
    t.sends(Packet::Connect(connect), |step| assert_eq!(step, Step::SignIn(connect)));
    let conn_ack = t.is_accepted(Acceptance::new(Role::Device, 0));
    assert!(announced(&conn_ack).contains(&Property::ServerKeepAlive(900)));
    t.now += Duration::from_secs(1350);
    assert_eq!(
        t.connection.timeout(t.now, &mut t.out),
        Some(CloseReason::KeepAliveTimeout { keep_alive_seconds: 900 })
    );
    t.gets(|packet| assert!(matches!(packet, Packet::Disconnect(said) if said.reason.code() == 0x8D)));
}

#[test]
fn refusals_carry_the_code_and_the_words() {
    let mut t = Dialogue::new();
    t.connects(&properties(&[]));
    t.connection.refuse(ConnectRefusal::BadUserNameOrPassword, "hmac sign error", &mut t.out);
    t.gets(|packet| {
        let Packet::ConnAck(lianwu_mqtt::ConnAck::Refused { refusal, properties }) = packet else {
            panic!("{packet:?}")
        };
        assert_eq!(refusal.reason().code(), 0x86);
        assert_eq!(properties.reason_string(), Some("hmac sign error"));
    });
    for refusal in (1..=5).filter_map(ConnectRefusal::from_code) {
        assert_eq!(ConnectRefusal::from_reason(refusal.reason()), Some(refusal));
    }
}

#[test]
fn extended_authentication_is_refused() {
    let mut t = Dialogue::new();
    let wishes = properties(&[Property::AuthenticationMethod("SCRAM-SHA-1")]);
    let connect = Connect { properties: wishes.as_properties(), ..connect() };
    t.sends(Packet::Connect(connect), |step| assert_eq!(step, Step::Close(CloseReason::AuthenticationUnsupported)));
    assert_eq!(t.out[3], 0x8C);

    let mut t = Dialogue::signed_in(Role::Backend, &[]);
    let auth = Auth { reason: ReasonCode::ReAuthenticate, properties: Properties::NONE };
    t.sends_and_is_closed(Packet::Auth(auth), CloseReason::AuthenticationUnsupported);
}

/// Is a malformed CONNECT of MQTT 5 answered in MQTT 5, although it was never accepted?
#[test]
fn a_malformed_connect_is_answered() {
    let mut wishes = PropertyBuffer::new();
    for _ in 0..33 {
        wishes.push(&Property::User("n", "v")).unwrap();
    }
    let mut bytes = Vec::new();
    encode::connect(&mut bytes, &Connect { properties: wishes.as_properties(), ..connect() }).unwrap();
    let mut t = Dialogue::new();
    let error = decode(&bytes, t.connection.version(), 65_536).unwrap_err();
    assert_eq!(error, DecodeError::TooManyUserProperties);
    t.connection.decode_failed(error, &bytes, &mut t.out);
    assert_eq!(t.out[3], 0x97, "quota exceeded: {:02x?}", t.out);
}

#[test]
fn what_a_device_may_not_do() {
    let alias = properties(&[Property::TopicAlias(1)]);
    let with_alias = Publish { properties: alias.as_properties(), ..publish(QoS::AtMostOnce, None) };
    let number = properties(&[Property::SubscriptionId(3)]);
    let with_number = Publish { properties: number.as_properties(), ..publish(QoS::AtMostOnce, None) };
    for (packet, reason, code) in [
        (Packet::Publish(publish(QoS::ExactlyOnce, Some(id(1)))), CloseReason::ExactlyOnceUnsupported, 0x9B),
        (Packet::PubRel(said(id(1), ReasonCode::Success)), CloseReason::ExactlyOnceUnsupported, 0x9B),
        (Packet::Publish(with_alias), CloseReason::TopicAliasTooLarge { alias: 1, alias_max: 0 }, 0x94),
        (Packet::Publish(with_number), CloseReason::SubscriptionIdInPublish, 0x82),
        (Packet::Connect(connect()), CloseReason::SecondConnect, 0x82),
        (Packet::PingResp, CloseReason::WrongDirection(lianwu_mqtt::PacketType::PingResp), 0x82),
    ] {
        assert_eq!(reason.reason().code(), code);
        Dialogue::signed_in(Role::Device, &[]).sends_and_is_closed(packet, reason);
    }
    let mut t = Dialogue::signed_in(Role::Device, &[]);
    let mut bytes = Vec::new();
    encode::subscribe(&mut bytes, V5, id(1), [("a", QoS::AtMostOnce)]).unwrap();
    bytes.splice(4..5, [2, 11, 7]); // a subscription identifier
    bytes[1] += 2;
    let (subscribe, _) = decode(&bytes, V5, 100).unwrap().unwrap();
    t.sends_and_is_closed(subscribe, CloseReason::SubscriptionIdsUnsupported);
}

/// The caller ends a connection: taken over, shut down, over its rate.
#[test]
fn the_server_says_why_it_leaves() {
    let mut t = Dialogue::signed_in(Role::Device, &[]);
    let reason = t.connection.disconnect(ReasonCode::SessionTakenOver, "signed in elsewhere", &mut t.out);
    assert_eq!(reason, CloseReason::ByServer(ReasonCode::SessionTakenOver));
    t.gets(|packet| {
        let Packet::Disconnect(said) = packet else { panic!("{packet:?}") };
        assert_eq!((said.reason.code(), said.properties.reason_string()), (0x8E, Some("signed in elsewhere")));
    });
    t.connection.disconnect(ReasonCode::SessionTakenOver, "again", &mut t.out);
    t.gets_nothing();
}

/// Is every message of QoS 2 handed over once, however often it and its release come?
#[test]
fn exactly_once_from_a_backend() {
    let mut t = Dialogue::signed_in(Role::Backend, &[]);
    let message = Packet::Publish(publish(QoS::ExactlyOnce, Some(id(5))));
    t.sends(message, |step| assert!(matches!(step, Step::Publish(_))));
    t.gets_nothing(); // the decision is not durable yet
    t.sends(message, |step| assert_eq!(step, Step::Idle));
    t.gets_nothing();
    t.connection.acknowledge(QoS::ExactlyOnce, id(5), ReasonCode::Success, &mut t.out);
    t.gets(|packet| assert_eq!(packet, Packet::PubRec(said(id(5), ReasonCode::Success))));
    t.sends(message, |step| assert_eq!(step, Step::Idle));
    t.gets(|packet| assert_eq!(packet, Packet::PubRec(said(id(5), ReasonCode::Success))));
    t.sends(Packet::PubRel(said(id(5), ReasonCode::Success)), |step| assert_eq!(step, Step::Idle));
    t.gets(|packet| assert_eq!(packet, Packet::PubComp(said(id(5), ReasonCode::Success))));
    t.sends(message, |step| assert!(matches!(step, Step::Publish(_)), "the id is free again"));
}

/// A session comes back: what was taken before is not taken twice, and what was not decided comes again.
#[test]
fn exactly_once_across_connections() {
    let mut t = Dialogue::signed_in(Role::Backend, &[]);
    for number in [1, 2] {
        t.sends(Packet::Publish(publish(QoS::ExactlyOnce, Some(id(number)))), |_| ());
    }
    t.connection.acknowledge(QoS::ExactlyOnce, id(1), ReasonCode::Success, &mut t.out);
    let received = t.connection.received();
    assert!(received.packet_ids().eq([id(1)]));
    let mut t = Dialogue::new();
    t.connects(&properties(&[]));
    t.is_accepted(Acceptance { received: Some(received), ..Acceptance::new(Role::Backend, 0) });
    t.sends(Packet::Publish(publish(QoS::ExactlyOnce, Some(id(1)))), |step| assert_eq!(step, Step::Idle));
    t.gets(|packet| assert_eq!(packet, Packet::PubRec(said(id(1), ReasonCode::Success))));
    t.sends(Packet::Publish(publish(QoS::ExactlyOnce, Some(id(2)))), |step| assert!(matches!(step, Step::Publish(_))));
}

/// A refused message is over at once. Source: MQTT 5 §4.3.3.
#[test]
fn a_refused_message_frees_its_id() {
    let mut t = Dialogue::signed_in(Role::Backend, &[]);
    t.sends(Packet::Publish(publish(QoS::ExactlyOnce, Some(id(5)))), |_| ());
    t.connection.acknowledge(QoS::ExactlyOnce, id(5), ReasonCode::NotAuthorised, &mut t.out);
    t.gets(|packet| assert_eq!(packet, Packet::PubRec(said(id(5), ReasonCode::NotAuthorised))));
    assert_eq!(t.connection.received().packet_ids().len(), 0);
}

/// A flood of ids: does the memory end at the receive maximum, in every version that has QoS 2?
#[test]
fn a_flood_of_ids_is_cut_off() {
    let mut t = Dialogue::signed_in(Role::Backend, &[]);
    for number in 1..=RECEIVE_MAX {
        let qos = if number % 2 == 0 { QoS::ExactlyOnce } else { QoS::AtLeastOnce };
        t.sends(Packet::Publish(publish(qos, Some(id(number)))), |step| assert!(matches!(step, Step::Publish(_))));
    }
    let one_more = Packet::Publish(publish(QoS::AtLeastOnce, Some(id(9999))));
    t.sends_and_is_closed(one_more, CloseReason::ReceiveMaximumExceeded);
}

#[test]
fn a_flood_of_unknown_releases_is_harmless() {
    let mut t = Dialogue::signed_in(Role::Backend, &[]);
    for number in 1..=u16::MAX {
        t.sends(Packet::PubRel(said(id(number), ReasonCode::Success)), |step| assert_eq!(step, Step::Idle));
        t.gets(|packet| assert_eq!(packet, Packet::PubComp(said(id(number), ReasonCode::PacketIdNotFound))));
        t.sends(Packet::PubRec(said(id(number), ReasonCode::Success)), |step| assert_eq!(step, Step::Idle));
        t.gets(|packet| assert_eq!(packet, Packet::PubRel(said(id(number), ReasonCode::PacketIdNotFound))));
    }
    assert_eq!((t.connection.in_flight_count(), t.connection.received().packet_ids().len()), (0, 0));
}

#[test]
fn exactly_once_to_a_backend() {
    let mut t = Dialogue::signed_in(Role::Backend, &[]);
    assert_eq!(t.is_sent(QoS::ExactlyOnce), id(1));
    t.gets(|packet| assert!(matches!(packet, Packet::Publish(publish) if publish.qos == QoS::ExactlyOnce)));
    let pub_rec = Packet::PubRec(said(id(1), ReasonCode::Success));
    t.sends(pub_rec, |step| assert_eq!(step, Step::Released(id(1))));
    t.gets(|packet| assert_eq!(packet, Packet::PubRel(said(id(1), ReasonCode::Success))));
    t.sends(pub_rec, |step| assert_eq!(step, Step::Idle));
    t.gets(|packet| assert_eq!(packet, Packet::PubRel(said(id(1), ReasonCode::Success))));
    t.sends(Packet::PubAck(said(id(1), ReasonCode::Success)), |step| assert_eq!(step, Step::Idle, "of the wrong kind"));
    let pub_comp = Packet::PubComp(said(id(1), ReasonCode::Success));
    t.sends(pub_comp, |step| assert_eq!(step, Step::Delivered(id(1))));
    t.sends(pub_comp, |step| assert_eq!(step, Step::Idle));
    assert_eq!(t.connection.in_flight_count(), 0);

    let two = t.is_sent(QoS::ExactlyOnce);
    let reason = ReasonCode::QuotaExceeded;
    t.sends(Packet::PubRec(said(two, reason)), |step| assert_eq!(step, Step::Declined { packet_id: two, reason }));
}

/// Does the client's receive maximum hold, also for what an earlier connection left behind?
#[test]
fn the_receive_maximum_of_the_client_is_kept() {
    let mut t = Dialogue::signed_in(Role::Backend, &[]);
    assert_eq!(t.connection.in_flight_max(), BACKEND_IN_FLIGHT_MAX);
    let sent: Vec<_> = [QoS::ExactlyOnce, QoS::AtLeastOnce, QoS::ExactlyOnce, QoS::AtLeastOnce]
        .into_iter()
        .map(|qos| t.is_sent(qos))
        .collect();
    t.sends(Packet::PubRec(said(sent[0], ReasonCode::Success)), |_| ());
    let kept = t.connection.take_in_flight();

    let mut t = Dialogue::new();
    t.connects(&properties(&[Property::ReceiveMaximum(2)]));
    t.is_accepted(Acceptance { session_present: true, in_flight: kept, ..Acceptance::new(Role::Backend, 0) });
    assert_eq!(t.connection.next_resend(&mut t.out), Some((sent[1], QoS::AtLeastOnce)));
    t.gets(|packet| assert_eq!(packet, Packet::PubRel(said(sent[0], ReasonCode::Success)), "the client has this one"));
    t.connection.resend(&Message::new("down", b"again"), &mut t.out).unwrap();
    t.gets(|packet| assert!(matches!(packet, Packet::Publish(p) if p.duplicate && p.packet_id == Some(sent[1]))));
    assert_eq!(t.connection.next_resend(&mut t.out), None, "two are under way");
    let new = t.connection.publish(QoS::AtLeastOnce, &Message::new("down", b"new"), &mut t.out);
    assert_eq!(new, Err(PublishError::InFlightFull), "new messages wait behind old ones");
    t.sends(Packet::PubAck(said(sent[2], ReasonCode::Success)), |step| assert_eq!(step, Step::Idle, "not sent here"));
    t.sends(Packet::PubComp(said(sent[0], ReasonCode::Success)), |step| assert_eq!(step, Step::Delivered(sent[0])));
    assert_eq!(t.connection.next_resend(&mut t.out), Some((sent[2], QoS::ExactlyOnce)));
    t.connection.forget(sent[2]); // expired
    assert_eq!(t.connection.next_resend(&mut t.out), Some((sent[3], QoS::AtLeastOnce)));
    let left = t.connection.take_in_flight().unwrap();
    assert!(left.entries().eq([(sent[1], Stage::AwaitsPubAck), (sent[3], Stage::AwaitsPubAck)]));
}

#[test]
fn aliases_stand_for_topics() {
    let mut t = Dialogue::signed_in(Role::Backend, &[]);
    let alias = |alias| properties(&[Property::TopicAlias(alias)]);
    let (one, last, beyond) = (alias(1), alias(16), alias(17));
    let plain = publish(QoS::AtMostOnce, None);
    let set = Publish { properties: last.as_properties(), ..plain };
    t.sends(Packet::Publish(set), |step| assert!(matches!(step, Step::Publish(_))));
    let used = Publish { topic: "", ..set };
    t.sends(Packet::Publish(used), |step| assert!(matches!(step, Step::Publish(_))));
    assert_eq!(t.connection.topic_of(&used), "up");
    let unknown = Publish { topic: "", properties: one.as_properties(), ..plain };
    t.sends_and_is_closed(Packet::Publish(unknown), CloseReason::TopicAliasUnknown { alias: 1 });
    let mut t = Dialogue::signed_in(Role::Backend, &[]);
    let too_high = Publish { properties: beyond.as_properties(), ..plain };
    let reason = CloseReason::TopicAliasTooLarge { alias: 17, alias_max: 16 };
    t.sends_and_is_closed(Packet::Publish(too_high), reason);
}

/// A message above the client's maximum packet size is not written, and costs no packet id.
#[test]
fn the_packet_size_of_the_client_is_kept() {
    let mut t = Dialogue::signed_in(Role::Backend, &[Property::MaximumPacketSize(128)]);
    let large = Message::new("down", &[0; 128]);
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce] {
        let sent = t.connection.publish(qos, &large, &mut t.out);
        assert!(matches!(sent, Err(PublishError::Encode(_))));
        t.gets_nothing();
    }
    assert_eq!(t.is_sent(QoS::AtLeastOnce), id(1));
    let mut t = Dialogue::new();
    let wishes = properties(&[Property::MaximumPacketSize(20)]);
    let connect = Connect { properties: wishes.as_properties(), ..connect() };
    t.sends(Packet::Connect(connect), |step| {
        assert_eq!(step, Step::Close(CloseReason::ReceiverTooSmall { bytes_max: 20 }));
    });
    assert!(t.out.len() <= 20, "and the refusal fits");
}

#[test]
fn a_goodbye_may_keep_the_will_and_shorten_the_session() {
    let mut t = Dialogue::new();
    t.connects(&properties(&[Property::SessionExpiry(100)]));
    t.is_accepted(Acceptance { session_expiry_seconds: 100, ..Acceptance::new(Role::Backend, 0) });
    let shorter = properties(&[Property::SessionExpiry(7)]);
    let goodbye = Disconnect { reason: ReasonCode::DisconnectWithWill, properties: shorter.as_properties() };
    t.sends(Packet::Disconnect(goodbye), |step| assert_eq!(step, Step::Disconnected { with_will: true }));
    assert_eq!(t.connection.session_expiry_seconds(), 7);

    let mut t = Dialogue::signed_in(Role::Backend, &[]);
    t.sends_and_is_closed(Packet::Disconnect(goodbye), CloseReason::SessionExpiryRaised);
}

#[test]
fn waiting_uses_up_a_message() {
    for (expiry, waited_ms, left) in
        [(10, 0, Some(10)), (10, 9_999, Some(1)), (10, 10_000, None), (10, u64::MAX, None), (0, 0, None)]
    {
        assert_eq!(expiry_left(expiry, Duration::from_millis(waited_ms)), left, "{expiry} s after {waited_ms} ms");
    }
}
