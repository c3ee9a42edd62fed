//! Messages of a window judged once more, by the thing model of today or by a draft. Nothing is stored or sent.

use std::time::Duration;

use lianwu_device_protocol::message::Clock;
use lianwu_device_protocol::reply::ReplyCode;
use lianwu_model::Uin;
use lianwu_model::thing_model::{DefinitionError, ThingModel};
use lianwu_ports::log::Lsn;

use super::{LoggedMessage, ReplayError, Window, messages};
use crate::product::{self, ProductError};
use crate::thing_model::Draft;
use crate::thing_model::judge::{self, Verdict};
use crate::{Platform, retention};

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AgainError {
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    #[error("the product has no thing model")]
    NoModel,
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// A message that would be answered otherwise than it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub message: LoggedMessage,
    pub now: Verdict,
}

/// One page of a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgainPage {
    /// In commit order.
    pub differences: Vec<Difference>,
    /// Thing-model messages of the page, those answered alike among them.
    pub judged: u64,
    /// Where the next page goes on; `None` at the end of the window.
    pub next: Option<Lsn>,
}

/// Judges the messages of one page of `window`; by the model in force when there is no draft.
///
/// # Errors
/// See [`AgainError`].
pub async fn judged_again(
    platform: &Platform,
    owner: Uin,
    window: Window,
    draft: Option<&str>,
) -> Result<AgainPage, AgainError> {
    let found = product::find(platform, owner, window.product.as_str())?;
    let model = match (draft, &found.model) {
        (Some(text), _) => Draft::new(ThingModel::parse(text)?),
        (None, Some(model)) => Draft::new(model.definition.clone()),
        (None, None) => return Err(AgainError::NoModel),
    };
    let days = retention::days(platform, &found.product);
    let retention = Duration::from_hours(24 * u64::from(days));
    let page = messages(platform, window).await?;
    let compared = tokio::task::spawn_blocking(move || {
        let mut again = AgainPage { next: page.next, ..AgainPage::default() };
        for message in page.messages {
            // No thing model has a word in what is of another kind.
            let Some(kind) = judge::up_kind(message.kind) else { continue };
            let clock = Clock { now: message.committed, retention };
            let now = judge::verdict((&model.definition, &model.validator), kind, &message.payload, clock);
            again.judged += 1;
            // The reply to what is not JSON has no words of its own; where it breaks is a note only.
            let is_same = u32::from(now.code.number()) == message.code
                && (now.code == ReplyCode::Success || now.status == message.note);
            if !is_same {
                again.differences.push(Difference { message, now });
            }
        }
        again
    });
    compared.await.map_err(|_| ReplayError::Closed.into())
}
