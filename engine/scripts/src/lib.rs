//! Runs the scripts of products: QuickJS on threads of its own, one realm per product (ADR 0026).
//!
//! Must not know: HTTP, MQTT, what a message means. Start reading at [`ScriptEngine`]; `realm` is what a script
//! sees, `lane` the thread it runs on, and what becomes of one that does not come back.

mod engine;
mod lane;
mod realm;

pub use engine::{ScriptEngine, ScriptLimits};
