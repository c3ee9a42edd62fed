//! Which definitions are refused, why, and where exactly?

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use lianwu_model::ProductId;
use lianwu_model::json::Scanner;
use lianwu_model::thing_model::DefinitionErrorKind as Kind;
use lianwu_model::thing_model::{Define, Mode, Purpose, ThingModel, Validator, limits};

const LIGHT: &str = include_str!("fixtures/light.json");
const TBOX: &str = include_str!("fixtures/tbox.json");
const ALL_TYPES: &str = include_str!("fixtures/all_types.json");

#[track_caller]
fn refused(model: &str, kind: Kind, text: &str) {
    let error = ThingModel::parse(model).unwrap_err();
    assert_eq!((error.kind, error.to_string().as_str()), (kind, text), "{model}");
}

/// A model with one property of mode `rw`.
fn with_define(define: &str) -> String {
    format!(r#"{{"properties":[{{"id":"p","name":"P","mode":"rw","define":{define}}}]}}"#)
}

#[track_caller]
fn define_refused(define: &str, kind: Kind, text: &str) {
    refused(&with_define(define), kind, text);
}

#[track_caller]
fn define_accepted(define: &str) -> Define {
    ThingModel::parse(&with_define(define)).unwrap().properties.remove(0).define
}

/// Are the vendor's own models read in full?
#[test]
fn the_fixtures_are_read() {
    let light = ThingModel::parse(LIGHT).unwrap();
    assert_eq!((light.properties.len(), light.events.len(), light.actions.len()), (6, 3, 1));
    assert_eq!(light.profile.product_id, "LIGHT00001");
    let position = light.property("position").unwrap();
    assert_eq!((position.mode, position.define.type_name()), (Mode::Read, "struct"));
    assert_eq!(light.property("power_switch").unwrap().desc, "控制电灯开灭");
    let tbox = ThingModel::parse(TBOX).unwrap();
    assert_eq!(tbox.profile.product_id, "TBOX000001", "the old spelling of the key");
    let kinds: Vec<_> = ThingModel::parse(ALL_TYPES).unwrap().properties.iter().map(|p| p.define.type_name()).collect();
    for name in ["bool", "int", "float", "string", "enum", "stringenum", "timestamp", "struct", "array"] {
        assert!(kinds.contains(&name), "{name}");
    }
}

/// Is "nothing" told apart from "nonsense", and does a missing array count as empty?
#[test]
fn whole_documents() {
    for empty in ["", " \n", "null", "{}"] {
        refused(empty, Kind::Nil, "the thing model is empty");
    }
    refused("[]", Kind::Invalid, "the thing model must be a JSON object");
    let broken = ThingModel::parse("{\"version\":").unwrap_err();
    assert_eq!(broken.kind, Kind::Invalid);
    assert!(broken.to_string().starts_with("the thing model is not JSON: "), "{broken}");
    refused(r#"{"version":"2.0"}"#, Kind::Invalid, r#"version: must be "1.0""#);
    refused(r#"{"profile":7}"#, Kind::Invalid, "profile: must be an object");
    refused(r#"{"profile":{"ProductId":[]}}"#, Kind::Invalid, "profile.ProductId: must be a string");
    refused(r#"{"properties":{}}"#, Kind::Invalid, "properties: must be an array");
    refused(r#"{"events":[7]}"#, Kind::Invalid, "events[0]: must be an object");
    assert_eq!(ThingModel::parse(r#"{"version":"1.0"}"#).unwrap(), ThingModel::default());
    assert_eq!(ThingModel::parse(r#"{"profile":{"CategoryId":3}}"#).unwrap().profile.category_id, "3");
    let huge = format!("{{\"version\":\"{}\"}}", "1".repeat(limits::MODEL_BYTES_MAX));
    let text = format!("has {} bytes, at most {} are allowed", huge.len(), limits::MODEL_BYTES_MAX);
    refused(&huge, Kind::Limit, &text);
}

/// Is the skeleton of a new product a model without functions?
#[test]
fn the_empty_skeleton() {
    let product: ProductId = "AB12CD34EF".parse().unwrap();
    let text = ThingModel::empty_skeleton(&product, 3);
    assert_eq!(
        text,
        r#"{"version":"1.0","profile":{"ProductId":"AB12CD34EF","CategoryId":"3"},"properties":[],"events":[],"actions":[]}"#
    );
    let model = ThingModel::parse(&text).unwrap();
    assert_eq!((model.profile.product_id.as_str(), model.profile.category_id.as_str()), ("AB12CD34EF", "3"));
    assert!(model.properties.is_empty());
}

/// Are ids, names, modes and the other texts of a function checked?
#[test]
fn heads_of_functions() {
    let property = |head: &str| format!(r#"{{"properties":[{{{head},"define":{{"type":"timestamp"}}}}]}}"#);
    let id_rule = "properties[0].id: must be 1 to 32 ASCII letters, digits or underscores, the first not a digit";
    let long_id = format!(r#""id":"{}","name":"N","mode":"r""#, "a".repeat(33));
    let long_name = format!(r#""id":"a","name":"{}","mode":"r""#, "名".repeat(21));
    let long_desc = format!(r#""id":"a","name":"N","mode":"r","desc":"{}""#, "说".repeat(81));
    for (head, kind, text) in [
        (r#""name":"N","mode":"r""#, Kind::IdOrName, "properties[0].id: is missing"),
        (r#""id":7,"name":"N","mode":"r""#, Kind::IdOrName, "properties[0].id: must be a string"),
        (r#""id":"","name":"N","mode":"r""#, Kind::IdOrName, id_rule),
        (r#""id":"1a","name":"N","mode":"r""#, Kind::IdOrName, id_rule),
        (r#""id":"a-b","name":"N","mode":"r""#, Kind::IdOrName, id_rule),
        (r#""id":"温","name":"N","mode":"r""#, Kind::IdOrName, id_rule),
        (&long_id, Kind::IdOrName, id_rule),
        (r#""id":"a","mode":"r""#, Kind::IdOrName, "properties[0].name: is missing or empty"),
        (r#""id":"a","name":"","mode":"r""#, Kind::IdOrName, "properties[0].name: is missing or empty"),
        (r#""id":"a","name":7,"mode":"r""#, Kind::IdOrName, "properties[0].name: must be a string"),
        (
            r#""id":"a","name":"N!","mode":"r""#,
            Kind::IdOrName,
            "properties[0].name: may contain letters, digits and _-/.() only",
        ),
        (&long_name, Kind::IdOrName, "properties[0].name: has 21 characters, at most 20 are allowed"),
        (&long_desc, Kind::Invalid, "properties[0].desc: has 81 characters, at most 80 are allowed"),
        (
            r#""id":"a","name":"N","mode":"r","required":1"#,
            Kind::Invalid,
            "properties[0].required: must be true or false",
        ),
        (r#""id":"a","name":"N""#, Kind::Mode, "properties[0].mode: is missing, must be r or rw"),
        (r#""id":"a","name":"N","mode":"w""#, Kind::Mode, "properties[0].mode: must be r or rw"),
    ] {
        refused(&property(head), kind, text);
    }
    let longest = format!(r#""id":"{}","name":"{}","mode":"rw""#, "a".repeat(32), "名".repeat(20));
    assert!(ThingModel::parse(&property(&longest)).is_ok());
}

/// Are unknown and misplaced types refused at their place?
#[test]
fn types() {
    let all = "bool, int, float, string, enum, stringenum, timestamp, struct, array";
    define_refused("7", Kind::Type, "properties[0].define: must be an object");
    define_refused("{}", Kind::Type, "properties[0].define.type: is missing");
    define_refused(r#"{"type":7}"#, Kind::Type, "properties[0].define.type: must be a string");
    let unknown = format!("properties[0].define.type: is not a type, must be one of {all}");
    define_refused(r#"{"type":"double"}"#, Kind::Type, &unknown);
    refused(r#"{"properties":[{"id":"p","name":"P","mode":"r"}]}"#, Kind::Type, "properties[0].define: is missing");
    define_refused(r#"{"type":"struct"}"#, Kind::Type, "properties[0].define.specs: is missing or empty");
    define_refused(
        r#"{"type":"struct","specs":[{"id":"x","name":"X","dataType":{"type":"struct","specs":[]}}]}"#,
        Kind::Type,
        "properties[0].define.specs[0].dataType.type: struct is not allowed here",
    );
    define_refused(
        r#"{"type":"struct","specs":[{"id":"x","name":"X","define":{"type":"timestamp"}}]}"#,
        Kind::Type,
        "properties[0].define.specs[0].dataType: is missing",
    );
    define_refused(r#"{"type":"array"}"#, Kind::Type, "properties[0].define.arrayInfo: is missing");
    for element in ["bool", "enum", "stringenum", "timestamp", "array"] {
        define_refused(
            &format!(r#"{{"type":"array","arrayInfo":{{"type":"{element}"}}}}"#),
            Kind::Type,
            &format!("properties[0].define.arrayInfo.type: {element} is not allowed here"),
        );
    }
    define_refused(
        r#"{"type":"array","arrayInfo":{"type":"struct","specs":[{"id":"x","name":"X","dataType":{"type":"int","min":"0","max":"zero"}}]}}"#,
        Kind::Range,
        "properties[0].define.arrayInfo.specs[0].dataType.max: \"zero\" is not a whole number",
    );
}

/// Are the keys of bool, enum and stringenum checked?
#[test]
fn mappings() {
    let exactly = "properties[0].define.mapping: must have exactly the keys 0 and 1";
    define_refused(r#"{"type":"bool"}"#, Kind::BoolMapping, "properties[0].define.mapping: is missing");
    for mapping in ["{}", r#"{"0":"a"}"#, r#"{"0":"a","2":"b"}"#, r#"{"0":"a","1":"b","2":"c"}"#] {
        define_refused(&format!(r#"{{"type":"bool","mapping":{mapping}}}"#), Kind::BoolMapping, exactly);
    }
    define_refused(
        r#"{"type":"bool","mapping":{"0":"a","1":7}}"#,
        Kind::BoolMapping,
        "properties[0].define.mapping.1: must be a string",
    );
    define_refused(
        r#"{"type":"enum","mapping":[]}"#,
        Kind::EnumMapping,
        "properties[0].define.mapping: must be an object",
    );
    define_refused(
        r#"{"type":"enum","mapping":{}}"#,
        Kind::EnumMapping,
        "properties[0].define.mapping: has 0 keys, 1 to 100 are allowed",
    );
    for key in ["-1", "a", "01", "1.0", ""] {
        let text =
            format!("properties[0].define.mapping: key {key:?} must be a whole number from 0, without leading zeros");
        define_refused(&format!(r#"{{"type":"enum","mapping":{{"{key}":"x"}}}}"#), Kind::EnumMapping, &text);
    }
    let label = "标".repeat(21);
    define_refused(
        &format!(r#"{{"type":"stringenum","mapping":{{"a":"{label}"}}}}"#),
        Kind::EnumMapping,
        "properties[0].define.mapping.a: has 21 characters, at most 20 are allowed",
    );
    define_refused(
        r#"{"type":"stringenum","mapping":{"":"x"}}"#,
        Kind::EnumMapping,
        "properties[0].define.mapping: key \"\" must have 1 to 64 bytes",
    );
    let entries = |count: usize| {
        let list: Vec<_> = (0..count).map(|key| format!(r#""{key}":"x""#)).collect();
        format!(r#"{{"type":"enum","mapping":{{{}}}}}"#, list.join(","))
    };
    define_accepted(&entries(100));
    define_refused(
        &entries(101),
        Kind::EnumMapping,
        "properties[0].define.mapping: has 101 keys, 1 to 100 are allowed",
    );
}

/// Are bounds, start and step checked, written as strings or as numbers?
#[test]
fn ranges() {
    let path = "properties[0].define";
    for (rest, kind, text) in [
        (r#""max":"1""#, Kind::Range, "min: is missing"),
        (r#""min":"","max":"1""#, Kind::Range, "min: is missing"),
        (r#""min":"0","max":true"#, Kind::Range, "max: must be a number"),
        (r#""min":"0.5","max":"1""#, Kind::Range, "min: \"0.5\" is not a whole number"),
        (r#""min":"1","max":"1""#, Kind::Range, "min: 1 must be below max 1"),
        (r#""min":"2","max":"1""#, Kind::Range, "min: 2 must be below max 1"),
        (r#""min":"0","max":"9","start":"10""#, Kind::Range, "start: 10 is outside [0,9]"),
        (r#""min":"0","max":"9","step":"0""#, Kind::Range, "step: must be above 0 and at most max - min"),
        (r#""min":"0","max":"9","step":10"#, Kind::Range, "step: must be above 0 and at most max - min"),
        (
            r#""min":"0","max":"10000000000000""#,
            Kind::RangeOverflow,
            "max: 10000000000000 is beyond 9999999999999 to -9999999999999",
        ),
        (
            r#""min":"-99999999999999999999","max":"0""#,
            Kind::RangeOverflow,
            "min: -99999999999999999999 is beyond 9999999999999 to -9999999999999",
        ),
        (
            r#""min":"0","max":"9","unit":"1234567890123""#,
            Kind::Invalid,
            "unit: has 13 characters, at most 12 are allowed",
        ),
    ] {
        define_refused(&format!(r#"{{"type":"int",{rest}}}"#), kind, &format!("{path}.{text}"));
    }
    for (rest, kind, text) in [
        (r#""min":"NaN","max":"1""#, Kind::Range, "min: \"NaN\" is not a number"),
        (r#""min":"inf","max":"1""#, Kind::Range, "min: \"inf\" is not a number"),
        (r#""min":"0","max":"1e999""#, Kind::RangeOverflow, "max: 1e999 is beyond a 64-bit float"),
        (r#""min":"0.5","max":"0.5""#, Kind::Range, "min: 0.5 must be below max 0.5"),
        (r#""min":"0","max":"1","start":"-0.1""#, Kind::Range, "start: -0.1 is outside [0,1]"),
        (r#""min":"0","max":"1","step":"-1""#, Kind::Range, "step: must be above 0 and at most max - min"),
    ] {
        define_refused(&format!(r#"{{"type":"float",{rest}}}"#), kind, &format!("{path}.{text}"));
    }
    for (rest, kind, text) in [
        (r#""min":"-1""#, Kind::Range, "min: must not be negative"),
        (r#""min":"3","max":"2""#, Kind::Range, "min: 3 must not be above max 2"),
        (r#""max":"2049""#, Kind::RangeOverflow, "max: 2049 is beyond 2048 bytes"),
    ] {
        define_refused(&format!(r#"{{"type":"string",{rest}}}"#), kind, &format!("{path}.{text}"));
    }
    assert_eq!(define_accepted(r#"{"type":"string"}"#), Define::String { min: 0, max: 2048 });
    assert_eq!(define_accepted(r#"{"type":"string","min":4,"max":"4"}"#), Define::String { min: 4, max: 4 });
    let as_text = define_accepted(r#"{"type":"int","min":"-3","max":"+7","start":"0","step":"1.0","unit":"%"}"#);
    assert_eq!(define_accepted(r#"{"type":"int","min":-3,"max":7,"start":0,"step":1,"unit":"%"}"#), as_text);
    define_accepted(r#"{"type":"float","min":"0.1","max":"0.4","step":"0.3"}"#);
}

/// Are events and actions checked like properties, with the vendor's own error for each?
#[test]
fn events_and_actions() {
    let event = |rest: &str| format!(r#"{{"events":[{{"id":"e","name":"E"{rest}}}]}}"#);
    refused(&event(""), Kind::EventTypeMissing, "events[0].type: is missing, must be info, alert or fault");
    refused(&event(r#","type":"warn""#), Kind::EventType, "events[0].type: must be info, alert or fault");
    refused(&event(r#","type":"info","params":{}"#), Kind::EventParam, "events[0].params: must be an array");
    let param = r#"{"id":"a","name":"A","define":{"type":"timestamp"}}"#;
    refused(
        &event(&format!(r#","type":"info","params":[{param},{param}]"#)),
        Kind::EventParamDuplicateId,
        "events[0].params[1].id: a is used twice",
    );
    refused(
        &event(r#","type":"info","params":[{"id":"a","name":"A","define":{"type":"array"}}]"#),
        Kind::EventParam,
        "events[0].params[0].define.type: array is not allowed here",
    );
    let params = |count: usize| {
        let list: Vec<_> =
            (0..count).map(|i| format!(r#"{{"id":"a{i}","name":"A","define":{{"type":"timestamp"}}}}"#)).collect();
        event(&format!(r#","type":"info","params":[{}]"#, list.join(",")))
    };
    assert!(ThingModel::parse(&params(50)).is_ok());
    refused(&params(51), Kind::EventParamLimit, "events[0].params: 51 params, at most 50 are allowed");
    let action = |rest: &str| format!(r#"{{"actions":[{{"id":"e","name":"E"{rest}}}]}}"#);
    assert!(ThingModel::parse(&action("")).is_ok());
    refused(
        &action(&format!(r#","input":[{param},{param}]"#)),
        Kind::DuplicateId,
        "actions[0].input[1].id: a is used twice",
    );
    refused(
        &action(r#","output":[{"id":"a","name":"A","define":{"type":"struct"}}]"#),
        Kind::Type,
        "actions[0].output[0].define.type: struct is not allowed here",
    );
    refused(
        r#"{"properties":[{"id":"x","name":"P","mode":"r","define":{"type":"timestamp"}}],"actions":[{"id":"x","name":"A"}]}"#,
        Kind::DuplicateId,
        "actions[0].id: x is used twice",
    );
}

/// Do properties and events share their limit, and actions have their own?
#[test]
fn limits_of_functions() {
    let list = |prefix: &str, count: usize, rest: &str| -> String {
        let items: Vec<_> = (0..count).map(|i| format!(r#"{{"id":"{prefix}{i}","name":"N"{rest}}}"#)).collect();
        items.join(",")
    };
    let model = |properties: usize, events: usize, actions: usize| {
        format!(
            r#"{{"properties":[{}],"events":[{}],"actions":[{}]}}"#,
            list("p", properties, r#","mode":"r","define":{"type":"timestamp"}"#),
            list("e", events, r#","type":"info""#),
            list("a", actions, "")
        )
    };
    assert!(ThingModel::parse(&model(60, 40, 100)).is_ok());
    refused(&model(60, 41, 0), Kind::Limit, "101 properties and events, at most 100 are allowed");
    refused(&model(0, 0, 101), Kind::Limit, "101 actions, at most 100 are allowed");
    let members = |count: usize| {
        let list: Vec<_> =
            (0..count).map(|i| format!(r#"{{"id":"m{i}","name":"M","dataType":{{"type":"timestamp"}}}}"#)).collect();
        with_define(&format!(r#"{{"type":"struct","specs":[{}]}}"#, list.join(",")))
    };
    assert!(ThingModel::parse(&members(20)).is_ok());
    refused(&members(21), Kind::Limit, "properties[0].define.specs: 21 members, at most 20 are allowed");
}

/// Are the start values those that panels show, and accepted as a report?
#[test]
fn start_values() {
    let model = ThingModel::parse(LIGHT).unwrap();
    let start = model.start_values();
    assert_eq!(
        start,
        r#"{"power_switch":0,"color":0,"brightness":0,"name":"","position":{"longitude":0,"latitude":0},"power":"high"}"#
    );
    let validator = Validator::compile(&model);
    assert!(validator.check_properties(&mut Scanner::new(start.as_bytes()), Purpose::Report).is_ok());
    let mut out = String::new();
    define_accepted(r#"{"type":"int","min":"5","max":"9"}"#).start_json(&mut out);
    define_accepted(r#"{"type":"float","min":"-2","max":"-0.5"}"#).start_json(&mut out);
    define_accepted(r#"{"type":"array","arrayInfo":{"type":"string"}}"#).start_json(&mut out);
    assert_eq!(out, "5-0.5[]");
}

/// Does a model keep what its category's template requires?
#[test]
fn required_functions_stay() {
    let template = ThingModel::parse(LIGHT).unwrap();
    let edit = |from: &str, to: &str| ThingModel::parse(&LIGHT.replace(from, to)).unwrap();
    assert!(template.check_template(&template).is_ok());
    assert!(edit("电灯开关", "主灯").check_template(&template).is_ok(), "names may change");
    assert!(edit("\"max\":\"100\"", "\"max\":\"90\"").check_template(&template).is_ok(), "optional ones may change");
    let gone = edit("power_switch", "switch").check_template(&template).unwrap_err();
    assert_eq!(gone.kind, Kind::TemplateMismatch);
    assert_eq!(gone.to_string(), "properties: required function power_switch is missing");
    let read_only = edit(r#""required":true,"mode":"rw""#, r#""required":true,"mode":"r""#);
    assert_eq!(
        read_only.check_template(&template).unwrap_err().to_string(),
        "properties: required function power_switch differs from the category's template"
    );
}
