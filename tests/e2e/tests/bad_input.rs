//! Promise 2: nothing from the network panics, allocates by a declared length, or runs without a bound; and whoever
//! misbehaves harms only itself.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use lianwu_mqtt::QoS;
use lianwu_testkit::{
    Credentials, DEADLINE, Device, Fixture, Method, MqttClient, Server, ServerOptions, TBOX_MODEL, http,
};

/// A server and a device that must be served whatever others do.
struct Scene {
    server: Server,
    fixture: Fixture,
    good: Device,
}

impl Scene {
    fn new() -> Self {
        Self::with(ServerOptions::default())
    }

    fn with(options: ServerOptions) -> Self {
        let server = Server::start(options);
        let fixture = Fixture::new(&server, TBOX_MODEL);
        let good = fixture.device("good");
        Self { server, fixture, good }
    }

    /// A signed-in device of its own.
    #[track_caller]
    fn signed_in(&self, name: &str) -> (MqttClient, Device) {
        let device = self.fixture.device(name);
        (MqttClient::device(self.server.mqtt_address(), &device), device)
    }

    /// The good device signs in anew, reports, and hears the answer; the health check answers.
    #[track_caller]
    fn still_serves(&mut self) {
        assert!(self.server.is_running());
        let mut client = MqttClient::subscribed(self.server.mqtt_address(), &self.good);
        let report = r#"{"method":"report","clientToken":"good","params":{"lac":1}}"#;
        let reply = client.ask(&self.good.thing("up/property"), report);
        assert_eq!(reply, r#"{"method":"report_reply","clientToken":"good","code":0,"status":"success"}"#);
        let answer = http(self.server.http_address(), "GET", "/healthz", &[], b"").expect("an answer");
        assert_eq!(answer.status, 200);
        assert!(!self.server.log().contains("panicked"), "{}", self.server.log());
    }
}

/// A field of MQTT: two bytes of length, then the bytes.
fn field(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a short field");
    [&length.to_be_bytes()[..], bytes].concat()
}

/// A packet with its true length.
fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut rest = body.len();
    loop {
        let low = u8::try_from(rest % 128).expect("below 128");
        rest /= 128;
        bytes.push(if rest > 0 { low | 0x80 } else { low });
        if rest == 0 {
            break;
        }
    }
    bytes.extend_from_slice(body);
    bytes
}

