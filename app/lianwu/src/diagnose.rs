//! `lianwu diagnose`: what is wrong with a device, and what to do.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use lianwu_bench::cloud_client::CloudClient;
use lianwu_model::{DeviceName, ProductId, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::replay::api;

#[derive(Debug, Args)]
pub struct DiagnoseOptions {
    /// The device
    #[arg(value_name = "PRODUCT/DEVICE", value_parser = device)]
    pub device: (ProductId, DeviceName),
    /// Take address and key of the server from the file it wrote at its first start
    #[arg(long, value_name = "FILE")]
    pub first_run: PathBuf,
    #[arg(long, default_value = "ap-guangzhou")]
    pub region: String,
    /// Language of the texts
    #[arg(long, value_enum, default_value = "en")]
    pub language: LanguageName,
    /// The answer of the API as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LanguageName {
    Zh,
    En,
}

fn device(text: &str) -> Result<(ProductId, DeviceName)> {
    let (product, name) = text.split_once('/').context("write PRODUCT/DEVICE")?;
    Ok((product.parse()?, name.parse()?))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    product_id: String,
    device_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    problems: Vec<Problem>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Problem {
    id: String,
    severity: String,
    title: String,
    cause: String,
    cure: String,
    count: u64,
    evidence: Vec<Evidence>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Evidence {
    time: u64,
    text: String,
}

/// Asks the server and prints its answer.
pub fn run(options: &DiagnoseOptions) -> Result<()> {
    let access = api::of_first_run(&options.first_run, &options.region)?;
    let language = match options.language {
        LanguageName::Zh => "zh-CN",
        LanguageName::En => "en-US",
    };
    let mut client = CloudClient::of_version(access, api::LIANWU).in_language(language);
    let (product, name) = &options.device;
    let request = Request { product_id: product.to_string(), device_name: name.to_string() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start the runtime")?;
    let answer: serde_json::Value = runtime.block_on(client.call("DescribeDeviceDiagnosis", &request))?;
    if options.json {
        println!("{answer}");
        return Ok(());
    }
    let Answer { problems } = serde_json::from_value(answer).context("read the answer")?;
    if problems.is_empty() {
        println!(
            "{}",
            match options.language {
                LanguageName::Zh => "没有发现问题",
                LanguageName::En => "no problem found",
            }
        );
    }
    for problem in problems {
        println!("[{}] {} ({}, {}x)", problem.severity, problem.title, problem.id, problem.count);
        println!("  {}", problem.cause);
        println!("  -> {}", problem.cure);
        for evidence in problem.evidence {
            let time = lianwu_services::logs::beijing(UnixMillis(evidence.time));
            println!("     {time} (UTC+8)  {}", evidence.text);
        }
    }
    Ok(())
}
