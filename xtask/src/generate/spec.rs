//! The services of `spec/*-api.json` and the lists of what is not served, as read from disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

/// One file each: the vendor's two services, and our own.
pub const FILES: [&str; 3] = ["cloud-api.json", "iotcloud-api.json", "lianwu-api.json"];

/// Everything the generator looks at. Names of operations and structures are unique over all services.
#[derive(Default)]
pub struct Spec {
    pub services: Vec<Service>,
    /// By name.
    pub operations: BTreeMap<String, Operation>,
    pub structures: BTreeMap<String, Structure>,
    /// Operations of neither list.
    pub implemented: BTreeSet<String>,
}

pub struct Service {
    pub name: String,
    pub version: String,
}

#[derive(Deserialize)]
pub struct Operation {
    /// Place of its service in [`Spec::services`].
    #[serde(skip)]
    pub service: usize,
    /// Calls of one account per second.
    #[serde(skip)]
    pub rate: u32,
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
    service: String,
    version: String,
    actions: Vec<Operation>,
    structures: BTreeMap<String, Structure>,
    rate_limits_per_second: BTreeMap<String, u32>,
}

impl Spec {
    pub fn read(root: &Path) -> Result<Self> {
        let mut spec = Self::default();
        for name in FILES {
            spec.add(&root.join("spec").join(name)).with_context(|| format!("read spec/{name}"))?;
        }
        let mut unserved = listed(&root.join("edge/cloud-api/not_implemented.txt"))?;
        unserved.append(&mut listed(&root.join("edge/cloud-api/declined.txt"))?);
        for name in &unserved {
            ensure!(spec.operations.contains_key(name), "{name} is listed as not served, but no spec has it");
        }
        spec.implemented = spec.operations.keys().filter(|name| !unserved.contains(*name)).cloned().collect();
        Ok(spec)
    }

    fn add(&mut self, path: &Path) -> Result<()> {
        let file: File = serde_json::from_str(&fs::read_to_string(path)?)?;
        let rates = file.rate_limits_per_second;
        let rate_default = *rates.get("default").context("no default rate")?;
        let service = self.services.len();
        self.services.push(Service { name: file.service, version: file.version });
        for mut operation in file.actions {
            operation.service = service;
            operation.rate = *rates.get(&operation.name).unwrap_or(&rate_default);
            let before = self.operations.insert(operation.name.clone(), operation);
            ensure!(before.is_none(), "{} is in two services", before.map(|o| o.name).unwrap_or_default());
        }
        for (name, structure) in file.structures {
            ensure!(self.structures.insert(name.clone(), structure).is_none(), "{name} is in two services");
        }
        Ok(())
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
