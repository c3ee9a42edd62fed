//! What the tasks of one worker share: connections, the batch of this turn, what waits for the disk.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use lianwu_device_protocol::topic::DownTopics;
use lianwu_model::{DeviceNumber, Uin, UnixMillis};
use lianwu_mqtt::connection::Framing;
use lianwu_ports::log::Rejected;
use lianwu_ports::record::{BatchBuffers, RecordBatch};
use lianwu_services::directory::DirectoryDevice;
use slab::Slab;

use super::backend::forward::Forwards;
use super::backend::session::KeptHere;
use super::backend::{BackendConnection, Windows};
use super::device::gateway::behind::Behind;
use super::device::kept::Kept;
use super::device::queue::Away;
use super::device::raw::RawLines;
use super::device::session::Session;
use super::device::shadow::ShadowRequest;
use super::device::visit::Heard;
use super::held::Held;
use super::io::connection::Read;
use super::io::linger::Lingering;
use super::io::ready::Wakeup;
use super::io::stream::Stream;
use super::overrun::Overruns;
use super::rate::Bucket;
use crate::route::Route;
use crate::wheel::Wheel;

/// Bytes read before they are handled, from as many connections as fit.
pub(crate) const READ_BYTES: usize = 128 * 1024;

/// Emptied arenas kept for the next batches: one is filled while another waits for the disk.
const SPARE_ARENAS: usize = 3;

/// Memory of emptied output buffers that is kept for the next turn.
const POOL_BYTES: usize = 1 << 20;

/// Larger output buffers are given back to the allocator.
const POOL_BUFFER_BYTES: usize = 16 * 1024;

/// Where a connection stands, and which one it is: a slot is used again, a generation is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

/// Address and port of the other side, in 18 bytes instead of 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    ip: [u8; 16],
    port: u16,
}

impl Peer {
    pub(crate) fn ip(self) -> IpAddr {
        Ipv6Addr::from(self.ip).to_canonical()
    }
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        let ip = match address.ip() {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        Self { ip: ip.octets(), port: address.port() }
    }
}

impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        SocketAddr::new(self.ip(), self.port).fmt(f)
    }
}

/// One socket. Idle, it owns no buffer.
pub(crate) struct Connection {
    pub(crate) stream: Stream,
    pub(crate) mqtt: lianwu_mqtt::Connection,
    /// An incomplete packet; most have none.
    #[expect(clippy::box_collection, reason = "eight bytes instead of 24 in every idle connection")]
    pub(crate) rest: Option<Box<Vec<u8>>>,
    /// Encoded packets to be written at the end of the turn.
    pub(crate) out: Vec<u8>,
    /// Once signed in.
    pub(crate) device: Option<Arc<DirectoryDevice>>,
    /// Once a backend has signed in.
    pub(crate) backend: Option<Box<BackendConnection>>,
    pub(crate) bucket: Bucket,
    /// System topics it is subscribed to.
    pub(crate) down: DownTopics,
    /// Those of them with QoS 1.
    pub(crate) down_at_least_once: DownTopics,
    /// Boxed: only devices with a kept session, topics of their own or messages of QoS 1 have one.
    pub(crate) session: Option<Box<Session>>,
    pub(crate) generation: u32,
    /// Sub-devices a gateway speaks for.
    pub(crate) sub_devices_online: u16,
    /// In the list of connections to be written.
    pub(crate) is_dirty: bool,
    /// The socket took less than it was given; a task waits until it takes more.
    pub(crate) is_blocked: bool,
    pub(crate) peer: Peer,
    /// Lists it as ready when the socket is.
    pub(crate) wakeup: Arc<Wakeup>,
}

impl Connection {
    /// Does it belong to a device or a backend?
    pub(crate) fn is_signed_in(&self) -> bool {
        self.device.is_some() || self.backend.is_some()
    }
}

/// A batch that waits for the disk.
pub(crate) struct InFlight {
    pub(crate) ticket: u64,
    pub(crate) bytes: usize,
    pub(crate) held: Held,
}

/// How often a device signed in lately.
#[derive(Debug)]
pub(crate) struct SignIns {
    pub(crate) device: Arc<DirectoryDevice>,
    pub(crate) since: Instant,
    pub(crate) count: u32,
}

