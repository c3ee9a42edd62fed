//! What every engine for scripts must do; one function is one question.

use std::sync::Arc;

use lianwu_model::UnixMillis;

use super::{FailureKind, LINES_MAX, Lane, OUTPUT_BYTES_MAX, ScriptCall, ScriptRun, Scripts, Work};

/// Makes one test of each case. `$run` takes an async closure over `Arc<impl Scripts>`.
#[macro_export]
macro_rules! script_suite {
    ($run:ident) => {
        $crate::script_suite!($run: [
            bytes_become_a_message_and_back, nothing_to_say_is_no_failure, a_script_is_checked_before_use,
            a_failure_names_its_place, answers_of_a_wrong_form_are_refused, the_time_is_that_of_the_message,
            a_script_reaches_nothing, what_it_says_is_kept_within_bounds, runs_keep_their_order,
            a_new_script_takes_over_at_once, endless_loops_end, memory_is_bounded, deep_recursion_is_an_error,
            a_hostile_pattern_ends, poisoned_prototypes_stay_at_home, getters_that_loop_end,
        ]);
    };
    ($run:ident: [$($case:ident),* $(,)?]) => {
        $(
            #[test]
            fn $case() {
                $run($crate::script::suite::$case);
            }
        )*
    };
}

/// Time of every call.
const NOW: UnixMillis = UnixMillis(1_795_000_000_123);

/// A device with a temperature of two bytes and a switch.
pub const METER: &str = "
function RawToProtocol(fPort, bytes) {
    return {method: 'report', clientToken: 'raw-' + fPort, params: {heat: (bytes[0] << 8 | bytes[1]) / 10}};
}
function ProtocolToRaw(message) {
    if (message.method !== 'control') return [];
    return [0xaa, message.params.power ? 1 : 0];
}";

fn call(script: &str, work: Work) -> ScriptCall {
    let product = "METER00001".parse().expect("a ProductId");
    ScriptCall { product, lane: Lane::Live, script: script.into(), work, now: NOW }
}

fn up(bytes: &[u8]) -> Work {
    Work::ToMessage { port: 0, bytes: bytes.into() }
}

fn down(message: &str) -> Work {
    Work::ToBytes { message: message.as_bytes().into() }
}

/// A script whose way up is `body`.
fn upward(body: &str) -> String {
    format!("function RawToProtocol(fPort, bytes) {{\n{body}\n}}\nfunction ProtocolToRaw(message) {{ return []; }}")
}

fn text(run: &ScriptRun) -> String {
    let output = run.output.as_ref().unwrap_or_else(|failure| panic_with(failure));
    String::from_utf8(output.to_vec()).expect("JSON is UTF-8")
}

#[expect(clippy::panic, reason = "the suite is test code")]
fn panic_with(failure: &super::ScriptFailure) -> ! {
    panic!("{failure}")
}

fn kind(run: &ScriptRun) -> Option<FailureKind> {
    run.output.as_ref().err().map(|failure| failure.kind)
}

