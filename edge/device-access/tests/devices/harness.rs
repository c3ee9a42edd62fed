//! A platform in memory, a worker or two in front of it, and a device that speaks byte by byte.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use lianwu_device_access::{AccessOptions, DeviceAccess, Listen, LocalBus};
use lianwu_device_protocol::credentials::{Credentials, DeviceSecret, Method};
use lianwu_model::product::{
    Authentication, DataProtocol, DevelopmentStatus, Durability, Product, ProductKind, Registration, StoredScript,
    StoredThingModel,
};
use lianwu_model::thing_model::{ThingModel, Validator};
use lianwu_model::topic_policy::TopicTable;
use lianwu_model::{DeviceKey, DeviceNumber, ProductId, Uin, UnixMillis};
use lianwu_mqtt::packet::SubscribeAnswer;
use lianwu_mqtt::{Connect, Packet, PacketId, Properties, ProtocolVersion, Publish, QoS, decode, encode};
use lianwu_ports::blobs::memory::MemoryBlobs;
use lianwu_ports::clock::{Clock, ManualClock};
use lianwu_ports::log::memory::MemoryLog;
use lianwu_ports::log::{Log, Lsn};
use lianwu_ports::readings::memory::MemoryReadings;
use lianwu_ports::record::RecordKind;
use lianwu_ports::registry::memory::MemoryRegistry;
use lianwu_ports::script::Scripts;
use lianwu_scripts::ScriptEngine;
use lianwu_services::catalog::CompiledModel;
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::follower::Follower;
use lianwu_services::randomness::SystemRandomness;
use lianwu_services::{Foundation, Limits, Platform, Stores};

pub const PRODUCT: &str = "LAMP000001";
pub const NOW: UnixMillis = UnixMillis(1_795_000_000_000);
const MODEL: &str = include_str!("../../../../spec/thing-models/lamp.json");

/// How long anything may take before a test gives up on it.
const DEADLINE: Duration = Duration::from_secs(10);

fn free_port() -> std::net::SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

pub struct World {
    pub platform: Arc<Platform>,
    pub clock: Arc<ManualClock>,
    pub log: Arc<MemoryLog>,
    pub bus: Arc<LocalBus>,
    access: Option<DeviceAccess>,
    follower: Option<Follower>,
}

impl World {
    pub fn new() -> Self {
        Self::with(&AccessOptions { device_up_tps: 0, device_connects_per_5s: 0, ..AccessOptions::default() })
    }

    pub fn with(options: &AccessOptions) -> Self {
        Self::listening(free_port().into(), options)
    }

    pub fn listening(listen: Listen, options: &AccessOptions) -> Self {
        Self::built(listen, options, Arc::new(ScriptEngine::default())).lit()
    }

    /// With another engine for scripts.
    pub fn translating_by(scripts: Arc<dyn Scripts>) -> Self {
        let options = AccessOptions { device_up_tps: 0, device_connects_per_5s: 0, ..AccessOptions::default() };
        Self::built(free_port().into(), &options, scripts).lit()
    }

    /// With the lamps every test knows.
    fn lit(self) -> Self {
        for (index, name) in ["lamp-0", "lamp-1", "lamp-2", "lamp-3"].into_iter().enumerate() {
            self.put_device(name, u32::try_from(index).unwrap() + 1);
        }
        self
    }

    fn built(listen: Listen, options: &AccessOptions, scripts: Arc<dyn Scripts>) -> Self {
        let manual = Arc::new(ManualClock::at(NOW));
        let clock: Arc<dyn Clock> = manual.clone();
        let log = Arc::new(MemoryLog::new(Arc::clone(&clock)));
        let readings = Arc::new(MemoryReadings::default());
        let bus = Arc::new(LocalBus::default());
        let platform = Arc::new(Platform::new(Foundation {
            clock,
            log: log.clone(),
            readings: readings.clone(),
            states: readings,
            stores: Stores::of(&Arc::new(MemoryRegistry::new())),
            blobs: Arc::new(MemoryBlobs::default()),
            bus: bus.clone(),
            scripts,
            randomness: Arc::new(SystemRandomness),
            limits: Limits::default(),
        }));
        put_product(&platform);
        let follower =
            Follower::start(platform.log.clone(), platform.readings.clone(), Arc::clone(&platform.progress)).unwrap();
        let access = DeviceAccess::start(&platform, &bus, listen, options).unwrap();
        Self { platform, clock: manual, log, bus, access: Some(access), follower: Some(follower) }
    }

