//! Who subscribed to what: filters in a tree of levels, so that a topic costs its own levels and its matches, however
//! many other filters there are. Source: MQTT 3.1.1 §4.7, MQTT 5 §4.8.2 (shared subscriptions).

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashMap;

/// Before the group's name in a shared subscription.
const SHARE: &str = "$share/";

/// Place of the root.
const ROOT: u32 = 0;

/// Filters with a value each, usually a connection and how it wants its messages.
///
/// `$share/<group>/<filter>` makes the value a member of a group: of a group's members for one filter, each message
/// chooses one, in turn. The same filter may be inserted any number of times.
pub struct SubscriptionTree<T> {
    nodes: Vec<Node<T>>,
    /// Nodes to be used again.
    free: Vec<u32>,
    len: usize,
}

/// One level of one or more filters.
struct Node<T> {
    parent: u32,
    children: HashMap<Box<str>, u32>,
    /// The child for `+`, which [`ROOT`] never is: then there is none.
    any: u32,
    /// The child for `#`.
    all: u32,
    values: Vec<T>,
    groups: Vec<Group<T>>,
}

struct Group<T> {
    name: Box<str>,
    members: Vec<T>,
    /// Counts messages; its remainder chooses.
    turn: AtomicUsize,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        let (children, values, groups) = (HashMap::new(), Vec::new(), Vec::new());
        Self { parent: ROOT, children, any: ROOT, all: ROOT, values, groups }
    }
}

impl<T> Default for SubscriptionTree<T> {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], free: Vec::new(), len: 0 }
    }
}

impl<T> fmt::Debug for SubscriptionTree<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscriptionTree").field("len", &self.len).field("nodes", &self.nodes.len()).finish()
    }
}

/// Takes `$share/<group>/<filter>` apart: the group, if it is one, and the filter its members listen to.
///
/// `None` for a shared subscription whose group is empty or has a wildcard, or which names no filter.
#[must_use]
pub fn split_shared(filter: &str) -> Option<(Option<&str>, &str)> {
    let Some(rest) = filter.strip_prefix(SHARE) else { return Some((None, filter)) };
    let (group, rest) = rest.split_once('/')?;
    // [MQTT-4.8.2-1], [MQTT-4.8.2-2]
    let is_name = !group.is_empty() && !group.contains(['+', '#']);
    (is_name && !rest.is_empty()).then_some((Some(group), rest))
}

impl<T> SubscriptionTree<T> {
    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a value. The filter must be valid, see [`split_shared`] and [`crate::filter::is_valid_filter`]; one that is
    /// not is never matched.
    pub fn insert(&mut self, filter: &str, value: T) {
        let Some((group, filter)) = split_shared(filter) else { return };
        let mut at = ROOT;
        for level in filter.split('/') {
            at = self.child_or_new(at, level);
        }
        let node = &mut self.nodes[at as usize];
        match group {
            None => node.values.push(value),
            Some(name) => match node.groups.iter_mut().find(|group| *group.name == *name) {
                Some(group) => group.members.push(value),
                None => {
                    let turn = AtomicUsize::new(0);
                    node.groups.push(Group { name: name.into(), members: vec![value], turn });
                }
            },
        }
        self.len += 1;
    }

    /// Takes out the first value of a filter that `is_it`.
    pub fn remove(&mut self, filter: &str, is_it: impl Fn(&T) -> bool) -> Option<T> {
        let (group, filter) = split_shared(filter)?;
        let mut at = ROOT;
        for level in filter.split('/') {
            at = self.child(at, level)?;
        }
        let node = &mut self.nodes[at as usize];
        let removed = match group {
            None => take(&mut node.values, is_it),
            Some(name) => {
                let index = node.groups.iter().position(|group| *group.name == *name)?;
                let removed = take(&mut node.groups[index].members, is_it);
                if node.groups[index].members.is_empty() {
                    node.groups.remove(index);
                }
                removed
            }
        };
        if removed.is_some() {
            self.len -= 1;
            self.prune(at, filter);
        }
        removed
    }

    /// Calls `visit` for every value whose filter matches a valid topic name, in no order; a value with several matching
    /// filters is visited for each. Of a group's members for one filter one is visited, the next one the next time;
    /// `true` says that a group has chosen.
    pub fn for_each_match(&self, topic: &str, visit: impl FnMut(&T)) -> bool {
        self.for_each_fit_match(topic, |_| Fitness::Fit, visit)
    }

