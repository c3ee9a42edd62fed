//! What refused messages have in common: the value, and what the thing model says about it.

use std::cmp::Reverse;
use std::collections::HashMap;

use lianwu_device_protocol::message::UpKind;
use lianwu_model::thing_model::{Complaint, Fault};
use lianwu_ports::readings::LogRow;

use super::Mistake;
use crate::catalog::CompiledModel;
use crate::thing_model::{judge, words};

/// Most mistakes of one problem.
const MISTAKES_MAX: usize = 10;

/// Groups `rows`, newest first, by place and complaint.
pub(super) fn mistakes(rows: &[&LogRow], model: Option<&CompiledModel>) -> Vec<Mistake> {
    let Some(model) = model else { return Vec::new() };
    let mut found: HashMap<(UpKind, String, Complaint), Mistake> = HashMap::new();
    for row in rows.iter().filter(|row| row.code != 0) {
        let Some(kind) = judge::up_kind(row.kind) else { continue };
        let Some(fault) = judge::fault(&model.validator, kind, &row.payload, row.committed) else { continue };
        let Fault { place, complaint, .. } = fault.clone();
        let mistake = found.entry((kind, place, complaint)).or_insert_with(|| Mistake {
            said: words::sentence(&fault, kind, &model.definition),
            since: row.committed,
            last_seen: row.committed,
            count: 0,
            value: fault.value,
        });
        mistake.count += 1;
        mistake.since = row.committed;
    }
    let mut mistakes: Vec<_> = found.into_values().collect();
    mistakes.sort_by_key(|mistake| (Reverse(mistake.count), Reverse(mistake.last_seen)));
    mistakes.truncate(MISTAKES_MAX);
    mistakes
}
