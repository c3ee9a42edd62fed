//! Why a thing model refuses a value, in words for the people who write the model.

use std::borrow::Cow;

use lianwu_device_protocol::reply::ReplyCode;
use lianwu_model::thing_model::{Cause, Violation};

/// Characters of a value that are repeated in a text; what is longer ends in `…`.
const SHOWN_CHARS_MAX: usize = 48;

/// Owned, so that it may outlive the message it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What a device would be answered: 400, 403 or 406.
    pub code: u16,
    /// The detail text of that answer, as [`Violation`] writes it.
    pub said: String,
    /// A short sentence without a full stop; the identifier is not in it unless a member of the value is at fault.
    pub zh: String,
    pub en: String,
    /// Reasons of one sort are told once, with how many devices they concern.
    pub(super) sort: &'static str,
}

impl Reason {
    /// Nothing can be judged: everything the product's devices say is refused.
    pub(super) fn no_model() -> Self {
        Self::new(ReplyCode::Refused, "model", "no thing model", ("还没有物模型", "there is no thing model yet"))
    }

    /// The model has no event or action of this id.
    pub(super) fn not_defined(id: &str) -> Self {
        let said = format!("{id} not defined");
        Self::new(ReplyCode::Refused, "defined", &said, ("没有这个标识符", "there is no such identifier"))
    }

    fn new(code: ReplyCode, sort: &'static str, said: &str, (zh, en): (&str, &str)) -> Self {
        Self { code: code.number(), said: said.to_owned(), zh: zh.to_owned(), en: en.to_owned(), sort }
    }

    /// `container` is the property, event or action: paths below it are named, it is not.
    pub(super) fn of(violation: &Violation<'_>, container: &str) -> Self {
        let said = violation.to_string();
        let (sort, code) = sort_of(&violation.cause);
        let (zh, en) = words(&violation.cause);
        let inside = violation.path.strip_prefix(container).unwrap_or(&violation.path).trim_start_matches('.');
        let (zh, en) = match inside {
            "" => (zh, en),
            inside => (format!("{inside}：{zh}"), format!("{inside}: {en}")),
        };
        Self { code: code.number(), said, zh, en, sort }
    }
}

fn sort_of(cause: &Cause<'_>) -> (&'static str, ReplyCode) {
    match cause {
        Cause::Json(_) => ("json", ReplyCode::BadJson),
        Cause::NotDefined => ("defined", ReplyCode::Refused),
        Cause::NotWritable => ("writable", ReplyCode::Refused),
        Cause::Missing => ("missing", ReplyCode::Refused),
        Cause::NotANumber { .. }
        | Cause::NotAString { .. }
        | Cause::NotAnObject { .. }
        | Cause::NotAnArray { .. }
        | Cause::Null => ("type", ReplyCode::Value),
        Cause::NotWhole { .. } => ("whole", ReplyCode::Value),
        Cause::OutOfRange { .. } | Cause::LengthOutOfRange { .. } => ("range", ReplyCode::Value),
        Cause::NotInEnum { .. } => ("enum", ReplyCode::Value),
    }
}

fn words(cause: &Cause<'_>) -> (String, String) {
    let plain = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
    let wrong = |token: &[u8], zh: &str, en: &str| {
        let (is_zh, is_en) = kind_of(token);
        (format!("上报的是{is_zh}，定义要求{zh}"), format!("reported as {is_en}, the model says {en}"))
    };
    match cause {
        Cause::Json(error) => (format!("不是合法的 JSON：{error}"), format!("it is not JSON: {error}")),
        Cause::NotDefined => plain("没有这个标识符", "there is no such identifier"),
        Cause::NotWritable => plain("是只读的", "it is read only"),
        Cause::Missing => plain("缺少这个参数", "this parameter is missing"),
        Cause::NotANumber { token } => wrong(token, "数字", "a number"),
        Cause::NotAString { token } => wrong(token, "字符串", "text"),
        Cause::NotAnObject { token } => wrong(token, "结构体", "a struct"),
        Cause::NotAnArray { token } => wrong(token, "数组", "an array"),
        Cause::Null => plain("上报的是 null", "reported as null"),
        Cause::NotWhole { value } => {
            let value = shown(value);
            (format!("值 {value} 不是整数"), format!("{value} is not a whole number"))
        }
        Cause::OutOfRange { value, range } => {
            let value = shown(value);
            (format!("值 {value} 超出 {range}"), format!("{value} is outside {range}"))
        }
        Cause::LengthOutOfRange { length, min, max } => {
            (format!("长度 {length} 超出 [{min},{max}]"), format!("the length {length} is outside [{min},{max}]"))
        }
        Cause::NotInEnum { value } => {
            let value = shown(value.as_bytes());
            (format!("枚举中没有 {value}"), format!("{value} is not among the enum's entries"))
        }
    }
}

/// What a token is, by its first byte.
fn kind_of(token: &[u8]) -> (&'static str, &'static str) {
    match token.first() {
        Some(b'"') => ("字符串", "text"),
        Some(b'{') => ("结构体", "a struct"),
        Some(b'[') => ("数组", "an array"),
        Some(b't' | b'f') => ("布尔值", "a boolean"),
        Some(b'n') => ("null", "null"),
        _ => ("数字", "a number"),
    }
}

/// A value cut to a length fit for a sentence.
pub(super) fn shown(value: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(value);
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => text,
    }
}