    /// As [`for_each_match`](Self::for_each_match), but each group's turn goes to the next member that is fit, else to the
    /// next that is spare, else to nobody. Values outside of groups are all visited.
    pub fn for_each_fit_match(&self, topic: &str, fitness: impl Fn(&T) -> Fitness, mut visit: impl FnMut(&T)) -> bool {
        let mut visit = Visitor { fitness, visit: &mut visit };
        let (first, rest) = split_level(topic);
        // [MQTT-4.7.2-1]: a wildcard at the start must not reach into the `$` topics.
        if first.starts_with('$') {
            self.child(ROOT, first).is_some_and(|child| self.walk(child, rest, &mut visit))
        } else {
            self.walk(ROOT, Some(topic), &mut visit)
        }
    }

    /// Goes down with what is left of the topic. No deeper than the deepest filter.
    fn walk<V: FnMut(&T)>(
        &self,
        at: u32,
        topic: Option<&str>,
        visit: &mut Visitor<'_, impl Fn(&T) -> Fitness, V>,
    ) -> bool {
        let node = &self.nodes[at as usize];
        let mut has_chosen = false;
        if node.all != ROOT {
            // §4.7.1.2: the parent level itself is included.
            has_chosen |= self.nodes[node.all as usize].visit(visit);
        }
        let Some(topic) = topic else { return node.visit(visit) || has_chosen };
        let (level, rest) = split_level(topic);
        if let Some(&child) = node.children.get(level) {
            has_chosen |= self.walk(child, rest, visit);
        }
        if node.any != ROOT {
            has_chosen |= self.walk(node.any, rest, visit);
        }
        has_chosen
    }

    fn child(&self, at: u32, level: &str) -> Option<u32> {
        let node = &self.nodes[at as usize];
        match level {
            "+" => (node.any != ROOT).then_some(node.any),
            "#" => (node.all != ROOT).then_some(node.all),
            _ => node.children.get(level).copied(),
        }
    }

    fn child_or_new(&mut self, at: u32, level: &str) -> u32 {
        if let Some(child) = self.child(at, level) {
            return child;
        }
        let fresh = Node { parent: at, ..Node::default() };
        let child = match self.free.pop() {
            Some(used) => {
                self.nodes[used as usize] = fresh;
                used
            }
            None => {
                self.nodes.push(fresh);
                u32::try_from(self.nodes.len() - 1).expect("fewer than 2^32 levels")
            }
        };
        let node = &mut self.nodes[at as usize];
        match level {
            "+" => node.any = child,
            "#" => node.all = child,
            _ => drop(node.children.insert(level.into(), child)),
        }
        child
    }

    /// Gives back the levels of a filter that nobody needs any more, from its end.
    fn prune(&mut self, mut at: u32, filter: &str) {
        for level in filter.rsplit('/') {
            let node = &self.nodes[at as usize];
            let is_used = !node.values.is_empty()
                || !node.groups.is_empty()
                || !node.children.is_empty()
                || node.any != ROOT
                || node.all != ROOT;
            if is_used {
                return;
            }
            let parent = node.parent;
            let above = &mut self.nodes[parent as usize];
            match level {
                "+" => above.any = ROOT,
                "#" => above.all = ROOT,
                _ => drop(above.children.remove(level)),
            }
            self.nodes[at as usize] = Node::default();
            self.free.push(at);
            at = parent;
        }
    }
}

/// Should a member of a group have its turn?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitness {
    /// Never; otherwise a member that may not have a message would take it from those that may.
    Unfit,
    /// If no member is fit.
    Spare,
    Fit,
}

/// Who is told of matches.
struct Visitor<'a, F, V> {
    fitness: F,
    visit: &'a mut V,
}

impl<T> Node<T> {
    fn visit<V: FnMut(&T)>(&self, visitor: &mut Visitor<'_, impl Fn(&T) -> Fitness, V>) -> bool {
        self.values.iter().for_each(&mut *visitor.visit);
        for group in &self.groups {
            if let Some(member) = group.next(&visitor.fitness) {
                (visitor.visit)(member);
            }
        }
        !self.groups.is_empty()
    }
}

impl<T> Group<T> {
    fn next(&self, fitness: impl Fn(&T) -> Fitness) -> Option<&T> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.members.len();
        let (before, after) = self.members.split_at(turn);
        let mut spare = None;
        for member in after.iter().chain(before) {
            match fitness(member) {
                Fitness::Fit => return Some(member),
                Fitness::Spare => spare = spare.or(Some(member)),
                Fitness::Unfit => {}
            }
        }
        spare
    }
}

fn split_level(topic: &str) -> (&str, Option<&str>) {
    topic.split_once('/').map_or((topic, None), |(level, rest)| (level, Some(rest)))
}

fn take<T>(values: &mut Vec<T>, is_it: impl Fn(&T) -> bool) -> Option<T> {
    let index = values.iter().position(is_it)?;
    Some(values.swap_remove(index))
}
