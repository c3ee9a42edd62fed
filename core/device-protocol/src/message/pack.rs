//! `pack_report`: samples of several moments in one message, as a device sends them that was offline for a while.
//!
//! No source shows the vendor's form; this is the one of spec/device-protocol.md 6.11. The message is accepted or
//! refused as a whole, and a refusal names the item.

use std::borrow::Cow;

use lianwu_model::json::{Kind, Scanner, StringToken};
use lianwu_model::thing_model::{Purpose, Validator};

use super::envelope::Envelope;
use super::{
    CHECK_PREFIX, ClientToken, Clock, EventPost, PACK_ITEMS_MAX, Pack, PackItem, Refusal, refused_value, shown, time,
};
use crate::reply::{ReplyCode, ReplyMethod};

/// Judges a packed report.
pub(super) fn parse<'a>(
    envelope: &Envelope<'a>,
    token: Option<ClientToken<'a>>,
    validator: &'a Validator,
    clock: Clock,
) -> Result<Pack<'a>, Refusal<'a>> {
    let judge = Judge { token, validator, clock };
    if envelope.sub_devices.is_some_and(|list| list != b"[]") {
        // Acting for sub-devices needs their binding, which comes with gateways.
        return Err(judge.refuse(ReplyCode::Refused, "subDevices not supported".into()));
    }
    let Some(list) = envelope.params else {
        return Err(judge.refuse(ReplyCode::Value, format!("{CHECK_PREFIX}params missing")));
    };
    let mut scanner = Scanner::new(list);
    if scanner.peek()? != Kind::Array {
        return Err(judge.refuse(ReplyCode::Refused, "params not an array".into()));
    }
    scanner.enter_array()?;
    let (mut items, mut count, mut events) = (Vec::new(), 0, 0);
    while scanner.next_element()? {
        count += 1;
        if count > PACK_ITEMS_MAX || events > PACK_ITEMS_MAX {
            scanner.skip_value()?;
            continue;
        }
        let item = judge.item(scanner.skip_value()?).map_err(|refusal| at(count - 1, refusal))?;
        events += item.events.len();
        items.push(item);
    }
    for (what, number, least) in [("params", count, 1), ("events", events, 0)] {
        if !(least..=PACK_ITEMS_MAX).contains(&number) {
            let status = format!("{CHECK_PREFIX}{what} length {number} out of range:[{least},{PACK_ITEMS_MAX}]");
            return Err(judge.refuse(ReplyCode::Value, status));
        }
    }
    Ok(Pack { token, items })
}

/// Puts the place of the item in front of the reason.
fn at(index: usize, refusal: Refusal<'_>) -> Refusal<'_> {
    match refusal {
        Refusal::Message { token, reply, code, status } => {
            Refusal::Message { token, reply, code, status: format!("params[{index}]: {status}") }
        }
        bad @ Refusal::BadJson(_) => bad,
    }
}

/// The members of one item; of repeated ones the last counts, `null` is as good as absent.
#[derive(Default)]
struct Members<'a> {
    timestamp: Option<&'a [u8]>,
    properties: Option<&'a [u8]>,
    events: Option<&'a [u8]>,
}

struct Judge<'a> {
    token: Option<ClientToken<'a>>,
    validator: &'a Validator,
    clock: Clock,
}

impl<'a> Judge<'a> {
    fn refuse(&self, code: ReplyCode, status: String) -> Refusal<'a> {
        Refusal::Message { token: self.token, reply: Some(ReplyMethod::Pack), code, status }
    }

    fn item(&self, text: &'a [u8]) -> Result<PackItem<'a>, Refusal<'a>> {
        let mut scanner = Scanner::new(text);
        if scanner.peek()? != Kind::Object {
            return Err(self.refuse(ReplyCode::Refused, "not an object".into()));
        }
        let mut members = Members::default();
        scanner.enter_object()?;
        while let Some(key) = scanner.next_member()? {
            let value = scanner.skip_value()?;
            let value = (value != b"null").then_some(value);
            if key.is(b"timestamp") {
                members.timestamp = value;
            } else if key.is(b"properties") {
                members.properties = value;
            } else if key.is(b"events") {
                members.events = value;
            }
        }
        let sample_time = time::sample_time(members.timestamp, self.clock)
            .map_err(|status| self.refuse(ReplyCode::Timestamp, status))?;
        if members.properties.is_none() && members.events.is_none() {
            return Err(self.refuse(ReplyCode::Refused, "neither properties nor events".into()));
        }
        if let Some(properties) = members.properties {
            self.validator
                .check_properties(&mut Scanner::new(properties), Purpose::Report)
                .map_err(|violation| refused_value(&violation, self.token, Some(ReplyMethod::Pack)))?;
        }
        let events = match members.events {
            None => Vec::new(),
            Some(events) => self.events(events, sample_time)?,
        };
        Ok(PackItem { sample_time, properties: members.properties, events })
    }

    /// `{"<eventId>":{<params>},...}`
    fn events(&self, text: &'a [u8], sample_time: lianwu_model::UnixMillis) -> Result<Vec<EventPost<'a>>, Refusal<'a>> {
        let mut scanner = Scanner::new(text);
        if scanner.peek()? != Kind::Object {
            return Err(self.refuse(ReplyCode::Refused, "events not an object".into()));
        }
        let mut events = Vec::new();
        scanner.enter_object()?;
        while let Some(key) = scanner.next_member()? {
            let params = scanner.skip_value()?;
            if events.len() <= PACK_ITEMS_MAX {
                events.push(self.event(key, params, sample_time)?);
            }
        }
        Ok(events)
    }

    fn event(
        &self,
        key: StringToken<'a>,
        params: &'a [u8],
        sample_time: lianwu_model::UnixMillis,
    ) -> Result<EventPost<'a>, Refusal<'a>> {
        let id: Cow<'_, str> = key.unescape();
        let Some(event) = self.validator.event(&id) else {
            return Err(self.refuse(ReplyCode::NotDefined, format!("{} not defined", shown(&id))));
        };
        match event.check_params(&mut Scanner::new(params)) {
            Ok(_) => Ok(EventPost { id: event.id(), kind: event.kind(), sample_time, params }),
            Err(violation) => Err(refused_value(&violation, self.token, Some(ReplyMethod::Pack))),
        }
    }
}