/// Does `ok` still work, after whatever came before?
async fn still_works(scripts: &impl Scripts) {
    let run = scripts.run(call(METER, up(&[1, 4]))).await;
    assert_eq!(text(&run), r#"{"method":"report","clientToken":"raw-0","params":{"heat":26}}"#);
}

/// Are bytes given as numbers, and are an object and an array taken back?
pub async fn bytes_become_a_message_and_back(scripts: Arc<impl Scripts>) {
    still_works(&*scripts).await;
    let with_port = Work::ToMessage { port: 7, bytes: [0, 15].into() };
    let run = scripts.run(call(METER, with_port)).await;
    assert_eq!(text(&run), r#"{"method":"report","clientToken":"raw-7","params":{"heat":1.5}}"#);
    let run = scripts.run(call(METER, down(r#"{"method":"control","params":{"power":1}}"#))).await;
    assert_eq!(run.output.as_deref(), Ok(&[0xaa, 1][..]));
    let typed = "RawToProtocol = (p, b) => ({}); const ProtocolToRaw = m => new Uint8Array([1, 255]);";
    assert_eq!(scripts.run(call(typed, down("{}"))).await.output.as_deref(), Ok(&[1, 255][..]));
}

/// May a script have no answer to a message?
pub async fn nothing_to_say_is_no_failure(scripts: Arc<impl Scripts>) {
    for body in ["", "return;", "return null;"] {
        assert_eq!(text(&scripts.run(call(&upward(body), up(&[1]))).await), "", "{body}");
    }
    assert_eq!(text(&scripts.run(call(METER, down(r#"{"method":"report_reply"}"#))).await), "");
}

/// Is what is no script, or lacks a function, told apart from what is one?
pub async fn a_script_is_checked_before_use(scripts: Arc<impl Scripts>) {
    assert_eq!(scripts.run(call(METER, Work::Check)).await.output.as_deref(), Ok(&[][..]));
    let broken = "function RawToProtocol(a, b) {\n  return {;\n}";
    let run = scripts.run(call(broken, Work::Check)).await;
    let failure = run.output.expect_err("it is broken");
    assert_eq!((failure.kind, failure.line), (FailureKind::Malformed, Some(2)), "{failure}");
    for (script, missing) in [
        ("function RawToProtocol(a, b) {}", "ProtocolToRaw"),
        ("function ProtocolToRaw(a) {}", "RawToProtocol"),
        ("var RawToProtocol = 1; function ProtocolToRaw(a) {}", "RawToProtocol"),
        ("", "RawToProtocol"),
    ] {
        let failure = scripts.run(call(script, Work::Check)).await.output.expect_err("a function is missing");
        assert_eq!(failure.kind, FailureKind::Malformed, "{failure}");
        assert!(failure.message.contains(missing), "{failure}");
    }
}

/// Does whoever wrote the script learn where it failed?
pub async fn a_failure_names_its_place(scripts: Arc<impl Scripts>) {
    let run = scripts.run(call(&upward("  const a = 1;\n  return a.b.c;"), up(&[]))).await;
    let failure = run.output.expect_err("it throws");
    assert_eq!((failure.kind, failure.line), (FailureKind::Thrown, Some(3)), "{failure}");
    assert!(failure.column.is_some() && failure.message.starts_with("TypeError: "), "{failure}");
    let failure = scripts.run(call(&upward("throw 'no frame';"), up(&[]))).await.output.expect_err("it throws");
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Thrown, "no frame"));
    still_works(&*scripts).await;
}

/// Is an answer that is no message, or no bytes, refused with what is wrong?
pub async fn answers_of_a_wrong_form_are_refused(scripts: Arc<impl Scripts>) {
    for body in ["return 5;", "return 'text';", "return [1];", "return () => 1;", "return true;", "return 1n;"] {
        let run = scripts.run(call(&upward(body), up(&[1]))).await;
        assert_eq!(kind(&run), Some(FailureKind::Output), "{body}: {run:?}");
    }
    for body in ["return {toJSON() { return 5; }};", "return {a: 1n};", "const a = {}; a.a = a; return a;"] {
        let run = scripts.run(call(&upward(body), up(&[1]))).await;
        assert!(matches!(kind(&run), Some(FailureKind::Output | FailureKind::Thrown)), "{body}: {run:?}");
    }
    let long = format!("return {{a: 'x'.repeat({OUTPUT_BYTES_MAX})}};");
    assert_eq!(kind(&scripts.run(call(&upward(&long), up(&[1]))).await), Some(FailureKind::Output));
    for answer in ["5", "'ab'", "{}", "[256]", "[-1]", "[1.5]", "['1']", "[,1]", "[null]", "{length: 9}", "[NaN]"] {
        let script = format!("function RawToProtocol(a, b) {{}} function ProtocolToRaw(m) {{ return {answer}; }}");
        let run = scripts.run(call(&script, down("{}"))).await;
        assert_eq!(kind(&run), Some(FailureKind::Output), "{answer}: {run:?}");
    }
    let script =
        "function RawToProtocol(a, b) {} function ProtocolToRaw(m) { const a = []; a.length = 4e9; return a; }";
    assert_eq!(kind(&scripts.run(call(script, down("{}"))).await), Some(FailureKind::Output));
}

/// Does every script see the time of its message, and no other?
pub async fn the_time_is_that_of_the_message(scripts: Arc<impl Scripts>) {
    let body = "return {method: 'report', clientToken: new Date(), at: Date.now(), given: new Date(5).getTime(),
        kind: new Date() instanceof Date, same: new Date().constructor === Date, utc: Date.UTC(1970, 0, 1)};";
    let expected = r#"{"method":"report","clientToken":"2026-11-18T11:06:40.123Z","at":1795000000123,"given":5,"kind":true,"same":true,"utc":0}"#;
    let script: Arc<str> = upward(body).into();
    let mut asked = call("", up(&[]));
    asked.script = Arc::clone(&script);
    assert_eq!(text(&scripts.run(asked.clone()).await), expected);
    asked.now = UnixMillis(NOW.0 + 1_000);
    assert_eq!(text(&scripts.run(asked).await), expected.replace("40.123", "41.123").replace("000123", "001123"));
    let run = scripts.run(call(&upward("return {a: Math.random()};"), up(&[]))).await;
    assert_eq!(kind(&run), Some(FailureKind::Thrown), "chance is not to be had: {run:?}");
}

/// Has a script no way to files, processes, modules, sockets or other threads?
pub async fn a_script_reaches_nothing(scripts: Arc<impl Scripts>) {
    let names = "require process std os fetch XMLHttpRequest WebSocket Deno Worker Atomics SharedArrayBuffer setTimeout \
                 setInterval performance globalThis.scriptArgs WebAssembly";
    for name in names.split_whitespace() {
        let run = scripts.run(call(&upward(&format!("return {{t: typeof {name}}};")), up(&[]))).await;
        assert_eq!(text(&run), r#"{"t":"undefined"}"#, "{name}");
    }
    let run = scripts.run(call("import * as os from 'os';", Work::Check)).await;
    assert_eq!(kind(&run), Some(FailureKind::Malformed));
    let body = "let seen = 'none'; import('os').then(m => { seen = 'os'; }); return {seen};";
    assert_eq!(text(&scripts.run(call(&upward(body), up(&[]))).await), r#"{"seen":"none"}"#);
}

/// Is what a script logs given back, as far as the bounds go?
pub async fn what_it_says_is_kept_within_bounds(scripts: Arc<impl Scripts>) {
    let body = "console.log('heat', 5, {a: [1]}, null, undefined); console.error('late'); return {};";
    let run = scripts.run(call(&upward(body), up(&[]))).await;
    assert_eq!(run.lines, [r#"heat 5 {"a":[1]} null undefined"#, "late"]);
    let run = scripts.run(call(&upward("for (let i = 0; i < 500; i++) console.log(i); return {};"), up(&[]))).await;
    assert_eq!((run.lines.len(), run.lines.last().map(String::as_str)), (LINES_MAX, Some("99")));
    let run = scripts.run(call(&upward("console.log('é'.repeat(100000)); return {};"), up(&[]))).await;
    assert!(run.lines.iter().map(String::len).sum::<usize>() <= super::LINE_BYTES_MAX);
    let run = scripts.run(call(&upward("console.log('before'); throw new Error('x');"), up(&[]))).await;
    assert_eq!(run.lines, ["before"], "of a run that failed, too");
}

/// Do calls of one product run in the order they were made?
pub async fn runs_keep_their_order(scripts: Arc<impl Scripts>) {
    let script: Arc<str> = format!("let count = 0;\n{}", upward("return {count: ++count, first: bytes[0]};")).into();
    let runs: Vec<_> = (0..20_u8)
        .map(|first| {
            let mut asked = call("", up(&[first]));
            asked.script = Arc::clone(&script);
            scripts.run(asked)
        })
        .collect();
    for (place, run) in runs.into_iter().enumerate() {
        assert_eq!(text(&run.await), format!(r#"{{"count":{},"first":{place}}}"#, place + 1));
    }
}

/// Is the next call served by the script it names?
pub async fn a_new_script_takes_over_at_once(scripts: Arc<impl Scripts>) {
    for version in 1..4 {
        let run = scripts.run(call(&upward(&format!("return {{version: {version}}};")), up(&[]))).await;
        assert_eq!(text(&run), format!(r#"{{"version":{version}}}"#));
    }
}

/// Does a script that never comes to an end fail, at load and in a call, and leave no trace?
pub async fn endless_loops_end(scripts: Arc<impl Scripts>) {
    for body in [
        "while (true) {}",
        "for (;;) { try { while (true) {} } catch (e) {} }",
        "try { while (true) {} } finally { while (true) {} }",
        "return {get a() { while (true) {} }};",
        "return {toJSON() { for (;;); }};",
        "const g = (function* () { while (true) yield 1; })(); for (const x of g);",
        "[...{[Symbol.iterator]() { return {next() { return {done: false}; }}}}];",
    ] {
        let run = scripts.run(call(&upward(body), up(&[1]))).await;
        assert!(matches!(kind(&run), Some(FailureKind::Time | FailureKind::Memory)), "{body}: {run:?}");
        still_works(&*scripts).await;
    }
    let run = scripts.run(call(&format!("while (true);\n{METER}"), Work::Check)).await;
    assert_eq!(kind(&run), Some(FailureKind::Time), "{run:?}");
    still_works(&*scripts).await;
}

/// Is a script that takes memory stopped, however it takes it?
pub async fn memory_is_bounded(scripts: Arc<impl Scripts>) {
    for body in [
        "const all = []; while (true) all.push('x'.repeat(10000) + all.length);",
        "let a = 'x'; while (true) a += a;",
        "return {a: 'x'.repeat(2 ** 29)};",
        "new Array(1e9).fill(0);",
        "new Uint8Array(1e9);",
        "let a = [1]; while (true) a = a.concat(a);",
        "const m = new Map(); for (let i = 0; ; i++) m.set(i, {});",
        "let a = 2n; while (true) a = a * a;",
    ] {
        let run = scripts.run(call(&upward(body), up(&[1]))).await;
        let kind = kind(&run);
        assert!(matches!(kind, Some(FailureKind::Memory | FailureKind::Time | FailureKind::Thrown)), "{body}: {run:?}");
        still_works(&*scripts).await;
    }
}

/// Does recursion without end throw, instead of taking the thread with it?
pub async fn deep_recursion_is_an_error(scripts: Arc<impl Scripts>) {
    for body in [
        "function f(n) { return f(n + 1) + 1; } f(0);",
        "let a = []; for (let i = 0; i < 20000; i++) a = [a]; JSON.stringify(a);",
        "let a = {}; for (let i = 0; i < 20000; i++) a = {a}; return a;",
        "JSON.parse('['.repeat(50000));",
        "new RegExp('('.repeat(20000) + ')'.repeat(20000));",
        "eval('('.repeat(20000) + ')'.repeat(20000));",
    ] {
        let run = scripts.run(call(&upward(body), up(&[1]))).await;
        assert!(run.output.is_err(), "{body}: {run:?}");
        still_works(&*scripts).await;
    }
}

/// Does a pattern that tries everything come to an end?
pub async fn a_hostile_pattern_ends(scripts: Arc<impl Scripts>) {
    let run = scripts.run(call(&upward("/^(a+)+$/.test('a'.repeat(40) + 'b'); return {};"), up(&[1]))).await;
    assert!(matches!(kind(&run), Some(FailureKind::Time | FailureKind::Memory)), "{run:?}");
    still_works(&*scripts).await;
}

/// Does a script that rewrites the language hurt nobody but itself?
pub async fn poisoned_prototypes_stay_at_home(scripts: Arc<impl Scripts>) {
    for poison in [
        "Object.prototype.toJSON = () => 'gone';",
        "Array.prototype.map = Array.prototype.join = () => { throw 1; }; String = null; JSON = null;",
        "Object.defineProperty(Array.prototype, 0, {set() { throw new Error('caught'); }});",
        "Object.defineProperty(Error.prototype, 'message', {get() { throw 1; }}); throw new Error('x');",
        "Object.defineProperty(Object.prototype, 'then', {get() { throw 1; }});",
        "Object.freeze(Object.prototype); Object.freeze(Array.prototype); Date = console = undefined;",
    ] {
        // Whatever comes of it, the engine lives on and others see nothing of it.
        scripts.run(call(&format!("{poison}\n{METER}"), up(&[1, 2]))).await;
        scripts.run(call(&upward(&format!("{poison} return {{a: [1]}};")), up(&[1, 2]))).await;
        still_works(&*scripts).await;
    }
}

/// Is code that runs while the answer is read under the same limits?
pub async fn getters_that_loop_end(scripts: Arc<impl Scripts>) {
    let way_down = "const a = [1]; Object.defineProperty(a, 0, {get() { while (true) {} }}); return a;";
    let script = format!("function RawToProtocol(a, b) {{}} function ProtocolToRaw(m) {{ {way_down} }}");
    assert_eq!(kind(&scripts.run(call(&script, down("{}"))).await), Some(FailureKind::Time));
    let body = "const e = new Error('x'); Object.defineProperty(e, 'stack', {get() { while (true) {} }}); throw e;";
    let run = scripts.run(call(&upward(body), up(&[]))).await;
    assert!(run.output.is_err(), "{run:?}");
    still_works(&*scripts).await;
}
