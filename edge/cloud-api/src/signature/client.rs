//! The other side: signing a call, for the command line, the load generator and tests.

use std::fmt;

use lianwu_model::UnixMillis;
use lianwu_model::account::SecretKeyText;
use sha2::{Digest, Sha256};

use super::tc3::{ALGORITHM, Canonical, Scope, hmac, utc_date};

/// A call to be signed with TC3-HMAC-SHA256.
#[derive(Clone, Copy, Debug)]
pub struct Tc3Call<'a> {
    /// `POST` (signs the body, not the query) or `GET` (signs the query, not the body).
    pub method: &'a str,
    /// The `Host` header that will be sent, port included.
    pub host: &'a str,
    /// The `Content-Type` header that will be sent.
    pub content_type: &'a str,
    /// Query exactly as it will be sent, without the question mark.
    pub query: &'a str,
    /// Body exactly as it will be sent.
    pub body: &'a [u8],
    /// Service name in the scope, `iotexplorer`; servers accept any.
    pub service: &'a str,
    pub secret_id: &'a str,
    pub secret_key: &'a SecretKeyText,
    pub now: UnixMillis,
}

/// Values of the two headers that carry the signature. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Tc3Headers {
    /// `Authorization`
    pub authorization: String,
    /// `X-TC-Timestamp`
    pub timestamp: String,
}

impl fmt::Debug for Tc3Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tc3Headers").field("authorization", &"***").field("timestamp", &self.timestamp).finish()
    }
}

/// Signs a call to path `/` over the headers `content-type` and `host`.
/// Source: spec/cloud-api.md 1.3 steps 7 to 9.
#[must_use]
pub fn sign_tc3(call: &Tc3Call<'_>) -> Tc3Headers {
    let is_get = call.method == "GET";
    let headers = format!("content-type:{}\nhost:{}\n", call.content_type, call.host);
    let signed_headers = "content-type;host";
    let payload: &[u8] = if is_get { b"" } else { call.body };
    let canonical = Canonical {
        method: call.method,
        path: "/",
        query: if is_get { call.query } else { "" },
        headers: headers.as_bytes(),
        signed_headers,
        payload_sha256: &hex::encode(Sha256::digest(payload)),
    };
    let timestamp = call.now.seconds().to_string();
    let date = utc_date(call.now.seconds());
    let scope = Scope { date: &date, service: call.service };
    let text = scope.string_to_sign(&timestamp, &canonical.sha256());
    let signature = hex::encode(hmac(&scope.signing_key(call.secret_key), text.as_bytes()));
    let authorization = format!(
        "{ALGORITHM} Credential={}/{}, SignedHeaders={signed_headers}, Signature={signature}",
        call.secret_id,
        scope.text()
    );
    Tc3Headers { authorization, timestamp }
}
