//! Reading a definition: the functions and their texts. Types and bounds: [`super::define`].

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::define::{self, Place};
use super::error::DefinitionErrorKind as Kind;
use super::limits;
use super::{Action, DefinitionError, Event, EventKind, Field, Mode, Profile, Property, ThingModel};

/// A JSON object of the definition together with its path, for errors that name the place.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub map: &'a Map<String, Value>,
    pub path: &'a str,
}

/// One object of a list, with its path.
type Item<'a> = (&'a Map<String, Value>, String);

impl<'a> Node<'a> {
    pub fn get(self, key: &str) -> Option<&'a Value> {
        self.map.get(key)
    }

    pub fn path_of(self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub fn error(self, kind: Kind, key: &str, reason: impl Into<String>) -> DefinitionError {
        DefinitionError { kind, path: self.path_of(key), reason: reason.into() }
    }

    /// A text of limited length; absent counts as empty.
    pub fn text(self, key: &str, chars_max: usize, kind: Kind) -> Result<&'a str, DefinitionError> {
        let text = match self.get(key) {
            None | Some(Value::Null) => "",
            Some(Value::String(text)) => text,
            Some(_) => return Err(self.error(kind, key, "must be a string")),
        };
        let chars = text.chars().count();
        if chars > chars_max {
            return Err(self.error(kind, key, format!("has {chars} characters, at most {chars_max} are allowed")));
        }
        Ok(text)
    }

    /// An array of objects; absent counts as empty.
    fn list(self, key: &str, kind: Kind) -> Result<Vec<Item<'a>>, DefinitionError> {
        let items = match self.get(key) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.error(kind, key, "must be an array")),
        };
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{index}]", self.path_of(key));
            match item {
                Value::Object(map) => list.push((map, path)),
                _ => return Err(DefinitionError { kind, path, reason: "must be an object".into() }),
            }
        }
        Ok(list)
    }
}

impl ThingModel {
    /// Reads and checks a definition. Keys that are not part of the format are ignored.
    ///
    /// # Errors
    /// The first mistake in the order properties, events, actions.
    pub fn parse(text: &str) -> Result<Self, DefinitionError> {
        let whole = |kind, reason: String| DefinitionError { kind, path: String::new(), reason };
        if text.len() > limits::MODEL_BYTES_MAX {
            let reason = format!("has {} bytes, at most {} are allowed", text.len(), limits::MODEL_BYTES_MAX);
            return Err(whole(Kind::Limit, reason));
        }
        if text.trim().is_empty() {
            return Err(whole(Kind::Nil, "the thing model is empty".into()));
        }
        let map = match serde_json::from_str(text) {
            Ok(Value::Object(map)) if !map.is_empty() => map,
            Ok(Value::Object(_) | Value::Null) => {
                return Err(whole(Kind::Nil, "the thing model is empty".into()));
            }
            Ok(_) => return Err(whole(Kind::Invalid, "the thing model must be a JSON object".into())),
            Err(error) => return Err(whole(Kind::Invalid, format!("the thing model is not JSON: {error}"))),
        };
        let root = Node { map: &map, path: "" };
        match root.get("version") {
            None => {}
            Some(Value::String(version)) if version == "1.0" => {}
            Some(_) => return Err(root.error(Kind::Invalid, "version", "must be \"1.0\"")),
        }
        let profile = profile(root)?;
        let properties = root.list("properties", Kind::Invalid)?;
        let events = root.list("events", Kind::Invalid)?;
        let actions = root.list("actions", Kind::Invalid)?;
        count("properties and events", properties.len() + events.len(), limits::PROPERTIES_AND_EVENTS_MAX)
            .and_then(|()| count("actions", actions.len(), limits::ACTIONS_MAX))
            .map_err(|reason| whole(Kind::Limit, reason))?;

        let mut ids = Ids::default();
        let mut model = Self { profile, ..Self::default() };
        for (map, path) in &properties {
            model.properties.push(property(Node { map, path }, &mut ids)?);
        }
        for (map, path) in &events {
            model.events.push(event(Node { map, path }, &mut ids)?);
        }
        for (map, path) in &actions {
            model.actions.push(action(Node { map, path }, &mut ids)?);
        }
        Ok(model)
    }

