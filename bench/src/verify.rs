//! `verify`: is every acknowledged report in the history?

use std::{sync::Arc, time::Instant};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::{sync::Mutex, task::JoinSet};

use crate::{
    args::VerifyArgs,
    cloud_client::{CloudAccess, CloudClient},
    record::{self, Entry},
};

/// Rows of one page: the most the operation gives.
const PAGE_ROWS: u32 = 100;
/// Examples of missing reports that are kept.
const EXAMPLES_MAX: usize = 10;

/// What was found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Verdict {
    pub devices: usize,
    /// Reports in the record.
    pub acknowledged: u64,
    /// Of these, how many the history has, with the right time.
    pub found: u64,
    /// Acknowledged, but not in the history.
    pub missing: u64,
    /// In the history, but under another time.
    pub wrong_time: u64,
    /// Values the history has more than once.
    pub repeated: u64,
    /// In the history without having been acknowledged: allowed, the reply may have been lost.
    pub unacknowledged: u64,
    pub pages: u64,
    pub seconds: f64,
    /// Some of the missing reports: product/device, sequence, sample time.
    pub missing_examples: Vec<(String, u64, u64)>,
}

impl Verdict {
    /// Nothing that was acknowledged is missing or changed.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.missing == 0 && self.wrong_time == 0 && self.repeated == 0
    }

    fn merge(&mut self, other: Self) {
        self.devices += other.devices;
        self.acknowledged += other.acknowledged;
        self.found += other.found;
        self.missing += other.missing;
        self.wrong_time += other.wrong_time;
        self.repeated += other.repeated;
        self.unacknowledged += other.unacknowledged;
        self.pages += other.pages;
        let room = EXAMPLES_MAX - self.missing_examples.len().min(EXAMPLES_MAX);
        self.missing_examples.extend(other.missing_examples.into_iter().take(room));
    }

    /// Some lines for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "acknowledged          {} reports of {} devices\nfound                 {}\nmissing               {}\n\
             wrong time            {}\nrepeated              {}\nnot acknowledged      {}\n\
             read                  {} pages in {:.1} s\n",
            self.acknowledged,
            self.devices,
            self.found,
            self.missing,
            self.wrong_time,
            self.repeated,
            self.unacknowledged,
            self.pages,
            self.seconds
        );
        for (device, sequence, time) in &self.missing_examples {
            text.push_str(&format!("  missing: {device} sequence {sequence} at {time}\n"));
        }
        text
    }
}

/// The acknowledged reports of one device, and which of them have been seen.
struct Expected {
    product: String,
    device: String,
    /// Sorted by sequence.
    entries: Vec<(Entry, bool)>,
    verdict: Verdict,
}

impl Expected {
    fn new(product: String, device: String, mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable_by_key(|entry| entry.sequence);
        let verdict = Verdict { devices: 1, acknowledged: entries.len() as u64, ..Verdict::default() };
        Self { product, device, entries: entries.into_iter().map(|entry| (entry, false)).collect(), verdict }
    }

    /// First and last sample time. Unit: UNIX milliseconds.
    fn range(&self) -> Option<(u64, u64)> {
        let times = || self.entries.iter().map(|(entry, _)| entry.sample_time_ms);
        Some((times().min()?, times().max()?))
    }

    fn see(&mut self, sequence: u64, time_ms: u64) {
        let Ok(index) = self.entries.binary_search_by_key(&sequence, |(entry, _)| entry.sequence) else {
            self.verdict.unacknowledged += 1;
            return;
        };
        let (entry, is_seen) = &mut self.entries[index];
        if std::mem::replace(is_seen, true) {
            self.verdict.repeated += 1;
        } else if entry.sample_time_ms == time_ms {
            self.verdict.found += 1;
        } else {
            self.verdict.wrong_time += 1;
        }
    }

