//! One script, loaded: its global objects, its limits, its two functions.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use lianwu_model::UnixMillis;
use lianwu_ports::script::{FailureKind, LINE_BYTES_MAX, LINES_MAX, OUTPUT_BYTES_MAX, ScriptFailure, Work};
use rquickjs::context::{EvalOptions, intrinsic};
use rquickjs::{Array, CatchResultExt as _, CaughtError, Context, Ctx, Function, Object, Persistent, Runtime, Value};

use crate::engine::ScriptLimits;

const PRELUDE: &str = include_str!("prelude.js");

/// The name places in the script are given with.
const FILE: &str = "script";

const UP: &str = "RawToProtocol";
const DOWN: &str = "ProtocolToRaw";

/// What a script may use of the language. Left out: `Proxy`, weak references, clocks.
type Language = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
);

/// What the engine and the script's global objects share.
#[derive(Default)]
struct Watch {
    /// Processor time of the thread at which the run is over.
    until: Cell<Duration>,
    is_over: Cell<bool>,
    now: Cell<UnixMillis>,
    lines: RefCell<Vec<String>>,
    line_bytes: Cell<usize>,
}

impl Watch {
    fn start(&self, time: Duration) {
        self.until.set(thread_time() + time);
        self.is_over.set(false);
    }

    fn is_time_over(&self) -> bool {
        let is_over = thread_time() >= self.until.get();
        if is_over {
            self.is_over.set(true);
        }
        is_over
    }

    fn say(&self, line: &str) {
        let mut lines = self.lines.borrow_mut();
        let left = LINE_BYTES_MAX - self.line_bytes.get();
        if lines.len() >= LINES_MAX || left == 0 {
            return;
        }
        let line = &line[..line.floor_char_boundary(left)];
        self.line_bytes.set(self.line_bytes.get() + line.len());
        lines.push(line.to_owned());
    }

    fn take_lines(&self) -> Vec<String> {
        self.line_bytes.set(0);
        self.lines.take()
    }
}

/// Processor time this thread has used: a busy machine takes nothing off a script's time.
pub(crate) fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// A loaded script. Fields are dropped in this order: nothing of a runtime may outlive it.
pub(crate) struct Realm {
    up: Option<Persistent<Function<'static>>>,
    down: Option<Persistent<Function<'static>>>,
    context: Context,
    runtime: Runtime,
    watch: Rc<Watch>,
    script: Arc<str>,
    limits: ScriptLimits,
    /// It broke a limit, or keeps work for later: not to be used again.
    is_spent: bool,
}

impl Realm {
    /// Loads a script. What it logs while it loads is lost.
    pub(crate) fn load(script: &Arc<str>, now: UnixMillis, limits: ScriptLimits) -> Result<Self, ScriptFailure> {
        let watch = Rc::new(Watch::default());
        watch.now.set(now);
        watch.start(limits.load_time);
        let runtime = Runtime::new().map_err(|error| internal(&error))?;
        runtime.set_memory_limit(limits.memory);
        runtime.set_max_stack_size(limits.stack);
        let handler = Rc::clone(&watch);
        runtime.set_interrupt_handler(Some(Box::new(move || handler.is_time_over())));
        let context = Context::custom::<Language>(&runtime).map_err(|error| internal(&error))?;
        let mut realm =
            Self { up: None, down: None, context, runtime, watch, script: Arc::clone(script), limits, is_spent: false };
        let (up, down) = realm.context.with(|ctx| realm.enter(&ctx))?;
        (realm.up, realm.down) = (Some(up), Some(down));
        realm.watch.take_lines();
        Ok(realm)
    }

    fn enter(
        &self,
        ctx: &Ctx<'_>,
    ) -> Result<(Persistent<Function<'static>>, Persistent<Function<'static>>), ScriptFailure> {
        let prepared = (|| {
            let watch = Rc::clone(&self.watch);
            #[expect(clippy::cast_precision_loss, reason = "milliseconds fit for 280,000 years")]
            let now = Function::new(ctx.clone(), move || watch.now.get().0 as f64)?;
            let watch = Rc::clone(&self.watch);
            let say = Function::new(ctx.clone(), move |line: String| watch.say(&line))?;
            let watch = Rc::clone(&self.watch);
            let is_over = Function::new(ctx.clone(), move || watch.is_time_over())?;
            let prelude: Function<'_> = ctx.eval(PRELUDE)?;
            prelude.call::<_, ()>((now, say, is_over))
        })();
        prepared.map_err(|error| internal(&error))?;
        let mut options = EvalOptions::default();
        options.strict = false;
        options.filename = Some(FILE.to_owned());
        let loaded = ctx.eval_with_options::<Value<'_>, _>(&*self.script, options).catch(ctx);
        loaded.map_err(|error| {
            let failure = self.failure(&error);
            let kind = if failure.kind == FailureKind::Thrown { FailureKind::Malformed } else { failure.kind };
            ScriptFailure { kind, ..failure }
        })?;
        Ok((self.function(ctx, UP)?, self.function(ctx, DOWN)?))
    }

