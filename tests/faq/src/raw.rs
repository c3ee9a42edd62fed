//! Requests below the level of a client: what devices get wrong is said in bytes.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};

use lianwu_testkit::DEADLINE;
use openssl::ssl::{SslConnector, SslMethod};

/// Sends bytes and reads to the end of the connection.
///
/// # Panics
/// When nothing listens.
#[track_caller]
pub fn tcp(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(DEADLINE)).expect("a time limit");
    stream.write_all(bytes).expect("sent");
    let mut answer = Vec::new();
    // The end, or a reset: either way it has been looked at.
    drop(stream.read_to_end(&mut answer));
    answer
}

/// A handshake of TLS-PSK as the C SDK makes it; is it done?
///
/// # Panics
/// When nothing listens, or the key has not 16 bytes.
#[track_caller]
pub fn shakes_hands_by_key(address: SocketAddr, identity: &str, key: &[u8]) -> bool {
    let (identity, key) = (identity.to_owned(), key.to_owned());
    let mut connector = SslConnector::builder(SslMethod::tls_client()).expect("OpenSSL");
    connector.set_cipher_list("PSK-AES128-CBC-SHA").expect("a suite");
    connector.set_psk_client_callback(move |_, _, into_identity, into_key| {
        into_identity[..identity.len()].copy_from_slice(identity.as_bytes());
        into_identity[identity.len()] = 0;
        into_key[..16].copy_from_slice(&key);
        Ok(16)
    });
    let socket = TcpStream::connect(address).expect("a connection");
    connector.build().connect("localhost", socket).is_ok()
}

/// A confirmable POST of CoAP with a long Uri-Path and no token, and the code of its answer, such as `4.01`.
///
/// # Panics
/// When there is no answer, or the path has not 13 to 268 bytes.
#[track_caller]
pub fn coap(address: SocketAddr, path: &str, payload: &str) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(DEADLINE)).expect("a time limit");
    let length = u8::try_from(path.len() - 13).expect("not too long");
    // Uri-Path (11) with its length in a byte of its own.
    let datagram = [&[0x40, 2, 0, 1, 0xbd, length][..], path.as_bytes(), &[0xff], payload.as_bytes()].concat();
    socket.send_to(&datagram, address).expect("sent");
    let mut answer = [0; 1500];
    socket.recv(&mut answer).expect("an answer");
    format!("{}.{:02}", answer[1] >> 5, answer[1] & 31)
}
