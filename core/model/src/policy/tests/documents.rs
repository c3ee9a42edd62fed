use super::*;

const GOOD: &str = r#"{"version":"2.0","statement":[{"effect":"allow","action":"iotexplorer:*","resource":"*"}]}"#;

/// Replaces a part of the good document and gives the text of the refusal.
fn refusal(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    Policy::parse(&GOOD.replace(from, to)).expect_err(to).to_string()
}

#[test]
fn malformed_documents_are_refused_at_the_place_of_the_fault() {
    let rows = [
        (r#""version":"2.0","#, "", "version: is missing"),
        (r#""2.0""#, r#""1.0""#, "version: must be \"2.0\""),
        (r#""2.0""#, "2.0", "version: must be \"2.0\""),
        (r#""version""#, r#""Version""#, "Version: is not a key of this object; allowed are version and statement"),
        (r#""statement""#, r#""statements""#, "statements: is not a key"),
        ("[{", "[[{", "document: is not JSON, line 1 column"),
        ("[{", "[7,{", "statement[0]: must be an object"),
        (r#""effect":"allow","#, "", "statement[0].effect: is missing"),
        (r#""allow""#, r#""Allow""#, "statement[0].effect: must be \"allow\" or \"deny\""),
        (r#""effect""#, r#""principal":{"qcs":["*"]},"effect""#, "statement[0].principal: is not allowed"),
        (r#","resource":"*""#, "", "statement[0].resource: is missing"),
        (r#""action":"iotexplorer:*","#, "", "statement[0].action: is missing"),
        (r#""iotexplorer:*""#, "[]", "statement[0].action: is empty"),
        (r#""iotexplorer:*""#, "7", "statement[0].action: must be a text or an array of texts"),
        (r#""iotexplorer:*""#, r#"["*",7]"#, "statement[0].action[1]: must be a text"),
        (r#""iotexplorer:*""#, r#"["*",""]"#, "statement[0].action[1]: must be *, or <service>:<Action>"),
        ("iotexplorer:*", "DescribeDevice", "statement[0].action: must be *, or"),
        ("iotexplorer:*", "iot:a:b", "statement[0].action: must be *, or"),
        (r#""*""#, r#""project/x""#, "statement[0].resource: must be * or qcs:"),
        (r#""*""#, r#""qcs::iotexplorer:gz:uin/1""#, "statement[0].resource: must be * or qcs:"),
        (r#""*""#, r#""qcs::iotexplorer:gz:uin/1:""#, "statement[0].resource: must be * or qcs:"),
        (r#""*""#, r#""qcs:p:iotexplorer:gz:uin/1:*""#, "statement[0].resource: the project"),
        (r#""*""#, r#""qcs::iotexplorer:gz:uin/me:*""#, "statement[0].resource: the account"),
        (r#""*""#, r#""qcs::iotexplorer:gz:100:*""#, "statement[0].resource: the account"),
    ];
    for (from, to, expected) in rows {
        let refused = refusal(from, to);
        assert!(refused.starts_with(expected), "{to}: {refused}");
    }
    for (document, expected) in [
        ("", "document: is not JSON"),
        ("[]", "document: must be an object"),
        (r#"{"version":"2.0","statement":[]}"#, "statement: is empty"),
        (r#"{"version":"2.0","statement":{}}"#, "statement: must be an array of objects"),
        (r#"{"version":"2.0"}"#, "statement: is missing"),
    ] {
        let refused = Policy::parse(document).unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{document}: {refused}");
    }
}

#[test]
fn malformed_conditions_are_refused_at_the_place_of_the_fault() {
    let rows = [
        ("7", ": must be an object"),
        (r#"{"ip_equal":7}"#, ".ip_equal: must be an object"),
        (r#"{"ip_equal":{}}"#, ".ip_equal: is empty"),
        (r#"{"ip_like":{"qcs:ip":"*"}}"#, ".ip_like.qcs:ip: is not a known operator"),
        (r#"{"for_some_value:ip_equal":{"qcs:ip":"*"}}"#, ".for_some_value:ip_equal.qcs:ip: is not a known operator"),
        (r#"{"string_equal":{"qcs:vpc":"x"}}"#, ".string_equal.qcs:vpc: is not a known key"),
        (r#"{"ip_equal":{"qcs:resource_tag":"x"}}"#, ".ip_equal.qcs:resource_tag: does not suit the operator"),
        (r#"{"string_equal":{"qcs:current_time":"x"}}"#, ".string_equal.qcs:current_time: does not suit"),
        (r#"{"ip_equal":{"qcs:ip":["10.0.0.1","10.0.0.0/33"]}}"#, ".ip_equal.qcs:ip[1]: must be an address or CIDR"),
        (r#"{"ip_equal":{"qcs:ip":"10.0.0.0/+8"}}"#, ".ip_equal.qcs:ip[0]: must be an address or CIDR"),
        (r#"{"ip_equal":{"qcs:ip":[]}}"#, ".ip_equal.qcs:ip: is empty"),
        (r#"{"ip_equal":{"qcs:ip":[null]}}"#, ".ip_equal.qcs:ip[0]: must be a text, a number or a flag"),
        (r#"{"numeric_equal":{"qcs:current_time":"inf"}}"#, ".numeric_equal.qcs:current_time[0]: must be a number"),
        (r#"{"null_equal":{"qcs:ip":"yes"}}"#, ".null_equal.qcs:ip[0]: must be true or false"),
    ];
    for (condition, expected) in rows {
        let refused = Policy::parse(&allow_if(condition)).unwrap_err().to_string();
        let expected = format!("statement[0].condition{expected}");
        assert!(refused.starts_with(&expected), "{condition}: {refused}");
    }
}

#[test]
fn times_must_be_real_and_name_their_zone() {
    let bad = [
        "2024-07-04",
        "2024-07-04T21:53:20",
        "2024-7-4T21:53:20Z",
        "2024-13-01T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-07-04T24:00:00Z",
        "2024-07-04T21:60:00Z",
        "2024-07-04T21:53:20.Z",
        "2024-07-04T21:53:20+0800",
        "2024-07-04T21:53:20+25:00",
        "2024-07-04T21:53:20Zulu",
        "2024/07/04T21:53:20Z",
        "+024-07-04T21:53:20Z",
        "二〇二四年七月四日",
        "",
    ];
    for text in bad {
        let condition = format!(r#"{{"date_less_than":{{"qcs:current_time":"{text}"}}}}"#);
        let refused = Policy::parse(&allow_if(&condition)).expect_err(text);
        assert_eq!(refused.fault, PolicyFault::ConditionValue("an RFC 3339 time with its zone"), "{text}");
    }
    let good =
        [("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:00:00.5Z", 951_825_600_500), ("1969-12-31t23:59:59z", -1000)];
    for (text, millis) in good {
        assert_eq!(value::parse_time(text), Some(millis), "{text}");
    }
}

#[test]
fn the_size_of_a_document_is_bounded() {
    let padded = GOOD.replace('{', &format!("{{{}", " ".repeat(DOCUMENT_BYTES_MAX)));
    assert!(matches!(Policy::parse(&padded).unwrap_err().fault, PolicyFault::TooLong(_)));
    let statement = r#"{"effect":"allow","action":"*","resource":"*"}"#;
    let many = |count: usize| format!(r#"{{"version":"2.0","statement":[{}]}}"#, vec![statement; count].join(","));
    assert!(Policy::parse(&many(STATEMENTS_MAX)).is_ok());
    assert_eq!(Policy::parse(&many(65)).unwrap_err().fault, PolicyFault::TooManyStatements(65));
    let nested = format!("{}{}", "[".repeat(3000), "]".repeat(3000));
    assert!(Policy::parse(&nested).is_err());
}
