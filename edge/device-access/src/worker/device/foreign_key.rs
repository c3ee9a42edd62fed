//! Whose key it was that signed for another device: the commonest mix-up while devices are made by hand.

use std::time::{Duration, Instant};

use lianwu_device_protocol::credentials::{SignIn, SignInError};
use lianwu_model::UnixMillis;
use lianwu_services::logs::notes;

use crate::worker::Worker;

/// One search of a worker in so much time: a stranger's wrong passwords cost no more than one wrong password.
const SEARCH_EVERY: Duration = Duration::from_secs(1);

/// Devices that are passed by, and those of the product, each of which takes an HMAC; with more nobody searches.
const DEVICES_MAX: u64 = 10_000;
const PRODUCT_DEVICES_MAX: u64 = 500;

impl Worker {
    /// For the owner's log, after a signature that does not fit: the device of the same product whose key made it.
    /// Never told to who signs in.
    pub(crate) fn holder_of_key(&self, now: Instant, wall: UnixMillis, claim: &SignIn<'_>) -> String {
        let directory = &self.platform.directory;
        let is_too_soon = self.key_searched.get().is_some_and(|last| now.duration_since(last) < SEARCH_EVERY);
        let is_large = directory.total() > DEVICES_MAX || directory.count(claim.product) > PRODUCT_DEVICES_MAX;
        if is_too_soon || is_large {
            return String::new();
        }
        self.key_searched.set(Some(now));
        let mut found = None;
        directory.each(|device| {
            let fits = || !matches!(claim.verify(&device.secret, wall), Err(SignInError::HmacMismatch { .. }));
            if found.is_none() && device.product == claim.product && fits() {
                found = Some(device.name.clone());
            }
        });
        found.map(notes::key_of).unwrap_or_default()
    }
}
