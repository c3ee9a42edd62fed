//! The platform's nouns in the vendor's shapes. Source: spec/cloud-api.md 3.1 to 3.3.

use lianwu_model::device::DeviceStatus;
use lianwu_model::product::{Authentication, DataProtocol, Product, ProductKind, Project};
use lianwu_model::{UnixMillis, json};
use lianwu_services::certificate::{self, KnownAuthority};
use lianwu_services::device::DeviceView;
use lianwu_services::project::ProjectCounts;

use crate::call::Call;
use crate::codes;
use crate::error::ApiError;
use crate::generated::structures::{CertInfo, DeviceInfo, Filter, ProductEntry, ProjectEntry, ProjectEntryEx};

/// Filters one call may have. Source: spec/cloud-api.md 3.1.
pub const FILTERS_MAX: usize = 10;

/// Counts and times are far below 2^63.
pub fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn seconds(time: Option<UnixMillis>) -> i64 {
    time.map_or(0, |time| count(time.seconds()))
}

pub fn project(project: &Project) -> ProjectEntry {
    ProjectEntry {
        project_id: project.id.to_string(),
        project_name: project.name.clone(),
        project_desc: project.description.clone(),
        create_time: project.created.seconds(),
        update_time: project.updated.seconds(),
    }
}

pub fn project_with_counts(project: &Project, counts: ProjectCounts) -> ProjectEntryEx {
    ProjectEntryEx {
        project_id: project.id.to_string(),
        project_name: project.name.clone(),
        project_desc: project.description.clone(),
        create_time: project.created.seconds(),
        update_time: project.updated.seconds(),
        product_count: counts.products,
        device_count: counts.devices,
        instance_id: project.instance.to_string(),
        ..ProjectEntryEx::default()
    }
}

pub fn product(call: &Call, product: &Product) -> ProductEntry {
    let entry = plain_product(call, product);
    // Filled with an authority of the account only. Source: spec/cloud-api.md 3.2.
    let Some(own) = certificate::own_of(&call.platform, product) else { return entry };
    let authority = authority(&own);
    ProductEntry {
        private_ca_name: authority.cert_name.clone(),
        is_private_ca: true,
        cert_name: authority.cert_name,
        cert_sn: authority.cert_sn,
        issuer_name: authority.issuer_name,
        subject: authority.subject,
        effective_time: count(authority.effective_time),
        expire_time: count(authority.expire_time),
        cert_text: authority.cert_text,
        ..entry
    }
}

/// The platform's own authority has no name among those an account can choose.
pub fn authority(authority: &KnownAuthority) -> CertInfo {
    CertInfo {
        cert_name: authority.name.clone(),
        cert_sn: authority.facts.serial.clone(),
        issuer_name: authority.facts.issuer.clone(),
        subject: authority.facts.subject.clone(),
        create_time: authority.created.seconds(),
        effective_time: authority.facts.effective.seconds(),
        expire_time: authority.facts.expires.seconds(),
        cert_text: authority.certificate.pem.clone(),
    }
}

fn plain_product(call: &Call, product: &Product) -> ProductEntry {
    ProductEntry {
        product_id: product.id.to_string(),
        product_name: product.name.clone(),
        category_id: count(product.category),
        encryption_type: match product.authentication {
            Authentication::Certificate => "1".to_owned(),
            Authentication::Key => "2".to_owned(),
        },
        net_type: product.net_type.clone(),
        data_protocol: match product.data_protocol {
            DataProtocol::ThingModel => 1,
            DataProtocol::Custom => 2,
        },
        product_desc: product.description.clone(),
        dev_status: codes::status(product.status).to_owned(),
        create_time: product.created.seconds(),
        update_time: product.updated.seconds(),
        region: short_region(&call.region).to_owned(),
        product_type: match product.kind {
            ProductKind::Device => 0,
            ProductKind::Gateway => 5,
        },
        project_id: product.project.to_string(),
        module_id: product.module,
        enable_product_script: product.script_enabled.to_string(),
        create_user_id: count(product.creator.0),
        creator_nick_name: product.creator_name.clone(),
        bind_strategy: u64::from(product.bind_strategy),
        device_count: count(call.platform.directory.count(product.id)),
        uin: product.owner.to_string(),
        ..ProductEntry::default()
    }
}

fn short_region(region: &str) -> &str {
    match region {
        "ap-guangzhou" => "gz",
        "ap-beijing" => "bj",
        "ap-shanghai" => "sh",
        other => other,
    }
}

