//! Do `docs/limits.md` and its twin say what the program enforces? They are written from the one table:
//! `LIANWU_WRITE_DOCS=1 cargo test -p lianwu limits_page` brings them up to date.

use std::path::{Path, PathBuf};

use lianwu_cloud_api::operations::limits::API_LIMITS;
use lianwu_services::limits::{self, LimitSpec, Value, table};

use super::Config;
use crate::serve::access_bounds;

struct Page {
    file: &'static str,
    head: &'static str,
    no_limit: &'static str,
    text: fn(&LimitSpec) -> &'static str,
}

const PAGES: [Page; 2] = [
    Page {
        file: "docs/limits.md",
        head: "# Limits\n\n中文：[limits.zh-CN.md](limits.zh-CN.md)\n\nEvery limit the program enforces, with its \
               default. `DescribeLimits` (service `lianwu`, version 2026-11-01) tells the values in force and,\nwhere \
               it can be counted, the present use. Limits with a key are set in the \
               [configuration](configuration.md);\nwhat is seen at a limit is described in \
               [operation.md](operation.md#limits). This page is written from the program's own table.\n\n\
               | name | default | unit | counted for | key | meaning |\n| --- | --- | --- | --- | --- | --- |\n",
        no_limit: "no limit",
        text: |spec| spec.en,
    },
    Page {
        file: "docs/limits.zh-CN.md",
        head: "# 限制一览\n\nEnglish: [limits.md](limits.md)\n\n程序执行的全部限制及默认值。`DescribeLimits`（服务 \
               `lianwu`，版本 2026-11-01）返回当前生效的值，以及可统计的当前用量。\n带键名的限制可在\
               [配置](configuration.zh-CN.md)中修改；触发限制时的现象见 \
               [operation.zh-CN.md](operation.zh-CN.md#限制)。本页由程序内的同一张表生成。\n\n\
               | 名称 | 默认值 | 单位 | 统计对象 | 键 | 含义 |\n| --- | --- | --- | --- | --- | --- |\n",
        no_limit: "不限",
        text: |spec| spec.zh,
    },
];

fn render(page: &Page) -> String {
    let (limits, access) = (Config::default().limits(), access_bounds(&Config::default()));
    let mut text = page.head.to_owned();
    for spec in table().chain(API_LIMITS) {
        // How many connections there may be follows from the processor cores of the machine.
        let value = match limits::value(spec, &limits, Some(&access)).expect("device access is on by default") {
            _ if spec.name == "Connections" => "1000000 × `server.workers`".to_owned(),
            Some(value) => value.to_string(),
            None => page.no_limit.to_owned(),
        };
        let key = spec.setting.map(|key| format!("`{key}`")).unwrap_or_default();
        let LimitSpec { name, unit, scope, .. } = spec;
        text.push_str(&format!("| {name} | {value} | {unit} | {scope} | {key} | {} |\n", (page.text)(spec)));
    }
    text
}

fn path(page: &Page) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(page.file)
}

#[test]
fn limits_page_is_the_table() {
    for page in &PAGES {
        let expected = render(page);
        if std::env::var_os("LIANWU_WRITE_DOCS").is_some() {
            std::fs::write(path(page), &expected).unwrap();
        }
        let found = std::fs::read_to_string(path(page)).unwrap_or_default();
        assert!(found == expected, "{} is old: LIANWU_WRITE_DOCS=1 cargo test -p lianwu limits_page", page.file);
    }
}

/// Is every key that limits something in the table, and does it read that key?
#[test]
fn limits_page_holds_every_key_that_limits() {
    let defaults = toml::Table::try_from(Config::default()).unwrap();
    for section in ["limits", "retention"] {
        for (name, default) in defaults[section].as_table().unwrap() {
            let key = format!("{section}.{name}");
            let spec = table().find(|spec| spec.setting == Some(key.as_str()));
            let spec = spec.unwrap_or_else(|| panic!("{key} is missing in limits::table"));
            let value = limits::value(spec, &Config::default().limits(), None).unwrap();
            let unlimited = matches!(spec.value, Value::SetOrUnlimited(_));
            let expected = default.as_integer().map(i64::cast_unsigned).filter(|value| *value != 0 || !unlimited);
            assert_eq!(value, expected, "{key}");
        }
    }
    let known = |key: &str| key.split_once('.').is_some_and(|(section, name)| defaults[section].get(name).is_some());
    assert!(table().filter_map(|spec| spec.setting).all(known), "a key in limits::table does not exist");
}
