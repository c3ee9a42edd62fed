//! Thing models. Source: spec/cloud-api.md 2.3, spec/lianwu-api.json.

use lianwu_device_protocol::message::UpKind;
use lianwu_device_protocol::reply::ReplyCode;
use lianwu_services::product;
use lianwu_services::thing_model::{self, Finding, Place, PropertyUse as Use, judge};

use crate::call::Call;
use crate::error::{ApiError, Language};
use crate::generated::operations::{
    DescribeMessageVerdictRequest, DescribeMessageVerdictResponse, DescribeModelConsequencesRequest,
    DescribeModelConsequencesResponse, DescribeModelDefinitionRequest, DescribeModelDefinitionResponse,
    ModifyModelDefinitionRequest, ModifyModelDefinitionResponse,
};
use crate::generated::structures::{ModelConsequence, ProductModelDefinition, PropertyUse};
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

pub async fn message_verdict(
    call: Call,
    r: DescribeMessageVerdictRequest,
) -> Result<DescribeMessageVerdictResponse, ApiError> {
    let kind = match r.function.as_str() {
        "property" => UpKind::Property,
        "event" => UpKind::Event,
        "action" => UpKind::Action,
        _ => {
            return Err(ApiError::invalid(
                "Function",
                "应为 property、event 或 action",
                "it is property, event or action",
            ));
        }
    };
    let max = call.platform.limits.packet_bytes_max;
    if r.payload.len() > max {
        let (zh, en) = (
            format!("最长 {max} 字节，更长的消息设备发不出"),
            format!("at most {max} bytes: devices cannot send more"),
        );
        return Err(ApiError::value("Payload", &zh, &en));
    }
    let verdict = judge::check(&call.platform, call.owner(), &r.product_id, kind, r.payload.as_bytes())?;
    let said = verdict.said.map(|said| match call.language {
        Language::Chinese => said.zh,
        Language::English => said.en,
    });
    let place = verdict.place.unwrap_or_default();
    Ok(DescribeMessageVerdictResponse {
        accepted: verdict.code == ReplyCode::Success,
        code: verdict.code.number().into(),
        status: verdict.status,
        text: said.unwrap_or_default(),
        offset: place.start as u64,
        length: place.len() as u64,
    })
}

pub async fn consequences(
    call: Call,
    r: DescribeModelConsequencesRequest,
) -> Result<DescribeModelConsequencesResponse, ApiError> {
    let found = thing_model::consequences(&call.platform, call.owner(), &r.product_id, &r.model_schema).await?;
    Ok(DescribeModelConsequencesResponse {
        devices: found.devices,
        devices_looked_at: found.devices_looked_at,
        messages_looked_at: found.messages_looked_at,
        since: found.since.0,
        consequences: found.findings.into_iter().map(|finding| consequence(finding, call.language)).collect(),
        more: found.is_cut,
        uses: found.uses.into_iter().map(place).collect(),
    })
}

fn consequence(finding: Finding, language: Language) -> ModelConsequence {
    let reason = finding.reason;
    ModelConsequence {
        function: finding.function.as_str().to_owned(),
        id: finding.id,
        outcome: finding.outcome.as_str().to_owned(),
        code: reason.code.into(),
        text: match language {
            Language::Chinese => reason.sentence.zh,
            Language::English => reason.sentence.en,
        },
        said: reason.said,
        devices: finding.devices,
        messages: finding.messages,
        device_name: finding.device.into(),
        value: finding.value,
        last_seen: finding.time.0,
    }
}

fn place(found: Use) -> PropertyUse {
    let (place, name) = match found.place {
        Place::Space(name) => ("space", name),
        Place::Script => ("script", String::new()),
    };
    PropertyUse { property: found.property, place: place.to_owned(), name }
}
