//! What the vendor's C samples sent to the platform, byte for byte, and what they were answered.
//!
//! A recording in `recorded/*.mqtt` names who took part, then lists packets in the order they ended:
//!
//! * `device <product> <name> <secret>`: the first is the one that was connected. `clock <ms>`: when it began.
//! * `product <id> gateway`, `may-bind <product>`, `bound <gateway>`: of that gateway, of the device before it.
//! * `> <bytes>`: a packet of the sample; what is not ASCII is `\xNN`, a backslash is `\\`.
//! * `< <answer>`: kind, packet id and granted QoS, or QoS, topic and payload.
//! * `! <qos> <topic> <payload>`: what the cloud said, and the sample got.
//!
//! Source: spec/device-protocol.md 12.1. How they were made: docs/compatibility.md.

use std::io::{Read, Write};

use lianwu_device_access::AccessOptions;
use lianwu_device_protocol::DeviceSecret;
use lianwu_model::product::{Product, ProductKind, Project};
use lianwu_model::{DeviceKey, DeviceNumber, Uin, UnixMillis};
use lianwu_mqtt::packet::{ConnAck, SubscribeAnswer};
use lianwu_mqtt::{Packet, ProtocolVersion, decode};
use lianwu_ports::bus::{Bus as _, Delivery, Down, DownKind};
use lianwu_ports::registry::suite;
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::gateway;
use serde_json::Value;

use crate::harness::{self, PRODUCT, World};
use crate::tls;

const OWNER: Uin = Uin(100_000_000_001);

/// What differs with the time of day.
const TIMES: [&str; 4] = ["time", "ntptime1", "ntptime2", "timestamp"];

/// One recording, taken apart.
struct Recording<'a> {
    clock: UnixMillis,
    gateway_product: Option<&'a str>,
    may_bind: Option<&'a str>,
    devices: Vec<Recorded<'a>>,
    steps: Vec<Step<'a>>,
}

struct Recorded<'a> {
    product: &'a str,
    name: &'a str,
    secret: &'a str,
    gateway: Option<&'a str>,
}

enum Step<'a> {
    Sends(Vec<u8>),
    Gets(&'a str),
    CloudSays { qos: u8, topic: &'a str, payload: &'a str },
}

fn words<const N: usize>(text: &str) -> [&str; N] {
    let mut words = text.splitn(N, ' ');
    std::array::from_fn(|_| words.next().unwrap_or_else(|| panic!("{N} words in {text}")))
}

