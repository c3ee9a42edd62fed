//! A thing model compiled once, shared by all connections of its product.

use super::check::{Check, Table, enter_object, shown_id};
use super::violation::{Cause, Violation};
use super::{EventKind, Field, Mode, ThingModel, limits};
use crate::json::Scanner;

/// One bit for each param of an event or action.
const PARAMS_MAX: usize = 64;
const _: () = assert!(limits::EVENT_PARAMS_MAX <= PARAMS_MAX && limits::ACTION_PARAMS_MAX <= PARAMS_MAX);

/// Checks messages against a thing model in one pass over their text, without building a tree.
///
/// Every `check_` method expects the scanner before the object to check and leaves it after the object. The first
/// failure in the order of the text is returned; the scanner's position is then unspecified. Keys may repeat: each
/// value is checked and the last one counts.
#[derive(Debug)]
pub struct Validator {
    properties: Table<PropertyCheck>,
    events: Table<EventValidator>,
    actions: Table<ActionValidator>,
}

/// What properties are checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// From the device: every property.
    Report,
    /// To the device: only properties of mode `rw`.
    Control,
}

/// What an accepted object contained.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CheckSummary {
    /// Members of the object, repeated keys counted each time.
    pub members: usize,
}

/// The boxed violation keeps the accepted path small: the box is only made for a refusal.
type Checked<'a> = Result<CheckSummary, Box<Violation<'a>>>;

#[derive(Debug)]
struct PropertyCheck {
    writable: bool,
    check: Check,
}

/// Checks the params of one event.
#[derive(Debug)]
pub struct EventValidator {
    id: Box<str>,
    kind: EventKind,
    params: Table<Check>,
}

/// Checks what goes into and comes out of one action.
#[derive(Debug)]
pub struct ActionValidator {
    id: Box<str>,
    input: Table<Check>,
    output: Table<Check>,
}

impl Validator {
    /// Compiles a definition, which [`ThingModel::parse`] has checked.
    #[must_use]
    pub fn compile(model: &ThingModel) -> Self {
        let property = |property: &super::Property| PropertyCheck {
            writable: property.mode == Mode::ReadWrite,
            check: Check::compile(&property.define),
        };
        let event = |event: &super::Event| EventValidator {
            id: event.id.as_str().into(),
            kind: event.kind,
            params: bounded(&event.params),
        };
        let action = |action: &super::Action| ActionValidator {
            id: action.id.as_str().into(),
            input: bounded(&action.input),
            output: bounded(&action.output),
        };
        Self {
            properties: Table::new(model.properties.iter().map(|p| (p.id.as_str(), property(p)))),
            events: Table::new(model.events.iter().map(|e| (e.id.as_str(), event(e)))),
            actions: Table::new(model.actions.iter().map(|a| (a.id.as_str(), action(a)))),
        }
    }

    /// Checks an object of identifier and value. A part of the properties, even none, is fine.
    ///
    /// # Errors
    /// Not JSON, no object, an unknown or (for [`Purpose::Control`]) read-only identifier, or a value its type refuses.
    pub fn check_properties<'a>(&self, scanner: &mut Scanner<'a>, purpose: Purpose) -> Checked<'a> {
        enter_object(scanner)?;
        let mut expected = 0;
        let mut members = 0;
        while let Some(key) = scanner.next_member()? {
            let Some((_, property)) = self.properties.find(key, &mut expected) else {
                return Err(Violation::new(Cause::NotDefined).inside(&shown_id(&key.unescape())));
            };
            if purpose == Purpose::Control && !property.item.writable {
                return Err(Violation::new(Cause::NotWritable).inside(&property.id));
            }
            property.item.check.value(scanner).map_err(|violation| violation.inside(&property.id))?;
            members += 1;
        }
        Ok(CheckSummary { members })
    }

    /// The event with this id.
    #[must_use]
    pub fn event(&self, id: &str) -> Option<&EventValidator> {
        self.events.get(id)
    }

    /// The action with this id.
    #[must_use]
    pub fn action(&self, id: &str) -> Option<&ActionValidator> {
        self.actions.get(id)
    }
}

impl EventValidator {
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.kind
    }

    /// Checks the params, of which all must be present. Paths begin with the event's id.
    ///
    /// # Errors
    /// As for properties, or a missing param.
    pub fn check_params<'a>(&self, scanner: &mut Scanner<'a>) -> Checked<'a> {
        check_all(&self.params, scanner).map_err(|violation| violation.inside(&self.id))
    }

    /// What an event without `params` lacks: its first param. `None` when it has none.
    #[must_use]
    pub fn first_missing(&self) -> Option<Box<Violation<'static>>> {
        let first = self.params.entries().first()?;
        Some(Violation::new(Cause::Missing).inside(&first.id).inside(&self.id))
    }
}

impl ActionValidator {
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Checks the input params, of which all must be present: devices refuse a call that lacks one.
    ///
    /// # Errors
    /// As for properties, or a missing param.
    pub fn check_input<'a>(&self, scanner: &mut Scanner<'a>) -> Checked<'a> {
        check_all(&self.input, scanner)
    }

    /// Checks the output params, of which all must be present.
    ///
    /// # Errors
    /// As for properties, or a missing param.
    pub fn check_output<'a>(&self, scanner: &mut Scanner<'a>) -> Checked<'a> {
        check_all(&self.output, scanner)
    }
}

/// A table whose positions fit the bit set of [`check_all`]; the definition's limits see to that.
fn bounded(fields: &[Field]) -> Table<Check> {
    Table::of_fields(&fields[..fields.len().min(PARAMS_MAX)])
}

fn check_all<'a>(params: &Table<Check>, scanner: &mut Scanner<'a>) -> Checked<'a> {
    enter_object(scanner)?;
    let mut seen: u64 = 0;
    let mut expected = 0;
    let mut members = 0;
    while let Some(key) = scanner.next_member()? {
        let Some((at, param)) = params.find(key, &mut expected) else {
            return Err(Violation::new(Cause::NotDefined).inside(&shown_id(&key.unescape())));
        };
        param.item.value(scanner).map_err(|violation| violation.inside(&param.id))?;
        seen |= 1 << at;
        members += 1;
    }
    for (at, param) in params.entries().iter().enumerate() {
        if seen & (1 << at) == 0 {
            return Err(Violation::new(Cause::Missing).inside(&param.id));
        }
    }
    Ok(CheckSummary { members })
}