    pub fn access(&self) -> &DeviceAccess {
        self.access.as_ref().unwrap()
    }

    /// A fresh socket.
    pub fn socket(&self) -> Wire {
        Wire { stream: self.stream(), buffer: Vec::new(), version: ProtocolVersion::V3_1_1 }
    }

    /// A fresh socket of which nothing is read yet.
    pub fn stream(&self) -> TcpStream {
        let address = self.access.as_ref().unwrap().mqtt().unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// What devices reach over HTTP.
    pub fn http(&self) -> axum::Router {
        self.access.as_ref().unwrap().http()
    }

    /// A device that has signed in.
    pub fn lamp(&self, name: &str) -> Wire {
        let mut wire = self.socket();
        wire.send_connect(&credentials(name, NOW.0 / 1000 + 600));
        assert_eq!(wire.connack(), 0, "{name} signs in");
        wire
    }

    /// A device that signed in and keeps its session; was there one to come back to?
    pub fn keeping_lamp(&self, name: &str) -> (Wire, bool) {
        self.keeping(&credentials(name, NOW.0 / 1000 + 600))
    }

    /// A client that signed in and keeps its session; was there one to come back to?
    pub fn keeping(&self, credentials: &Credentials) -> (Wire, bool) {
        let mut wire = self.socket();
        wire.send_connect_session(credentials, 60, false);
        let session_present = wire.next(|packet| match packet {
            Packet::ConnAck(lianwu_mqtt::packet::ConnAck::Accepted { session_present, .. }) => session_present,
            other => panic!("{} signs in, got {other:?}", credentials.client_id),
        });
        (wire, session_present)
    }

    /// Everything said so far is in the state table.
    pub fn settle(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(self.platform.progress.reached(self.log.durable()));
    }

    /// Device access anew, over the same log and states.
    pub fn restart(&mut self, options: &AccessOptions) {
        self.access.take().unwrap().stop();
        self.settle();
        self.bus = Arc::new(LocalBus::default());
        let address = free_port();
        self.access = Some(DeviceAccess::start(&self.platform, &self.bus, address, options).unwrap());
    }

    /// What the kept sessions of an account's backends hold.
    pub fn uses_of_backends(&self) -> lianwu_device_access::UsesOfBackends {
        self.access.as_ref().unwrap().uses_of_backends()
    }

    pub fn sessions_of_backends(&self, owner: Uin) -> lianwu_device_access::SessionsUse {
        self.uses_of_backends().sessions(owner)
    }

    /// A fresh socket from another address of this machine.
    pub fn socket_from(&self, source: [u8; 4]) -> Wire {
        let address = self.access.as_ref().unwrap().mqtt().unwrap();
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&std::net::SocketAddr::from((source, 0)).into()).unwrap();
        socket.connect(&address.into()).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        Wire { stream: socket.into(), buffer: Vec::new(), version: ProtocolVersion::V3_1_1 }
    }

    /// A signed-in device that listens to the answers on its property topic.
    pub fn listening_lamp(&self, name: &str) -> Wire {
        let mut wire = self.lamp(name);
        assert_eq!(wire.subscribe(&down("property", name)), SubscribeAnswer::Granted(QoS::AtLeastOnce));
        wire
    }

    /// Kind, code and note of every record, waiting until there are at least `count`.
    pub fn records(&self, count: u64) -> Vec<(RecordKind, u32, String)> {
        let reached = self.log.wait(Lsn(count - 1), DEADLINE);
        assert!(reached.0 >= count, "only {} of {count} records were written", reached.0);
        let mut found = Vec::new();
        for block in self.log.read(Lsn(1), usize::MAX).unwrap() {
            for record in block.records() {
                let (_, record) = record.unwrap();
                found.push((record.kind, record.code, record.note.to_owned()));
            }
        }
        found
    }

