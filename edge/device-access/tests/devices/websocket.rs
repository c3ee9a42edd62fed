//! MQTT over WebSocket: the request as the vendor's C SDK writes it, frames in every shape, and the way of all others behind it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use lianwu_device_access::{AccessOptions, Listen};
use lianwu_http::{Server, ServerOptions};
use lianwu_mqtt::{Packet, ProtocolVersion, QoS, decode};
use lianwu_ports::record::RecordKind;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use tokio::runtime::Runtime;
use tungstenite::protocol::Role;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::{Message, WebSocket};

use super::backends::{self, Scene};
use super::harness::{NOW, PRODUCT, World, connect_bytes, credentials, down, publish_bytes, subscribe_bytes, up};

const REPORT: &str = r#"{"method":"report","clientToken":"ws","params":{"brightness":42}}"#;

fn options() -> AccessOptions {
    AccessOptions { device_up_tps: 0, device_connects_per_5s: 0, ..AccessOptions::default() }
}

/// The HTTP listener of devices in front of a world.
struct Listener {
    runtime: Runtime,
    server: Option<Server>,
    address: SocketAddr,
}

impl Listener {
    fn new(world: &World) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let options = ServerOptions { title_case_headers: true, ..ServerOptions::default() };
            Server::start(listener, world.http(), options).unwrap()
        });
        let address = server.address();
        Self { runtime, server: Some(server), address }
    }

    fn socket(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// A WebSocket as the C SDK opens it.
    fn open(&self) -> Client {
        let mut stream = self.socket();
        let answer = upgrade(&mut stream, C_SDK);
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        Client::new(stream)
    }

    /// A device that has signed in.
    fn lamp(&self, name: &str) -> Client {
        let mut client = self.open();
        client.send(&connect_bytes(&credentials(name, NOW.0 / 1000 + 600)));
        assert_eq!(client.connack(), 0, "{name} signs in");
        client
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop(Duration::from_secs(2)));
        }
    }
}

/// The same over TLS, on a platform that listens for nothing else: no plain port, no TLS port of MQTT.
#[test]
fn it_needs_no_other_listener_and_goes_over_tls() {
    let identity = super::tls::identity("https");
    let listen = Listen { https: Some(identity), ..Listen::default() };
    let world = World::listening(listen, &AccessOptions { workers: 2, ..options() });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let acceptor = world.access().https().unwrap();
    let server = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let secure = move |stream, peer| acceptor.accept(stream, peer);
        Server::start_secured(listener, world.http(), ServerOptions::default(), secure).unwrap()
    });
    let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    let connector = connector.build();
    // One that does not speak TLS is closed and holds up nobody.
    let mut stranger = TcpStream::connect(server.address()).unwrap();
    stranger.write_all(C_SDK.as_bytes()).unwrap();
    assert!(!matches!(stranger.read_to_end(&mut Vec::new()), Ok(0)), "TLS answers with an alert");
    for name in ["lamp-0", "lamp-1"] {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut stream = connector.configure().unwrap().verify_hostname(false).connect("localhost", stream).unwrap();
        let answer = upgrade(&mut stream, C_SDK);
        assert!(answer.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{answer}");
        let mut client = Client::new(stream);
        client.send(&connect_bytes(&credentials(name, NOW.0 / 1000 + 600)));
        assert_eq!(client.connack(), 0);
        client.send(&publish_bytes(&up("property", name), REPORT, Some(1)));
        assert_eq!(client.puback(), 1);
        client.send(&[0xE0, 0]);
        assert_eq!(client.closed(), CloseCode::Normal);
    }
    runtime.block_on(server.stop(Duration::from_secs(2)));
}

/// What the vendor's C SDK asks with, its odd spellings included. Source: spec/device-protocol.md 3.1.
const C_SDK: &str = "GET / HTTP/1.1\r\nHost: PID0000001.ap-guangzhou.iothub.tencentdevices.com:80\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-Websocket-Protocol: mqtt\r\n\r\n";

/// The head of the answer, to its end and no further.
fn upgrade(stream: &mut (impl Read + Write), request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&head));
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

