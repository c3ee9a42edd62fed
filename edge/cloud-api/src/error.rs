//! What a caller is told when a call fails: a code of the vendor, and a text in the caller's language.

use std::borrow::Cow;

/// Language of messages. Source: spec/cloud-api.md 1.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    Chinese,
    English,
}

impl Language {
    /// Anything but `en-US` is the default, `zh-CN`.
    #[must_use]
    pub fn from_tag(tag: Option<&str>) -> Self {
        if tag.is_some_and(|tag| tag.eq_ignore_ascii_case("en-US")) { Self::English } else { Self::Chinese }
    }
}

/// A refused or failed call. Both texts name the parameter or resource and say what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    pub code: &'static str,
    pub zh: Cow<'static, str>,
    pub en: Cow<'static, str>,
}

impl ApiError {
    #[must_use]
    pub fn new(code: &'static str, zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { code, zh: zh.into(), en: en.into() }
    }

    #[must_use]
    pub fn message(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.zh,
            Language::English => &self.en,
        }
    }

    /// A required parameter is absent.
    #[must_use]
    pub fn missing(parameter: &str) -> Self {
        let en = format!("The required parameter `{parameter}` is missing.");
        Self::new("MissingParameter", format!("缺少必填参数 `{parameter}`，请补充。"), en)
    }

    /// A parameter is of the wrong type or form; `zh` and `en` say what it must be.
    #[must_use]
    pub fn invalid(parameter: &str, zh: &str, en: &str) -> Self {
        let zh = format!("参数 `{parameter}` 格式错误：{zh}。");
        Self::new("InvalidParameter", zh, format!("The parameter `{parameter}` is malformed: {en}."))
    }

    /// A parameter's value is outside its domain; `zh` and `en` say what is allowed.
    #[must_use]
    pub fn value(parameter: &str, zh: &str, en: &str) -> Self {
        let zh = format!("参数 `{parameter}` 取值错误：{zh}。");
        Self::new("InvalidParameterValue", zh, format!("The value of parameter `{parameter}` is wrong: {en}."))
    }

    /// The same texts under another code of the vendor.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// The platform's own fault; details are in its log, not in the answer.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            "InternalError",
            "服务内部错误，请稍后重试；如持续出现，请凭 RequestId 查询服务日志。",
            "The platform failed. Try again; if it lasts, look for the RequestId in the platform's log.",
        )
    }
}
