//! The cipher suites of a ClientHello, read before OpenSSL is asked: they decide which kind of handshake it is.
//!
//! Pure. Source: RFC 5246 7.4.1.2 and 6.2.1, RFC 8446 4.1.2.

/// With so many bytes and no end of the suites in sight, the client is served as one that offers everything.
pub(crate) const HELLO_BYTES_MAX: usize = 2048;

const RECORD_HEADER: usize = 5;
const HANDSHAKE_RECORD: u8 = 22;
const CLIENT_HELLO: u8 = 1;

/// What the first bytes of a connection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hello<'a> {
    /// More bytes are needed.
    Incomplete,
    /// Something else than TLS, for example MQTT in the clear.
    NotTls,
    /// The suites offered, two bytes each.
    Suites(&'a [u8]),
    /// A hello whose suites lie in more than its first record; no device's TLS does that.
    Spread,
}

/// Looks at the bytes received so far.
pub(crate) fn parse(bytes: &[u8]) -> Hello<'_> {
    match bytes.first() {
        None => return Hello::Incomplete,
        Some(&HANDSHAKE_RECORD) => {}
        Some(_) => return Hello::NotTls,
    }
    let Some((header, rest)) = bytes.split_at_checked(RECORD_HEADER) else { return Hello::Incomplete };
    if header[1] != 3 {
        return Hello::NotTls;
    }
    let record_bytes = usize::from(u16::from_be_bytes([header[3], header[4]]));
    let is_whole = rest.len() >= record_bytes;
    let record = rest.get(..record_bytes).unwrap_or(rest);
    match record.first() {
        Some(&CLIENT_HELLO) | None => {}
        Some(_) => return Hello::NotTls,
    }
    match suites(record) {
        Some(suites) => Hello::Suites(suites),
        None if is_whole || bytes.len() >= HELLO_BYTES_MAX => Hello::Spread,
        None => Hello::Incomplete,
    }
}

/// Behind type and length (4), version (2) and random (32): the session id, then the suites, each behind its length.
fn suites(record: &[u8]) -> Option<&[u8]> {
    let rest = record.get(38..)?;
    let (session_id_bytes, rest) = rest.split_first()?;
    let rest = rest.get(usize::from(*session_id_bytes)..)?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    rest.get(..usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A hello as the vendor's C SDK sends it: two suites with a pre-shared key and the renegotiation signal.
    fn hello(suites: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.push(0);
        body.extend(u16::try_from(suites.len()).unwrap().to_be_bytes());
        body.extend(suites);
        body.extend([1, 0]);
        let mut bytes = vec![22, 3, 1];
        bytes.extend(u16::try_from(body.len() + 4).unwrap().to_be_bytes());
        bytes.extend([1, 0]);
        bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        bytes.extend(body);
        bytes
    }

    const OF_THE_C_SDK: [u8; 6] = [0x00, 0x8c, 0x00, 0x8d, 0x00, 0xff];

    /// Are the suites found as soon as they are there, and not before?
    #[test]
    fn suites_are_found_as_soon_as_they_are_there() {
        let bytes = hello(&OF_THE_C_SDK);
        let end = bytes.len() - 2;
        for length in 0..end {
            assert_eq!(parse(&bytes[..length]), Hello::Incomplete, "{length} bytes");
        }
        assert_eq!(parse(&bytes[..end]), Hello::Suites(&OF_THE_C_SDK));
        assert_eq!(parse(&bytes), Hello::Suites(&OF_THE_C_SDK));
    }

    #[test]
    fn other_protocols_are_told_apart() {
        assert_eq!(parse(b"\x10\x20\x00\x04MQTT"), Hello::NotTls);
        assert_eq!(parse(b"GET / HTTP/1.1\r\n"), Hello::NotTls);
        assert_eq!(parse(&[22, 3, 1, 0, 1, 2]), Hello::NotTls, "a ServerHello");
    }

    #[test]
    fn a_hello_in_many_records_is_not_waited_for() {
        assert_eq!(parse(&[22, 3, 1, 0, 1, 1]), Hello::Spread);
        let mut long = vec![22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3];
        long.extend([7; 32]);
        long.push(0);
        long.extend([0x3f, 0]);
        long.resize(HELLO_BYTES_MAX, 0);
        assert_eq!(parse(&long), Hello::Spread);
    }

    proptest! {
        /// Whatever comes, it is judged without a panic, and no later than at the most bytes.
        #[test]
        fn any_bytes_are_judged(bytes in proptest::collection::vec(any::<u8>(), 0..HELLO_BYTES_MAX * 2)) {
            let found = parse(&bytes);
            prop_assert!(found != Hello::Incomplete || bytes.len() < HELLO_BYTES_MAX);
        }

        #[test]
        fn broken_hellos_are_judged(at in 0usize..60, byte in any::<u8>(), cut in 0usize..60) {
            let mut bytes = hello(&OF_THE_C_SDK);
            let length = bytes.len();
            bytes[at % length] = byte;
            parse(&bytes[..cut.min(length)]);
        }
    }
}
