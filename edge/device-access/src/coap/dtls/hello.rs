//! The first words of a DTLS client, answered without keeping anything of it: a cookie shows that the client receives at
//! the address it sends from.
//!
//! Pure. Source: RFC 6347 §4.2.1. A hello with a cookie goes to OpenSSL together with the one before it, made up again from
//! it: OpenSSL numbers its handshake from there, and the client never notices that two servers spoke.

use std::net::SocketAddr;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

const RECORD_HEADER: usize = 13;
const HANDSHAKE_HEADER: usize = 12;
const RANDOM_BYTES: usize = 32;

const HANDSHAKE_RECORD: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const HELLO_VERIFY_REQUEST: u8 = 3;

/// Of 32: more than anybody guesses.
const COOKIE_BYTES: usize = 16;

/// A cookie is good for as long as this, and at most twice. Unit: seconds.
const COOKIE_SECONDS: u64 = 60;

/// A whole ClientHello in one record, as every device's stack sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hello<'a> {
    record: &'a [u8],
    /// Number of its record.
    pub(crate) sequence: u64,
    pub(crate) random: [u8; RANDOM_BYTES],
    pub(crate) cookie: &'a [u8],
    /// Where the cookie stands in the record, behind its length.
    cookie_at: usize,
}

/// Does a handshake start here?
pub(crate) fn is_hello(datagram: &[u8]) -> bool {
    datagram.first() == Some(&HANDSHAKE_RECORD)
        && datagram.get(3..5) == Some(&[0, 0])
        && datagram.get(RECORD_HEADER) == Some(&CLIENT_HELLO)
}

/// `None` for anything but one whole hello.
pub(crate) fn parse(datagram: &[u8]) -> Option<Hello<'_>> {
    if !is_hello(datagram) || datagram[1] != 0xfe {
        return None;
    }
    let length = usize::from(u16::from_be_bytes([datagram[11], datagram[12]]));
    let record = datagram.get(..RECORD_HEADER + length)?;
    let (header, body) = record.get(RECORD_HEADER..)?.split_at_checked(HANDSHAKE_HEADER)?;
    let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let is_whole = number(&header[1..4]) == body.len() && number(&header[6..9]) == 0 && header[9..12] == header[1..4];
    if !is_whole {
        return None;
    }
    let random = body.get(2..2 + RANDOM_BYTES)?.try_into().ok()?;
    let session_at = 2 + RANDOM_BYTES;
    let cookie_at = session_at + 1 + usize::from(*body.get(session_at)?) + 1;
    let cookie_bytes = usize::from(*body.get(cookie_at - 1)?);
    let cookie = body.get(cookie_at..cookie_at + cookie_bytes)?;
    let sequence = datagram[5..11].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    Some(Hello { record, sequence, random, cookie, cookie_at: RECORD_HEADER + HANDSHAKE_HEADER + cookie_at })
}

impl Hello<'_> {
    /// The hello before this one, as far as OpenSSL can tell: without the cookie, with the first numbers. This one has to
    /// have later ones.
    pub(crate) fn before(&self) -> Option<Vec<u8>> {
        let is_second = self.record[RECORD_HEADER + 4..RECORD_HEADER + 6] == [0, 1];
        if self.cookie.is_empty() || self.sequence == 0 || !is_second {
            return None;
        }
        let mut record = self.record.to_vec();
        record.drain(self.cookie_at..self.cookie_at + self.cookie.len());
        record[self.cookie_at - 1] = 0;
        let body = record.len() - RECORD_HEADER - HANDSHAKE_HEADER;
        let body = u32::try_from(body).ok()?.to_be_bytes();
        let length = u16::try_from(record.len() - RECORD_HEADER).ok()?;
        record[5..11].fill(0);
        record[11..13].copy_from_slice(&length.to_be_bytes());
        let header = &mut record[RECORD_HEADER..RECORD_HEADER + HANDSHAKE_HEADER];
        header[1..4].copy_from_slice(&body[1..]);
        header[4..6].fill(0);
        header[9..12].copy_from_slice(&body[1..]);
        Some(record)
    }

    /// The answer to a hello without a good cookie; shorter than any hello.
    pub(crate) fn verify_request(&self, cookie: &[u8; COOKIE_BYTES]) -> Vec<u8> {
        let mut out = Vec::with_capacity(RECORD_HEADER + HANDSHAKE_HEADER + 3 + COOKIE_BYTES);
        // DTLS 1.0 whatever is spoken later; the number is that of the hello.
        out.extend_from_slice(&[HANDSHAKE_RECORD, 0xfe, 0xff]);
        out.extend_from_slice(&self.record[3..11]);
        let body = 3 + COOKIE_BYTES as u8;
        out.extend_from_slice(&[0, HANDSHAKE_HEADER as u8 + body]);
        out.extend_from_slice(&[HELLO_VERIFY_REQUEST, 0, 0, body, 0, 0, 0, 0, 0, 0, 0, body]);
        out.extend_from_slice(&[0xfe, 0xff, COOKIE_BYTES as u8]);
        out.extend_from_slice(cookie);
        out
    }
}

/// Makes cookies, and knows them again. `Debug` hides the key.
pub(crate) struct Cookies([u8; 32]);

impl std::fmt::Debug for Cookies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cookies(***)")
    }
}

