//! The behaviour every engine for scripts must have.

use std::sync::Arc;

use lianwu_scripts::ScriptEngine;

fn run(case: impl AsyncFnOnce(Arc<ScriptEngine>)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(case(Arc::new(ScriptEngine::default())));
}

lianwu_ports::script_suite!(run);
