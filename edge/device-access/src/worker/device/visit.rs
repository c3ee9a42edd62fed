//! Sign-ins that begin no connection: an authentication over CoAP, a token over HTTP, and that a device is heard over HTTP at all.
//!
//! They are judged at the device's home, where its other sign-ins are counted, and are on record like them: the device counts
//! as activated, and its time of login says when it was there.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lianwu_model::DeviceNumber;
use lianwu_ports::record::RecordKind;
use lianwu_services::directory::DirectoryDevice;
use tokio::sync::oneshot;

use crate::worker::Worker;
use crate::worker::state::State;

/// A device that is heard over HTTP with a signature under each message is put on record as often: no message costs more than
/// a look into a table, and its time of login is right to the hour.
const HEARD_EVERY: Duration = Duration::from_hours(1);

/// A device that has proved itself.
pub(crate) struct Visit {
    pub(crate) device: Arc<DirectoryDevice>,
    /// `coap` or `http`.
    pub(crate) protocol: &'static str,
    pub(crate) source: IpAddr,
    pub(crate) answer: oneshot::Sender<Visited>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Visited {
    In,
    /// It signs in too often, alone or with all others; counted. Seconds after which it may try again.
    TooOften {
        why: String,
        wait: u8,
    },
}

/// When devices without a connection were last put on record. Bounded by the devices that are heard within [`HEARD_EVERY`].
#[derive(Debug, Default)]
pub(crate) struct Heard(HashMap<DeviceNumber, Instant>);

impl Heard {
    /// Is it to be put on record now?
    fn is_news(&mut self, number: DeviceNumber, now: Instant) -> bool {
        let last = self.0.get(&number).copied();
        let is_news = last.is_none_or(|last| now.duration_since(last) >= HEARD_EVERY);
        if is_news {
            self.0.insert(number, now);
        }
        is_news
    }

    /// Gives the room of devices back that are not heard any more.
    pub(crate) fn forget_old(&mut self, now: Instant) {
        self.0.retain(|_, last| now.duration_since(*last) < HEARD_EVERY);
    }
}

/// Source: `lianwu_ports::states::is_without_connection` reads it.
fn facts(protocol: &str, source: IpAddr) -> String {
    format!("protocol:{protocol},clientip:{}", source.to_canonical())
}

impl Worker {
    /// A device signs in without a connection.
    pub(crate) fn visit(&self, state: &mut State, visit: Visit) {
        let Visit { device, protocol, source, answer } = visit;
        let facts = facts(protocol, source);
        let visited = match self.signs_in_too_often(state, &device, &facts) {
            Some((why, wait)) => Visited::TooOften { why, wait },
            None => {
                self.stats.sign_ins.add(1);
                state.heard.is_news(device.number, state.now);
                device.note_activated();
                self.record(state, RecordKind::Connected, &device, "", facts.as_bytes());
                Visited::In
            }
        };
        // Whoever asked may be gone.
        drop(answer.send(visited));
    }

    /// A message of the device was accepted over HTTP.
    pub(crate) fn heard_over_http(&self, state: &mut State, device: &DirectoryDevice, source: IpAddr) {
        let (number, now) = (device.number, state.now);
        if !device.is_online() && state.heard.is_news(number, now) {
            device.note_activated();
            self.record(state, RecordKind::Connected, device, "", facts("http", source).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_news_once_an_hour_and_forgotten_when_it_is_gone() {
        let (start, lamp) = (Instant::now(), DeviceNumber(7));
        let mut heard = Heard::default();
        let minutes = |minutes| start + Duration::from_mins(minutes);
        assert!(heard.is_news(lamp, start));
        assert!((1..60).all(|minute| !heard.is_news(lamp, minutes(minute))));
        heard.forget_old(minutes(59));
        assert!(!heard.is_news(lamp, minutes(59)), "it is not forgotten too soon");
        assert!(heard.is_news(lamp, minutes(60)));
        heard.forget_old(minutes(120));
        assert!(heard.0.is_empty());
    }
}
