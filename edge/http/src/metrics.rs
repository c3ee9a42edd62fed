//! `GET /metrics` in the OpenMetrics text format, or the older one of Prometheus, and who may read it.
//!
//! Counters tell how many devices somebody has and when they work, so only the same machine may read them unless the
//! operator says otherwise. A request that a proxy passed on is never "the same machine".

mod plain;

use std::net::SocketAddr;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use subtle::ConstantTimeEq;

/// Who may read the metrics.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum MetricsAccess {
    /// Connections from a loopback address, without the headers of a proxy.
    #[default]
    Loopback,
    /// Whoever sends `Authorization: Bearer <token>`.
    Bearer(String),
    /// Everybody who reaches the listener.
    Anyone,
}

/// Never shows the token.
impl std::fmt::Debug for MetricsAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Loopback => "Loopback",
            Self::Bearer(_) => "Bearer(***)",
            Self::Anyone => "Anyone",
        })
    }
}

impl MetricsAccess {
    fn admits(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
        match self {
            Self::Anyone => true,
            Self::Loopback => {
                let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
                peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback())
                    && !forwarded.into_iter().any(|name| headers.contains_key(name))
            }
            Self::Bearer(token) => headers.get(header::AUTHORIZATION).is_some_and(|value| {
                let wanted = format!("Bearer {token}");
                bool::from(value.as_bytes().ct_eq(wanted.as_bytes()))
            }),
        }
    }
}

pub(crate) fn answer(
    registry: &Registry,
    access: &MetricsAccess,
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
) -> Response {
    if !access.admits(peer, headers) {
        const WHY: &str = "metrics are served to this machine only, or to the bearer of the configured token\n";
        return (StatusCode::FORBIDDEN, WHY).into_response();
    }
    let mut text = String::new();
    match encode(&mut text, registry) {
        Ok(()) if plain::is_wanted(headers.get(header::ACCEPT).and_then(|value| value.to_str().ok())) => {
            ([(header::CONTENT_TYPE, plain::KIND)], plain::from_openmetrics(&text)).into_response()
        }
        Ok(()) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn only_this_machine_reads_by_default() {
        let here = Some("127.0.0.1:5000".parse().unwrap());
        let mapped = Some("[::ffff:127.0.0.1]:5000".parse().unwrap());
        let there = Some("192.0.2.1:5000".parse().unwrap());
        let none = HeaderMap::new();
        assert!(MetricsAccess::Loopback.admits(here, &none));
        assert!(MetricsAccess::Loopback.admits(mapped, &none));
        assert!(!MetricsAccess::Loopback.admits(there, &none));
        assert!(!MetricsAccess::Loopback.admits(None, &none));
        assert!(!MetricsAccess::Loopback.admits(here, &headers("x-forwarded-for", "192.0.2.1")));
    }

    #[test]
    fn the_token_is_compared_whole() {
        let access = MetricsAccess::Bearer("abc".into());
        assert!(access.admits(None, &headers("authorization", "Bearer abc")));
        assert!(!access.admits(None, &headers("authorization", "Bearer ab")));
        assert!(!access.admits(None, &HeaderMap::new()));
        assert_eq!(format!("{access:?}"), "Bearer(***)");
    }
}
