//! Who answers which path below `/console/`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use axum::middleware::map_response;
use axum::response::IntoResponse as _;
use axum::routing::{delete, get, post};
use lianwu_cloud_api::CloudApi;
use lianwu_services::Platform;
use lianwu_services::account::{self, LoginToken, SignedIn};
use lianwu_services::live::Live;

use crate::assets::{self, Asset};
use crate::live::{self, Places};
use crate::refusal::Refusal;
use crate::{calls, gate, headers, session};

/// What an operator may set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsoleOptions {
    /// Address under which people open the console when a proxy stands in between, such as `https://iot.example.com/console/`.
    /// Empty: there is none, and what a proxy would tell is not believed.
    pub public_url: String,
}

/// The console of one platform. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Console {
    pub(crate) platform: Arc<Platform>,
    pub(crate) api: CloudApi,
    pub(crate) options: Arc<ConsoleOptions>,
    pub(crate) live: Option<Live>,
    pub(crate) places: Places,
    assets: &'static [Asset],
}

/// Somebody who is signed in, with what the browser shows for it.
pub(crate) struct Visitor {
    pub(crate) token: LoginToken,
    pub(crate) signed_in: SignedIn,
}

impl Console {
    /// The pages this program was built with.
    #[must_use]
    pub fn new(platform: Arc<Platform>, api: CloudApi, options: ConsoleOptions) -> Self {
        let (options, live, places) = (Arc::new(options), None, Places::default());
        Self { platform, api, options, live, places, assets: assets::BUILT }
    }

    /// Pages are told what happens while they look; without this they have to ask.
    #[must_use]
    pub fn with_live(mut self, live: Live) -> Self {
        self.live = Some(live);
        self
    }

    /// Other pages.
    #[must_use]
    pub fn with_assets(mut self, assets: &'static [Asset]) -> Self {
        self.assets = assets;
        self
    }

    /// Serves `/console/` and everything below. The peer's address comes from a `ConnectInfo<SocketAddr>` extension.
    pub fn router(self) -> Router {
        let watching = if self.live.is_some() { get(live::open) } else { get(live::nothing) };
        let session = post(session::sign_in).get(session::show).delete(session::sign_out);
        Router::new()
            .route("/console/session", session)
            .route("/console/session/all", delete(session::sign_out_everywhere))
            .route("/console/api/{version}/{action}", post(calls::call))
            .route("/console/live", watching)
            .fallback(file)
            .layer(map_response(headers::added))
            .with_state(self)
    }

    /// Whose page sent the request.
    ///
    /// # Errors
    /// [`Refusal::ForeignOrigin`], [`Refusal::NotSignedIn`].
    pub(crate) async fn visitor(&self, head: &Parts) -> Result<Visitor, Refusal> {
        gate::check_origin(&head.headers, &self.options.public_url)?;
        let token = gate::token(&head.headers).ok_or(Refusal::NotSignedIn)?;
        let signed_in = account::signed_in(&self.platform, &token).await.ok_or(Refusal::NotSignedIn)?;
        Ok(Visitor { token, signed_in })
    }

    /// The same for a request that changes something or asks for more than who it is.
    ///
    /// # Errors
    /// [`Refusal::PageToken`] besides.
    pub(crate) async fn acting_visitor(&self, head: &Parts) -> Result<Visitor, Refusal> {
        let visitor = self.visitor(head).await?;
        gate::check_page_token(&head.headers, &visitor.token)?;
        Ok(visitor)
    }
}

/// The peer of the connection.
pub(crate) fn source(head: &Parts) -> Option<IpAddr> {
    head.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())
}

async fn file(State(console): State<Console>, request: Request) -> Response<Body> {
    match request.uri().path().strip_prefix("/console/") {
        // Never a page, whatever is missing in the path.
        Some(path) if path.starts_with("api/") => StatusCode::NOT_FOUND.into_response(),
        Some(path) => assets::answer(console.assets, request.method(), path, request.headers()),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
