//! Types of the cloud API from `spec/*-api.json`: what is generated, formatted and compared.

mod metadata;
mod names;
mod spec;
mod types;
mod typescript;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use spec::Spec;

/// Folder the files go to, and the file that declares them.
const FOLDER: &str = "edge/cloud-api/src/generated";
const HEAD: &str = "// Written by `cargo xtask generate` from spec/*-api.json: change those, not this.\n\n";

/// The same types for the console.
const CONSOLE_FILE: &str = "web/console/src/api/generated.ts";

/// Writes the files that differ.
pub fn write() -> Result<()> {
    for (path, text) in files()? {
        if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            fs::create_dir_all(path.parent().context("every file has a folder")?)?;
            fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
            println!("wrote {}", path.display());
        }
    }
    Ok(())
}

/// Fails when a file differs from what would be written.
pub fn check() -> Result<()> {
    for (path, text) in files()? {
        let found = fs::read_to_string(&path).unwrap_or_default();
        if found != text {
            bail!("{} is stale: run `cargo xtask generate`", path.display());
        }
    }
    Ok(())
}

fn files() -> Result<Vec<(PathBuf, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies below the root")?;
    let spec = Spec::read(root)?;
    let folder = root.join(FOLDER);
    let parts = [
        ("metadata", metadata::render(&spec)?),
        ("operations", types::render_operations(&spec)?),
        ("structures", types::render_structures(&spec)?),
    ];
    let mut index = String::from(
        "//! The operations of all services as types and as data.\n//!\n//! `metadata` describes every operation of the \
         spec; `operations` and `structures` hold the types of those that are implemented.\n\n",
    );
    let mut files = Vec::new();
    for (name, body) in parts {
        writeln!(index, "pub mod {name};")?;
        files.push((folder.join(format!("{name}.rs")), formatted(&format!("{HEAD}{body}"), root)?));
    }
    files.push((folder.with_extension("rs"), formatted(&format!("{HEAD}{index}"), root)?));
    files.push((root.join(CONSOLE_FILE), format!("{HEAD}{}", typescript::render(&spec)?)));
    Ok(files)
}

fn formatted(code: &str, root: &Path) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .arg("--config-path")
        .arg(root.join("rustfmt.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start rustfmt")?;
    let mut input = rustfmt.stdin.take().context("rustfmt has an input")?;
    let code = code.to_owned();
    let writer = std::thread::spawn(move || input.write_all(code.as_bytes()));
    let output = rustfmt.wait_with_output()?;
    writer.join().map_err(|_| anyhow::anyhow!("the writing thread ended in a panic"))??;
    ensure!(output.status.success(), "rustfmt refuses the generated code");
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    /// Does the committed code still say what the spec says?
    #[test]
    fn generated_code_is_fresh() {
        super::check().unwrap();
    }
}
