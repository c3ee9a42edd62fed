//! Events: one, or several in one message.

use lianwu_model::json::{Kind, Scanner};
use lianwu_model::thing_model::{EventKind, Validator};

use super::envelope::Envelope;
use super::{
    CHECK_PREFIX, ClientToken, Clock, EVENTS_PER_MESSAGE_MAX, EventPost, Events, Refusal, Up, refused_value, shown,
    time, unknown_method,
};
use crate::reply::{ReplyCode, ReplyMethod};

/// Judges a message of the event topic.
///
/// The presence of `events` decides between one and several: the Python SDK sends the array under `event_post`.
pub(super) fn parse<'a>(
    envelope: &Envelope<'a>,
    validator: &'a Validator,
    clock: Clock,
) -> Result<Up<'a>, Refusal<'a>> {
    let token = envelope.token(Some(ReplyMethod::Event))?;
    let reply = match envelope.method {
        Some(method) if method.is(b"event_post") => ReplyMethod::Event,
        Some(method) if method.is(b"events_post") => ReplyMethod::Events,
        other => {
            let status = other.map_or_else(|| "method missing".into(), |method| unknown_method(&method.unescape()));
            let reply = Some(ReplyMethod::Event);
            return Err(Refusal::message(token, reply, ReplyCode::Refused, status));
        }
    };
    let judge = Judge { token, reply, validator, clock };
    let events = match envelope.events {
        None => vec![judge.event(envelope)?],
        Some(list) => judge.list(list)?,
    };
    Ok(Up::Events(Events { token, reply, events }))
}

/// What all events of a message share.
struct Judge<'a> {
    token: Option<ClientToken<'a>>,
    reply: ReplyMethod,
    validator: &'a Validator,
    clock: Clock,
}

impl<'a> Judge<'a> {
    fn refuse(&self, code: ReplyCode, status: String) -> Refusal<'a> {
        Refusal::message(self.token, Some(self.reply), code, status)
    }

    /// `list` is a JSON text the scanner has accepted.
    fn list(&self, list: &'a [u8]) -> Result<Vec<EventPost<'a>>, Refusal<'a>> {
        let mut scanner = Scanner::new(list);
        if scanner.peek()? != Kind::Array {
            return Err(self.refuse(ReplyCode::Refused, "events not an array".into()));
        }
        scanner.enter_array()?;
        let mut events = Vec::new();
        let mut count = 0;
        while scanner.next_element()? {
            count += 1;
            if count > EVENTS_PER_MESSAGE_MAX {
                scanner.skip_value()?;
                continue;
            }
            if scanner.peek()? != Kind::Object {
                let status = format!("events[{}] not an object", count - 1);
                return Err(self.refuse(ReplyCode::Refused, status));
            }
            let envelope = Envelope::read(list, &mut scanner, None)?;
            events.push(self.event(&envelope)?);
        }
        if (1..=EVENTS_PER_MESSAGE_MAX).contains(&count) {
            return Ok(events);
        }
        let status = format!("{CHECK_PREFIX}events length {count} out of range:[1,{EVENTS_PER_MESSAGE_MAX}]");
        Err(self.refuse(ReplyCode::Value, status))
    }

    fn event(&self, envelope: &Envelope<'a>) -> Result<EventPost<'a>, Refusal<'a>> {
        let id = match envelope.event_id.map(|text| Scanner::new(text).string()) {
            None => return Err(self.refuse(ReplyCode::Refused, "eventId missing".into())),
            Some(Err(_)) => return Err(self.refuse(ReplyCode::Refused, "eventId not a string".into())),
            Some(Ok(id)) => id.unescape(),
        };
        let Some(event) = self.validator.event(&id) else {
            return Err(self.refuse(ReplyCode::NotDefined, format!("{} not defined", shown(&id))));
        };
        if let Some(text) = envelope.kind {
            let said = Scanner::new(text).string().ok().and_then(|word| EventKind::from_text(&word.unescape()));
            if said != Some(event.kind()) {
                let status = format!("{} type not {}", event.id(), event.kind().as_str());
                return Err(self.refuse(ReplyCode::Refused, status));
            }
        }
        let sample_time = time::sample_time(envelope.timestamp, self.clock)
            .map_err(|status| self.refuse(ReplyCode::Timestamp, status))?;
        let params = envelope.params.unwrap_or(b"{}");
        let verdict = match envelope.params {
            None => event.first_missing(),
            Some(params) => event.check_params(&mut Scanner::new(params)).err(),
        };
        match verdict {
            None => Ok(EventPost { id: event.id(), kind: event.kind(), sample_time, params }),
            Some(violation) => Err(refused_value(violation, self.token, Some(self.reply))),
        }
    }
}