    fn function(&self, ctx: &Ctx<'_>, name: &str) -> Result<Persistent<Function<'static>>, ScriptFailure> {
        let found = ctx.eval::<Value<'_>, _>(format!("typeof {name} === 'function' ? {name} : undefined")).catch(ctx);
        let found = found.map_err(|error| self.failure(&error))?;
        let function = found.into_function().ok_or_else(|| {
            let message = format!("the script has no function {name}");
            ScriptFailure { kind: FailureKind::Malformed, message, line: None, column: None }
        })?;
        Ok(Persistent::save(ctx, function))
    }

    /// Is this the script it was loaded from, and may it run again?
    pub(crate) fn serves(&self, script: &Arc<str>) -> bool {
        Arc::ptr_eq(&self.script, script) && !self.is_spent
    }

    pub(crate) fn run(&mut self, work: &Work, now: UnixMillis) -> (Result<Box<[u8]>, ScriptFailure>, Vec<String>) {
        self.watch.now.set(now);
        self.watch.start(self.limits.call_time);
        let output = self.context.with(|ctx| self.answer(&ctx, work));
        let broke_a_limit = self.watch.is_over.get()
            || output.as_ref().is_err_and(|f| matches!(f.kind, FailureKind::Time | FailureKind::Memory));
        self.is_spent = broke_a_limit || self.runtime.is_job_pending();
        (output, self.watch.take_lines())
    }

    fn answer(&self, ctx: &Ctx<'_>, work: &Work) -> Result<Box<[u8]>, ScriptFailure> {
        match work {
            Work::Check => Ok(Box::default()),
            Work::ToMessage { port, bytes } => {
                let function = self.restored(ctx, self.up.as_ref())?;
                let answer = (|| {
                    let array = Array::new(ctx.clone())?;
                    for (place, byte) in bytes.iter().enumerate() {
                        array.set(place, *byte)?;
                    }
                    function.call::<_, Value<'_>>((*port, array))
                })();
                self.message(ctx, answer.catch(ctx).map_err(|error| self.failure(&error))?)
            }
            Work::ToBytes { message } => {
                let function = self.restored(ctx, self.down.as_ref())?;
                let answer = (|| {
                    let message = ctx.json_parse(&**message)?;
                    function.call::<_, Value<'_>>((message,))
                })();
                self.bytes(ctx, &answer.catch(ctx).map_err(|error| self.failure(&error))?)
            }
        }
    }

    fn restored<'js>(
        &self,
        ctx: &Ctx<'js>,
        function: Option<&Persistent<Function<'static>>>,
    ) -> Result<Function<'js>, ScriptFailure> {
        let function = function.expect("a realm is given away once it has both functions");
        function.clone().restore(ctx).catch(ctx).map_err(|error| self.failure(&error))
    }

    /// An object as JSON; nothing for `undefined` and `null`.
    fn message<'js>(&self, ctx: &Ctx<'js>, value: Value<'js>) -> Result<Box<[u8]>, ScriptFailure> {
        if value.is_undefined() || value.is_null() {
            return Ok(Box::default());
        }
        if !value.is_object() || value.is_array() || value.is_function() {
            return Err(wrong_output(format!("{UP} must return an object, not {}", named(&value))));
        }
        let text = ctx.json_stringify(value).catch(ctx).map_err(|error| self.failure(&error))?;
        let text = match text {
            Some(text) => text.to_string().catch(ctx).map_err(|error| self.failure(&error))?,
            None => String::new(),
        };
        if !text.starts_with('{') {
            return Err(wrong_output(format!("what {UP} returns must be an object in JSON")));
        }
        if text.len() > OUTPUT_BYTES_MAX {
            return Err(wrong_output(format!(
                "{UP} returned {} bytes of JSON, at most {OUTPUT_BYTES_MAX}",
                text.len()
            )));
        }
        Ok(text.into_bytes().into())
    }

    /// An array of whole numbers from 0 to 255; nothing for `undefined` and `null`.
    fn bytes(&self, ctx: &Ctx<'_>, value: &Value<'_>) -> Result<Box<[u8]>, ScriptFailure> {
        if value.is_undefined() || value.is_null() {
            return Ok(Box::default());
        }
        let is_list = |object: &&Object<'_>| object.is_array() || object.as_typed_array::<u8>().is_some();
        let Some(object) = value.as_object().filter(is_list) else {
            return Err(wrong_output(format!("{DOWN} must return an array of bytes, not {}", named(value))));
        };
        // A number of its own: an array may be longer than what an `i32` holds.
        let length: f64 = object.get("length").catch(ctx).map_err(|error| self.failure(&error))?;
        if length > OUTPUT_BYTES_MAX as f64 {
            return Err(wrong_output(format!("{DOWN} returned {length} bytes, at most {OUTPUT_BYTES_MAX}")));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 64 KiB, checked")]
        let length = length as u32;
        let mut bytes = Vec::new();
        for place in 0..length {
            let item = object.get::<_, Value<'_>>(place).catch(ctx).map_err(|error| self.failure(&error))?;
            let number = item.as_number().filter(|number| number.fract() == 0.0 && (0.0..=255.0).contains(number));
            let Some(number) = number else {
                return Err(wrong_output(format!(
                    "item {place} of what {DOWN} returns is {}, not a whole number from 0 to 255",
                    number_or_name(&item)
                )));
            };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number up to 255")]
            bytes.push(number as u8);
        }
        Ok(bytes.into())
    }

    /// What was thrown, and where.
    fn failure(&self, error: &CaughtError<'_>) -> ScriptFailure {
        let (message, stack) = match error {
            CaughtError::Exception(exception) => {
                let name = exception.as_object().get::<_, String>("name").unwrap_or_default();
                let message = exception.message().unwrap_or_default();
                let message = match (name.as_str(), message.as_str()) {
                    ("", _) => message,
                    (_, "") => name,
                    _ => format!("{name}: {message}"),
                };
                (message, exception.stack().unwrap_or_default())
            }
            CaughtError::Value(value) => (thrown_text(value), String::new()),
            CaughtError::Error(error) => (error.to_string(), String::new()),
        };
        let (line, column) = place(&stack);
        let (kind, message) = if self.watch.is_over.get() {
            let most = self.limits.call_time.as_millis();
            (FailureKind::Time, format!("the script took longer than {most} ms"))
        } else if message.contains("out of memory") {
            (FailureKind::Memory, format!("the script needs more than {} KiB of memory", self.limits.memory / 1024))
        } else {
            (FailureKind::Thrown, message)
        };
        let message = cut(&message);
        ScriptFailure { kind, message, line, column }
    }
}

