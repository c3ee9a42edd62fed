//! Chance as a port: ids, keys and tokens come from here, so tests can foresee them.

use std::sync::atomic::{AtomicU64, Ordering};

/// Source of bytes nobody can guess.
pub trait Randomness: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system always has random bytes after boot");
    }
}

/// Bytes anybody can guess, all ids made of them different: for tests. Two that begin far apart give different ones.
#[derive(Debug, Default)]
pub struct Counting(AtomicU64);

impl Counting {
    #[must_use]
    pub fn from(begin: u64) -> Self {
        Self(begin.into())
    }
}

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let next = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            *byte = next.to_be_bytes()[0];
        }
    }
}

pub(crate) const DIGITS_AND_LOWER: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
pub(crate) const DIGITS_AND_UPPER: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
pub(crate) const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
pub(crate) const DIGITS: &[u8] = b"0123456789";

/// `length` characters of `alphabet`, each as likely as any other.
pub(crate) fn text(randomness: &dyn Randomness, alphabet: &[u8], length: usize) -> String {
    // Bytes beyond the last whole multiple are thrown away: a plain remainder would favour the first characters.
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    let mut bytes = [0_u8; 64];
    while text.len() < length {
        randomness.fill(&mut bytes);
        let usable = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        text.extend(usable.take(length - text.len()).map(|byte| char::from(alphabet[byte % alphabet.len()])));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    struct EveryByte(std::sync::atomic::AtomicU8);

    impl Randomness for EveryByte {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Is every character equally likely, given every byte once?
    #[test]
    fn characters_are_equally_likely() {
        let text = text(&EveryByte(0.into()), DIGITS, 250);
        for digit in '0'..='9' {
            assert_eq!(text.matches(digit).count(), 25);
        }
    }
}
