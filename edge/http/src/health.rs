//! `GET /healthz`: is the platform ready for devices and callers?

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;

/// Why the platform takes no messages at the moment, if it does not. Asked at every check: must be quick.
type Trouble = dyn Fn() -> Option<String> + Send + Sync;

/// The answer, shared with the application, which changes it. Not ready at first.
#[derive(Clone)]
pub struct Health {
    ready: Arc<AtomicBool>,
    trouble: Arc<Trouble>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Health").field(&self.answer()).finish()
    }
}

impl Default for Health {
    /// Healthy as soon as it is ready.
    fn default() -> Self {
        Self::watching(|| None)
    }
}

impl Health {
    /// Healthy while it is ready and `trouble` gives no reason why not; the reason is the answer's text.
    #[must_use]
    pub fn watching(trouble: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        Self { ready: Arc::default(), trouble: Arc::new(trouble) }
    }

    /// `true` once every listener is open; `false` as soon as the platform goes down, so that balancers turn away.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Relaxed);
    }

    pub(crate) fn answer(&self) -> (StatusCode, String) {
        if !self.ready.load(Ordering::Relaxed) {
            return (StatusCode::SERVICE_UNAVAILABLE, "not ready\n".to_owned());
        }
        match (self.trouble)() {
            None => (StatusCode::OK, "ready\n".to_owned()),
            Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_healthy_when_ready_and_without_trouble() {
        let is_full = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&is_full);
        let health = Health::watching(move || seen.load(Ordering::Relaxed).then(|| "storage is full".to_owned()));
        assert_eq!(health.answer(), (StatusCode::SERVICE_UNAVAILABLE, "not ready\n".to_owned()));
        health.set_ready(true);
        assert_eq!(health.answer(), (StatusCode::OK, "ready\n".to_owned()));
        is_full.store(true, Ordering::Relaxed);
        assert_eq!(health.answer(), (StatusCode::SERVICE_UNAVAILABLE, "not ready: storage is full\n".to_owned()));
        is_full.store(false, Ordering::Relaxed);
        assert_eq!(health.answer().0, StatusCode::OK);
    }
}
