//! Random models and random, often damaged, messages: does the validator agree with a slow checker that walks trees?
//!
//! The reference below reads the definition's JSON itself and shares no code with the validator. Everything follows
//! from one seed, which a failure prints.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use lianwu_model::json::Scanner;
use lianwu_model::thing_model::{Cause, Purpose, ThingModel, Validator, Violation};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// What was decided, as far as a device can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Accepted,
    /// 403: unknown or read-only id, missing param.
    Refused,
    /// 406: the value.
    Value,
}

fn verdict<T>(result: Result<T, Box<Violation<'_>>>) -> Verdict {
    let Err(violation) = result else { return Verdict::Accepted };
    assert!(!violation.to_string().is_empty());
    match violation.cause {
        Cause::NotDefined | Cause::NotWritable | Cause::Missing => Verdict::Refused,
        _ => Verdict::Value,
    }
}

// The reference.

fn number(define: &Value, key: &str) -> f64 {
    define[key].as_str().unwrap().parse().unwrap()
}

fn check_value(define: &Value, value: &Value) -> Verdict {
    let ok = |good: bool| if good { Verdict::Accepted } else { Verdict::Value };
    match define["type"].as_str().unwrap() {
        "bool" => ok(value.is_boolean() || value.as_i64().is_some_and(|n| n == 0 || n == 1)),
        "int" => {
            ok(value.as_i64().is_some_and(|n| n as f64 >= number(define, "min") && n as f64 <= number(define, "max")))
        }
        "float" => ok(value.as_f64().is_some_and(|n| n >= number(define, "min") && n <= number(define, "max"))),
        "timestamp" => ok(value.is_i64()),
        "enum" => ok(value.as_i64().is_some_and(|n| define["mapping"].get(n.to_string()).is_some())),
        "stringenum" => ok(value.as_str().is_some_and(|key| define["mapping"].get(key).is_some())),
        "string" => ok(value.as_str().is_some_and(|text| {
            let length = text.len() as f64;
            length >= number(define, "min") && length <= number(define, "max")
        })),
        "struct" => match value {
            Value::Object(members) => check_members(define["specs"].as_array().unwrap(), "dataType", members, |_| true),
            _ => Verdict::Value,
        },
        _ => match value {
            Value::Array(items) => {
                let first_bad = items.iter().map(|item| check_value(&define["arrayInfo"], item));
                first_bad.take(128).find(|verdict| *verdict != Verdict::Accepted).unwrap_or(ok(items.len() <= 128))
            }
            _ => Verdict::Value,
        },
    }
}

fn check_members(
    fields: &[Value],
    define: &str,
    members: &Map<String, Value>,
    allowed: impl Fn(&Value) -> bool,
) -> Verdict {
    for (id, value) in members {
        let verdict = match fields.iter().find(|field| field["id"] == id.as_str()) {
            Some(field) if allowed(field) => check_value(&field[define], value),
            _ => Verdict::Refused,
        };
        if verdict != Verdict::Accepted {
            return verdict;
        }
    }
    Verdict::Accepted
}

fn check_all(fields: &[Value], message: &Value) -> Verdict {
    let Value::Object(members) = message else { return Verdict::Value };
    match check_members(fields, "define", members, |_| true) {
        Verdict::Accepted if fields.iter().any(|field| !members.contains_key(field["id"].as_str().unwrap())) => {
            Verdict::Refused
        }
        verdict => verdict,
    }
}

fn check_properties(model: &Value, message: &Value, purpose: Purpose) -> Verdict {
    let Value::Object(members) = message else { return Verdict::Value };
    check_members(model["properties"].as_array().unwrap(), "define", members, |property| {
        purpose == Purpose::Report || property["mode"] == "rw"
    })
}

// Models and messages.

struct Dice(u64);

impl Dice {
    /// A number below `sides`; xorshift, because quality does not matter here.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }

    fn between(&mut self, min: i64, max: i64) -> i64 {
        min + i64::try_from(self.roll(u64::try_from(max - min + 1).unwrap())).unwrap()
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[usize::try_from(self.roll(from.len() as u64)).unwrap()]
    }
}

