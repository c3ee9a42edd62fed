//! Does the documentation hold every key of the configuration, with the default that is in force?
//!
//! The keys come from the configuration itself, so a new one fails here until somebody has described it.

use super::Config;

const PAGES: [(&str, &str); 2] = [
    ("docs/configuration.md", include_str!("../../../../docs/configuration.md")),
    ("docs/configuration.zh-CN.md", include_str!("../../../../docs/configuration.zh-CN.md")),
];

const SAMPLE: &str = include_str!("../../../../packaging/lianwu.toml");

/// `section.key` and its default as the documentation writes it.
fn keys() -> Vec<(String, String)> {
    let defaults = toml::Table::try_from(Config::default()).expect("the defaults are TOML");
    let mut keys = Vec::new();
    for (section, values) in defaults {
        for (key, value) in values.as_table().expect("every key is in a section") {
            let default = match value.as_str() {
                Some("") => r#""""#.to_owned(),
                Some(text) => text.to_owned(),
                None => value.to_string(),
            };
            keys.push((format!("{section}.{key}"), default));
        }
    }
    keys
}

fn environment(key: &str) -> String {
    format!("LIANWU__{}", key.to_uppercase().replace('.', "__"))
}

#[test]
fn every_key_is_described_with_its_default_and_its_variable() {
    for (page, text) in PAGES {
        for (key, default) in keys() {
            let row = format!("| `{key}` | `{default}` | `{}` | ", environment(&key));
            let described = text.lines().any(|line| line.starts_with(&row) && line.len() > row.len() + 2);
            assert!(described, "{page} has no row that begins with: {row}");
        }
    }
}

#[test]
fn no_page_describes_a_key_that_is_gone() {
    let keys = keys();
    for (page, text) in PAGES {
        for line in text.lines().filter(|line| line.contains("| `LIANWU__")) {
            let known = keys.iter().any(|(key, _)| line.starts_with(&format!("| `{key}` |")));
            assert!(known, "{page} describes a key that does not exist: {line}");
        }
    }
}

#[test]
fn the_sample_file_holds_every_key_with_its_default() {
    let key_only = |line: &str| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).map(str::to_owned);
    let filled: Vec<String> = SAMPLE.lines().map(|line| key_only(line).unwrap_or_else(|| line.to_owned())).collect();
    let sample: toml::Table = filled.join("\n").parse().expect("the sample is TOML");
    let defaults = toml::Table::try_from(Config::default()).expect("the defaults are TOML");
    assert_eq!(sample, defaults);
    let untouched: toml::Table = SAMPLE.parse().expect("the sample is TOML as it is");
    assert!(untouched.values().all(|section| section.as_table().is_some_and(toml::Table::is_empty)));
}
