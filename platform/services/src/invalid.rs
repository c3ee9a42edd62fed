//! A value outside its domain: which field it was, and what is allowed. Edges put it into words.

/// One refused field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule:?}")]
pub struct Invalid {
    /// Name callers know it by.
    pub field: &'static str,
    pub rule: Rule,
}

/// What would have been right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Number of characters, both inclusive.
    Characters { min: usize, max: usize },
    /// One of these, in words.
    OneOf(&'static str),
    /// This many at least and at most.
    Count { min: usize, max: usize },
    /// A number of days, at least 1; more than `max` is for the operator to allow.
    Days { max: u32 },
    /// The form of an identifier, in words of both languages.
    Form { zh: &'static str, en: &'static str },
}

impl Invalid {
    pub(crate) const fn new(field: &'static str, rule: Rule) -> Self {
        Self { field, rule }
    }
}

/// A form that is said in words: `应为 …`, `it must be …`.
pub(crate) const fn form(zh: &'static str, en: &'static str) -> Rule {
    Rule::Form { zh, en }
}

/// Checks the number of characters.
pub(crate) fn characters(field: &'static str, text: &str, min: usize, max: usize) -> Result<(), Invalid> {
    let count = text.chars().count();
    if (min..=max).contains(&count) { Ok(()) } else { Err(Invalid::new(field, Rule::Characters { min, max })) }
}
