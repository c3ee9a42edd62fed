//! The search words of the vendor's log operations. Source: spec/cloud-api.md 3.14.

/// Words of one search at most.
const WORDS_MAX: usize = 20;

/// Longest search text, in bytes.
const BYTES_MAX: usize = 1_024;

/// A search text taken apart. Terms are separated by blanks; `key:value` for the known keys, everything else is
/// searched for in the whole line; `%20` in a value is a blank. All terms must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keywords {
    pub product: Option<String>,
    pub device: Option<String>,
    pub scene: Option<String>,
    pub request_id: Option<String>,
    /// Of logs that devices uploaded.
    pub level: Option<String>,
    /// Each must occur in the content.
    pub contents: Vec<String>,
    /// Each must occur somewhere in the line.
    pub words: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeywordError {
    #[error("the search text has {0} bytes, allowed {BYTES_MAX}")]
    TooLong(usize),
    #[error("the search text has more than {WORDS_MAX} terms")]
    TooMany,
    /// Two values for a key that has one.
    #[error("the key {0} is given twice")]
    Twice(&'static str),
}

impl Keywords {
    /// # Errors
    /// See [`KeywordError`].
    pub fn parse(text: &str) -> Result<Self, KeywordError> {
        if text.len() > BYTES_MAX {
            return Err(KeywordError::TooLong(text.len()));
        }
        let mut found = Self::default();
        for (count, term) in text.split_whitespace().enumerate() {
            if count >= WORDS_MAX {
                return Err(KeywordError::TooMany);
            }
            found.add(term)?;
        }
        Ok(found)
    }

    /// Blank-separated words of a search without keys: `topic:x` is a word like any other.
    ///
    /// # Errors
    /// See [`KeywordError`].
    pub fn words_only(text: &str) -> Result<Vec<String>, KeywordError> {
        if text.len() > BYTES_MAX {
            return Err(KeywordError::TooLong(text.len()));
        }
        let words: Vec<String> = text.split_whitespace().take(WORDS_MAX + 1).map(str::to_owned).collect();
        if words.len() > WORDS_MAX { Err(KeywordError::TooMany) } else { Ok(words) }
    }

    fn add(&mut self, term: &str) -> Result<(), KeywordError> {
        let (key, value) = term.split_once(':').unwrap_or(("", term));
        let value = value.replace("%20", " ");
        let (name, place) = match key.to_ascii_lowercase().as_str() {
            "productid" => ("productid", &mut self.product),
            "devicename" => ("devicename", &mut self.device),
            "scene" => ("scene", &mut self.scene),
            "requestid" => ("requestid", &mut self.request_id),
            "loglevel" => ("loglevel", &mut self.level),
            "content" => {
                self.contents.push(value);
                return Ok(());
            }
            _ => {
                self.words.push(term.replace("%20", " "));
                return Ok(());
            }
        };
        if place.as_ref().is_some_and(|known| *known != value) {
            return Err(KeywordError::Twice(name));
        }
        *place = Some(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_told_apart() {
        let text = "productid:AB12CD34EF  DeviceName:dev001 scene:STATUS content:hmac%20sign topic:$thing/up SUCC";
        let found = Keywords::parse(text).unwrap();
        let expected = Keywords {
            product: Some("AB12CD34EF".into()),
            device: Some("dev001".into()),
            scene: Some("STATUS".into()),
            contents: vec!["hmac sign".into()],
            words: vec!["topic:$thing/up".into(), "SUCC".into()],
            ..Keywords::default()
        };
        assert_eq!(found, expected, "an unknown key is a word like any other");
        assert_eq!(Keywords::parse("").unwrap(), Keywords::default());
    }

    #[test]
    fn bounds_and_contradictions_are_refused() {
        assert_eq!(Keywords::parse(&"x".repeat(1_025)), Err(KeywordError::TooLong(1_025)));
        assert_eq!(Keywords::parse(&"x ".repeat(21)), Err(KeywordError::TooMany));
        assert_eq!(Keywords::parse("devicename:a devicename:b"), Err(KeywordError::Twice("devicename")));
        assert!(Keywords::parse("devicename:a devicename:a").is_ok());
    }
}
