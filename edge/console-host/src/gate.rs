//! What a request must show before anything is done for it: that it comes from a page of this server, and whose.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use lianwu_cloud_api::Language;
use lianwu_http::OverTls;
use lianwu_services::account::LoginToken;
use subtle::ConstantTimeEq as _;

use crate::refusal::Refusal;

/// Holds the token of a login. Its path is `/console`: no other part of the server is sent it.
const COOKIE: &str = "lianwu_session";

/// Holds the page token in requests, and a new one in the answer to a change of the password.
pub(crate) const PAGE_TOKEN: &str = "x-csrf-token";

/// Refuses requests other sites make with a visitor's browser. Programs send neither header, and no visitor's cookie either.
///
/// `public` is the address people open when a proxy stands in between, such as `https://iot.example.com/console/`.
///
/// # Errors
/// [`Refusal::ForeignOrigin`].
pub(crate) fn check_origin(headers: &HeaderMap, public: &str) -> Result<(), Refusal> {
    if let Some(site) = headers.get("sec-fetch-site")
        && !matches!(site.as_bytes(), b"same-origin" | b"none")
    {
        return Err(Refusal::ForeignOrigin);
    }
    let Some(origin) = headers.get("origin") else { return Ok(()) };
    let (Ok(origin), Some(host)) = (origin.to_str(), text(headers, "host")) else { return Err(Refusal::ForeignOrigin) };
    let is_own = authority(origin).is_some_and(|origin| origin.eq_ignore_ascii_case(host));
    let is_public = !public.is_empty() && scheme_and_authority(origin) == scheme_and_authority(public);
    if is_own || is_public { Ok(()) } else { Err(Refusal::ForeignOrigin) }
}

/// `iot.example.com:8080` of `http://iot.example.com:8080/console/`; `None` of anything else than an address of the web.
fn authority(url: &str) -> Option<&str> {
    scheme_and_authority(url).map(|(_, authority)| authority)
}

fn scheme_and_authority(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next().filter(|authority| !authority.is_empty())?;
    matches!(scheme, "http" | "https").then_some((scheme, authority))
}

/// The token in the cookie.
pub(crate) fn token(headers: &HeaderMap) -> Option<LoginToken> {
    let cookies = headers.get_all("cookie").into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).and_then(|(_, value)| LoginToken::parse(value))
}

/// # Errors
/// [`Refusal::PageToken`] unless the request shows the page token of this login.
pub(crate) fn check_page_token(headers: &HeaderMap, token: &LoginToken) -> Result<(), Refusal> {
    let shown = headers.get(PAGE_TOKEN).map(axum::http::HeaderValue::as_bytes).unwrap_or_default();
    if bool::from(shown.ct_eq(token.page_token().as_bytes())) { Ok(()) } else { Err(Refusal::PageToken) }
}

/// `Set-Cookie` of a login that was opened, for as long as it may last at most.
pub(crate) fn cookie(token: &LoginToken, seconds: u64, is_encrypted: bool) -> String {
    let secure = if is_encrypted { "; Secure" } else { "" };
    format!("{COOKIE}={}; Path=/console; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}", token.text())
}

/// `Set-Cookie` that takes the token back.
pub(crate) fn no_cookie() -> String {
    format!("{COOKIE}=; Path=/console; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// Did the browser's part of the way go over TLS? Only behind a proxy that the operator has told of is the header believed.
pub(crate) fn is_encrypted(head: &Parts, has_proxy: bool) -> bool {
    let forwarded = text(&head.headers, "x-forwarded-proto").and_then(|value| value.split(',').next());
    let is_forwarded = forwarded.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"));
    head.extensions.get::<OverTls>().is_some() || (has_proxy && is_forwarded)
}

/// The language a page asks for, else the first one of its browser that there is.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    if let Some(tag) = text(headers, "x-tc-language") {
        return Language::from_tag(Some(tag));
    }
    let accepted = text(headers, "accept-language").unwrap_or_default();
    let mut tags = accepted.split(',').filter_map(|tag| tag.trim().get(..2).map(str::to_ascii_lowercase));
    match tags.find(|tag| tag == "zh" || tag == "en").as_deref() {
        Some("en") => Language::English,
        _ => Language::Chinese,
    }
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    /// Which pages' requests are taken, at the server's own address and behind a proxy?
    #[test]
    fn only_pages_of_this_server_are_served() {
        const PUBLIC: &str = "https://iot.example.com/console/";
        let check = |pairs: &[(&'static str, &str)], public| check_origin(&headers(pairs), public).is_ok();
        let host = ("host", "127.0.0.1:8080");
        assert!(check(&[host], ""), "a program");
        assert!(check(&[host, ("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "same-origin")], ""));
        assert!(check(&[host, ("sec-fetch-site", "none")], ""), "typed by a person");
        assert!(check(&[host, ("origin", "https://iot.example.com")], PUBLIC));
        assert!(check(&[("host", "IoT.example.com"), ("origin", "https://iot.example.com")], ""));
        for origin in [
            "null",
            "http://127.0.0.1:8081",
            "http://evil.example",
            "http://127.0.0.1:8080.evil.example",
            "https://iot.example.com",
            "ftp://127.0.0.1:8080",
            "http://",
            "127.0.0.1:8080",
        ] {
            assert!(!check(&[host, ("origin", origin)], ""), "{origin}");
        }
        assert!(!check(&[host, ("origin", "http://iot.example.com")], PUBLIC), "another scheme");
        for site in ["cross-site", "same-site", ""] {
            assert!(!check(&[host, ("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", site)], ""), "{site}");
        }
    }

    /// Is the cookie found among others, and nothing taken for it?
    #[test]
    fn the_token_is_found_among_cookies() {
        let text = "A".repeat(43);
        let found = |value: &str| token(&headers(&[("cookie", value)])).map(|token| token.text());
        assert_eq!(found(&format!("theme=dark; lianwu_session={text}; x=y")), Some(text.clone()));
        assert_eq!(found(&format!("xlianwu_session={text}")), None);
        assert_eq!(found("lianwu_session="), None);
        assert_eq!(token(&HeaderMap::new()), None);
    }

    /// Does an explicit choice win over the browser's, and the browser's first known one over others?
    #[test]
    fn the_language_is_the_pages_or_the_browsers() {
        for (pairs, expected) in [
            (&[("x-tc-language", "en-US"), ("accept-language", "zh-CN")][..], Language::English),
            (&[("x-tc-language", "zh-CN"), ("accept-language", "en-US")][..], Language::Chinese),
            (&[("accept-language", "de-DE,de;q=0.9,en;q=0.8,zh;q=0.7")][..], Language::English),
            (&[("accept-language", "zh-TW,en")][..], Language::Chinese),
            (&[("accept-language", "fr")][..], Language::Chinese),
            (&[][..], Language::Chinese),
        ] {
            assert_eq!(language(&headers(pairs)), expected, "{pairs:?}");
        }
    }
}
