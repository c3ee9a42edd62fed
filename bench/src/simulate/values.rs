//! Values a thing model allows, drawn at random. Pure: the same seed gives the same values.

use lianwu_model::{
    UnixMillis,
    thing_model::{Define, Field, FloatRange, IntRange},
};
use serde_json::{Map, Number, Value};

/// Longest text drawn, unless the model wants longer ones.
const TEXT_BYTES: usize = 24;
/// Most elements of an array drawn.
const ELEMENTS_MAX: u64 = 4;
/// A number moves by at most this share of its range from one report to the next.
const MOVE_SHARE: f64 = 0.05;

/// A small random number generator (SplitMix64). Good enough for test data, useless for secrets.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Any number.
    pub fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; zero if `end` is zero.
    pub fn below(&mut self, end: u64) -> u64 {
        // The slight preference for small numbers does not matter for test data.
        if end == 0 { 0 } else { self.roll() % end }
    }

    /// A number from 0 to below 1.
    pub fn share(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len() as u64) as usize)
    }
}

/// Draws a value. Numbers stay near `previous`, which makes curves rather than noise.
#[must_use]
pub fn draw(define: &Define, previous: Option<&Value>, dice: &mut Dice, now: UnixMillis) -> Value {
    match define {
        Define::Bool { .. } => dice.below(2).into(),
        Define::Int(range) => draw_int(range, previous.and_then(Value::as_i64), dice).into(),
        Define::Float(range) => draw_float(range, previous.and_then(Value::as_f64), dice),
        Define::String { min, max } => draw_text(*min, *max, dice).into(),
        Define::Enum { mapping } => dice.pick(mapping).map_or(0, |(number, _)| *number).into(),
        Define::StringEnum { mapping } => dice.pick(mapping).map_or("", |(key, _)| key).into(),
        Define::Timestamp => now.0.into(),
        Define::Struct { members } => draw_fields(members, previous, dice, now),
        Define::Array { element } => {
            let count = dice.below(ELEMENTS_MAX + 1);
            (0..count).map(|_| draw(element, None, dice, now)).collect::<Vec<_>>().into()
        }
    }
}

/// Draws every field of a struct, an event or an action.
#[must_use]
pub fn draw_fields(fields: &[Field], previous: Option<&Value>, dice: &mut Dice, now: UnixMillis) -> Value {
    let mut object = Map::new();
    for field in fields {
        let before = previous.and_then(|value| value.get(&field.id));
        object.insert(field.id.clone(), draw(&field.define, before, dice, now));
    }
    Value::Object(object)
}

fn draw_int(range: &IntRange, previous: Option<i64>, dice: &mut Dice) -> i64 {
    let width = range.max.abs_diff(range.min);
    let offset = match previous {
        Some(value) if (range.min..=range.max).contains(&value) => {
            let reach = ((width as f64 * MOVE_SHARE) as u64).max(1).min(width);
            let lowest = value.abs_diff(range.min).saturating_sub(reach);
            (lowest + dice.below(2 * reach + 1)).min(width)
        }
        _ => dice.below(width.saturating_add(1)),
    };
    let step = range.step.filter(|&step| step > 0).map_or(1, i64::unsigned_abs);
    // Not above the width, so the sum stays within the range.
    range.min.saturating_add_unsigned(offset / step * step)
}

fn draw_float(range: &FloatRange, previous: Option<f64>, dice: &mut Dice) -> Value {
    let share = match previous {
        Some(value) if range.max - range.min > 0.0 && (range.max - range.min).is_finite() => {
            let at = (value - range.min) / (range.max - range.min);
            (at + (dice.share() * 2.0 - 1.0) * MOVE_SHARE).clamp(0.0, 1.0)
        }
        _ => dice.share(),
    };
    // Written so that it cannot overflow between bounds of opposite signs.
    let mut value = range.min * (1.0 - share) + range.max * share;
    if let Some(step) = range.step.filter(|&step| step > 0.0) {
        let rounded = range.min + ((value - range.min) / step).round() * step;
        // Hides the tail of 0.30000000000000004.
        value = [(rounded * 1e6).round() / 1e6, rounded].into_iter().find(|value| value.is_finite()).unwrap_or(value);
    }
    Number::from_f64(value.clamp(range.min, range.max)).map_or(Value::Null, Value::Number)
}

