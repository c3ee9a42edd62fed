//! `lianwu simulate`: a fleet from a thing model, until Ctrl-C.

use anyhow::{Context, Result};
use lianwu_bench::simulate;
pub use lianwu_bench::simulate::SimulateArgs as SimulateOptions;

/// Runs the fleet and prints what it did.
pub fn run(options: &SimulateOptions) -> Result<()> {
    let fleet = options.fleet()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("start the runtime")?;
    eprintln!("{} devices report every {:?}; stop with Ctrl-C", fleet.devices.len(), fleet.report_interval);
    let report = runtime.block_on(simulate::run(fleet, async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            eprintln!("lianwu: cannot wait for Ctrl-C: {error}");
        }
    }));
    if options.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        println!("sign-ins {}, failures {}", report.sign_ins, report.failures);
        println!(
            "reports {}, accepted {}, refused {}",
            report.reports, report.reports_accepted, report.reports_refused
        );
        println!("events {}, controls {}, actions {}", report.events, report.controls, report.actions);
        for cause in &report.last_failures {
            println!("failure: {cause}");
        }
    }
    Ok(())
}
