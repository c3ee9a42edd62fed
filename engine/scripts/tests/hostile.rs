//! Scripts that do not come back, and what is left of the platform's threads then.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is not as expected")]

use std::sync::Arc;
use std::time::Duration;

use lianwu_model::UnixMillis;
use lianwu_ports::script::suite::METER;
use lianwu_ports::script::{FailureKind, Lane, ScriptCall, ScriptRun, Scripts as _, Work};
use lianwu_scripts::{ScriptEngine, ScriptLimits};

/// Arithmetic of very large integers asks no limit before it is done: minutes of it.
const STUCK: &str = "
function RawToProtocol(fPort, bytes) {
    let n = 1n << 500000n;
    n = n - 1n;
    for (;;) n * n;
}
function ProtocolToRaw(message) { return []; }";

fn call(product: &str, script: &Arc<str>) -> ScriptCall {
    let work = Work::ToMessage { port: 0, bytes: [0, 0].into() };
    let product = product.parse().unwrap();
    ScriptCall { product, lane: Lane::Live, script: Arc::clone(script), work, now: UnixMillis(0) }
}

fn kind(run: &ScriptRun) -> Option<FailureKind> {
    run.output.as_ref().err().map(|failure| failure.kind)
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

/// Is a script that is stuck given up, not run again, and its product served by the next one, while others notice nothing?
#[test]
fn a_stuck_script_is_given_up() {
    let engine = ScriptEngine::new(ScriptLimits { stall: Duration::from_millis(50), ..ScriptLimits::default() });
    let (stuck, good): (Arc<str>, Arc<str>) = (STUCK.into(), METER.into());
    wait(async {
        let first = engine.run(call("METER00001", &stuck));
        let behind = engine.run(call("METER00001", &stuck));
        assert_eq!(kind(&first.await), Some(FailureKind::Stalled));
        assert_eq!(kind(&behind.await), Some(FailureKind::Stalled), "nothing waits for ever behind it");
        assert!(engine.run(call("OTHER00001", &good)).await.output.is_ok(), "another product");
        let again = engine.run(call("METER00001", &stuck)).await;
        assert_eq!(kind(&again), Some(FailureKind::Stalled), "the same script is refused at once");
        assert!(again.output.unwrap_err().message.contains("save another"));
        assert!(engine.run(call("METER00001", &good)).await.output.is_ok(), "another script of the product");
        // A product may lose so many threads, not more.
        let second: Arc<str> = format!("{STUCK} // 2").into();
        assert_eq!(kind(&engine.run(call("METER00001", &second)).await), Some(FailureKind::Stalled));
        assert_eq!(kind(&engine.run(call("METER00001", &good)).await), Some(FailureKind::Stalled));
        assert!(engine.run(call("OTHER00001", &good)).await.output.is_ok());
    });
}

/// Do calls over the bound of one product's queue, and products over the bound of threads, find an end?
#[test]
fn queues_and_threads_are_bounded() {
    let limits = ScriptLimits { queue: 4, lanes: 2, ..ScriptLimits::default() };
    let engine = ScriptEngine::new(limits);
    let slow: Arc<str> = "function RawToProtocol() { for (;;); } function ProtocolToRaw() {}".into();
    wait(async {
        let runs: Vec<_> = (0..20).map(|_| engine.run(call("METER00001", &slow))).collect();
        let mut kinds = Vec::new();
        for run in runs {
            kinds.push(kind(&run.await));
        }
        let busy = kinds.iter().filter(|kind| **kind == Some(FailureKind::Busy)).count();
        assert!((1..=16).contains(&busy), "{kinds:?}");
        assert!(kinds.iter().all(|kind| matches!(kind, Some(FailureKind::Busy | FailureKind::Time))), "{kinds:?}");
        let good: Arc<str> = METER.into();
        for number in 0..10 {
            assert!(engine.run(call(&format!("PRODUCT{number:03}"), &good)).await.output.is_ok());
            assert!(engine.threads() <= 2);
        }
    });
}

/// Does a thread without work end, and is there one again when work comes?
#[test]
fn idle_threads_end() {
    let engine = ScriptEngine::new(ScriptLimits { idle: Duration::ZERO, ..ScriptLimits::default() });
    let good: Arc<str> = METER.into();
    wait(async {
        for _ in 0..50 {
            assert!(engine.run(call("METER00001", &good)).await.output.is_ok());
            while engine.threads() > 0 {
                tokio::task::yield_now().await;
            }
        }
    });
}
