//! Where the API is, and with which key it is called.

use std::path::Path;

use anyhow::{Context, Result};
use lianwu_bench::cloud_client::CloudAccess;
use serde::Deserialize;

use super::options::ReplayOptions;

/// Version of the platform's own operations.
pub const LIANWU: &str = "2026-11-01";

#[derive(Deserialize)]
struct FirstRun {
    secret_id: String,
    secret_key: String,
    listen: Listen,
}

#[derive(Deserialize)]
struct Listen {
    http: String,
}

/// What a server wrote at its first start.
pub fn of_first_run(path: &Path, region: &str) -> Result<CloudAccess> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let FirstRun { secret_id, secret_key, listen } =
        serde_json::from_str(&text).with_context(|| format!("{} has no keys and addresses", path.display()))?;
    Ok(CloudAccess { endpoint: listen.http, secret_id, secret_key, region: region.to_owned() })
}

/// The server the messages are read from.
pub fn of_source(options: &ReplayOptions) -> Result<CloudAccess> {
    if let Some(path) = &options.first_run {
        return of_first_run(path, &options.region);
    }
    let given = |value: &Option<String>, name: &str| {
        value.clone().with_context(|| format!("give --first-run FILE, or --endpoint and the key; {name} is missing"))
    };
    Ok(CloudAccess {
        endpoint: given(&options.endpoint, "--endpoint")?.trim_start_matches("http://").to_owned(),
        secret_id: given(&options.secret_id, "LIANWU_SECRET_ID")?,
        secret_key: given(&options.secret_key, "LIANWU_SECRET_KEY")?,
        region: options.region.clone(),
    })
}
