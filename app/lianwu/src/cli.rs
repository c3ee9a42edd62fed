//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Lianwu: a self-hosted IoT platform, wire-compatible with Tencent Cloud IoT Explorer.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the platform
    Serve(ServeOptions),
    /// Print ClientId, UserName and Password of a device, or of a backend
    Credentials(CredentialsOptions),
    /// Say what is wrong with a device or a backend, and what to do
    Diagnose(crate::diagnose::DiagnoseOptions),
    /// Go the way of a device to a server and name the first step that fails; alone, list the checks
    Doctor(crate::doctor::DoctorOptions),
    /// Show, save or repeat the messages of a device or a product
    Replay(Box<crate::replay::ReplayOptions>),
    /// Run a fleet of simulated devices from a thing model
    Simulate(crate::simulate::SimulateOptions),
    /// Load a broker or the platform and measure it
    Bench(Box<crate::bench::BenchOptions>),
}

#[derive(Debug, Args)]
pub struct ServeOptions {
    /// Configuration file (TOML); every key can also come from the environment as LIANWU__SECTION__KEY
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Folder of everything that is kept
    #[arg(long, default_value = "./data")]
    pub data: PathBuf,
    /// Create a demo project with a lamp product and let three simulated lamps report
    #[arg(long)]
    pub demo: bool,
}

#[derive(Debug, Args)]
pub struct CredentialsOptions {
    /// ProductId, 10 upper-case letters and digits
    #[arg(long, requires_all = ["device", "secret_file"])]
    pub product: Option<String>,
    /// DeviceName
    #[arg(long)]
    pub device: Option<String>,
    /// File with the DeviceSecret, or - for standard input, so that it does not show in the process list
    #[arg(long)]
    pub secret_file: Option<PathBuf>,
    /// Client id of a backend: a program of yours that receives messages, signing in with a key pair of your account
    #[arg(
        long,
        value_name = "CLIENT_ID",
        required_unless_present = "product",
        conflicts_with = "product",
        requires = "first_run"
    )]
    pub backend: Option<String>,
    /// File with secret_id and secret_key: the platform's first-run.json, or one of the same form
    #[arg(long, value_name = "FILE")]
    pub first_run: Option<PathBuf>,
    /// How the password is signed
    #[arg(long, value_enum, default_value = "hmacsha256")]
    pub method: MethodName,
    /// Seconds from now until the credentials expire
    #[arg(long, default_value_t = 86_400)]
    pub valid_seconds: u64,
    /// One JSON object instead of three lines
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum MethodName {
    Hmacsha1,
    Hmacsha256,
}
