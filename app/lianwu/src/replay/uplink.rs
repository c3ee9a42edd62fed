//! A device's connection while its messages are sent again: one message on the way at a time.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use lianwu_bench::identity::Device;
use lianwu_device_protocol::credentials::{Credentials, DeviceSecret, Method};
use lianwu_device_protocol::topic::{ThingKind, down_topic};
use lianwu_model::{DeviceName, ProductId, UnixMillis};
use lianwu_mqtt::{ConnAck, Connect, Packet, PacketId, Properties, ProtocolVersion, Publish, QoS, decode, encode};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::credentials::connection_id;

const VERSION: ProtocolVersion = ProtocolVersion::V3_1_1;

/// Longest wait for an answer of the server.
const ANSWER_MAX: Duration = Duration::from_secs(15);

/// Longest packet taken from the server.
const PACKET_BYTES_MAX: usize = 256 * 1024;

/// "2147483647" is what the vendor's SDKs send when they reconnect by themselves.
const EXPIRY: UnixMillis = UnixMillis(2_147_483_647_000);

/// What a server did not accept.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    pub count: u64,
    /// The last reply that was a refusal.
    pub last: Option<String>,
}

/// A signed-in device.
pub struct Uplink {
    stream: TcpStream,
    received: Vec<u8>,
    out: Vec<u8>,
    next_id: PacketId,
    pub refused: Refused,
}

/// What is common to all replies. Source: spec/device-protocol.md 6.
#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow)]
    method: std::borrow::Cow<'a, str>,
    #[serde(default)]
    code: i64,
}

impl Uplink {
    /// Signs in and subscribes where replies come.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub async fn open(address: &str, device: &Device) -> Result<Self> {
        let stream = timeout(ANSWER_MAX, TcpStream::connect(address)).await.context("connect")?;
        let stream = stream.with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true)?;
        let (received, out) = (Vec::new(), Vec::new());
        let mut uplink = Self { stream, received, out, next_id: PacketId::FIRST, refused: Refused::default() };
        uplink.sign_in(device).await.with_context(|| format!("sign in as {}/{}", device.product, device.device))?;
        Ok(uplink)
    }

    async fn sign_in(&mut self, device: &Device) -> Result<()> {
        let (product, name): (ProductId, DeviceName) = (device.product.parse()?, device.device.parse()?);
        let secret = DeviceSecret::parse(&device.secret)?;
        let made = Credentials::compute(product, &name, &secret, Method::HmacSha256, EXPIRY, &connection_id()?);
        let connect = Connect {
            version: VERSION,
            clean_session: true,
            // Silence lasts as long as it lasted when the messages were recorded.
            keep_alive_seconds: 0,
            properties: Properties::NONE,
            client_id: &made.client_id,
            user_name: Some(&made.user_name),
            password: Some(made.password.as_bytes()),
            will: None,
        };
        encode::connect(&mut self.out, &connect)?;
        self.exchange(|packet| match packet {
            Packet::ConnAck(ConnAck::Accepted { .. }) => Ok(true),
            Packet::ConnAck(ConnAck::Refused { refusal, .. }) => bail!("refused: {refusal}"),
            _ => Ok(false),
        })
        .await?;
        for kind in [ThingKind::Property, ThingKind::Event] {
            let mut filter = String::new();
            down_topic(kind.down(), product, name.as_str(), &mut filter);
            let id = self.take_id();
            encode::subscribe(&mut self.out, VERSION, id, [(filter.as_str(), QoS::AtMostOnce)])?;
            self.exchange(|packet| Ok(matches!(packet, Packet::SubAck(answer) if answer.packet_id == id))).await?;
        }
        Ok(())
    }

    /// Sends a message and waits until the server has decided about it and stored its decision.
    ///
    /// # Errors
    /// The connection ended before: nobody knows whether the message counts.
    pub async fn send(&mut self, topic: &str, payload: &[u8]) -> Result<()> {
        let id = self.take_id();
        let (qos, properties) = (QoS::AtLeastOnce, Properties::NONE);
        let publish = Publish { duplicate: false, qos, retain: false, topic, packet_id: Some(id), properties, payload };
        encode::publish(&mut self.out, VERSION, &publish)?;
        self.exchange(|packet| Ok(matches!(packet, Packet::PubAck(answer) if answer.packet_id == id))).await
    }

    /// Takes the replies that are still on their way, and says goodbye.
    ///
    /// # Errors
    /// The connection ended before.
    pub async fn finish(mut self) -> Result<Refused> {
        encode::pingreq(&mut self.out);
        self.exchange(|packet| Ok(matches!(packet, Packet::PingResp))).await?;
        encode::disconnect(&mut self.out);
        // Everything was answered: a server that is gone by now has lost nothing.
        let _ = self.stream.write_all(&self.out).await;
        Ok(self.refused)
    }

    fn take_id(&mut self) -> PacketId {
        let id = self.next_id;
        self.next_id = id.next();
        id
    }

    /// Writes what is waiting and reads until a packet is the awaited one; replies are looked at on the way.
    async fn exchange(&mut self, is_awaited: impl Fn(&Packet<'_>) -> Result<bool>) -> Result<()> {
        let answered = timeout(ANSWER_MAX, async {
            self.stream.write_all(&self.out).await.context("write")?;
            self.out.clear();
            loop {
                while let Some((packet, bytes)) = decode(&self.received, VERSION, PACKET_BYTES_MAX)? {
                    let is_found = is_awaited(&packet)?;
                    if let Packet::Publish(publish) = packet {
                        note(&mut self.refused, publish.payload);
                    }
                    self.received.drain(..bytes);
                    if is_found {
                        return Ok(());
                    }
                }
                if self.stream.read_buf(&mut self.received).await.context("read")? == 0 {
                    bail!("the server closed the connection");
                }
            }
        });
        answered.await.context("the server does not answer")?
    }
}

/// Counts a reply that refuses; messages of the cloud to the device are nobody's business here.
fn note(refused: &mut Refused, payload: &[u8]) {
    if let Ok(Reply { method, code }) = serde_json::from_slice(payload)
        && method.ends_with("_reply")
        && code != 0
    {
        refused.count += 1;
        refused.last = Some(String::from_utf8_lossy(payload).into_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_from_other_messages() {
        let mut refused = Refused::default();
        for payload in [
            r#"{"method":"report_reply","code":0}"#,
            r#"{"method":"control","params":{"code":1}}"#,
            "json format illegal",
            r#"{"method":"report_reply","code":406,"status":"no"}"#,
        ] {
            note(&mut refused, payload.as_bytes());
        }
        assert_eq!(refused.count, 1);
        assert!(refused.last.unwrap().contains("406"));
    }
}
