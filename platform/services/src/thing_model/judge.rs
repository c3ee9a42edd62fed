//! Messages judged by the model there is now: logged ones once more, and others before they are sent.

use std::ops::Range;
use std::time::Duration;

use lianwu_device_protocol::message::{Clock, Refusal, UpKind, parse_up};
use lianwu_device_protocol::reply::{BAD_JSON_TEXT, ReplyCode};
use lianwu_model::thing_model::{Fault, ThingModel, Validator, Violation};
use lianwu_model::{Uin, UnixMillis, json};
use lianwu_ports::record::RecordKind;

use super::words::{self, Sentence};
use crate::product::{self, ProductError};
use crate::{Platform, retention};

/// The topic a record of a message up came on; `None` when it is no thing-model message.
#[must_use]
pub fn up_kind(kind: RecordKind) -> Option<UpKind> {
    match kind {
        RecordKind::PropertyReport | RecordKind::PropertyOther => Some(UpKind::Property),
        RecordKind::EventPost => Some(UpKind::Event),
        RecordKind::ActionReply => Some(UpKind::Action),
        _ => None,
    }
}

/// The value the model refuses in a message that arrived at `received`. Its timestamp is not looked at: whether data is too old
/// was decided when it came.
#[must_use]
pub fn fault(validator: &Validator, kind: UpKind, payload: &[u8], received: UnixMillis) -> Option<Fault> {
    let clock = Clock { now: received, retention: Duration::MAX };
    match parse_up(kind, payload, validator, clock) {
        Err(Refusal::Message { violation: Some(violation), .. }) => violation.fault(),
        _ => None,
    }
}

/// What a device would be told about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub code: ReplyCode,
    /// The text of the answer; empty when the message is accepted.
    pub status: String,
    /// In plain words, where one value is at fault.
    pub said: Option<Sentence>,
    /// Bytes of the message at which the fault stands, where it has a place.
    pub place: Option<Range<usize>>,
}

/// Judges a message as if a device of the product had sent it now; nothing is stored.
///
/// # Errors
/// The product is not the caller's.
pub fn check(
    platform: &Platform,
    owner: Uin,
    product: &str,
    kind: UpKind,
    payload: &[u8],
) -> Result<Verdict, ProductError> {
    let found = product::find(platform, owner, product)?;
    let Some(model) = &found.model else {
        let status = crate::logs::notes::NO_MODEL.to_owned();
        return Ok(Verdict { code: ReplyCode::Refused, status, said: None, place: None });
    };
    let days = retention::days_of(platform, found.product.id);
    let clock = Clock { now: platform.clock.now(), retention: Duration::from_hours(24 * u64::from(days)) };
    Ok(verdict((&model.definition, &model.validator), kind, payload, clock))
}

/// Pure; the validator is the model's.
pub(crate) fn verdict(
    (model, validator): (&ThingModel, &Validator),
    kind: UpKind,
    payload: &[u8],
    clock: Clock,
) -> Verdict {
    match parse_up(kind, payload, validator, clock) {
        Ok(_) => Verdict { code: ReplyCode::Success, status: String::new(), said: None, place: None },
        Err(Refusal::BadJson(error)) => Verdict {
            code: ReplyCode::BadJson,
            status: format!("{BAD_JSON_TEXT}: {error}"),
            said: None,
            place: Some(error.offset..(error.offset + 1).min(payload.len()).max(error.offset)),
        },
        Err(Refusal::Message { code, status, violation, .. }) => {
            let violation = violation.as_deref();
            let said = violation.and_then(Violation::fault).map(|fault| words::sentence(&fault, kind, model));
            let place = violation.and_then(|found| found.place_in(payload).or_else(|| place(found, kind, payload)));
            Verdict { code, status, said, place }
        }
    }
}

/// Of a value that was not kept: where its path leads. What is missing is missing in `params`.
fn place(violation: &Violation<'_>, kind: UpKind, payload: &[u8]) -> Option<Range<usize>> {
    let inside = match kind {
        UpKind::Event => violation.path.split_once('.').map_or("", |(_, inside)| inside),
        _ => &violation.path,
    };
    json::locate(payload, &format!("params.{inside}")).or_else(|| json::locate(payload, "params"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = r#"{"version":"1.0","properties":[
        {"id":"lac","name":"a","mode":"rw","define":{"type":"int","min":"0","max":"9","start":"0","step":"1"}},
        {"id":"note","name":"b","mode":"rw","define":{"type":"string","min":"0","max":"3"}},
        {"id":"kind","name":"c","mode":"rw","define":{"type":"stringenum","mapping":{"a":"x","b":"y"}}}],
        "events":[{"id":"low","name":"d","type":"alert","params":[
            {"id":"volt","name":"e","define":{"type":"float","min":"0","max":"5","start":"0","step":"0.1"}}]}],
        "actions":[]}"#;

    /// Code, and the piece of the message that is shown as wrong.
    fn judged(kind: UpKind, payload: &str) -> (u16, Option<&str>) {
        let definition = ThingModel::parse(MODEL).expect("a model");
        let validator = Validator::compile(&definition);
        let clock = Clock { now: UnixMillis(1_700_000_000_000), retention: Duration::from_hours(24) };
        let found = verdict((&definition, &validator), kind, payload.as_bytes(), clock);
        (found.code.number(), found.place.map(|place| payload.get(place).expect("inside the text")))
    }

    #[test]
    fn the_place_of_a_fault_is_what_the_device_wrote() {
        let report = |params: &str| format!(r#"{{"method":"report","clientToken":"1","params":{params}}}"#);
        for (params, code, wrong) in [
            (r#"{"lac":1}"#, 0, None),
            (r#"{"lac":1,"lac":"x"}"#, 406, Some(r#""x""#)),
            (r#"{"lac":10}"#, 406, Some("10")),
            (r#"{"note":"long"}"#, 406, Some(r#""long""#)),
            (r#"{"kind":"c"}"#, 406, Some("c")),
            (r#"{"LAC":[1,2]}"#, 403, Some("[1,2]")),
            ("[]", 406, Some("[]")),
        ] {
            let message = report(params);
            assert_eq!(judged(UpKind::Property, &message), (code, wrong), "{params}");
        }
        assert_eq!(judged(UpKind::Property, r#"{"method":"report","timestamp":1,"params":{}}"#), (405, None));
        assert_eq!(judged(UpKind::Property, r#"{"method":,"#), (400, Some(",")));
        assert_eq!(judged(UpKind::Property, r#"{"method""#), (400, Some("")), "it ends too early");
        let event = r#"{"method":"event_post","clientToken":"1","eventId":"low","params":{}}"#;
        assert_eq!(judged(UpKind::Event, event), (403, Some("{}")), "a parameter is missing");
    }
}
