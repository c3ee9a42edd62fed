//! What a chunk can be found by, and the times and number of its matching rows.

use lianwu_model::UnixMillis;

/// Rows of one term that lie further apart become two index entries, so that queries by sample time look back no
/// further than this.
pub(crate) const SAMPLE_SPAN_MS: u64 = 3_600_000;

/// FNV-1a, 64 bits: fixed by its definition, hence fit for a file format.
fn hash(kind: u8, parts: [&[u8]; 2]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    let mut value = step(OFFSET, kind);
    for part in parts {
        for byte in part {
            value = step(value, *byte);
        }
        value = step(value, 0);
    }
    value
}

/// The term of reports that carry this property.
#[inline]
pub(crate) fn property_term(id: &[u8]) -> u64 {
    hash(1, [id, b""])
}

/// The term of events with this identifier and this type, where given; of all events when neither is.
pub(crate) fn event_term(id: Option<&str>, kind: Option<&str>) -> u64 {
    let tag = 2 + u8::from(id.is_some()) + 2 * u8::from(kind.is_some());
    hash(tag, [id.unwrap_or("").as_bytes(), kind.unwrap_or("").as_bytes()])
}

/// Rows of one term within [`SAMPLE_SPAN_MS`] of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) hash: u64,
    pub(crate) first: UnixMillis,
    pub(crate) last: UnixMillis,
    pub(crate) count: u32,
}

/// The terms of one chunk.
#[derive(Clone, Debug, Default)]
pub(crate) struct TermSet {
    terms: Vec<Term>,
    /// Where the next term is looked for first: devices repeat their order.
    guess: usize,
}

impl TermSet {
    /// Notes one row.
    #[inline]
    pub(crate) fn add(&mut self, hash: u64, time: UnixMillis) {
        if self.guess >= self.terms.len() {
            self.guess = 0;
        }
        if let Some(term) = self.terms.get_mut(self.guess)
            && take(term, hash, time)
        {
            self.guess += 1;
            return;
        }
        for at in (0..self.terms.len()).rev() {
            if take(&mut self.terms[at], hash, time) {
                self.guess = at + 1;
                return;
            }
        }
        self.terms.push(Term { hash, first: time, last: time, count: 1 });
        self.guess = 0;
    }

    /// Touches the terms.
    #[inline]
    pub(crate) fn warm(&self) -> usize {
        self.terms.iter().step_by(2).map(|term| term.count as usize).sum()
    }

    /// Makes room for the terms of the first record.
    pub(crate) fn expect(&mut self, terms: usize) {
        if self.terms.is_empty() {
            self.terms.reserve_exact(terms);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.terms.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Term> {
        self.terms.iter()
    }

    pub(crate) fn memory(&self) -> usize {
        self.terms.capacity() * size_of::<Term>()
    }

    pub(crate) fn shrink(&mut self) {
        self.terms.shrink_to_fit();
    }
}

#[inline]
fn take(term: &mut Term, hash: u64, time: UnixMillis) -> bool {
    if term.hash != hash {
        return false;
    }
    let (first, last) = (term.first.min(time), term.last.max(time));
    if last.0 - first.0 > SAMPLE_SPAN_MS {
        return false;
    }
    (term.first, term.last) = (first, last);
    term.count += 1;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_of_different_things_differ() {
        let terms = [
            property_term(b"a"),
            property_term(b"b"),
            event_term(None, None),
            event_term(Some("a"), None),
            event_term(None, Some("a")),
            event_term(Some("a"), Some("b")),
            event_term(Some("ab"), Some("")),
        ];
        for (at, term) in terms.iter().enumerate() {
            assert!(!terms[at + 1..].contains(term));
        }
        assert_eq!(property_term(b"power_switch"), 0xb4dd_7d67_b0a0_a1f6, "the file format depends on this number");
    }

    #[test]
    fn rows_far_apart_become_two_entries() {
        let mut terms = TermSet::default();
        let hour = SAMPLE_SPAN_MS;
        for time in [10 * hour, 10 * hour + 5, 3 * hour, 3 * hour - 7, 11 * hour] {
            terms.add(7, UnixMillis(time));
            terms.add(8, UnixMillis(time));
        }
        let of_seven: Vec<_> = terms.iter().filter(|t| t.hash == 7).map(|t| (t.first.0, t.last.0, t.count)).collect();
        assert_eq!(of_seven, [(10 * hour, 11 * hour, 3), (3 * hour - 7, 3 * hour, 2)]);
    }
}
