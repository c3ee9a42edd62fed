//! The text of a refusal. Users search for it, so its form is exact. Source: spec/accounts.md 7.

use super::UnmetCondition;

/// Language of texts for API callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `zh-CN`, the default of the vendor's API.
    Chinese,
    /// `en-US`
    English,
}

/// Writes the refusal of `action` (`<service>:<Action>`). `resources` and `unmet` are those of
/// [`super::Decision::Deny`]; the text ends with a line feed.
#[must_use]
pub fn denial_message(
    request_id: &str,
    action: &str,
    resources: &[String],
    unmet: &[UnmetCondition],
    language: Language,
) -> String {
    let mut detail = format!("[request id:{request_id}]you are not authorized to perform operation ({action})\n");
    for (index, resource) in resources.iter().enumerate() {
        if index > 0 {
            detail.push('\n');
        }
        detail.push_str("resource (");
        detail.push_str(resource);
        detail.push_str(") has no permission");
    }
    if !unmet.is_empty() {
        detail.push_str(" with or without condition:");
        detail.push_str(&serde_json::to_string(unmet).expect("texts always serialise"));
    }
    match language {
        Language::English => format!("{detail}\n"),
        Language::Chinese => format!("未授权访问。({detail})\n"),
    }
}
