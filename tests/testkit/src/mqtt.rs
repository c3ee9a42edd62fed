//! A blocking MQTT client for dialogues: what goes out is what the test says, what comes in is shown packet by packet.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use lianwu_mqtt::{
    Acknowledgement, ConnAck, Connect, Packet, PacketId, PacketType, Properties, ProtocolVersion, Publish, QoS,
    SubscribeAnswer, Will, decode, encode,
};
use serde_json::Value;

use crate::credentials::{Credentials, Method};
use crate::fixture::Device;
use crate::wait::{DEADLINE, fail};

const PACKET_BYTES_MAX: usize = 256 * 1024;

/// A packet from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// Return code, 0 for accepted.
    ConnAck(u8),
    PubAck(u16),
    /// One return code per filter.
    SubAck(Vec<u8>),
    UnsubAck(u16),
    PingResp,
    Publish {
        topic: String,
        payload: Vec<u8>,
        qos: u8,
        packet_id: Option<u16>,
    },
    /// Anything else, which a server does not send to these clients.
    Other(PacketType),
}

/// One connection. Every expectation has a deadline of [`DEADLINE`].
#[derive(Debug)]
pub struct MqttClient {
    stream: TcpStream,
    received: Vec<u8>,
    /// Packets that came while another kind was awaited.
    put_back: VecDeque<Received>,
    version: ProtocolVersion,
    next_id: PacketId,
}