/// Longest text of a failure: it is written into logs.
const MESSAGE_BYTES_MAX: usize = 512;

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(MESSAGE_BYTES_MAX)].to_owned()
}

fn thrown_text(value: &Value<'_>) -> String {
    match value.as_string().map(rquickjs::String::to_string) {
        Some(Ok(text)) => text,
        _ => format!("{} was thrown", number_or_name(value)),
    }
}

fn number_or_name(value: &Value<'_>) -> String {
    value.as_number().map_or_else(|| named(value).to_owned(), |number| number.to_string())
}

fn named(value: &Value<'_>) -> &'static str {
    if value.is_function() { "a function" } else { value.type_name() }
}

fn wrong_output(message: String) -> ScriptFailure {
    ScriptFailure { kind: FailureKind::Output, message, line: None, column: None }
}

/// The engine itself could not go on: the limit of memory is the only reason known.
fn internal(error: &rquickjs::Error) -> ScriptFailure {
    let message = format!("the script could not be run: {error}");
    ScriptFailure { kind: FailureKind::Memory, message, line: None, column: None }
}

/// Line and column of the innermost frame in the script: `at f (script:3:5)`.
fn place(stack: &str) -> (Option<u32>, Option<u32>) {
    let mark = format!("{FILE}:");
    let Some(at) = stack.find(&mark) else { return (None, None) };
    let mut numbers = stack[at + mark.len()..].split(|c: char| !c.is_ascii_digit());
    let line = numbers.next().and_then(|text| text.parse().ok());
    (line, numbers.next().and_then(|text| text.parse().ok()).filter(|_| line.is_some()))
}
