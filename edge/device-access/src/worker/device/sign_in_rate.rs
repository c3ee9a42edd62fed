//! Who signs in too often: a device alone, or all of them together. The same for every way in.

use std::sync::Arc;

use lianwu_model::DeviceNumber;
use lianwu_ports::record::RecordKind;
use lianwu_services::directory::DirectoryDevice;

use crate::worker::Worker;
use crate::worker::overrun::Way;
use crate::worker::state::{SignIns, State};
use crate::worker::tick::SIGN_IN_WINDOW;

impl Worker {
    /// Why this sign-in is refused, and after how many seconds another may come. Counted either way.
    ///
    /// `facts` is what the device's log says about it.
    pub(super) fn signs_in_too_often(
        &self,
        state: &mut State,
        device: &Arc<DirectoryDevice>,
        facts: &str,
    ) -> Option<(String, u8)> {
        if let Some(over) = self.over_sign_in_rate(state, device) {
            let limit = self.options.device_connects_per_5s;
            let window = SIGN_IN_WINDOW.as_secs();
            let why = format!("signed in more than {limit} times within {window} s, see limits.device_connects_per_5s");
            self.stats.sign_ins_refused.add(1);
            // The first is told at once, how many there were in all when the window is over.
            if over == 1 {
                self.record(state, RecordKind::ConnectRefused, device, &why, facts.as_bytes());
            }
            return Some((why, u8::try_from(window).unwrap_or(u8::MAX)));
        }
        let per_second = self.rates.try_sign_in(state.now).err()?;
        self.stats.sign_ins_refused.add(1);
        state.overruns.count(Way::SignIn, device.number, || device.key(), state.now);
        Some((format!("more than {per_second} sign-ins a second, see limits.instance_connects_per_s"), 1))
    }

    /// By how many sign-ins the device is over its rate with this one, if it is.
    fn over_sign_in_rate(&self, state: &mut State, device: &Arc<DirectoryDevice>) -> Option<u32> {
        let limit = self.options.device_connects_per_5s;
        if limit == 0 {
            return None;
        }
        let now = state.now;
        let known = state.recent_sign_ins.get(&device.number);
        if known.is_some_and(|recent| now.duration_since(recent.since) >= SIGN_IN_WINDOW) {
            self.forget_sign_ins(state);
        }
        let fresh = || SignIns { device: Arc::clone(device), since: now, count: 0 };
        let recent = state.recent_sign_ins.entry(device.number).or_insert_with(fresh);
        recent.count += 1;
        recent.count.checked_sub(limit).filter(|over| *over > 0)
    }

    /// Ends the windows that are over.
    pub(crate) fn forget_sign_ins(&self, state: &mut State) {
        let now = state.now;
        let is_over = |_: &DeviceNumber, recent: &mut SignIns| now.duration_since(recent.since) >= SIGN_IN_WINDOW;
        let over: Vec<SignIns> = state.recent_sign_ins.extract_if(is_over).map(|(_, recent)| recent).collect();
        // A whole fleet signed in after a restart: what that took is given back.
        let known = state.recent_sign_ins.len();
        if known < state.recent_sign_ins.capacity() / 4 {
            state.recent_sign_ins.shrink_to(known * 2);
        }
        for SignIns { device, count, .. } in over {
            let refused = count.saturating_sub(self.options.device_connects_per_5s);
            if refused > 1 {
                let window = SIGN_IN_WINDOW.as_secs();
                let why = format!("{refused} sign-ins refused within {window} s, see limits.device_connects_per_5s");
                self.record(state, RecordKind::ConnectRefused, &device, &why, b"");
            }
        }
    }
}
