//! Policies: documents that say who may do what, and their evaluation as pure functions.
//!
//! Source: spec/accounts.md 3 to 7. A document is compiled once by [`Policy::parse`]; [`evaluate`] then only compares.
//! Work is bounded: a document has at most [`DOCUMENT_BYTES_MAX`] bytes, and comparing a wildcard with a text costs at
//! most the product of their lengths.

mod condition;
mod denial;
mod document;
mod pattern;
mod preset;
mod resource;
#[cfg(test)]
mod tests;
mod value;

use std::sync::Arc;

use serde::Serialize;

pub use condition::{Context, Tag, UnmetCondition};
pub use denial::{Language, denial_message};
pub use document::{PolicyError, PolicyFault};
pub use preset::Preset;
pub use resource::{ResourceName, ResourceScope};

use condition::Condition;
use pattern::Pattern;
use resource::ResourcePattern;

/// Largest policy document, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 6144;

/// Most statements of a document.
pub const STATEMENTS_MAX: usize = 64;

/// Most unmet conditions a refusal reports; further ones are left out.
pub const UNMET_MAX: usize = 16;

/// What a statement does when it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    Allow,
    Deny,
}

/// A compiled policy document.
#[derive(Clone, Debug)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
struct Statement {
    effect: Effect,
    actions: Vec<Pattern>,
    resources: Vec<ResourcePattern>,
    conditions: Vec<Condition>,
}

impl Policy {
    /// Reads a document of version 2.0.
    ///
    /// # Errors
    /// Names the place in the document and what is wrong there.
    pub fn parse(document: &str) -> Result<Self, PolicyError> {
        document::parse(document)
    }
}

/// Whose permissions count.
#[derive(Clone, Copy, Debug)]
pub enum Grantee<'a> {
    /// Owns everything in its account and cannot be restricted. That an object belongs to the account is for the
    /// caller to check: no policy decides it.
    MainAccount,
    /// All policies attached to a sub-account and its groups.
    SubAccount(&'a [Arc<Policy>]),
}

/// One object an action touches.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    pub name: &'a ResourceName,
    /// Its own tags and, for a device, those of its product.
    pub tags: &'a [Tag],
    /// Tags that hide it: while there are any, an allow that names resources counts only together with a condition on
    /// tags. A device's own tags are of this kind, those of anything else are not. Source: spec/accounts.md 4.
    pub hidden_by: &'a [Tag],
}

/// What an action is checked against.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// An action that names no single object: only a statement for resource `*` covers it.
    Operation,
    /// Every one of these must be permitted. An empty list is checked as [`Target::Operation`].
    Objects(&'a [Object<'a>]),
}

/// One call to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `<service>:<Action>`
    pub action: &'a str,
    pub target: Target<'a>,
    pub context: &'a Context<'a>,
}

/// Outcome of [`evaluate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Allow,
    Deny {
        /// Names of the objects that may not be touched; `*` for an operation-level action.
        resources: Vec<String>,
        /// Conditions that kept matching allow statements from counting; empty after an explicit deny.
        unmet: Vec<UnmetCondition>,
    },
}

impl Decision {
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow)
    }
}

/// Decides a call: a main account may everything; otherwise a matching deny wins over a matching allow, and without
/// either the answer is no.
#[must_use]
pub fn evaluate(grantee: Grantee<'_>, request: &Request<'_>) -> Decision {
    let Grantee::SubAccount(policies) = grantee else { return Decision::Allow };
    let (mut resources, mut unmet) = (Vec::new(), Vec::new());
    match request.target {
        Target::Objects(objects) if !objects.is_empty() => {
            for object in objects {
                if !is_permitted(policies, request, Some(*object), &mut unmet) {
                    resources.push(object.name.to_string());
                }
            }
        }
        Target::Objects(_) | Target::Operation => {
            if !is_permitted(policies, request, None, &mut unmet) {
                resources.push("*".to_owned());
            }
        }
    }
    if resources.is_empty() { Decision::Allow } else { Decision::Deny { resources, unmet } }
}

/// Could any allow statement cover this action on some object, conditions aside? A list operation whose answer is
/// filtered row by row asks this first, and refuses the whole call when it is false.
#[must_use]
pub fn may_reach(grantee: Grantee<'_>, action: &str) -> bool {
    let Grantee::SubAccount(policies) = grantee else { return true };
    let mut statements = policies.iter().flat_map(|policy| &policy.statements);
    statements.any(|statement| statement.effect == Effect::Allow && statement.covers_action(action))
}

fn is_permitted(
    policies: &[Arc<Policy>],
    request: &Request<'_>,
    object: Option<Object<'_>>,
    unmet: &mut Vec<UnmetCondition>,
) -> bool {
    let mut allowed = false;
    let mut is_hidden = false;
    let mut missing: Vec<&Condition> = Vec::new();
    for statement in policies.iter().flat_map(|policy| &policy.statements) {
        if !statement.covers_action(request.action) || !statement.covers_object(object) {
            continue;
        }
        let tags = object.map_or(&[][..], |object| object.tags);
        let mut failing =
            statement.conditions.iter().filter(|condition| !condition.is_met(request.context, tags)).peekable();
        match (statement.effect, failing.peek()) {
            (Effect::Deny, None) => return false,
            (Effect::Allow, None) if statement.reaches(object) => allowed = true,
            (Effect::Allow, None) => is_hidden = true,
            (Effect::Allow, Some(_)) => missing.extend(failing),
            (Effect::Deny, Some(_)) => {}
        }
    }
    if !allowed {
        let tags = object.filter(|_| is_hidden).map(|object| UnmetCondition::tags(object.hidden_by));
        for condition in missing.into_iter().map(|condition| condition.unmet(Effect::Allow)).chain(tags) {
            if unmet.len() < UNMET_MAX && !unmet.contains(&condition) {
                unmet.push(condition);
            }
        }
    }
    allowed
}

impl Statement {
    /// Letters' case does not count: no two actions differ in it alone, and a deny that misses by it would be a trap.
    fn covers_action(&self, action: &str) -> bool {
        self.actions.iter().any(|pattern| pattern.matches_ignoring_case(action))
    }

    /// A grant for everything, or one that looks at tags, also covers what tags hide.
    fn reaches(&self, object: Option<Object<'_>>) -> bool {
        object.is_none_or(|object| object.hidden_by.is_empty())
            || self.resources.iter().any(ResourcePattern::is_everything)
            || self.conditions.iter().any(Condition::is_about_tags)
    }

    fn covers_object(&self, object: Option<Object<'_>>) -> bool {
        self.resources.iter().any(|pattern| match object {
            Some(object) => pattern.matches(object.name),
            None => pattern.is_everything(),
        })
    }
}
