//! Lines of a device's own log that came over HTTP: the rate of any message over HTTP, records like any other, answered
//! once they are durable.

use std::sync::Arc;

use lianwu_device_protocol::device_log::LogLine;
use lianwu_model::log_level::LogLevel;
use lianwu_ports::record::{Record, RecordKind};
use lianwu_services::directory::DirectoryDevice;
use tokio::sync::oneshot;

use crate::worker::Worker;
use crate::worker::device::post::Posted;
use crate::worker::held::After;
use crate::worker::overrun::Way;
use crate::worker::rate::Bucket;
use crate::worker::state::State;

/// So many bytes of lines count as one message.
const BYTES_PER_MESSAGE: usize = 4 * 1024;

/// Lines of a verified device.
pub(crate) struct Upload {
    pub(crate) device: Arc<DirectoryDevice>,
    pub(crate) lines: Vec<LogLine>,
    /// They have waited because of the rate of the instance.
    pub(crate) has_waited: bool,
    pub(crate) answer: oneshot::Sender<Posted>,
}

impl Worker {
    pub(crate) fn upload(&self, state: &mut State, upload: Upload) {
        let Upload { device, lines, has_waited, answer } = upload;
        if has_waited {
            state.overruns.count(Way::UpInstance, device.number, || device.key(), state.now);
        }
        if state.refusing.is_some() || state.must_wait_for_disk(self.options.uncommitted_bytes_max) {
            drop(answer.send(Posted::Busy));
            return;
        }
        if self.platform.log_levels.of(device.product, device.number) == LogLevel::Off {
            state.overruns.count(Way::LogOff, device.number, || device.key(), state.now);
            drop(answer.send(Posted::LogOff));
            return;
        }
        let (now, per_second) = (state.now, self.options.device_up_tps);
        if per_second > 0 {
            let bucket = state.post_rates.entry(device.number).or_insert_with(|| Bucket::new(now));
            if !bucket.pause(now).is_zero() {
                self.stats.posts_over_rate.add(1);
                state.overruns.count(Way::Post, device.number, || device.key(), now);
                drop(answer.send(Posted::OverRate(per_second)));
                return;
            }
            let bytes: usize = lines.iter().map(|line| line.text.len()).sum();
            for _ in 0..bytes.div_ceil(BYTES_PER_MESSAGE).max(1) {
                bucket.take(now, per_second);
            }
        }
        if let Err(over) = self.rates.try_up(device.product, now) {
            self.stats.posts_over_rate.add(1);
            state.overruns.count(Way::PostProduct, device.number, || device.key(), now);
            drop(answer.send(Posted::OverRate(over.per_second)));
            return;
        }
        self.stats.messages_up.add(1);
        let sample_time = state.wall;
        for line in &lines {
            state.batch.push(&Record {
                kind: RecordKind::DeviceLog,
                qos: 0,
                packet_id: 0,
                code: 0,
                number: device.number,
                product: device.product,
                device: device.name.as_str(),
                sample_time,
                topic: "",
                note: line.level.map_or("", LogLevel::word),
                payload: line.text.as_bytes(),
            });
        }
        if lines.is_empty() {
            drop(answer.send(Posted::Accepted));
            return;
        }
        state.held.after.push(After::Posted { answer, posted: Posted::Accepted });
        state.want_turn();
    }
}
