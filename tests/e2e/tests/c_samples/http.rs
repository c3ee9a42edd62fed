//! What a sample asks for over HTTP, and what it is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use crate::recording::words;
use crate::stage::{Stage, connected};

/// Byte `n` of every file of a recording.
const fn byte(n: usize) -> u8 {
    (n % 251) as u8
}

/// A file of this length.
pub fn content(length: usize) -> Vec<u8> {
    (0..length).map(byte).collect()
}

/// The connections of a sample to the listener for devices: one for each address it was given, and kept for what follows.
#[derive(Default)]
pub struct Http {
    open: Option<(String, BufReader<TcpStream>)>,
}

impl Http {
    /// Sends a recorded request with today's names; behind it as much of the file as its `Content-Length` says.
    pub fn asks(&mut self, stage: &Stage, request: &[u8]) {
        let request = stage.now(std::str::from_utf8(request).expect("a request without a body"));
        let [_, path, _] = words(&request);
        let length: usize = header(&request, "Content-Length").map_or(0, |value| value.parse().expect("a number"));
        if self.open.as_ref().is_none_or(|(open, _)| open != path) {
            let stream = connected(stage.server.device_http_address());
            self.open = Some((path.to_owned(), BufReader::new(stream)));
        }
        let stream = self.stream().get_mut();
        stream.write_all(request.as_bytes()).expect("the connection is kept");
        stream.write_all(&content(length)).expect("the connection is kept");
    }

    /// Reads the answer: its status and, when it is a part of the file, exactly that part.
    pub fn told(&mut self, expected: &str) {
        let [status, range] = words(expected);
        let stream = self.stream();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(stream.read_line(&mut head).expect("an answer in time"), 0, "{head}");
        }
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        let length = header(&head, "Content-Length").expect("in the only spelling the samples know");
        let mut body = vec![0; length.parse().expect("a number")];
        stream.read_exact(&mut body).expect("the body in time");
        if range == "-" {
            return assert!(body.is_empty(), "{head}");
        }
        assert_eq!(header(&head, "Content-Range"), Some(format!("bytes {range}").as_str()));
        let first: usize = range.split('-').next().and_then(|first| first.parse().ok()).expect("a number");
        let wanted: Vec<u8> = (first..first + body.len()).map(byte).collect();
        assert!(body == wanted, "another part of the file than {range}");
    }

    fn stream(&mut self) -> &mut BufReader<TcpStream> {
        &mut self.open.as_mut().expect("a request before").1
    }
}

/// The value of a header, spelled exactly so.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
}
