//! Which connections have something to read. One task serves them all: a task per connection would cost each idle
//! device a quarter of a kilobyte.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use parking_lot::Mutex;

use crate::worker::state::Place;

/// Connections that were woken since the last turn, in order.
#[derive(Default)]
pub(crate) struct Ready {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    places: Vec<Place>,
    /// Wakes the task that serves them.
    server: Option<Waker>,
}

/// Wakes one connection: puts it into the list, once.
pub(crate) struct Wakeup {
    ready: Arc<Ready>,
    place: Place,
    is_listed: AtomicBool,
}

impl Ready {
    /// Swaps the woken connections into `into`, which must be empty, and remembers whom to wake for the next ones.
    pub(crate) fn take(&self, into: &mut Vec<Place>, server: &Waker) {
        let mut inner = self.inner.lock();
        std::mem::swap(&mut inner.places, into);
        inner.server = Some(server.clone());
    }

    fn list(&self, place: Place) {
        let server = {
            let mut inner = self.inner.lock();
            inner.places.push(place);
            inner.server.take()
        };
        if let Some(server) = server {
            server.wake();
        }
    }
}

impl Wakeup {
    pub(crate) fn new(ready: &Arc<Ready>, place: Place) -> Arc<Self> {
        Arc::new(Self { ready: Arc::clone(ready), place, is_listed: false.into() })
    }

    /// From now on it can be listed again: called before the connection is looked at, so that nothing is missed.
    pub(crate) fn reset(&self) {
        self.is_listed.store(false, Ordering::Relaxed);
    }
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_listed.swap(true, Ordering::Relaxed) {
            self.ready.list(self.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_listed_once_until_it_is_served() {
        let ready = Arc::new(Ready::default());
        let place = Place { slot: 3, generation: 9 };
        let wakeup = Wakeup::new(&ready, place);
        let waker = Waker::from(Arc::clone(&wakeup));
        waker.wake_by_ref();
        waker.wake_by_ref();
        let mut served = Vec::new();
        ready.take(&mut served, Waker::noop());
        assert_eq!(served, [place]);
        wakeup.reset();
        waker.wake();
        served.clear();
        ready.take(&mut served, Waker::noop());
        assert_eq!(served, [place]);
    }
}
