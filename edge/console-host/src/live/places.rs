//! How many sockets there may be.

use std::collections::HashMap;
use std::sync::Arc;

use lianwu_model::Uin;
use parking_lot::Mutex;

/// Sockets of one user: a page in each of so many windows.
const OF_ONE_MAX: usize = 16;

/// Sockets of everybody together.
const ALL_MAX: usize = 512;

/// Sockets that are open, by whose they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(Arc<Mutex<HashMap<Uin, usize>>>);

/// One socket's; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    uin: Uin,
    places: Places,
}

impl Places {
    /// Nothing when all are taken.
    pub(crate) fn take(&self, uin: Uin) -> Option<Place> {
        let mut taken = self.0.lock();
        if taken.values().sum::<usize>() >= ALL_MAX {
            return None;
        }
        let own = taken.entry(uin).or_default();
        if *own >= OF_ONE_MAX {
            return None;
        }
        *own += 1;
        Some(Place { uin, places: self.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock();
        if let Some(own) = taken.get_mut(&self.uin) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.uin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Are places bounded for one and for all, and free again when their sockets are gone?
    #[test]
    fn places_are_bounded() {
        let places = Places::default();
        let mut own: Vec<_> = std::iter::from_fn(|| places.take(Uin(1))).collect();
        assert_eq!(own.len(), OF_ONE_MAX);
        own.pop();
        assert!(places.take(Uin(1)).is_some());
        let others: Vec<_> = (2..).map_while(|uin| places.take(Uin(uin))).collect();
        assert_eq!(own.len() + others.len(), ALL_MAX);
        drop((own, others));
        assert!(places.0.lock().is_empty());
    }
}
