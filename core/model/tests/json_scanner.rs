//! Does the scanner accept exactly the texts that serde_json reads, and read the same values?

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use lianwu_model::json::{DEPTH_MAX, Kind, ScanError, ScanErrorKind, Scanner, members};
use proptest::prelude::*;
use serde_json::Value;

fn scan(text: &[u8]) -> Result<(), ScanError> {
    let mut scanner = Scanner::new(text);
    scanner.skip_value()?;
    scanner.finish()
}

/// Rebuilds a tree from what the scanner hands out.
fn tree(scanner: &mut Scanner<'_>) -> Result<Value, ScanError> {
    Ok(match scanner.peek()? {
        Kind::Object => {
            let mut map = serde_json::Map::new();
            scanner.enter_object()?;
            while let Some(key) = scanner.next_member()? {
                let name = key.unescape();
                assert_eq!(key.text_len(), name.len());
                assert!(key.is(name.as_bytes()));
                map.insert(name.into_owned(), tree(scanner)?);
            }
            Value::Object(map)
        }
        Kind::Array => {
            let mut list = Vec::new();
            scanner.enter_array()?;
            while scanner.next_element()? {
                list.push(tree(scanner)?);
            }
            Value::Array(list)
        }
        Kind::String => {
            let token = scanner.string()?;
            assert_eq!(token.text_len(), token.unescape().len());
            Value::String(token.unescape().into_owned())
        }
        Kind::Number => {
            let token = scanner.number()?;
            match token.as_i64() {
                Some(whole) => Value::from(whole),
                None => Value::from(token.as_f64()),
            }
        }
        Kind::True | Kind::False | Kind::Null => serde_json::from_slice(scanner.skip_value()?).unwrap(),
    })
}

