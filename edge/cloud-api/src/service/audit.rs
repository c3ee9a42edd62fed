//! One line per call in the program's log, and a row in the audit log for calls that write or are refused: who did what
//! to which resource, with which outcome. Never a secret, never a parameter's value.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use lianwu_model::Uin;
use lianwu_services::Platform;
use lianwu_services::account::Member;
use lianwu_services::audit::AuditEntry;

use super::common::Common;
use crate::call::Call;
use crate::error::{ApiError, Language};
use crate::metadata::OperationSpec;
use crate::table::{Grant, Row};

/// What is known of a call so far.
#[derive(Debug)]
pub(super) struct Audit {
    start: Instant,
    request_id: Arc<str>,
    source: Option<IpAddr>,
    language: Language,
    action: String,
    region: String,
    client: String,
    secret_id: String,
    owner: u64,
    uin: u64,
    resources: Arc<OnceLock<String>>,
    /// Known once the caller is.
    operation: Option<(&'static OperationSpec, Grant)>,
}

impl Audit {
    /// `language` is the one the call seems to ask for, should it turn out that it cannot be read.
    pub(super) fn start(start: Instant, request_id: Arc<str>, source: Option<IpAddr>, language: Language) -> Self {
        Self {
            start,
            request_id,
            source,
            language,
            action: String::new(),
            region: String::new(),
            client: String::new(),
            secret_id: String::new(),
            owner: 0,
            uin: 0,
            resources: Arc::default(),
            operation: None,
        }
    }

    pub(super) fn request_id(&self) -> &Arc<str> {
        &self.request_id
    }

    pub(super) fn source(&self) -> Option<IpAddr> {
        self.source
    }

    /// Language of the answer, as far as it is known.
    pub(super) fn language(&self) -> Language {
        self.language
    }

    pub(super) fn is_for(&mut self, common: &Common) {
        self.language = common.language;
        self.action = common.action.chars().take(64).collect();
        self.region.clone_from(&common.region);
        self.client = common.client.chars().take(128).collect();
    }

    /// Called once it is proved.
    pub(super) fn is_by(&mut self, caller: &Member, secret_id: &str, row: &Row) {
        self.operation = Some((row.spec, row.grant));
        self.secret_id = secret_id.to_owned();
        self.owner = caller.principal.owner.0;
        self.uin = caller.principal.uin.0;
    }

    pub(super) fn touches(&mut self, call: &Call) {
        self.resources = Arc::clone(&call.resources);
    }

    pub(super) fn write(&self, error: Option<&ApiError>, platform: &Platform) {
        let latency_micros = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.trace(error, latency_micros);
        let code = error.map_or("OK", |error| error.code);
        if let Some((spec, grant)) = self.operation
            && is_kept(grant, code, platform.audit.keeps_reads())
        {
            platform.audit.push(AuditEntry {
                time: platform.clock.now(),
                request_id: self.request_id.to_string(),
                owner: Uin(self.owner),
                uin: Uin(self.uin),
                secret_id: self.secret_id.clone(),
                source: self.source.map(|source| source.to_string()).unwrap_or_default(),
                service: spec.service.name.to_owned(),
                operation: spec.name.to_owned(),
                region: self.region.clone(),
                resource: self.resources.get().cloned().unwrap_or_default(),
                code: code.to_owned(),
                latency_micros,
                is_write: grant == Grant::Write,
            });
        }
    }

    fn trace(&self, error: Option<&ApiError>, latency_us: u64) {
        let source = self.source.map(|source| source.to_string()).unwrap_or_default();
        tracing::info!(
            target: "lianwu::audit",
            request_id = %self.request_id,
            action = self.action,
            code = error.map_or("OK", |error| error.code),
            owner = self.owner,
            uin = self.uin,
            secret_id = self.secret_id,
            source,
            region = self.region,
            client = self.client,
            resources = self.resources.get().map_or("", String::as_str),
            latency_us,
            "cloud API call"
        );
    }
}

/// Everything that writes, and every refusal for want of a right. Calls over the rate are not: they did nothing, and
/// whoever floods the API must not fill the disk.
fn is_kept(grant: Grant, code: &str, keeps_reads: bool) -> bool {
    if code == "RequestLimitExceeded" {
        return false;
    }
    grant == Grant::Write || code.starts_with("UnauthorizedOperation") || keeps_reads
}
