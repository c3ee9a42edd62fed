//! Everything that can go wrong inside a call, and what the caller is told: one place for both.

use lianwu_ports::registry::StoreError;
use rusqlite::ffi;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// A deletion failed; the second says what may still refer to the row.
    #[error("{0}")]
    Delete(rusqlite::Error, &'static str),
    #[error("the row does not exist")]
    Missing,
    /// A stored value that no version of this program wrote.
    #[error("column {0} holds a value that is not understood")]
    Corrupt(&'static str),
    /// Wrong key, or somebody changed or moved the sealed bytes.
    #[error("a secret cannot be unsealed")]
    Unseal,
    #[error("the system gives no random bytes")]
    Random,
    #[error("device numbers are used up")]
    NumbersUsedUp,
    #[error("the registry is closed")]
    Closed,
    #[error("the call ended in a panic")]
    Panicked,
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        let text = fault.to_string();
        match fault {
            Fault::Sql(error) => match violation(&error) {
                Some(Violation::Unique(field)) => Self::Taken(field),
                // Inserts and updates break a reference only by naming a row that is not there.
                Some(Violation::Reference) => Self::Missing,
                None => Self::Failed(text),
            },
            Fault::Delete(error, referrers) => match violation(&error) {
                Some(Violation::Reference) => Self::InUse(referrers),
                Some(Violation::Unique(_)) | None => Self::Failed(text),
            },
            Fault::Missing => Self::Missing,
            Fault::Corrupt(_)
            | Fault::Unseal
            | Fault::Random
            | Fault::NumbersUsedUp
            | Fault::Closed
            | Fault::Panicked => Self::Failed(text),
        }
    }
}

enum Violation {
    Unique(&'static str),
    Reference,
}

/// Columns a caller can choose and that must be unique, alone or within an owner or product.
const UNIQUE_FIELDS: [&str; 8] = ["uin", "id", "secret_id", "name", "fingerprint", "device", "version", "digest"];

fn violation(error: &rusqlite::Error) -> Option<Violation> {
    let rusqlite::Error::SqliteFailure(failure, Some(text)) = error else { return None };
    match failure.extended_code {
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Some(Violation::Reference),
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
            // "UNIQUE constraint failed: products.owner, products.name": the last column is the one chosen.
            let column = text.rsplit('.').next()?;
            UNIQUE_FIELDS.into_iter().find(|field| *field == column).map(Violation::Unique)
        }
        _ => None,
    }
}
