//! `lianwu bench` alone.

use std::process::ExitCode;

use clap::Parser;

/// Load generator for MQTT brokers and the Lianwu platform.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(flatten)]
    bench: lianwu_bench::BenchArgs,
}

fn main() -> anyhow::Result<ExitCode> {
    let all_is_well = lianwu_bench::run(&Cli::parse().bench)?;
    Ok(if all_is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
