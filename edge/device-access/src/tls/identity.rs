//! What the server shows of itself.

use std::fmt;

/// Certificate chain, its own first, and the key that belongs to it, both PEM. `Debug` hides the key.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerIdentity {
    pub chain: Vec<u8>,
    pub key: Vec<u8>,
}

impl fmt::Debug for ServerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerIdentity")
            .field("chain", &String::from_utf8_lossy(&self.chain))
            .field("key", &"***")
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_not_shown() {
        let identity = ServerIdentity { chain: b"chain".to_vec(), key: b"hidden".to_vec() };
        let shown = format!("{identity:?}");
        assert!(shown.contains("chain") && shown.contains("***") && !shown.contains("hidden"), "{shown}");
    }
}
