//! Requests that ask for another protocol on their connection: who asks, and how the socket is got back.
//!
//! Names of headers have no case, but the WebSocket client of the vendor's C SDK looks for `Sec-WebSocket-Accept: ` in exactly this
//! one (spec/device-protocol.md 3.1), which hyper cannot write. So the answer that switches protocols is corrected on its way out.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::{CONNECTION, UPGRADE};
use axum::http::{HeaderMap, HeaderName, Method};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How an answer that switches protocols begins.
const SWITCHING: &[u8] = b"HTTP/1.1 101 ";

/// The spelling of the documents; each is as long as in any other.
const NAMES: [&[u8]; 4] =
    [b"\r\nUpgrade:", b"\r\nConnection:", b"\r\nSec-WebSocket-Accept:", b"\r\nSec-WebSocket-Protocol:"];

/// Does the request ask to go on as a WebSocket? Source: RFC 6455 section 4.2.1.
#[must_use]
pub fn is_websocket(request: &Request) -> bool {
    *request.method() == Method::GET
        && has_token(request.headers(), &CONNECTION, "upgrade")
        && has_token(request.headers(), &UPGRADE, "websocket")
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
}

/// A connection after the answer that switched its protocol.
#[derive(Debug)]
pub struct Switched(Upgraded);

/// Waits until the answer to `request` is written: call it with the request, and answer meanwhile.
///
/// # Errors
/// When the connection ends before, or the answer was another one.
pub async fn switched(request: Request) -> io::Result<Switched> {
    hyper::upgrade::on(request).await.map(Switched).map_err(io::Error::other)
}

impl Switched {
    /// The socket, and what came behind the request.
    ///
    /// # Errors
    /// Gives the connection back when its listener serves another kind of socket.
    pub fn into_socket<S>(self) -> Result<(S, Bytes), Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let parts = self.0.downcast::<TokioIo<ExactCase<S>>>().map_err(Self)?;
        Ok((parts.io.into_inner().0, parts.read_buf))
    }
}

/// A socket that writes the names in an answer that switches protocols as the documents spell them.
#[derive(Debug)]
pub(crate) struct ExactCase<S>(pub(crate) S);

/// The answer with its names corrected, if `bytes` is one that switches protocols.
fn corrected(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut answer = bytes.strip_prefix(SWITCHING).map(|_| bytes.to_vec())?;
    for name in NAMES {
        let found = answer.windows(name.len()).position(|part| part.eq_ignore_ascii_case(name));
        if let Some(at) = found {
            answer[at..at + name.len()].copy_from_slice(name);
        }
    }
    Some(answer)
}

impl<S: AsyncRead + Unpin> AsyncRead for ExactCase<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ExactCase<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match corrected(bytes) {
            Some(answer) => Pin::new(&mut self.0).poll_write(cx, &answer),
            None => Pin::new(&mut self.0).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // The head of an answer is a part of its own, and this one has no body.
        match parts.iter().find(|part| !part.is_empty()).and_then(|first| corrected(first)) {
            Some(answer) => Pin::new(&mut self.0).poll_write(cx, &answer),
            None => Pin::new(&mut self.0).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_an_answer_that_switches_are_corrected() {
        for written in [
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nsec-websocket-accept: sec-websocket-accept:\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nSec-Websocket-Accept: sec-websocket-accept:\r\n\r\n",
        ] {
            let expected = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nSec-WebSocket-Accept: sec-websocket-accept:\r\n\r\n";
            assert_eq!(corrected(written.as_bytes()).as_deref(), Some(expected.as_bytes()));
        }
        assert_eq!(corrected(b"HTTP/1.1 200 OK\r\nupgrade: x\r\n\r\n"), None);
        assert_eq!(corrected(b""), None);
    }

    #[test]
    fn a_websocket_is_asked_for_by_two_headers_in_any_case() {
        let request = |connection: &str, upgrade: &str| {
            let built = Request::get("/any").header("connection", connection).header("UPGRADE", upgrade);
            built.body(axum::body::Body::empty()).unwrap()
        };
        assert!(is_websocket(&request("Upgrade", "websocket")));
        assert!(is_websocket(&request("keep-alive, upgrade", "WebSocket")));
        assert!(!is_websocket(&request("keep-alive", "websocket")));
        assert!(!is_websocket(&request("upgrade", "h2c")));
        let mut posted = request("upgrade", "websocket");
        *posted.method_mut() = Method::POST;
        assert!(!is_websocket(&posted));
    }
}
