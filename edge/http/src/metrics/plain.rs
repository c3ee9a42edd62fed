//! The older text format of Prometheus, version 0.0.4, from the OpenMetrics text: what a reader gets that does not ask
//! for OpenMetrics, such as curl and `promtool check metrics`.

use std::collections::HashSet;

/// Content type of the format.
pub const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Counters are described under the name of their sample, `_total` included; units and the end mark do not exist.
pub fn from_openmetrics(text: &str) -> String {
    let is_counter = |line: &str| {
        let (name, kind) = line.strip_prefix("# TYPE ")?.split_once(' ')?;
        (kind == "counter").then(|| name.to_owned())
    };
    let counters: HashSet<String> = text.lines().filter_map(is_counter).collect();
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        match described(line).filter(|(_, name, _)| counters.contains(*name)) {
            Some((word, name, rest)) => out.push_str(&format!("# {word} {name}_total {rest}")),
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

/// `# HELP name text` or `# TYPE name kind`.
fn described(line: &str) -> Option<(&str, &str, &str)> {
    let (word, rest) = line.strip_prefix("# ")?.split_once(' ')?;
    let (name, rest) = rest.split_once(' ')?;
    Some((word, name, rest))
}

/// Did the reader ask for OpenMetrics?
pub fn is_wanted(accept: Option<&str>) -> bool {
    !accept.unwrap_or_default().to_ascii_lowercase().contains("application/openmetrics-text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_described_by_their_samples_name() {
        let open = "# HELP a Things\n# TYPE a counter\na_total 3\n# HELP b Now\n# TYPE b gauge\n# UNIT b seconds\nb 1\n# EOF\n";
        let plain = "# HELP a_total Things\n# TYPE a_total counter\na_total 3\n# HELP b Now\n# TYPE b gauge\nb 1\n";
        assert_eq!(from_openmetrics(open), plain);
    }

    #[test]
    fn openmetrics_is_for_who_asks_for_it() {
        assert!(is_wanted(None) && is_wanted(Some("*/*")));
        assert!(!is_wanted(Some("application/openmetrics-text;version=1.0.0,text/plain;q=0.5")));
    }
}