    /// Kind, code and note of the records of one device, once all that was said is written.
    pub fn records_of(&self, product: &str, name: &str) -> Vec<(RecordKind, u32, String)> {
        self.settle();
        let mut found = Vec::new();
        for block in self.log.read(Lsn(1), usize::MAX).unwrap() {
            for record in block.records() {
                let (_, record) = record.unwrap();
                if record.product.as_str() == product && record.device == name {
                    found.push((record.kind, record.code, record.note.to_owned()));
                }
            }
        }
        found
    }

    /// Code and note of the first record of a kind, waiting until there is one.
    pub fn first(&self, wanted: RecordKind) -> (u32, String) {
        let mut count = 1;
        loop {
            let records = self.records(count);
            if let Some((_, code, note)) = records.iter().find(|(kind, ..)| *kind == wanted) {
                return (*code, note.clone());
            }
            count = records.len() as u64 + 1;
        }
    }

    /// Changes the product from now on.
    pub fn change_product(&self, change: impl FnOnce(&mut Product)) {
        let mut product = Product::clone(&self.platform.catalog.product(PRODUCT.parse().unwrap()).unwrap().product);
        change(&mut product);
        self.platform.catalog.put_product(product);
    }

    /// Makes the product a raw one with this script.
    pub fn put_script(&self, version: u64, text: &str) {
        self.change_product(|product| {
            product.data_protocol = DataProtocol::Custom;
            product.script_enabled = true;
        });
        let (product, author) = (PRODUCT.parse().unwrap(), Uin(100_000_000_001));
        self.platform.catalog.put_script(&StoredScript { product, version, text: text.into(), author, saved: NOW });
    }

    /// Registers a device, or another one of that name.
    pub fn put_device(&self, name: &str, number: u32) {
        put_device(&self.platform, name, number);
    }

    /// The same, with the key of another.
    pub fn put_device_with_secret_of(&self, name: &str, number: u32, other: &str) {
        let key = DeviceKey { product: PRODUCT.parse().unwrap(), device: name.parse().unwrap() };
        self.platform.directory.put(DirectoryDevice::new(key, DeviceNumber(number), secret(other), true));
    }

    pub fn number(&self, name: &str) -> DeviceNumber {
        self.platform.directory.find(PRODUCT.parse().unwrap(), name).unwrap().number
    }

