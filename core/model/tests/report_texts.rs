//! Does every refusal name its cause letter by letter? The table of docs/adr/0003-thing-model-texts.md, as data.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use lianwu_model::json::Scanner;
use lianwu_model::thing_model::{Cause, Purpose, ThingModel, Validator};

fn validator(model: &str) -> Validator {
    Validator::compile(&ThingModel::parse(model).unwrap())
}

fn tbox() -> Validator {
    validator(include_str!("fixtures/tbox.json"))
}

fn light() -> Validator {
    validator(include_str!("fixtures/light.json"))
}

fn all_types() -> Validator {
    validator(include_str!("fixtures/all_types.json"))
}

/// An empty expectation means: accepted.
#[track_caller]
fn check(validator: &Validator, purpose: Purpose, params: &str, expected: &str) {
    let mut scanner = Scanner::new(params.as_bytes());
    match validator.check_properties(&mut scanner, purpose) {
        Ok(_) => {
            assert_eq!(scanner.finish(), Ok(()));
            assert_eq!("", expected, "{params} was accepted");
        }
        Err(violation) => assert_eq!(violation.to_string(), expected, "{params}"),
    }
}

#[track_caller]
fn reports(validator: &Validator, table: &[(&str, &str)]) {
    for (params, expected) in table {
        check(validator, Purpose::Report, params, expected);
    }
}

