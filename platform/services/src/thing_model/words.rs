//! What a value did wrong, in a sentence.

use std::borrow::Cow;

use lianwu_device_protocol::message::UpKind;
use lianwu_model::thing_model::{Complaint, Define, Fault, Sent, ThingModel};

/// One sentence in both languages, without a full stop. The subject, a device, is left out: "reports `lac` as text, the model says
/// integer".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    pub zh: String,
    pub en: String,
}

/// Names what was sent and what the model has instead.
#[must_use]
pub fn sentence(fault: &Fault, kind: UpKind, model: &ThingModel) -> Sentence {
    let Fault { place, complaint, value } = fault;
    let place = if place.is_empty() { "params" } else { place };
    let due = match kind {
        UpKind::Event => model.event_type(place),
        _ => model.property_type(place),
    };
    let ((due_zh, due_en), (noun_zh, noun_en)) = (due.map_or(("对象", "an object"), type_words), nouns(kind));
    let both = |zh: String, en: String| Sentence { zh, en };
    match complaint {
        Complaint::NotDefined => both(
            format!("上报了物模型中没有的{noun_zh} `{place}`"),
            format!("reports {noun_en} `{place}`, which the model does not have"),
        ),
        Complaint::NotWritable => both(format!("`{place}` 为只读"), format!("`{place}` is read-only")),
        Complaint::Missing => both(format!("缺少必填参数 `{place}`"), format!("leaves out the parameter `{place}`")),
        Complaint::WrongType(sent) => {
            let (zh, en) = sent_words(*sent);
            both(
                format!("以{zh}上报 `{place}`，物模型为{due_zh}"),
                format!("reports `{place}` as {en}, the model says {due_en}"),
            )
        }
        Complaint::NotWhole => both(
            format!("上报的 `{place}` 带小数，物模型为{due_zh}"),
            format!("reports `{place}` with a fraction, the model says {due_en}"),
        ),
        Complaint::OutOfRange(range) => both(
            format!("上报的 `{place}` 超出物模型的范围 {range}，例如 {value}"),
            format!("reports `{place}` outside the model's range {range}, such as {value}"),
        ),
        Complaint::LengthOutOfRange { min, max } => {
            let (zh, en) = match due {
                Some(Define::Array { .. }) => ("个元素", "elements"),
                _ => ("字节", "bytes"),
            };
            both(
                format!("上报的 `{place}` 长度为 {value} {zh}，物模型允许 {min} 至 {max}"),
                format!("reports `{place}` with {value} {en}, the model allows {min} to {max}"),
            )
        }
        Complaint::NotInEnum => both(
            format!("上报的 `{place}` 不在枚举中，例如 {value}{}", keys(due, "，可用：", "、")),
            format!(
                "reports `{place}` with a value its enum does not have, such as {value}{}",
                keys(due, "; it has ", ", ")
            ),
        ),
    }
}

fn nouns(kind: UpKind) -> (&'static str, &'static str) {
    match kind {
        UpKind::Property => ("属性", "the property"),
        UpKind::Event | UpKind::Action => ("参数", "the parameter"),
    }
}

fn sent_words(sent: Sent) -> (&'static str, &'static str) {
    match sent {
        Sent::Text => ("文本", "text"),
        Sent::QuotedNumber => ("带引号的数字（文本）", "a number in quotes, which is text"),
        Sent::Number => ("数字", "a number"),
        Sent::Truth => ("true/false", "true or false"),
        Sent::Null => (" null ", "null"),
        Sent::Object => ("对象", "an object"),
        Sent::Array => ("数组", "an array"),
    }
}

/// The model's types, in the console's words.
fn type_words(define: &Define) -> (&'static str, &'static str) {
    match define {
        Define::Bool { .. } => ("布尔型（0 或 1）", "boolean (0 or 1)"),
        Define::Int(_) => ("整数型", "integer"),
        Define::Float(_) => ("浮点型", "float"),
        Define::String { .. } => ("字符串", "string"),
        Define::Enum { .. } => ("枚举整型", "integer enum"),
        Define::StringEnum { .. } => ("枚举字符串", "string enum"),
        Define::Timestamp => ("时间型", "timestamp"),
        Define::Struct { .. } => ("结构体", "struct"),
        Define::Array { .. } => ("数组", "array"),
    }
}

