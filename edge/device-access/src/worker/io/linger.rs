//! Ending a connection so that the other side can still read what it was told last.
//!
//! A socket that is closed with bytes unread resets the connection, and what was sent before is lost with it. So only our
//! half is closed; what still comes is read and forgotten, for a short while and for few connections at a time.
//!
//! An end costs several system calls, over TLS ten times what a report takes. When a network fails, thousands come at
//! once: they wait in a queue, so that the devices that are left are served in between.

use std::cell::Cell;
use std::collections::VecDeque;
use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::stream::Stream;

/// Longest time a connection is kept after its end.
const TIME_MAX: Duration = Duration::from_secs(1);

/// Connections of one worker kept at once; more are closed at once.
const COUNT_MAX: usize = 256;

/// Sockets ended in one turn: half a millisecond's work.
const ENDS_PER_TURN: usize = 32;

/// A connection the worker has forgotten, with what its other side is still to be told.
pub(crate) struct Ended {
    pub(crate) stream: Stream,
    /// Written if the socket takes it.
    pub(crate) last: Vec<u8>,
    /// It was sent something it may not have read yet.
    pub(crate) is_told: bool,
}

/// Connections that have ended and are not closed yet.
#[derive(Default)]
pub(crate) struct Lingering {
    queue: VecDeque<Ended>,
    /// Those whose other side may still read.
    open: Rc<Cell<usize>>,
}

impl Lingering {
    /// Its turn comes.
    pub(crate) fn push(&mut self, ended: Ended) {
        self.queue.push_back(ended);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Ends the next ones. Nobody's last words are waited for when the worker is `stopping`.
    pub(crate) fn end_some(&mut self, stopping: bool) {
        for _ in 0..ENDS_PER_TURN {
            let Some(Ended { stream, last, is_told }) = self.queue.pop_front() else { break };
            let socket = stream.end(&last);
            if let Some(socket) = socket.filter(|_| is_told && !stopping) {
                self.linger(socket);
            }
        }
        if self.queue.is_empty() {
            // A storm's worth of memory is not kept.
            self.queue.shrink_to(ENDS_PER_TURN);
        }
    }

    /// Closes our half, and the whole when the other side has closed its own or the time is over.
    fn linger(&self, mut stream: TcpStream) {
        if self.open.get() >= COUNT_MAX || SockRef::from(&stream).shutdown(Shutdown::Write).is_err() {
            return;
        }
        let count = Rc::clone(&self.open);
        count.set(count.get() + 1);
        tokio::task::spawn_local(async move {
            let mut forgotten = [0; 1024];
            let is_over = async { while !matches!(stream.read(&mut forgotten).await, Ok(0) | Err(_)) {} };
            // Either way it is closed now.
            let _ = tokio::time::timeout(TIME_MAX, is_over).await;
            count.set(count.get() - 1);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection whose other side has nothing more to say or hear, and that side.
    async fn ended(listener: &tokio::net::TcpListener) -> (Ended, TcpStream) {
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        (Ended { stream: Stream::Plain(stream), last: b"bye".to_vec(), is_told: false }, client)
    }

    #[tokio::test]
    async fn many_ends_are_spread_over_turns_and_each_is_told() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut lingering = Lingering::default();
        let mut others = Vec::new();
        for _ in 0..ENDS_PER_TURN + 3 {
            let (ended, other) = ended(&listener).await;
            lingering.push(ended);
            others.push(other);
        }
        lingering.end_some(false);
        assert_eq!(lingering.queue.len(), 3, "the first have gone, in order");
        lingering.end_some(false);
        assert!(lingering.is_empty());
        for mut other in others {
            let mut heard = Vec::new();
            other.read_to_end(&mut heard).await.unwrap();
            assert_eq!(heard, b"bye");
        }
    }
}
