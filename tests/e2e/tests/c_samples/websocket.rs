//! The frames of the hub SDK's websocket client around what a recording says.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;

use crate::stage::{Stage, connected};

/// What the sample masked its frames with.
const MASK: [u8; 4] = *b"143\0";

/// A message of bytes, complete.
const BINARY: u8 = 0x82;

const CLOSE: u8 = 0x88;

/// A connection that sends each write as one frame, as the sample does, and gives what is in the frames that come.
pub struct WebSocket {
    stream: BufReader<TcpStream>,
    left: usize,
}

impl WebSocket {
    /// Sends the recorded request and reads its answer.
    pub fn open(stage: &Stage, upgrade: &[u8]) -> Self {
        let request = stage.now(std::str::from_utf8(upgrade).expect("text"));
        let mut stream = BufReader::new(connected(stage.server.device_http_address()));
        stream.get_mut().write_all(request.as_bytes()).expect("the connection is open");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(stream.read_line(&mut head).expect("an answer in time"), 0, "{head}");
        }
        // The sample looks for these words as they are, and its key is always the same.
        for line in [
            "HTTP/1.1 101 ",
            "\r\nSec-WebSocket-Protocol: mqtt\r\n",
            "\r\nSec-WebSocket-Accept: SKslZF78GCkIO8xvldi3U6oimZ4=\r\n",
        ] {
            assert!(head.contains(line), "{head}");
        }
        Self { stream, left: 0 }
    }

    /// Length of the next frame's content; 0 when the platform closes.
    fn next_frame(&mut self) -> std::io::Result<usize> {
        let mut head = [0; 2];
        if let Err(error) = self.stream.read_exact(&mut head) {
            return if error.kind() == std::io::ErrorKind::UnexpectedEof { Ok(0) } else { Err(error) };
        }
        if head[0] == CLOSE {
            return Ok(0);
        }
        assert_eq!(head[0], BINARY, "the sample reads nothing else");
        match head[1] {
            126 => {
                let mut length = [0; 2];
                self.stream.read_exact(&mut length)?;
                Ok(usize::from(u16::from_be_bytes(length)))
            }
            length => {
                assert!(length < 126, "short, and not masked");
                Ok(usize::from(length))
            }
        }
    }
}

impl Read for WebSocket {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            self.left = self.next_frame()?;
        }
        let most = buffer.len().min(self.left);
        let read = self.stream.read(&mut buffer[..most])?;
        self.left -= read;
        Ok(read)
    }
}

impl Write for WebSocket {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let length = u16::try_from(bytes.len()).expect("short packets");
        let mut frame = vec![BINARY];
        match u8::try_from(length) {
            Ok(short) if short < 126 => frame.push(0x80 | short),
            _ => {
                frame.push(0x80 | 126);
                frame.extend(length.to_be_bytes());
            }
        }
        frame.extend(MASK);
        frame.extend(bytes.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.stream.get_mut().write_all(&frame)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
