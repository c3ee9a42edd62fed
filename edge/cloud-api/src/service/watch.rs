//! A device's log as it comes: who may call `ListDeviceLog` so may also watch what it would list from now on.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::body::Bytes;
use lianwu_services::account::Member;
use lianwu_services::live::Wanted;
use lianwu_services::logs::Line;

use super::audit::Audit;
use super::common::Common;
use super::{Asked, CloudApi, Inner, new_request_id};
use crate::access;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{ListDeviceLog, ListDeviceLogRequest};
use crate::generated::structures::DeviceLogRow;
use crate::metadata::Operation as _;
use crate::operations::logs;
use crate::parameters::{self, Parameters};
use crate::table::Row;

/// Why a log may not be watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchRefused {
    pub error: ApiError,
    pub request_id: Arc<str>,
}

impl CloudApi {
    /// What a call of `ListDeviceLog` with these parameters would list, for whoever watches it: times and pages are not looked at,
    /// and one device must be named. It is counted, checked and audited as that call; version and action of `asked` are not read.
    ///
    /// # Errors
    /// As the call.
    pub async fn watch_as(&self, caller: Arc<Member>, asked: Asked<'_>) -> Result<Wanted, WatchRefused> {
        let mut audit = Audit::start(Instant::now(), new_request_id(), asked.source, asked.language);
        let outcome = self.inner.watched(caller, asked, &mut audit).await;
        audit.write(outcome.as_ref().err(), &self.inner.platform);
        outcome.map_err(|error| WatchRefused { error, request_id: Arc::clone(audit.request_id()) })
    }

    /// May it go on? The same checks again, for a watch that was allowed before: it is no call of its own.
    ///
    /// # Errors
    /// As the call.
    pub async fn still_watch_as(&self, caller: Arc<Member>, asked: Asked<'_>) -> Result<(), WatchRefused> {
        let request_id = new_request_id();
        let mut audit = Audit::start(Instant::now(), Arc::clone(&request_id), asked.source, asked.language);
        let outcome = async {
            let (row, common, body) = self.inner.log_call(asked)?;
            let call = self.inner.call(row, caller, common, &mut audit);
            allowed(&call, body).await
        };
        outcome.await.map(drop).map_err(|error| WatchRefused { error, request_id })
    }
}

impl Inner {
    async fn watched(&self, caller: Arc<Member>, asked: Asked<'_>, audit: &mut Audit) -> Result<Wanted, ApiError> {
        let shown_as = asked.shown_as;
        let (row, common, body) = self.log_call(asked)?;
        audit.is_for(&common);
        audit.is_by(&caller, shown_as, row);
        let (platform, owner) = (&self.platform, caller.principal.owner);
        self.windows.admit(owner, row.spec, platform.limits.api_tps, platform.clock.now())?;
        let call = self.call(row, caller, common, audit);
        logs::watched(&call, &allowed(&call, body).await?)
    }

    fn log_call(&self, asked: Asked<'_>) -> Result<(&Row, Common, Bytes), ApiError> {
        let spec = ListDeviceLog::SPEC;
        let asked = Asked { version: spec.service.version, action: spec.name, ..asked };
        let common = Common::of(&asked, &self.settings.regions)?;
        Ok((self.find(&common)?, common, asked.body))
    }

    /// The call that a request has become once its caller is known.
    pub(super) fn call(&self, row: &Row, caller: Arc<Member>, common: Common, audit: &mut Audit) -> Call {
        let call = Call {
            platform: Arc::clone(&self.platform),
            spec: row.spec,
            caller,
            request_id: Arc::clone(audit.request_id()),
            region: common.region.into(),
            source: audit.source(),
            language: common.language,
            cursors: self.cursors.clone(),
            facts: Arc::clone(&self.facts),
            resources: Arc::new(OnceLock::new()),
        };
        audit.touches(&call);
        call
    }
}

/// The steps of the table's row, up to the operation itself.
async fn allowed(call: &Call, body: Bytes) -> Result<ListDeviceLogRequest, ApiError> {
    let request = parameters::decode(call.spec, &Parameters::Json(body))?;
    access::authorise(call, &logs::device_target(&request)).await?;
    Ok(request)
}

/// A line as `ListDeviceLog` gives it.
#[must_use]
pub fn shown(line: &Line) -> DeviceLogRow {
    logs::row(line)
}
