//! Remote configuration: what a device is answered and told. Source: spec/device-protocol.md 9.5.

use super::put;

/// Code of a record about a question while there is no configuration for the device, and the `result` it is answered.
pub const DISABLED: u32 = 1001;

/// Appends the answer to `get`; `None` while the configuration is off, or there is none. `config` is a JSON object.
pub fn reply(config: Option<&str>, out: &mut Vec<u8>) {
    match config {
        Some(config) => message("reply", 0, config, out),
        None => message("reply", DISABLED, "{}", out),
    }
}

/// Appends what tells a device of a new configuration, which is a JSON object.
pub fn push(config: &str, out: &mut Vec<u8>) {
    message("push", 0, config, out);
}

fn message(kind: &str, result: u32, config: &str, out: &mut Vec<u8>) {
    put(out, format_args!(r#"{{"type":"{kind}","result":{result},"payload":{config}}}"#));
}
