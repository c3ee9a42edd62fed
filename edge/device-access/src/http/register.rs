//! `/register/dev` and `/device/register`.

use axum::extract::Request;
use axum::response::Response;
use lianwu_device_protocol::registration::{RegistrationRequest, SealedAnswer};
use lianwu_device_protocol::signed_request::SignatureError;
use lianwu_services::registration::{self, RegisterError};
use lianwu_services::stranger::Cause;
use tracing::{debug, warn};

use super::{DeviceHttp, REGISTRATION_BYTES_MAX, Received, answer};

/// Code of the first form's answer to what is no request; the services have those up to 7.
const MALFORMED: u32 = 8;

/// Code of the first form's answer to a source that has failed too often.
const MUST_WAIT: u32 = 9;

const WAIT_TEXT: &str = "too many requests have failed, try again in a minute";

/// The C SDK's form.
pub(super) async fn first(http: &DeviceHttp, request: Request) -> Response {
    let refuse = |code: u32, why: &str| answer::first_form(Err((code, why)));
    let received = match Received::read(request, REGISTRATION_BYTES_MAX).await {
        Ok(received) => received,
        Err(error) => return refuse(MALFORMED, &error.to_string()),
    };
    let request = match RegistrationRequest::first_form(&received.body) {
        Ok(request) => request,
        Err(error) => return refuse(MALFORMED, &error.to_string()),
    };
    match register(http, &received, &request, 1).await {
        None => refuse(MUST_WAIT, WAIT_TEXT),
        Some(Ok(sealed)) => answer::first_form(Ok(&sealed)),
        Some(Err(error)) => refuse(error.code(), &text(&error)),
    }
}

/// The Python, Java and Hub SDKs' form.
pub(super) async fn second(http: &DeviceHttp, request: Request) -> Response {
    let received = match Received::read(request, REGISTRATION_BYTES_MAX).await {
        Ok(received) => received,
        Err(error) => return answer::failure("InvalidParameterValue", &error.to_string()),
    };
    let request = match RegistrationRequest::second_form(received.signed()) {
        Ok(request) => request,
        Err(error) => return answer::failure("InvalidParameterValue", &error.to_string()),
    };
    match register(http, &received, &request, 2).await {
        None => answer::failure("RequestLimitExceeded", WAIT_TEXT),
        Some(Ok(sealed)) => answer::success(Some(&sealed)),
        Some(Err(error)) => answer::failure(code(&error), &text(&error)),
    }
}

/// `None`: it must wait, and was not looked at.
async fn register(
    http: &DeviceHttp,
    received: &Received,
    request: &RegistrationRequest<'_>,
    form: u8,
) -> Option<Result<SealedAnswer, RegisterError>> {
    let (source, product, device) = (received.source, &request.product, &request.device);
    if http.must_wait(source, product, device) {
        return None;
    }
    let facts = format!("version:{form},clientip:{source}");
    let outcome = registration::register(&http.platform, request, &facts).await;
    match &outcome {
        Ok(_) => http.count(source, product, device, true),
        Err(RegisterError::Failed(why)) => warn!(product, device, why, "a registration failed"),
        Err(why) => {
            debug!(product, device, %why, "a registration was refused");
            if let RegisterError::UnknownProduct(_) = why {
                http.note_stranger(source, product, device, Cause::UnknownProduct);
            }
            http.count(source, product, device, false);
        }
    }
    Some(outcome)
}

/// What the device is told. A stranger learns nothing about which products there are.
fn text(error: &RegisterError) -> String {
    match error {
        RegisterError::UnknownProduct(_) => SignatureError::Mismatch.to_string(),
        // Its cause is in the platform's log: a device has no business with folders of the server.
        RegisterError::Failed(_) => "the platform failed, try again".to_owned(),
        other => other.to_string(),
    }
}

/// No source lists them; spec/device-protocol.md 4.2 has the plausible ones.
fn code(error: &RegisterError) -> &'static str {
    match error {
        RegisterError::UnknownProduct(_) | RegisterError::Signature(SignatureError::Mismatch) => {
            "AuthFailure.SignatureFailure"
        }
        RegisterError::Signature(SignatureError::Header(_) | SignatureError::Algorithm(_))
        | RegisterError::NameForm(_) => "InvalidParameterValue",
        RegisterError::Off => "UnauthorizedOperation.DynamicRegisterNotEnabled",
        RegisterError::NeedsCertificate => "InvalidParameterValue.CertificateMissing",
        RegisterError::Certificate(_) => "InvalidParameterValue.CertificateInvalid",
        RegisterError::UnknownDevice(_) => "InvalidParameterValue.DeviceNotExist",
        RegisterError::Activated => "LimitExceeded.DeviceActivated",
        RegisterError::Disabled => "UnauthorizedOperation.DeviceDisabled",
        RegisterError::Quota(_) => "LimitExceeded.DeviceExceedLimit",
        RegisterError::Failed(_) => "InternalError",
    }
}
