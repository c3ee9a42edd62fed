//! Servers with one fault each.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use lianwu_mqtt::{Packet, Properties, ProtocolVersion, Publish, QoS, decode, encode};
use lianwu_testkit::now_ms;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Name};

/// Something that listens; its threads end with the process.
pub struct Listening {
    pub address: SocketAddr,
}

fn listen(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Listening {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream));
        }
    });
    Listening { address }
}

/// A port where nothing listens.
pub fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address")
}

/// Takes everything and says nothing.
pub fn mute() -> Listening {
    listen(|mut stream| {
        let mut buffer = [0; 1024];
        while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
    })
}

/// A certificate that signs itself.
pub struct Made {
    certificate: X509,
    key: PKey<Private>,
}

impl Made {
    pub fn pem(&self) -> String {
        String::from_utf8(self.certificate.to_pem().expect("PEM")).expect("a text")
    }
}

/// Valid from so many days after today to so many.
pub fn certificate(host: &str, from_days: i64, until_days: i64) -> Made {
    let key = PKey::from_rsa(Rsa::generate(2048).expect("a key")).expect("a key");
    let mut name = X509Name::builder().expect("a name");
    name.append_entry_by_text("CN", host).expect("a name");
    let name = name.build();
    let day = |days: i64| {
        let seconds = i64::try_from(now_ms() / 1000).expect("a time") + days * 86_400;
        Asn1Time::from_unix(seconds).expect("a time")
    };
    let mut builder = X509::builder().expect("a certificate");
    builder.set_version(2).expect("version 3");
    let serial = BigNum::from_u32(1).and_then(|number| number.to_asn1_integer()).expect("a number");
    builder.set_serial_number(&serial).expect("a number");
    builder.set_subject_name(&name).expect("a name");
    builder.set_issuer_name(&name).expect("a name");
    builder.set_not_before(&day(from_days)).expect("a date");
    builder.set_not_after(&day(until_days)).expect("a date");
    builder.set_pubkey(&key).expect("a key");
    builder.append_extension(BasicConstraints::new().critical().ca().build().expect("an extension")).expect("added");
    let names = SubjectAlternativeName::new().dns(host).build(&builder.x509v3_context(None, None));
    builder.append_extension(names.expect("an extension")).expect("added");
    builder.sign(&key, MessageDigest::sha256()).expect("signed");
    Made { certificate: builder.build(), key }
}

/// A TLS server with this certificate; behind the handshake it is mute.
pub fn with_certificate(made: &Made) -> Listening {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).expect("an acceptor");
    acceptor.set_certificate(&made.certificate).expect("a certificate");
    acceptor.set_private_key(&made.key).expect("a key");
    let acceptor = acceptor.build();
    listen(move |stream| {
        if let Ok(mut stream) = acceptor.accept(stream) {
            let mut buffer = [0; 1024];
            while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
        }
    })
}

/// What a broker does otherwise than it should.
#[derive(Clone, Copy)]
pub enum Broker {
    Good,
    /// CONNACK with this code.
    Code(u8),
    RefusesSubscriptions,
    /// No PUBACK.
    IgnoresMessages,
    /// The connection ends when it is silent.
    Forgets,
    /// It tells the time, its own way.
    Time {
        ahead_ms: u64,
    },
}

/// A broker without a thing model.
pub fn broker(behaviour: Broker) -> Listening {
    listen(move |mut stream| {
        let mut received = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(count) = stream.read(&mut buffer) {
            received.extend_from_slice(&buffer[..count]);
            let mut out = Vec::new();
            while let Ok(Some((packet, bytes))) = decode(&received, ProtocolVersion::V3_1_1, 65_536) {
                answer(behaviour, &packet, &mut out);
                received.drain(..bytes);
            }
            if count == 0 || out == b"end" || stream.write_all(&out).is_err() {
                return;
            }
        }
    })
}

fn answer(behaviour: Broker, packet: &Packet<'_>, out: &mut Vec<u8>) {
    match packet {
        Packet::Connect(_) => {
            let code = if let Broker::Code(code) = behaviour { code } else { 0 };
            out.extend_from_slice(&[0x20, 2, 0, code]);
        }
        Packet::Subscribe(subscribe) => {
            let [high, low] = subscribe.packet_id.get().to_be_bytes();
            let code = if matches!(behaviour, Broker::RefusesSubscriptions) { 0x80 } else { 1 };
            out.extend_from_slice(&[0x90, 3, high, low, code]);
        }
        Packet::Publish(message) => {
            if let (Some(id), false) = (message.packet_id, matches!(behaviour, Broker::IgnoresMessages)) {
                encode::puback(out, id);
            }
            if let (Broker::Time { ahead_ms }, Some(rest)) = (behaviour, message.topic.strip_prefix("$sys/operation/"))
            {
                tell_time(ahead_ms, rest, out);
            }
        }
        // The network between forgot the connection: whoever speaks next finds it gone.
        Packet::PingReq if matches!(behaviour, Broker::Forgets) => out.extend_from_slice(b"end"),
        Packet::PingReq => encode::pingresp(out),
        _ => {}
    }
}

fn tell_time(ahead_ms: u64, device: &str, out: &mut Vec<u8>) {
    let time = now_ms() + ahead_ms;
    let payload = format!(r#"{{"type":"get","time":{},"ntptime1":{time},"ntptime2":{time}}}"#, time / 1000);
    let message = Publish {
        duplicate: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: &format!("$sys/operation/result/{device}"),
        packet_id: None,
        properties: Properties::NONE,
        payload: payload.as_bytes(),
    };
    encode::publish(out, ProtocolVersion::V3_1_1, &message).expect("a message");
}
