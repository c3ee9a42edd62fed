//! Which firmware a device says it runs. Source: spec/device-protocol.md 6.7.

use lianwu_model::json::{Scanner, members};

/// Longest version that counts, in bytes; a longer text is taken as none. The vendor's own end at 32 characters.
pub const VERSION_BYTES_MAX: usize = 64;

/// `fw_ver` in the `params` of a `report_info`; `None` when it is missing, empty, too long or no text.
#[must_use]
pub fn firmware_version(params: &str) -> Option<Box<str>> {
    let named = members(params.as_bytes()).flatten().filter(|(key, _)| key.is(b"fw_ver"));
    let (_, value) = named.last()?;
    let version = Scanner::new(value).string().ok()?.unescape();
    (1..=VERSION_BYTES_MAX).contains(&version.len()).then(|| version.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_a_short_text() {
        let longest = "9".repeat(VERSION_BYTES_MAX);
        let with = |version: &str| format!(r#"{{"imei":"8","fw_ver":"{version}","device_label":{{"fw_ver":"0"}}}}"#);
        for (params, expected) in [
            (with("1.0.2"), Some("1.0.2")),
            (with(r"1\u002e0"), Some("1.0")),
            (with(&longest), Some(longest.as_str())),
            (with(&"9".repeat(VERSION_BYTES_MAX + 1)), None),
            (with(""), None),
            (r#"{"fw_ver":3}"#.to_owned(), None),
            (r#"{"imei":"8"}"#.to_owned(), None),
            ("[]".to_owned(), None),
        ] {
            assert_eq!(firmware_version(&params).as_deref(), expected, "{params}");
        }
    }
}
