//! Output of all connections of a thread: appended to during a turn, written once.

use std::io;

use super::socket::Link;

/// One output buffer per client, and a list of those that have something to say.
pub(crate) struct Outbox {
    clients: Vec<Output>,
    dirty: Vec<usize>,
}

#[derive(Default)]
struct Output {
    bytes: Vec<u8>,
    written: usize,
    is_dirty: bool,
}

impl Outbox {
    pub fn new(clients: usize) -> Self {
        Self { clients: (0..clients).map(|_| Output::default()).collect(), dirty: Vec::new() }
    }

    /// The buffer of a client, to append to. It is written in this turn.
    #[inline]
    pub fn of(&mut self, client: usize) -> &mut Vec<u8> {
        self.mark(client);
        &mut self.clients[client].bytes
    }

    /// Asks for a write of a client's buffer in this turn, empty or not.
    #[inline]
    pub fn mark(&mut self, client: usize) {
        let output = &mut self.clients[client];
        if !output.is_dirty {
            output.is_dirty = true;
            self.dirty.push(client);
        }
    }

    pub(super) fn next_dirty(&mut self) -> Option<usize> {
        let client = self.dirty.pop()?;
        self.clients[client].is_dirty = false;
        Some(client)
    }

    pub(super) fn clear(&mut self, client: usize) {
        let output = &mut self.clients[client];
        output.bytes.clear();
        output.written = 0;
    }

    /// Writes as much as the socket takes. The rest waits for the socket to become writable, which marks it again.
    pub(super) fn write_to(&mut self, client: usize, link: &mut Link) -> io::Result<()> {
        let output = &mut self.clients[client];
        while output.written < output.bytes.len() {
            match link.write(&output.bytes[output.written..]) {
                Ok(count) => output.written += count,
                // NotConnected: the connection is still being opened.
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected) => {
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        self.clear(client);
        Ok(())
    }
}