    /// Stops serving and returns when everything is committed.
    pub fn stop(&mut self) {
        if let Some(access) = self.access.take() {
            access.stop();
        }
        self.log.close();
        if let Some(follower) = self.follower.take() {
            follower.stop();
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop();
    }
}

fn put_product(platform: &Platform) {
    let id: ProductId = PRODUCT.parse().unwrap();
    platform.catalog.put_product(Product {
        id,
        project: "prj-aaaaaaaa".parse().unwrap(),
        owner: Uin(100_000_000_001),
        name: "lamp".into(),
        description: String::new(),
        category: 3,
        kind: ProductKind::Device,
        authentication: Authentication::Key,
        net_type: "wifi".into(),
        data_protocol: DataProtocol::ThingModel,
        status: DevelopmentStatus::Developing,
        script_enabled: false,
        bind_strategy: 0,
        module: 0,
        durability: Durability::Disk,
        retention_days: None,
        registration: Registration::default(),
        secret: None,
        topics: TopicTable::default(),
        creator: Uin(100_000_000_001),
        creator_name: "admin".into(),
        tags: Vec::new(),
        created: NOW,
        updated: NOW,
    });
    put_model(platform, id);
}

/// Gives a product the lamp's thing model.
pub fn put_model(platform: &Platform, product: ProductId) {
    let definition = ThingModel::parse(MODEL).unwrap();
    let validator = Validator::compile(&definition);
    let stored = StoredThingModel { product, text: MODEL.into(), created: NOW, updated: NOW };
    platform.catalog.put_model(CompiledModel { stored, definition, validator });
}

pub fn put_device(platform: &Platform, name: &str, number: u32) {
    let key = DeviceKey { product: PRODUCT.parse().unwrap(), device: name.parse().unwrap() };
    platform.directory.put(DirectoryDevice::new(key, DeviceNumber(number), secret(name), true));
}

pub fn secret(name: &str) -> DeviceSecret {
    DeviceSecret::from_key(&key(name)).unwrap()
}

/// The decoded secret of a device.
pub fn key(name: &str) -> [u8; 16] {
    let mut key = [7; 16];
    key[..name.len()].copy_from_slice(name.as_bytes());
    key
}

pub fn credentials(name: &str, expiry_seconds: u64) -> Credentials {
    Credentials::compute(
        PRODUCT.parse().unwrap(),
        &name.parse().unwrap(),
        &secret(name),
        Method::HmacSha1,
        UnixMillis::from_seconds(expiry_seconds),
        "abcde",
    )
}

pub fn up(kind: &str, name: &str) -> String {
    format!("$thing/up/{kind}/{PRODUCT}/{name}")
}

pub fn down(kind: &str, name: &str) -> String {
    format!("$thing/down/{kind}/{PRODUCT}/{name}")
}

fn connect_session_bytes(credentials: &Credentials, keep_alive_seconds: u16, clean_session: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let connect = Connect {
        version: ProtocolVersion::V3_1_1,
        clean_session,
        keep_alive_seconds,
        properties: Properties::NONE,
        client_id: &credentials.client_id,
        user_name: Some(&credentials.user_name),
        password: Some(credentials.password.as_bytes()),
        will: None,
    };
    encode::connect(&mut bytes, &connect).unwrap();
    bytes
}

/// A CONNECT with a clean session.
pub fn connect_bytes(credentials: &Credentials) -> Vec<u8> {
    connect_session_bytes(credentials, 60, true)
}

/// A message; with a packet id it is of QoS 1.
pub fn publish_bytes(topic: &str, payload: &str, packet_id: Option<u16>) -> Vec<u8> {
    let packet_id = packet_id.map(|id| PacketId::new(id).unwrap());
    let qos = if packet_id.is_some() { QoS::AtLeastOnce } else { QoS::AtMostOnce };
    let mut bytes = Vec::new();
    let packet = Publish {
        duplicate: false,
        qos,
        retain: false,
        topic,
        packet_id,
        properties: Properties::NONE,
        payload: payload.as_bytes(),
    };
    encode::publish(&mut bytes, ProtocolVersion::V3_1_1, &packet).unwrap();
    bytes
}

pub fn subscribe_bytes(filter: &str, qos: QoS) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode::subscribe(&mut bytes, ProtocolVersion::V3_1_1, PacketId::FIRST, [(filter, qos)]).unwrap();
    bytes
}

/// One end of a connection.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Of the packets that come.
    pub version: ProtocolVersion,
}

impl Wire {
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub fn send_packet(&mut self, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        encode::packet(&mut bytes, ProtocolVersion::V3_1_1, packet).unwrap();
        self.send(&bytes);
    }

    pub fn send_connect(&mut self, credentials: &Credentials) {
        self.send_connect_keep_alive(credentials, 60);
    }

    pub fn send_connect_keep_alive(&mut self, credentials: &Credentials, keep_alive_seconds: u16) {
        self.send_connect_session(credentials, keep_alive_seconds, true);
    }

    fn send_connect_session(&mut self, credentials: &Credentials, keep_alive_seconds: u16, clean_session: bool) {
        self.send(&connect_session_bytes(credentials, keep_alive_seconds, clean_session));
    }

    pub fn publish(&mut self, topic: &str, payload: &str, packet_id: Option<u16>) {
        self.send(&publish_bytes(topic, payload, packet_id));
    }

    pub fn subscribe(&mut self, filter: &str) -> SubscribeAnswer {
        self.subscribe_at(filter, QoS::AtLeastOnce)
    }

    pub fn subscribe_at(&mut self, filter: &str, qos: QoS) -> SubscribeAnswer {
        self.send(&subscribe_bytes(filter, qos));
        self.next(|packet| match packet {
            Packet::SubAck(ack) => ack.answers().next().unwrap(),
            other => panic!("expected SUBACK, got {other:?}"),
        })
    }

    pub fn connack(&mut self) -> u8 {
        self.next(|packet| match packet {
            Packet::ConnAck(lianwu_mqtt::packet::ConnAck::Accepted { .. }) => 0,
            Packet::ConnAck(lianwu_mqtt::packet::ConnAck::Refused { refusal, .. }) => refusal.code(),
            other => panic!("expected CONNACK, got {other:?}"),
        })
    }