fn unescaped(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((byte, after)) = rest.split_first() {
        let length = match (byte, after.first()) {
            (b'\\', Some(b'\\')) => 2,
            (b'\\', _) => 4,
            _ => 1,
        };
        bytes.push(if length == 4 { u8::from_str_radix(&text_of(&rest[2..4]), 16).unwrap() } else { *byte });
        rest = &rest[length..];
    }
    bytes
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

impl<'a> Recording<'a> {
    fn parse(text: &'a str) -> Self {
        let mut found = Self {
            clock: UnixMillis(0),
            gateway_product: None,
            may_bind: None,
            devices: Vec::new(),
            steps: Vec::new(),
        };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let [what, rest] = words(line);
            match what {
                "clock" => found.clock = UnixMillis(rest.parse().unwrap()),
                "product" => found.gateway_product = Some(words::<2>(rest)[0]),
                "may-bind" => found.may_bind = Some(rest),
                "bound" => found.devices.last_mut().unwrap().gateway = Some(rest),
                "device" => {
                    let [product, name, secret] = words(rest);
                    found.devices.push(Recorded { product, name, secret, gateway: None });
                }
                ">" => found.steps.push(Step::Sends(unescaped(rest))),
                "<" => found.steps.push(Step::Gets(rest)),
                "!" => {
                    let [qos, topic, payload] = words(rest);
                    found.steps.push(Step::CloudSays { qos: qos.parse().unwrap(), topic, payload });
                }
                other => panic!("{other} in a recording"),
            }
        }
        found
    }
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// The products and devices of a recording, at its time.
fn prepare(world: &World, recording: &Recording<'_>) {
    world.clock.set(recording.clock);
    let platform = &world.platform;
    let lamp = platform.catalog.product(PRODUCT.parse().unwrap()).unwrap();
    let project = Project { id: lamp.product.project.clone(), owner: OWNER, ..suite::project(1, "home") };
    wait(platform.stores.projects.create_project(project)).unwrap();
    let mut products: Vec<&str> = recording.devices.iter().map(|device| device.product).collect();
    products.sort_unstable();
    products.dedup();
    for id in products {
        let is_gateway = recording.gateway_product == Some(id);
        let kind = if is_gateway { ProductKind::Gateway } else { ProductKind::Device };
        let product = Product { id: id.parse().unwrap(), kind, name: id.into(), ..Product::clone(&lamp.product) };
        wait(platform.stores.products.create_product(product.clone())).unwrap();
        platform.catalog.put_product(product);
        harness::put_model(platform, id.parse().unwrap());
    }
    for (index, device) in recording.devices.iter().enumerate() {
        let made = suite::device(device.product, device.name, &[]);
        let number = wait(platform.stores.devices.create_devices(vec![made])).unwrap()[0].number;
        assert_eq!(number, DeviceNumber(u32::try_from(index).unwrap() + 1));
        let key = suite::device_key(device.product, device.name);
        let secret = DeviceSecret::parse(device.secret).unwrap();
        platform.directory.put(DirectoryDevice::new(key, number, secret, true));
    }
    if let (Some(gate), Some(product)) = (recording.gateway_product, recording.may_bind) {
        wait(gateway::allow(platform, OWNER, gate, &[product.to_owned()])).unwrap();
    }
    for device in &recording.devices {
        if let (Some(gate), Some(name)) = (recording.gateway_product, device.gateway) {
            let gate = platform.directory.find(gate.parse().unwrap(), name).unwrap();
            wait(gateway::bind(platform, &gate, OWNER, device.product, &[device.name.to_owned()], "r")).unwrap();
        }
    }
}

/// One end of a connection, encrypted or not.
struct Peer<S> {
    stream: S,
    buffer: Vec<u8>,
}

impl<S: Read + Write> Peer<S> {
    /// The next packet as a recording shows it.
    fn next(&mut self) -> String {
        loop {
            if let Some((packet, length)) = decode(&self.buffer, ProtocolVersion::V3_1_1, 1 << 20).unwrap() {
                let shown = shown(&packet);
                self.buffer.drain(..length);
                return shown;
            }
            let mut bytes = [0; 4096];
            let read = self.stream.read(&mut bytes).expect("an answer in time");
            assert!(read > 0, "the connection was closed");
            self.buffer.extend_from_slice(&bytes[..read]);
        }
    }
}

fn shown(packet: &Packet<'_>) -> String {
    match packet {
        Packet::ConnAck(ConnAck::Accepted { .. }) => "connack 0".into(),
        Packet::ConnAck(ConnAck::Refused { refusal, .. }) => format!("connack {}", refusal.code()),
        Packet::PubAck(answer) => format!("puback {}", answer.packet_id.get()),
        Packet::SubAck(answer) => {
            let granted: Vec<String> = answer
                .answers()
                .map(|answer| match answer {
                    SubscribeAnswer::Granted(qos) => format!("{:02x}", qos.bits()),
                    SubscribeAnswer::Refused(_) => "80".into(),
                })
                .collect();
            format!("suback {} {}", answer.packet_id.get(), granted.join(" "))
        }
        Packet::UnsubAck(answer) => format!("unsuback {}", answer.packet_id.get()),
        Packet::PingResp => "pingresp".into(),
        Packet::Publish(publish) => {
            let qos = publish.qos.bits();
            format!("publish {qos} {} {}", publish.topic, timeless(&text_of(publish.payload)))
        }
        other => panic!("no recording has {other:?}"),
    }
}

/// A payload with its times set to 0.
fn timeless(payload: &str) -> String {
    let mut value: Value = serde_json::from_str(payload).unwrap();
    for name in TIMES {
        if let Some(time) = value.get_mut(name) {
            assert!(time.as_u64().is_some_and(|time| time > 0), "{name} in {payload}");
            *time = Value::from(0);
        }
    }
    value.to_string()
}

fn expected(answer: &str) -> String {
    match answer.strip_prefix("publish ") {
        Some(publish) => {
            let [qos, topic, payload] = words(publish);
            format!("publish {qos} {topic} {}", timeless(payload))
        }
        None => answer.to_owned(),
    }
}

/// Plays a recording; each answer must come, in any order among those that nothing of the sample is between.
fn play(world: &World, recording: &Recording<'_>, stream: impl Read + Write) {
    let mut peer = Peer { stream, buffer: Vec::new() };
    let (mut waiting, mut answers) = (Vec::new(), 0);
    for step in &recording.steps {
        if !matches!(step, Step::Gets(_)) {
            hear(&mut peer, &mut waiting);
        }
        match step {
            Step::Sends(bytes) => peer.stream.write_all(bytes).unwrap(),
            Step::Gets(answer) => {
                answers += 1;
                waiting.push(expected(answer));
            }
            Step::CloudSays { qos, topic, payload } => {
                say(world, *qos, topic, payload);
                waiting.push(format!("publish {qos} {topic} {}", timeless(payload)));
            }
        }
    }
    hear(&mut peer, &mut waiting);
    assert!(answers > 1, "the recording has answers");
}

fn hear<S: Read + Write>(peer: &mut Peer<S>, waiting: &mut Vec<String>) {
    while !waiting.is_empty() {
        let heard = peer.next();
        let Some(found) = waiting.iter().position(|expected| *expected == heard) else {
            panic!("the platform said {heard}, the sample waits for {waiting:#?}");
        };
        waiting.swap_remove(found);
    }
}

fn say(world: &World, qos: u8, topic: &str, payload: &str) {
    let mut parts = topic.rsplitn(3, '/');
    let (name, product) = (parts.next().unwrap(), parts.next().unwrap());
    let device = DeviceKey { product: product.parse().unwrap(), device: name.parse().unwrap() };
    let number = world.platform.directory.find(device.product, name).unwrap().number;
    let kind = DownKind::Topic(topic.into());
    let down = Down { device, number, kind, qos, payload: payload.as_bytes().into(), request_id: "r".into() };
    assert_eq!(wait(world.bus.deliver(down)).unwrap(), Delivery::Delivered, "{topic}");
}

fn world(recording: &Recording<'_>) -> World {
    let world = World::without_devices(tls::both_ports(), &AccessOptions { workers: 2, ..AccessOptions::default() });
    prepare(&world, recording);
    world
}

fn replay(text: &str) {
    let recording = Recording::parse(text);
    let world = world(&recording);
    play(&world, &recording, world.stream());
}

fn replay_by_key(text: &str) {
    let recording = Recording::parse(text);
    let world = world(&recording);
    let device = &recording.devices[0];
    let secret = DeviceSecret::parse(device.secret).unwrap();
    let stream = tls::stream_by_key(&world, &format!("{}{}", device.product, device.name), secret.key());
    play(&world, &recording, stream);
}

#[test]
fn mqtt_sample() {
    replay(include_str!("recorded/mqtt_sample.mqtt"));
}

#[test]
fn data_template_sample() {
    replay(include_str!("recorded/data_template_sample.mqtt"));
}

#[test]
fn light_data_template_sample() {
    replay(include_str!("recorded/light_data_template_sample.mqtt"));
}

#[test]
fn dyn_parse_data_template_sample() {
    replay(include_str!("recorded/dyn_parse_data_template_sample.mqtt"));
}

/// Firmware update is not served yet: its version is answered with `result_code` 1, and the sample waits.
#[test]
fn ota_mqtt_sample() {
    replay(include_str!("recorded/ota_mqtt_sample.mqtt"));
}

/// The names in the sample are placeholders: its bind is answered with 802, the rest goes on.
#[test]
fn gateway_sample() {
    replay(include_str!("recorded/gateway_sample.mqtt"));
}

/// With a device's name and secret in place of the placeholders.
#[test]
fn gateway_sample_that_binds() {
    replay(include_str!("recorded/gateway_sample_bind.mqtt"));
}

/// 809 is written down and passed over: the sample looks for -809 before it would unbind and bind again.
#[test]
fn gateway_sample_that_binds_again() {
    replay(include_str!("recorded/gateway_sample_bind_again.mqtt"));
}

#[test]
fn gateway_sim_sample_with_subdev_sim_sample() {
    replay(include_str!("recorded/gateway_sim_sample.mqtt"));
}

/// The build for TLS-PSK sends no password. Its handshake: `tls::a_key_is_as_good_as_a_password`.
#[test]
fn mqtt_sample_by_key() {
    replay_by_key(include_str!("recorded/mqtt_sample_psk.mqtt"));
}

#[test]
fn data_template_sample_by_key() {
    replay_by_key(include_str!("recorded/data_template_sample_psk.mqtt"));
}

#[test]
fn light_data_template_sample_by_key() {
    replay_by_key(include_str!("recorded/light_data_template_sample_psk.mqtt"));
}
