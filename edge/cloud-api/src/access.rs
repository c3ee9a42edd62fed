//! May this caller do this? The policy evaluator runs for every operation, main accounts included.
//!
//! Source: spec/accounts.md 3 to 5 and 7, decisions 15. Objects of another main account count as absent.

use lianwu_model::policy::{self, Context, Decision, Grantee, Object, ResourceName, ResourceScope, Tag, evaluate};
use lianwu_model::product::{Product, Project};
use lianwu_model::{DeviceName, ProjectId};
use lianwu_services::device::DeviceError;
use lianwu_services::product::{self, ProductError};
use lianwu_services::project::ProjectError;

use crate::call::Call;
use crate::error::{ApiError, Language};
use crate::table::Target;

/// Service in the names of all resources: every service works on the same objects.
const RESOURCE_SERVICE: &str = "iotexplorer";

/// An object by name, with the tags that count for it.
struct Named {
    name: ResourceName,
    tags: Vec<Tag>,
}

/// Refuses the call unless every object it names may be touched.
///
/// # Errors
/// `UnauthorizedOperation` with the vendor's text; `ResourceNotFound.*` when an object is not the account's.
pub fn authorise(call: &Call, target: &Target) -> Result<(), ApiError> {
    let named = named(call, target)?;
    let _ = call.resources.set(listed(named.iter().map(|object| object.name.to_string())));
    let objects: Vec<_> = named.iter().map(|named| Object { name: &named.name, tags: &named.tags }).collect();
    let policy_target = if objects.is_empty() { policy::Target::Operation } else { policy::Target::Objects(&objects) };
    match decide(call, policy_target) {
        Decision::Allow => Ok(()),
        // Rows are filtered one by one afterwards.
        Decision::Deny { .. } if matches!(target, Target::Rows { .. }) && may_reach(call) => Ok(()),
        Decision::Deny { resources, unmet } => {
            let resources = match target {
                Target::Rows { project: Some(project) } => match project.parse() {
                    Ok(project) => vec![scope(call).products_of(&project).to_string()],
                    Err(_) => resources,
                },
                _ => resources,
            };
            let text = |language| policy::denial_message(&call.request_id, &action(call), &resources, &unmet, language);
            let (zh, en) = (policy::Language::Chinese, policy::Language::English);
            Err(ApiError::new("UnauthorizedOperation", text(zh), text(en)))
        }
    }
}

/// May a list show this product to the caller?
#[must_use]
pub fn may_see_product(call: &Call, product: &Product) -> bool {
    let named = named_product(call, product);
    let object = Object { name: &named.name, tags: &named.tags };
    decide(call, policy::Target::Objects(&[object])).is_allowed()
}

/// May a list show this project to the caller?
#[must_use]
pub fn may_see_project(call: &Call, project: &Project) -> bool {
    let name = scope(call).project(&project.id);
    decide(call, policy::Target::Objects(&[Object { name: &name, tags: &[] }])).is_allowed()
}

fn decide(call: &Call, target: policy::Target<'_>) -> Decision {
    let context = Context { source: call.source, now: call.platform.clock.now(), request_tags: &[] };
    evaluate(call.signer.grantee(), &policy::Request { action: &action(call), target, context: &context })
}

fn may_reach(call: &Call) -> bool {
    policy::may_reach(call.signer.grantee(), &action(call))
}

/// Sees everything of its account: a list need not be filtered.
#[must_use]
pub fn is_unrestricted(call: &Call) -> bool {
    matches!(call.signer.grantee(), Grantee::MainAccount)
}

fn action(call: &Call) -> String {
    format!("{}:{}", call.spec.service.name, call.spec.name)
}

fn scope(call: &Call) -> ResourceScope<'_> {
    ResourceScope { service: RESOURCE_SERVICE, region: &call.region, owner: call.owner(), app_id: None }
}

fn named(call: &Call, target: &Target) -> Result<Vec<Named>, ApiError> {
    match target {
        Target::Account | Target::Rows { .. } => Ok(Vec::new()),
        Target::Project(id) => {
            let id: ProjectId = id.parse().map_err(|_| ProjectError::NotFound(id.clone()))?;
            Ok(vec![Named { name: scope(call).project(&id), tags: Vec::new() }])
        }
        Target::Product(id) => Ok(vec![named_product(call, &*find(call, id)?)]),
        Target::Device(device) => Ok(vec![named_device(call, &device.product, &device.name)?]),
        Target::Devices(devices) => {
            devices.iter().map(|device| named_device(call, &device.product, &device.name)).collect()
        }
    }
}

fn find(call: &Call, id: &str) -> Result<std::sync::Arc<Product>, ProductError> {
    Ok(product::find(&call.platform, call.owner(), id)?.product)
}

fn named_product(call: &Call, product: &Product) -> Named {
    Named { name: scope(call).product(&product.project, product.id), tags: tags(product) }
}

/// A device inherits the tags of its product. Source: spec/accounts.md 5.
fn named_device(call: &Call, product: &str, device: &str) -> Result<Named, ApiError> {
    let product = find(call, product)?;
    let name: DeviceName = device.parse().map_err(|_| DeviceError::NameForm(device.to_owned()))?;
    Ok(Named { name: scope(call).device(&product.project, product.id, &name), tags: tags(&product) })
}

fn tags(product: &Product) -> Vec<Tag> {
    product.tags.iter().map(|tag| Tag { key: tag.key.clone(), value: tag.value.clone() }).collect()
}

/// `*` when nothing is named.
fn listed(names: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for name in names.take(8) {
        text.push_str(if text.is_empty() { "" } else { " " });
        text.push_str(&name);
    }
    if text.is_empty() { "*".to_owned() } else { text }
}

impl From<Language> for policy::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Chinese => Self::Chinese,
            Language::English => Self::English,
        }
    }
}