    pub fn unsubscribe(&mut self, filter: &str) {
        let mut bytes = Vec::new();
        encode::unsubscribe(&mut bytes, ProtocolVersion::V3_1_1, PacketId::FIRST, [filter]).unwrap();
        self.send(&bytes);
        self.next(|packet| assert!(matches!(packet, Packet::UnsubAck(_)), "expected UNSUBACK, got {packet:?}"));
    }

    /// The next message, of QoS 1: acknowledged, too.
    pub fn acknowledge(&mut self) -> (String, String) {
        let (id, message) = self.next(|packet| match packet {
            Packet::Publish(Publish { packet_id: Some(id), topic, payload, .. }) => {
                (id, (topic.to_owned(), String::from_utf8(payload.to_vec()).unwrap()))
            }
            other => panic!("expected a message of QoS 1, got {other:?}"),
        });
        let mut bytes = Vec::new();
        encode::puback(&mut bytes, id);
        self.send(&bytes);
        message
    }

    /// The next message: text, packet id (0 for QoS 0), "sent before".
    pub fn arrival(&mut self) -> (String, u16, bool) {
        self.next(|packet| match packet {
            Packet::Publish(publish) => (
                String::from_utf8(publish.payload.to_vec()).unwrap(),
                publish.packet_id.map_or(0, PacketId::get),
                publish.duplicate,
            ),
            other => panic!("expected a message, got {other:?}"),
        })
    }

    pub fn send_puback(&mut self, id: u16) {
        let mut bytes = Vec::new();
        encode::puback(&mut bytes, PacketId::new(id).unwrap());
        self.send(&bytes);
    }

    /// Sends as much as the server takes.
    pub fn try_send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// The connection ends, whatever comes before.
    pub fn ends(&mut self) {
        let mut bytes = [0; 4096];
        while !matches!(self.stream.read(&mut bytes), Ok(0) | Err(_)) {}
    }

    /// Says goodbye and waits until the server has heard it.
    pub fn leave(mut self) {
        self.send(&[0xE0, 0]);
        self.is_closed();
    }

    /// The next message: topic and payload.
    pub fn message(&mut self) -> (String, String) {
        self.next(|packet| match packet {
            Packet::Publish(publish) => {
                (publish.topic.to_owned(), String::from_utf8(publish.payload.to_vec()).unwrap())
            }
            other => panic!("expected a message, got {other:?}"),
        })
    }

    pub fn puback(&mut self) -> u16 {
        self.next(|packet| match packet {
            Packet::PubAck(answer) => answer.packet_id.get(),
            other => panic!("expected PUBACK, got {other:?}"),
        })
    }

    /// Nothing else was sent before the answer to this PINGREQ.
    pub fn has_nothing_but_a_ping_response(&mut self) {
        self.send(&[0xC0, 0]);
        self.next(|packet| assert_eq!(packet, Packet::PingResp));
    }

    /// Whatever was acknowledged, then the answer to this PINGREQ: everything before it was taken in.
    pub fn has_nothing_but_pubacks_before_a_ping_response(&mut self) {
        self.send(&[0xC0, 0]);
        while self.next(|packet| match packet {
            Packet::PubAck(_) => true,
            Packet::PingResp => false,
            other => panic!("expected PUBACK or PINGRESP, got {other:?}"),
        }) {}
    }

    /// So many messages, then the answer to this PINGREQ.
    pub fn has_nothing_but_the_other_messages(&mut self, count: usize) {
        self.send(&[0xC0, 0]);
        for _ in 0..count {
            self.message();
        }
        self.next(|packet| assert_eq!(packet, Packet::PingResp));
    }

    pub fn is_closed(&mut self) {
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(0) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            other => panic!("expected the end of the connection, got {other:?}, {byte:?}"),
        }
    }

    pub fn next<T>(&mut self, look: impl FnOnce(Packet<'_>) -> T) -> T {
        loop {
            if let Some((packet, length)) = decode(&self.buffer, self.version, 1 << 20).unwrap() {
                let found = look(packet);
                self.buffer.drain(..length);
                return found;
            }
            let mut bytes = [0; 4096];
            let read = self.stream.read(&mut bytes).expect("an answer in time");
            assert!(read > 0, "the connection was closed");
            self.buffer.extend_from_slice(&bytes[..read]);
        }
    }
}
