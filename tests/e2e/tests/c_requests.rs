//! What the vendor's C SDKs sent over HTTP and CoAP, byte for byte, sent to the real binary.
//!
//! The platform gives products ids of its own, as long as the recorded ones: they differ from the recording, and so do what signs them and the
//! token a platform gave. How the recordings were made: docs/compatibility.md. Source: spec/device-protocol.md 3.3, 4 and 9.6.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_testkit::{DEADLINE, Fixture, LAMP_MODEL, Server, ServerOptions, now_ms};
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::ssl::{Ssl, SslContextBuilder, SslMethod, SslOptions, SslStream};
use openssl::symm::{Cipher, Crypter, Mode};
use serde_json::{Value, json};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hmac_sha1(key: &str, text: &[u8]) -> Vec<u8> {
    let key = PKey::hmac(key.as_bytes()).expect("a key");
    let mut signer = Signer::new(MessageDigest::sha1(), &key).expect("a signer");
    signer.update(text).expect("signed");
    signer.sign_to_vec().expect("signed")
}

/// The secret of the product, which lets devices register.
fn product_secret(lamp: &Fixture) -> String {
    let request = json!({"ProductId": lamp.product, "RegisterType": 2, "RegisterLimit": 10});
    let answer = lamp.cloud.call("ModifyProductDynamicRegister", &request);
    answer["ProductSecret"].as_str().expect("a secret").to_owned()
}

/// Head and body of the answer to these bytes.
fn told(server: &Server, request: &[u8]) -> (String, Value) {
    let stream = TcpStream::connect(server.device_http_address()).expect("a connection");
    stream.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(request).expect("the connection is open");
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).expect("an answer in time"), 0, "{head}");
    }
    let length =
        head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("in the only spelling it knows");
    let mut body = vec![0; length.parse().expect("a number")];
    stream.read_exact(&mut body).expect("the body in time");
    assert!(head.len() + body.len() < 1024, "the sample's buffer for an answer");
    (head, serde_json::from_slice(&body).expect("JSON"))
}

/// The device's secret in the answer to a registration, opened with the product's secret as the SDK does it.
fn opened(answer: &Value, length: &str, payload: &str, secret: &str) -> Value {
    let sealed = STANDARD.decode(answer[payload].as_str().expect("a text")).expect("base64");
    let mut crypter = Crypter::new(Cipher::aes_128_cbc(), Mode::Decrypt, &secret.as_bytes()[..16], Some(&[b'0'; 16]))
        .expect("a cipher");
    crypter.pad(false);
    let mut text = vec![0; sealed.len() + 16];
    let mut written = crypter.update(&sealed, &mut text).expect("whole blocks");
    written += crypter.finalize(&mut text[written..]).expect("whole blocks");
    let length = usize::try_from(answer[length].as_u64().expect("a length")).expect("a short text");
    assert!(text[length..written].iter().all(|byte| *byte == 0), "filled with NUL");
    serde_json::from_slice(&text[..length]).expect("JSON")
}

fn assert_registered(lamp: &Fixture, told: &Value) {
    let device =
        lamp.cloud.call("DescribeDevice", &json!({"ProductId": lamp.product, "DeviceName": "new-1"}))["Device"].clone();
    assert_eq!(*told, json!({"encryptionType": 2, "psk": device["DevicePsk"]}));
}

/// `dynreg_dev_sample` of the Explorer SDK, `/register/dev`.
#[test]
fn dynreg_dev_sample() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let secret = product_secret(&lamp);
    let recorded = include_str!("../fixtures/c-sdk/registration.http");
    let (head, body) = recorded.split_once("\r\n\r\n").expect("a body");
    let mut form: Value = serde_json::from_str(body).expect("JSON");
    form["productId"] = lamp.product.as_str().into();
    let text =
        format!("deviceName=new-1&nonce={}&productId={}&timestamp={}", form["nonce"], lamp.product, form["timestamp"]);
    let signature = STANDARD.encode(hex(&hmac_sha1(&secret, text.as_bytes())));
    let before: Value = serde_json::from_str(body).expect("JSON");
    let now = body
        .replace(before["productId"].as_str().expect("text"), &lamp.product)
        .replace(before["signature"].as_str().expect("text"), &signature);
    assert_eq!(now.len(), body.len());
    let (_, answer) = told(&server, format!("{head}\r\n\r\n{now}").as_bytes());
    assert_eq!((&answer["code"], &answer["message"]), (&json!(0), &json!("")), "{answer}");
    assert!(answer.to_string().len() < 256, "the sample's buffer for a body: {answer}");
    assert_registered(&lamp, &opened(&answer, "len", "payload", &secret));
}

/// `dynreg_dev_sample` of the hub's SDK, `/device/register`; it hashes the body with SHA-1.
#[test]
fn dynreg_dev_sample_of_the_hub() {
    const RECORDED: &str = "H94UU21CTI";
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let secret = product_secret(&lamp);
    let request = include_str!("../fixtures/c-sdk/hub_registration.http").replace(RECORDED, &lamp.product);
    let (head, body) = request.split_once("\r\n\r\n").expect("a body");
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).expect("a header");
    let digest = hex(&hash(MessageDigest::sha1(), body.as_bytes()).expect("a digest"));
    let text = format!(
        "POST\n{}\n/device/register\n\nhmacsha1\n{}\n{}\n{digest}",
        header("Host: "),
        header("X-TC-Timestamp: "),
        header("X-TC-Nonce: ")
    );
    let signature = STANDARD.encode(hmac_sha1(&secret, text.as_bytes()));
    let request = request.replace(header("X-TC-Signature: "), &signature);
    let (_, answer) = told(&server, request.as_bytes());
    assert_registered(&lamp, &opened(&answer["Response"], "Len", "Payload", &secret));
}

