//! How many devices there are and were. Source: spec/cloud-api.md 2.4.

use lianwu_services::product::ProductError;
use lianwu_services::{project, telemetry};

use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{GetDeviceSumStatisticsRequest, GetDeviceSumStatisticsResponse};
use crate::wire;

pub async fn devices(call: Call, r: GetDeviceSumStatisticsRequest) -> Result<GetDeviceSumStatisticsResponse, ApiError> {
    let project = project::find(&call.platform, call.owner(), &r.project_id).await?.id;
    let mine = call.platform.catalog.owned_by(call.owner()).into_iter().map(|found| found.product);
    let mut products: Vec<_> = mine.filter(|product| product.project == project).collect();
    let wanted = r.product_ids;
    if let Some(foreign) = wanted.iter().find(|id| !products.iter().any(|product| product.id.as_str() == **id)) {
        return Err(ProductError::NotFound(foreign.clone()).into());
    }
    if !wanted.is_empty() {
        products.retain(|product| wanted.iter().any(|id| product.id.as_str() == id));
    }
    let products = products.iter().map(|product| product.id).collect();
    let found = telemetry::statistics(&call.platform, products).await?;
    let activity = found.activity;
    Ok(GetDeviceSumStatisticsResponse {
        activation_count: wire::count(activity.activated),
        online_count: wire::count(found.online),
        activation_before_day: wire::count(activity.activated_yesterday),
        active_before_day: wire::count(activity.active_yesterday),
        activation_week_day_count: wire::count(activity.activated_week),
        active_week_day_count: wire::count(activity.active_week),
        activation_before_week_day_count: wire::count(activity.activated_week_before),
        active_before_week_day_count: wire::count(activity.active_week_before),
    })
}
