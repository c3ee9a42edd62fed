//! A client's connection with its incomplete packet, and a timer the event loop can wait for.

mod tls;

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::fd::{AsRawFd as _, OwnedFd},
    sync::Arc,
    time::Duration,
};

use mio::{Interest, Registry, Token, net::TcpStream, unix::SourceFd};
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use socket2::{Domain, Protocol, Socket, Type};

use super::Opening;
pub(crate) use tls::{KeyClient, PreSharedKey};

/// A non-blocking connection, watched for both directions from the start.
pub(crate) struct Link {
    stream: Stream,
    /// Bytes of a packet that has not arrived completely.
    rest: Vec<u8>,
}

enum Stream {
    Clear(TcpStream),
    Tls(tls::Session),
}

impl Link {
    /// With a key the connection is TLS; its handshake is part of the first reads and writes.
    pub fn open(
        opening: &Opening,
        client: usize,
        key: Option<&Arc<PreSharedKey>>,
        registry: &Registry,
    ) -> io::Result<Self> {
        let address = opening.address;
        let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
        if opening.source_addresses > 1 && address.is_ipv4() {
            let last = 1 + (client % usize::from(opening.source_addresses)) as u8;
            let source = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), 0);
            socket.bind(&source.into())?;
        }
        socket.set_tcp_nodelay(true)?;
        match socket.connect(&address.into()) {
            Err(error) if error.raw_os_error() != Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => {
                return Err(error);
            }
            _ => {}
        }
        let mut stream = TcpStream::from_std(socket.into());
        registry.register(&mut stream, Token(client), Interest::READABLE | Interest::WRITABLE)?;
        let stream = match (&opening.key_client, key) {
            (Some(client), Some(key)) => Stream::Tls(client.session(key, stream)?),
            _ => Stream::Clear(stream),
        };
        Ok(Self { stream, rest: Vec::new() })
    }

    /// Is an answer shorter than the buffer all there was? Over TLS it may be the end of a record only.
    pub fn short_read_is_all(&self) -> bool {
        matches!(self.stream, Stream::Clear(_))
    }

    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let outcome = match &mut self.stream {
                Stream::Clear(stream) => stream.read(buffer),
                Stream::Tls(session) => session.read(buffer),
            };
            match outcome {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return outcome,
            }
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let outcome = match &mut self.stream {
                Stream::Clear(stream) => stream.write(bytes),
                Stream::Tls(session) => session.write(bytes),
            };
            match outcome {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return outcome,
            }
        }
    }

    /// Puts the incomplete packet of the last read in front of the next one. Returns its length.
    ///
    /// The rest is always shorter than the buffer: the decoder refuses packets that would not fit.
    pub fn take_rest(&mut self, buffer: &mut [u8]) -> usize {
        let kept = self.rest.len();
        buffer[..kept].copy_from_slice(&self.rest);
        self.rest.clear();
        kept
    }

    pub fn keep_rest(&mut self, rest: &[u8]) {
        self.rest.extend_from_slice(rest);
    }
}

/// Ends a wait for events after less than a millisecond, which the wait's own time-out cannot.
pub(crate) struct AlarmClock {
    descriptor: OwnedFd,
}

impl AlarmClock {
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let descriptor = rustix::time::timerfd_create(TimerfdClockId::Monotonic, flags)?;
        registry.register(&mut SourceFd(&descriptor.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { descriptor })
    }

    /// Rings once after `delay`, which must not be zero; replaces an earlier setting.
    pub fn set(&self, delay: Duration) -> io::Result<()> {
        let once = Timespec { tv_sec: 0, tv_nsec: 0 };
        let seconds = i64::try_from(delay.as_secs()).unwrap_or(i64::MAX);
        let value = Timespec { tv_sec: seconds, tv_nsec: i64::from(delay.subsec_nanos()) };
        let timer = Itimerspec { it_interval: once, it_value: value };
        rustix::time::timerfd_settime(&self.descriptor, TimerfdTimerFlags::empty(), &timer)?;
        Ok(())
    }
}
