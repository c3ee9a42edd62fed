//! CoAP, in the clear and over DTLS: who is given a token, what becomes of messages, who is told of refusals.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use lianwu_coap::message::{empty, encode};
use lianwu_coap::option::{AUTH_TOKEN, NEED_RESP, URI_PATH};
use lianwu_coap::{Code, Kind, Message, Token};
use lianwu_device_access::{AccessOptions, Listen};
use lianwu_ports::record::RecordKind;
use lianwu_services::logs::notes;
use openssl::ssl::{Ssl, SslContextBuilder, SslMethod, SslOptions, SslStream};
use serde_json::Value;

use crate::harness::{PRODUCT, World, credentials, down, key, up};

const AUTHENTICATE: &str = "txauth9w0BAQsFA";

/// What the C SDK has.
const SUITE: &str = "PSK-AES128-CBC-SHA";

fn options() -> AccessOptions {
    AccessOptions { device_up_tps: 0, device_connects_per_5s: 0, sign_in_failures: 0, ..AccessOptions::default() }
}

fn world(options: &AccessOptions) -> World {
    let any = Some("127.0.0.1:0".parse().unwrap());
    World::listening(Listen { mqtt: any, coap: any, coaps: any, ..Listen::default() }, options)
}

/// A socket that has one server.
struct Datagrams(UdpSocket);

impl Datagrams {
    fn to(address: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self(socket)
    }
}

impl Read for Datagrams {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.recv(into)
    }
}

impl Write for Datagrams {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

trait Line: Read + Write {}
impl<T: Read + Write> Line for T {}

/// A device; numbers its messages as the C SDK does.
struct Client {
    line: Box<dyn Line>,
    next: u16,
}

/// An answer of the server.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    kind: Kind,
    code: Code,
    id: u16,
    token: Vec<u8>,
    text: String,
}

impl Client {
    fn plain(world: &World) -> Self {
        Self { line: Box::new(Datagrams::to(world.access().coap().unwrap())), next: 1 }
    }

    fn encrypted(world: &World, name: &str) -> Self {
        let address = world.access().coaps().unwrap();
        let line = shake_hands(address, &format!("{PRODUCT}{name}"), &key(name)).unwrap();
        Self { line: Box::new(line), next: 1 }
    }

    fn send(&mut self, datagram: &[u8]) {
        self.line.write_all(datagram).unwrap();
    }

    fn receive(&mut self) -> Vec<u8> {
        let mut buffer = [0; 2048];
        let length = self.line.read(&mut buffer).unwrap();
        buffer[..length].to_vec()
    }

    fn answer(&mut self) -> Answer {
        let datagram = self.receive();
        let message = Message::decode(&datagram).unwrap();
        let text = String::from_utf8(message.payload.to_vec()).unwrap();
        let token = message.token.as_bytes().to_vec();
        Answer { kind: message.kind, code: message.code, id: message.id, token, text }
    }

    /// A confirmable POST.
    fn post(&mut self, options: &[(u16, &[u8])], payload: &[u8]) -> Vec<u8> {
        let token = Token::new(&(0x0102_0304 + u32::from(self.next)).to_be_bytes()).unwrap();
        let mut datagram = Vec::new();
        encode(Kind::Confirmable, Code::POST, self.next, token, options, payload, &mut datagram);
        self.next += 1;
        self.send(&datagram);
        datagram
    }

    fn asks(&mut self, options: &[(u16, &[u8])], payload: &[u8]) -> (Code, String) {
        self.post(options, payload);
        let answer = self.answer();
        assert_eq!((answer.kind, answer.id), (Kind::Acknowledgement, self.next - 1));
        (answer.code, answer.text)
    }

    fn authenticates(&mut self, name: &str, payload: &str) -> (Code, String) {
        let path = format!("{PRODUCT}/{name}/{AUTHENTICATE}");
        self.asks(&[(URI_PATH, path.as_bytes()), (NEED_RESP, b"0")], payload.as_bytes())
    }

    /// The token of a device in the clear.
    fn token(&mut self, name: &str) -> String {
        let (code, token) = self.authenticates(name, &signed(name));
        assert_eq!(code, Code::CONTENT, "{token}");
        token
    }

    fn publishes(&mut self, topic: &str, token: &str, payload: &str) -> (Code, String) {
        let options = [(URI_PATH, topic.as_bytes()), (AUTH_TOKEN, token.as_bytes()), (NEED_RESP, b"0".as_slice())];
        self.asks(&options, payload.as_bytes())
    }

