//! `lianwu bench`.

use anyhow::{Result, bail};
pub use lianwu_bench::BenchArgs as BenchOptions;

/// Runs one workload or check.
pub fn run(options: &BenchOptions) -> Result<()> {
    if lianwu_bench::run(options)? { Ok(()) } else { bail!("the check found losses, see above") }
}