    fn finish(mut self) -> Verdict {
        let name = format!("{}/{}", self.product, self.device);
        for (entry, is_seen) in self.entries {
            if !is_seen {
                self.verdict.missing += 1;
                if self.verdict.missing_examples.len() < EXAMPLES_MAX {
                    self.verdict.missing_examples.push((name.clone(), entry.sequence, entry.sample_time_ms));
                }
            }
        }
        self.verdict
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    results: Vec<Row>,
    listover: bool,
    #[serde(default)]
    context: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    time: String,
    value: String,
}

/// Reads the record, then the history of each of its devices.
///
/// # Errors
/// The record or the API cannot be read. Missing reports are not an error here: see [`Verdict::is_good`].
pub async fn verify(args: &VerifyArgs) -> anyhow::Result<Verdict> {
    let start = Instant::now();
    let access = args.api.access()?;
    let (header, entries) = record::read(&args.record)?;
    let mut by_device = vec![Vec::new(); header.devices.len()];
    for entry in entries {
        by_device[entry.device as usize].push(entry);
    }
    let expected = header.devices.into_iter().zip(by_device).filter(|(_, entries)| !entries.is_empty());
    let queue: Vec<_> = expected.map(|((product, device), entries)| Expected::new(product, device, entries)).collect();
    let mut verdict = check_all(&access, queue, &header.property, usize::from(args.api.connections)).await?;
    verdict.seconds = start.elapsed().as_secs_f64();
    Ok(verdict)
}

async fn check_all(
    access: &CloudAccess,
    devices: Vec<Expected>,
    property: &str,
    connections: usize,
) -> anyhow::Result<Verdict> {
    let queue = Arc::new(Mutex::new(devices));
    let mut checkers = JoinSet::new();
    for _ in 0..connections {
        let (queue, property) = (Arc::clone(&queue), property.to_owned());
        let mut client = CloudClient::new(access.clone());
        checkers.spawn(async move {
            let mut verdict = Verdict::default();
            loop {
                let next = queue.lock().await.pop();
                let Some(device) = next else { return anyhow::Ok(verdict) };
                verdict.merge(check(&mut client, device, &property).await?);
            }
        });
    }
    let mut verdict = Verdict::default();
    while let Some(part) = checkers.join_next().await {
        verdict.merge(part.context("a checking task ended")??);
    }
    Ok(verdict)
}

async fn check(client: &mut CloudClient, mut device: Expected, property: &str) -> anyhow::Result<Verdict> {
    let Some((min_time, max_time)) = device.range() else { return Ok(device.finish()) };
    let mut context = String::new();
    loop {
        let mut request = json!({
            "ProductId": device.product, "DeviceName": device.device, "FieldName": property,
            "MinTime": min_time, "MaxTime": max_time, "Limit": PAGE_ROWS,
        });
        if !context.is_empty() {
            request["Context"] = json!(context);
        }
        let page: Page = client.call("DescribeDeviceDataHistory", &request).await?;
        device.verdict.pages += 1;
        for row in &page.results {
            let time = row.time.parse().with_context(|| format!("time {:?} in the history", row.time))?;
            let sequence = row.value.parse().with_context(|| format!("value {:?} in the history", row.value))?;
            device.see(sequence, time);
        }
        if page.listover {
            return Ok(device.finish());
        }
        // A page may be empty, but a cursor that stands still would be read for ever.
        if page.context.is_empty() || (page.results.is_empty() && page.context == context) {
            bail!("the history of {}/{} does not come to an end", device.product, device.device);
        }
        context = page.context;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(sequence: u64, sample_time_ms: u64) -> Entry {
        Entry { device: 0, sequence, sample_time_ms }
    }

    /// Is every kind of difference between record and history told apart?
    #[test]
    fn differences() {
        let entries = vec![entry(3, 30), entry(1, 10), entry(2, 20), entry(4, 40)];
        let mut device = Expected::new("BENCH00001".into(), "b0".into(), entries);
        assert_eq!(device.range(), Some((10, 40)));
        device.see(1, 10);
        device.see(2, 21); // another time
        device.see(3, 30);
        device.see(3, 30); // twice
        device.see(9, 35); // reply lost
        let verdict = device.finish();
        assert_eq!((verdict.acknowledged, verdict.found, verdict.missing), (4, 2, 1));
        assert_eq!((verdict.wrong_time, verdict.repeated, verdict.unacknowledged), (1, 1, 1));
        assert_eq!(verdict.missing_examples, [("BENCH00001/b0".to_owned(), 4, 40)]);
        assert!(!verdict.is_good());
    }

    /// Is a complete history good, also with more in it than was acknowledged?
    #[test]
    fn complete_history() {
        let mut device = Expected::new("BENCH00001".into(), "b0".into(), vec![entry(1, 10)]);
        device.see(1, 10);
        device.see(2, 10);
        assert!(device.finish().is_good());
    }
}