pub(crate) struct State {
    pub(crate) connections: Slab<Connection>,
    /// Signed-in devices that live on this worker.
    pub(crate) homes: HashMap<DeviceNumber, u32>,
    /// Kept sessions of devices that live here and are not connected.
    pub(crate) away: HashMap<DeviceNumber, Away>,
    /// What is behind the gateways that live here.
    pub(crate) behind: Behind,
    /// Messages of gateways that wait for the registry.
    pub(crate) topology_changes: usize,
    /// Sign-ins that wait for their certificate.
    pub(crate) signature_checks: usize,
    pub(crate) recent_sign_ins: HashMap<DeviceNumber, SignIns>,
    /// Devices without a connection that were there lately.
    pub(crate) heard: Heard,
    /// Devices the cloud has sent to lately.
    pub(crate) down_rates: HashMap<DeviceNumber, Bucket>,
    /// Devices that have sent over HTTP lately.
    pub(crate) post_rates: HashMap<DeviceNumber, Bucket>,
    /// What waits for the shadows of devices that live here; served by a task each while there is any.
    pub(crate) shadows: HashMap<DeviceNumber, VecDeque<ShadowRequest>>,
    /// What waits for scripts.
    pub(crate) raw: RawLines,
    /// The platform's answer to the message a script made, in JSON.
    pub(crate) raw_reply: Option<Vec<u8>>,
    /// Messages about files that wait for the registry, and whether a task serves them.
    pub(crate) about_files: VecDeque<Box<Kept>>,
    pub(crate) serves_files: bool,
    /// Devices over a rate.
    pub(crate) overruns: Overruns,
    /// What was refused to backends.
    pub(crate) told: Windows,
    /// Backends that came and went.
    pub(crate) came_and_went: Windows,
    pub(crate) next_generation: u32,
    pub(crate) read_buffer: Box<[u8]>,
    /// What stands in it.
    pub(crate) reads: Vec<Read>,
    /// The reply to the message at hand, and its topic.
    pub(crate) reply: Vec<u8>,
    pub(crate) topic: String,
    pub(crate) dirty: Vec<Place>,
    pool: Vec<Vec<u8>>,
    pool_bytes: usize,
    /// Records of this turn, and what waits for them.
    pub(crate) batch: RecordBatch,
    /// Where the next one comes from.
    pub(crate) buffers: BatchBuffers,
    pub(crate) held: Held,
    pub(crate) in_flight: VecDeque<InFlight>,
    pub(crate) in_flight_bytes: usize,
    pub(crate) next_ticket: u64,
    /// The log did not take it; offered again at the next completion or tick.
    pub(crate) rejected: Option<Rejected>,
    pub(crate) lingering: Lingering,
    /// Signed-in backends by account and client id.
    pub(crate) backends: HashMap<(Uin, Arc<str>), Place>,
    /// Sessions of backends that live here.
    pub(crate) kept: KeptHere,
    /// Messages of this turn for backends that need not wait for the disk, by worker.
    pub(crate) forwards: Vec<Forwards>,
    /// Messages for backends of other workers whose mailboxes are full.
    pub(crate) undelivered: VecDeque<(usize, Box<Forwards>)>,
    pub(crate) undelivered_bytes: usize,
    /// Receivers of the message at hand, and its packet.
    pub(crate) route: Route,
    pub(crate) frame: Vec<u8>,
    /// Emptied arenas.
    pub(crate) spare: Vec<Held>,
    /// Readers that wait until the disk has caught up.
    pub(crate) stalled: Vec<Waker>,
    /// Readers of devices over their rate, and until when.
    pub(crate) paused: Vec<(Instant, Waker)>,
    pub(crate) wheel: Wheel<Place>,
    pub(crate) turn: Option<Waker>,
    pub(crate) is_turn_due: bool,
    /// No socket is read any more.
    pub(crate) is_stopping: bool,
    pub(crate) started: Instant,
    pub(crate) now: Instant,
    pub(crate) wall: UnixMillis,
    /// New messages are refused with this text: the disk is full.
    pub(crate) refusing: Option<Arc<str>>,
}

