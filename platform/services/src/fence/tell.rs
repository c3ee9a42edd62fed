//! Telling a device that it crossed a fence. Source: spec/device-protocol.md 9.10.

use lianwu_device_protocol::reply;
use lianwu_device_protocol::topic::{DownTopic, down_topic};
use lianwu_model::UnixMillis;
use lianwu_model::fence::Alert;
use lianwu_ports::bus::{DeliverError, Down, DownKind};
use lianwu_ports::readings::{LogQuery, LogScope, Readings};
use lianwu_ports::record::RecordKind;
use tracing::{debug, warn};

use crate::{Platform, telemetry};

/// How long a device that gets too many messages already is tried.
const TRIED_MS: u64 = 3_600_000;

/// Searches at most for an alert in the log, each of 40,000 records.
const SEARCHES_MAX: usize = 25;

/// What became of an alert on its way to its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It is on record as sent, whether the device was there or not; or it never will be.
    Done,
    /// Try again later.
    Later,
    /// The platform is shutting down.
    Closed,
}

/// Where its device hears of it.
pub(super) fn topic_of(alert: &Alert) -> String {
    let mut topic = String::new();
    down_topic(DownTopic::ThingService, alert.key.product, alert.key.device.as_str(), &mut topic);
    topic
}

/// Sends the alert as any other message: a device that keeps its session gets it later, for any other that is not there
/// the attempt is on record.
pub(super) async fn tell(platform: &Platform, alert: &Alert) -> Told {
    let topic = topic_of(alert);
    let mut payload = Vec::new();
    let now = platform.clock.now();
    reply::fence_alert(alert, now, &mut payload);
    let down = Down {
        device: alert.key.clone(),
        number: alert.device,
        kind: DownKind::Topic(topic.into()),
        qos: 1,
        payload: payload.into(),
        request_id: "".into(),
    };
    match platform.bus.deliver(down).await {
        Ok(delivery) => {
            debug!(alert = alert.id.0, ?delivery, "a device was told of its fence");
            Told::Done
        }
        Err(DeliverError::Closed) => Told::Closed,
        Err(error) if now.0.saturating_sub(alert.time.0) > TRIED_MS => {
            warn!(alert = alert.id.0, device = %alert.key, %error, "a device could not be told of its fence");
            Told::Done
        }
        Err(error) => {
            debug!(alert = alert.id.0, %error, "a device is told of its fence later");
            Told::Later
        }
    }
}

/// Was it sent before the platform went down? The log knows.
pub(super) async fn was_told(platform: &Platform, alert: &Alert) -> bool {
    let query = LogQuery {
        scope: LogScope::Device(alert.device),
        kinds: vec![RecordKind::OtherDown],
        times: alert.time..=UnixMillis(u64::MAX >> 1),
        words: vec![format!(r#""clientToken":"{}""#, reply::fence_alert_token(alert.id))],
        after: None,
        limit: 1,
    };
    let read = move |readings: &dyn Readings| telemetry::search_on(readings, query, SEARCHES_MAX, &mut |_| true);
    match telemetry::on_readings(platform, read).await {
        Ok((rows, _)) => !rows.is_empty(),
        Err(error) => {
            warn!(alert = alert.id.0, %error, "it is not known whether a device was told of its fence: it is told again");
            false
        }
    }
}