/// Numbers beyond 64-bit integers come as floats from us and as `u64` from serde_json, and its float parser may be off
/// by one unit in the last place.
fn assert_same(ours: &Value, theirs: &Value) {
    match (ours, theirs) {
        (Value::Number(ours), Value::Number(theirs)) => {
            if let (Some(ours), Some(theirs)) = (ours.as_i64(), theirs.as_i64()) {
                assert_eq!(ours, theirs);
            } else {
                let (ours, theirs) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
                let close = (ours - theirs).abs() <= theirs.abs() * 1e-14 + f64::MIN_POSITIVE;
                assert!(ours == theirs || close, "{ours} {theirs}");
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            assert_eq!(ours.len(), theirs.len());
            for (ours, theirs) in ours.iter().zip(theirs) {
                assert_same(ours, theirs);
            }
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            assert_eq!(ours.len(), theirs.len());
            for ((our_key, ours), (their_key, theirs)) in ours.iter().zip(theirs) {
                assert_eq!(our_key, their_key);
                assert_same(ours, theirs);
            }
        }
        _ => assert_eq!(ours, theirs),
    }
}

fn check_against_serde(text: &[u8]) {
    let theirs = serde_json::from_slice::<Value>(text);
    match (scan(text), theirs) {
        (Ok(()), Ok(theirs)) => {
            let mut scanner = Scanner::new(text);
            assert_same(&tree(&mut scanner).unwrap(), &theirs);
        }
        (Err(_), Err(_)) => {}
        (Err(error), Ok(_)) if error.kind == ScanErrorKind::TooDeep => {}
        // serde_json rounds the largest floats differently.
        (Err(error), Ok(_)) if error.kind == ScanErrorKind::NumberRange => {}
        (Ok(()), Err(error)) if error.to_string().starts_with("number out of range") => {}
        (ours, theirs) => panic!("{:?}: {ours:?} but {theirs:?}", String::from_utf8_lossy(text)),
    }
}

/// Right and wrong texts for every rule.
const GRAMMAR: &[&[u8]] = &[
    b"",
    b" ",
    b"{}",
    b"[]",
    b" { } ",
    b"\t\r\n[\n]\n",
    b"nul",
    b"null",
    b"nulll",
    b"true",
    b"truE",
    b"tru",
    b"false",
    b"{",
    b"[",
    b"}",
    b"]",
    b"[}",
    b"{]",
    b"[1}",
    b"{\"a\":1]",
    b"{,}",
    b"[,]",
    b"[1,]",
    b"[,1]",
    b"[1 2]",
    b"[1,,2]",
    b"{\"a\"}",
    b"{\"a\":}",
    b"{\"a\":1,}",
    b"{\"a\":1 \"b\":2}",
    b"{\"a\" : 1 , \"b\" : [ ] }",
    b"{a:1}",
    b"{1:1}",
    b"{\"a\":1}x",
    b"{\"a\":1} ",
    b"{}{}",
    b"1 2",
    b"{\"a\":1,,\"b\":2}",
    b"[[],[]]",
    b"[[][]]",
    b"{\"a\":{}\"b\":{}}",
    b"0",
    b"-0",
    b"00",
    b"01",
    b"-",
    b"-a",
    b"+1",
    b"1.",
    b".5",
    b"1.5",
    b"1.e1",
    b"1e",
    b"1e+",
    b"1e5",
    b"1E-5",
    b"1e1.5",
    b"-0.0",
    b"0e0",
    b"1e400",
    b"-1e400",
    b"1e-400",
    b"0x10",
    b"NaN",
    b"Infinity",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"1_000",
    b"\"\"",
    b"\"a",
    b"\"",
    b"'a'",
    b"\"a\nb\"",
    b"\"a\x00b\"",
    b"\"\x7f\"",
    b"\"\\n\\t\\b\\f\\r\\/\\\\\\\"\"",
    b"\"\\x41\"",
    b"\"\\",
    b"\"\\u",
    b"\"\\u12",
    b"\"\\u12g4\"",
    b"\"\\u0041\"",
    b"\"\\u0000\"",
    b"\"\\ud83d\\ude00\"",
    b"\"\\ud83d\"",
    b"\"\\ud83dx\"",
    b"\"\\ud83d\\n\"",
    b"\"\\ud83d\\u0041\"",
    b"\"\\ude00\"",
    b"\"\\uD83D\\uDE00x\"",
    b"\"\\u+041\"",
    b"\xef\xbb\xbf{}",
    b"\"\xe6\xb8\xa9\"",
    b"\"\xe6\xb8\"",
    b"\"\xff\"",
    b"\"\xc0\x80\"",
    b"\"\xed\xa0\x80\"",
    b"\xe6",
    b"{\"\\u0061\":1,\"a\":2}",
    b"\x0b1",
    b"1\x0c",
    b"//x\n1",
    b"[1]/**/",
];

/// Is every rule of the grammar, and each of our extra rules, decided as serde_json decides it?
#[test]
fn the_grammar_is_strict() {
    for text in GRAMMAR {
        check_against_serde(text);
    }
}

/// Is the nesting bound exactly the documented one, for every container?
#[test]
fn depth_is_bounded() {
    let max = usize::from(DEPTH_MAX);
    let nest = |depth: usize, open: &str, close: &str| [open.repeat(depth), close.repeat(depth)].concat();
    assert_eq!(scan(nest(max, "[", "]").as_bytes()), Ok(()));
    assert_eq!(scan(nest(max + 1, "[", "]").as_bytes()).unwrap_err().kind, ScanErrorKind::TooDeep);
    assert_eq!(scan("[".repeat(1_000_000).as_bytes()).unwrap_err().kind, ScanErrorKind::TooDeep);
    let objects = format!("{}1{}", "{\"a\":".repeat(max), "}".repeat(max));
    assert_eq!(scan(objects.as_bytes()), Ok(()));
    let siblings = format!("[{}1]", "[[]],".repeat(max * 2));
    assert_eq!(scan(siblings.as_bytes()), Ok(()));
}

/// Do number tokens tell whole numbers from others without losing the edges of 64 bits?
#[test]
fn whole_numbers_keep_64_bits() {
    let whole = |text: &str| Scanner::new(text.as_bytes()).number().unwrap().as_i64();
    assert_eq!(whole("0"), Some(0));
    assert_eq!(whole("-12"), Some(-12));
    assert_eq!(whole("999999999999999999"), Some(999_999_999_999_999_999));
    assert_eq!(whole("9223372036854775807"), Some(i64::MAX));
    assert_eq!(whole("-9223372036854775808"), Some(i64::MIN));
    assert_eq!(whole("9223372036854775808"), None);
    assert_eq!(whole("-9223372036854775809"), None);
    assert_eq!(whole("-0"), None);
    assert_eq!(whole("1.0"), None);
    assert_eq!(whole("1e2"), None);
}

/// Does walking an object give keys and untouched value texts, and stop after an error?
#[test]
fn members_are_slices_of_the_object() {
    let object = br#" { "a" : 1.50 , "b\u0031" : {"x":[1, 2]} ,"c":"\n"} "#;
    let found: Vec<_> =
        members(object).map(|item| item.unwrap()).map(|(key, value)| (key.unescape().into_owned(), value)).collect();
    let expected: [(String, &[u8]); 3] =
        [("a".into(), b"1.50"), ("b1".into(), br#"{"x":[1, 2]}"#), ("c".into(), br#""\n""#)];
    assert_eq!(found, expected);
    assert_eq!(members(b"{}").count(), 0);
    for broken in ["", "[]", "{\"a\":1", "{\"a\":1}}", "{\"a\":tru}"] {
        let mut walk = members(broken.as_bytes());
        assert!(walk.any(|item| item.is_err()), "{broken}");
        assert!(walk.next().is_none(), "{broken}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |f| serde_json::Number::from_f64(f).map(Value::Number)),
        "\\PC{0,12}".prop_map(Value::from),
        "[\\x00-\\x7f]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec(("\\PC{0,6}", inner), 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Bytes that matter to the grammar, so that mutations hit its corners.
fn telling_byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        4 => prop::sample::select(b"{}[]:,\"\\ue0019-+.Etfn \t\n\x00\x1f\xc3\xa9\xed\xff".to_vec()),
        1 => any::<u8>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Are valid texts, compact and spaced, accepted and read alike?
    #[test]
    fn valid_texts_read_alike(value in any_json()) {
        check_against_serde(&serde_json::to_vec(&value).unwrap());
        check_against_serde(&serde_json::to_vec_pretty(&value).unwrap());
    }

    /// Are damaged texts judged alike?
    #[test]
    fn damaged_texts_are_judged_alike(
        value in any_json(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8, telling_byte()), 1..4),
    ) {
        let mut text = serde_json::to_vec(&value).unwrap();
        for (place, edit, byte) in edits {
            let at = place.index(text.len() + 1);
            match edit {
                0 => text.insert(at, byte),
                1 if at < text.len() => text[at] = byte,
                _ => text.truncate(at.max(1)),
            }
        }
        check_against_serde(&text);
    }

    /// Are short random texts of telling bytes judged alike?
    #[test]
    fn random_texts_are_judged_alike(text in prop::collection::vec(telling_byte(), 0..16)) {
        check_against_serde(&text);
    }
}