/// Are the FAQ's own examples answered with the FAQ's own words (faq-24, 25, 26, 28)?
#[test]
fn the_texts_of_the_faq() {
    reports(
        &tbox(),
        &[
            (
                r#"{"lac":"9"}"#,
                r#"readNumberAsString: invalid number, error found in #0 byte of ...|"9"|..., bigger context ...|"9"|..."#,
            ),
            (
                r#"{"lac" : "str" }"#,
                r#"readNumberAsString: invalid number, error found in #0 byte of ...|"str"|..., bigger context ...|"str"|..."#,
            ),
            (
                r#"{"str_model":133}"#,
                r#"ReadString: expects " or n, but found 1, error found in #1 byte of ...|133|..., bigger context ...|133|..."#,
            ),
            (r#"{"win_switch":3}"#, "win_switch value 3 out of range:[0,1]"),
            (r#"{"altitude":9999999}"#, "altitude value 9999999 out of range:[-1000,20000]"),
            (r#"{"work_mode":3}"#, "work_mode value 3 enum not defined"),
            (
                r#"{"work_mode":"0"}"#,
                r#"readNumberAsString: invalid number, error found in #0 byte of ...|"0"|..., bigger context ...|"0"|..."#,
            ),
            (
                r#"{"win_switch":"1"}"#,
                r#"readNumberAsString: invalid number, error found in #0 byte of ...|"1"|..., bigger context ...|"1"|..."#,
            ),
        ],
    );
}

/// Is each type's border exactly where the definition puts it, with a text for each way to miss it?
#[test]
fn all_nine_types() {
    reports(
        &all_types(),
        &[
            ("{}", ""),
            (r#"{"on":0}"#, ""),
            (r#"{"on":1}"#, ""),
            (r#"{"on":true}"#, ""),
            (r#"{"on":false}"#, ""),
            (r#"{"on":-1}"#, "on value -1 out of range:[0,1]"),
            (r#"{"on":0.5}"#, "on value 0.5 out of range:[0,1]"),
            (r#"{"on":1.0}"#, "on value 1.0 out of range:[0,1]"),
            (
                r#"{"on":null}"#,
                "readNumberAsString: invalid number, error found in #0 byte of ...|null|..., bigger context ...|null|...",
            ),
            (r#"{"count":-5}"#, ""),
            (r#"{"count":10}"#, ""),
            (r#"{"count":-6}"#, "count value -6 out of range:[-5,10]"),
            (r#"{"count":11}"#, "count value 11 out of range:[-5,10]"),
            (r#"{"count":99999999999999999999}"#, "count value 99999999999999999999 out of range:[-5,10]"),
            (r#"{"count":1.5}"#, "count value 1.5 not an integer"),
            (r#"{"count":1.0}"#, "count value 1.0 not an integer"),
            (r#"{"count":1e1}"#, "count value 1e1 not an integer"),
            (
                r#"{"count":true}"#,
                "readNumberAsString: invalid number, error found in #0 byte of ...|true|..., bigger context ...|true|...",
            ),
            (r#"{"temp":-40}"#, ""),
            (r#"{"temp":-4e1}"#, ""),
            (r#"{"temp":125.5}"#, ""),
            (r#"{"temp":125.6}"#, "temp value 125.6 out of range:[-40,125.5]"),
            (r#"{"temp":-40.01}"#, "temp value -40.01 out of range:[-40,125.5]"),
            (r#"{"gear":3}"#, ""),
            (r#"{"gear":1}"#, ""),
            (r#"{"gear":2}"#, "gear value 2 enum not defined"),
            (r#"{"gear":1.0}"#, "gear value 1.0 enum not defined"),
            (
                r#"{"gear":false}"#,
                "readNumberAsString: invalid number, error found in #0 byte of ...|false|..., bigger context ...|false|...",
            ),
            (r#"{"lvl":"lo"}"#, ""),
            (r#"{"lvl":"\u9ad8"}"#, ""),
            (r#"{"lvl":"高"}"#, ""),
            (r#"{"lvl":""}"#, "lvl value  enum not defined"),
            (r#"{"lvl":"mid"}"#, "lvl value mid enum not defined"),
            (
                r#"{"lvl":0}"#,
                r#"ReadString: expects " or n, but found 0, error found in #1 byte of ...|0|..., bigger context ...|0|..."#,
            ),
            (r#"{"lvl":null}"#, "lvl value null not allowed"),
            (r#"{"tag":"12345678"}"#, ""),
            (r#"{"tag":"\u0031"}"#, ""),
            (r#"{"tag":"温度xx"}"#, ""),
            (r#"{"tag":"温度计"}"#, "tag length 9 out of range:[1,8]"),
            (r#"{"tag":"\ud83d\ude00\ud83d\ude00"}"#, ""),
            (r#"{"tag":""}"#, "tag length 0 out of range:[1,8]"),
            (r#"{"tag":null}"#, "tag value null not allowed"),
            (
                r#"{"tag":true}"#,
                r#"ReadString: expects " or n, but found t, error found in #1 byte of ...|true|..., bigger context ...|true|..."#,
            ),
            (r#"{"at":1714550400123}"#, ""),
            (r#"{"at":0}"#, ""),
            (r#"{"at":1714550400.5}"#, "at value 1714550400.5 not an integer"),
            (
                r#"{"at":9223372036854775808}"#,
                "at value 9223372036854775808 out of range:[-9223372036854775808,9223372036854775807]",
            ),
            (
                r#"{"at":"2024-05-01"}"#,
                r#"readNumberAsString: invalid number, error found in #0 byte of ...|"2024-05-0|..., bigger context ...|"2024-05-01"|..."#,
            ),
        ],
    );
}

/// Do structs and arrays name the place at every depth?
#[test]
fn places_inside_structs_and_arrays() {
    reports(
        &all_types(),
        &[
            (r#"{"pos":{}}"#, ""),
            (r#"{"pos":{"ok":1,"x":9}}"#, ""),
            (r#"{"pos":{"x":10}}"#, "pos.x value 10 out of range:[0,9]"),
            (r#"{"pos":{"x":1,"y":2}}"#, "pos.y not defined"),
            (r#"{"pos":{"label":"12345"}}"#, "pos.label length 5 out of range:[0,4]"),
            (
                r#"{"pos":{"label":7}}"#,
                r#"ReadString: expects " or n, but found 7, error found in #1 byte of ...|7|..., bigger context ...|7|..."#,
            ),
            (
                r#"{"pos":[1]}"#,
                "ReadObject: expects {, but found [, error found in #1 byte of ...|[1]|..., bigger context ...|[1]|...",
            ),
            (
                r#"{"pos":null}"#,
                "ReadObject: expects {, but found n, error found in #1 byte of ...|null|..., bigger context ...|null|...",
            ),
            (r#"{"pts":[]}"#, ""),
            (r#"{"pts":[0,9]}"#, ""),
            (r#"{"pts":[0,9,10]}"#, "pts[2] value 10 out of range:[0,9]"),
            (
                r#"{"pts":{"0":1}}"#,
                r#"ReadArray: expects [, but found {, error found in #1 byte of ...|{"0":1}|..., bigger context ...|{"0":1}|..."#,
            ),
            (r#"{"cells":[{"mac":"a","rssi":-1},{}]}"#, ""),
            (r#"{"cells":[{},{"rssi":1}]}"#, "cells[1].rssi value 1 out of range:[-120,0]"),
            (r#"{"cells":[{"id":1}]}"#, "cells[0].id not defined"),
            (r#"{"words":["a","toolong"]}"#, "words[1] length 7 out of range:[0,4]"),
            (r#"{"words":[null]}"#, "words[0] value null not allowed"),
            (r#"{"reals":[0.5,-0.5,-0]}"#, ""),
            (r#"{"reals":[0.51]}"#, "reals[0] value 0.51 out of range:[-0.5,0.5]"),
        ],
    );
    let list = |count: usize| format!(r#"{{"pts":[{}]}}"#, vec!["1"; count].join(","));
    check(&all_types(), Purpose::Report, &list(128), "");
    check(&all_types(), Purpose::Report, &list(129), "pts length 129 out of range:[0,128]");
}

/// Is the first failure in the order of the payload the one reported, and a repeated key checked each time?
#[test]
fn the_first_failure_wins() {
    reports(
        &all_types(),
        &[
            (r#"{"count":99,"on":3}"#, "count value 99 out of range:[-5,10]"),
            (r#"{"on":3,"count":99}"#, "on value 3 out of range:[0,1]"),
            (r#"{"nope":1,"on":3}"#, "nope not defined"),
            (r#"{"on":1,"on":0}"#, ""),
            (r#"{"on":3,"on":0}"#, "on value 3 out of range:[0,1]"),
            (r#"{"\u006fn":3}"#, "on value 3 out of range:[0,1]"),
            (r#"{"":3}"#, " not defined"),
            (
                "[]",
                "ReadObject: expects {, but found [, error found in #1 byte of ...|[]|..., bigger context ...|[]|...",
            ),
        ],
    );
}

/// May the cloud set only what is writable?
#[test]
fn control_needs_mode_rw() {
    let light = light();
    check(&light, Purpose::Control, r#"{"power_switch":1,"color":2,"power":"low"}"#, "");
    check(&light, Purpose::Control, r#"{"position":{"latitude":1}}"#, "position not writable");
    check(&light, Purpose::Control, r#"{"sun":1}"#, "sun not defined");
    check(&light, Purpose::Control, r#"{"brightness":101}"#, "brightness value 101 out of range:[0,100]");
    check(&light, Purpose::Report, r#"{"position":{"latitude":1}}"#, "");
}

/// Are long values cut, and never inside a character?
#[test]
fn long_values_are_cut() {
    let light = light();
    let long_id = "a".repeat(500);
    check(&light, Purpose::Report, &format!(r#"{{"{long_id}":1}}"#), &format!("{}... not defined", "a".repeat(32)));
    let long = "b".repeat(500);
    check(
        &light,
        Purpose::Report,
        &format!(r#"{{"power":"{long}"}}"#),
        &format!("power value {}... enum not defined", "b".repeat(64)),
    );
    check(
        &light,
        Purpose::Report,
        r#"{"brightness":"一二三四五六七八九十"}"#,
        "readNumberAsString: invalid number, error found in #0 byte of ...|\"一二三|..., bigger context ...|\"一二三四五六|...",
    );
    check(
        &light,
        Purpose::Report,
        r#"{"name":[1,2,3,4,5,6,7,8,9,10,11,12]}"#,
        "ReadString: expects \" or n, but found [, error found in #1 byte of ...|[1,2,3,4,5,|..., \
         bigger context ...|[1,2,3,4,5,6,7,8,9,10|...",
    );
}

/// Do event and action params need to be complete?
#[test]
fn events_and_actions_need_all_params() {
    let light = light();
    let event = |id: &str, params: &str| {
        let event = light.event(id).unwrap();
        event.check_params(&mut Scanner::new(params.as_bytes())).err().map(|violation| violation.to_string())
    };
    assert_eq!(event("low_voltage", r#"{"voltage":2.8}"#), None);
    assert_eq!(event("low_voltage", "{}").unwrap(), "low_voltage.voltage missing");
    assert_eq!(event("hardware_fault", r#"{"error_code":1}"#).unwrap(), "hardware_fault.name missing");
    assert_eq!(event("hardware_fault", r#"{"error_code":1,"name":"x"}"#), None);
    let range = "low_voltage.voltage value 25 out of range:[0,24]";
    assert_eq!(event("low_voltage", r#"{"voltage":25}"#).unwrap(), range);
    assert_eq!(event("low_voltage", r#"{"volt":25}"#).unwrap(), "low_voltage.volt not defined");
    assert!(light.event("light_blink").is_none());
    let missing = light.event("hardware_fault").unwrap().first_missing().unwrap();
    assert_eq!(missing.to_string(), "hardware_fault.name missing");

    let blink = light.action("light_blink").unwrap();
    let input = |params: &'static str| blink.check_input(&mut Scanner::new(params.as_bytes()));
    assert_eq!(input(r#"{"period":3}"#).unwrap().members, 1);
    assert_eq!(input("{}").unwrap_err().to_string(), "period missing");
    assert_eq!(input(r#"{"period":11}"#).unwrap_err().to_string(), "period value 11 out of range:[0,10]");
    let output = |params: &'static str| blink.check_output(&mut Scanner::new(params.as_bytes()));
    assert!(output(r#"{"err_code":0}"#).is_ok());
    assert_eq!(output(r#"{"err_code":2}"#).unwrap_err().to_string(), "err_code value 2 enum not defined");
}

/// Is broken JSON told apart from a refused value, wherever it breaks?
#[test]
fn broken_json_is_its_own_cause() {
    for text in
        ["", "{", r#"{"on""#, r#"{"on":}"#, r#"{"on":1,}"#, r#"{"pos":{"x":1]}"#, r#"{"pts":[1,]}"#, r#"{"lvl":tru}"#]
    {
        let violation = all_types().check_properties(&mut Scanner::new(text.as_bytes()), Purpose::Report).unwrap_err();
        assert!(matches!(violation.cause, Cause::Json(_)), "{text}: {violation}");
    }
}
