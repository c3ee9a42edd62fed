//! The retained message of each topic, found by filter. Source: MQTT 3.1.1 §3.3.1.3, MQTT 5 §3.3.1.3.

use std::collections::BTreeMap;
use std::fmt;

/// Most a [`RetainedTree`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetainedBounds {
    pub count_max: usize,
    /// Bytes of all topics and values, as their owner counts them.
    pub bytes_max: usize,
}

/// A new topic does not fit any more. A topic that is there may still be replaced by something no larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RetainedFull {
    #[error("{count_max} topics have a retained message")]
    Count { count_max: usize },
    #[error("retained messages take {bytes_max} bytes")]
    Bytes { bytes_max: usize },
}

/// One value for each topic name, looked up by filter.
///
/// A look-up costs what its filter can reach: one step for each level without a wildcard, every child for `+`, every
/// descendant for `#`. It ends as soon as the visitor says so.
pub struct RetainedTree<T> {
    root: Node<T>,
    bounds: RetainedBounds,
    count: usize,
    bytes: usize,
}

struct Node<T> {
    value: Option<Held<T>>,
    /// In the order of their names, so that what a client gets does not depend on chance.
    children: BTreeMap<Box<str>, Node<T>>,
}

struct Held<T> {
    value: T,
    /// Of topic and value.
    bytes: usize,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { value: None, children: BTreeMap::new() }
    }
}

impl<T> fmt::Debug for RetainedTree<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetainedTree").field("count", &self.count).field("bytes", &self.bytes).finish()
    }
}

/// Should a look-up go on?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    Continue,
    Stop,
}

impl<T> RetainedTree<T> {
    #[must_use]
    pub fn new(bounds: RetainedBounds) -> Self {
        Self { root: Node::default(), bounds, count: 0, bytes: 0 }
    }

    /// Topics with a value.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes held, topics included.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Sets the value of a valid topic name; `value_bytes` is what it counts for. The earlier value is returned.
    ///
    /// # Errors
    /// A bound is reached; nothing was changed.
    pub fn insert(&mut self, topic: &str, value: T, value_bytes: usize) -> Result<Option<T>, RetainedFull> {
        let bytes = topic.len().saturating_add(value_bytes);
        let total = self.total_with(topic, value_bytes)?;
        let is_new = self.get(topic).is_none();
        let mut node = &mut self.root;
        for level in topic.split('/') {
            // Levels that are there are found without an allocation.
            if !node.children.contains_key(level) {
                node.children.insert(level.into(), Node::default());
            }
            node = node.children.get_mut(level).expect("it was put there if it was missing");
        }
        self.bytes = total;
        self.count += usize::from(is_new);
        Ok(node.value.replace(Held { value, bytes }).map(|held| held.value))
    }

    /// Would [`insert`](Self::insert) take this value?
    ///
    /// # Errors
    /// The bound it would go beyond.
    pub fn has_room(&self, topic: &str, value_bytes: usize) -> Result<(), RetainedFull> {
        self.total_with(topic, value_bytes).map(drop)
    }

    /// Bytes held once a topic has this value.
    fn total_with(&self, topic: &str, value_bytes: usize) -> Result<usize, RetainedFull> {
        let bytes = topic.len().saturating_add(value_bytes);
        let before = self.get_held(topic).map(|held| held.bytes);
        if before.is_none() && self.count >= self.bounds.count_max {
            return Err(RetainedFull::Count { count_max: self.bounds.count_max });
        }
        let total = (self.bytes - before.unwrap_or_default()).saturating_add(bytes);
        if total > self.bounds.bytes_max {
            return Err(RetainedFull::Bytes { bytes_max: self.bounds.bytes_max });
        }
        Ok(total)
    }

    /// Takes a topic's value out: what an empty retained message does. Source: MQTT 3.1.1 [MQTT-3.3.1-10].
    pub fn remove(&mut self, topic: &str) -> Option<T> {
        let held = self.root.remove(topic)?;
        self.count -= 1;
        self.bytes -= held.bytes;
        Some(held.value)
    }

