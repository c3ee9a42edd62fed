//! What a browser holds of its login.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use lianwu_model::login::LoginDigest;
use sha2::{Digest as _, Sha256};

use crate::randomness::Randomness;

/// 256 random bits. `Debug` never shows them.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginToken([u8; 32]);

impl std::fmt::Debug for LoginToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl LoginToken {
    pub(super) fn random(randomness: &dyn Randomness) -> Self {
        let mut bytes = [0; 32];
        randomness.fill(&mut bytes);
        Self(bytes)
    }

    /// Reads [`LoginToken::text`]; `None` when it is something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// 43 letters, digits, `-` and `_`.
    #[must_use]
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What a page of this login shows with every request that changes something: another site cannot know it, and the
    /// token does not follow from it.
    #[must_use]
    pub fn page_token(&self) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(b"lianwu console page");
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }

    pub(super) fn digest(&self) -> LoginDigest {
        LoginDigest(Sha256::digest(self.0).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::SystemRandomness;

    /// Does the text lead back to the token, and is nothing shown that it could be read from?
    #[test]
    fn a_token_is_read_back_and_shown_nowhere() {
        let token = LoginToken::random(&SystemRandomness);
        assert_eq!(token.text().len(), 43);
        assert_eq!(LoginToken::parse(&token.text()), Some(token.clone()));
        assert_eq!(format!("{token:?}"), "***");
        assert_ne!(token.page_token(), token.text());
        assert_ne!(token.page_token(), LoginToken::random(&SystemRandomness).page_token());
        for text in ["", "abc", &token.text()[1..], &format!("{}A", token.text()), &token.text().replace(|_| true, "=")]
        {
            assert_eq!(LoginToken::parse(text), None, "{text}");
        }
    }
}
