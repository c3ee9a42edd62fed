//! Who answers which path of the `http` listener.
//!
//! `/` is the cloud API when `X-TC-Action` or `Action` is present, and for everything that is not a plain visit;
//! a plain visit is sent to the console. A v1 POST names its `Action` in the body, so every POST is the cloud API's.
//! A request for a WebSocket is for devices, on every path that is nobody else's.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use prometheus_client::registry::Registry;
use tower_service::Service as _;

use crate::health::Health;
use crate::metrics::{self, MetricsAccess};
use crate::upgrade::is_websocket;

/// What the listener is put together from.
#[derive(Debug)]
pub struct Parts {
    /// Answers signed calls, whatever their path.
    pub cloud_api: Router,
    /// Answers requests for a WebSocket, whatever their path; without it there are none.
    pub websocket: Option<Router>,
    /// Answers `/console/` and everything below.
    pub console: Router,
    pub health: Health,
    pub metrics: Arc<Registry>,
    pub metrics_access: MetricsAccess,
}

/// Puts the listener together.
pub fn routes(parts: Parts) -> Router {
    let Parts { cloud_api, websocket, console, health, metrics, metrics_access } = parts;
    let access = Arc::new(metrics_access);
    let (at_root, elsewhere) = (websocket.clone(), websocket);
    Router::new()
        .route("/", any(move |request: Request| root(cloud_api.clone(), at_root.clone(), request)))
        .route("/healthz", get(move || async move { health.answer() }))
        .route(
            "/metrics",
            get(move |headers: HeaderMap, request: Request| async move {
                let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
                metrics::answer(&metrics, &access, peer, &headers)
            }),
        )
        .route("/console", get(|| async { Redirect::permanent("/console/") }))
        .fallback(move |request: Request| other(console.clone(), elsewhere.clone(), request))
}

async fn root(cloud_api: Router, websocket: Option<Router>, request: Request) -> Response {
    if let Some(websocket) = websocket.filter(|_| is_websocket(&request)) {
        return call(websocket, request).await;
    }
    if is_visit(&request) {
        return Redirect::temporary("/console/").into_response();
    }
    call(cloud_api, request).await
}

/// No route with a parameter leads to the console: what this router has found in a path would be added to what the console's finds.
async fn other(console: Router, websocket: Option<Router>, request: Request) -> Response {
    if request.uri().path().starts_with("/console/") {
        return call(console, request).await;
    }
    match websocket {
        Some(websocket) if is_websocket(&request) => call(websocket, request).await,
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn call(mut router: Router, request: Request) -> Response {
    match router.call(request).await {
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
