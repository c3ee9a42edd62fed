//! A tiny MQTT server in a thread of the test: delivers by exact topic, answers reports, and misbehaves on request.

use std::{
    collections::HashMap,
    io::{ErrorKind, Read as _, Write as _},
    net::SocketAddr,
    sync::Arc,
    thread::JoinHandle,
};

use lianwu_mqtt::{
    ConnAck, ConnectRefusal, Packet, Properties, ProtocolVersion, Publish, QoS, SubscribeAnswer, decode, encode,
};
use mio::{Events, Interest, Poll, Token, Waker, net::TcpListener, net::TcpStream};

const LISTENER: Token = Token(usize::MAX);
const WAKER: Token = Token(usize::MAX - 1);

/// What the server does differently from a good one.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    pub refuse_connects: bool,
    /// Every so many messages, one is not delivered or not answered.
    pub drop_every: Option<u64>,
    /// Every so many reports, packed ones too, one is answered with code 406.
    pub refuse_every: Option<u64>,
    /// Sent to a device when it subscribes to its property topic.
    pub greeting: Option<String>,
}

/// What the server has seen.
#[derive(Debug, Default)]
pub struct Seen {
    pub sign_ins: u64,
    pub disconnects: u64,
    pub messages: u64,
    pub dropped: u64,
    /// Reports answered with code 0.
    pub accepted: Vec<serde_json::Value>,
    /// Other thing-model messages.
    pub others: Vec<serde_json::Value>,
}

pub struct Server {
    pub address: SocketAddr,
    waker: Arc<Waker>,
    thread: JoinHandle<Seen>,
}

impl Server {
    /// `on_other` is called with every thing-model message that is no report.
    pub fn start(behaviour: Behaviour, on_other: impl FnMut(&serde_json::Value) + Send + 'static) -> Self {
        let poll = Poll::new().unwrap();
        let mut listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE).unwrap();
        let waker = Arc::new(Waker::new(poll.registry(), WAKER).unwrap());
        let looping = Loop {
            poll,
            listener,
            behaviour,
            clients: Vec::new(),
            subscribers: HashMap::new(),
            dirty: Vec::new(),
            seen: Seen::default(),
            on_other: Box::new(on_other),
        };
        Self { address, waker, thread: std::thread::spawn(move || looping.run()) }
    }

    pub fn good() -> Self {
        Self::start(Behaviour::default(), |_| {})
    }

    pub fn stop(self) -> Seen {
        self.waker.wake().unwrap();
        self.thread.join().unwrap()
    }
}

struct Client {
    stream: TcpStream,
    received: Vec<u8>,
    out: Vec<u8>,
    is_closing: bool,
}

struct Loop {
    poll: Poll,
    listener: TcpListener,
    behaviour: Behaviour,
    clients: Vec<Option<Client>>,
    subscribers: HashMap<String, Vec<(usize, QoS)>>,
    dirty: Vec<usize>,
    seen: Seen,
    on_other: Box<dyn FnMut(&serde_json::Value) + Send>,
}

impl Loop {
    fn run(mut self) -> Seen {
        let mut events = Events::with_capacity(1024);
        let mut buffer = vec![0; 128 * 1024];
        loop {
            self.poll.poll(&mut events, None).unwrap();
            for event in &events {
                match event.token() {
                    WAKER => return self.seen,
                    LISTENER => self.accept(),
                    Token(client) => {
                        self.dirty.push(client);
                        self.read(client, &mut buffer);
                    }
                }
            }
            while let Some(client) = self.dirty.pop() {
                self.write(client);
            }
        }
    }

