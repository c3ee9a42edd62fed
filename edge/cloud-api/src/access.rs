//! May this caller do this? The policy evaluator runs for every operation, main accounts included.
//!
//! Source: spec/accounts.md 3 to 5 and 7, decisions 15. Objects of another main account count as absent.

mod explain;

use lianwu_model::fence::Space;
use lianwu_model::policy::{self, Context, Decision, Grantee, Object, ResourceName, ResourceScope, Tag, evaluate};
use lianwu_model::product::{self as model, Product, Project};
use lianwu_model::{DeviceName, DeviceNumber, ProductId, ProjectId};
use lianwu_ports::readings::LogRow;
use lianwu_services::device::{self, DeviceError};
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::product::{self, ProductError};
use lianwu_services::project::ProjectError;
use lianwu_services::tag;

use crate::call::Call;
use crate::error::{ApiError, Language};
use crate::metadata::OperationSpec;
use crate::table::Target;

pub use explain::{Explanation, explain};

/// Service in the names of all resources: every service works on the same objects.
const RESOURCE_SERVICE: &str = "iotexplorer";

/// An object by name, with the tags that count for it.
struct Named {
    name: ResourceName,
    tags: Vec<Tag>,
    /// A device's own tags.
    hidden_by: Vec<Tag>,
}

impl Named {
    fn new(name: ResourceName, tags: Vec<Tag>) -> Self {
        Self { name, tags, hidden_by: Vec::new() }
    }

    /// A device inherits the tags of its product. Source: spec/accounts.md 5.
    fn device(name: ResourceName, own: &[model::Tag], product: &Product) -> Self {
        let tags = own.iter().chain(&product.tags).map(policy_tag).collect();
        Self { name, tags, hidden_by: own.iter().map(policy_tag).collect() }
    }

    fn object(&self) -> Object<'_> {
        Object { name: &self.name, tags: &self.tags, hidden_by: &self.hidden_by }
    }
}

