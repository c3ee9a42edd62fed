//! Sends messages again as the devices that said them, at the pace they had or faster.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};
use lianwu_bench::cloud_client::CloudClient;
use lianwu_bench::identity::{Device, read_devices};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::api;
use super::message::Message;
use super::options::{ReplayOptions, Speed};
use super::uplink::{Refused, Uplink};

/// Connections kept open; the one that was silent longest makes room.
const CONNECTIONS_MAX: usize = 1_000;

/// Pauses before a message is tried again on a new connection. The last ones are longer than the 5 s within which a
/// device may sign in once (`limits.device_connects_per_5s`).
const RETRY_AFTER_S: [u64; 4] = [1, 5, 6, 10];

/// Vendor's version, which has DescribeDevice.
const VENDOR: &str = "2019-04-23";

pub struct Sender {
    address: String,
    /// Instead of the product of the messages.
    product: Option<String>,
    secrets: Secrets,
    uplinks: HashMap<String, Open>,
    pace: Pace,
    refused: Refused,
}

struct Open {
    uplink: Uplink,
    used: Instant,
}

enum Secrets {
    Known(HashMap<(String, String), String>),
    Api(Box<CloudClient>),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    device: DescribedDevice,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribedDevice {
    device_psk: String,
}

impl Sender {
    /// # Errors
    /// The secrets cannot be read, or it is not said where they are.
    pub fn new(options: &ReplayOptions, address: &str) -> Result<Self> {
        let secrets = match (&options.credentials, &options.to_first_run) {
            (Some(path), _) => {
                let devices = read_devices(path)?;
                Secrets::Known(devices.into_iter().map(|d| ((d.product, d.device), d.secret)).collect())
            }
            (None, Some(path)) => Secrets::of(api::of_first_run(path, &options.region)?),
            (None, None) => Secrets::of(
                api::of_source(options).context("the devices' secrets: give --credentials or --to-first-run")?,
            ),
        };
        Ok(Self {
            address: address.to_owned(),
            product: options.to_product.map(|product| product.to_string()),
            secrets,
            uplinks: HashMap::new(),
            pace: Pace { speed: options.speed, first: None },
            refused: Refused::default(),
        })
    }

    /// Sends one message at its time and waits for the acknowledgement. When the connection ends meanwhile the message is
    /// sent again on a new one, so it may count twice.
    ///
    /// # Errors
    /// No secret for the device, or the server does not take the message after several attempts.
    pub async fn send(&mut self, message: &Message) -> Result<()> {
        let product = self.product.clone().unwrap_or_else(|| message.product_id.clone());
        let (topic, payload) = (message.topic_in(&product), message.payload_with_time()?);
        self.pace.wait(message.commit_time).await;
        let mut pauses = RETRY_AFTER_S.into_iter();
        loop {
            let error = match self.try_send(&product, &message.device_name, &topic, &payload).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            self.uplinks.remove(&message.device_name);
            let Some(pause) = pauses.next() else {
                return Err(error.context(format!("message {} of {}", message.position, message.device_name)));
            };
            eprintln!("lianwu: {}: {error:#}; trying again in {pause} s", message.device_name);
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
    }

    async fn try_send(&mut self, product: &str, name: &str, topic: &str, payload: &[u8]) -> Result<()> {
        if !self.uplinks.contains_key(name) {
            self.make_room().await?;
            let secret = self.secrets.find(product, name).await?;
            let device = Device { product: product.to_owned(), device: name.to_owned(), secret };
            let uplink = Uplink::open(&self.address, &device).await?;
            self.uplinks.insert(name.to_owned(), Open { uplink, used: Instant::now() });
        }
        let open = self.uplinks.get_mut(name).context("the connection was just opened")?;
        open.used = Instant::now();
        open.uplink.send(topic, payload).await
    }

    async fn make_room(&mut self) -> Result<()> {
        if self.uplinks.len() < CONNECTIONS_MAX {
            return Ok(());
        }
        let silent = self.uplinks.iter().min_by_key(|(_, open)| open.used).map(|(name, _)| name.clone());
        if let Some(open) = silent.and_then(|name| self.uplinks.remove(&name)) {
            self.close(open.uplink).await?;
        }
        Ok(())
    }

    async fn close(&mut self, uplink: Uplink) -> Result<()> {
        let refused = uplink.finish().await?;
        self.refused.count += refused.count;
        self.refused.last = refused.last.or_else(|| self.refused.last.take());
        Ok(())
    }

    /// Closes all connections; what was refused over all.
    ///
    /// # Errors
    /// A connection ended before its last replies were read.
    pub async fn finish(mut self) -> Result<Refused> {
        for open in std::mem::take(&mut self.uplinks).into_values() {
            self.close(open.uplink).await?;
        }
        Ok(self.refused)
    }
}

impl Secrets {
    fn of(access: lianwu_bench::cloud_client::CloudAccess) -> Self {
        Self::Api(Box::new(CloudClient::of_version(access, VENDOR)))
    }

    async fn find(&mut self, product: &str, name: &str) -> Result<String> {
        match self {
            Self::Known(secrets) => secrets
                .get(&(product.to_owned(), name.to_owned()))
                .cloned()
                .with_context(|| format!("the credentials have no line for {product}/{name}")),
            Self::Api(client) => {
                let request = json!({"ProductId": product, "DeviceName": name});
                let found: Described = client.call("DescribeDevice", &request).await?;
                Ok(found.device.device_psk)
            }
        }
    }
}

/// When each message is due.
struct Pace {
    speed: Speed,
    /// When the first was sent, and when it had been committed.
    first: Option<(Instant, u64)>,
}

impl Pace {
    async fn wait(&mut self, committed_ms: u64) {
        let Speed::Times(times) = self.speed else { return };
        let (begun, first_ms) = *self.first.get_or_insert((Instant::now(), committed_ms));
        let distance = Duration::from_millis(committed_ms.saturating_sub(first_ms));
        if let Some(due) = begun.checked_add(distance.div_f64(times)) {
            tokio::time::sleep_until(due).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Are distances kept, divided by the speed, with the time of a clock that only the test moves?
    #[tokio::test(start_paused = true)]
    async fn the_pace_is_the_original_one_or_a_multiple() {
        for (speed, expected_ms) in [(Speed::Times(1.0), 4_000), (Speed::Times(4.0), 1_000), (Speed::Max, 0)] {
            let (mut pace, begun) = (Pace { speed, first: None }, Instant::now());
            for committed in [10_000, 11_000, 11_000, 14_000, 13_000] {
                pace.wait(committed).await;
            }
            assert_eq!(begun.elapsed(), Duration::from_millis(expected_ms), "{speed:?}");
        }
    }
}
