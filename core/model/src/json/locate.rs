//! Finding a value by its path, to show people where it is.

use std::ops::Range;

use super::{Kind, Scanner};

/// Bytes of `text` at which the value of `path` stands, such as `params.cells[0].lac`. Of repeated keys the last one counts, as it
/// does for whoever reads the text. `None` when there is no such value, or the text breaks before it.
#[must_use]
pub fn locate(text: &[u8], path: &str) -> Option<Range<usize>> {
    let mut found = 0..text.len();
    let mut rest = path;
    while !rest.is_empty() {
        let inside = &text[found.clone()];
        let at = match rest.strip_prefix('[') {
            Some(index) => {
                let (index, behind) = index.split_once(']')?;
                rest = behind;
                element(inside, index.parse().ok()?)?
            }
            None => {
                let path = rest.strip_prefix('.').unwrap_or(rest);
                let (key, behind) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
                rest = behind;
                member(inside, key)?
            }
        };
        found = found.start + at.start..found.start + at.end;
    }
    Some(found)
}

fn member(text: &[u8], key: &str) -> Option<Range<usize>> {
    let mut scanner = Scanner::new(text);
    if scanner.peek().ok()? != Kind::Object {
        return None;
    }
    scanner.enter_object().ok()?;
    let mut found = None;
    while let Ok(Some(name)) = scanner.next_member() {
        let Some(value) = next_value(&mut scanner) else { break };
        if name.is(key.as_bytes()) {
            found = Some(value);
        }
    }
    found
}

fn element(text: &[u8], index: usize) -> Option<Range<usize>> {
    let mut scanner = Scanner::new(text);
    if scanner.peek().ok()? != Kind::Array {
        return None;
    }
    scanner.enter_array().ok()?;
    for _ in 0..index {
        scanner.next_element().ok()?.then_some(())?;
        scanner.skip_value().ok()?;
    }
    scanner.next_element().ok()?.then_some(())?;
    next_value(&mut scanner)
}

fn next_value(scanner: &mut Scanner<'_>) -> Option<Range<usize>> {
    let value = scanner.skip_value().ok()?;
    Some(scanner.offset() - value.len()..scanner.offset())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<'t>(text: &'t str, path: &str) -> Option<&'t str> {
        locate(text.as_bytes(), path).map(|at| &text[at])
    }

    #[test]
    fn values_are_found_by_their_path() {
        let text = r#" { "params" : { "lac" : 7 , "cells":[{"x":1}, {"rssi": "弱" }], "lac" : [ 8 ] } , "z": tr }"#;
        assert_eq!(shown(text, "params.cells[1].rssi"), Some(r#""弱""#));
        assert_eq!(shown(text, "params.cells[0]"), Some(r#"{"x":1}"#));
        assert_eq!(shown(text, "params.lac"), Some("[ 8 ]"), "the last of two");
        assert_eq!(shown(text, "params.lac[0]"), Some("8"));
        assert_eq!(shown(text, ""), Some(text));
        for nowhere in ["lac", "params.lac.x", "params.cells[2]", "params.cells[x]", "params.cells[", "z", "params[0]"]
        {
            assert_eq!(shown(text, nowhere), None, "{nowhere}");
        }
    }
}