    /// The empty acknowledgement, then the answer of its own.
    fn publishes_and_waits(&mut self, topic: &str, token: &str, payload: &str) -> (Code, String) {
        let options = [(URI_PATH, topic.as_bytes()), (AUTH_TOKEN, token.as_bytes()), (NEED_RESP, b"1".as_slice())];
        let request = self.post(&options, payload.as_bytes());
        assert_eq!(self.receive(), empty(Kind::Acknowledgement, self.next - 1));
        let answer = self.answer();
        assert_eq!(answer.kind, Kind::Confirmable);
        assert_eq!(answer.token, Message::decode(&request).unwrap().token.as_bytes());
        self.send(&empty(Kind::Acknowledgement, answer.id));
        (answer.code, answer.text)
    }
}

/// User name and password as in MQTT.
fn signed(name: &str) -> String {
    let credentials = credentials(name, 1_900_000_000);
    format!("{};{}", credentials.user_name, credentials.password)
}

fn shake_hands(address: SocketAddr, identity: &str, key: &[u8]) -> Result<SslStream<Datagrams>, String> {
    let mut context = SslContextBuilder::new(SslMethod::dtls_client()).unwrap();
    context.set_cipher_list(SUITE).unwrap();
    context.set_options(SslOptions::NO_QUERY_MTU);
    let (identity, key) = (identity.to_owned(), key.to_vec());
    context.set_psk_client_callback(move |_, _, into_identity, into_key| {
        into_identity[..identity.len()].copy_from_slice(identity.as_bytes());
        into_identity[identity.len()] = 0;
        into_key[..key.len()].copy_from_slice(&key);
        Ok(key.len())
    });
    let mut ssl = Ssl::new(&context.build()).unwrap();
    ssl.set_mtu(1_200).unwrap();
    let mut stream = SslStream::new(ssl, Datagrams::to(address)).unwrap();
    stream.connect().map(|()| stream).map_err(|error| error.to_string())
}

/// An authentication in the clear: code and text of its answer.
pub fn authenticated(world: &World, name: &str) -> String {
    let (code, text) = Client::plain(world).authenticates(name, &signed(name));
    format!("{code} {text}")
}

