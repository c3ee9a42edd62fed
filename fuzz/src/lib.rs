//! Everything that reads bytes from outside, fed with any bytes: one module per target, each with a `run`.
//!
//! A `run` returns for every input and asserts what must hold; it must not know how it is driven (libFuzzer, or the
//! replay test on a stable compiler). Start reading at `README.md`, which says how to add a target.

pub mod coap_message;
pub mod device_log;
pub mod fence_area;
pub mod gateway_operation;
pub mod json_scanner;
pub mod log_block;
pub mod mqtt_connection;
pub mod mqtt_decode;
pub mod policy_document;
pub mod registration_request;
pub mod report_check;
pub mod shadow_update;
pub mod tc3_request;
pub mod thing_model_definition;

/// One target: takes any bytes, panics when something that must hold does not.
pub type Run = fn(&[u8]);

/// Every target by name; the replay test and the corpus folders follow this list.
pub const TARGETS: &[(&str, Run)] = &[
    ("coap_message", coap_message::run),
    ("device_log", device_log::run),
    ("fence_area", fence_area::run),
    ("gateway_operation", gateway_operation::run),
    ("json_scanner", json_scanner::run),
    ("log_block", log_block::run),
    ("mqtt_connection", mqtt_connection::run),
    ("mqtt_decode", mqtt_decode::run),
    ("policy_document", policy_document::run),
    ("registration_request", registration_request::run),
    ("report_check", report_check::run),
    ("shadow_update", shadow_update::run),
    ("tc3_request", tc3_request::run),
    ("thing_model_definition", thing_model_definition::run),
];
