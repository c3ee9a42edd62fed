//! `fill`: a device's history of days, sent through its own connection: packed reports, as of one that was offline so long.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    args::FillArgs,
    identity,
    simulate::{now, session::Session},
};

/// Items of one `pack_report`: the most there may be.
const PACK_ITEMS: u64 = 100;

/// What the device has now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Filled {
    pub product: String,
    pub device: String,
    pub values: u64,
    pub events: u64,
    pub messages: u64,
    pub seconds: f64,
}

/// Sends everything, oldest first, each message when the one before was accepted.
///
/// # Errors
/// The device cannot sign in, or a message is refused or not answered: what was sent until then stays.
pub async fn fill(args: &FillArgs) -> anyhow::Result<Filled> {
    let devices = identity::read_devices(&args.credentials)?;
    let device = match &args.device {
        None => devices.first(),
        Some(name) => devices.iter().find(|device| device.device == *name),
    };
    let device = device.with_context(|| format!("the device is not in {}", args.credentials.display()))?;
    ensure!(args.events <= args.values, "{} values have room for no more events than that", args.values);
    let start = Instant::now();
    let span_ms = (args.hours * 3_600_000.0) as u64;
    let begin_ms = now().0.saturating_sub(span_ms);
    let history = History { begin_ms, span_ms, values: args.values, events: args.events };
    let thing = |way: &str| format!("$thing/{way}/property/{}/{}", device.product, device.device);
    let mut session = Session::open(&args.address, device, now().0 % 100_000, vec![thing("down")]).await?;
    for number in 0..history.packs() {
        let token = format!("fill-{number}");
        let pack = serde_json::to_vec(&history.pack(number, &token))?;
        let reply = session.ask(&thing("up"), &pack, |payload| Ok(Reply::of(payload, &token))).await;
        let Reply { code, status, .. } = reply.with_context(|| format!("message {number}"))?;
        ensure!(code == 0, "message {number} is refused with {code}: {status}");
    }
    Ok(Filled {
        product: device.product.clone(),
        device: device.device.clone(),
        values: history.values,
        events: history.events,
        messages: history.packs(),
        seconds: start.elapsed().as_secs_f64(),
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    client_token: String,
    code: i64,
    #[serde(default)]
    status: String,
}

impl Reply {
    /// Nothing, if it answers something else.
    fn of(payload: &[u8], token: &str) -> Option<Self> {
        serde_json::from_slice(payload).ok().filter(|reply: &Self| reply.client_token == token)
    }
}

/// Values at equal distances in time, and events with some of them.
#[derive(Debug)]
struct History {
    begin_ms: u64,
    span_ms: u64,
    values: u64,
    /// At most as many as values.
    events: u64,
}

impl History {
    fn packs(&self) -> u64 {
        self.values.div_ceil(PACK_ITEMS)
    }

    fn pack(&self, number: u64, token: &str) -> Value {
        let items = (number * PACK_ITEMS..self.values.min((number + 1) * PACK_ITEMS)).map(|at| self.item(at));
        json!({"method": "pack_report", "clientToken": token, "params": items.collect::<Vec<_>>()})
    }

    fn item(&self, at: u64) -> Value {
        let mut item = Map::new();
        item.insert("timestamp".into(), (self.begin_ms + self.offset_ms(at)).into());
        item.insert("properties".into(), json!({"brightness": at % 101, "power_switch": at & 1, "seq": at}));
        let events_before = |at: u64| at * self.events / self.values;
        if events_before(at + 1) > events_before(at) {
            item.insert("events".into(), json!({"overheated": {"degrees": at % 201}}));
        }
        item.into()
    }

    fn offset_ms(&self, at: u64) -> u64 {
        let offset = u128::from(at) * u128::from(self.span_ms) / u128::from(self.values);
        u64::try_from(offset).unwrap_or(self.span_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does a long history of very many values stay within its span?
    #[test]
    fn the_largest_history_that_can_be_asked_for_has_times() {
        let (span_ms, values) = (360_000_000_000, 100_000_000);
        let history = History { begin_ms: 5_000, span_ms, values, events: 0 };
        assert_eq!(history.item(values - 1)["timestamp"], 5_000 + span_ms - span_ms / values);
    }

    /// Are there as many values and events as wanted, in the order of time, within the span, in messages of an allowed size?
    #[test]
    fn a_history_is_as_wanted() {
        for (values, events) in [(1, 1), (250, 0), (1_000, 37), (1_001, 1_001)] {
            let history = History { begin_ms: 5_000, span_ms: 100_000, values, events };
            let packs: Vec<_> = (0..history.packs()).map(|number| history.pack(number, "t")).collect();
            let items: Vec<_> = packs.iter().map(|pack| pack["params"].as_array().unwrap()).collect();
            assert!(items.iter().all(|items| (1..=100).contains(&items.len())), "{values}");
            let items: Vec<_> = items.into_iter().flatten().collect();
            assert_eq!(items.len() as u64, values);
            assert_eq!(items.iter().filter(|item| item["events"].is_object()).count() as u64, events, "{values}");
            let times: Vec<_> = items.iter().map(|item| item["timestamp"].as_u64().unwrap()).collect();
            assert!(times.is_sorted() && times[0] == 5_000 && times[times.len() - 1] < 105_000, "{values}");
        }
    }
}
