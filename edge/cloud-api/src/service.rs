//! The steps of a call, from the raw request to the answer. Source: spec/cloud-api.md 1.

mod audit;
mod common;
pub(crate) mod received;
pub mod watch;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, Response};
use lianwu_services::Platform;
use lianwu_services::account::{Member, Signer};
use lianwu_services::limits::Facts;

use crate::cursor::CursorSeal;
use crate::envelope;
use crate::error::{ApiError, Language};
use crate::generated::metadata::{OPERATIONS, SERVICES};
use crate::metadata::{self, OperationSpec};
use crate::operations;
use crate::parameters::Parameters;
use crate::rate::Windows;
use crate::signature::{Claim, SignatureError};
use crate::table::{Row, Table};

use audit::Audit;
use common::Common;
use received::{Inlet, Received, TC3_BODY_BYTES_MAX};

/// A signature over more bytes than this is checked beside the event loop: hashing takes its time.
const HASH_INLINE_BYTES_MAX: usize = 256 * 1024;

/// What an operator may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Regions that are served, long form; the first is the default. Never empty.
    pub regions: Vec<String>,
    /// Host clients were configured with when a proxy rewrites the `Host` header.
    pub public_host: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { regions: vec!["ap-guangzhou".to_owned()], public_host: None }
    }
}

/// The cloud API of one platform. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CloudApi {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    platform: Arc<Platform>,
    settings: Settings,
    table: Table,
    windows: Windows,
    facts: Arc<Facts>,
    cursors: CursorSeal,
    inlet: Inlet,
}

impl CloudApi {
    #[must_use]
    pub fn new(platform: Arc<Platform>, settings: Settings) -> Self {
        Self::with_facts(platform, settings, Arc::default())
    }

    /// The same for an application that can tell its callers about itself.
    #[must_use]
    pub fn with_facts(platform: Arc<Platform>, settings: Settings, facts: Arc<Facts>) -> Self {
        let mut key = [0; 32];
        platform.randomness.fill(&mut key);
        let (table, windows, inlet) = (operations::operations(), Windows::default(), Inlet::default());
        let cursors = CursorSeal::new(key);
        Self { inner: Arc::new(Inner { platform, settings, table, windows, facts, cursors, inlet }) }
    }

    /// Serves every path it is mounted on: mount it at `/`. The peer's address comes from a
    /// `ConnectInfo<SocketAddr>` extension.
    pub fn router(self) -> Router {
        Router::new().fallback(move |request: Request| {
            let api = self.clone();
            async move { api.handle(request).await }
        })
    }

    /// Answers one request; every outcome is an HTTP 200 with an envelope.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        let source = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let headers = request.headers().clone();
        let mut audit = Audit::start(Instant::now(), new_request_id(), source, language_of(&request));
        let outcome = self.inner.signed(request, &mut audit).await;
        self.finish(&audit, outcome, &headers).response
    }

    /// Answers a call of somebody who has proved who he is in another way than by a signature; everything behind that is the same.
    pub async fn call_as(&self, caller: Arc<Member>, asked: Asked<'_>, headers: &HeaderMap) -> Answered {
        let mut audit = Audit::start(Instant::now(), new_request_id(), asked.source, asked.language);
        let outcome = self.inner.unsigned(caller, asked, &mut audit).await;
        self.finish(&audit, outcome, headers)
    }

    /// Takes the body of such a call off the wire, within the bounds of all calls.
    ///
    /// # Errors
    /// `RequestSizeLimitExceeded`, `InvalidRequest`.
    pub async fn body(&self, body: Body) -> Result<Bytes, ApiError> {
        self.inner.inlet.body(body, TC3_BODY_BYTES_MAX).await
    }

    fn finish(&self, audit: &Audit, outcome: Result<Vec<u8>, ApiError>, headers: &HeaderMap) -> Answered {
        audit.write(outcome.as_ref().err(), &self.inner.platform);
        let request_id = audit.request_id();
        let is_success = outcome.is_ok();
        let text = outcome.unwrap_or_else(|error| envelope::failure(&error, audit.language(), request_id));
        Answered { response: envelope::answer(text, request_id, headers), is_success }
    }
}

/// A call without a signature.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// What the caller proved itself with, in place of a SecretId: for the audit log.
    pub shown_as: &'static str,
    pub version: &'a str,
    pub action: &'a str,
    /// Long form; the default one when absent.
    pub region: Option<&'a str>,
    pub language: Language,
    /// Free text about the client program.
    pub client: &'a str,
    pub source: Option<IpAddr>,
    /// Parameters: a JSON object; empty counts as `{}`.
    pub body: Bytes,
}

/// What became of a call.
#[derive(Debug)]
pub struct Answered {
    pub response: Response<Body>,
    pub is_success: bool,
}

/// A call whose caller is known.
struct Proven<'a> {
    caller: Arc<Member>,
    /// SecretId, or what stands in its place.
    shown_as: &'a str,
    row: &'a Row,
    common: Common,
}

fn new_request_id() -> Arc<str> {
    uuid::Uuid::new_v4().to_string().into()
}

/// A call that cannot be read is refused in the language it seems to ask for.
fn language_of(request: &Request) -> Language {
    let header = request.headers().get("x-tc-language").and_then(|value| value.to_str().ok());
    let query = request.uri().query().unwrap_or_default();
    Language::from_tag(header.or_else(|| query.split('&').find_map(|pair| pair.strip_prefix("Language="))))
}

