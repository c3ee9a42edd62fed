//! Why nothing is done for a request, and what its page is told: the same form as an answer of the cloud API, with a status.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use lianwu_cloud_api::{ApiError, Language, envelope};
use lianwu_services::account::SignInError;

/// What is wrong with a request before it is a call.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// No login, or one that has ended.
    NotSignedIn,
    /// Another site sent the request.
    ForeignOrigin,
    /// The page did not show that it belongs to the login.
    PageToken,
    /// Nothing else is served before the first password is changed.
    MustChangePassword,
    WrongPassword,
    /// The main account switched the sub-account off.
    Disabled,
    Wait(Duration),
    /// As many pages of this user, or of all, are shown live as may be.
    TooManySockets,
    /// The body could not be taken or read.
    Request(ApiError),
    Internal,
}

impl From<SignInError> for Refusal {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::WrongPassword,
            SignInError::Disabled => Self::Disabled,
            SignInError::Wait(time) => Self::Wait(time),
            SignInError::Store(error) => {
                tracing::error!(%error, "a login could not be opened");
                Self::Internal
            }
        }
    }
}

impl Refusal {
    pub(crate) fn answer(self, language: Language, headers: &HeaderMap) -> Response<Body> {
        let status = self.status();
        let wait = match &self {
            Self::Wait(time) => Some(seconds(*time)),
            _ => None,
        };
        let request_id = uuid::Uuid::new_v4().to_string();
        let text = envelope::failure(&self.error(), language, &request_id);
        let mut response = envelope::answer(text, &request_id, headers);
        *response.status_mut() = status;
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotSignedIn | Self::WrongPassword => StatusCode::UNAUTHORIZED,
            Self::ForeignOrigin | Self::PageToken | Self::MustChangePassword | Self::Disabled => StatusCode::FORBIDDEN,
            Self::Wait(_) | Self::TooManySockets => StatusCode::TOO_MANY_REQUESTS,
            Self::Request(_) => StatusCode::BAD_REQUEST,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error(self) -> ApiError {
        match self {
            Self::Disabled => ApiError::new(
                "AuthFailure.AccountDisabled",
                "此子账号已被主账号停用，请联系主账号启用。",
                "This sub-account is disabled; ask its main account to enable it.",
            ),
            Self::NotSignedIn => ApiError::new(
                "AuthFailure.NotSignedIn",
                "尚未登录，或登录已失效，请重新登录。",
                "You are not signed in, or your session has ended; sign in again.",
            ),
            Self::ForeignOrigin => ApiError::new(
                "AuthFailure.ForeignOrigin",
                "请求来自其他网站，已拒绝；如通过代理访问，请让代理保留 Host 请求头，或设置 public.console_url。",
                "The request comes from another site. Behind a proxy, let it keep the Host header, or set public.console_url.",
            ),
            Self::PageToken => ApiError::new(
                "AuthFailure.CsrfToken",
                "请求头 X-Csrf-Token 缺失或不属于当前登录，请刷新页面。",
                "The header X-Csrf-Token is missing or belongs to another session; reload the page.",
            ),
            Self::MustChangePassword => ApiError::new(
                "UnauthorizedOperation.MustChangePassword",
                "请先修改初始密码（SetPassword），之后才能进行其他操作。",
                "Change the first password (SetPassword) before anything else.",
            ),
            Self::WrongPassword => {
                ApiError::new("AuthFailure.WrongPassword", "用户名或密码错误。", "User or password is wrong.")
            }
            Self::Wait(time) => ApiError::new(
                "RequestLimitExceeded",
                format!("尝试次数过多，请在 {} 秒后重试。", seconds(time)),
                format!("Too many attempts; try again in {} s.", seconds(time)),
            ),
            Self::TooManySockets => ApiError::new(
                "LimitExceeded.LivePages",
                "同时打开的实时页面过多，请关闭一些页面后重试。",
                "Too many pages are shown live at a time; close some and try again.",
            ),
            Self::Request(error) => error,
            Self::Internal => ApiError::internal(),
        }
    }
}

/// Whole seconds, never too early.
fn seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}
