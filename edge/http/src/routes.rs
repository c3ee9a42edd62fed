//! Who answers which path of the `http` listener.
//!
//! `/` is the cloud API when `X-TC-Action` or `Action` is present, and for everything that is not a plain visit;
//! a plain visit is sent to the console. A v1 POST names its `Action` in the body, so every POST is the cloud API's.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use prometheus_client::registry::Registry;
use tower_service::Service as _;

use crate::health::Health;
use crate::metrics::{self, MetricsAccess};

/// What the listener is put together from.
#[derive(Debug)]
pub struct Parts {
    /// Answers signed calls, whatever their path.
    pub cloud_api: Router,
    pub health: Health,
    pub metrics: Arc<Registry>,
    pub metrics_access: MetricsAccess,
}

/// Puts the listener together.
pub fn routes(parts: Parts) -> Router {
    let Parts { cloud_api, health, metrics, metrics_access } = parts;
    let access = Arc::new(metrics_access);
    Router::new()
        .route("/", any(move |request: Request| root(cloud_api.clone(), request)))
        .route("/healthz", get(move || async move { health.answer() }))
        .route(
            "/metrics",
            get(move |headers: HeaderMap, request: Request| async move {
                let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
                metrics::answer(&metrics, &access, peer, &headers)
            }),
        )
        .route("/console/", get(crate::console_notice::page))
        .route("/console", get(|| async { Redirect::permanent("/console/") }))
}

async fn root(mut cloud_api: Router, request: Request) -> Response {
    if is_visit(&request) {
        return Redirect::temporary("/console/").into_response();
    }
    match cloud_api.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn is_visit(request: &Request) -> bool {
    let names_action = |query: &str| query.split('&').any(|pair| pair.split('=').next() == Some("Action"));
    matches!(*request.method(), Method::GET | Method::HEAD)
        && !request.headers().contains_key("x-tc-action")
        && !request.uri().query().is_some_and(names_action)
}
