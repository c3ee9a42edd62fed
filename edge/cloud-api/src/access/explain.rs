//! Why somebody may or may not do something, and which policy would be needed. Source: spec/faq.md 86 to 89.

use std::sync::Arc;

use lianwu_model::policy::{self, Decision, Grantee, Policy, Preset};
use lianwu_services::account::Member;
use serde_json::json;

use super::{Named, concerns_platform, judge, named, on_all};
use crate::call::Call;
use crate::error::{ApiError, Language};
use crate::metadata::OperationSpec;
use crate::table::Target;

/// Why only one account may do what concerns the platform as a whole; in Chinese and English.
pub(super) const PLATFORM_ONLY: (&str, &str) = (
    "该操作涉及整个平台，只有平台管理员账号（首次启动时写入 first-run.json 的主账号）及其获得授权的子账号可以执行；请联系平台管理员。",
    "This concerns the platform as a whole: only the platform administrator's account (the main account of \
     first-run.json) and the sub-accounts it has authorised may do it; ask the platform administrator.",
);

/// What an evaluation came to, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub allowed: bool,
    /// `<service>:<Action>`
    pub action: String,
    /// Name of the object; `*` for the account as a whole.
    pub resource: String,
    /// In the caller's language.
    pub reason: String,
    /// Smallest policy that would allow it; empty when it is allowed, or when a deny stands in the way.
    pub needed_document: String,
    /// Presets that would allow it; empty as above.
    pub needed_presets: Vec<String>,
}

/// Judges an operation for a member of the caller's account, from the caller's address.
///
/// # Errors
/// When the object is not the account's.
pub async fn explain(
    call: &Call,
    member: &Member,
    spec: &'static OperationSpec,
    target: &Target,
) -> Result<Explanation, ApiError> {
    let named = named(call, target, member.principal.is_main_account()).await?;
    let action = format!("{}:{}", spec.service.name, spec.name);
    let decide = |grantee: Grantee<'_>| on_all(&named, |target| judge(call, grantee, &action, target));
    let decision = decide(member.grantee());
    if concerns_platform(spec) && call.platform.accounts.administrator() != Some(member.principal.owner) {
        return Ok(platform_only(action, call.language));
    }
    let resource = named.first().map_or_else(|| "*".to_owned(), |object| object.name.to_string());
    let with = |more: Arc<Policy>| {
        let policies: Vec<_> = member.policies.iter().cloned().chain([more]).collect();
        decide(Grantee::SubAccount(&policies)).is_allowed()
    };
    let is_denied = !decision.is_allowed() && !with(Preset::Administrator.policy());
    let reason = reason(member, &decision, is_denied, &action, &named);
    let helps = !decision.is_allowed() && !is_denied;
    let presets = Preset::ALL.into_iter().filter(|preset| helps && with(preset.policy()));
    Ok(Explanation {
        allowed: decision.is_allowed(),
        needed_presets: presets.map(|preset| preset.name().to_owned()).collect(),
        needed_document: if helps { document(&action, &resource, named.first()) } else { String::new() },
        reason: match call.language {
            Language::Chinese => reason.0,
            Language::English => reason.1,
        },
        action,
        resource,
    })
}

fn platform_only(action: String, language: Language) -> Explanation {
    let (zh, en) = PLATFORM_ONLY;
    let reason = if language == Language::Chinese { zh } else { en };
    Explanation {
        allowed: false,
        action,
        resource: "*".to_owned(),
        reason: reason.to_owned(),
        needed_document: String::new(),
        needed_presets: Vec::new(),
    }
}

/// In Chinese and English.
fn reason(member: &Member, decision: &Decision, is_denied: bool, action: &str, named: &[Named]) -> (String, String) {
    let unmet = match decision {
        Decision::Allow if member.principal.is_main_account() => {
            return text("主账号拥有全部权限。", "The main account may do everything.");
        }
        Decision::Allow => {
            return text("已绑定的策略允许此操作。", "The attached policies allow it.");
        }
        Decision::Deny { unmet, .. } => unmet,
    };
    if is_denied {
        return text(
            "已绑定的策略中有显式拒绝（deny），再增加允许也无效；请修改或解绑该策略。",
            "A deny in an attached policy stands in the way, and no allow overrules it; change or detach that policy.",
        );
    }
    let hidden_by = named.first().map(|object| &object.hidden_by).filter(|tags| !tags.is_empty());
    if let Some(tags) = hidden_by.filter(|_| policy::may_reach(member.grantee(), action)) {
        let tags: Vec<_> = tags.iter().map(|tag| format!("{}&{}", tag.key, tag.value)).collect();
        let tags = tags.join(", ");
        return (
            format!(
                "设备带有标签 {tags}：带标签的设备对没有该标签权限的子账号不可见；请绑定授予该标签的策略，或去掉设备标签。"
            ),
            format!(
                "The device carries the tags {tags}: a device with tags is invisible to sub-accounts without a grant \
                 for one of them; attach a policy that grants the tag, or take the tag off the device."
            ),
        );
    }
    if !unmet.is_empty() {
        let unmet = serde_json::to_string(unmet).expect("texts always serialise");
        return (
            format!("策略的条件未满足：{unmet}；请检查资源标签、来源地址和时间。"),
            format!(
                "Conditions of the policies are not met: {unmet}; check the tags of the resource, address and time."
            ),
        );
    }
    if policy::may_reach(member.grantee(), action) {
        return text(
            "已绑定的策略允许该操作，但不包含此资源；请在策略的 resource 中加入它。",
            "The attached policies name the operation but not this resource; add it to the policy's resource.",
        );
    }
    text("没有已绑定的策略允许该操作；请绑定策略。", "No attached policy names the operation; attach one.")
}

fn text(zh: &str, en: &str) -> (String, String) {
    (zh.to_owned(), en.to_owned())
}

fn document(action: &str, resource: &str, object: Option<&Named>) -> String {
    let mut statement = json!({ "effect": "allow", "action": [action], "resource": [resource] });
    if let Some(object) = object.filter(|object| !object.hidden_by.is_empty()) {
        let tags: Vec<_> = object.hidden_by.iter().map(|tag| format!("{}&{}", tag.key, tag.value)).collect();
        statement["condition"] = json!({ "for_any_value:string_equal": { "qcs:resource_tag": tags } });
    }
    json!({ "version": "2.0", "statement": [statement] }).to_string()
}
