//! What is wrong with a device now: named, with evidence, cause and cure.
//!
//! Each row of the table is data: an id of the FAQ, texts in two languages, and a detector. Detectors look at the
//! newest records of the device (a bounded number of each kind), its state and the catalog. A problem that was cured
//! since is not shown. Source: spec/faq.md.

mod backend;
mod checks;
mod facts;
mod fault;
mod finding;
mod table;

use lianwu_model::{DeviceName, Uin, UnixMillis};
use lianwu_ports::registry::StoreError;

use crate::Platform;
use crate::product::{self, ProductError};
use crate::telemetry::TelemetryError;
use crate::thing_model::words::Sentence;

pub use backend::diagnose_backend;
pub use table::{Entry, Severity, Text, backend_entries, entries};

/// Of the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Chinese,
    English,
}

/// One thing seen, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub time: UnixMillis,
    /// As the diagnostic log shows it.
    pub text: String,
}

/// The same mistake, made again and again: one value the thing model refuses.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    pub said: Sentence,
    pub since: UnixMillis,
    pub last_seen: UnixMillis,
    pub count: u64,
    /// The newest value as sent; empty when there is none to show.
    pub value: String,
}

/// A problem that is there now.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub entry: &'static Entry,
    /// Begin and end of what was looked at, when it is a state and not something that happened.
    pub since: UnixMillis,
    pub last_seen: UnixMillis,
    /// How often, among the records looked at; at least 1.
    pub count: u64,
    /// What it is made of, the most frequent first. Messages are judged by the model there is now: what it would accept is not here.
    pub mistakes: Vec<Mistake>,
    /// The newest few, newest first.
    pub evidence: Vec<Evidence>,
}

/// The whole answer; worst problems first.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    pub checked: UnixMillis,
    pub problems: Vec<Problem>,
}

#[derive(Debug, thiserror::Error)]
pub enum DiagnosisError {
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error("{0} is no device name")]
    NameForm(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
}

/// Looks at a device. A name that is not registered has a diagnosis too: that is the problem, and who tried is its
/// evidence.
///
/// # Errors
/// See [`DiagnosisError`].
pub async fn diagnose(platform: &Platform, owner: Uin, product: &str, name: &str) -> Result<Diagnosis, DiagnosisError> {
    let product = product::find(platform, owner, product)?;
    let name: DeviceName = name.parse().map_err(|_| DiagnosisError::NameForm(name.to_owned()))?;
    let facts = facts::gather(platform, &product, &name).await?;
    let mut problems: Vec<_> = entries().filter_map(|entry| finding::problem(entry, &facts)).collect();
    problems.sort_by_key(|problem| (problem.entry.severity, std::cmp::Reverse(problem.last_seen)));
    Ok(Diagnosis { checked: facts.now, problems })
}
