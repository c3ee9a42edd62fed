use super::*;

/// Is the condition met at 2024-07-04T21:53:20Z from 10.1.2.3, for an object with the tags team&a and site&x?
fn met(condition: &str) -> bool {
    let name = SCOPE.product(&project(), product("PID0000001"));
    let tags = [tag("team", "a"), tag("site", "x")];
    on(&policies(&[&allow_if(condition)]), "iotexplorer:X", &name, &tags).is_allowed()
}

fn check(rows: &[(&str, &str, &str, bool)]) {
    for (operator, key, value, expected) in rows {
        let condition = format!(r#"{{"{operator}":{{"{key}":{value}}}}}"#);
        assert_eq!(met(&condition), *expected, "{condition}");
    }
}

#[test]
fn addresses_are_compared_as_networks() {
    let ip = "qcs:ip";
    check(&[
        ("ip_equal", ip, r#""10.1.2.3""#, true),
        ("ip_equal", ip, r#""10.1.0.0/16""#, true),
        ("ip_equal", ip, r#"["192.168.0.0/16","10.1.2.0/30"]"#, true),
        ("ip_equal", ip, r#""0.0.0.0/0""#, true),
        ("ip_equal", ip, r#""::ffff:10.1.2.0/120""#, true),
        ("ip_equal", ip, r#""10.1.2.4/31""#, false),
        ("ip_equal", ip, r#""::/0""#, false),
        ("ip_not_equal", ip, r#""10.1.2.0/24""#, false),
        ("ip_not_equal", ip, r#"["10.2.0.0/16","::1"]"#, true),
        ("string_equal", ip, r#""10.1.2.3""#, true),
        ("string_like", ip, r#""10.1.*""#, true),
    ]);
    let document = allow_if(r#"{"ip_equal":{"qcs:ip":["2001:db8::/32","10.0.0.0/8"]}}"#);
    for (source, allowed) in
        [("2001:db8:1::1", true), ("2001:db9::1", false), ("::ffff:10.9.9.9", true), ("::ffff:11.9.9.9", false)]
    {
        let context = Context { source: Some(source.parse().unwrap()), ..context() };
        let request = Request { action: "iotexplorer:X", target: Target::Operation, context: &context };
        let decision = evaluate(Grantee::SubAccount(&policies(&[&document])), &request);
        assert_eq!(decision.is_allowed(), allowed, "{source}");
    }
}

#[test]
fn times_are_compared_in_every_zone() {
    let time = "qcs:current_time";
    check(&[
        ("date_less_than", time, r#""2024-07-04T21:53:21Z""#, true),
        ("date_less_than", time, r#""2024-07-04T21:53:20Z""#, false),
        ("date_less_than", time, r#""2024-07-05T05:53:20.001+08:00""#, true),
        ("date_less_than_equal", time, r#""2024-07-05T05:53:20+08:00""#, true),
        ("date_greater_than", time, r#""2024-07-04T21:53:19.999Z""#, true),
        ("date_greater_than", time, r#""2024-07-04T21:53:20Z""#, false),
        ("date_greater_than_equal", time, r#""2024-07-04T18:23:20-03:30""#, true),
        ("date_equal", time, r#""2024-07-04T21:53:20Z""#, true),
        ("date_not_equal", time, r#""2024-07-04T21:53:20Z""#, false),
        ("date_less_than", time, r#""2100-03-01T00:00:00Z""#, true),
        ("date_greater_than", time, r#""1969-12-31T23:59:59Z""#, true),
        ("numeric_less_than", time, "1720130001", true),
        ("numeric_equal", time, r#""1720130000""#, true),
        ("numeric_greater_than_equal", time, "1720130000.5", false),
        ("numeric_not_equal", time, "[1,2]", true),
    ]);
}

#[test]
fn tags_are_compared_as_sets() {
    let (own, asked) = ("qcs:resource_tag", "qcs:request_tag");
    check(&[
        ("string_equal", own, r#""team&a""#, true),
        ("string_equal", own, r#""team&A""#, false),
        ("string_equal_ignore_case", own, r#""TEAM&A""#, true),
        ("string_not_equal", own, r#""team&a""#, false),
        ("string_not_equal", own, r#""team&b""#, true),
        ("string_like", own, r#""team&*""#, true),
        ("string_like", own, r#""owner&*""#, false),
        ("string_not_like", own, r#""owner&*""#, true),
        ("for_any_value:string_equal", own, r#"["team&a","team&b"]"#, true),
        ("for_any_value:string_not_equal", own, r#""team&a""#, true),
        ("for_all_value:string_equal", own, r#"["team&a"]"#, false),
        ("for_all_value:string_equal", own, r#"["team&a","site&x","more&1"]"#, true),
        ("for_all_value:string_not_equal", own, r#""team&a""#, false),
        ("bool_equal", own, "true", false),
        ("string_equal", asked, r#""team&a""#, false),
        ("string_not_equal", asked, r#""team&a""#, false),
        ("string_equal_if_exist", asked, r#""team&a""#, true),
        ("for_all_value:string_equal_if_exist", asked, r#""team&a""#, true),
        ("string_equal_if_exist", own, r#""team&b""#, false),
        ("null_equal", asked, "true", true),
        ("null_equal", asked, r#""false""#, false),
        ("null_equal", own, "true", false),
        ("null_equal", own, "false", true),
    ]);
}

#[test]
fn all_conditions_of_a_statement_must_hold() {
    let rows = [
        (r#"{"string_equal":{"qcs:resource_tag":"team&a"},"ip_equal":{"qcs:ip":"10.0.0.0/8"}}"#, true),
        (r#"{"string_equal":{"qcs:resource_tag":"team&a"},"ip_equal":{"qcs:ip":"11.0.0.0/8"}}"#, false),
        (r#"{"string_equal":{"qcs:resource_tag":"team&b","qcs:ip":"10.1.2.3"}}"#, false),
        ("{}", true),
    ];
    for (condition, expected) in rows {
        assert_eq!(met(condition), expected, "{condition}");
    }
}

#[test]
fn a_caller_without_an_address_meets_no_address_condition() {
    let context = Context { source: None, ..context() };
    for (operator, allowed) in [("ip_equal", false), ("ip_not_equal", false), ("ip_equal_if_exist", true)] {
        let document = allow_if(&format!(r#"{{"{operator}":{{"qcs:ip":"10.0.0.0/8"}}}}"#));
        let request = Request { action: "iotexplorer:X", target: Target::Operation, context: &context };
        let decision = evaluate(Grantee::SubAccount(&policies(&[&document])), &request);
        assert_eq!(decision.is_allowed(), allowed, "{operator}");
    }
}
