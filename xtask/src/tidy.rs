//! Checks the shape of the tree: arrows between layers, purity of `core`, sizes of files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Source files warn above the first and fail above the second number of lines.
const LINES_WARN: usize = 500;
const LINES_MAX: usize = 800;
const TEST_LINES_MAX: usize = 1200;

/// Crates `core` may use besides its own: they compute and do nothing else.
const PURE: [&str; 12] = [
    "aes",
    "base64",
    "hashbrown",
    "hex",
    "hmac",
    "memchr",
    "serde",
    "serde_json",
    "sha1",
    "sha2",
    "subtle",
    "thiserror",
];

/// Layers by folder, and the folders each may use besides its own. `engine` and `edge` never meet.
const LAYERS: [(&str, &[&str]); 10] = [
    ("core", &[]),
    ("platform", &["core"]),
    ("engine", &["core", "platform"]),
    ("edge", &["core", "platform"]),
    ("bench", &["core"]),
    ("sdk", &["core"]),
    ("app", &["core", "platform", "engine", "edge", "bench"]),
    ("tests", &["core", "platform", "engine", "edge", "app", "bench"]),
    ("fuzz", &["core", "platform", "engine", "edge"]),
    ("xtask", &["core", "edge"]),
];

/// Fails with the list of everything that is out of place.
pub fn run(root: &Path) -> Result<()> {
    let crates = crates(root)?;
    if crates.is_empty() {
        bail!("no crates in {}: is this the repository?", root.display());
    }
    let mut faults = Vec::new();
    for (name, krate) in &crates {
        check_arrows(name, krate, &crates, &mut faults);
    }
    let mut files = Vec::new();
    for (layer, _) in LAYERS {
        collect(&root.join(layer), &mut files)?;
    }
    for file in &files {
        check_size(root, file, &mut faults)?;
    }
    if faults.is_empty() {
        println!("tidy: {} crates, {} files", crates.len(), files.len());
        return Ok(());
    }
    for fault in &faults {
        eprintln!("tidy: {fault}");
    }
    bail!("{} things are out of place", faults.len())
}

struct Crate {
    layer: String,
    dependencies: Vec<String>,
    dev_dependencies: Vec<String>,
}

fn crates(root: &Path) -> Result<BTreeMap<String, Crate>> {
    let mut crates = BTreeMap::new();
    for (layer, _) in LAYERS {
        let mut folders = vec![root.join(layer)];
        if let Ok(entries) = std::fs::read_dir(root.join(layer)) {
            for entry in entries {
                folders.push(entry?.path());
            }
        }
        for folder in folders {
            let manifest = folder.join("Cargo.toml");
            if !manifest.is_file() {
                continue;
            }
            let text = std::fs::read_to_string(&manifest)?;
            let table: toml::Table = text.parse().with_context(|| manifest.display().to_string())?;
            let name = table["package"]["name"].as_str().unwrap_or_default().to_owned();
            let names = |section: &str| -> Vec<String> {
                let section = table.get(section).and_then(toml::Value::as_table);
                section.map(|t| t.keys().cloned().collect()).unwrap_or_default()
            };
            let krate = Crate {
                layer: layer.to_owned(),
                dependencies: names("dependencies"),
                dev_dependencies: names("dev-dependencies"),
            };
            crates.insert(name, krate);
        }
    }
    Ok(crates)
}

fn check_arrows(name: &str, krate: &Crate, crates: &BTreeMap<String, Crate>, faults: &mut Vec<String>) {
    let allowed = LAYERS.iter().find(|(layer, _)| *layer == krate.layer).map_or(&[][..], |(_, allowed)| allowed);
    for dependency in &krate.dependencies {
        match crates.get(dependency) {
            Some(target) if target.layer == krate.layer || allowed.contains(&target.layer.as_str()) => {}
            Some(target) => faults.push(format!(
                "{name} is in {}/ and may not use {dependency}, which is in {}/",
                krate.layer, target.layer
            )),
            None if krate.layer == "core" && !PURE.contains(&dependency.as_str()) => {
                faults.push(format!("{name} is in core/ and may only use pure crates, not {dependency}"));
            }
            None => {}
        }
    }
    // Tests of a layer may use what lies below, never what lies above.
    for dependency in &krate.dev_dependencies {
        if let Some(target) = crates.get(dependency)
            && krate.layer != "tests"
            && target.layer == "app"
        {
            faults.push(format!("{name} may not use {dependency}, not even in tests"));
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !matches!(name, "target" | "node_modules" | "corpus" | "artifacts") {
                collect(&path, files)?;
            }
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn check_size(root: &Path, file: &Path, faults: &mut Vec<String>) -> Result<()> {
    let shown = file.strip_prefix(root).unwrap_or(file).display().to_string();
    if shown.contains("/generated") {
        return Ok(());
    }
    if shown.ends_with("/mod.rs") {
        faults.push(format!("{shown}: modules are foo.rs and foo/part.rs, not mod.rs"));
    }
    let lines = std::fs::read_to_string(file)?.lines().count();
    let is_test = shown.contains("/tests/") || shown.ends_with("/tests.rs") || shown.starts_with("tests/");
    let max = if is_test { TEST_LINES_MAX } else { LINES_MAX };
    if lines > max {
        faults.push(format!("{shown}: {lines} lines, at most {max}: split it by responsibility"));
    } else if lines > LINES_WARN && !is_test {
        eprintln!("tidy: note: {shown} has {lines} lines");
    }
    Ok(())
}
