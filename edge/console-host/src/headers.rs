//! What every answer below `/console/` tells the browser about itself.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, header};

/// Only what this server sends is run or shown. Styles at single elements are the pages' own way to place things; scripts never
/// stand in a page.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
     img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Adds them. Answers that do not say how long they are good are good for this once.
pub(crate) async fn added(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(directive: &str) -> Vec<&'static str> {
        let mut directives = CONTENT_SECURITY_POLICY.split(';').map(|text| text.split_ascii_whitespace());
        let found = directives.find_map(|mut words| (words.next() == Some(directive)).then(|| words.collect()));
        found.unwrap_or_else(|| panic!("no {directive} in {CONTENT_SECURITY_POLICY}"))
    }

    /// Do scripts come from this server's files only, and does nothing else fall back to something wider?
    #[test]
    fn no_script_stands_in_a_page() {
        assert_eq!(sources("script-src"), ["'self'"]);
        assert_eq!(sources("default-src"), ["'none'"]);
        assert_eq!(sources("base-uri"), ["'none'"]);
        assert_eq!(sources("frame-ancestors"), ["'none'"]);
        assert!(!CONTENT_SECURITY_POLICY.contains("unsafe-eval") && !CONTENT_SECURITY_POLICY.contains("  "));
        // The one place, and not for scripts.
        assert_eq!(CONTENT_SECURITY_POLICY.matches("unsafe-inline").count(), 1);
        assert_eq!(sources("style-src-attr"), ["'unsafe-inline'"]);
    }
}