/// Refuses the call unless every object it names may be touched.
///
/// # Errors
/// `UnauthorizedOperation` with the vendor's text; `ResourceNotFound.*` when an object is not the account's.
pub async fn authorise(call: &Call, target: &Target) -> Result<(), ApiError> {
    let named = named(call, target, is_unrestricted(call)).await?;
    let _ = call.resources.set(listed(named.iter().map(|object| object.name.to_string())));
    let decision = on_all(&named, |target| decide(call, target));
    match decision {
        Decision::Allow if concerns_platform(call.spec) && !is_of_administrator(call) => {
            Err(platform_only(&call.request_id, &action(call)))
        }
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

/// Operations of this group are about the platform as a whole, other accounts' share included. They need a right as any
/// other, and a caller of the account that administers the platform.
fn concerns_platform(spec: &OperationSpec) -> bool {
    spec.group == "platform"
}

/// Does the caller belong to the main account that administers the platform?
#[must_use]
pub fn is_of_administrator(call: &Call) -> bool {
    call.platform.accounts.administrator() == Some(call.owner())
}

/// No policy of its own account can help a caller of another one.
fn platform_only(request_id: &str, action: &str) -> ApiError {
    let all = ["*".to_owned()];
    let text = |language| policy::denial_message(request_id, action, &all, &[], language);
    let (zh, en) = explain::PLATFORM_ONLY;
    ApiError::new("UnauthorizedOperation", text(policy::Language::Chinese) + zh, text(policy::Language::English) + en)
}

fn on_all(named: &[Named], judge: impl FnOnce(policy::Target<'_>) -> Decision) -> Decision {
    let objects: Vec<_> = named.iter().map(Named::object).collect();
    judge(if objects.is_empty() { policy::Target::Operation } else { policy::Target::Objects(&objects) })
}

/// May a list show this product to the caller?
#[must_use]
pub fn may_see_product(call: &Call, product: &Product) -> bool {
    decide(call, policy::Target::Objects(&[named_product(call, product).object()])).is_allowed()
}

/// May a list show this record to the caller? Its device counts with the tags it has now. Of one that was deleted nobody
/// knows the tags any more: only who sees everything, or who asks for the product and may see all of it, sees its records.
#[must_use]
pub fn may_see_record(call: &Call, product: &Product, record: &LogRow) -> bool {
    let name = record.device.trim();
    let found = call.platform.directory.find(product.id, name);
    let own = match &found {
        Some(device) if record.number == device.number || record.number == DeviceNumber::NONE => device.tags(),
        _ if record.number != DeviceNumber::NONE => return false,
        _ => Vec::new(),
    };
    // A stranger may call itself anything; then its record is the product's.
    let resource = match name.parse::<DeviceName>() {
        Ok(name) => scope(call).device(&product.project, product.id, &name),
        Err(_) => scope(call).product(&product.project, product.id),
    };
    decide(call, policy::Target::Objects(&[Named::device(resource, &own, product).object()])).is_allowed()
}

/// May a list show this device to the caller?
#[must_use]
pub fn may_see_device(call: &Call, product: &Product, device: &DirectoryDevice) -> bool {
    let resource = scope(call).device(&product.project, product.id, &device.name);
    decide(call, policy::Target::Objects(&[Named::device(resource, &device.tags(), product).object()])).is_allowed()
}

/// May a list show this project to the caller?
#[must_use]
pub fn may_see_project(call: &Call, project: &Project) -> bool {
    let named = Named::new(scope(call).project(&project.id), Vec::new());
    decide(call, policy::Target::Objects(&[named.object()])).is_allowed()
}

/// Sets of tags whose devices a list of these products must not show to the caller.
///
/// # Errors
/// When the registry fails.
pub async fn hidden_devices(call: &Call, products: &[&Product]) -> Result<Vec<(ProductId, Vec<model::Tag>)>, ApiError> {
    if is_unrestricted(call) || products.is_empty() {
        return Ok(Vec::new());
    }
    let mut sets = device::tag_sets(&call.platform, products.iter().map(|product| product.id).collect()).await?;
    sets.retain(|(id, own)| {
        products.iter().find(|product| product.id == *id).is_some_and(|product| {
            let named = Named::device(scope(call).devices_of(&product.project, product.id), own, product);
            !decide(call, policy::Target::Objects(&[named.object()])).is_allowed()
        })
    });
    Ok(sets)
}

fn decide(call: &Call, target: policy::Target<'_>) -> Decision {
    judge(call, call.caller.grantee(), &action(call), target)
}

fn judge(call: &Call, grantee: Grantee<'_>, action: &str, target: policy::Target<'_>) -> Decision {
    let context = Context { source: call.source, now: call.platform.clock.now(), request_tags: &[] };
    evaluate(grantee, &policy::Request { action, target, context: &context })
}

fn may_reach(call: &Call) -> bool {
    policy::may_reach(call.caller.grantee(), &action(call))
}

/// Sees everything of its account: a list need not be filtered.
#[must_use]
pub fn is_unrestricted(call: &Call) -> bool {
    matches!(call.caller.grantee(), Grantee::MainAccount)
}

fn action(call: &Call) -> String {
    format!("{}:{}", call.spec.service.name, call.spec.name)
}

fn scope(call: &Call) -> ResourceScope<'_> {
    ResourceScope { service: RESOURCE_SERVICE, region: &call.region, owner: call.owner(), app_id: None }
}

/// Objects a target names. The own tags of devices are left out with `without_tags`: nothing restricts a main account.
async fn named(call: &Call, target: &Target, without_tags: bool) -> Result<Vec<Named>, ApiError> {
    match target {
        Target::Account | Target::Rows { .. } => Ok(Vec::new()),
        Target::Project(id) => {
            let id: ProjectId = id.parse().map_err(|_| ProjectError::NotFound(id.clone()))?;
            Ok(vec![Named::new(scope(call).project(&id), Vec::new())])
        }
        Target::Product(id) => Ok(vec![named_product(call, &*find(call, id)?)]),
        Target::Products(ids) => {
            ids.iter().take(device::BATCH_MAX).map(|id| Ok(named_product(call, &*find(call, id)?))).collect()
        }
        // Whoever may do it with everything is told by the operation that there is none.
        Target::Space(id) => {
            let found = call.platform.fences.space(call.owner(), id);
            Ok(found.map(|space| Named::new(scope(call).project(&space.project), Vec::new())).into_iter().collect())
        }
        Target::Fence(id) => {
            let found = call.platform.fences.fence(call.owner(), *id);
            let project = |(_, space): (_, Space)| Named::new(scope(call).project(&space.project), Vec::new());
            Ok(found.map(project).into_iter().collect())
        }
        Target::DevicesOf(id) => {
            let product = find(call, id)?;
            let mut named = vec![named_product(call, &product)];
            for (_, own) in hidden_devices(call, &[&product]).await? {
                named.push(Named::device(scope(call).devices_of(&product.project, product.id), &own, &product));
            }
            Ok(named)
        }
        Target::Device(device) => Ok(vec![named_device(call, &device.product, &device.name, without_tags)?]),
        Target::Devices(devices) => {
            let mut named = Vec::with_capacity(devices.len().min(device::BATCH_MAX));
            // A longer list is refused by the operation itself.
            for device in devices.iter().take(device::BATCH_MAX) {
                named.push(named_device(call, &device.product, &device.name, without_tags)?);
            }
            Ok(named)
        }
    }
}

fn find(call: &Call, id: &str) -> Result<std::sync::Arc<Product>, ProductError> {
    Ok(product::find(&call.platform, call.owner(), id)?.product)
}

fn named_product(call: &Call, product: &Product) -> Named {
    Named::new(scope(call).product(&product.project, product.id), product.tags.iter().map(policy_tag).collect())
}

fn named_device(call: &Call, product: &str, device: &str, without_tags: bool) -> Result<Named, ApiError> {
    let product = find(call, product)?;
    let name: DeviceName = device.parse().map_err(|_| DeviceError::NameForm(device.to_owned()))?;
    let own = if without_tags {
        Vec::new()
    } else {
        match tag::of_device(&call.platform, call.owner(), product.id.as_str(), device) {
            // Whoever may touch the product is told by the operation that it has no such device.
            Err(DeviceError::NotFound(_)) => Vec::new(),
            result => result?,
        }
    };
    Ok(Named::device(scope(call).device(&product.project, product.id, &name), &own, &product))
}

fn policy_tag(tag: &model::Tag) -> Tag {
    Tag { key: tag.key.clone(), value: tag.value.clone() }
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