/// Without the secret, which only the description of one device shows.
pub fn device(view: &DeviceView, product: &Product) -> DeviceInfo {
    let device = &view.device;
    DeviceInfo {
        device_name: device.name.to_string(),
        status: match view.status {
            DeviceStatus::Offline => 0,
            DeviceStatus::Online => 1,
            DeviceStatus::NeverActivated => 3,
        },
        first_online_time: Some(seconds(view.state.activated)),
        login_time: seconds(view.state.last_login),
        create_time: count(device.created.seconds()),
        log_level: view.log_level.number().into(),
        version: view.state.firmware.as_deref().unwrap_or_default().to_owned(),
        create_user_id: count(device.creator.0),
        creator_nick_name: device.creator_name.clone(),
        enable_state: i64::from(device.enabled),
        product_id: device.product.to_string(),
        product_name: product.name.clone(),
        device_type: device_type(product).to_owned(),
        is_lora: product.net_type == "lorawan",
        ..DeviceInfo::default()
    }
}

/// The vendor shows words here. Source: spec/cloud-api.md 3.3.
fn device_type(product: &Product) -> &'static str {
    match product.kind {
        ProductKind::Gateway => "网关",
        ProductKind::Device if product.net_type.starts_with("sub_") => "子设备",
        ProductKind::Device => "设备",
    }
}

/// A value as the thing model has it, whatever way the device wrote it: a bool is 0 or 1, no white space, no needless
/// escape. Source: spec/cloud-api.md 3.5.
pub fn value_json(raw: &str) -> String {
    let mut plain = Vec::with_capacity(raw.len());
    match json::write_plain(raw.as_bytes(), &mut plain) {
        Ok(()) => String::from_utf8_lossy(&plain).into_owned(),
        Err(_) => raw.to_owned(),
    }
}

/// Values of history rows are texts: a string without its quotes, a number in its shortest decimal form, anything else
/// as JSON. Source: spec/cloud-api.md 3.6.
pub fn value_text(raw: &str) -> String {
    if let Ok(text) = serde_json::from_str::<String>(raw) {
        return text;
    }
    let plain = value_json(raw);
    let is_whole = plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match plain.parse::<f64>() {
        // A whole number keeps every digit; a float has its own shortest form.
        Ok(number) if !is_whole && number.is_finite() => number.to_string(),
        _ => plain,
    }
}

/// `tag:<key>` with at most one value. Source: spec/cloud-api.md 2.2 and 3.1.
pub fn tag_filters(filters: Vec<Filter>) -> Result<Vec<(String, Option<String>)>, ApiError> {
    if filters.len() > FILTERS_MAX {
        return Err(ApiError::value("Filters", "最多 10 个过滤条件", "at most 10 filters are allowed"));
    }
    let mut tags = Vec::with_capacity(filters.len());
    for filter in filters {
        let Some(key) = filter.name.strip_prefix("tag:").filter(|key| !key.is_empty()) else {
            return Err(ApiError::value("Filters.Name", "应为 tag:<标签键>", "it must be tag:<key>"));
        };
        if filter.values.len() > 1 {
            return Err(ApiError::value("Filters.Values", "最多 1 个值", "at most one value is allowed"));
        }
        tags.push((key.to_owned(), filter.values.into_iter().next()));
    }
    Ok(tags)
}

/// As [`tag_filters`], where the registry needs the value.
pub fn exact_tags(filters: Vec<Filter>) -> Result<Vec<(String, String)>, ApiError> {
    let one = |(key, value): (String, Option<String>)| {
        let missing = || ApiError::value("Filters.Values", "应有 1 个值", "it must have one value");
        Ok((key, value.ok_or_else(missing)?))
    };
    tag_filters(filters)?.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::{value_json, value_text};

    #[test]
    fn values_are_shown_the_way_the_model_has_them() {
        for (raw, json, text) in [
            ("true", "1", "1"),
            ("false", "0", "0"),
            ("9007199254740993", "9007199254740993", "9007199254740993"),
            ("-4", "-4", "-4"),
            ("1.50", "1.50", "1.5"),
            ("25.0", "25.0", "25"),
            ("1e2", "1e2", "100"),
            (r#""a\/b\u706f""#, r#""a/b灯""#, "a/b灯"),
            (r#"{ "x" : true, "y":[1, 2] }"#, r#"{"x":1,"y":[1,2]}"#, r#"{"x":1,"y":[1,2]}"#),
        ] {
            assert_eq!((value_json(raw).as_str(), value_text(raw).as_str()), (json, text), "{raw}");
        }
    }
}
