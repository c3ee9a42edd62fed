//! `lianwu diagnose --strangers`: refused sign-ins that are nobody's.

use anyhow::{Context, Result};
use lianwu_model::UnixMillis;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::DiagnoseOptions;

/// Rows of one call.
const PAGE: u64 = 100;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    offset: u64,
    limit: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stranger {
    first_time: u64,
    last_time: u64,
    count: u64,
    source_address: String,
    listener: String,
    product_id: String,
    device_name: String,
    id: String,
    cause: String,
    detail: String,
    cure: String,
}

/// Asks page by page and prints, newest first.
pub(super) fn run(options: &DiagnoseOptions, mut call: impl FnMut(&Request) -> Result<Value>) -> Result<()> {
    let mut rows = Vec::new();
    loop {
        let answer = call(&Request { offset: rows.len() as u64, limit: PAGE })?;
        let page = answer["Strangers"].as_array().context("read the answer")?;
        rows.extend(page.iter().cloned());
        if page.is_empty() || rows.len() as u64 >= answer["TotalCount"].as_u64().unwrap_or_default() {
            break;
        }
    }
    if options.json {
        println!("{}", json!({"TotalCount": rows.len(), "Strangers": rows}));
        return Ok(());
    }
    if rows.is_empty() {
        println!("{}", options.language.of(("一天之内没有来历不明的登录", "no strangers within a day")));
    }
    for row in rows {
        print(&serde_json::from_value(row).context("read the answer")?);
    }
    Ok(())
}

fn print(row: &Stranger) {
    let [first, last] = [row.first_time, row.last_time].map(|time| lianwu_services::logs::beijing(UnixMillis(time)));
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let (listener, product, device) = (or_dash(&row.listener), or_dash(&row.product_id), or_dash(&row.device_name));
    println!(
        "{last} (UTC+8)  {}  {listener}  {product}/{device}  {} ({}x, from {first})",
        row.source_address, row.id, row.count
    );
    let detail = if row.detail.is_empty() { String::new() } else { format!(" [{}]", row.detail) };
    println!("  {}{detail}", row.cause);
    println!("  -> {}", row.cure);
}
