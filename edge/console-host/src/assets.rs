//! The console's files, as the build embedded them.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::response::IntoResponse as _;

use crate::notice;

/// A file of the console.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Below `/console/`, such as `assets/index-3f2a.js`.
    pub path: &'static str,
    /// `Content-Type`.
    pub kind: &'static str,
    /// 32 hexadecimal digits of the content's SHA-256.
    pub digest: &'static str,
    pub plain: &'static [u8],
    /// The content compressed, where that is worth it.
    pub gzip: Option<&'static [u8]>,
}

/// What this program was built with; empty when the console was not built before.
pub static BUILT: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Below this folder a name changes with its content.
const HASHED: &str = "assets/";

/// The page every path of the console begins with.
const INDEX: &str = "index.html";

/// Answers `/console/<path>`.
pub(crate) fn answer(assets: &'static [Asset], method: &Method, path: &str, headers: &HeaderMap) -> Response<Body> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    match find(assets, path) {
        Some(asset) => asset.answer(headers),
        None if assets.is_empty() && is_page(path) => notice::page(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The file, or the first page where the path is one of the pages' own.
fn find(assets: &'static [Asset], path: &str) -> Option<&'static Asset> {
    let named = |name: &str| assets.iter().find(|asset| asset.path == name);
    named(path).or_else(|| named(INDEX).filter(|_| is_page(path)))
}

/// Pages have no extension, files have one.
fn is_page(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    !path.starts_with(HASHED) && !last.contains('.')
}

impl Asset {
    fn answer(&self, headers: &HeaderMap) -> Response<Body> {
        let gzip = self.gzip.filter(|_| accepts_gzip(headers));
        let tag = format!("\"{}{}\"", self.digest, if gzip.is_some() { "-gzip" } else { "" });
        let mut response = match is_known(headers, &tag) {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => Response::new(Body::from(gzip.unwrap_or(self.plain))),
        };
        let put = response.headers_mut();
        put.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.caching()));
        put.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        if self.gzip.is_some() {
            put.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        if gzip.is_some() {
            put.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            put.insert(header::ETAG, tag);
        }
        response
    }

    fn caching(&self) -> &'static str {
        if self.path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" }
    }
}

/// Source: RFC 9110 section 12.5.3. A quality of zero refuses.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map(str::parse::<f32>);
        is_gzip && !quality.is_some_and(|quality| quality.is_ok_and(|quality| quality <= 0.0))
    })
}

/// Does the browser have it? Source: RFC 9110 section 13.1.2.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Is compression chosen where it is accepted, and only there?
    #[test]
    fn gzip_is_used_when_it_is_accepted() {
        let accepts = |value: &'static str| {
            accepts_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        assert!(accepts("gzip, deflate, br, zstd") && accepts("br;q=1.0, GZIP;q=0.5"));
        assert!(!accepts("br, deflate") && !accepts("gzip;q=0") && !accepts("gzip;q=0.000") && !accepts(""));
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    /// Which paths are pages, whose address a person may open?
    #[test]
    fn pages_have_no_extension() {
        for page in ["", "products", "products/ABCDEFGHIJ/devices/lamp_1", "products/"] {
            assert!(is_page(page), "{page}");
        }
        for file in ["favicon.svg", "assets/gone-3f2a.js", "assets/gone", ".env", "..", "a/../b.txt"] {
            assert!(!is_page(file), "{file}");
        }
    }

    /// Is what the build embedded whole, if it embedded anything?
    #[test]
    fn the_built_files_have_their_first_page() {
        assert_eq!(BUILT.is_empty(), find(BUILT, "").is_none());
        assert!(BUILT.iter().all(|asset| asset.digest.len() == 32 && !asset.path.starts_with('/')));
    }
}
