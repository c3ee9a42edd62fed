//! A device's connection: signed in, subscribed, and bytes both ways.

use std::{io, time::Duration};

use anyhow::{Context as _, bail};
use lianwu_mqtt::{ConnAck, Connect, Packet, PacketId, Properties, ProtocolVersion, Publish, QoS, decode, encode};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{identity::Device, workload::run::sign};

/// Longest packet taken from a server.
pub(crate) const PACKET_BYTES_MAX: usize = 256 * 1024;
/// Most bytes of messages kept until what is awaited has come: the offline store is 150 messages of 2 KiB.
const EARLY_BYTES_MAX: usize = 1 << 20;
/// For TCP, CONNACK and SUBACK each.
const ANSWER_MAX: Duration = Duration::from_secs(10);
const KEEP_ALIVE_S: u16 = 60;

/// A signed-in connection.
pub(crate) struct Session {
    pub stream: TcpStream,
    pub received: Vec<u8>,
    /// Messages that came before what was awaited.
    early: Vec<u8>,
    pub out: Vec<u8>,
    next_id: PacketId,
}

impl Session {
    /// Connects, signs in and subscribes. `number` tells this connection from others of the device.
    pub async fn open(address: &str, device: &Device, number: u64, filters: Vec<String>) -> anyhow::Result<Self> {
        let identity = sign(device, &format!("{number:05}"))?;
        let stream = timeout(ANSWER_MAX, TcpStream::connect(address)).await.context("connect")?;
        let stream = stream.with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true).context("set up the socket")?;
        let mut session =
            Self { stream, received: Vec::new(), early: Vec::new(), out: Vec::new(), next_id: PacketId::FIRST };
        let connect = Connect {
            version: ProtocolVersion::V3_1_1,
            clean_session: true,
            keep_alive_seconds: KEEP_ALIVE_S,
            properties: Properties::NONE,
            client_id: &identity.client_id,
            user_name: identity.user_name.as_deref(),
            password: identity.password.as_deref().map(str::as_bytes),
            will: None,
        };
        encode::connect(&mut session.out, &connect)?;
        session
            .exchange(|packet| match packet {
                Packet::ConnAck(ConnAck::Accepted { .. }) => Ok(Some(())),
                Packet::ConnAck(ConnAck::Refused { refusal, .. }) => bail!("CONNECT refused: {refusal}"),
                other => bail!("{} instead of CONNACK", other.packet_type()),
            })
            .await?;
        for filter in filters {
            // One filter per SUBSCRIBE, as the C SDK does.
            let id = session.take_id();
            encode::subscribe(&mut session.out, ProtocolVersion::V3_1_1, id, [(filter.as_str(), QoS::AtLeastOnce)])?;
            let is_it = |packet: &Packet<'_>| matches!(packet, Packet::SubAck(answer) if answer.packet_id == id);
            session.exchange(|packet| Ok(is_it(packet).then_some(()))).await?;
        }
        // Back in front of what came after them.
        let mut received = std::mem::take(&mut session.early);
        received.append(&mut session.received);
        session.received = received;
        Ok(session)
    }

    pub fn take_id(&mut self) -> PacketId {
        let id = self.next_id;
        self.next_id = id.next();
        id
    }

    pub async fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.out).await?;
        self.out.clear();
        Ok(())
    }

    /// Publishes with QoS 0 and waits for a message that `look` makes something of; others are passed over.
    ///
    /// # Errors
    /// Nothing of the kind comes in time, the connection breaks, or `look` refuses.
    pub async fn ask<T>(
        &mut self,
        topic: &str,
        payload: &[u8],
        look: impl Fn(&[u8]) -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        let publish = Publish {
            duplicate: false,
            qos: QoS::AtMostOnce,
            retain: false,
            topic,
            packet_id: None,
            properties: Properties::NONE,
            payload,
        };
        encode::publish(&mut self.out, ProtocolVersion::V3_1_1, &publish)?;
        let found = self.exchange(|packet| match packet {
            Packet::Publish(publish) => look(publish.payload),
            _ => Ok(None),
        });
        let found = found.await?;
        self.early.clear();
        Ok(found)
    }

    /// Writes what is waiting and reads until `look` makes something of a packet. Messages that come before it are kept
    /// for later: a control may follow the first SUBACK at once.
    async fn exchange<T>(&mut self, look: impl Fn(&Packet<'_>) -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
        timeout(ANSWER_MAX, async {
            self.flush().await.context("write")?;
            loop {
                while let Some((packet, bytes)) = decode(&self.received, ProtocolVersion::V3_1_1, PACKET_BYTES_MAX)? {
                    let found = look(&packet)?;
                    if matches!(packet, Packet::Publish(_)) {
                        self.early.extend_from_slice(&self.received[..bytes]);
                    }
                    if self.early.len() > EARLY_BYTES_MAX {
                        bail!("more than {EARLY_BYTES_MAX} bytes of messages before the answer");
                    }
                    self.received.drain(..bytes);
                    if let Some(found) = found {
                        return Ok(found);
                    }
                }
                if self.stream.read_buf(&mut self.received).await.context("read")? == 0 {
                    bail!("closed by the server instead of an answer");
                }
            }
        })
        .await
        .context("no answer")?
    }
}
