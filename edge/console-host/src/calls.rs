//! Calls of operations in the name of whoever is signed in: the same checks, rates and audit rows as a signed call has.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response};
use lianwu_cloud_api::Asked;
use lianwu_cloud_api::generated::operations as op;
use lianwu_cloud_api::metadata::Operation as _;
use lianwu_model::Uin;
use lianwu_services::account;
use tracing::info;

use crate::audit::SHOWN_AS;
use crate::gate;
use crate::host::{Console, source};
use crate::refusal::Refusal;
use crate::session::refused;

/// `POST /console/api/{version}/{action}`
pub(crate) async fn call(
    State(console): State<Console>,
    Path((version, action)): Path<(String, String)>,
    request: Request,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    match console.call(&version, &action, &head, body).await {
        Ok(response) => response,
        Err(refusal) => refused(refusal, &head),
    }
}

impl Console {
    async fn call(&self, version: &str, action: &str, head: &Parts, body: Body) -> Result<Response<Body>, Refusal> {
        let visitor = self.acting_visitor(head).await?;
        let body = self.api.body(body).await.map_err(Refusal::Request)?;
        // A body may take its time: who was signed in when it began may be out by now, or have other rights.
        let signed_in = account::still_signed_in(&self.platform, &visitor.signed_in).ok_or(Refusal::NotSignedIn)?;
        let caller = signed_in.member;
        let uin = caller.principal.uin;
        let new_password = own_new_password(version, action, &body, uin);
        if signed_in.must_change_password && new_password.is_none() {
            return Err(Refusal::MustChangePassword);
        }
        let asked = Asked {
            shown_as: SHOWN_AS,
            version,
            action,
            region: gate::text(&head.headers, "x-tc-region"),
            language: gate::language(&head.headers),
            client: SHOWN_AS,
            source: source(head),
            body,
        };
        let answered = self.api.call_as(caller, asked, &head.headers).await;
        let mut response = answered.response;
        if let Some(password) = new_password.filter(|_| answered.is_success) {
            self.go_on(uin, &password, head, &mut response).await;
        }
        Ok(response)
    }

    /// The change has ended every login, this one too: the page goes on with one that the new password opens.
    async fn go_on(&self, uin: Uin, password: &str, head: &Parts, response: &mut Response<Body>) {
        match account::sign_in(&self.platform, &uin.to_string(), password).await {
            Ok(opened) => {
                self.hand_over(&opened, head, response);
                let page_token = opened.token.page_token();
                let value = HeaderValue::from_str(&page_token).expect("a token is letters, digits, - and _");
                response.headers_mut().insert(gate::PAGE_TOKEN, value);
            }
            // Changed again meanwhile, or too many sign in: its owner signs in as anybody else.
            Err(error) => info!(%uin, %error, "no login was opened after a change of the password"),
        }
    }
}

/// The new password, if the call changes that of whoever makes it.
fn own_new_password(version: &str, action: &str, body: &[u8], uin: Uin) -> Option<String> {
    let spec = op::SetPassword::SPEC;
    if (version, action) != (spec.service.version, spec.name) {
        return None;
    }
    let request: op::SetPasswordRequest = serde_json::from_slice(body).ok()?;
    let whose = request.uin.unwrap_or_default();
    let is_own = whose.is_empty() || whose == uin.to_string();
    Some(request.new_password).filter(|password| is_own && !password.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which calls change the caller's own password, and no other's?
    #[test]
    fn a_change_of_the_own_password_is_recognised() {
        let (uin, version) = (Uin(100_000_001), op::SetPassword::SPEC.service.version);
        let found = |version, action, body: &str| own_new_password(version, action, body.as_bytes(), uin);
        let own = Some("long enough".to_owned());
        assert_eq!(found(version, "SetPassword", r#"{"NewPassword":"long enough"}"#), own);
        assert_eq!(found(version, "SetPassword", r#"{"NewPassword":"long enough","Uin":""}"#), own);
        assert_eq!(found(version, "SetPassword", r#"{"NewPassword":"long enough","Uin":"100000001"}"#), own);
        for (version, action, body) in [
            (version, "SetPassword", r#"{"NewPassword":"long enough","Uin":"100000002"}"#),
            (version, "SetPassword", r#"{"NewPassword":"long enough","Uin":"0100000001"}"#),
            (version, "SetPassword", r#"{"NewPassword":"a","NewPassword":"b"}"#),
            (version, "SetPassword", "[]"),
            (version, "DescribeCaller", r#"{"NewPassword":"long enough"}"#),
            ("2019-04-23", "SetPassword", r#"{"NewPassword":"long enough"}"#),
        ] {
            assert_eq!(found(version, action, body), None, "{version} {action} {body}");
        }
    }
}
