//! The platform's reply to the first message.

use serde_json::Value;

use crate::doctor::steps::{Failure, Seen, StepResult};
use crate::doctor::words::Words;

/// Code 0, or what the code means.
pub(super) fn judge(reply: &Value) -> StepResult<()> {
    let text = Words::fact(reply.to_string());
    match reply["code"].as_i64() {
        Some(0) => Ok(Seen::new((), text)),
        Some(code) => {
            let (cause, cure) = meaning(code);
            Err(Failure::new(text, cause, cure))
        }
        // What is no JSON is answered with a bare text.
        None => {
            let (cause, cure) = meaning(400);
            Err(Failure::new(text, cause, cure))
        }
    }
}

/// Source: spec/device-protocol.md 6.8.
fn meaning(code: i64) -> (Words, Words) {
    match code {
        400 => (
            Words::new("消息不是合法的 JSON。", "The message is not JSON."),
            Words::new("检查引号、括号与结尾的 NUL。", "Look at quotes, brackets, and a NUL at the end."),
        ),
        403 => (
            Words::new(
                "产品没有物模型，或消息中的属性不在物模型里。",
                "The product has no thing model, or the message has a property that is not in it.",
            ),
            Words::new(
                "在平台上保存物模型；属性标识符需与其一致，区分大小写。",
                "Save the thing model on the platform, and write identifiers as they are in it.",
            ),
        ),
        405 => (
            Words::new(
                "timestamp 不是 UNIX 秒或毫秒，或时钟偏差过大。",
                "The timestamp is not UNIX seconds or milliseconds, or the clock is far off.",
            ),
            Words::new(
                "使用整数时间戳，或不带 timestamp；校准时钟。",
                "Send a whole number or none, and set the clock.",
            ),
        ),
        406 => (
            Words::new(
                "属性的值不符合物模型：类型、范围或枚举不对，详见 status。",
                "A value does not fit the thing model: type, range or enumeration; status says which.",
            ),
            Words::new(
                "按 status 改正该属性，或修改物模型。",
                "Correct the property named in status, or change the model.",
            ),
        ),
        503 => (
            Words::new(
                "平台暂时不能保存消息（例如磁盘已满）。",
                "The platform cannot store messages now; its disk may be full.",
            ),
            Words::new("查看平台的 /healthz 与磁盘空间。", "Look at the platform's /healthz and disk."),
        ),
        _ => (
            Words::new("平台拒绝了这条消息，原因见 status。", "The platform refuses the message; status says why."),
            Words::new(
                "按 status 处理；在平台上查看 lianwu diagnose。",
                "Do what status says; on the platform look at lianwu diagnose.",
            ),
        ),
    }
}

/// No reply at all.
pub(super) fn missing(topic: &str) -> Failure {
    Failure::new(
        Words::fact(format!("{topic}: no reply")),
        Words::new(
            "消息已发出但没有应答：该产品不使用物模型（自定义或透传数据）、应答的订阅无效，或对方不是物联网开发平台。",
            "The message was sent and nobody replied: the product has no thing model (custom or raw data), or this is no server of this protocol.",
        ),
        Words::new(
            "对自定义数据的产品或其他 broker，用 --topic 指定 Topic。",
            "With a product of custom data, or another broker, name a topic with --topic.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Is a reply judged by its code, and a bare text as bad JSON?
    #[test]
    fn replies() {
        assert!(judge(&json!({"method": "report_reply", "code": 0, "status": ""})).is_ok());
        let cause =
            |reply: Value| judge(&reply).map_or_else(|failure| failure.0.advice.cause.en, |_| "good".to_owned());
        assert!(cause(json!({"code": 406, "status": "check report data err"})).starts_with("A value does not fit"));
        assert!(cause(json!({"code": 777})).starts_with("The platform refuses"));
        assert!(cause(json!("json format illegal")).starts_with("The message is not JSON"));
    }
}
