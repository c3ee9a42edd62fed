//! What can go wrong inside, before it becomes the port's error.

use lianwu_ports::readings::ReadingError;
use lianwu_ports::record::RecordError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("{0}")]
    Store(#[from] fjall::Error),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("a stored value is damaged: {0}")]
    Damaged(&'static str),
    #[error("{0}")]
    Record(#[from] RecordError),
    #[error("the store panicked")]
    Panicked,
    /// The last cut failed and so did its repetition.
    #[error("cut the tail: {0}")]
    Cut(String),
}

impl From<Fault> for ReadingError {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault.to_string())
    }
}
