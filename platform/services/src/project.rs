//! Projects: the containers of products.
//!
//! Source: spec/cloud-api.md 2.1 and 3.16, spec/thing-model-and-console.md 1.1.

use std::collections::HashMap;

use lianwu_model::account::Instance;
use lianwu_model::product::Project;
use lianwu_model::{InstanceId, ProjectId, Uin};
use lianwu_ports::registry::{Listed, ProjectFilter, Slice, StoreError};

use crate::invalid::{self, Invalid};
use crate::randomness::{DIGITS_AND_LOWER, text};
use crate::{Platform, fence};

/// Characters of a name, and of a description.
const NAME_CHARS_MAX: usize = 64;
const DESCRIPTION_CHARS_MAX: usize = 1024;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProjectError {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("project {0} does not exist")]
    NotFound(String),
    #[error("instance {0} does not exist")]
    InstanceNotFound(String),
    #[error("the account has a project of that name")]
    NameTaken,
    #[error("the account has {0} projects, as many as allowed")]
    TooMany(u64),
    #[error("the project has products")]
    HasProducts,
    #[error("the registry failed")]
    Store(StoreError),
}

/// What the owner says about a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectText {
    pub name: String,
    pub description: String,
}

impl ProjectText {
    fn check(&self) -> Result<(), Invalid> {
        invalid::characters("ProjectName", &self.name, 1, NAME_CHARS_MAX)?;
        invalid::characters("ProjectDesc", &self.description, 0, DESCRIPTION_CHARS_MAX)
    }
}

/// How much a project holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProjectCounts {
    pub products: u64,
    pub devices: u64,
}

/// Creates a project in the given instance, or in the account's only one.
///
/// # Errors
/// [`ProjectError::Invalid`], `InstanceNotFound`, `TooMany`, `NameTaken`.
pub async fn create(
    platform: &Platform,
    owner: Uin,
    project: ProjectText,
    instance: Option<String>,
) -> Result<Project, ProjectError> {
    project.check()?;
    let _turn = platform.turns.take().await;
    let instance = find_instance(platform, owner, instance).await?;
    let mine = ProjectFilter { owner: Some(owner), ..ProjectFilter::default() };
    let count = platform.stores.projects.projects(mine, Slice { offset: 0, limit: 1 }).await.map_err(store)?.total;
    if platform.limits.projects != 0 && count >= platform.limits.projects {
        return Err(ProjectError::TooMany(platform.limits.projects));
    }
    let now = platform.clock.now();
    let id = format!("prj-{}", text(platform.randomness.as_ref(), DIGITS_AND_LOWER, 8));
    let project = Project {
        id: id.parse().expect("made in the form of a ProjectId"),
        owner,
        instance,
        name: project.name,
        description: project.description,
        created: now,
        updated: now,
    };
    platform.stores.projects.create_project(project.clone()).await.map_err(store)?;
    Ok(project)
}

async fn find_instance(platform: &Platform, owner: Uin, wanted: Option<String>) -> Result<InstanceId, ProjectError> {
    let instances = platform.stores.accounts.instances().await.map_err(store)?;
    let mut mine = instances.into_iter().filter(|instance: &Instance| instance.owner == owner);
    let found = match &wanted {
        Some(id) if !id.is_empty() => mine.find(|instance| instance.id.as_str() == id),
        _ => mine.next(),
    };
    Ok(found.ok_or_else(|| ProjectError::InstanceNotFound(wanted.unwrap_or_default()))?.id)
}

/// Does the account have an instance of this id?
///
/// # Errors
/// [`ProjectError::InstanceNotFound`].
pub async fn check_instance(platform: &Platform, owner: Uin, id: &str) -> Result<(), ProjectError> {
    find_instance(platform, owner, Some(id.to_owned())).await.map(drop)
}

/// Finds a project of this account; another account's counts as absent.
///
/// # Errors
/// [`ProjectError::NotFound`], also for a text that is no ProjectId.
pub async fn find(platform: &Platform, owner: Uin, id: &str) -> Result<Project, ProjectError> {
    let missing = || ProjectError::NotFound(id.to_owned());
    let id: ProjectId = id.parse().map_err(|_| missing())?;
    let project = platform.stores.projects.project(id).await.map_err(store)?;
    project.filter(|project| project.owner == owner).ok_or_else(missing)
}

/// Replaces name and description.
///
/// # Errors
/// [`ProjectError::Invalid`], `NotFound`, `NameTaken`.
pub async fn modify(platform: &Platform, owner: Uin, id: &str, change: ProjectText) -> Result<Project, ProjectError> {
    change.check()?;
    let _turn = platform.turns.take().await;
    let mut project = find(platform, owner, id).await?;
    project.name = change.name;
    project.description = change.description;
    project.updated = platform.clock.now();
    platform.stores.projects.update_project(project.clone()).await.map_err(store)?;
    Ok(project)
}

/// Deletes an empty project.
///
/// # Errors
/// [`ProjectError::NotFound`], `HasProducts`.
pub async fn delete(platform: &Platform, owner: Uin, id: &str) -> Result<(), ProjectError> {
    let _turn = platform.turns.take().await;
    let project = find(platform, owner, id).await?;
    platform.stores.projects.delete_project(project.id.clone()).await.map_err(store)?;
    fence::forget_project(platform, &project.id);
    Ok(())
}

/// Projects that fit the filter, newest first.
///
/// # Errors
/// When the registry fails.
pub async fn list(platform: &Platform, filter: ProjectFilter, slice: Slice) -> Result<Listed<Project>, ProjectError> {
    platform.stores.projects.projects(filter, slice).await.map_err(store)
}

/// Products and registered devices of each project of the account that has any, from memory.
#[must_use]
pub fn counts(platform: &Platform, owner: Uin) -> HashMap<ProjectId, ProjectCounts> {
    let mut counts: HashMap<ProjectId, ProjectCounts> = HashMap::new();
    for product in platform.catalog.owned_by(owner) {
        let project = counts.entry(product.product.project.clone()).or_default();
        project.products += 1;
        project.devices += platform.directory.count(product.product.id);
    }
    counts
}

fn store(error: StoreError) -> ProjectError {
    match error {
        StoreError::Taken(_) => ProjectError::NameTaken,
        StoreError::Missing => ProjectError::NotFound(String::new()),
        StoreError::InUse(_) => ProjectError::HasProducts,
        StoreError::Failed(_) => ProjectError::Store(error),
    }
}
