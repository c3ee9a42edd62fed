//! What is on the wire, in both directions.

use lianwu_coap::message::{Malformed, encode};
use lianwu_coap::option::{AUTH_TOKEN, NEED_RESP, OptionError, PathError, URI_PATH};
use lianwu_coap::{Code, DecodeError, Kind, Message, Token};
use proptest::prelude::*;

/// The authentication as the vendor's C SDK frames it: one path option with slashes, option 62, trailing NULs.
#[test]
fn the_authentication_of_the_c_sdk() {
    let mut datagram = vec![0x44, 0x02, 0x12, 0x34, 0x01, 0x02, 0x03, 0x04, 0xbd, 0x15];
    datagram.extend_from_slice(b"PID0000001/dev001/txauth9w0BAQsFA\xd1\x26\x30\xff21010406;aB3xY\0\0\0");
    datagram[9] = 33 - 13;
    let message = Message::decode(&datagram).unwrap();
    assert_eq!((message.kind, message.code, message.id), (Kind::Confirmable, Code::POST, 0x1234));
    assert_eq!(message.token.as_bytes(), [1, 2, 3, 4]);
    assert_eq!(message.options.path().unwrap(), "PID0000001/dev001/txauth9w0BAQsFA");
    assert_eq!(message.options.find(NEED_RESP), Some(&b"0"[..]));
    assert_eq!(message.options.find(AUTH_TOKEN), None);
    assert_eq!(message.payload, b"21010406;aB3xY\0\0\0");
}

/// A path in one part with slashes, or in several parts: the same path?
#[test]
fn paths_in_one_part_and_in_several() {
    let path = |parts: &[&[u8]]| {
        let options: Vec<(u16, &[u8])> = parts.iter().map(|part| (URI_PATH, *part)).collect();
        let mut out = Vec::new();
        encode(Kind::NonConfirmable, Code::POST, 1, Token::default(), &options, b"", &mut out);
        Message::decode(&out).unwrap().options.path()
    };
    for (parts, expected) in [
        (&[&b"PID0000001/dev001/data"[..]][..], Ok("PID0000001/dev001/data")),
        (&[b"/PID0000001/dev001/data"], Ok("PID0000001/dev001/data")),
        (&[b"PID0000001", b"dev001", b"data"], Ok("PID0000001/dev001/data")),
        (&[b"$thing", b"up", b"property", b"PID0000001", b"dev001"], Ok("$thing/up/property/PID0000001/dev001")),
        (&[b"$thing/up/property", b"PID0000001/dev001"], Ok("$thing/up/property/PID0000001/dev001")),
        (&[], Ok("")),
        (&[b"a", b""], Ok("a/")),
        (&[&[b'a'; 255]], Ok(std::str::from_utf8(&[b'a'; 255]).unwrap())),
        (&[&[b'a'; 200], &[b'a'; 55]], Err(PathError::TooLong)),
        (&[b"\xff"], Err(PathError::NotText)),
    ] {
        assert_eq!(path(parts).as_deref(), expected.as_ref().copied(), "{parts:?}");
    }
}

/// Which datagrams are refused, and as what?
#[test]
fn malformed_messages() {
    use DecodeError::NotCoap;
    let malformed = |why| DecodeError::Malformed { kind: Kind::Confirmable, id: 7, why };
    for (datagram, expected) in [
        (&[][..], NotCoap),
        (&[0x40, 0, 0], NotCoap),
        (&[0x80, 1, 0, 7], NotCoap),
        (&[0x49, 1, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9], malformed(Malformed::Token)),
        (&[0x42, 1, 0, 7, 1], malformed(Malformed::Token)),
        (&[0x40, 1, 0, 7, 0xb3, b'a'], malformed(Malformed::Options(OptionError::Truncated))),
        (&[0x40, 1, 0, 7, 0xd0], malformed(Malformed::Options(OptionError::Truncated))),
        (&[0x40, 1, 0, 7, 0x0e, 1], malformed(Malformed::Options(OptionError::Truncated))),
        (&[0x40, 1, 0, 7, 0xf0], malformed(Malformed::Options(OptionError::Reserved))),
        (&[0x40, 1, 0, 7, 0x0f], malformed(Malformed::Options(OptionError::Reserved))),
        (&[0x40, 1, 0, 7, 0xe0, 0xff, 0xff], malformed(Malformed::Options(OptionError::Reserved))),
        (&[0x40, 1, 0, 7, 0xff], malformed(Malformed::EmptyPayload)),
        (&[0x40, 0, 0, 7, 0xff, 1], malformed(Malformed::NotEmpty)),
        (&[0x41, 0, 0, 7, 1], malformed(Malformed::NotEmpty)),
        (&[0x40, 0x21, 0, 7], malformed(Malformed::Class)),
    ] {
        assert_eq!(Message::decode(datagram), Err(expected), "{datagram:02x?}");
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Confirmable), Just(Kind::NonConfirmable), Just(Kind::Acknowledgement), Just(Kind::Reset)]
}

fn options() -> impl Strategy<Value = Vec<(u16, Vec<u8>)>> {
    let lengths = prop_oneof![0..20usize, 250..290usize];
    let one = (prop_oneof![0..70u16, 250..300u16, any::<u16>()], lengths.prop_flat_map(|n| vec![any::<u8>(); n]));
    prop::collection::vec(one, 0..6).prop_map(|mut options| {
        options.sort_by_key(|(number, _)| *number);
        options
    })
}

proptest! {
    /// Is what was written read back?
    #[test]
    fn what_is_encoded_is_decoded(
        kind in kind(),
        code in prop_oneof![Just(Code::POST), Just(Code::CONTENT), Just(Code::UNAUTHORIZED)],
        id in any::<u16>(),
        token in prop::collection::vec(any::<u8>(), 0..=8),
        options in options(),
        payload in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let borrowed: Vec<(u16, &[u8])> = options.iter().map(|(number, value)| (*number, value.as_slice())).collect();
        let token = Token::new(&token).unwrap();
        let mut out = Vec::new();
        encode(kind, code, id, token, &borrowed, &payload, &mut out);
        let message = Message::decode(&out).unwrap();
        prop_assert_eq!((message.kind, message.code, message.id, message.token), (kind, code, id, token));
        prop_assert_eq!(message.payload, payload);
        let read: Vec<(u16, &[u8])> = message.options.iter().collect();
        prop_assert_eq!(read, borrowed);
    }

    /// Whatever comes: a message that says the same when it is written again, or an error.
    #[test]
    fn any_bytes_are_read_or_refused(datagram in prop::collection::vec(any::<u8>(), 0..64), is_coap in any::<bool>()) {
        let mut datagram = datagram;
        if is_coap && let Some(first) = datagram.first_mut() {
            *first = 0x40 | *first & 0x33;
        }
        if let Ok(message) = Message::decode(&datagram) {
            let options: Vec<(u16, &[u8])> = message.options.iter().collect();
            let mut out = Vec::new();
            encode(message.kind, message.code, message.id, message.token, &options, message.payload, &mut out);
            prop_assert_eq!(Message::decode(&out), Ok(Message { options: Message::decode(&out).unwrap().options, ..message }));
            prop_assert!(out.len() <= datagram.len());
        }
    }
}
