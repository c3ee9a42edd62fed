//! Messages of a window judged once more, by the thing model of today or by a draft. Nothing is stored or sent.

use std::sync::Arc;
use std::time::Duration;

use lianwu_device_protocol::message::{Clock, Refusal, UpKind, parse_up};
use lianwu_device_protocol::reply::BAD_JSON_TEXT;
use lianwu_model::Uin;
use lianwu_model::thing_model::{DefinitionError, ThingModel, Validator};
use lianwu_ports::log::Lsn;

use super::{LoggedMessage, ReplayError, Window, messages};
use crate::product::{self, ProductError};
use crate::thing_model::judge::up_kind;
use crate::thing_model::words::{Sentence, sentence};
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

/// What one message would be answered now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// 0 accepted, else the code of the reply.
    pub code: u32,
    /// The text of the reply; empty when it is accepted.
    pub said: String,
    /// The same for people, when a value is at fault.
    pub sentence: Option<Sentence>,
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
        (Some(text), _) => Judging::new(ThingModel::parse(text)?),
        (None, Some(model)) => Judging::new(model.definition.clone()),
        (None, None) => return Err(AgainError::NoModel),
    };
    let days = retention::days(platform, &found.product);
    let model = Arc::new(Judging { retention: Duration::from_hours(24 * u64::from(days)), ..model });
    let page = messages(platform, window).await?;
    let compared = tokio::task::spawn_blocking(move || {
        let mut again = AgainPage { next: page.next, ..AgainPage::default() };
        for message in page.messages {
            let Some(now) = model.judge(&message) else { continue };
            again.judged += 1;
            // The reply to what is not JSON has no words of its own; where it breaks is a note only.
            let is_same = now.code == message.code && (now.code == 0 || now.said == message.note);
            if !is_same {
                again.differences.push(Difference { message, now });
            }
        }
        again
    });
    compared.await.map_err(|_| ReplayError::Closed.into())
}

/// A model, and how old a sample may be.
pub(super) struct Judging {
    definition: ThingModel,
    validator: Validator,
    retention: Duration,
}

impl Judging {
    pub(super) fn new(definition: ThingModel) -> Self {
        Self { validator: Validator::compile(&definition), definition, retention: Duration::MAX }
    }

    /// `None` for what no thing model has a word in.
    pub(super) fn judge(&self, message: &LoggedMessage) -> Option<Verdict> {
        let kind = up_kind(message.kind)?;
        let clock = Clock { now: message.committed, retention: self.retention };
        Some(match parse_up(kind, &message.payload, &self.validator, clock) {
            Ok(_) => Verdict { code: 0, said: String::new(), sentence: None },
            Err(refusal) => self.refused(&refusal, kind),
        })
    }

    fn refused(&self, refusal: &Refusal<'_>, kind: UpKind) -> Verdict {
        let code = u32::from(refusal.code().number());
        match refusal {
            Refusal::BadJson(error) => Verdict { code, said: format!("{BAD_JSON_TEXT}: {error}"), sentence: None },
            Refusal::Message { status, violation, .. } => {
                let fault = violation.as_ref().and_then(|violation| violation.fault());
                let words = fault.map(|fault| sentence(&fault, kind, &self.definition));
                Verdict { code, said: status.clone(), sentence: words }
            }
        }
    }
}
