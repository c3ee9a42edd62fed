//! What applies to this instance: limits with their present use, the configuration in force, where it listens.

use lianwu_services::limits::{self, Asker, Limit, LimitSpec, Source, Value};

use super::paging;
use crate::access;
use crate::call::Call;
use crate::error::{ApiError, Language};
use crate::generated::operations::{
    DescribeAccessPointsRequest, DescribeAccessPointsResponse, DescribeConfigurationRequest,
    DescribeConfigurationResponse, DescribeLimitsRequest, DescribeLimitsResponse,
};
use crate::generated::structures::{AccessPointItem, LimitItem, SettingItem};
use crate::{service, signature, wire};

/// Bounds of the API itself, shown behind those of the platform.
pub const API_LIMITS: &[LimitSpec] = &[
    bound("ApiPage", "rows", "call", paging::LIMIT_MAX, "列表接口一页的最大行数", "Rows on a page of a list"),
    bound("ApiFilters", "filters", "call", wire::FILTERS_MAX as u64, "一次查询的过滤条件数", "Filters of one call"),
    bound(
        "ApiBodyBytes",
        "bytes",
        "call",
        service::received::TC3_BODY_BYTES_MAX as u64,
        "TC3 签名请求体的最大长度",
        "Longest request signed with TC3",
    ),
    bound(
        "ApiBodyBytesV1",
        "bytes",
        "call",
        service::received::V1_BODY_BYTES_MAX as u64,
        "v1 签名请求体的最大长度",
        "Longest request signed with v1",
    ),
    bound(
        "ApiQueryBytes",
        "bytes",
        "call",
        service::received::QUERY_BYTES_MAX as u64,
        "GET 请求参数的最大长度",
        "Longest query of a GET request",
    ),
    bound(
        "ApiClockOffset",
        "s",
        "call",
        signature::CLOCK_OFFSET_MAX_S,
        "请求时间戳与服务器时间的最大差值",
        "How far the timestamp of a request may be from the server's clock",
    ),
];

const fn bound(
    name: &'static str,
    unit: &'static str,
    scope: &'static str,
    value: u64,
    zh: &'static str,
    en: &'static str,
) -> LimitSpec {
    LimitSpec { name, unit, scope, setting: None, zh, en, value: Value::Fixed(value), used: None }
}

pub async fn describe(call: Call, _: DescribeLimitsRequest) -> Result<DescribeLimitsResponse, ApiError> {
    let asker = Asker {
        owner: call.owner(),
        principal: call.caller.principal.uin,
        administers: access::is_of_administrator(&call),
    };
    let found = limits::list(&call.platform, &call.facts, asker).await?;
    let own = API_LIMITS.iter().filter_map(|spec| {
        let value = limits::value(spec, &call.platform.limits, None)?;
        Some(Limit { spec, value, used: None })
    });
    let limits = found.into_iter().chain(own).map(|limit| item(&limit, call.language)).collect();
    Ok(DescribeLimitsResponse { limits })
}

fn item(limit: &Limit, language: Language) -> LimitItem {
    let spec = limit.spec;
    LimitItem {
        name: spec.name.to_owned(),
        value: limit.value.unwrap_or(0),
        unlimited: limit.value.is_none(),
        used: limit.used.unwrap_or(0),
        counted: limit.used.is_some(),
        unit: spec.unit.to_owned(),
        scope: spec.scope.to_owned(),
        setting: spec.setting.unwrap_or_default().to_owned(),
        description: in_language(language, spec.zh, spec.en),
    }
}

pub async fn configuration(
    call: Call,
    _: DescribeConfigurationRequest,
) -> Result<DescribeConfigurationResponse, ApiError> {
    let settings = call.facts.settings.iter().map(|setting| SettingItem {
        key: setting.key.clone(),
        value: setting.value.clone(),
        source: match setting.source {
            Source::Default => "default",
            Source::File => "file",
            Source::Environment => "environment",
        }
        .to_owned(),
        description: in_language(call.language, &setting.zh, &setting.en),
    });
    Ok(DescribeConfigurationResponse { settings: settings.collect() })
}

/// The same for every product of today: all devices speak MQTT to one listener.
pub async fn access_points(
    call: Call,
    _: DescribeAccessPointsRequest,
) -> Result<DescribeAccessPointsResponse, ApiError> {
    let for_devices = call.facts.access_points.iter().filter(|point| point.is_for_devices);
    let items = for_devices.map(|point| AccessPointItem {
        protocol: point.protocol.to_owned(),
        host: point.host.clone(),
        port: point.port.into(),
        encrypted: point.is_encrypted,
    });
    Ok(DescribeAccessPointsResponse { access_points: items.collect() })
}

fn in_language(language: Language, zh: &str, en: &str) -> String {
    match language {
        Language::Chinese => zh,
        Language::English => en,
    }
    .to_owned()
}
