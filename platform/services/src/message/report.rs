//! A report made by the cloud in a device's name: stored like the device's own, nothing is sent to it.

use std::fmt::Write as _;
use std::time::Duration;

use lianwu_model::UnixMillis;
use lianwu_model::json::Scanner;
use lianwu_model::thing_model::Purpose;
use lianwu_ports::log::{CommitError, Rejected, SubmitError};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use tokio::sync::oneshot;

use super::{SendError, ValuesError, nothing_behind};
use crate::directory::DirectoryDevice;
use crate::{Platform, retention};

/// How far ahead of the server's clock a sample may be. Source: decision 5.
const FUTURE_MAX: Duration = Duration::from_hours(24);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    #[error(transparent)]
    Values(#[from] ValuesError),
    #[error("the sample time lies more than 24 h in the future")]
    InFuture,
    #[error("the sample time lies before the retention of {0} days")]
    TooOld(u32),
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Stores `data`, a JSON object of identifier and value, as reported at `time` (now when `None`).
///
/// # Errors
/// Values the model refuses, a time outside the window, or the platform being unable to store it.
pub async fn report_for(
    platform: &Platform,
    device: &DirectoryDevice,
    data: &str,
    time: Option<UnixMillis>,
    request_id: &str,
) -> Result<(), ReportError> {
    let model = platform.catalog.model(device.product).ok_or(ValuesError::NoModel)?;
    let mut scanner = Scanner::new(data.as_bytes());
    model.validator.check_properties(&mut scanner, Purpose::Report).map_err(ValuesError::from)?;
    nothing_behind(scanner)?;
    let now = platform.clock.now();
    let time = time.unwrap_or(now);
    let days = retention::days_of(platform, device.product);
    if time > now.plus(FUTURE_MAX) {
        return Err(ReportError::InFuture);
    }
    if time < retention::oldest(now, days) {
        return Err(ReportError::TooOld(days));
    }
    let mut payload = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        payload,
        r#"{{"method":"report","clientToken":"{request_id}","timestamp":{time},"params":{}}}"#,
        data.trim()
    );
    let mut batch = RecordBatch::default();
    batch.push(&Record {
        kind: RecordKind::PropertyReport,
        qos: 0,
        packet_id: 0,
        code: 0,
        number: device.number,
        product: device.product,
        device: device.name.as_str(),
        sample_time: time,
        topic: "",
        note: request_id,
        payload: payload.as_bytes(),
    });
    commit(platform, batch).await?;
    Ok(())
}

/// Brings records to disk that are not a worker's.
///
/// # Errors
/// They are not stored.
pub async fn commit(platform: &Platform, batch: RecordBatch) -> Result<(), SendError> {
    let (done, outcome) = oneshot::channel();
    let completion = Box::new(move |result| drop(done.send(result)));
    match platform.log.submit(batch, completion) {
        Ok(()) => {}
        Err(Rejected { reason: SubmitError::Busy, .. }) => return Err(SendError::Busy),
        Err(Rejected { reason: SubmitError::Closed, .. }) => return Err(SendError::Closed),
    }
    match outcome.await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(CommitError::Closed)) | Err(_) => Err(SendError::Closed),
        Ok(Err(error)) => Err(SendError::Storage(error.to_string())),
    }
}
