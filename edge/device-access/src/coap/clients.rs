//! Clients that have proved to be devices, and DTLS handshakes that may become such.
//!
//! Pure: time comes in. Bounded: over [`CLIENTS_MAX`] the one that was silent for longest makes room, and among those whose
//! handshake is not done a stranger can only displace another stranger.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lianwu_coap::Peer;

use super::dtls::Session;

/// Clients of one port. One in the clear takes about 0.3 KiB and what it was answered lately, one over DTLS some 20 KiB.
pub(super) const CLIENTS_MAX: usize = 10_000;

/// Handshakes that are not done, of one port.
pub(super) const HANDSHAKES_MAX: usize = 1_024;

/// One in the clear is forgotten when it was silent for so long: nobody repeats a message that late (RFC 7252 §4.8.2).
const SILENT_MAX: Duration = lianwu_coap::peer::EXCHANGE_LIFETIME;

/// A session over DTLS is kept for so long: as long as its token is good.
const SESSION_SILENT_MAX: Duration = Duration::from_hours(24);

pub(super) struct Client {
    pub(super) peer: Peer,
    pub(super) session: Option<Box<Session>>,
    pub(super) heard: Instant,
    /// Which client it is: an address may become another's.
    pub(super) generation: u64,
    due: Option<Instant>,
}

impl Client {
    pub(super) fn new(generation: u64, peer: Peer, session: Option<Box<Session>>, now: Instant) -> Self {
        Self { peer, session, heard: now, generation, due: None }
    }

    fn is_shaking_hands(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.device().is_none())
    }

    fn deadline(&self) -> Option<Instant> {
        let silent_max = if self.session.is_some() { SESSION_SILENT_MAX } else { SILENT_MAX };
        let silent = Some(self.heard + silent_max);
        let session = self.session.as_ref().and_then(|session| session.deadline());
        [silent, session, self.peer.deadline()].into_iter().flatten().min()
    }

    /// Has it been silent for too long?
    pub(super) fn is_silent(&self, now: Instant) -> bool {
        let silent_max = if self.session.is_some() { SESSION_SILENT_MAX } else { SILENT_MAX };
        now.duration_since(self.heard) >= silent_max
    }
}

#[derive(Default)]
pub(super) struct Clients {
    by_address: HashMap<SocketAddr, Client>,
    timers: BTreeSet<(Instant, SocketAddr)>,
    handshakes: usize,
}

impl Clients {
    pub(super) fn len(&self) -> usize {
        self.by_address.len()
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.timers.first().map(|(due, _)| *due)
    }

    /// The client whose deadline is over.
    pub(super) fn due(&self, now: Instant) -> Option<SocketAddr> {
        self.timers.first().filter(|(due, _)| *due <= now).map(|(_, address)| *address)
    }

    pub(super) fn get(&self, address: SocketAddr) -> Option<&Client> {
        self.by_address.get(&address)
    }

    /// Lets `change` do something with a client, and notes its deadline anew. `None` when there is none.
    pub(super) fn with<T>(&mut self, address: SocketAddr, change: impl FnOnce(&mut Client) -> T) -> Option<T> {
        let client = self.by_address.get_mut(&address)?;
        let was_shaking_hands = client.is_shaking_hands();
        let done = change(client);
        if was_shaking_hands && !client.is_shaking_hands() {
            self.handshakes -= 1;
        }
        let due = client.deadline();
        if due != client.due {
            if let Some(before) = std::mem::replace(&mut client.due, due) {
                self.timers.remove(&(before, address));
            }
            self.timers.extend(due.map(|due| (due, address)));
        }
        Some(done)
    }

    /// Takes a client in, in the place of one at the same address. Gives those back that had to go.
    pub(super) fn insert(&mut self, address: SocketAddr, client: Client) -> Vec<(SocketAddr, Client)> {
        let mut gone: Vec<(SocketAddr, Client)> =
            self.remove(address).into_iter().map(|before| (address, before)).collect();
        let is_shaking_hands = client.is_shaking_hands();
        let is_full = self.by_address.len() >= CLIENTS_MAX;
        if is_shaking_hands && (self.handshakes >= HANDSHAKES_MAX || is_full && self.handshakes > 0) {
            gone.extend(self.make_room(true));
        } else if is_full {
            gone.extend(self.make_room(false));
        }
        self.handshakes += usize::from(is_shaking_hands);
        self.by_address.insert(address, client);
        self.with(address, |_| {});
        gone
    }

    /// The one that was silent for longest goes.
    fn make_room(&mut self, among_handshakes: bool) -> Option<(SocketAddr, Client)> {
        let candidates = self.by_address.iter().filter(|(_, client)| !among_handshakes || client.is_shaking_hands());
        let (address, _) = candidates.min_by_key(|(_, client)| client.heard)?;
        let address = *address;
        self.remove(address).map(|client| (address, client))
    }

    pub(super) fn remove(&mut self, address: SocketAddr) -> Option<Client> {
        let client = self.by_address.remove(&address)?;
        self.handshakes -= usize::from(client.is_shaking_hands());
        if let Some(due) = client.due {
            self.timers.remove(&(due, address));
        }
        Some(client)
    }

    /// All of them, when the platform stops.
    pub(super) fn take_all(&mut self) -> Vec<(SocketAddr, Client)> {
        self.timers.clear();
        self.handshakes = 0;
        self.by_address.drain().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: usize) -> SocketAddr {
        let [.., high, low] = n.to_be_bytes();
        SocketAddr::from(([192, 0, high, low], 5683))
    }

    /// When the table is full the most silent one goes, and no timer of it is left.
    #[test]
    fn the_table_is_bounded() {
        let start = Instant::now();
        let mut clients = Clients::default();
        for n in 0..CLIENTS_MAX {
            let heard = start + Duration::from_millis(n as u64);
            assert!(clients.insert(address(n), Client::new(0, Peer::new(0), None, heard)).is_empty());
        }
        clients.with(address(0), |client| client.heard = start + Duration::from_secs(60));
        let gone =
            clients.insert(address(CLIENTS_MAX), Client::new(0, Peer::new(0), None, start + Duration::from_secs(61)));
        assert_eq!(gone.iter().map(|(address, _)| *address).collect::<Vec<_>>(), [address(1)]);
        assert_eq!((clients.len(), clients.timers.len()), (CLIENTS_MAX, CLIENTS_MAX));
    }

    /// A client in the clear is due when it was silent for the lifetime of an exchange.
    #[test]
    fn silent_clients_are_due() {
        let start = Instant::now();
        let mut clients = Clients::default();
        clients.insert(address(1), Client::new(0, Peer::new(0), None, start));
        assert_eq!(clients.next_due(), Some(start + SILENT_MAX));
        assert_eq!(clients.due(start + SILENT_MAX - Duration::from_millis(1)), None);
        clients.with(address(1), |client| client.heard = start + Duration::from_secs(1));
        assert_eq!(clients.due(start + SILENT_MAX), None);
        assert_eq!(clients.due(start + SILENT_MAX + Duration::from_secs(1)), Some(address(1)));
        assert!(clients.remove(address(1)).is_some_and(|client| client.is_silent(start + SILENT_MAX * 2)));
        assert_eq!((clients.next_due(), clients.len()), (None, 0));
    }
}
