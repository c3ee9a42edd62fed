//! `pack_report`: samples of several moments in one message, as a device sends them that was offline for a while.
//!
//! No source shows the vendor's form; this is the one of spec/device-protocol.md 6.11. The message is accepted or
//! refused as a whole, and a refusal names the item. What a gateway reports for its sub-devices is judged in a second
//! step, [`Pack::judge`], because each of them has a model of its own.

use std::borrow::Cow;

use lianwu_model::ProductId;
use lianwu_model::json::{Kind, Scanner, StringToken};
use lianwu_model::thing_model::{Purpose, Validator};

use super::envelope::Envelope;
use super::{
    CHECK_PREFIX, ClientToken, Clock, EventPost, PACK_ITEMS_MAX, Pack, PackItem, PackOfSubDevice, Refusal,
    refused_value, shown, time,
};
use crate::reply::{ReplyCode, ReplyMethod};

/// Judges a packed report, of sub-devices only the form.
pub(super) fn parse<'a>(
    envelope: &Envelope<'a>,
    token: Option<ClientToken<'a>>,
    validator: &'a Validator,
    clock: Clock,
) -> Result<Pack<'a>, Refusal<'a>> {
    let sub_devices = sub_devices(envelope.sub_devices.unwrap_or(b"[]"), token)?;
    let own = match envelope.params {
        Some(list) => list,
        None if !sub_devices.is_empty() => b"[]",
        None => return Err(refuse(token, ReplyCode::Value, format!("{CHECK_PREFIX}params missing"))),
    };
    let mut count = length(own, token, "params")?;
    for sub in &sub_devices {
        count = count.saturating_add(length(sub.params, token, "params")?);
    }
    check_length("params", count, 1, token)?;
    let items = Judge { token, validator, clock }.items(own, &mut 0)?;
    Ok(Pack { token, items, sub_devices })
}

impl<'a> Pack<'a> {
    /// Judges what is said for a sub-device by that device's model. `events` counts those of the whole message: it begins
    /// with the sender's own, see [`Pack::events`].
    ///
    /// # Errors
    /// The first reason against it, with the sub-device and the item named.
    pub fn judge<'b>(
        &self,
        sub: &PackOfSubDevice<'b>,
        validator: &'b Validator,
        clock: Clock,
        events: &mut usize,
    ) -> Result<Vec<PackItem<'b>>, Refusal<'b>>
    where
        'a: 'b,
    {
        let items = Judge { token: self.token, validator, clock }.items(sub.params, events);
        items.map_err(|refusal| at(&sub.name(), refusal))
    }

    /// Refuses the message because of a sub-device nobody may speak for.
    #[must_use]
    pub fn refuse(&self, sub: &PackOfSubDevice<'a>, code: ReplyCode, why: &str) -> Refusal<'a> {
        at(&sub.name(), refuse(self.token, code, why.to_owned()))
    }

    /// Events of the sender's own items.
    #[must_use]
    pub fn events(&self) -> usize {
        self.items.iter().map(|item| item.events.len()).sum()
    }
}

impl PackOfSubDevice<'_> {
    /// For a refusal: names are short, and cut where they are not.
    fn name(&self) -> String {
        format!("{}/{}", self.product, shown(&self.device))
    }
}

fn refuse(token: Option<ClientToken<'_>>, code: ReplyCode, status: String) -> Refusal<'_> {
    Refusal::message(token, Some(ReplyMethod::Pack), code, status)
}

/// Puts the place of the fault in front of the reason.
fn at<'a>(place: &str, refusal: Refusal<'a>) -> Refusal<'a> {
    match refusal {
        Refusal::Message { token, reply, code, status, violation } => {
            Refusal::Message { token, reply, code, status: format!("{place} {status}"), violation }
        }
        bad @ Refusal::BadJson(_) => bad,
    }
}

