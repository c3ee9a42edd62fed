//! CONNECT and SUBSCRIBE, the same for every workload.

use std::sync::Arc;

use lianwu_mqtt::{ConnAck, Connect, Packet, PacketId, Properties, ProtocolVersion, QoS, SubscribeAnswer, encode};

use crate::{
    engine::{Next, Outbox, PreSharedKey},
    identity::Identity,
};

/// Packet id of the only SUBSCRIBE of a client. Publishing starts above it.
pub(crate) const SUBSCRIBE_ID: PacketId = PacketId::FIRST;

/// Filters of one SUBSCRIBE; a packet may have 64 KiB.
const FILTERS_PER_PACKET: usize = 500;

/// How far each client of a thread has come.
pub(crate) struct SignIn {
    clients: Vec<Client>,
    ready: usize,
    /// Why the first client failed, for the report.
    pub first_failure: Option<String>,
    /// Clients that failed to sign in, or lost their connection before the end.
    pub failures: u64,
}

struct Client {
    key: Option<Arc<PreSharedKey>>,
    connect: Vec<u8>,
    subscribe: Vec<u8>,
    /// Answers the SUBSCRIBE packets still have to get.
    unanswered: u32,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Closed,
    AwaitConnAck,
    AwaitSubAck,
    Ready,
}

/// What a packet meant for signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Not a packet of signing in: the workload's business.
    NotMine,
    Waiting,
    Ready,
    Refused,
}

fn is_granted(answer: SubscribeAnswer) -> bool {
    matches!(answer, SubscribeAnswer::Granted(_))
}

impl From<Progress> for Next {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Refused => Self::Close,
            Progress::NotMine | Progress::Waiting | Progress::Ready => Self::Keep,
        }
    }
}

impl SignIn {
    pub fn new() -> Self {
        Self { clients: Vec::new(), ready: 0, first_failure: None, failures: 0 }
    }

    /// Adds a client that subscribes to `filter`, if any, at the given QoS.
    ///
    /// # Errors
    /// A name is too long for MQTT.
    pub fn add(&mut self, identity: &Identity, filter: Option<(&str, QoS)>, keep_alive_s: u16) -> anyhow::Result<()> {
        let mut connect = Vec::new();
        encode::connect(
            &mut connect,
            &Connect {
                version: ProtocolVersion::V3_1_1,
                clean_session: true,
                keep_alive_seconds: keep_alive_s,
                properties: Properties::NONE,
                client_id: &identity.client_id,
                user_name: identity.user_name.as_deref(),
                password: identity.password.as_deref().map(str::as_bytes),
                will: None,
            },
        )?;
        let mut subscribe = Vec::new();
        if let Some(filter) = filter {
            encode::subscribe(&mut subscribe, ProtocolVersion::V3_1_1, SUBSCRIBE_ID, [filter])?;
        }
        let unanswered = u32::from(filter.is_some());
        self.clients.push(Client { key: identity.key.clone(), connect, subscribe, unanswered, phase: Phase::Closed });
        Ok(())
    }

    /// Lets a client subscribe to `count` filters nobody publishes to.
    ///
    /// # Errors
    /// Never: the filters are short.
    pub fn add_idle_filters(&mut self, client: usize, count: u32) -> anyhow::Result<()> {
        let this = &mut self.clients[client];
        let filters: Vec<String> = (0..count).map(|number| format!("bench/idle/{number}/+/state")).collect();
        for some in filters.chunks(FILTERS_PER_PACKET) {
            let all = some.iter().map(|filter| (filter.as_str(), QoS::AtMostOnce));
            encode::subscribe(&mut this.subscribe, ProtocolVersion::V3_1_1, SUBSCRIBE_ID, all)?;
            this.unanswered += 1;
        }
        Ok(())
    }

    /// What the client added last says before it subscribes to anything.
    pub fn open_with(&mut self, opening: Vec<u8>) {
        if let Some(client) = self.clients.last_mut() {
            client.subscribe.splice(..0, opening);
        }
    }

    /// Lets the client added last subscribe to these, too.
    ///
    /// # Errors
    /// A filter is too long for MQTT.
    pub fn subscribe_too<'f>(&mut self, filters: impl Iterator<Item = (&'f str, QoS)> + Clone) -> anyhow::Result<()> {
        if let Some(client) = self.clients.last_mut() {
            encode::subscribe(&mut client.subscribe, ProtocolVersion::V3_1_1, SUBSCRIBE_ID, filters)?;
            client.unanswered += 1;
        }
        Ok(())
    }

    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    /// What the client's connections prove themselves by, if they are TLS.
    pub fn key(&self, client: usize) -> Option<&Arc<PreSharedKey>> {
        self.clients[client].key.as_ref()
    }

    pub fn ready(&self) -> usize {
        self.ready
    }

    pub fn is_ready(&self, client: usize) -> bool {
        self.clients[client].phase == Phase::Ready
    }

    pub fn on_open(&mut self, client: usize, outbox: &mut Outbox) {
        let this = &mut self.clients[client];
        this.phase = Phase::AwaitConnAck;
        outbox.of(client).extend_from_slice(&this.connect);
    }

    #[inline]
    pub fn on_packet(&mut self, client: usize, packet: &Packet<'_>, outbox: &mut Outbox) -> Progress {
        if self.clients[client].phase == Phase::Ready {
            return Progress::NotMine;
        }
        self.on_answer(client, packet, outbox)
    }

    fn on_answer(&mut self, client: usize, packet: &Packet<'_>, outbox: &mut Outbox) -> Progress {
        let this = &mut self.clients[client];
        match (this.phase, packet) {
            (Phase::AwaitConnAck, Packet::ConnAck(ConnAck::Accepted { .. })) if this.subscribe.is_empty() => {
                self.set_ready(client)
            }
            (Phase::AwaitConnAck, Packet::ConnAck(ConnAck::Accepted { .. })) => {
                outbox.of(client).extend_from_slice(&this.subscribe);
                this.phase = Phase::AwaitSubAck;
                Progress::Waiting
            }
            (Phase::AwaitConnAck, Packet::ConnAck(ConnAck::Refused { refusal, .. })) => {
                self.refuse(format!("CONNECT refused: {refusal}"))
            }
            (Phase::AwaitSubAck, Packet::SubAck(answer)) if answer.answers().all(is_granted) => {
                this.unanswered -= 1;
                if this.unanswered == 0 { self.set_ready(client) } else { Progress::Waiting }
            }
            (Phase::AwaitSubAck, Packet::SubAck(_)) => self.refuse("SUBSCRIBE refused".into()),
            // A retained or early message: harmless, and not counted.
            (Phase::AwaitSubAck, Packet::Publish(_)) => Progress::Waiting,
            (phase, other) => self.refuse(format!("{} while {phase:?}", other.packet_type())),
        }
    }

    fn set_ready(&mut self, client: usize) -> Progress {
        self.clients[client].phase = Phase::Ready;
        self.ready += 1;
        Progress::Ready
    }

    fn refuse(&mut self, why: String) -> Progress {
        self.first_failure.get_or_insert(why);
        Progress::Refused
    }

    /// Counts the end of a connection as a failure, whatever the cause.
    pub fn on_close(&mut self, client: usize, why: &str) {
        let this = &mut self.clients[client];
        if this.phase == Phase::Ready {
            self.ready -= 1;
        }
        this.phase = Phase::Closed;
        self.failures += 1;
        self.first_failure.get_or_insert_with(|| why.to_owned());
    }
}