/// What the unchanged `mqtt_sample` of the Explorer SDK sent for lines it had saved while it could not reach the server.
#[test]
fn log_upload_of_mqtt_sample() {
    const RECORDED: &str = "0L2BNGQ0GN";
    const SECRET: &str = "3ikpCAiD15JLqq2MnErPkQ==";
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = json!({"ProductId": lamp.product, "DeviceName": "dev001", "DefinedPsk": SECRET});
    lamp.cloud.call("CreateDevice", &device);
    lamp.cloud.call_own("SetLogLevel", &json!({"ProductId": lamp.product, "Level": 4}));
    let request = include_str!("../fixtures/c-sdk/log_upload.http").replace(RECORDED, &lamp.product);
    let (head, body) = request.split_once("\r\n\r\n").expect("a body");
    let signature = hex(&hmac_sha1(&SECRET[..24], &body.as_bytes()[40..]));
    let (head, answer) = told(&server, format!("{head}\r\n\r\n{signature}{}", &body[40..]).as_bytes());
    assert!(head.contains("\r\nContent-Length: 13\r\n"), "{head}");
    assert_eq!(answer, json!({"Retcode": 0}));
    let keywords = format!("productid:{} devicename:dev001", lamp.product);
    let range = json!({"MinTime": now_ms() - 60_000, "MaxTime": now_ms() + 60_000, "Keywords": keywords, "MaxNum": 50});
    let found = lamp.cloud.try_call_of("2021-04-08", "ListSDKLog", &range).expect("an answer");
    let rows = found["Results"].as_array().expect("rows");
    let oldest = "2026-11-23 11:17:58|log_mqtt.c|_log_level_sub_cb(88): Upload log level change to: 4";
    assert!(rows.iter().any(|row| row["Level"] == "WRN" && row["Content"] == oldest), "{found}");
    assert_eq!(rows.len(), 8, "{found}");
}

/// A socket that OpenSSL reads from as from a stream.
#[derive(Debug)]
struct Datagrams(UdpSocket);

impl Read for Datagrams {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.recv(buffer)
    }
}

impl Write for Datagrams {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.send(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn by_key(address: SocketAddr, identity: String, key: Vec<u8>) -> SslStream<Datagrams> {
    let mut context = SslContextBuilder::new(SslMethod::dtls_client()).expect("a client");
    context.set_cipher_list("PSK-AES128-CBC-SHA").expect("the suite");
    context.set_options(SslOptions::NO_QUERY_MTU);
    context.set_psk_client_callback(move |_, _, into_identity, into_key| {
        into_identity[..identity.len()].copy_from_slice(identity.as_bytes());
        into_identity[identity.len()] = 0;
        into_key[..key.len()].copy_from_slice(&key);
        Ok(key.len())
    });
    let mut ssl = Ssl::new(&context.build()).expect("a client");
    ssl.set_mtu(1_200).expect("a size");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    socket.connect(address).expect("an address");
    let mut stream = SslStream::new(ssl, Datagrams(socket)).expect("a client");
    stream.connect().expect("a handshake");
    stream
}

/// Puts names of one length in place of those recorded.
fn renamed(recorded: &[u8], names: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = recorded.to_vec();
    for (then, now) in names {
        assert_eq!(then.len(), now.len());
        let at = bytes.windows(then.len()).position(|part| part == then.as_bytes()).expect("the recorded name");
        bytes[at..at + then.len()].copy_from_slice(now.as_bytes());
    }
    bytes
}

/// `coap_sample` of the hub's SDK over DTLS with the device's key: authentication, then a message to a topic of its own.
#[test]
fn coap_sample() {
    let server = Server::start(ServerOptions::default().with_coap());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("dev001");
    let key = STANDARD.decode(&device.secret).expect("base64");
    let mut stream = by_key(server.coap_address("coaps"), device.client_id(), key);
    // An acknowledgement that carries the answer, 2.05, and what is behind its header, token and options.
    let mut says = |datagram: Vec<u8>| {
        stream.write_all(&datagram).expect("sent");
        let mut answer = [0; 2048];
        let length = stream.read(&mut answer).expect("an answer in time");
        assert_eq!((answer[0] >> 4, answer[1]), (0b0110, 0x45), "{:02x?}", &answer[..length]);
        assert_eq!(answer[2..4], datagram[2..4], "its message id");
        let payload = answer[..length].splitn(2, |byte| *byte == 0xff).nth(1).unwrap_or_default();
        String::from_utf8(payload.to_vec()).expect("text")
    };
    let names = [("PID0000001", lamp.product.as_str())];
    let token = says(renamed(include_bytes!("../fixtures/c-sdk/coap_sample_authentication.bin"), &names));
    // What the recording was answered with.
    let recorded = format!("{}AAAAAA", "AAABogEFAAAA".repeat(4));
    let names = [names[0], (recorded.as_str(), token.as_str())];
    assert_eq!(says(renamed(include_bytes!("../fixtures/c-sdk/coap_sample_publish.bin"), &names)), "");
    let rows = lamp.diagnostics(&device, "");
    let content = format!("Device publish message to topic:{}/dev001/data,QoS:1,ID:0", lamp.product);
    assert!(rows.iter().any(|row| row["Content"] == content.as_str() && row["Result"] == "SUCC"), "{rows:?}");
}
