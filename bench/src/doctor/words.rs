//! Texts in both languages.

/// Of the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Chinese,
    English,
}

/// One text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub zh: String,
    pub en: String,
}

impl Words {
    #[must_use]
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// A text that is the same in both: a fact without words of ours.
    #[must_use]
    pub fn fact(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { zh: text.clone(), en: text }
    }

    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.zh,
            Language::English => &self.en,
        }
    }
}

/// Why it is so, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    pub cause: Words,
    pub cure: Words,
}

impl Advice {
    #[must_use]
    pub fn new(cause: Words, cure: Words) -> Self {
        Self { cause, cure }
    }
}
