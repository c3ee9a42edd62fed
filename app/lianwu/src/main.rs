//! The one binary. Reads the command line and the configuration, puts the rooms together; the only crate that names
//! engines. Start reading at [`serve`].

mod bench;
mod cli;
mod config;
mod credentials;
mod diagnose;
mod doctor;
mod replay;
mod serve;
mod simulate;

use std::process::ExitCode;

use clap::Parser as _;
use cli::{Cli, Command};

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(options) => serve::run(&options),
        Command::Credentials(options) => credentials::run(&options),
        Command::Diagnose(options) => diagnose::run(&options),
        Command::Doctor(options) => match doctor::run(&options) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
        Command::Replay(options) => replay::run(&options),
        Command::Simulate(options) => simulate::run(&options),
        Command::Bench(options) => bench::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lianwu: {error:#}");
            ExitCode::FAILURE
        }
    }
}