/// Most keys of an enum that are named.
const KEYS_MAX: usize = 10;

fn keys(due: Option<&Define>, before: &str, between: &str) -> String {
    let keys: Vec<Cow<'_, str>> = match due {
        Some(Define::Enum { mapping }) => mapping.iter().map(|(key, _)| key.to_string().into()).collect(),
        Some(Define::StringEnum { mapping }) => mapping.iter().map(|(key, _)| key.as_str().into()).collect(),
        _ => return String::new(),
    };
    let more = if keys.len() > KEYS_MAX { "..." } else { "" };
    format!("{before}{}{more}", keys[..keys.len().min(KEYS_MAX)].join(between))
}

#[cfg(test)]
mod tests {
    use lianwu_model::UnixMillis;
    use lianwu_model::thing_model::Validator;

    use super::*;
    use crate::thing_model::judge;

    const MODEL: &str = r#"{"version":"1.0","properties":[
        {"id":"lac","name":"a","mode":"rw","define":{"type":"int","min":"0","max":"65535","start":"0","step":"1"}},
        {"id":"note","name":"b","mode":"rw","define":{"type":"string","min":"0","max":"3"}},
        {"id":"mode","name":"c","mode":"rw","define":{"type":"enum","mapping":{"0":"x","2":"y"}}}],
        "events":[{"id":"low","name":"d","type":"alert","params":[
            {"id":"volt","name":"e","define":{"type":"float","min":"0","max":"5","start":"0","step":"0.1"}}]}],
        "actions":[]}"#;

    fn said(kind: UpKind, payload: &str) -> Option<(String, String)> {
        let model = ThingModel::parse(MODEL).expect("a model");
        let fault = judge::fault(&Validator::compile(&model), kind, payload.as_bytes(), UnixMillis(1_700_000_000_000))?;
        let Sentence { zh, en } = sentence(&fault, kind, &model);
        Some((zh, en))
    }

    fn report(params: &str) -> (String, String) {
        said(UpKind::Property, &format!(r#"{{"method":"report","clientToken":"1","params":{params}}}"#))
            .expect("a fault")
    }

    #[test]
    fn every_complaint_names_value_and_model() {
        let (zh, en) = report(r#"{"lac":"here"}"#);
        assert_eq!(zh, "以文本上报 `lac`，物模型为整数型");
        assert_eq!(en, "reports `lac` as text, the model says integer");
        assert_eq!(report(r#"{"lac":70000}"#).1, "reports `lac` outside the model's range [0,65535], such as 70000");
        assert_eq!(
            report(r#"{"lac":"12"}"#).1,
            "reports `lac` as a number in quotes, which is text, the model says integer"
        );
        assert_eq!(report(r#"{"LAC":1}"#).1, "reports the property `LAC`, which the model does not have");
        assert_eq!(report(r#"{"note":"abcdef"}"#).1, "reports `note` with 6 bytes, the model allows 0 to 3");
        assert_eq!(
            report(r#"{"mode":1}"#).1,
            "reports `mode` with a value its enum does not have, such as 1; it has 0, 2"
        );
        assert_eq!(report("[]").1, "reports `params` as an array, the model says an object");
    }

    #[test]
    fn parameters_of_events_have_their_own_types() {
        let event =
            |params| format!(r#"{{"method":"event_post","clientToken":"1","eventId":"low","params":{params}}}"#);
        let (_, en) = said(UpKind::Event, &event(r#"{"volt":"x"}"#)).expect("a fault");
        assert_eq!(en, "reports `low.volt` as text, the model says float");
        assert_eq!(said(UpKind::Event, &event("{}")).expect("a fault").1, "leaves out the parameter `low.volt`");
        assert_eq!(said(UpKind::Event, &event(r#"{"volt":1}"#)), None);
    }
}
