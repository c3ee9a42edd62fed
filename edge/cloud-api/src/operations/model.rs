//! Thing models. Source: spec/cloud-api.md 2.3.

use lianwu_services::{product, thing_model};

use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    DescribeModelDefinitionRequest, DescribeModelDefinitionResponse, ModifyModelDefinitionRequest,
    ModifyModelDefinitionResponse,
};
use crate::generated::structures::ProductModelDefinition;
use crate::wire;

pub async fn describe(
    call: Call,
    r: DescribeModelDefinitionRequest,
) -> Result<DescribeModelDefinitionResponse, ApiError> {
    let product = product::find(&call.platform, call.owner(), &r.product_id)?;
    let model = thing_model::describe(&product);
    let model = ProductModelDefinition {
        product_id: r.product_id,
        model_define: model.text,
        create_time: wire::count(model.created.seconds()),
        update_time: wire::count(model.updated.seconds()),
        ..ProductModelDefinition::default()
    };
    Ok(DescribeModelDefinitionResponse { model: Some(model) })
}

pub async fn modify(call: Call, r: ModifyModelDefinitionRequest) -> Result<ModifyModelDefinitionResponse, ApiError> {
    thing_model::modify(&call.platform, call.owner(), &r.product_id, r.model_schema).await?;
    Ok(ModifyModelDefinitionResponse {})
}
