//! Common parameters: headers with TC3, parameters among the others with v1. Source: spec/cloud-api.md 1.2.

use super::Asked;
use super::received::Received;
use crate::error::{ApiError, Language};
use crate::signature::{Claim, SignatureKind};

/// What every call says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Common {
    pub action: String,
    pub version: String,
    /// Long form, one of those served.
    pub region: String,
    pub language: Language,
    /// Free text about the client program.
    pub client: String,
}

impl Common {
    /// # Errors
    /// `MissingParameter`, `UnsupportedRegion`.
    pub(super) fn read(received: &Received, claim: &Claim<'_>, regions: &[String]) -> Result<Self, ApiError> {
        let is_tc3 = claim.kind() == SignatureKind::Tc3;
        let find = |header: &'static str, parameter: &'static str| {
            let text = if is_tc3 {
                received.header(header).map(str::trim)
            } else {
                let pair = claim.parameters().iter().find(|(name, _)| name == parameter);
                pair.map(|(_, value)| value.as_ref())
            };
            let name = if is_tc3 { header } else { parameter };
            (name, text.filter(|text| !text.is_empty()))
        };
        let required =
            |(name, text): (&str, Option<&str>)| text.map(str::to_owned).ok_or_else(|| ApiError::missing(name));
        let (_, region) = find("X-TC-Region", "Region");
        Ok(Self {
            action: required(find("X-TC-Action", "Action"))?,
            version: required(find("X-TC-Version", "Version"))?,
            region: served_region(region, regions)?,
            language: Language::from_tag(find("X-TC-Language", "Language").1),
            client: find("X-TC-RequestClient", "RequestClient").1.unwrap_or_default().to_owned(),
        })
    }
}

impl Common {
    /// Of a call without a signature.
    ///
    /// # Errors
    /// `UnsupportedRegion`.
    pub(super) fn of(asked: &Asked<'_>, regions: &[String]) -> Result<Self, ApiError> {
        Ok(Self {
            action: asked.action.to_owned(),
            version: asked.version.to_owned(),
            region: served_region(asked.region.filter(|region| !region.is_empty()), regions)?,
            language: asked.language,
            client: asked.client.to_owned(),
        })
    }
}

fn served_region(wanted: Option<&str>, regions: &[String]) -> Result<String, ApiError> {
    let Some(wanted) = wanted else {
        return regions.first().cloned().ok_or_else(ApiError::internal);
    };
    if regions.iter().any(|region| region == wanted) {
        return Ok(wanted.to_owned());
    }
    let shown: String = wanted.chars().take(64).collect();
    let served = regions.join(", ");
    Err(ApiError::new(
        "UnsupportedRegion",
        format!("不支持地域 `{shown}`，可用地域：{served}。"),
        format!("The region `{shown}` is not served; use one of: {served}."),
    ))
}