    /// The text of a model without functions, as a new product of the `custom` kind starts with.
    #[must_use]
    pub fn empty_skeleton(product: &crate::ProductId, category: u64) -> String {
        format!(
            r#"{{"version":"1.0","profile":{{"ProductId":"{product}","CategoryId":"{category}"}},"properties":[],"events":[],"actions":[]}}"#
        )
    }

    /// Does this model keep every required function of a category's template as the template defines it?
    ///
    /// Names and descriptions may be changed, types, bounds and modes may not.
    ///
    /// # Errors
    /// [`Kind::TemplateMismatch`] naming the first function that is missing or differs.
    pub fn check_template(&self, template: &Self) -> Result<(), DefinitionError> {
        let differs = |list: &str, id: &str, reason: &str| DefinitionError {
            kind: Kind::TemplateMismatch,
            path: list.to_owned(),
            reason: format!("required function {id} {reason}"),
        };
        for wanted in template.properties.iter().filter(|wanted| wanted.required) {
            match self.property(&wanted.id) {
                None => return Err(differs("properties", &wanted.id, "is missing")),
                Some(own) if own.mode != wanted.mode || own.define != wanted.define => {
                    return Err(differs("properties", &wanted.id, "differs from the category's template"));
                }
                Some(_) => {}
            }
        }
        for wanted in template.events.iter().filter(|wanted| wanted.required) {
            if !self.events.iter().any(|own| own.id == wanted.id && own.kind == wanted.kind) {
                return Err(differs("events", &wanted.id, "is missing or differs"));
            }
        }
        for wanted in template.actions.iter().filter(|wanted| wanted.required) {
            if !self.actions.iter().any(|own| own.id == wanted.id) {
                return Err(differs("actions", &wanted.id, "is missing"));
            }
        }
        Ok(())
    }
}

/// Ids are unique over properties, events and actions together.
#[derive(Default)]
struct Ids(HashSet<String>);

impl Ids {
    fn add(&mut self, node: Node<'_>, id: &str, kind: Kind) -> Result<(), DefinitionError> {
        if self.0.insert(id.to_owned()) { Ok(()) } else { Err(node.error(kind, "id", format!("{id} is used twice"))) }
    }
}

fn count(what: &str, found: usize, max: usize) -> Result<(), String> {
    if found > max { Err(format!("{found} {what}, at most {max} are allowed")) } else { Ok(()) }
}

fn profile(root: Node<'_>) -> Result<Profile, DefinitionError> {
    let map = match root.get("profile") {
        None | Some(Value::Null) => return Ok(Profile::default()),
        Some(Value::Object(map)) => map,
        Some(_) => return Err(root.error(Kind::Invalid, "profile", "must be an object")),
    };
    let node = Node { map, path: "profile" };
    let text = |key: &str| match node.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(node.error(Kind::Invalid, key, "must be a string")),
    };
    Ok(Profile {
        product_id: text("ProductId")?.or(text("productID")?).unwrap_or_default(),
        category_id: text("CategoryId")?.unwrap_or_default(),
    })
}

fn property(node: Node<'_>, ids: &mut Ids) -> Result<Property, DefinitionError> {
    let Head { id, name, desc, required } = head(node, ids)?;
    let mode = match node.get("mode") {
        Some(Value::String(mode)) if mode == "r" => Mode::Read,
        Some(Value::String(mode)) if mode == "rw" => Mode::ReadWrite,
        None => return Err(node.error(Kind::Mode, "mode", "is missing, must be r or rw")),
        Some(_) => return Err(node.error(Kind::Mode, "mode", "must be r or rw")),
    };
    let define = define::read(node, "define", Place::Property)?;
    Ok(Property { id, name, desc, required, mode, define })
}

fn event(node: Node<'_>, ids: &mut Ids) -> Result<Event, DefinitionError> {
    let Head { id, name, desc, required } = head(node, ids)?;
    let kind = match node.get("type") {
        None | Some(Value::Null) => {
            return Err(node.error(Kind::EventTypeMissing, "type", "is missing, must be info, alert or fault"));
        }
        Some(word) => word
            .as_str()
            .and_then(EventKind::from_text)
            .ok_or_else(|| node.error(Kind::EventType, "type", "must be info, alert or fault"))?,
    };
    let list = node.list("params", Kind::EventParam)?;
    count("params", list.len(), limits::EVENT_PARAMS_MAX)
        .map_err(|reason| node.error(Kind::EventParamLimit, "params", reason))?;
    let params = fields(&list, Place::EventParam, Kind::EventParamDuplicateId)?;
    Ok(Event { id, name, desc, required, kind, params })
}