impl Cookies {
    /// `key`: random bytes of this run of the program.
    pub(crate) const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// For a client at `address`. `now`: seconds since anything.
    pub(crate) fn make(&self, address: SocketAddr, hello: &Hello<'_>, now: u64) -> [u8; COOKIE_BYTES] {
        let full = self.seal(address, hello, now / COOKIE_SECONDS).finalize().into_bytes();
        let mut cookie = [0; COOKIE_BYTES];
        cookie.copy_from_slice(&full[..COOKIE_BYTES]);
        cookie
    }

    /// Is it the cookie this client was given?
    pub(crate) fn is_good(&self, address: SocketAddr, hello: &Hello<'_>, now: u64) -> bool {
        let window = now / COOKIE_SECONDS;
        let is_of = |window| self.seal(address, hello, window).verify_truncated_left(hello.cookie).is_ok();
        hello.cookie.len() == COOKIE_BYTES && (is_of(window) || window.checked_sub(1).is_some_and(is_of))
    }

    fn seal(&self, address: SocketAddr, hello: &Hello<'_>, window: u64) -> Hmac<Sha256> {
        let mut seal = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        seal.update(&window.to_be_bytes());
        seal.update(&hello.random);
        seal.update(address.to_string().as_bytes());
        seal
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As mbedTLS of the vendor's C SDK sends it.
    fn hello(sequence: u8, message: u8, cookie: &[u8]) -> Vec<u8> {
        let mut body = vec![0xfe, 0xfd];
        body.extend([7; RANDOM_BYTES]);
        body.push(0);
        body.push(u8::try_from(cookie.len()).unwrap());
        body.extend(cookie);
        body.extend([0, 6, 0, 0x8c, 0, 0x8d, 0, 0xff, 1, 0]);
        let length = u8::try_from(body.len()).unwrap();
        let mut bytes = vec![22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, sequence, 0, length + 12];
        bytes.extend([1, 0, 0, length, 0, message, 0, 0, 0, 0, 0, length]);
        bytes.extend(body);
        bytes
    }

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    /// The hello of the vendor's `coap_sample` (mbedTLS 2.4), recorded: one whole record, answered by less than it has.
    #[test]
    fn the_hello_of_the_c_sdk() {
        let recorded = include_bytes!("../../../tests/devices/recorded/coap_sample_hello.bin");
        let hello = parse(recorded).unwrap();
        assert_eq!((hello.sequence, hello.cookie.len()), (0, 0));
        assert!(hello.verify_request(&[9; COOKIE_BYTES]).len() <= recorded.len());
    }

    /// A cookie is good for its address and its hello, for a minute or two.
    #[test]
    fn cookies() {
        let cookies = Cookies::new([1; 32]);
        let first = hello(0, 0, b"");
        let cookie = cookies.make(address(1), &parse(&first).unwrap(), 600);
        let second = hello(1, 1, &cookie);
        let second = parse(&second).unwrap();
        for (is_good, address, now) in [
            (true, address(1), 600),
            (true, address(1), 719),
            (false, address(1), 720),
            (false, address(1), 599),
            (false, address(2), 600),
        ] {
            assert_eq!(cookies.is_good(address, &second, now), is_good, "{address} {now}");
        }
        assert!(!Cookies::new([2; 32]).is_good(address(1), &second, 600));
        assert!(!cookies.is_good(address(1), &parse(&first).unwrap(), 600), "no cookie");
        let mut other = hello(1, 1, &cookie);
        other[30] = 8;
        assert!(!cookies.is_good(address(1), &parse(&other).unwrap(), 600), "another hello");
    }

    /// The request for a cookie carries the number of the hello's record, and is no longer than it.
    #[test]
    fn the_request_for_a_cookie() {
        let bytes = hello(5, 0, b"");
        let request = parse(&bytes).unwrap().verify_request(&[9; COOKIE_BYTES]);
        assert!(request.len() <= bytes.len());
        assert_eq!(request[..13], [22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 5, 0, 31]);
        assert_eq!(request[13..28], [3, 0, 0, 19, 0, 0, 0, 0, 0, 0, 0, 19, 0xfe, 0xff, 16]);
        assert_eq!(request[28..], [9; 16]);
    }

    #[test]
    fn the_hello_before_is_made_up_again() {
        let second = hello(3, 1, &[9; 16]);
        assert_eq!(parse(&second).unwrap().before(), Some(hello(0, 0, b"")));
        for no_second in [hello(0, 1, &[9; 16]), hello(3, 0, &[9; 16]), hello(3, 1, b"")] {
            assert_eq!(parse(&no_second).unwrap().before(), None);
        }
    }

    #[test]
    fn only_whole_hellos_are_read() {
        let whole = hello(0, 0, b"");
        for length in 0..whole.len() {
            assert_eq!(parse(&whole[..length]), None, "{length}");
        }
        for (at, byte) in [(0, 23), (1, 3), (3, 1), (4, 1), (13, 2), (16, 200), (21, 1), (24, 9), (59, 200), (60, 200)]
        {
            let mut broken = whole.clone();
            broken[at] = byte;
            assert_eq!(parse(&broken), None, "{at}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(at in 0usize..90, byte in any::<u8>(), cut in 0usize..100, cookie in 0usize..40) {
            let mut bytes = hello(1, 1, &vec![9; cookie]);
            let length = bytes.len();
            bytes[at % length] = byte;
            let cut = cut.min(length);
            if let Some(hello) = parse(&bytes[..cut]) {
                prop_assert!(hello.verify_request(&[0; 16]).len() <= cut);
                if let Some(before) = hello.before() {
                    prop_assert!(parse(&before).is_some_and(|before| before.cookie.is_empty() && before.sequence == 0));
                }
            }
        }
    }
}
