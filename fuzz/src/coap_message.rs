//! Datagrams of CoAP clients: whatever comes is read or refused, what is read can be written again, and a peer answers each
//! datagram with at most one that is hardly longer.
//!
//! Input: datagrams, each behind its length in one byte.

use std::time::Instant;

use lianwu_coap::message::encode;
use lianwu_coap::option::PATH_BYTES_MAX;
use lianwu_coap::{Code, Event, Message, Peer, Response};

/// What the peer itself says when too much is asked of it.
const TEXT_BYTES_MAX: usize = 40;

pub fn run(data: &[u8]) {
    let mut peer = Peer::new(7);
    let now = Instant::now();
    let mut rest = data;
    while let Some((&length, bytes)) = rest.split_first() {
        let (datagram, after) = bytes.split_at(usize::from(length).min(bytes.len()));
        rest = after;
        decode(datagram);
        let mut out = Vec::new();
        if let Event::Request(message) = peer.receive(now, datagram, &mut out) {
            assert!(out.is_empty(), "answered before it was judged");
            peer.respond(now, message.id, &Response::new(Code::NOT_FOUND, ""), &mut out);
            assert_eq!(out.len(), 1, "a request has one answer");
        }
        assert!(out.len() <= 1);
        assert!(out.iter().all(|bytes| bytes.len() <= datagram.len() + TEXT_BYTES_MAX));
    }
    assert_eq!(peer.deadline(), None, "everything was answered at once");
}

fn decode(datagram: &[u8]) {
    let Ok(message) = Message::decode(datagram) else { return };
    if let Ok(path) = message.options.path() {
        assert!(path.len() <= PATH_BYTES_MAX, "{path}");
    }
    let options: Vec<(u16, &[u8])> = message.options.iter().collect();
    let mut out = Vec::new();
    encode(message.kind, message.code, message.id, message.token, &options, message.payload, &mut out);
    assert!(out.len() <= datagram.len(), "the shortest form was written");
    let again = Message::decode(&out).expect("what was written can be read");
    assert_eq!(
        (again.kind, again.code, again.id, again.token),
        (message.kind, message.code, message.id, message.token)
    );
    assert_eq!(again.payload, message.payload);
    assert!(again.options.iter().eq(options));
}
