//! Messages over a rate, counted per device and window: one record says how many, however many there were.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use lianwu_model::{DeviceKey, DeviceNumber};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_services::logs::notes;

use super::Worker;
use super::state::State;

/// Whose rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    /// The device's messages; they wait.
    Up,
    /// The device's messages; they wait because those of its product are too many together.
    UpProduct,
    /// The same for all devices of the instance.
    UpInstance,
    /// The device's messages over HTTP; they were refused.
    Post,
    /// The device's messages over CoAP; they were refused.
    CoapPost,
    /// The same, for the rate of the product.
    PostProduct,
    /// Messages to the device; they were refused.
    Down,
    /// The same, for the rate of the product.
    DownProduct,
    /// The same, for the rate of the instance.
    DownInstance,
    /// Sign-ins of the device; they were refused for the rate of the instance.
    SignIn,
    /// Lines of the device's own log, which is switched off; they were refused.
    LogOff,
}

#[derive(Debug)]
struct Overrun {
    device: DeviceKey,
    since: Instant,
    count: u64,
}

/// Windows that are open. Bounded by the devices that are over a rate within one window.
#[derive(Debug, Default)]
pub(crate) struct Overruns {
    open: HashMap<(DeviceNumber, Way), Overrun>,
}

impl Overruns {
    /// Counts one message.
    pub(crate) fn count(&mut self, way: Way, number: DeviceNumber, device: impl FnOnce() -> DeviceKey, now: Instant) {
        let overrun =
            self.open.entry((number, way)).or_insert_with(|| Overrun { device: device(), since: now, count: 0 });
        overrun.count += 1;
    }

    /// Windows that have been open for so long, or all of them when the platform stops (`None`); each is seen once.
    fn ended(&mut self, now: Instant, window: Option<Duration>) -> Vec<(DeviceNumber, Way, DeviceKey, u64)> {
        self.open
            .extract_if(|_, overrun| window.is_none_or(|window| now.duration_since(overrun.since) >= window))
            .map(|((number, way), overrun)| (number, way, overrun.device, overrun.count))
            .collect()
    }
}

impl Worker {
    /// Records the windows that are over, so that a device has at most one record per rate in each; all of them when the
    /// platform stops.
    pub(crate) fn record_overruns(&self, state: &mut State) {
        let (now, window) = (state.now, (!state.is_stopping).then_some(self.options.rate_window));
        for (number, way, device, count) in state.overruns.ended(now, window) {
            let sample_time = state.wall;
            state.batch.push(&Record {
                kind: RecordKind::RateLimited,
                qos: 0,
                packet_id: 0,
                code: 0,
                number,
                product: device.product,
                device: device.device.as_str(),
                sample_time,
                topic: "",
                note: match way {
                    Way::Up => notes::UP_OVER_RATE,
                    Way::UpProduct => notes::UP_OVER_PRODUCT_RATE,
                    Way::UpInstance => notes::UP_OVER_INSTANCE_RATE,
                    Way::PostProduct => notes::POST_OVER_PRODUCT_RATE,
                    Way::DownProduct => notes::DOWN_OVER_PRODUCT_RATE,
                    Way::DownInstance => notes::DOWN_OVER_INSTANCE_RATE,
                    Way::SignIn => notes::SIGN_IN_OVER_RATE,
                    Way::Post => notes::POST_OVER_RATE,
                    Way::CoapPost => notes::COAP_OVER_RATE,
                    Way::Down => notes::DOWN_OVER_RATE,
                    Way::LogOff => notes::LOG_OFF,
                },
                payload: count.to_string().as_bytes(),
            });
            state.want_turn();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_told_once_with_its_count() {
        let key = || DeviceKey { product: "AB12CD34EF".parse().unwrap(), device: "lamp".parse().unwrap() };
        const WINDOW: Duration = Duration::from_secs(10);
        let start = Instant::now();
        let mut overruns = Overruns::default();
        for second in 0..3 {
            overruns.count(Way::Up, DeviceNumber(7), key, start + Duration::from_secs(second));
        }
        overruns.count(Way::Down, DeviceNumber(7), key, start + Duration::from_secs(5));
        assert_eq!(overruns.ended(start + Duration::from_secs(9), Some(WINDOW)), []);
        assert_eq!(overruns.ended(start + WINDOW, Some(WINDOW)), [(DeviceNumber(7), Way::Up, key(), 3)]);
        assert_eq!(overruns.ended(start + WINDOW, Some(WINDOW)), []);
        let down = (DeviceNumber(7), Way::Down, key(), 1);
        assert_eq!(overruns.ended(start + WINDOW, None), [down], "the platform stops");
        assert_eq!(overruns.ended(start + Duration::from_secs(15), Some(WINDOW)), []);
    }
}
