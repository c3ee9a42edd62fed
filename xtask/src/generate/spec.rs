//! `spec/cloud-api.json` and the lists of what is not served, as read from disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

/// Everything the generator looks at.
pub struct Spec {
    pub version: String,
    /// By name.
    pub operations: BTreeMap<String, Operation>,
    pub structures: BTreeMap<String, Structure>,
    pub rate_default: u32,
    pub rates: BTreeMap<String, u32>,
    /// Operations of neither list.
    pub implemented: BTreeSet<String>,
}

#[derive(Deserialize)]
pub struct Operation {
    pub name: String,
    pub group: String,
    pub priority: String,
    #[serde(default)]
    pub status: String,
    pub request: Vec<Field>,
    pub response: Vec<Field>,
}

#[derive(Deserialize)]
pub struct Structure {
    #[serde(default)]
    pub used_in: Vec<String>,
    pub fields: Vec<Field>,
}

#[derive(Deserialize)]
pub struct Field {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub element_type: Option<String>,
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    pub format: Option<String>,
    pub required: Option<bool>,
    #[serde(default)]
    pub nullable: bool,
}

#[derive(Deserialize)]
struct File {
    version: String,
    actions: Vec<Operation>,
    structures: BTreeMap<String, Structure>,
    rate_limits_per_second: BTreeMap<String, u32>,
}

impl Spec {
    pub fn read(root: &Path) -> Result<Self> {
        let text = fs::read_to_string(root.join("spec/cloud-api.json")).context("read the spec")?;
        let file: File = serde_json::from_str(&text).context("read the spec")?;
        let mut rates = file.rate_limits_per_second;
        let rate_default = rates.remove("default").context("the spec has no default rate")?;
        let mut unserved = listed(&root.join("edge/cloud-api/not_implemented.txt"))?;
        unserved.append(&mut listed(&root.join("edge/cloud-api/declined.txt"))?);
        let operations: BTreeMap<_, _> = file.actions.into_iter().map(|o| (o.name.clone(), o)).collect();
        for name in &unserved {
            ensure!(
                operations.contains_key(name),
                "{name} is listed as not served, but the spec has no such operation"
            );
        }
        let implemented = operations.keys().filter(|name| !unserved.contains(*name)).cloned().collect();
        Ok(Self { version: file.version, operations, structures: file.structures, rate_default, rates, implemented })
    }

    pub fn served(&self) -> impl Iterator<Item = &Operation> {
        self.operations.values().filter(|o| self.implemented.contains(&o.name))
    }

    pub fn structure(&self, name: &str) -> Result<&Structure> {
        self.structures.get(name).with_context(|| format!("structure {name} is not in the spec"))
    }
}

/// First word of every line that is not a comment.
fn listed(path: &Path) -> Result<BTreeSet<String>> {
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let names = text.lines().filter(|line| !line.starts_with('#'));
    Ok(names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}