fn action(node: Node<'_>, ids: &mut Ids) -> Result<Action, DefinitionError> {
    let Head { id, name, desc, required } = head(node, ids)?;
    let params = |key: &str| {
        let list = node.list(key, Kind::Invalid)?;
        count("params", list.len(), limits::ACTION_PARAMS_MAX)
            .map_err(|reason| node.error(Kind::Limit, key, reason))?;
        fields(&list, Place::ActionParam, Kind::DuplicateId)
    };
    Ok(Action { id, name, desc, required, input: params("input")?, output: params("output")? })
}

/// What properties, events and actions have in common.
struct Head {
    id: String,
    name: String,
    desc: String,
    required: bool,
}

fn head(node: Node<'_>, ids: &mut Ids) -> Result<Head, DefinitionError> {
    let id = identifier(node)?;
    ids.add(node, id, Kind::DuplicateId)?;
    let name = name(node)?;
    if name.is_empty() {
        return Err(node.error(Kind::IdOrName, "name", "is missing or empty"));
    }
    let desc = node.text("desc", limits::DESC_CHARS_MAX, Kind::Invalid)?;
    let required = match node.get("required") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(required)) => *required,
        Some(_) => return Err(node.error(Kind::Invalid, "required", "must be true or false")),
    };
    Ok(Head { id: id.to_owned(), name: name.to_owned(), desc: desc.to_owned(), required })
}

/// Reads `params`, `input`, `output` or `specs`: the caller has checked their number.
fn fields(list: &[Item<'_>], place: Place, duplicate: Kind) -> Result<Vec<Field>, DefinitionError> {
    let mut ids = Ids::default();
    let mut fields = Vec::with_capacity(list.len());
    for (map, path) in list {
        let node = Node { map, path };
        let id = identifier(node)?;
        ids.add(node, id, duplicate)?;
        let name = name(node)?.to_owned();
        let key = if place == Place::StructMember { "dataType" } else { "define" };
        fields.push(Field { id: id.to_owned(), name, define: define::read(node, key, place)? });
    }
    Ok(fields)
}

/// Reads the members of a struct.
pub(super) fn members(node: Node<'_>) -> Result<Vec<Field>, DefinitionError> {
    let list = node.list("specs", Kind::Type)?;
    if list.is_empty() {
        return Err(node.error(Kind::Type, "specs", "is missing or empty"));
    }
    count("members", list.len(), limits::STRUCT_MEMBERS_MAX)
        .map_err(|reason| node.error(Kind::Limit, "specs", reason))?;
    fields(&list, Place::StructMember, Kind::DuplicateId)
}

fn identifier(node: Node<'_>) -> Result<&str, DefinitionError> {
    let id = match node.get("id") {
        Some(Value::String(id)) => id,
        None => return Err(node.error(Kind::IdOrName, "id", "is missing")),
        Some(_) => return Err(node.error(Kind::IdOrName, "id", "must be a string")),
    };
    let well_formed = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && id.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    if well_formed && id.len() <= limits::ID_BYTES_MAX {
        return Ok(id);
    }
    let reason =
        format!("must be 1 to {} ASCII letters, digits or underscores, the first not a digit", limits::ID_BYTES_MAX);
    Err(node.error(Kind::IdOrName, "id", reason))
}

/// Letters of any script, digits, `_`, and the few signs that names of real models use.
fn name(node: Node<'_>) -> Result<&str, DefinitionError> {
    let name = node.text("name", limits::NAME_CHARS_MAX, Kind::IdOrName)?;
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '/' | '.' | '(' | ')' | '（' | '）');
    match name.chars().find(|c| !allowed(*c)) {
        None => Ok(name),
        Some(_) => Err(node.error(Kind::IdOrName, "name", "may contain letters, digits and _-/.() only")),
    }
}