const BASIC: &[&str] = &["bool", "int", "float", "string", "enum", "stringenum", "timestamp"];
const WORDS: &[&str] = &["", "lo", "hi", "高", "a\"b", "back\\slash", "line\nbreak", "long enough for most"];

fn some_define(dice: &mut Dice, kind: &str) -> Value {
    match kind {
        "bool" => json!({"type": kind, "mapping": {"0": "off", "1": "on"}}),
        "int" | "float" => {
            let min = dice.between(-50, 50);
            let max = min + dice.between(1, 100);
            let half = if kind == "float" && dice.one_in(2) { ".50" } else { "" };
            json!({"type": kind, "min": min.to_string(), "max": format!("{max}{half}")})
        }
        "string" => {
            let min = dice.between(0, 6);
            json!({"type": kind, "min": min.to_string(), "max": (min + dice.between(0, 12)).to_string()})
        }
        "enum" => {
            let mapping: Map<_, _> = (0..=dice.roll(4)).map(|i| ((i * 2).to_string(), json!("x"))).collect();
            json!({"type": kind, "mapping": mapping})
        }
        "stringenum" => {
            let mapping: Map<_, _> =
                (0..=dice.roll(3)).map(|_| ((*dice.pick(&WORDS[1..])).to_owned(), json!("x"))).collect();
            json!({"type": kind, "mapping": mapping})
        }
        "struct" => json!({"type": kind, "specs": some_fields(dice, "dataType", BASIC)}),
        "array" => {
            let element = *dice.pick(&["int", "float", "string", "struct"]);
            json!({"type": kind, "arrayInfo": some_define(dice, element)})
        }
        _ => json!({"type": "timestamp"}),
    }
}

fn some_fields(dice: &mut Dice, define: &str, kinds: &[&str]) -> Vec<Value> {
    let count = 1 + dice.roll(8);
    let field = |index| {
        let kind = *dice.pick(kinds);
        let mode = if dice.one_in(3) { "r" } else { "rw" };
        json!({"id": format!("{}{index}", &kind[..1]), "name": "n", "mode": mode, define: some_define(dice, kind)})
    };
    (0..count).map(field).collect()
}

/// A value that mostly fits, at or near the borders.
fn some_value(dice: &mut Dice, define: &Value) -> Value {
    if dice.one_in(14) {
        return any_value(dice);
    }
    let near = |dice: &mut Dice| {
        let (min, max) = (number(define, "min") as i64, number(define, "max") as i64);
        let reach = i64::from(dice.one_in(12));
        dice.between(min - reach, max + reach)
    };
    match define["type"].as_str().unwrap() {
        "bool" if dice.one_in(4) => json!(dice.one_in(2)),
        "bool" => json!(if dice.one_in(12) { 2 } else { dice.between(0, 1) }),
        "int" => json!(near(dice)),
        "float" if dice.one_in(2) => json!(near(dice) as f64 + 0.5),
        "float" => json!(near(dice)),
        "string" => json!("x".repeat(usize::try_from(near(dice).max(0)).unwrap())),
        "enum" => json!(if dice.one_in(12) { 1 } else { 2 * dice.roll(2) }),
        "stringenum" => {
            let keys: Vec<_> = define["mapping"].as_object().unwrap().keys().collect();
            json!(dice.pick(&keys))
        }
        "struct" => some_message(dice, define["specs"].as_array().unwrap(), "dataType", 2),
        "array" => {
            let length = if dice.one_in(30) { dice.between(126, 131) } else { dice.between(0, 4) };
            (0..length).map(|_| some_value(dice, &define["arrayInfo"])).collect()
        }
        _ => json!(dice.between(0, 1_714_550_400_123)),
    }
}

fn any_value(dice: &mut Dice) -> Value {
    match dice.roll(9) {
        0 => Value::Null,
        1 => json!(dice.one_in(2)),
        2 => json!(dice.between(-200, 200)),
        3 => json!(dice.between(-200, 200) as f64 / 4.0),
        4 => json!(u64::MAX),
        5 => json!(dice.pick(WORDS)),
        6 => json!("0"),
        7 => json!([1, {"x": []}]),
        _ => json!({"i0": 1}),
    }
}