/// Elements of a list that is in its place.
fn length<'a>(list: &[u8], token: Option<ClientToken<'a>>, name: &str) -> Result<usize, Refusal<'a>> {
    let mut scanner = Scanner::new(list);
    if scanner.peek()? != Kind::Array {
        return Err(refuse(token, ReplyCode::Refused, format!("{name} not an array")));
    }
    scanner.enter_array()?;
    let mut count = 0;
    while scanner.next_element()? {
        scanner.skip_value()?;
        count += 1;
    }
    Ok(count)
}

fn check_length<'a>(
    what: &str,
    number: usize,
    least: usize,
    token: Option<ClientToken<'a>>,
) -> Result<(), Refusal<'a>> {
    if (least..=PACK_ITEMS_MAX).contains(&number) {
        return Ok(());
    }
    let status = format!("{CHECK_PREFIX}{what} length {number} out of range:[{least},{PACK_ITEMS_MAX}]");
    Err(refuse(token, ReplyCode::Value, status))
}

/// `[{"productId":"..","deviceName":"..","params":[..]},...]`
fn sub_devices<'a>(list: &'a [u8], token: Option<ClientToken<'a>>) -> Result<Vec<PackOfSubDevice<'a>>, Refusal<'a>> {
    check_length("subDevices", length(list, token, "subDevices")?, 0, token)?;
    let mut found = Vec::new();
    let mut scanner = Scanner::new(list);
    scanner.enter_array()?;
    while scanner.next_element()? {
        let place = format!("subDevices[{}]:", found.len());
        found.push(sub_device(scanner.skip_value()?, token).map_err(|refusal| at(&place, refusal))?);
    }
    Ok(found)
}

fn sub_device<'a>(text: &'a [u8], token: Option<ClientToken<'a>>) -> Result<PackOfSubDevice<'a>, Refusal<'a>> {
    let wrong = |what: &str| refuse(token, ReplyCode::Refused, what.to_owned());
    let mut scanner = Scanner::new(text);
    if scanner.peek()? != Kind::Object {
        return Err(wrong("not an object"));
    }
    let (mut product, mut device, mut params) = (None, None, None);
    scanner.enter_object()?;
    while let Some(key) = scanner.next_member()? {
        let value = scanner.skip_value()?;
        if key.is(b"productId") {
            product = Some(value);
        } else if key.is(b"deviceName") {
            device = Some(value);
        } else if key.is(b"params") {
            params = Some(value);
        }
    }
    let text = |value: Option<&'a [u8]>| Scanner::new(value?).string().ok().map(|token| token.unescape());
    let product = text(product).and_then(|product| ProductId::from_bytes(product.as_bytes()));
    let product = product.ok_or_else(|| wrong("productId missing or malformed"))?;
    let device = text(device).filter(|device| !device.is_empty()).ok_or_else(|| wrong("deviceName missing"))?;
    let params = params.ok_or_else(|| wrong("params missing"))?;
    check_length("params", length(params, token, "params")?, 1, token)?;
    Ok(PackOfSubDevice { product, device, params })
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
        refuse(self.token, code, status)
    }

    /// A list whose length was looked at. Its events are added to those before.
    fn items(&self, list: &'a [u8], events: &mut usize) -> Result<Vec<PackItem<'a>>, Refusal<'a>> {
        let mut scanner = Scanner::new(list);
        scanner.enter_array()?;
        let mut items = Vec::new();
        while scanner.next_element()? {
            let place = format!("params[{}]:", items.len());
            let item = self.item(scanner.skip_value()?).map_err(|refusal| at(&place, refusal))?;
            *events += item.events.len();
            items.push(item);
            check_length("events", *events, 0, self.token)?;
        }
        Ok(items)
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
                .map_err(|violation| refused_value(violation, self.token, Some(ReplyMethod::Pack)))?;
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
            Err(violation) => Err(refused_value(violation, self.token, Some(ReplyMethod::Pack))),
        }
    }
}
