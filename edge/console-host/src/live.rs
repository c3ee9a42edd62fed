//! `GET /console/live`: a WebSocket over which a page is told lines of devices' logs as they come.
//!
//! A browser lets pages of any site open one, with the visitor's cookie, and none of them can set a header. So `Origin` must be there and be
//! this server's own, and the page shows its token in the first message. Everything is bounded: sockets of a user and of all, logs a
//! socket watches, bytes of a message either way, messages in a second. See ADR 0033.

mod places;
mod socket;
mod words;

use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::Response;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse as _;

use crate::gate;
use crate::host::{Console, source};
use crate::refusal::Refusal;
use crate::session::refused;

pub(crate) use places::Places;
use socket::Session;

/// Longest message a page may send.
const SAID_BYTES_MAX: usize = 4 * 1024;

/// `GET /console/live`
pub(crate) async fn open(State(console): State<Console>, request: Request) -> Response<Body> {
    let (mut head, _) = request.into_parts();
    let session = match console.live_session(&head).await {
        Ok(session) => session,
        Err(refusal) => return refused(refusal, &head),
    };
    match WebSocketUpgrade::from_request_parts(&mut head, &()).await {
        Ok(upgrade) => {
            let upgrade = upgrade.max_message_size(SAID_BYTES_MAX).max_frame_size(SAID_BYTES_MAX);
            upgrade.on_upgrade(move |socket| session.run(socket))
        }
        Err(no_websocket) => no_websocket.into_response(),
    }
}

/// Where the program does not follow its log there is nothing to see.
pub(crate) async fn nothing() -> StatusCode {
    StatusCode::NOT_FOUND
}

impl Console {
    /// # Errors
    /// [`Refusal::ForeignOrigin`], [`Refusal::NotSignedIn`], [`Refusal::MustChangePassword`], [`Refusal::TooManySockets`].
    async fn live_session(&self, head: &Parts) -> Result<Session, Refusal> {
        let live = self.live.clone().ok_or(Refusal::Internal)?;
        if !head.headers.contains_key("origin") {
            return Err(Refusal::ForeignOrigin);
        }
        let visitor = self.visitor(head).await?;
        if visitor.signed_in.must_change_password {
            return Err(Refusal::MustChangePassword);
        }
        let uin = visitor.signed_in.member.principal.uin;
        let place = self.places.take(uin).ok_or(Refusal::TooManySockets)?;
        let language = gate::language(&head.headers);
        Ok(Session::new(self, live, visitor, place, language, source(head)))
    }
}
