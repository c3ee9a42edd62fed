//! What a device's report costs in the codec and the connection, in nanoseconds of one thread: `cargo run --release -p
//! lianwu-mqtt --example codec_cost`. The best of several rounds, so that other programs disturb it little.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use lianwu_mqtt::{
    Connect, Connection, Packet, PacketId, Properties, ProtocolVersion, Publish, QoS, Step, connection::Acceptance,
    connection::Role, decode, encode,
};

const ROUNDS: usize = 20;
const REPEATS: u32 = 200_000;
const PAYLOAD: [u8; 260] = [b'x'; 260];

fn main() {
    for version in [ProtocolVersion::V3_1_1, ProtocolVersion::V5] {
        measure(version);
    }
}

fn measure(version: ProtocolVersion) {
    let publish = Publish {
        duplicate: false,
        qos: QoS::AtLeastOnce,
        retain: false,
        topic: "$thing/up/property/PID0000001/dev001",
        packet_id: PacketId::new(7),
        properties: Properties::NONE,
        payload: &PAYLOAD,
    };
    let mut report = Vec::new();
    encode::publish(&mut report, version, &publish).expect("fits");
    let mut connection = signed_in(version);
    let mut out = Vec::with_capacity(1024);
    println!("{version:?}");
    print("decode a report", || {
        black_box(decode(black_box(&report), version, 65_536)).expect("valid");
    });
    let moment = now();
    print("decode and handle it", || {
        let (packet, _) = decode(black_box(&report), version, 65_536).expect("valid").expect("complete");
        out.clear();
        black_box(matches!(connection.handle(moment, packet, &mut out), Step::Publish(_)));
    });
    print("write PUBACK and reply", || {
        out.clear();
        encode::puback(&mut out, PacketId::FIRST);
        let reply = Publish { qos: QoS::AtMostOnce, packet_id: None, payload: &PAYLOAD[..80], ..publish };
        encode::publish(&mut out, version, black_box(&reply)).expect("fits");
        black_box(&out);
    });
}

fn signed_in(version: ProtocolVersion) -> Connection {
    let connect = Connect {
        version,
        clean_session: true,
        keep_alive_seconds: 60,
        properties: Properties::NONE,
        client_id: "PID0000001dev001",
        user_name: None,
        password: None,
        will: None,
    };
    let mut out = Vec::new();
    let mut connection = Connection::new(now(), Duration::from_secs(10));
    connection.handle(now(), Packet::Connect(connect), &mut out);
    connection.accept(now(), Acceptance::new(Role::Device, 65_536), &mut out);
    connection
}

fn print(what: &str, mut run: impl FnMut()) {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = now();
        for _ in 0..REPEATS {
            run();
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(REPEATS));
    }
    println!("  {what:<24}{best:6.1} ns");
}

#[expect(clippy::disallowed_methods, reason = "a program that measures, not the library")]
fn now() -> Instant {
    Instant::now()
}
