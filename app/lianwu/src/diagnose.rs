//! `lianwu diagnose`: what is wrong with a device or a backend, and what to do.

mod strangers;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use lianwu_bench::cloud_client::CloudClient;
use lianwu_model::{DeviceName, ProductId, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::replay::api;

#[derive(Debug, Args)]
pub struct DiagnoseOptions {
    /// The device
    #[arg(value_name = "PRODUCT/DEVICE", value_parser = device, required_unless_present_any = ["backend", "strangers"])]
    pub device: Option<(ProductId, DeviceName)>,
    /// A backend instead: the client id it signs in with
    #[arg(long, value_name = "CLIENT_ID", conflicts_with = "device")]
    pub backend: Option<String>,
    /// Who was refused and is nobody's: unknown ProductIds and SecretIds, TLS on the wrong port; for the platform's administrator
    #[arg(long, conflicts_with_all = ["device", "backend"])]
    pub strangers: bool,
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

impl LanguageName {
    fn of(self, (zh, en): (&'static str, &'static str)) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
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

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BackendRequest<'a> {
    client_id: &'a str,
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
    mistakes: Vec<Mistake>,
    evidence: Vec<Evidence>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mistake {
    text: String,
    since: u64,
    count: u64,
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
    let language = options.language.of(("zh-CN", "en-US"));
    let mut client = CloudClient::of_version(access, api::LIANWU).in_language(language);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start the runtime")?;
    if options.strangers {
        return strangers::run(options, |request| runtime.block_on(client.call("ListRefusedStrangers", request)));
    }
    let answer: serde_json::Value = match (&options.device, &options.backend) {
        (Some((product, name)), _) => {
            let request = Request { product_id: product.to_string(), device_name: name.to_string() };
            runtime.block_on(client.call("DescribeDeviceDiagnosis", &request))?
        }
        (None, Some(client_id)) => {
            runtime.block_on(client.call("DescribeBackendDiagnosis", &BackendRequest { client_id }))?
        }
        (None, None) => bail!("name a device, a backend with --backend, or --strangers"),
    };
    if options.json {
        println!("{answer}");
        return Ok(());
    }
    let Answer { problems } = serde_json::from_value(answer).context("read the answer")?;
    if problems.is_empty() {
        println!("{}", options.language.of(("没有发现问题", "no problem found")));
    }
    for problem in problems {
        println!("[{}] {} ({}, {}x)", problem.severity, problem.title, problem.id, problem.count);
        for Mistake { text, since, count } in problem.mistakes {
            let since = lianwu_services::logs::beijing(UnixMillis(since));
            println!("  * {text}: {count}x, {since} (UTC+8)");
        }
        println!("  {}", problem.cause);
        println!("  -> {}", problem.cure);
        for evidence in problem.evidence {
            let time = lianwu_services::logs::beijing(UnixMillis(evidence.time));
            println!("     {time} (UTC+8)  {}", evidence.text);
        }
    }
    Ok(())
}