/// Members in the order of the definition, as devices send them, or in another one; `leave_out`: one in so many.
fn some_message(dice: &mut Dice, fields: &[Value], define: &str, leave_out: u64) -> Value {
    let mut members: Vec<(String, Value)> = Vec::new();
    for field in fields {
        if !dice.one_in(leave_out) {
            members.push((field["id"].as_str().unwrap().to_owned(), some_value(dice, &field[define])));
        }
    }
    if dice.one_in(3) {
        members.reverse();
    }
    if dice.one_in(15) {
        members.push((format!("{}9", dice.pick(WORDS)), any_value(dice)));
    }
    Value::Object(members.into_iter().collect())
}

struct Case {
    model: Value,
    validator: Validator,
}

fn some_case(dice: &mut Dice) -> Case {
    let all: Vec<&str> = BASIC.iter().copied().chain(["struct", "array"]).collect();
    let model = json!({
        "version": "1.0",
        "properties": some_fields(dice, "define", &all),
        "events": [{"id": "ev", "name": "n", "type": "info", "params": some_fields(dice, "define", BASIC)}],
        "actions": [{"id": "ac", "name": "n", "input": some_fields(dice, "define", BASIC),
            "output": some_fields(dice, "define", BASIC)}],
    });
    let validator = Validator::compile(&ThingModel::parse(&model.to_string()).unwrap());
    Case { model, validator }
}

/// The same message compact and with white space.
fn texts(message: &Value) -> [String; 2] {
    [message.to_string(), serde_json::to_string_pretty(message).unwrap()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Are properties accepted, refused and found wrong exactly as the reference says, for both purposes?
    #[test]
    fn properties_agree(seed in 1..u64::MAX) {
        let mut dice = Dice(seed);
        let case = some_case(&mut dice);
        for _ in 0..8 {
            let message = some_message(&mut dice, case.model["properties"].as_array().unwrap(), "define", 4);
            for purpose in [Purpose::Report, Purpose::Control] {
                let expected = check_properties(&case.model, &message, purpose);
                for text in texts(&message) {
                    let found = case.validator.check_properties(&mut Scanner::new(text.as_bytes()), purpose);
                    prop_assert_eq!(verdict(found), expected, "{} {}", case.model, text);
                }
            }
        }
    }

    /// Do event and action params agree with the reference, missing ones included?
    #[test]
    fn complete_params_agree(seed in 1..u64::MAX) {
        let mut dice = Dice(seed);
        let case = some_case(&mut dice);
        let event = case.validator.event("ev").unwrap();
        let action = case.validator.action("ac").unwrap();
        for _ in 0..4 {
            for place in ["/events/0/params", "/actions/0/input", "/actions/0/output"] {
                let fields = case.model.pointer(place).unwrap().as_array().unwrap();
                let message = some_message(&mut dice, fields, "define", 16);
                for text in texts(&message) {
                    let scanner = &mut Scanner::new(text.as_bytes());
                    let found = match place {
                        "/events/0/params" => event.check_params(scanner),
                        "/actions/0/input" => action.check_input(scanner),
                        _ => action.check_output(scanner),
                    };
                    prop_assert_eq!(verdict(found), check_all(fields, &message), "{} {}", case.model, text);
                }
            }
        }
    }
}

/// Do the dice reach all three verdicts often enough for the tests above to mean something?
#[test]
fn the_dice_are_fair() {
    let mut dice = Dice(7);
    let mut seen = [0_u32; 3];
    for _ in 0..200 {
        let case = some_case(&mut dice);
        let message = some_message(&mut dice, case.model["properties"].as_array().unwrap(), "define", 4);
        match check_properties(&case.model, &message, Purpose::Report) {
            Verdict::Accepted => seen[0] += 1,
            Verdict::Refused => seen[1] += 1,
            Verdict::Value => seen[2] += 1,
        }
    }
    assert!(seen.iter().all(|count| *count >= 10), "{seen:?}");
}
