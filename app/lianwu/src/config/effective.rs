//! The configuration in force, as callers of the API are shown it: every key but secrets and where they are kept.

use std::collections::BTreeMap;

use lianwu_services::limits::{Setting, Source};

use super::Config;

/// Where keys that are no default come from, as `section.key`.
pub type Sources = BTreeMap<String, Source>;

/// The descriptions are those of the documentation: a test demands a row for every key there.
const PAGE_EN: &str = include_str!("../../../../docs/configuration.md");
const PAGE_ZH: &str = include_str!("../../../../docs/configuration.zh-CN.md");

/// Words in a key that mark a secret, or a place where one is kept.
const SECRET_WORDS: [&str; 7] = ["secret", "password", "token", "key_file", "private_key", "credentials", "tls.key"];

/// Every key with its value, source and description, in the order of the sections.
pub fn settings(config: &Config) -> Vec<Setting> {
    let sections = toml::Table::try_from(config).unwrap_or_default();
    let mut settings = Vec::new();
    for (section, values) in &sections {
        for (name, value) in values.as_table().into_iter().flatten() {
            let key = format!("{section}.{name}");
            if is_secret(&key) {
                continue;
            }
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let source = config.sources.get(&key).copied().unwrap_or(Source::Default);
            let (zh, en) = (description(PAGE_ZH, &key), description(PAGE_EN, &key));
            settings.push(Setting { key, value, source, zh, en });
        }
    }
    settings
}

fn is_secret(key: &str) -> bool {
    SECRET_WORDS.iter().any(|word| key.contains(word))
}

/// The last cell of the key's row.
fn description(page: &str, key: &str) -> String {
    let start = format!("| `{key}` | ");
    let row = page.lines().find(|line| line.starts_with(&start));
    let cell = row.and_then(|row| row.trim_end_matches(" |").splitn(4, " | ").nth(3));
    cell.unwrap_or_default().to_owned()
}

/// Notes every key of a file.
pub fn note_file(table: &toml::Table, sources: &mut Sources) {
    for (section, values) in table {
        for name in values.as_table().into_iter().flat_map(toml::Table::keys) {
            sources.insert(format!("{section}.{name}"), Source::File);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting<'a>(settings: &'a [Setting], key: &str) -> &'a Setting {
        settings.iter().find(|setting| setting.key == key).unwrap()
    }

    /// Does each value tell where it comes from, the last word winning?
    #[test]
    fn every_key_has_its_source_and_description() {
        let file = "[limits]\napi_tps = 7\nprojects = 3\n[retention]\ndays = 9\n";
        let config = super::super::tests::load(file, &[("LIANWU__LIMITS__API_TPS", "8")]).unwrap();
        let settings = settings(&config);
        for (key, value, source) in [
            ("limits.api_tps", "8", Source::Environment),
            ("limits.projects", "3", Source::File),
            ("retention.days", "9", Source::File),
            ("listen.mqtt", "0.0.0.0:1883", Source::Default),
            ("server.log_format", "text", Source::Default),
            ("public.device_host", "", Source::Default),
        ] {
            let setting = setting(&settings, key);
            assert_eq!((setting.value.as_str(), setting.source), (value, source), "{key}");
        }
        for setting in &settings {
            assert!(setting.en.len() > 10 && setting.zh.len() > 10, "{} has no description", setting.key);
        }
        assert_eq!(
            setting(&settings, "retention.days").en.split(';').next(),
            Some("For how many days messages are kept")
        );
    }

    /// Is what leads to a secret left out, however it was set?
    #[test]
    fn secrets_and_their_places_are_left_out() {
        let config = super::super::tests::load(
            "[seal]\nkey_file = \"/etc/lianwu/hidden\"\n[tls]\ncert = \"c\"\nkey = \"hidden\"\n",
            &[],
        )
        .unwrap();
        let all = format!("{:?}", settings(&config));
        assert!(!all.contains("hidden") && !all.contains("key_file"), "{all}");
    }
}