fn report(value: i64) -> String {
    format!(r#"{{"method":"report","clientToken":"t-{value}","params":{{"brightness":{value}}}}}"#)
}

/// In the clear: authentication by signature, then messages with the token; each is on disk when it is answered.
#[test]
fn a_device_in_the_clear_signs_once() {
    let world = world(&options());
    let mut client = Client::plain(&world);
    let token = client.token("lamp-1");
    assert_eq!(client.publishes(&up("property", "lamp-1"), &token, &report(7)), (Code::CONTENT, String::new()));
    assert_eq!(world.first(RecordKind::PropertyReport).0, 0);
    let (code, reply) = client.publishes_and_waits(&up("property", "lamp-1"), &token, &report(8));
    let reply: Value = serde_json::from_str(&reply).unwrap();
    assert_eq!((code, &reply["method"], &reply["clientToken"]), (Code::CONTENT, &"report_reply".into(), &"t-8".into()));
}

/// Over DTLS the handshake has proved the device: the payload of the C SDK is enough.
#[test]
fn a_device_over_dtls() {
    let world = world(&options());
    let mut client = Client::encrypted(&world, "lamp-1");
    let (code, token) = client.authenticates("lamp-1", "21010406;aB3xY\0\0\0");
    assert_eq!(code, Code::CONTENT, "{token}");
    assert_eq!(client.publishes(&up("property", "lamp-1"), &token, &report(7)).0, Code::CONTENT);
    let (code, reply) = client.publishes_and_waits(&up("property", "lamp-1"), &token, &report(8));
    assert!(code == Code::CONTENT && reply.contains(r#""code":0"#), "{code} {reply}");
}

/// A message that is sent again is answered again, and stored once.
#[test]
fn a_repeated_message_is_stored_once() {
    let world = world(&options());
    let mut client = Client::plain(&world);
    let token = client.token("lamp-1");
    let topic = up("property", "lamp-1");
    let options = [(URI_PATH, topic.as_bytes()), (AUTH_TOKEN, token.as_bytes()), (NEED_RESP, b"0".as_slice())];
    let request = client.post(&options, report(7).as_bytes());
    let first = client.answer();
    client.send(&request);
    assert_eq!(client.answer(), first);
    client.publishes(&topic, &token, &report(8));
    let kinds = world.records(3).into_iter().map(|(kind, ..)| kind);
    assert_eq!(kinds.filter(|kind| *kind == RecordKind::PropertyReport).count(), 2);
}

/// Who has authenticated counts as activated, and a session it keeps over MQTT goes on being kept.
#[test]
fn an_authentication_is_a_sign_in() {
    let world = world(&options());
    let (mut lamp, was_kept) = world.keeping_lamp("lamp-1");
    assert!(!was_kept);
    lamp.subscribe(&down("property", "lamp-1"));
    lamp.leave();
    let mut client = Client::plain(&world);
    client.token("lamp-1");
    client.token("lamp-2");
    // The keeping lamp came, listened and left; then two authentications.
    world.records(5);
    world.settle();
    assert!(world.platform.states.device(world.number("lamp-2")).unwrap().activated.is_some());
    assert!(!world.platform.directory.find(PRODUCT.parse().unwrap(), "lamp-2").unwrap().is_online());
    assert!(world.platform.states.sessions().unwrap().iter().any(|kept| kept.number == world.number("lamp-1")));
}

/// What is answered later, from the state or the registry, is answered here, too.
#[test]
fn replies_that_take_their_time() {
    let world = world(&options());
    let mut client = Client::plain(&world);
    let token = client.token("lamp-1");
    client.publishes(&up("property", "lamp-1"), &token, &report(7));
    for (topic, payload, expected) in [
        (up("property", "lamp-1"), r#"{"method":"get_status","clientToken":"a"}"#, r#""brightness":7"#),
        (format!("$shadow/operation/{PRODUCT}/lamp-1"), r#"{"type":"get","clientToken":"b"}"#, r#""type":"get""#),
        (format!("$sys/operation/{PRODUCT}/lamp-1"), r#"{"type":"get","resource":["time"]}"#, r#""ntptime1""#),
        (up("property", "lamp-1"), r#"{"method":"report","clientToken":"c","params":{"power_switch":3}}"#, "406"),
    ] {
        let (code, reply) = client.publishes_and_waits(&topic, &token, payload);
        assert!(code == Code::CONTENT && reply.contains(expected), "{topic} {code} {reply}");
    }
    let nothing = client.publishes_and_waits(&format!("{PRODUCT}/lamp-1/data"), &token, "{}");
    assert_eq!(nothing, (Code::CONTENT, String::new()));
    assert_eq!(world.access().stats().iter().map(|stats| stats.connections.get()).sum::<u64>(), 1, "only the client");
}

/// Without a reply the answer's code says what a reply would have said.
#[test]
fn a_message_that_is_not_accepted() {
    let world = world(&options());
    let mut client = Client::plain(&world);
    let token = client.token("lamp-1");
    let wrong = r#"{"method":"report","clientToken":"c","params":{"power_switch":3}}"#;
    let (code, why) = client.publishes(&up("property", "lamp-1"), &token, wrong);
    assert_eq!(code, Code::BAD_REQUEST);
    assert!(why.starts_with("406: check report data err: power_switch value 3"), "{why}");
    let shadow = client.publishes(&format!("$shadow/operation/{PRODUCT}/lamp-1"), &token, r#"{"type":"get"}"#);
    assert_eq!(shadow, (Code::CONTENT, String::new()));
    let (code, why) = client.publishes(&up("property", "lamp-1"), &token, &" ".repeat(1_025));
    assert!(code == Code::TOO_LARGE && why.contains("1024 bytes"), "{why}");
    let gateway = client.publishes(&format!("$gateway/operation/{PRODUCT}/lamp-1"), &token, r#"{"type":"online"}"#);
    assert_eq!(gateway.0, Code::BAD_REQUEST, "{}", gateway.1);
}

/// Who is no device, or not this one, gets no token, and its owner reads why.
#[test]
fn refused_authentications() {
    let world = world(&options());
    let mut client = Client::plain(&world);
    let expired = credentials("lamp-1", 1_000_000_000);
    let expired = format!("{};{}", expired.user_name, expired.password);
    let last = signed("lamp-1").replace(";hmacsha", "0;hmacsha");
    for (name, payload, code, why) in [
        ("lamp-1", "21010406;aB3xY\0\0", Code::UNAUTHORIZED, notes::COAP_UNSIGNED),
        ("lamp-1", signed("lamp-2").as_str(), Code::UNAUTHORIZED, notes::COAP_UNSIGNED),
        ("lamp-1", &expired, Code::UNAUTHORIZED, "expired"),
        ("lamp-1", &last, Code::UNAUTHORIZED, ""),
        ("nobody", &signed("nobody"), Code::NOT_FOUND, "the device does not exist in the product"),
    ] {
        let (got, said) = client.authenticates(name, payload);
        assert!(got == code && said.contains(&why[..why.len().min(60)]), "{name}: {got} {said}");
    }
    let notes = world.records(5).into_iter().map(|(kind, _, note)| (kind, note));
    assert!(
        notes
            .into_iter()
            .all(|(kind, note)| kind == RecordKind::ConnectRefused && note.starts_with(notes::COAP_REFUSED))
    );
}

/// Another device's token, and another device's topic.
#[test]
fn a_token_is_its_devices_own() {
    let world = world(&options());
    let mut client = Client::plain(&world);
    let token = client.token("lamp-1");
    let (code, why) = client.publishes(&up("property", "lamp-2"), &token, &report(7));
    assert!(code == Code::UNAUTHORIZED && why.contains("not this device's"), "{code} {why}");
    let mut encrypted = Client::encrypted(&world, "lamp-1");
    assert_eq!(encrypted.publishes(&up("property", "lamp-2"), &token, &report(7)).0, Code::FORBIDDEN);
    assert_eq!(encrypted.authenticates("lamp-2", "21010406;aB3xY").0, Code::FORBIDDEN);
    let control = format!("{PRODUCT}/lamp-1/control");
    assert_eq!(encrypted.publishes(&control, &token, "{}"), (Code::FORBIDDEN, notes::NO_PERMISSION.to_owned()));
}

/// A device over its rate is told to wait; its owner reads how many were refused.
#[test]
fn over_the_rate() {
    let world = world(&AccessOptions { device_up_tps: 2, ..options() });
    let mut client = Client::plain(&world);
    let token = client.token("lamp-1");
    let codes: Vec<Code> = (0..8).map(|n| client.publishes(&up("property", "lamp-1"), &token, &report(n)).0).collect();
    assert_eq!(codes[..2], [Code::CONTENT; 2]);
    assert!(codes.contains(&Code::UNAVAILABLE), "{codes:?}");
    assert!(world.access().stats().iter().any(|stats| stats.posts_over_rate.get() > 0));
}

/// A source that has failed too often is refused unchecked.
#[test]
fn too_many_failures() {
    let world = world(&AccessOptions { sign_in_failures: 2, ..options() });
    let mut client = Client::plain(&world);
    for _ in 0..2 {
        assert_eq!(client.authenticates("lamp-1", "21010406;aB3xY").0, Code::UNAUTHORIZED);
    }
    let (code, why) = client.authenticates("lamp-1", &signed("lamp-1"));
    assert!(code == Code::UNAVAILABLE && why.starts_with("too many requests have failed"), "{code} {why}");
}

/// A stranger is never sent more than three times what it sent, whatever it sends; over DTLS nothing at all but a cookie.
#[test]
fn strangers_are_not_worth_a_flood() {
    let world = world(&options());
    let mut client = Client::plain(&world);
    let path = format!("{PRODUCT}/lamp-1/data");
    for options in [&[][..], &[(URI_PATH, b"x".as_slice())], &[(URI_PATH, path.as_bytes())]] {
        let request = client.post(options, b"");
        let answer = client.receive();
        assert!(answer.len() <= 3 * request.len(), "{} for {}", answer.len(), request.len());
        assert_eq!(Message::decode(&answer).unwrap().code.class(), 4);
    }
    client.send(&empty(Kind::Confirmable, 77));
    assert_eq!(client.receive(), empty(Kind::Reset, 77));
}

/// A wrong key looks like silence to the device; its owner reads what it was, when the time for a handshake is over.
#[test]
fn a_wrong_key_is_told_to_the_owner() {
    let world = world(&AccessOptions { connect_timeout: Duration::from_secs(1), ..options() });
    let address = world.access().coaps().unwrap();
    let client = std::thread::spawn(move || shake_hands(address, &format!("{PRODUCT}lamp-1"), &key("lamp-2")).err());
    assert_eq!(world.first(RecordKind::ConnectRefused).1, notes::PSK_MISMATCH);
    drop(world);
    drop(client);
}

/// An identity that is no device's is refused in the handshake.
#[test]
fn an_unknown_identity() {
    let world = world(&options());
    let address = world.access().coaps().unwrap();
    assert!(shake_hands(address, &format!("{PRODUCT}nobody"), &key("lamp-1")).is_err());
    let (_, note) = world.first(RecordKind::ConnectRefused);
    assert_eq!(note, format!("device nobody does not exist in product {PRODUCT}"));
}

/// A record that somebody else made up, in the name of a device, changes nothing for its session.
#[test]
fn a_forged_record_is_dropped() {
    let world = world(&options());
    let address = world.access().coaps().unwrap();
    let line = shake_hands(address, &format!("{PRODUCT}lamp-1"), &key("lamp-1")).unwrap();
    for kind in [23, 21, 22] {
        let mut forged = vec![kind, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 99, 0, 64];
        forged.extend([7; 64]);
        line.get_ref().0.send(&forged).unwrap();
    }
    let mut client = Client { line: Box::new(line), next: 1 };
    let (code, token) = client.authenticates("lamp-1", "21010406;aB3xY");
    assert_eq!(code, Code::CONTENT, "{token}");
}
