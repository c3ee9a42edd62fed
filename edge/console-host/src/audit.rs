//! Rows of the audit log about signing in and out. Calls have theirs from the cloud API.

use std::net::IpAddr;

use lianwu_services::Platform;
use lianwu_services::account::SignedIn;
use lianwu_services::audit::AuditEntry;

/// What stands for a SecretId in the audit log.
pub(crate) const SHOWN_AS: &str = "console";

/// Hands a row over. Only for those whose password was right: others must not fill the disk.
pub(crate) fn record(platform: &Platform, signed_in: &SignedIn, source: Option<IpAddr>, what: &str) {
    let principal = &signed_in.member.principal;
    platform.audit.push(AuditEntry {
        time: platform.clock.now(),
        request_id: uuid::Uuid::new_v4().to_string(),
        owner: principal.owner,
        uin: principal.uin,
        secret_id: SHOWN_AS.to_owned(),
        source: source.map(|source| source.to_string()).unwrap_or_default(),
        service: "console".to_owned(),
        operation: what.to_owned(),
        region: String::new(),
        resource: String::new(),
        code: "OK".to_owned(),
        latency_micros: 0,
        is_write: true,
    });
}