fn draw_text(min: usize, max: usize, dice: &mut Dice) -> String {
    let longest = max.min(TEXT_BYTES.max(min));
    let length = min + dice.below((longest.saturating_sub(min) + 1) as u64) as usize;
    (0..length).map(|_| char::from(b'a' + dice.below(26) as u8)).collect()
}

#[cfg(test)]
mod tests {
    use lianwu_model::{
        json::Scanner,
        thing_model::{Purpose, ThingModel, Validator},
    };
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// A model with all nine types, the bounds chosen by the test.
    fn model_text(int: (i64, i64), step: i64, float: (f64, f64), text: (usize, usize)) -> String {
        let int_define = json!({"type": "int", "min": int.0.to_string(), "max": int.1.to_string(),
            "start": int.0.to_string(), "step": step.to_string(), "unit": ""});
        let float_define = json!({"type": "float", "min": float.0.to_string(), "max": float.1.to_string(),
            "start": float.0.to_string(), "step": "0.1", "unit": ""});
        let text_define = json!({"type": "string", "min": text.0.to_string(), "max": text.1.to_string()});
        let member = |id: &str, define: &Value| json!({"id": id, "name": id, "dataType": define});
        let defines = [
            json!({"type": "bool", "mapping": {"0": "off", "1": "on"}}),
            int_define.clone(),
            float_define.clone(),
            text_define.clone(),
            json!({"type": "enum", "mapping": {"0": "low", "7": "high"}}),
            json!({"type": "stringenum", "mapping": {"lo": "low", "hi": "high"}}),
            json!({"type": "timestamp"}),
            json!({"type": "struct", "specs": [member("x", &int_define), member("y", &float_define)]}),
            json!({"type": "array", "arrayInfo": text_define}),
            json!({"type": "array", "arrayInfo": {"type": "struct", "specs": [member("z", &int_define)]}}),
        ];
        let properties: Vec<_> = defines
            .iter()
            .enumerate()
            .map(|(number, define)| {
                json!({"id": format!("p{number}"), "name": format!("p{number}"), "desc": "", "mode": "r",
                    "required": false, "define": define})
            })
            .collect();
        json!({"version": "1.0", "profile": {"ProductId": "", "CategoryId": "1"}, "properties": properties,
            "events": [], "actions": []})
        .to_string()
    }

    proptest! {
        /// Does the validator accept every value drawn, the first one and those that follow it?
        #[test]
        fn every_value_is_valid(
            seed in any::<u64>(),
            int in (-9_999_999_999_999_i64..9_999_999_999_999, 1_i64..9_999_999_999_999),
            float in (-1e12_f64..1e12, 1.0_f64..1e12),
            text in (0_usize..2_000, 1_usize..48),
        ) {
            let int_max = int.0.saturating_add(int.1).min(9_999_999_999_999);
            let step = (int_max - int.0).clamp(1, 7);
            let definition = model_text((int.0, int_max), step, (float.0, float.0 + float.1), (text.0, text.0 + text.1));
            let model = ThingModel::parse(&definition).unwrap();
            let validator = Validator::compile(&model);
            let mut dice = Dice::new(seed);
            let mut state = Map::<String, Value>::new();
            for _ in 0..20 {
                for property in &model.properties {
                    let value = draw(&property.define, state.get(&property.id), &mut dice, UnixMillis(1_714_550_400_123));
                    state.insert(property.id.clone(), value);
                }
                let text = Value::Object(state.clone()).to_string();
                let checked = validator.check_properties(&mut Scanner::new(text.as_bytes()), Purpose::Report);
                prop_assert!(checked.is_ok(), "{text}: {:?}", checked);
            }
        }

        /// Does the same seed give the same values?
        #[test]
        fn seed_decides(seed in any::<u64>()) {
            let rolls = |mut dice: Dice| (0..10).map(|_| dice.roll()).collect::<Vec<_>>();
            prop_assert_eq!(rolls(Dice::new(seed)), rolls(Dice::new(seed)));
        }
    }
}