/// Is a stranger who breaks the protocol closed at once, without a word?
#[test]
fn before_sign_in() {
    let mut scene = Scene::new();
    let good = scene.good.credentials(Method::HmacSha1);
    let connect_with = |protocol: &[u8], level: u8, flags: u8, fields: &[&[u8]]| {
        let mut body = field(protocol);
        body.extend_from_slice(&[level, flags, 0, 60]);
        fields.iter().for_each(|bytes| body.extend_from_slice(&field(bytes)));
        packet(0x10, &body)
    };
    let texts = [good.client_id.as_bytes(), good.user_name.as_bytes(), good.password.as_bytes()];
    let long = vec![b'x'; 9000];
    let mut beyond_its_end = connect_with(b"MQTT", 4, 0xc2, &[good.client_id.as_bytes()]);
    beyond_its_end.extend_from_slice(&[0xff, 0xff]);
    let length = beyond_its_end.len() - 2;
    beyond_its_end[1] = u8::try_from(length).expect("a short packet");
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("PUBLISH first", packet(0x30, &field(b"a/b"))),
        ("SUBSCRIBE first", packet(0x82, &[0, 1, 0, 1, b'a', 0])),
        ("PUBACK first", vec![0x40, 2, 0, 1]),
        ("PINGREQ first", vec![0xc0, 0]),
        ("DISCONNECT first", vec![0xe0, 0]),
        ("CONNACK first", vec![0x20, 2, 0, 0]),
        ("reserved type 0", vec![0, 0]),
        ("reserved type 15", vec![0xf0, 0]),
        ("a length of five bytes", vec![0x10, 0x80, 0x80, 0x80, 0x80, 1]),
        ("a CONNECT that claims 256 MiB", vec![0x10, 0xff, 0xff, 0xff, 0x7f, 0, 4]),
        ("a CONNECT above 8 KiB", connect_with(b"MQTT", 4, 0xc2, &[&long, b"u", b"p"])),
        ("a CONNECT with a reserved flag", connect_with(b"MQTT", 4, 0xc3, &texts)),
        ("a field beyond the packet's end", beyond_its_end),
        ("bytes behind the last field", connect_with(b"MQTT", 4, 0xc2, &[texts[0], texts[1], texts[2], b"more"])),
        ("an empty CONNECT", vec![0x10, 0]),
        ("a client id that is not UTF-8", connect_with(b"MQTT", 4, 0xc2, &[&[0xff, 0xfe], b"u", b"p"])),
        ("HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
        ("TLS", vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
    ];
    for (what, bytes) in cases {
        eprintln!("{what}");
        let mut client = scene.server.mqtt();
        client.send_raw(&bytes);
        client.expect_bytes_then_close(&[]);
    }
    for (what, bytes) in [
        ("an unknown level", connect_with(b"MQTT", 9, 0xc2, &texts)),
        ("an unknown protocol", connect_with(b"AMQP", 4, 0xc2, &texts)),
    ] {
        eprintln!("{what}");
        let mut client = scene.server.mqtt();
        client.send_raw(&bytes);
        client.expect_bytes_then_close(&[0x20, 2, 0, 1]);
    }
    scene.still_serves();
}

/// Is a signed-in device that breaks the protocol closed, each by each?
#[test]
fn after_sign_in() {
    let mut scene = Scene::new();
    let (_, sample) = scene.signed_in("sample");
    let up = field(sample.thing("up/property").as_bytes());
    let with_id = |topic: &[u8]| [topic, &[0, 1], b"{}"].concat();
    let huge = [&up[..], &vec![b'x'; 66_000]].concat();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("an empty topic", packet(0x30, &[0, 0])),
        ("a + in a topic", packet(0x30, &field(b"a/+/b"))),
        ("a # in a topic", packet(0x30, &field(b"a/#"))),
        ("a NUL in a topic", packet(0x30, &field(b"a\0b"))),
        ("a topic that is not UTF-8", packet(0x30, &field(&[0xc3, 0x28]))),
        ("a topic beyond the packet's end", packet(0x30, &[0xff, 0xff, b'a'])),
        ("QoS 2", packet(0x34, &with_id(&up))),
        ("QoS 3", packet(0x36, &with_id(&up))),
        ("packet id 0", packet(0x32, &[&up[..], &[0, 0]].concat())),
        ("a packet above 64 KiB", packet(0x30, &huge)),
        ("a second CONNECT", packet(0x10, &[0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 60, 0, 1, b'x'])),
        ("CONNACK", vec![0x20, 2, 0, 0]),
        ("SUBACK", vec![0x90, 3, 0, 1, 0]),
        ("UNSUBACK", vec![0xb0, 2, 0, 1]),
        ("PINGRESP", vec![0xd0, 0]),
        ("a SUBSCRIBE without filters", packet(0x82, &[0, 1])),
        ("a SUBSCRIBE with wrong flags", packet(0x80, &[0, 1, 0, 1, b'a', 0])),
        ("a SUBSCRIBE for QoS 3", packet(0x82, &[0, 1, 0, 1, b'a', 3])),
        ("an UNSUBSCRIBE without filters", packet(0xa2, &[0, 1])),
        ("a PINGREQ with a body", vec![0xc0, 1, 0]),
        ("a length of five bytes", vec![0x30, 0xff, 0xff, 0xff, 0xff, 1]),
    ];
    for (number, (what, bytes)) in cases.into_iter().enumerate() {
        eprintln!("{what}");
        let (mut client, _) = scene.signed_in(&format!("bad-{number}"));
        // The server may close before everything is sent.
        drop(client.try_send_raw(&bytes));
        client.expect_close();
    }
    scene.still_serves();
}

/// Are topics with 200 levels dropped and refused, without the connection being harmed?
#[test]
fn two_hundred_levels() {
    let mut scene = Scene::new();
    let (mut client, device) = scene.signed_in("deep");
    let deep = format!("{}/{}{}", device.product, device.name, "/x".repeat(200));
    client.publish_acknowledged(&deep, b"{}");
    assert_eq!(client.subscribe(&deep, QoS::AtLeastOnce), 0x80);
    assert_eq!(client.subscribe(&"+/".repeat(200), QoS::AtLeastOnce), 0x80);
    assert_eq!(client.subscribe("#", QoS::AtLeastOnce), 0x80, "everything");
    assert_eq!(client.subscribe(&format!("$thing/down/property/{}/+", device.product), QoS::AtLeastOnce), 0x80);
    client.expect_nothing();
    scene.still_serves();
}

/// Is a stranger who never finishes his CONNECT closed, and not much later than the 10 s he has?
#[test]
fn a_slow_connect_is_closed() {
    let mut scene = Scene::with(ServerOptions::default().set("LIANWU__LISTEN__CONNECT_TIMEOUT", "2"));
    let started = Instant::now();
    let mut silent = scene.server.mqtt();
    let mut slow = scene.server.mqtt();
    let connect = MqttClient::connect_bytes(&scene.good.credentials(Method::HmacSha1));
    slow.send_raw(&connect[..20]);
    scene.still_serves();
    silent.expect_close();
    slow.expect_close();
    assert!(started.elapsed() >= Duration::from_secs(1), "a slow network is given time");
    scene.still_serves();
}

