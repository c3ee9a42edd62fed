//! Values by path: objects are walked and merged, everything else is one value.

use std::collections::BTreeMap;

use super::{DEPTH_MAX, Refusal};
use crate::UnixMillis;
use crate::json::{Kind, Scanner, members, write_compact, write_string};

/// Members of one object, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tree(BTreeMap<Box<str>, Node>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    /// Compact JSON, and when it was written.
    Leaf(Box<str>, UnixMillis),
    Object(Tree),
}

impl Tree {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Members of `patch` replace those that are there, objects member by member; `null` takes a member away.
    ///
    /// # Errors
    /// When the patch is no object or too deep; the tree then holds a part of it.
    pub(super) fn merge(&mut self, patch: &[u8], now: UnixMillis) -> Result<(), Refusal> {
        self.merge_at(patch, now, 1)
    }

    fn merge_at(&mut self, patch: &[u8], now: UnixMillis, depth: u8) -> Result<(), Refusal> {
        if depth > DEPTH_MAX {
            return Err(Refusal::TooDeep);
        }
        for member in members(patch) {
            let (key, value) = member?;
            let key: Box<str> = key.unescape().into();
            match Scanner::new(value).peek()? {
                Kind::Null => {
                    self.0.remove(&key);
                }
                Kind::Object => {
                    let mut inner = match self.0.remove(&key) {
                        Some(Node::Object(inner)) => inner,
                        _ => Self::default(),
                    };
                    inner.merge_at(value, now, depth + 1)?;
                    // An object of which nothing is left is gone, too.
                    if !inner.is_empty() {
                        self.0.insert(key, Node::Object(inner));
                    }
                }
                _ => {
                    let mut text = Vec::with_capacity(value.len());
                    write_compact(value, &mut text)?;
                    let text = String::from_utf8(text).map_err(|_| Refusal::BadState("a value is not UTF-8"))?;
                    self.0.insert(key, Node::Leaf(text.into(), now));
                }
            }
        }
        Ok(())
    }

    /// Appends the values as a JSON object.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        self.write_with(out, &mut |value, _, out| out.extend_from_slice(value.as_bytes()));
    }

    /// Appends an object of the same shape with the time of each value.
    pub(super) fn write_times(&self, out: &mut Vec<u8>) {
        self.write_with(out, &mut |_, time, out| {
            out.extend_from_slice(format!(r#"{{"timestamp":{time}}}"#).as_bytes());
        });
    }

    /// Appends values and times, for [`Tree::read_stored`].
    pub(super) fn write_stored(&self, out: &mut Vec<u8>) {
        self.write_with(out, &mut |value, time, out| {
            out.extend_from_slice(format!("[{time},").as_bytes());
            out.extend_from_slice(value.as_bytes());
            out.push(b']');
        });
    }

    fn write_with(&self, out: &mut Vec<u8>, leaf: &mut dyn FnMut(&str, UnixMillis, &mut Vec<u8>)) {
        out.push(b'{');
        for (place, (key, node)) in self.0.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            write_string(key, out);
            out.push(b':');
            match node {
                Node::Leaf(value, time) => leaf(value, *time, out),
                Node::Object(inner) => inner.write_with(out, leaf),
            }
        }
        out.push(b'}');
    }

    /// `None` when the text was not made by [`Tree::write_stored`].
    pub(super) fn read_stored(text: &[u8]) -> Option<Self> {
        let mut tree = Self::default();
        for member in members(text) {
            let (key, value) = member.ok()?;
            let node = if value.starts_with(b"{") {
                Node::Object(Self::read_stored(value)?)
            } else {
                let mut scanner = Scanner::new(value);
                scanner.enter_array().ok()?;
                scanner.next_element().ok()?;
                let time = std::str::from_utf8(scanner.skip_value().ok()?).ok()?.parse().ok()?;
                scanner.next_element().ok()?;
                Node::Leaf(std::str::from_utf8(scanner.skip_value().ok()?).ok()?.into(), UnixMillis(time))
            };
            tree.0.insert(key.unescape().into(), node);
        }
        Some(tree)
    }

    /// What is in here and is missing, or another value, in `other`.
    pub(super) fn without(&self, other: &Self) -> Self {
        let mut rest = Self::default();
        for (key, node) in &self.0 {
            let left = match (node, other.0.get(key)) {
                (Node::Leaf(wanted, _), Some(Node::Leaf(known, _))) if is_same(wanted, known) => continue,
                (Node::Object(wanted), Some(Node::Object(known))) => {
                    let inner = wanted.without(known);
                    if inner.is_empty() {
                        continue;
                    }
                    Node::Object(inner)
                }
                (node, _) => node.clone(),
            };
            rest.0.insert(key.clone(), left);
        }
        rest
    }

    pub(super) fn differs_from(&self, other: &Self) -> bool {
        self.0.iter().any(|(key, node)| match (node, other.0.get(key)) {
            (Node::Leaf(wanted, _), Some(Node::Leaf(known, _))) => !is_same(wanted, known),
            (Node::Object(wanted), Some(Node::Object(known))) => wanted.differs_from(known),
            _ => true,
        })
    }

    pub(super) fn memory(&self) -> usize {
        let keys: usize = self.0.keys().map(|key| key.len()).sum();
        let inner = |node: &Node| match node {
            Node::Leaf(value, _) => value.len(),
            Node::Object(inner) => inner.memory(),
        };
        keys + self.0.values().map(|node| inner(node) + 2 * size_of::<Node>()).sum::<usize>()
    }
}

/// 1 and 1.0 are one value, as devices write them differently.
fn is_same(wanted: &str, known: &str) -> bool {
    let number = |text: &str| text.starts_with(|c: char| c == '-' || c.is_ascii_digit()).then(|| text.parse::<f64>());
    match (number(wanted), number(known)) {
        // Beyond 2^53 a float cannot tell neighbours apart, their texts can.
        (Some(Ok(a)), Some(Ok(b))) if a.abs() < 9e15 => a.total_cmp(&b).is_eq(),
        _ => wanted == known,
    }
}