impl MqttClient {
    /// Connects the socket and sends nothing.
    #[must_use]
    #[track_caller]
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))
            .unwrap_or_else(|error| fail(format!("connect to {address}: {error}")));
        let nodelay = stream.set_nodelay(true);
        nodelay.unwrap_or_else(|error| fail(format!("set TCP_NODELAY: {error}")));
        Self {
            stream,
            received: Vec::new(),
            put_back: VecDeque::new(),
            version: ProtocolVersion::V3_1_1,
            next_id: PacketId::FIRST,
        }
    }

    /// A signed-in device, subscribed to nothing.
    #[must_use]
    #[track_caller]
    pub fn device(address: SocketAddr, device: &Device) -> Self {
        let mut client = Self::open(address);
        client.send_connect(&device.credentials(Method::HmacSha256));
        client.expect(&Received::ConnAck(0));
        client
    }

    /// A signed-in device that hears the replies to its properties, events and actions.
    #[must_use]
    #[track_caller]
    pub fn subscribed(address: SocketAddr, device: &Device) -> Self {
        let mut client = Self::device(address, device);
        for kind in ["down/property", "down/event", "down/action"] {
            assert_eq!(client.subscribe(&device.thing(kind), QoS::AtLeastOnce), 1, "subscription to {kind}");
        }
        client
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The server has closed the connection.
    pub fn try_send_raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.try_send_raw(bytes).unwrap_or_else(|error| fail(format!("send {} bytes: {error}", bytes.len())));
    }

    /// Sends a CONNECT of MQTT 3.1.1, clean session, keep-alive 60 s.
    #[track_caller]
    pub fn send_connect(&mut self, credentials: &Credentials) {
        self.send_raw(&Self::connect_bytes(credentials));
    }

    /// Sends a CONNECT of any version; what comes is read as that version.
    #[track_caller]
    pub fn send_connect_as(&mut self, connect: &Connect<'_>) {
        self.version = connect.version;
        let mut bytes = Vec::new();
        encode::connect(&mut bytes, connect).unwrap_or_else(|error| fail(format!("encode CONNECT: {error}")));
        self.send_raw(&bytes);
    }

    /// A signed-in client of MQTT 5 with these properties and this will, clean start, subscribed to nothing.
    #[must_use]
    #[track_caller]
    pub fn version_5(
        address: SocketAddr,
        credentials: &Credentials,
        properties: Properties<'_>,
        will: Option<Will<'_>>,
    ) -> Self {
        let mut client = Self::open(address);
        client.send_connect_as(&Connect {
            version: ProtocolVersion::V5,
            clean_session: true,
            keep_alive_seconds: 60,
            properties,
            client_id: &credentials.client_id,
            user_name: Some(&credentials.user_name),
            password: Some(credentials.password.as_bytes()),
            will,
        });
        client.expect(&Received::ConnAck(0));
        client
    }

    /// Bytes of a CONNECT of MQTT 3.1.1, clean session, keep-alive 60 s.
    #[must_use]
    #[track_caller]
    pub fn connect_bytes(credentials: &Credentials) -> Vec<u8> {
        let connect = Connect {
            version: ProtocolVersion::V3_1_1,
            clean_session: true,
            keep_alive_seconds: 60,
            properties: Properties::NONE,
            client_id: &credentials.client_id,
            user_name: Some(&credentials.user_name),
            password: Some(credentials.password.as_bytes()),
            will: None,
        };
        let mut bytes = Vec::new();
        encode::connect(&mut bytes, &connect).unwrap_or_else(|error| fail(format!("encode CONNECT: {error}")));
        bytes
    }

    #[track_caller]
    pub fn send(&mut self, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        encode::packet(&mut bytes, self.version, packet).unwrap_or_else(|error| fail(format!("encode: {error}")));
        self.send_raw(&bytes);
    }

    /// Subscribes to one filter; gives the return code: 0, 1 or 0x80.
    #[track_caller]
    pub fn subscribe(&mut self, filter: &str, qos: QoS) -> u8 {
        let id = self.take_id();
        let mut bytes = Vec::new();
        encode::subscribe(&mut bytes, self.version, id, [(filter, qos)])
            .unwrap_or_else(|error| fail(format!("encode: {error}")));
        self.send_raw(&bytes);
        let found = self.next_matching("SUBACK", |packet| matches!(packet, Received::SubAck(_)));
        match found {
            Received::SubAck(codes) if codes.len() == 1 => codes[0],
            other => fail(format!("expected a SUBACK with one code, got {other:?}")),
        }
    }

    /// Publishes with QoS 0.
    #[track_caller]
    pub fn publish(&mut self, topic: &str, payload: &[u8]) {
        let (qos, packet_id) = (QoS::AtMostOnce, None);
        self.send(&Packet::Publish(Publish {
            duplicate: false,
            qos,
            retain: false,
            topic,
            packet_id,
            properties: Properties::NONE,
            payload,
        }));
    }

    /// Publishes with QoS 1 and gives the packet id; the PUBACK is still to come.
    #[track_caller]
    pub fn publish_qos1(&mut self, topic: &str, payload: &[u8]) -> u16 {
        let id = self.take_id();
        let (qos, packet_id) = (QoS::AtLeastOnce, Some(id));
        self.send(&Packet::Publish(Publish {
            duplicate: false,
            qos,
            retain: false,
            topic,
            packet_id,
            properties: Properties::NONE,
            payload,
        }));
        id.get()
    }

    /// Publishes with QoS 1, where the server may vanish at any moment.
    ///
    /// # Errors
    /// The connection has ended.
    pub fn try_publish_qos1(&mut self, topic: &str, payload: &[u8]) -> std::io::Result<u16> {
        let id = self.take_id();
        let (qos, packet_id) = (QoS::AtLeastOnce, Some(id));
        let mut bytes = Vec::new();
        let packet =
            Publish { duplicate: false, qos, retain: false, topic, packet_id, properties: Properties::NONE, payload };
        encode::publish(&mut bytes, self.version, &packet).map_err(std::io::Error::other)?;
        self.try_send_raw(&bytes)?;
        Ok(id.get())
    }

    /// Publishes with QoS 1 and waits for the PUBACK.
    #[track_caller]
    pub fn publish_acknowledged(&mut self, topic: &str, payload: &[u8]) {
        let id = self.publish_qos1(topic, payload);
        self.next_matching("PUBACK", |packet| *packet == Received::PubAck(id));
    }

    /// Sends a thing-model message with QoS 0 and gives the next message that comes down, as text.
    #[track_caller]
    pub fn ask(&mut self, topic: &str, payload: &str) -> String {
        self.publish(topic, payload.as_bytes());
        self.next_message().1
    }

    /// Topic and text of the next message from the cloud; QoS 1 messages are acknowledged.
    #[track_caller]
    pub fn next_message(&mut self) -> (String, String) {
        let found = self.next_matching("PUBLISH", |packet| matches!(packet, Received::Publish { .. }));
        let Received::Publish { topic, payload, packet_id, .. } = found else { fail("matched something else") };
        if let Some(id) = packet_id.and_then(PacketId::new) {
            self.send(&Packet::PubAck(Acknowledgement::success(id)));
        }
        (topic, String::from_utf8_lossy(&payload).into_owned())
    }

    /// The next message from the cloud, as JSON.
    #[track_caller]
    pub fn next_json(&mut self) -> Value {
        let (topic, text) = self.next_message();
        serde_json::from_str(&text).unwrap_or_else(|error| fail(format!("{topic}: {error} in {text}")))
    }

    /// The next packet must be this one.
    #[track_caller]
    pub fn expect(&mut self, expected: &Received) {
        let found = self.next_packet();
        assert_eq!(found, *expected);
    }

    /// The next packet.
    #[track_caller]
    pub fn next_packet(&mut self) -> Received {
        if let Some(packet) = self.put_back.pop_front() {
            return packet;
        }
        match self.read_packet(DEADLINE) {
            Ok(Some(packet)) => packet,
            Ok(None) => fail("the server closed the connection, a packet was expected"),
            Err(error) => fail(format!("no packet: {error}")),
        }
    }

    /// The next packet with all it carries; packets that were put back must have been taken before.
    #[track_caller]
    pub fn look<T>(&mut self, look: impl FnOnce(&Packet<'_>) -> T) -> T {
        assert!(self.put_back.is_empty(), "packets wait that were put back: {:?}", self.put_back);
        let end = Instant::now() + DEADLINE;
        loop {
            match decode(&self.received, self.version, PACKET_BYTES_MAX) {
                Ok(Some((packet, bytes))) => {
                    let seen = look(&packet);
                    self.received.drain(..bytes);
                    return seen;
                }
                Ok(None) => {}
                Err(error) => fail(format!("the server sent garbage: {error}")),
            }
            match self.fill(end) {
                Ok(true) => {}
                Ok(false) => fail("the server closed the connection, a packet was expected"),
                Err(error) => fail(format!("no packet: {error}")),
            }
        }
    }

    /// The next packet, or `None` when the connection has ended, also by a reset.
    pub fn next_or_end(&mut self, deadline: Duration) -> std::io::Result<Option<Received>> {
        match self.put_back.pop_front() {
            Some(packet) => Ok(Some(packet)),
            None => self.read_packet(deadline),
        }
    }

    /// The next packet that fits; others stay, in their order.
    #[track_caller]
    fn next_matching(&mut self, what: &str, fits: impl Fn(&Received) -> bool) -> Received {
        if let Some(at) = self.put_back.iter().position(&fits)
            && let Some(packet) = self.put_back.remove(at)
        {
            return packet;
        }
        loop {
            match self.read_packet(DEADLINE) {
                Ok(Some(packet)) if fits(&packet) => return packet,
                Ok(Some(packet)) => self.put_back.push_back(packet),
                Ok(None) => fail(format!("the server closed the connection, {what} was expected")),
                Err(error) => fail(format!("no {what}: {error}; came instead: {:?}", self.put_back)),
            }
        }
    }

    /// The server must close the connection without another packet.
    #[track_caller]
    pub fn expect_close(&mut self) {
        match self.next_or_end(DEADLINE) {
            Ok(None) => {}
            Ok(Some(packet)) => fail(format!("expected the connection to be closed, got {packet:?}")),
            Err(error) => fail(format!("expected the connection to be closed: {error}")),
        }
    }

    /// Exactly these bytes must come, then the end of the stream.
    #[track_caller]
    pub fn expect_bytes_then_close(&mut self, expected: &[u8]) {
        let end = Instant::now() + DEADLINE;
        loop {
            match self.fill(end) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => fail(format!("expected the connection to be closed: {error}; got {:?}", self.received)),
            }
        }
        assert_eq!(self.received, expected, "bytes before the connection was closed");
    }

    /// Proves that nothing else was sent before: asks for a PINGRESP and expects it next.
    ///
    /// What waits for the disk is not covered; wait for an acknowledgement of a later message first.
    #[track_caller]
    pub fn expect_nothing(&mut self) {
        self.send(&Packet::PingReq);
        self.expect(&Received::PingResp);
    }

    /// Closes the sending half: the server sees the end of the stream, its answers still arrive here.
    #[track_caller]
    pub fn shut_down_sending(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap_or_else(|error| fail(format!("shut down sending: {error}")));
    }

    /// A second handle on the socket, for a thread that only sends.
    #[must_use]
    #[track_caller]
    pub fn sender(&self) -> TcpStream {
        self.stream.try_clone().unwrap_or_else(|error| fail(format!("clone the socket: {error}")))
    }

    fn take_id(&mut self) -> PacketId {
        let id = self.next_id;
        self.next_id = id.next();
        id
    }

    fn read_packet(&mut self, deadline: Duration) -> std::io::Result<Option<Received>> {
        let end = Instant::now() + deadline;
        loop {
            let decoded = decode(&self.received, self.version, PACKET_BYTES_MAX)
                .map_err(|error| std::io::Error::other(format!("the server sent garbage: {error}")))?;
            if let Some((packet, bytes)) = decoded {
                let packet = owned(&packet);
                self.received.drain(..bytes);
                return Ok(Some(packet));
            }
            if !self.fill(end)? {
                return Ok(None);
            }
        }
    }

    /// Reads what is there; `false` at the end of the stream.
    fn fill(&mut self, end: Instant) -> std::io::Result<bool> {
        let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        self.stream.set_read_timeout(Some(left))?;
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => Ok(false),
            Ok(count) => {
                self.received.extend_from_slice(&buffer[..count]);
                Ok(true)
            }
            Err(error) => match error.kind() {
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Ok(false),
                ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                    Err(std::io::Error::new(ErrorKind::TimedOut, "nothing came in time"))
                }
                _ => Err(error),
            },
        }
    }
}

fn owned(packet: &Packet<'_>) -> Received {
    let code = |answer: SubscribeAnswer| answer.code(ProtocolVersion::V3_1_1);
    match packet {
        Packet::ConnAck(ConnAck::Accepted { .. }) => Received::ConnAck(0),
        Packet::ConnAck(ConnAck::Refused { refusal, .. }) => Received::ConnAck(refusal.code()),
        Packet::PubAck(answer) => Received::PubAck(answer.packet_id.get()),
        Packet::SubAck(answer) => Received::SubAck(answer.answers().map(code).collect()),
        Packet::UnsubAck(answer) => Received::UnsubAck(answer.packet_id.get()),
        Packet::PingResp => Received::PingResp,
        Packet::Publish(publish) => Received::Publish {
            topic: publish.topic.to_owned(),
            payload: publish.payload.to_vec(),
            qos: publish.qos.bits(),
            packet_id: publish.packet_id.map(PacketId::get),
        },
        other => Received::Other(other.packet_type()),
    }
}
