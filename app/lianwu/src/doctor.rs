//! `lianwu doctor connect`: the command line of the walk in `lianwu_bench::doctor`.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use lianwu_bench::doctor::{
    Holder, Language, Proof, Question, Report, ServerAddress, Step, StepReport, Transport, Try, connect,
};
use lianwu_device_protocol::credentials::Method;
use serde_json::{Value, json};

use crate::cli::MethodName;
use crate::diagnose::LanguageName;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct DoctorOptions {
    #[command(subcommand)]
    pub command: Option<DoctorCommand>,
    /// Language of the list
    #[arg(long, value_enum, default_value = "en")]
    pub language: LanguageName,
}

#[derive(Debug, Subcommand)]
pub enum DoctorCommand {
    /// Sign in as a device would, from here. A device that is connected under the same name is signed out by it
    Connect(Box<ConnectOptions>),
}

#[derive(Debug, Args)]
pub struct ConnectOptions {
    /// Name or address, with `mqtt://` (unless told), `mqtts://`, `ws://`, `wss://`, `http://`, `https://`, `coap://` or `coaps://` before it,
    /// `:PORT` and `/PATH` behind it
    #[arg(value_name = "SERVER")]
    pub server: ServerAddress,
    /// ProductId
    #[arg(long, requires = "device", required_unless_present = "client_id")]
    pub product: Option<String>,
    /// DeviceName
    #[arg(long, requires = "product")]
    pub device: Option<String>,
    /// File with the DeviceSecret, or - for standard input
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// File with the ProductSecret: walk the device's registration over http:// or https:// instead, which may create the device
    #[arg(long, value_name = "FILE", requires = "product", conflicts_with_all = ["secret_file", "certificate"])]
    pub product_secret_file: Option<PathBuf>,
    /// How the password is signed
    #[arg(long, value_enum, default_value = "hmacsha256")]
    pub method: MethodName,
    /// The device's certificate (PEM), instead of a secret
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with = "secret_file")]
    pub certificate: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,
    /// Sign in with these three texts as they are; with --secret-file it is checked whether the password was made with it
    #[arg(long, conflicts_with_all = ["product", "certificate"])]
    pub client_id: Option<String>,
    #[arg(long, requires = "client_id")]
    pub user_name: Option<String>,
    /// File with the password, or - for standard input
    #[arg(long, value_name = "FILE", requires = "client_id")]
    pub password_file: Option<PathBuf>,
    /// Over TLS, check the server's certificate with these authorities (PEM) and send a password, instead of TLS-PSK
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// As --ca, with the authorities the system trusts
    #[arg(long)]
    pub system_ca: bool,
    /// Report these properties (a JSON object) instead of reading the device's own
    #[arg(long, value_name = "JSON", value_parser = properties)]
    pub report: Option<String>,
    /// Subscribe and publish to this topic instead: other brokers, products of custom data
    #[arg(long, conflicts_with = "report")]
    pub topic: Option<String>,
    /// What is published to --topic
    #[arg(long, default_value = "{}", requires = "topic")]
    pub payload: String,
    /// Keep-alive of the device, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 240)]
    pub keep_alive: u16,
    /// Stay silent for so many seconds, then see whether the connection is still there
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub idle: u64,
    /// Longest wait for one answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
    #[arg(long, value_enum, default_value = "en")]
    pub language: LanguageName,
    /// One JSON object instead of lines
    #[arg(long)]
    pub json: bool,
}

fn properties(text: &str) -> Result<String> {
    let value: Value = serde_json::from_str(text).context("not JSON")?;
    if value.is_object() { Ok(text.to_owned()) } else { bail!("write a JSON object, such as {{\"brightness\":1}}") }
}