impl State {
    pub(crate) fn new(wall: UnixMillis) -> Self {
        let now = Instant::now();
        let buffers = BatchBuffers::default();
        Self {
            connections: Slab::new(),
            homes: HashMap::new(),
            away: HashMap::new(),
            behind: Behind::default(),
            topology_changes: 0,
            signature_checks: 0,
            recent_sign_ins: HashMap::new(),
            heard: Heard::default(),
            down_rates: HashMap::new(),
            post_rates: HashMap::new(),
            shadows: HashMap::new(),
            raw: RawLines::default(),
            raw_reply: None,
            about_files: VecDeque::new(),
            serves_files: false,
            overruns: Overruns::default(),
            told: Windows::of_refusals(),
            came_and_went: Windows::of_connections(),
            next_generation: 0,
            read_buffer: vec![0; READ_BYTES].into(),
            reads: Vec::new(),
            reply: Vec::new(),
            topic: String::new(),
            dirty: Vec::new(),
            pool: Vec::new(),
            pool_bytes: 0,
            batch: buffers.batch(),
            buffers,
            held: Held::default(),
            in_flight: VecDeque::new(),
            in_flight_bytes: 0,
            next_ticket: 0,
            rejected: None,
            lingering: Lingering::default(),
            backends: HashMap::new(),
            kept: KeptHere::default(),
            forwards: Vec::new(),
            undelivered: VecDeque::new(),
            undelivered_bytes: 0,
            route: Route::default(),
            frame: Vec::new(),
            spare: Vec::new(),
            stalled: Vec::new(),
            paused: Vec::new(),
            wheel: Wheel::new(0),
            turn: None,
            is_turn_due: false,
            is_stopping: false,
            started: now,
            now,
            wall,
            refusing: None,
        }
    }

    pub(crate) fn connection(&mut self, place: Place) -> Option<&mut Connection> {
        self.connections.get_mut(place.slot as usize).filter(|c| c.generation == place.generation)
    }

    /// How messages to a connection are written.
    pub(crate) fn framing(&mut self, place: Place) -> Option<Framing> {
        self.connection(place).map(|connection| connection.mqtt.framing())
    }

    /// Asks for a turn: it runs after every task that is ready now.
    pub(crate) fn want_turn(&mut self) {
        if !self.is_turn_due {
            self.is_turn_due = true;
            if let Some(waker) = &self.turn {
                waker.wake_by_ref();
            }
        }
    }

    /// Lets `write` append packets for a connection, to be written at the end of the turn.
    pub(crate) fn send(&mut self, place: Place, write: impl FnOnce(&mut Connection, &mut Vec<u8>)) {
        let Some(connection) = self.connections.get_mut(place.slot as usize) else { return };
        if connection.generation != place.generation {
            return;
        }
        let mut out = std::mem::take(&mut connection.out);
        if out.capacity() == 0 {
            out = self.pool.pop().unwrap_or_default();
            self.pool_bytes -= out.capacity();
        }
        write(connection, &mut out);
        if out.is_empty() {
            return self.recycle(out);
        }
        connection.out = out;
        if !connection.is_dirty {
            connection.is_dirty = true;
            self.dirty.push(place);
            self.want_turn();
        }
    }

    /// Keeps a few arenas for the next batches. A slow disk fills many; their memory is given back.
    pub(crate) fn keep(&mut self, mut held: Held) {
        if self.spare.len() < SPARE_ARENAS {
            held.clear();
            self.spare.push(held);
        }
    }

    /// Takes back an emptied output buffer.
    pub(crate) fn recycle(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= POOL_BUFFER_BYTES && self.pool_bytes + buffer.capacity() <= POOL_BYTES {
            buffer.clear();
            self.pool_bytes += buffer.capacity();
            self.pool.push(buffer);
        }
    }

    /// Is so much waiting for the disk, or for other workers, that no socket may be read?
    pub(crate) fn must_wait_for_disk(&self, uncommitted_bytes_max: usize) -> bool {
        self.rejected.is_some()
            || self.undelivered_bytes > uncommitted_bytes_max
            || self.in_flight_bytes + self.batch.as_bytes().len() > uncommitted_bytes_max
    }

    /// Second of the wheel in which `deadline` is over.
    pub(crate) fn wheel_second(&self, deadline: Instant) -> u64 {
        deadline.saturating_duration_since(self.started).as_secs() + 1
    }
}
