//! Ending a connection so that the other side can still read what it was told last.
//!
//! A socket that is closed with bytes unread resets the connection, and what was sent before is lost with it. So only our
//! half is closed; what still comes is read and forgotten, for a short while and for few connections at a time.

use std::cell::Cell;
use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

/// Longest time a connection is kept after its end.
const TIME_MAX: Duration = Duration::from_secs(1);

/// Connections of one worker kept at once; more are closed at once.
const COUNT_MAX: usize = 256;

/// Connections that have ended and are not closed yet.
#[derive(Debug, Default)]
pub(crate) struct Lingering(Rc<Cell<usize>>);

impl Lingering {
    /// Closes our half, and the whole when the other side has closed its own or the time is over.
    pub(crate) fn end(&self, mut stream: TcpStream) {
        if self.0.get() >= COUNT_MAX || SockRef::from(&stream).shutdown(Shutdown::Write).is_err() {
            return;
        }
        let count = Rc::clone(&self.0);
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