struct Client<S = TcpStream> {
    socket: WebSocket<S>,
    buffer: Vec<u8>,
}

impl<S: Read + Write> Client<S> {
    fn new(stream: S) -> Self {
        Self { socket: WebSocket::from_raw_socket(stream, Role::Client, None), buffer: Vec::new() }
    }

    fn send(&mut self, bytes: &[u8]) {
        self.socket.send(Message::binary(bytes.to_vec())).unwrap();
    }

    /// One frame of a message; `is_last` ends it.
    fn send_part(&mut self, bytes: &[u8], kind: Data, is_last: bool) {
        let frame = Frame::message(bytes.to_vec(), OpCode::Data(kind), is_last);
        self.socket.send(Message::Frame(frame)).unwrap();
    }

    fn next<T>(&mut self, look: impl FnOnce(Packet<'_>) -> T) -> T {
        loop {
            if let Some((packet, length)) = decode(&self.buffer, ProtocolVersion::V3_1_1, 1 << 20).unwrap() {
                let found = look(packet);
                self.buffer.drain(..length);
                return found;
            }
            match self.socket.read().expect("an answer in time") {
                Message::Binary(bytes) => self.buffer.extend_from_slice(&bytes),
                other => panic!("expected MQTT, got {other:?}"),
            }
        }
    }

    fn connack(&mut self) -> u8 {
        self.next(|packet| match packet {
            Packet::ConnAck(lianwu_mqtt::packet::ConnAck::Accepted { .. }) => 0,
            Packet::ConnAck(lianwu_mqtt::packet::ConnAck::Refused { refusal, .. }) => refusal.code(),
            other => panic!("expected CONNACK, got {other:?}"),
        })
    }

    fn puback(&mut self) -> u16 {
        self.next(|packet| match packet {
            Packet::PubAck(answer) => answer.packet_id.get(),
            other => panic!("expected PUBACK, got {other:?}"),
        })
    }

    fn message(&mut self) -> (String, String) {
        self.next(|packet| match packet {
            Packet::Publish(publish) => {
                (publish.topic.to_owned(), String::from_utf8(publish.payload.to_vec()).unwrap())
            }
            other => panic!("expected a message, got {other:?}"),
        })
    }

    /// The code the server ends the WebSocket with, when no other frame comes before.
    fn closed(&mut self) -> CloseCode {
        match self.socket.read().expect("a frame before the end") {
            Message::Close(Some(frame)) => frame.code,
            other => panic!("expected the end, got {other:?}"),
        }
    }
}

fn report(packet_id: u16) -> Vec<u8> {
    publish_bytes(&up("property", "lamp-1"), REPORT, Some(packet_id))
}

/// Is the request of the C SDK answered in the spelling it looks for, and are others', too?
#[test]
fn the_answer_is_spelled_as_the_c_sdk_reads_it() {
    let world = World::with(&options());
    let listener = Listener::new(&world);
    let answer = upgrade(&mut listener.socket(), C_SDK);
    assert!(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{answer}");
    assert!(answer.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{answer}");
    assert!(answer.contains("\r\nSec-WebSocket-Protocol: mqtt\r\n"), "{answer}");
    assert!(answer.contains("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"), "{answer}");
    assert!(!answer.to_ascii_lowercase().contains("sec-websocket-extensions"), "{answer}");
    // Any path, also those of others; names in any case; the old name of the protocol, as paho sends it.
    for path in ["/", "/mqtt", "/any/where?x=1", "/device/publish"] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHOST: a\r\nUPGRADE: WebSocket\r\nCONNECTION: keep-alive, Upgrade\r\n\
             SEC-WEBSOCKET-KEY: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\
             Sec-WebSocket-Protocol: mqttv3.1\r\nOrigin: https://elsewhere.example\r\n\
             Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        );
        let answer = upgrade(&mut listener.socket(), &request);
        assert!(answer.starts_with("HTTP/1.1 101 "), "{path}: {answer}");
        assert!(answer.contains("\r\nSec-WebSocket-Protocol: mqttv3.1\r\n"), "{path}: {answer}");
    }
}

#[test]
fn a_request_that_is_no_websocket_is_told_so() {
    let world = World::with(&options());
    let listener = Listener::new(&world);
    for (from, to, status) in [
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", "426 "),
        ("dGhlIHNhbXBsZSBub25jZQ==", "x", "400 "),
        ("Sec-Websocket-Protocol: mqtt", "Sec-Websocket-Protocol: chat", "400 "),
        ("Upgrade: websocket", "Upgrade: h2c", "404 "),
    ] {
        let answer = upgrade(&mut listener.socket(), &C_SDK.replace(from, to));
        assert_eq!(answer.strip_prefix("HTTP/1.1 ").map(|rest| &rest[..4]), Some(status), "{answer}");
    }
}

/// Connects as over TCP: permission, thing model, record, reply. On two workers it moves to its home.
#[test]
fn a_device_lives_as_over_tcp() {
    for workers in [1, 2] {
        let world = World::with(&AccessOptions { workers, ..options() });
        let listener = Listener::new(&world);
        for name in ["lamp-0", "lamp-1", "lamp-2", "lamp-3"] {
            let mut client = listener.lamp(name);
            client.send(&subscribe_bytes(&down("property", name), QoS::AtLeastOnce));
            client.next(|packet| assert!(matches!(packet, Packet::SubAck(_)), "{packet:?}"));
            client.send(&publish_bytes(&up("property", name), REPORT, Some(7)));
            assert_eq!(client.puback(), 7);
            let (topic, reply) = client.message();
            assert_eq!(topic, down("property", name));
            assert!(reply.contains(r#""clientToken":"ws""#) && reply.contains(r#""code":0"#), "{reply}");
            client.send(&[0xE0, 0]);
            assert_eq!(client.closed(), CloseCode::Normal);
            let records = world.records_of(PRODUCT, name);
            let kinds: Vec<RecordKind> = records.iter().map(|(kind, ..)| *kind).collect();
            assert_eq!(kinds.first(), Some(&RecordKind::Connected), "{records:?}");
            assert!(
                records.iter().any(|(kind, _, note)| {
                    *kind == RecordKind::Disconnected && note == "the device said DISCONNECT"
                })
            );
        }
    }
}

/// [MQTT-6.0.0-2]: packets are not aligned with frames.
#[test]
fn packets_are_split_over_frames_and_joined_in_one() {
    let world = World::with(&options());
    let listener = Listener::new(&world);
    let mut client = listener.open();
    // CONNECT and a report in one frame.
    let mut joined = connect_bytes(&credentials("lamp-1", NOW.0 / 1000 + 600));
    joined.extend(report(1));
    client.send(&joined);
    assert_eq!(client.connack(), 0);
    assert_eq!(client.puback(), 1);
    // A byte a frame, one of them empty.
    for byte in report(2) {
        client.send(&[byte]);
    }
    client.send(&[]);
    assert_eq!(client.puback(), 2);
    // One message in three fragments, with a ping between them; the end of a packet and the beginning of the next in the last.
    let two = [report(3), report(4)].concat();
    client.send_part(&two[..5], Data::Binary, false);
    client.socket.send(Message::Ping(b"are you there".to_vec().into())).unwrap();
    client.send_part(&two[5..60], Data::Continue, false);
    client.send_part(&two[60..two.len() - 3], Data::Continue, true);
    assert_eq!(client.socket.read().unwrap(), Message::Pong(b"are you there".to_vec().into()));
    assert_eq!(client.puback(), 3);
    client.send(&two[two.len() - 3..]);
    assert_eq!(client.puback(), 4);
}

/// Was the CONNECT sent before the answer to the request was there?
#[test]
fn what_comes_behind_the_request_is_not_lost() {
    let world = World::with(&options());
    let listener = Listener::new(&world);
    let mut frame = Vec::new();
    let connect = connect_bytes(&credentials("lamp-1", NOW.0 / 1000 + 600));
    let mut written = Frame::message(connect, OpCode::Data(Data::Binary), true);
    written.header_mut().mask = Some([1, 2, 3, 4]);
    written.format(&mut frame).unwrap();
    let mut stream = listener.socket();
    stream.write_all(&[C_SDK.as_bytes(), &frame].concat()).unwrap();
    let answer = upgrade(&mut stream, "");
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert_eq!(Client::new(stream).connack(), 0);
}

#[test]
fn what_is_no_mqtt_ends_the_websocket_with_its_code() {
    let world = World::with(&AccessOptions { packet_bytes_max: 16 * 1024, ..options() });
    let listener = Listener::new(&world);
    let text = "read failed: WebSocket: a text frame, MQTT comes in binary ones";
    let mut client = listener.lamp("lamp-1");
    client.socket.send(Message::text("hello")).unwrap();
    assert_eq!(client.closed(), CloseCode::Unsupported);
    // A signed-in device may send two packets of the longest in one frame, and no more.
    let mut client = listener.lamp("lamp-2");
    client.send_part(&vec![0; 2 * 16 * 1024 + 1], Data::Binary, true);
    assert_eq!(client.closed(), CloseCode::Size);
    // A stranger less.
    let mut client = listener.open();
    client.send_part(&vec![0; 2 * 8 * 1024 + 1], Data::Binary, true);
    assert_eq!(client.closed(), CloseCode::Size);
    // The parts of one message are counted together.
    let mut client = listener.open();
    client.send_part(&[0x10; 1], Data::Binary, false);
    client.send_part(&vec![0; 2 * 8 * 1024], Data::Continue, true);
    assert_eq!(client.closed(), CloseCode::Size);
    // Not masked, as only servers send them.
    let mut stream = listener.socket();
    upgrade(&mut stream, C_SDK);
    stream.write_all(&[0x82, 0x02, 0xC0, 0x00]).unwrap();
    assert_eq!(Client::new(stream).closed(), CloseCode::Protocol);
    let notes: Vec<String> = world.records_of(PRODUCT, "lamp-1").into_iter().map(|(_, _, note)| note).collect();
    assert!(notes.iter().any(|note| note == text), "{notes:?}");
}

/// The farewell of the WebSocket is answered, and the platform knows that the device went without one of MQTT.
#[test]
fn the_other_side_may_say_goodbye() {
    let world = World::with(&options());
    let listener = Listener::new(&world);
    let mut client = listener.lamp("lamp-1");
    client.socket.close(None).unwrap();
    assert_eq!(client.socket.read().unwrap(), Message::Close(None));
    let (_, why) = world.first(RecordKind::Disconnected);
    assert_eq!(why, "the device closed the connection without DISCONNECT");
}

/// Refused as on the plain port, with the code of CONNACK.
#[test]
fn a_wrong_password_is_told() {
    let world = World::with(&options());
    let listener = Listener::new(&world);
    let mut client = listener.open();
    let mut wrong = credentials("lamp-1", NOW.0 / 1000 + 600);
    wrong.password = credentials("lamp-2", NOW.0 / 1000 + 600).password;
    client.send(&connect_bytes(&wrong));
    assert_eq!(client.connack(), 4);
    assert_eq!(client.closed(), CloseCode::Normal);
}

/// Long messages go down in several frames, while the reader takes its time.
#[test]
fn a_backend_reads_slowly_and_misses_nothing() {
    let scene = Scene::with(&AccessOptions { workers: 2, unread_bytes_max: 64 << 20, ..options() });
    let world = &scene.world;
    let listener = Listener::new(world);
    let mut backend = listener.open();
    backend.send(&connect_bytes(&backends::credentials(&scene.key, "backend-ws")));
    assert_eq!(backend.connack(), 0);
    let filter = format!("$thing/up/property/{PRODUCT}/#");
    backend.send(&subscribe_bytes(&filter, QoS::AtMostOnce));
    backend.next(|packet| assert!(matches!(packet, Packet::SubAck(_)), "{packet:?}"));
    let mut lamp = world.lamp("lamp-1");
    let payload = format!("{REPORT}{}", " ".repeat(60_000));
    let count = 250;
    // 15 MB: more than the sockets between them hold, and nobody reads yet.
    for id in 1..=count {
        lamp.publish(&up("property", "lamp-1"), &payload, Some(id));
        assert_eq!(lamp.puback(), id);
    }
    for _ in 0..count {
        assert_eq!(backend.message().1.len(), payload.len());
    }
}
