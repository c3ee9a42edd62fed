//! Chores of this repository: `cargo xtask generate [--check]`, `cargo xtask tidy`.

mod generate;
mod tidy;

use std::path::Path;

use anyhow::{Context as _, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["generate"] => generate::write(),
        ["generate", "--check"] => generate::check(),
        ["tidy"] => tidy::run(Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has a parent folder")?),
        _ => bail!("usage: cargo xtask generate [--check] | tidy"),
    }
}
