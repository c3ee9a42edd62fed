//! Why a thing model refuses a value: what the device is answered, and a sentence for people.

use std::borrow::Cow;

use lianwu_device_protocol::message::UpKind;
use lianwu_device_protocol::reply::ReplyCode;
use lianwu_model::thing_model::{Complaint, ThingModel, Violation};

use super::findings::Function;
use super::words::{Sentence, sentence};

/// Characters of a value that are repeated in an answer; what is longer ends in `…`.
const SHOWN_CHARS_MAX: usize = 48;

/// Owned, so that it may outlive the message it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What a device would be answered: 400, 403 or 406.
    pub code: u16,
    /// The detail text of that answer, as [`Violation`] writes it.
    pub said: String,
    pub sentence: Sentence,
    /// Place and complaint: the same mistake made again is told once.
    pub(super) mistake: Option<(String, Complaint)>,
}

impl Reason {
    /// Nothing can be judged: everything the product's devices say is refused.
    pub(super) fn no_model() -> Self {
        Self::plain(
            ReplyCode::Refused,
            "no thing model".to_owned(),
            "产品还没有物模型",
            "the product has no thing model",
        )
    }

    /// The model has no event or action of this id.
    pub(super) fn not_defined(function: Function, id: &str) -> Self {
        let (zh, en) = match function {
            Function::Property => ("上报了物模型中没有的属性", "reports a property that the model does not have"),
            Function::Event => ("上报了物模型中没有的事件", "posts an event that the model does not have"),
            Function::Action => ("被调用了物模型中没有的行为", "was called for an action that the model does not have"),
        };
        Self::plain(ReplyCode::Refused, format!("{id} not defined"), zh, en)
    }

    /// The words are those of the diagnosis; `model` is the one that refuses.
    pub(super) fn of(violation: &Violation<'_>, kind: UpKind, model: &ThingModel) -> Self {
        let said = violation.to_string();
        let code = ReplyCode::of(&violation.cause);
        match violation.fault() {
            Some(fault) => Self {
                code: code.number(),
                said,
                sentence: sentence(&fault, kind, model),
                mistake: Some((fault.place, fault.complaint)),
            },
            None => Self::plain(code, said, "不是合法的 JSON", "sends what is not JSON"),
        }
    }

    fn plain(code: ReplyCode, said: String, zh: &str, en: &str) -> Self {
        let sentence = Sentence { zh: zh.to_owned(), en: en.to_owned() };
        Self { code: code.number(), said, sentence, mistake: None }
    }
}

/// A value cut to a length fit for an answer.
pub(super) fn shown(value: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(value);
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => text,
    }
}