impl Inner {
    async fn signed(&self, request: Request, audit: &mut Audit) -> Result<Vec<u8>, ApiError> {
        let received = self.inlet.receive(request, self.settings.public_host.as_deref()).await?;
        let raw = received.raw();
        let claim = Claim::parse(&raw)?;
        let common = Common::read(&received, &claim, &self.settings.regions)?;
        audit.is_for(&common);
        let row = self.find(&common)?;
        let signer = self.authenticate(&received, &claim).await?;
        signer.mark_used(self.platform.clock.now());
        let proven = Proven { caller: signer.member, shown_as: claim.secret_id(), row, common };
        self.perform(proven, |spec| received.parameters(&claim, spec), audit).await
    }

    async fn unsigned(&self, caller: Arc<Member>, asked: Asked<'_>, audit: &mut Audit) -> Result<Vec<u8>, ApiError> {
        let common = Common::of(&asked, &self.settings.regions)?;
        audit.is_for(&common);
        let row = self.find(&common)?;
        let proven = Proven { caller, shown_as: asked.shown_as, row, common };
        self.perform(proven, |_| Ok(Parameters::Json(asked.body)), audit).await
    }

    /// The steps behind the proof.
    async fn perform(
        &self,
        proven: Proven<'_>,
        parameters: impl FnOnce(&'static OperationSpec) -> Result<Parameters, ApiError>,
        audit: &mut Audit,
    ) -> Result<Vec<u8>, ApiError> {
        let Proven { caller, shown_as, row, common } = proven;
        audit.is_by(&caller, shown_as, row);
        let (platform, owner) = (&self.platform, caller.principal.owner);
        self.windows.admit(owner, row.spec, platform.limits.api_tps, platform.clock.now())?;
        let parameters = parameters(row.spec)?;
        let call = self.call(row, caller, common, audit);
        row.answer(call, parameters).await
    }

    fn find(&self, common: &Common) -> Result<&Row, ApiError> {
        if SERVICES.iter().all(|service| service.version != common.version) {
            return Err(no_such_version(&common.version));
        }
        self.table.find(&common.version, &common.action).ok_or_else(|| {
            match metadata::find(OPERATIONS, &common.action) {
                Some(spec) if spec.service.version == common.version => not_served(spec.name),
                Some(spec) => of_another_service(spec),
                None => unknown(&common.action),
            }
        })
    }

    async fn authenticate(&self, received: &Arc<Received>, claim: &Claim<'_>) -> Result<Signer, ApiError> {
        let signer = self.platform.accounts.signer(claim.secret_id()).ok_or(SignatureError::SecretIdNotFound)?;
        let now = self.platform.clock.now();
        if received.body_bytes() <= HASH_INLINE_BYTES_MAX {
            claim.verify(&received.raw(), &signer.secret_key, None, now)?;
            return Ok(signer);
        }
        let (received, key) = (Arc::clone(received), signer.secret_key.clone());
        let verify = move || Claim::parse(&received.raw())?.verify(&received.raw(), &key, None, now);
        tokio::task::spawn_blocking(verify).await.map_err(|_| ApiError::internal())??;
        Ok(signer)
    }
}

fn no_such_version(version: &str) -> ApiError {
    let shown: String = version.chars().take(64).collect();
    ApiError::new(
        "NoSuchVersion",
        format!("接口版本 `{shown}` 不存在，请使用 {}。", versions("、")),
        format!("The version `{shown}` does not exist; use one of {}.", versions(", ")),
    )
}

fn versions(between: &str) -> String {
    let all: Vec<_> = SERVICES.iter().map(|service| format!("{} ({})", service.version, service.name)).collect();
    all.join(between)
}

fn of_another_service(spec: &OperationSpec) -> ApiError {
    let (name, service, version) = (spec.name, spec.service.name, spec.service.version);
    ApiError::new(
        "InvalidAction",
        format!("接口 `{name}` 属于服务 {service}，请使用版本 {version}。"),
        format!("The operation `{name}` belongs to the service {service}; call it with version {version}."),
    )
}

fn not_served(name: &str) -> ApiError {
    if let Some(reason) = declined(name) {
        return ApiError::new(
            "UnsupportedOperation",
            format!("本平台不提供接口 `{name}`：它依赖厂商自有的增值服务。"),
            format!("This platform does not serve the operation `{name}`: {reason}."),
        );
    }
    ApiError::new(
        "UnsupportedOperation",
        format!("本平台暂不支持接口 `{name}`。"),
        format!("This platform does not serve the operation `{name}` yet."),
    )
}

/// Why an operation is refused for good; `None` when it is still to come.
fn declined(name: &str) -> Option<&'static str> {
    const DECLINED: &str = include_str!("../declined.txt");
    let line = DECLINED.lines().find(|line| line.split(' ').next() == Some(name))?;
    line.splitn(3, ' ').nth(2)
}

fn unknown(name: &str) -> ApiError {
    let shown: String = name.chars().take(64).collect();
    ApiError::new(
        "InvalidAction",
        format!("接口 `{shown}` 不存在，请检查拼写（区分大小写）。"),
        format!("The operation `{shown}` does not exist; names are case-sensitive."),
    )
}