    /// The value of one topic.
    #[must_use]
    pub fn get(&self, topic: &str) -> Option<&T> {
        self.get_held(topic).map(|held| &held.value)
    }

    fn get_held(&self, topic: &str) -> Option<&Held<T>> {
        let mut node = &self.root;
        for level in topic.split('/') {
            node = node.children.get(level)?;
        }
        node.value.as_ref()
    }

    /// Calls `visit` for each topic that a valid filter matches and its value, ordered by level names.
    pub fn for_each_match(&self, filter: &str, mut visit: impl FnMut(&str, &T) -> Visit) {
        let mut walk = Walk { topic: String::new(), is_at_start: true, visit: &mut visit };
        walk.node(&self.root, Some(filter));
    }
}

impl<T> Node<T> {
    /// Takes the value out, and on the way back levels that nothing needs any more.
    fn remove(&mut self, topic: &str) -> Option<Held<T>> {
        let (level, rest) = topic.split_once('/').map_or((topic, None), |(level, rest)| (level, Some(rest)));
        let child = self.children.get_mut(level)?;
        let held = match rest {
            Some(rest) => child.remove(rest),
            None => child.value.take(),
        }?;
        if child.value.is_none() && child.children.is_empty() {
            self.children.remove(level);
        }
        Some(held)
    }
}

/// A look-up on its way down. No deeper than the deepest topic, which its inserter bounds.
struct Walk<'v, V> {
    topic: String,
    is_at_start: bool,
    visit: &'v mut V,
}

impl<V> Walk<'_, V> {
    /// `filter`: what is left of it; `None` below its end.
    fn node<T>(&mut self, node: &Node<T>, filter: Option<&str>) -> Visit
    where
        V: FnMut(&str, &T) -> Visit,
    {
        let Some(filter) = filter else { return self.value(node) };
        let (level, rest) = filter.split_once('/').map_or((filter, None), |(level, rest)| (level, Some(rest)));
        match level {
            "#" => self.everything(node),
            "+" => {
                for (name, child) in &node.children {
                    if self.child(name, |walk| walk.node(child, rest)) == Visit::Stop {
                        return Visit::Stop;
                    }
                }
                Visit::Continue
            }
            _ => {
                let Some((name, child)) = node.children.get_key_value(level) else { return Visit::Continue };
                self.named_child(name, |walk| walk.node(child, rest))
            }
        }
    }

    /// A node and all below it. §4.7.1.2: `a/#` includes `a` itself.
    fn everything<T>(&mut self, node: &Node<T>) -> Visit
    where
        V: FnMut(&str, &T) -> Visit,
    {
        if self.value(node) == Visit::Stop {
            return Visit::Stop;
        }
        for (name, child) in &node.children {
            if self.child(name, |walk| walk.everything(child)) == Visit::Stop {
                return Visit::Stop;
            }
        }
        Visit::Continue
    }

    fn value<T>(&mut self, node: &Node<T>) -> Visit
    where
        V: FnMut(&str, &T) -> Visit,
    {
        node.value.as_ref().map_or(Visit::Continue, |held| (self.visit)(&self.topic, &held.value))
    }

    /// A child that a wildcard reaches. [MQTT-4.7.2-1]: one at the start must not reach into the `$` topics.
    fn child(&mut self, name: &str, go: impl FnOnce(&mut Self) -> Visit) -> Visit {
        if self.is_at_start && name.starts_with('$') {
            return Visit::Continue;
        }
        self.named_child(name, go)
    }

    fn named_child(&mut self, name: &str, go: impl FnOnce(&mut Self) -> Visit) -> Visit {
        let (length, was_at_start) = (self.topic.len(), self.is_at_start);
        if !was_at_start {
            self.topic.push('/');
        }
        self.topic.push_str(name);
        self.is_at_start = false;
        let visit = go(self);
        self.topic.truncate(length);
        self.is_at_start = was_at_start;
        visit
    }
}
