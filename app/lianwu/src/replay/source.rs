//! Where messages come from: page by page from the API, or line by line from a file.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};

use anyhow::{Context, Result, bail};
use lianwu_bench::cloud_client::CloudClient;
use serde::Deserialize;
use serde_json::json;

use super::api;
use super::message::Message;
use super::options::{ReplayOptions, Subject};

/// Messages asked for at once; the most the API gives.
const PAGE: u32 = 1_000;

/// Longest line taken from a file: the largest packet in Base64, and the fields around it.
const LINE_BYTES_MAX: u64 = 4 << 20;

/// The messages of a window in order.
pub struct Source {
    window: Window,
    from: From,
}

enum From {
    Api(Box<Pages>),
    File { lines: BufReader<File>, number: u64 },
}

struct Window {
    subject: Subject,
    min_ms: u64,
    max_ms: u64,
    after: Option<u64>,
}

struct Pages {
    client: CloudClient,
    context: String,
    waiting: VecDeque<Message>,
    is_last: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    messages: VecDeque<Message>,
    context: String,
    listover: bool,
}

impl Source {
    /// # Errors
    /// The file cannot be opened, or it is not said where the API is.
    pub fn open(options: &ReplayOptions) -> Result<Self> {
        let millis = |time: jiff::Timestamp| u64::try_from(time.as_millisecond()).context("a time before 1970");
        let after = options.after.as_ref().map(|text| text.parse().context("--after is not a position")).transpose()?;
        let subject = options.what.clone();
        let window = Window { subject, min_ms: millis(options.from)?, max_ms: millis(options.to)?, after };
        if window.min_ms > window.max_ms {
            bail!("--from is later than --to");
        }
        let from = match &options.file {
            Some(path) => {
                let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
                From::File { lines: BufReader::new(file), number: 0 }
            }
            None => From::Api(Box::new(Pages {
                client: CloudClient::of_version(api::of_source(options)?, api::LIANWU),
                context: options.after.clone().unwrap_or_default(),
                waiting: VecDeque::new(),
                is_last: false,
            })),
        };
        Ok(Self { window, from })
    }

    /// The next message; `None` at the end of the window.
    ///
    /// # Errors
    /// The API refuses or cannot be reached, or the file has a line that is no message.
    pub async fn next(&mut self) -> Result<Option<Message>> {
        match &mut self.from {
            From::Api(pages) => pages.next(&self.window).await,
            From::File { lines, number } => next_line(lines, number, &self.window),
        }
    }
}

impl Pages {
    async fn next(&mut self, window: &Window) -> Result<Option<Message>> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Ok(Some(message));
            }
            if self.is_last {
                return Ok(None);
            }
            let request = json!({
                "ProductId": window.subject.product,
                "DeviceName": window.subject.device.as_ref().map_or("", |device| device.as_str()),
                "MinTime": window.min_ms,
                "MaxTime": window.max_ms,
                "Context": self.context,
                "Limit": PAGE,
            });
            let page: Page = self.client.call("ListMessages", &request).await?;
            (self.waiting, self.context, self.is_last) = (page.messages, page.context, page.listover);
        }
    }
}

fn next_line(lines: &mut BufReader<File>, number: &mut u64, window: &Window) -> Result<Option<Message>> {
    loop {
        *number += 1;
        let mut line = String::new();
        let read = lines.by_ref().take(LINE_BYTES_MAX).read_line(&mut line);
        if read.with_context(|| format!("read line {number}"))? == 0 {
            return Ok(None);
        }
        if line.trim().is_empty() {
            continue;
        }
        let message: Message =
            serde_json::from_str(&line).with_context(|| format!("line {number} is not a message"))?;
        if window.admits(&message)? {
            return Ok(Some(message));
        }
    }
}

impl Window {
    fn admits(&self, message: &Message) -> Result<bool> {
        let position: u64 = message.position.parse().context("a Position is not a number")?;
        Ok(message.product_id == self.subject.product.as_str()
            && self.subject.device.as_ref().is_none_or(|device| device.as_str() == message.device_name)
            && (self.min_ms..=self.max_ms).contains(&message.commit_time)
            && self.after.is_none_or(|after| position > after))
    }
}