    fn accept(&mut self) {
        while let Ok((mut stream, _)) = self.listener.accept() {
            stream.set_nodelay(true).unwrap();
            let token = Token(self.clients.len());
            self.poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE).unwrap();
            self.clients.push(Some(Client { stream, received: Vec::new(), out: Vec::new(), is_closing: false }));
        }
    }

    fn read(&mut self, number: usize, buffer: &mut [u8]) {
        loop {
            let Some(client) = &mut self.clients[number] else { return };
            match client.stream.read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Ok(0) | Err(_) => {
                    self.clients[number] = None;
                    return;
                }
                Ok(count) => {
                    client.received.extend_from_slice(&buffer[..count]);
                    let received = std::mem::take(&mut client.received);
                    let mut used = 0;
                    while let Some((packet, bytes)) =
                        decode(&received[used..], ProtocolVersion::V3_1_1, usize::MAX).unwrap()
                    {
                        used += bytes;
                        self.on_packet(number, &packet);
                    }
                    if let Some(client) = &mut self.clients[number] {
                        client.received.extend_from_slice(&received[used..]);
                    }
                }
            }
        }
    }

    fn write(&mut self, number: usize) {
        let Some(client) = &mut self.clients[number] else { return };
        while !client.out.is_empty() {
            match client.stream.write(&client.out) {
                Ok(count) => drop(client.out.drain(..count)),
                Err(_) => return,
            }
        }
        if client.is_closing {
            self.clients[number] = None;
        }
    }

    fn out(&mut self, number: usize) -> &mut Vec<u8> {
        self.dirty.push(number);
        &mut self.clients[number].as_mut().unwrap().out
    }

    fn on_packet(&mut self, number: usize, packet: &Packet<'_>) {
        match packet {
            Packet::Connect(_) if self.behaviour.refuse_connects => {
                let answer = ConnAck::refused(ConnectRefusal::BadUserNameOrPassword);
                encode::connack(self.out(number), ProtocolVersion::V3_1_1, &answer).unwrap();
            }
            Packet::Connect(_) => {
                self.seen.sign_ins += 1;
                let answer = ConnAck::accepted(false);
                encode::connack(self.out(number), ProtocolVersion::V3_1_1, &answer).unwrap();
            }
            Packet::Subscribe(subscribe) => {
                for (filter, options) in subscribe.filters() {
                    self.subscribers.entry(filter.to_owned()).or_default().push((number, options.qos));
                    encode::suback(
                        self.out(number),
                        ProtocolVersion::V3_1_1,
                        subscribe.packet_id,
                        [SubscribeAnswer::Granted(options.qos)],
                    )
                    .unwrap();
                    if let Some(text) = self.behaviour.greeting.clone().filter(|_| filter.contains("/down/property/")) {
                        self.send(number, QoS::AtMostOnce, filter, text.as_bytes());
                    }
                }
            }
            Packet::Publish(publish) => self.on_publish(number, publish),
            Packet::Disconnect(_) => {
                self.seen.disconnects += 1;
                self.clients[number].as_mut().unwrap().is_closing = true;
            }
            Packet::PingReq => encode::pingresp(self.out(number)),
            _ => {}
        }
    }

    fn on_publish(&mut self, number: usize, publish: &Publish<'_>) {
        self.seen.messages += 1;
        if let Some(id) = publish.packet_id {
            encode::puback(self.out(number), id);
        }
        if self.behaviour.drop_every.is_some_and(|every| self.seen.messages.is_multiple_of(every)) {
            self.seen.dropped += 1;
            return;
        }
        if publish.topic.starts_with("$thing/up/") {
            return self.on_thing(number, publish);
        }
        for (subscriber, qos) in self.subscribers.get(publish.topic).cloned().unwrap_or_default() {
            if self.clients[subscriber].is_some() {
                self.send(subscriber, qos.min(publish.qos), publish.topic, publish.payload);
            }
        }
    }

    fn on_thing(&mut self, number: usize, publish: &Publish<'_>) {
        let message: serde_json::Value = serde_json::from_slice(publish.payload).unwrap();
        let method = message["method"].as_str().unwrap_or_default().to_owned();
        if !matches!(method.as_str(), "report" | "pack_report") {
            (self.on_other)(&message);
            self.seen.others.push(message);
            return;
        }
        let is_refused = self.behaviour.refuse_every.is_some_and(|every| self.seen.messages.is_multiple_of(every));
        let (code, status) = if is_refused { (406, "check report data err") } else { (0, "success") };
        let token = &message["clientToken"];
        let reply = format!(r#"{{"method":"{method}_reply","clientToken":{token},"code":{code},"status":"{status}"}}"#);
        let topic = publish.topic.replace("/up/", "/down/");
        if !is_refused {
            self.seen.accepted.push(message);
        }
        self.send(number, publish.qos, &topic, reply.as_bytes());
    }

    fn send(&mut self, number: usize, qos: QoS, topic: &str, payload: &[u8]) {
        let packet_id = Some(lianwu_mqtt::PacketId::FIRST);
        let publish =
            Publish { duplicate: false, qos, retain: false, topic, packet_id, properties: Properties::NONE, payload };
        encode::publish(self.out(number), ProtocolVersion::V3_1_1, &publish).unwrap();
    }
}
