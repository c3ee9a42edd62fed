//! Texts in which `*` stands for any run of characters.

/// Runs of `*` are kept as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Box<[u8]>);

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        let mut bytes = text.as_bytes().to_vec();
        bytes.dedup_by(|a, b| *a == b'*' && *b == b'*');
        Self(bytes.into())
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        matches(&self.0, text.as_bytes(), |a, b| a == b)
    }

    pub(super) fn matches_ignoring_case(&self, text: &str) -> bool {
        matches(&self.0, text.as_bytes(), |a, b| a.eq_ignore_ascii_case(&b))
    }
}

/// Only the last `*` is ever tried again: what an earlier one took can stay as it is, because the shortest choice
/// leaves the most for the rest. That bounds the work by the product of the lengths.
fn matches(pattern: &[u8], text: &[u8], same: impl Fn(u8, u8) -> bool) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                last_star = Some((p + 1, t));
                p += 1;
            }
            Some(&byte) if same(byte, text[t]) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((after_star, taken)) = last_star else { return false };
                last_star = Some((after_star, taken + 1));
                (p, t) = (after_star, taken + 1);
            }
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}
