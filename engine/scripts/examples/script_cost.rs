//! What a raw report costs in its script, in processor time of the script's thread and of the whole program, and how long the
//! caller waits: `cargo run --release -p lianwu-scripts --example script_cost`. The best of several rounds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lianwu_model::UnixMillis;
use lianwu_ports::script::{Lane, ScriptCall, Scripts as _, Work};
use lianwu_scripts::ScriptEngine;
use rustix::time::{ClockId, clock_gettime};

const ROUNDS: usize = 10;
const REPEATS: u32 = 5_000;

/// A frame of twelve bytes, as small devices send them.
const SCRIPT: &str = "
function RawToProtocol(fPort, bytes) {
    if (bytes[0] !== 0xaa || bytes[1] !== 0x55) throw new Error('not a frame');
    return {
        method: 'report', clientToken: new Date(),
        params: {power_switch: bytes[8], color: bytes[9], brightness: bytes[10]},
    };
}
function ProtocolToRaw(message) {
    if (message.method !== 'report_reply') return [];
    return [0xaa, 0x55, 0x21, message.code & 255];
}";

fn main() {
    let engine = ScriptEngine::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let frame = [0xaa, 0x55, 1, 0, 1, 0, 0, 0, 1, 2, 28, 0];
    let reply = br#"{"method":"report_reply","clientToken":"2026-11-18T11:06:40.123Z","code":0,"status":"success"}"#;
    let text: Arc<str> = SCRIPT.into();
    println!("{:<34} {:>10} {:>12} {:>10}", "us", "script", "program", "waited");
    for (name, work) in [
        ("RawToProtocol of 12 bytes", Work::ToMessage { port: 0, bytes: frame.into() }),
        ("ProtocolToRaw of a report_reply", Work::ToBytes { message: reply[..].into() }),
    ] {
        let call = ScriptCall {
            product: "METER00001".parse().expect("a ProductId"),
            lane: Lane::Live,
            script: Arc::clone(&text),
            work,
            now: UnixMillis(1_795_000_000_123),
        };
        let best = (0..ROUNDS).map(|_| runtime.block_on(round(&engine, &call))).min().expect("some rounds");
        let micros = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(REPEATS);
        println!("{name:<34} {:>10.2} {:>12.2} {:>10.2}", micros(best.0), micros(best.1), micros(best.2));
    }
}

/// Time of the script, of the program, and by the clock on the wall.
async fn round(engine: &ScriptEngine, call: &ScriptCall) -> (Duration, Duration, Duration) {
    let (processor, started) = (program_time(), Instant::now());
    let mut script = Duration::ZERO;
    for _ in 0..REPEATS {
        let run = engine.run(call.clone()).await;
        run.output.expect("a good script");
        script += run.took;
    }
    (script, program_time() - processor, started.elapsed())
}

fn program_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