/// Walks and prints. The exit code is 0, or that of the step that failed.
pub fn run(options: &DoctorOptions) -> Result<ExitCode> {
    match &options.command {
        Some(DoctorCommand::Connect(connect)) => walk(connect),
        None => {
            list(language(options.language));
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn language(name: LanguageName) -> Language {
    match name {
        LanguageName::Zh => Language::Chinese,
        LanguageName::En => Language::English,
    }
}

fn list(language: Language) {
    for step in Step::ALL {
        println!("{:>2}  {:<13} {}", step.exit_code(), step.as_str(), step.what().in_language(language));
    }
}

fn walk(options: &ConnectOptions) -> Result<ExitCode> {
    let report = connect(&question(options)?);
    if options.json {
        println!("{}", as_json(options, &report));
    } else {
        print(&report, language(options.language));
    }
    Ok(report.failed().map_or(ExitCode::SUCCESS, |failed| ExitCode::from(failed.step.exit_code())))
}

fn question(options: &ConnectOptions) -> Result<Question> {
    let try_out = match (&options.report, &options.topic) {
        (Some(params), _) => Try::Report(params.clone()),
        (None, Some(topic)) => Try::Topic { topic: topic.clone(), payload: options.payload.clone() },
        (None, None) => Try::Status,
    };
    Ok(Question {
        server: options.server.clone(),
        holder: holder(options)?,
        authorities: options.ca.clone(),
        try_out,
        keep_alive: options.keep_alive,
        idle: Duration::from_secs(options.idle),
        timeout: Duration::from_secs(options.timeout),
    })
}

fn holder(options: &ConnectOptions) -> Result<Holder> {
    let secret = options.secret_file.as_deref().map(line).transpose()?;
    if let Some(client_id) = &options.client_id {
        return Ok(Holder::Texts {
            client_id: client_id.clone(),
            user_name: options.user_name.clone(),
            password: options.password_file.as_deref().map(line).transpose()?,
            secret,
        });
    }
    let (Some(product), Some(device)) = (options.product.clone(), options.device.clone()) else {
        bail!("name the device with --product and --device, or the texts of its CONNECT with --client-id");
    };
    if let Some(file) = &options.product_secret_file {
        return Ok(Holder::Unregistered { product, device, secret: line(file)? });
    }
    let is_checked = options.ca.is_some() || options.system_ca;
    let is_psk = match options.server.transport {
        Transport::Mqtts => !is_checked,
        transport => transport == Transport::Coaps,
    };
    let method = match options.method {
        MethodName::Hmacsha1 => Method::HmacSha1,
        MethodName::Hmacsha256 => Method::HmacSha256,
    };
    let proof = match (secret, &options.certificate, &options.key) {
        (Some(text), _, _) => Proof::Secret { text, method, is_psk },
        (None, Some(chain), Some(key)) => Proof::Certificate { chain: file(chain)?, key: file(key)? },
        (None, _, _) => bail!("--secret-file is needed, --product-secret-file, or --certificate and --key"),
    };
    Ok(Holder::Device { product, device, proof })
}

fn file(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("read {}", path.display()))
}

/// The text of a file without the line end an editor put there. Anything else at its ends is for the walk to find.
fn line(path: &Path) -> Result<String> {
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).context("read standard input")?;
    } else {
        text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    }
    let line = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(line.to_owned())
}

fn print(report: &Report, language: Language) {
    for StepReport { step, outcome, seen, advice, elapsed } in &report.steps {
        let (step, outcome, seen) = (step.as_str(), outcome.as_str(), seen.in_language(language));
        println!("{outcome:<8} {step:<13} {seen} ({} ms)", elapsed.as_millis());
        if let Some(advice) = advice {
            println!("         {}", advice.cause.in_language(language));
            println!("      -> {}", advice.cure.in_language(language));
        }
    }
}

fn as_json(options: &ConnectOptions, report: &Report) -> Value {
    let language = language(options.language);
    let steps = report.steps.iter().map(|step| {
        json!({
            "Step": step.step.as_str(),
            "Outcome": step.outcome.as_str(),
            "Seen": step.seen.in_language(language),
            "Cause": step.advice.as_ref().map(|advice| advice.cause.in_language(language)),
            "Cure": step.advice.as_ref().map(|advice| advice.cure.in_language(language)),
            "Milliseconds": step.elapsed.as_millis() as u64,
        })
    });
    json!({
        "Server": options.server.to_string(),
        "FailedStep": report.failed().map(|failed| failed.step.as_str()),
        "Steps": steps.collect::<Vec<_>>(),
    })
}
