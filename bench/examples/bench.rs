//! `lianwu bench` alone. Exit code 0: all is well; 1: something was lost, refused or missing; 2: it could not be run.

use std::process::ExitCode;

use clap::Parser;

/// Load generator for MQTT brokers and the Lianwu platform.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(flatten)]
    bench: lianwu_bench::BenchArgs,
}

fn main() -> ExitCode {
    match lianwu_bench::run(&Cli::parse().bench) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}
