//! Remote configuration of products. Source: spec/lianwu-api.json.

use lianwu_model::remote_config::RemoteConfig;
use lianwu_services::remote_config::{self, C_DEVICE_BYTES_MAX};

use super::named;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    DescribeRemoteConfigRequest, DescribeRemoteConfigResponse, DisableRemoteConfigRequest, DisableRemoteConfigResponse,
    EnableRemoteConfigRequest, EnableRemoteConfigResponse, ListRemoteConfigsRequest, ListRemoteConfigsResponse,
    PushRemoteConfigRequest, PushRemoteConfigResponse, SetRemoteConfigRequest, SetRemoteConfigResponse,
};
use crate::generated::structures::RemoteConfigVersion;
use crate::table::Target;

/// One device, or all of the product: then no right may be limited to some of them.
pub fn push_target(r: &PushRemoteConfigRequest) -> Target {
    match device_name(r) {
        Some(name) => named(&r.product_id, name, None),
        None => Target::Product(r.product_id.clone()),
    }
}

fn device_name(r: &PushRemoteConfigRequest) -> Option<&str> {
    r.device_name.as_deref().filter(|name| !name.is_empty())
}

pub async fn set(call: Call, r: SetRemoteConfigRequest) -> Result<SetRemoteConfigResponse, ApiError> {
    let saved = remote_config::save(&call.platform, call.owner(), &r.product_id, &r.config).await?;
    Ok(SetRemoteConfigResponse {
        version: saved.newest.version,
        bytes: saved.newest.text.len() as u64,
        enabled: saved.is_enabled,
    })
}

pub async fn describe(call: Call, r: DescribeRemoteConfigRequest) -> Result<DescribeRemoteConfigResponse, ApiError> {
    let current = remote_config::current(&call.platform, call.owner(), &r.product_id)?;
    let config = match r.version {
        None => current.newest.clone(),
        Some(version) => {
            let kept = remote_config::versions(&call.platform, call.owner(), &r.product_id).await?;
            let found = kept.into_iter().find(|config| config.version == version);
            found.ok_or(remote_config::ConfigError::NoVersion)?
        }
    };
    let RemoteConfig { version, text, created, .. } = config;
    Ok(DescribeRemoteConfigResponse {
        enabled: current.is_enabled,
        version,
        bytes: text.len() as u64,
        create_time: created.seconds(),
        config: text,
    })
}

pub async fn list(call: Call, r: ListRemoteConfigsRequest) -> Result<ListRemoteConfigsResponse, ApiError> {
    let versions = remote_config::versions(&call.platform, call.owner(), &r.product_id).await?;
    let state = versions.first().and_then(|newest| call.platform.remote_configs.of(newest.product));
    let shown = |config: RemoteConfig| RemoteConfigVersion {
        version: config.version,
        bytes: config.text.len() as u64,
        create_time: config.created.seconds(),
    };
    Ok(ListRemoteConfigsResponse {
        enabled: state.is_some_and(|state| state.is_enabled),
        versions: versions.into_iter().map(shown).collect(),
    })
}

pub async fn enable(call: Call, r: EnableRemoteConfigRequest) -> Result<EnableRemoteConfigResponse, ApiError> {
    remote_config::enable(&call.platform, call.owner(), &r.product_id, true).await?;
    Ok(EnableRemoteConfigResponse { enabled: true })
}

pub async fn disable(call: Call, r: DisableRemoteConfigRequest) -> Result<DisableRemoteConfigResponse, ApiError> {
    remote_config::enable(&call.platform, call.owner(), &r.product_id, false).await?;
    Ok(DisableRemoteConfigResponse { enabled: false })
}

pub async fn push(call: Call, r: PushRemoteConfigRequest) -> Result<PushRemoteConfigResponse, ApiError> {
    let name = device_name(&r);
    let pushed = remote_config::push(&call.platform, call.owner(), &r.product_id, name, &call.request_id).await?;
    let is_large = pushed.bytes > C_DEVICE_BYTES_MAX;
    let warning = format!("larger than the {C_DEVICE_BYTES_MAX} bytes that the C SDK takes");
    Ok(PushRemoteConfigResponse {
        version: pushed.version,
        bytes: pushed.bytes as u64,
        sent: pushed.count.sent,
        not_listening: pushed.count.not_listening,
        over_rate: pushed.count.over_rate,
        too_large: pushed.count.too_large,
        warning: if is_large { warning } else { String::new() },
    })
}
