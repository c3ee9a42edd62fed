//! Projects. Source: spec/cloud-api.md 2.1.

use lianwu_model::product::Project;
use lianwu_ports::registry::{Listed, ProjectFilter, Slice};
use lianwu_services::product;
use lianwu_services::project::{self, ProjectText};

use super::paging;
use crate::access;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    CreateProjectRequest, CreateProjectResponse, DeleteProjectRequest, DeleteProjectResponse, DescribeProjectRequest,
    DescribeProjectResponse, GetProjectListRequest, GetProjectListResponse, ModifyProjectRequest,
    ModifyProjectResponse,
};
use crate::wire;

pub async fn create(call: Call, r: CreateProjectRequest) -> Result<CreateProjectResponse, ApiError> {
    let text = ProjectText { name: r.project_name, description: r.project_desc };
    let project = project::create(&call.platform, call.owner(), text, r.instance_id).await?;
    Ok(CreateProjectResponse { project: Some(wire::project(&project)) })
}

pub async fn modify(call: Call, r: ModifyProjectRequest) -> Result<ModifyProjectResponse, ApiError> {
    let text = ProjectText { name: r.project_name, description: r.project_desc };
    let project = project::modify(&call.platform, call.owner(), &r.project_id, text).await?;
    Ok(ModifyProjectResponse { project: Some(wire::project(&project)) })
}

pub async fn delete(call: Call, r: DeleteProjectRequest) -> Result<DeleteProjectResponse, ApiError> {
    project::delete(&call.platform, call.owner(), &r.project_id).await?;
    Ok(DeleteProjectResponse {})
}

pub async fn describe(call: Call, r: DescribeProjectRequest) -> Result<DescribeProjectResponse, ApiError> {
    let project = project::find(&call.platform, call.owner(), &r.project_id).await?;
    let counts = project::counts(&call.platform, call.owner()).remove(&project.id).unwrap_or_default();
    Ok(DescribeProjectResponse { project: Some(wire::project_with_counts(&project, counts)) })
}

pub async fn list(call: Call, r: GetProjectListRequest) -> Result<GetProjectListResponse, ApiError> {
    let slice = paging::slice(r.offset, r.limit)?;
    if let Some(instance) = r.instance_id.as_deref().filter(|id| !id.is_empty()) {
        project::check_instance(&call.platform, call.owner(), instance).await?;
    }
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let mut filter =
        ProjectFilter { owner: Some(call.owner()), name: given(r.project_name), ..ProjectFilter::default() };
    if let Some(id) = given(r.project_id) {
        filter.id = Some(project::find(&call.platform, call.owner(), &id).await?.id);
    }
    if let Some(id) = given(r.product_id) {
        filter.product = Some(product::find(&call.platform, call.owner(), &id)?.product.id);
    }
    let listed = visible(&call, filter, slice).await?;
    let counts = project::counts(&call.platform, call.owner());
    let of = |project: &Project| counts.get(&project.id).copied().unwrap_or_default();
    let projects = listed.rows.iter().map(|project| wire::project_with_counts(project, of(project))).collect();
    Ok(GetProjectListResponse { projects, total: wire::count(listed.total) })
}

/// A restricted caller's rows are filtered before they are counted and cut.
async fn visible(call: &Call, filter: ProjectFilter, slice: Slice) -> Result<Listed<Project>, ApiError> {
    if access::is_unrestricted(call) {
        return Ok(project::list(&call.platform, filter, slice).await?);
    }
    let all = Slice { offset: 0, limit: Slice::LIMIT_MAX };
    let Listed { mut rows, steps, .. } = project::list(&call.platform, filter, all).await?;
    rows.retain(|project| access::may_see_project(call, project));
    Ok(Listed { total: rows.len() as u64, rows: paging::cut(rows, slice), steps })
}
