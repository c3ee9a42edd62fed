//! Thing-model definitions: whatever is accepted can be compiled, and its start values are valid reports.
//!
//! Input: the text of a definition.

use lianwu_model::json::Scanner;
use lianwu_model::thing_model::{Cause, Mode, Purpose, ThingModel, Validator};

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let model = match ThingModel::parse(text) {
        Ok(model) => model,
        Err(error) => {
            assert!(!error.reason.is_empty());
            assert!(error.to_string().ends_with(&error.reason));
            return;
        }
    };
    let validator = Validator::compile(&model);
    let start = model.start_values();
    let check = |purpose| {
        let mut scanner = Scanner::new(start.as_bytes());
        validator.check_properties(&mut scanner, purpose).map(|summary| summary.members)
    };
    match check(Purpose::Report) {
        Ok(members) => assert_eq!(members, model.properties.len()),
        // The start value of a string is empty, which its bounds may forbid.
        Err(violation) => assert!(matches!(violation.cause, Cause::LengthOutOfRange { length: 0, .. }), "{violation}"),
    }
    if model.properties.first().is_some_and(|property| property.mode == Mode::Read) {
        let violation = check(Purpose::Control).expect_err("the first property is read-only");
        assert_eq!(violation.cause, Cause::NotWritable);
    }
    for event in &model.events {
        assert!(validator.event(&event.id).is_some_and(|found| found.kind() == event.kind));
    }
    for action in &model.actions {
        assert!(validator.action(&action.id).is_some());
    }
}
