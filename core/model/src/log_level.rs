//! How much of its own log a device uploads. Source: spec/device-protocol.md 9.6.

use serde::{Deserialize, Serialize};

/// From nothing to everything; each level takes in those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LogLevel {
    #[default]
    Off,
    Error,
    Warning,
    Info,
    Debug,
}

impl LogLevel {
    /// In the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Off, Self::Error, Self::Warning, Self::Info, Self::Debug];

    /// 0 to 4, as devices are told.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// As devices write it in front of a line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "DIS",
            Self::Error => "ERR",
            Self::Warning => "WRN",
            Self::Info => "INF",
            Self::Debug => "DBG",
        }
    }

    /// The level of a line, letters in either case.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL[1..].iter().find(|level| level.word().eq_ignore_ascii_case(word)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_come_back() {
        for (number, level) in (0..).zip(LogLevel::ALL) {
            assert_eq!((u64::from(level.number()), LogLevel::from_number(number)), (number, Some(level)));
        }
        assert_eq!(LogLevel::from_number(5), None);
        for level in &LogLevel::ALL[1..] {
            assert_eq!(LogLevel::from_word(&level.word().to_ascii_lowercase()), Some(*level));
        }
        assert_eq!(LogLevel::from_word("DIS"), None, "no line has the level of silence");
    }
}