/// Are half-open and half-closed sockets no burden to others?
#[test]
fn half_open_sockets() {
    let mut scene = Scene::new();
    let connect = MqttClient::connect_bytes(&scene.good.credentials(Method::HmacSha1));
    let mut open: Vec<_> = (0..300)
        .map(|number| {
            let mut client = scene.server.mqtt();
            client.send_raw(&connect[..number % connect.len()]);
            client
        })
        .collect();
    scene.still_serves();
    for client in &mut open {
        client.shut_down_sending();
    }
    for client in &mut open {
        client.expect_close();
    }
    let (mut half_closed, _) = scene.signed_in("half-closed");
    half_closed.shut_down_sending();
    half_closed.expect_close();
    scene.still_serves();
}

/// CONNECTs of the flood.
const FLOOD: u64 = 10_000;

/// What the process may grow while it refuses them. They leave nothing but lines in the diagnostic log.
const GROWTH_MAX: u64 = 24 << 20;

/// Does memory stay flat while ten thousand malformed CONNECTs come in?
#[test]
fn a_flood_of_malformed_connects() {
    let mut scene = Scene::new();
    let good = MqttClient::connect_bytes(&scene.good.credentials(Method::HmacSha1));
    flood(&scene.server, &good, FLOOD / 10);
    let before = scene.server.resident_bytes();
    flood(&scene.server, &good, FLOOD);
    let after = scene.server.resident_bytes();
    eprintln!("{FLOOD} malformed CONNECTs: {} KiB before, {} KiB after", before / 1024, after / 1024);
    assert!(after < before + GROWTH_MAX, "{before} bytes before, {after} after");
    scene.still_serves();
}

fn flood(server: &Server, good: &[u8], count: u64) {
    let address = server.mqtt_address();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for number in (thread..count).step_by(4) {
                    let mut stream = TcpStream::connect(address).expect("a connection");
                    stream.set_read_timeout(Some(DEADLINE)).expect("a deadline");
                    // It may be refused before all of it is sent.
                    drop(stream.write_all(&damaged(good, number)));
                    drop(stream.shutdown(Shutdown::Write));
                    let mut answer = Vec::new();
                    match stream.read_to_end(&mut answer) {
                        Ok(_) => {}
                        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "an end in time"),
                    }
                    // A damaged level may ask for MQTT 5, whose CONNACK is longer.
                    assert!(is_at_most_a_connack(&answer), "{answer:?}");
                }
            });
        }
    });
}

fn is_at_most_a_connack(answer: &[u8]) -> bool {
    match answer {
        [] => true,
        [0x20, length @ 0..=127, rest @ ..] => rest.len() == usize::from(*length),
        [0x20, low, high @ 0..=127, rest @ ..] => rest.len() == usize::from(low & 127) + 128 * usize::from(*high),
        _ => false,
    }
}

/// A CONNECT with one to three bytes changed, always the same ones for a number.
fn damaged(good: &[u8], number: u64) -> Vec<u8> {
    let mut bytes = good.to_vec();
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for _ in 0..=number % 3 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let at = usize::try_from(state % bytes.len() as u64).expect("a position");
        bytes[at] ^= u8::try_from(state >> 32 & 0xff).expect("a byte") | 1;
    }
    bytes
}

/// Do wrong credentials of every kind get their code, and not a moment's service?
#[test]
fn wrong_credentials() {
    let mut scene = Scene::new();
    let good = scene.good.credentials(Method::HmacSha1);
    let with = |change: &dyn Fn(&mut Credentials)| {
        let mut credentials = good.clone();
        change(&mut credentials);
        credentials
    };
    for (what, credentials, code) in [
        ("an empty client id", with(&|c| c.client_id.clear()), 2),
        ("an unknown product", with(&|c| c.client_id = "NOSUCHPRODgood".into()), 4),
        ("another device's client id", with(&|c| c.client_id.push('2')), 4),
        ("an empty password", with(&|c| c.password.clear()), 4),
        ("an unknown method", with(&|c| c.password = c.password.replace("hmacsha1", "md5")), 4),
        ("a trailing space", with(&|c| c.user_name.push(' ')), 4),
    ] {
        eprintln!("{what}");
        let mut client = scene.server.mqtt();
        client.send_connect(&credentials);
        client.expect_bytes_then_close(&[0x20, 2, 0, code]);
    }
    scene.still_serves();
}
