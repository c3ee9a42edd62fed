use super::*;

/// Case 1 of the reference: a sub-account without any policy searches for products.
#[test]
fn without_a_policy_everything_is_refused_with_the_exact_text() {
    let name = SCOPE.products_of(&project());
    let Decision::Deny { resources, unmet } = on(&[], "iotexplorer:SearchStudioProduct", &name, &[]) else {
        panic!("must be refused");
    };
    let text = denial_message("R-1", "iotexplorer:SearchStudioProduct", &resources, &unmet, Language::English);
    assert_eq!(
        text,
        "[request id:R-1]you are not authorized to perform operation (iotexplorer:SearchStudioProduct)\n\
         resource (qcs::iotexplorer:ap-guangzhou:uin/100000123456:project/prj-abcd1234/product/*) has no permission\n"
    );
    let denied = Decision::Deny { resources: vec!["*".into()], unmet: vec![] };
    assert_eq!(operation(&[], "iotexplorer:GetProjectList"), denied);
    assert!(!may_reach(Grantee::SubAccount(&[]), "iotexplorer:GetProjectList"));
}

#[test]
fn a_main_account_may_everything() {
    let request = Request { action: "iotexplorer:CreateProject", target: Target::Operation, context: &context() };
    assert_eq!(evaluate(Grantee::MainAccount, &request), Decision::Allow);
    assert!(may_reach(Grantee::MainAccount, "iotexplorer:CreateProject"));
}

/// Case 2: the same calls with full access.
#[test]
fn full_access_covers_the_service_and_no_other() {
    let full = [Preset::find("IoTExplorerFullAccess").unwrap().policy()];
    let name = SCOPE.products_of(&project());
    assert!(on(&full, "iotexplorer:SearchStudioProduct", &name, &[]).is_allowed());
    assert!(operation(&full, "iotexplorer:CreateProject").is_allowed());
    assert!(operation(&full, "iotcloud:ListLog").is_allowed());
    assert!(operation(&full, "tag:DescribeTags").is_allowed());
    assert!(!operation(&full, "tag:AddTags").is_allowed());
    assert!(!operation(&full, "cam:AddUser").is_allowed());
    assert!(operation(&[Preset::Administrator.policy()], "cam:AddUser").is_allowed());
}

/// Case 3: reading is allowed, changing and what hands out capabilities is not.
#[test]
fn read_only_access_reads() {
    let read_only = [Preset::find("QcloudIoTExplorerReadOnlyAccess").unwrap().policy()];
    let name = SCOPE.product(&project(), product("PID0000001"));
    let rows = [
        ("DescribeDevice", true),
        ("GetDeviceList", true),
        ("GetTWeTalkProductConfigListV2", true),
        ("ListTopicPolicy", true),
        ("SearchTopicRule", true),
        ("CheckFirmwareUpdate", true),
        ("CreateDevice", false),
        ("ControlDeviceData", false),
        ("GenSingleDeviceSignatureOfPublic", false),
        ("GetCOSURL", false),
        ("GetWechatDeviceTicket", false),
    ];
    for (action, allowed) in rows {
        let action = format!("iotexplorer:{action}");
        assert_eq!(on(&read_only, &action, &name, &[]).is_allowed(), allowed, "{action}");
    }
}

/// Does the read-only preset know every reading action of the vendor's list, and only those?
#[test]
fn read_only_access_is_complete_for_the_vendors_actions() {
    #[derive(serde::Deserialize)]
    struct Spec {
        actions: Vec<Action>,
    }
    #[derive(serde::Deserialize)]
    struct Action {
        name: String,
    }
    let spec: Spec = serde_json::from_str(include_str!("../../../../../spec/cloud-api.json")).unwrap();
    let read_only = [Preset::ReadOnly.policy()];
    assert!(operation(&read_only, "iotcloud:ListLog").is_allowed());
    for Action { name } in spec.actions {
        let reads = ["Describe", "Get", "List", "Search", "Check"].iter().any(|verb| name.starts_with(verb));
        let expected = reads && !matches!(name.as_str(), "GetCOSURL" | "GetWechatDeviceTicket");
        assert_eq!(operation(&read_only, &format!("iotexplorer:{name}")).is_allowed(), expected, "{name}");
    }
}

const ONE_PRODUCT: &str = r#"{"version":"2.0","statement":[{"effect":"allow","action":["iotexplorer:*"],"resource":[
    "qcs::iotexplorer:gz:uin/100000123456:project/prj-abcd1234",
    "qcs::iotexplorer:gz:uin/100000123456:project/prj-abcd1234/product/PID0000001",
    "qcs::iotexplorer:gz:uin/100000123456:project/prj-abcd1234/product/PID0000001/*"]}]}"#;

/// Case 4: a grant for one product reaches its devices and nothing beside it.
#[test]
fn a_grant_for_one_product_stays_with_it() {
    let grant = policies(&[ONE_PRODUCT]);
    let action = "iotexplorer:DescribeDevice";
    let (own, other) = (product("PID0000001"), product("PID0000002"));
    let device = "dev:001".parse().unwrap();
    let foreign = ResourceScope { owner: Uin(100_000_999_999), ..SCOPE };
    let beijing = ResourceScope { region: "ap-beijing", ..SCOPE };
    let hub = ResourceScope { service: "iotcloud", ..SCOPE };
    let rows = [
        (SCOPE.project(&project()), true),
        (SCOPE.product(&project(), own), true),
        (SCOPE.device(&project(), own, &device), true),
        (ResourceScope { region: "gz", ..SCOPE }.product(&project(), own), true),
        (ResourceScope { region: "", ..SCOPE }.product(&project(), own), true),
        (SCOPE.product(&project(), other), false),
        (SCOPE.device(&project(), other, &device), false),
        (SCOPE.project(&"prj-abcd1235".parse().unwrap()), false),
        (foreign.product(&project(), own), false),
        (beijing.product(&project(), own), false),
        (hub.product(&project(), own), false),
    ];
    for (name, allowed) in &rows {
        assert_eq!(on(&grant, action, name, &[]).is_allowed(), *allowed, "{name}");
    }
    let whole = Decision::Deny { resources: vec!["*".into()], unmet: vec![] };
    assert_eq!(operation(&grant, "iotexplorer:GetStudioProductList"), whole, "named resources do not cover it");
    assert!(may_reach(Grantee::SubAccount(&grant), "iotexplorer:GetStudioProductList"), "rows are filtered");
}

/// Case 5: deny wins over allow, whichever policy is attached first.
#[test]
fn deny_wins_over_allow() {
    let deny = r#"{"version":"2.0","statement":[{"effect":"deny",
        "action":["iotexplorer:DeleteStudioProduct","iotexplorer:deletedevice"],
        "resource":"qcs::iotexplorer::uin/100000123456:project/*/product/PID0000001*"}]}"#;
    let allow = Preset::Administrator.document();
    let (own, other) = (product("PID0000001"), product("PID0000002"));
    for order in [[deny, allow], [allow, deny]] {
        let attached = policies(&order);
        let rows = [
            ("DeleteStudioProduct", SCOPE.product(&project(), own), false),
            ("DeleteDevice", SCOPE.device(&project(), own, &"dev001".parse().unwrap()), false),
            ("DeleteStudioProduct", SCOPE.product(&project(), other), true),
            ("DescribeDevice", SCOPE.product(&project(), own), true),
        ];
        for (action, name, allowed) in &rows {
            let action = format!("iotexplorer:{action}");
            assert_eq!(on(&attached, &action, name, &[]).is_allowed(), *allowed, "{action} {name}");
        }
        assert!(operation(&attached, "iotexplorer:DeleteDevice").is_allowed(), "a named deny is not for operations");
    }
}

/// Case 6: a grant by tag, and the text when the tag is missing.
#[test]
fn a_tag_grant_shows_the_unmet_condition() {
    let grant = policies(&[&allow_if(r#"{"for_any_value:string_equal":{"qcs:resource_tag":["team&a"]}}"#)]);
    let name = SCOPE.product(&project(), product("PID0000001"));
    let action = "iotexplorer:DescribeStudioProduct";
    assert!(on(&grant, action, &name, &[tag("x", "y"), tag("team", "a")]).is_allowed());
    for tags in [vec![], vec![tag("team", "b")]] {
        let Decision::Deny { resources, unmet } = on(&grant, action, &name, &tags) else { panic!("must be refused") };
        let text = denial_message("R-2", action, &resources, &unmet, Language::Chinese);
        let expected = "未授权访问。([request id:R-2]you are not authorized to perform operation \
            (iotexplorer:DescribeStudioProduct)\n\
            resource (qcs::iotexplorer:ap-guangzhou:uin/100000123456:project/prj-abcd1234/product/PID0000001) \
            has no permission with or without condition:[{\"condition\":{\"key\":\"qcs:resource_tag\",\
            \"value\":[\"team&a\"],\"ope\":\"for_any_value:string_equal\"},\"effect\":\"allow\"}])\n";
        assert_eq!(text, expected);
    }
}

#[test]
fn of_several_objects_those_refused_are_named() {
    let grant = policies(&[ONE_PRODUCT]);
    let names = ["PID0000001", "PID0000002", "PID0000003"].map(|id| SCOPE.product(&project(), product(id)));
    let objects = names.each_ref().map(|name| Object { name, tags: &[], hidden_by: &[] });
    let request = Request { action: "iotexplorer:BatchUpdate", target: Target::Objects(&objects), context: &context() };
    let decision = evaluate(Grantee::SubAccount(&grant), &request);
    let Decision::Deny { resources, unmet } = decision else { panic!("must be refused") };
    assert_eq!(resources, [names[1].to_string(), names[2].to_string()]);
    let text = denial_message("R-3", request.action, &resources, &unmet, Language::English);
    assert_eq!(text.matches(") has no permission\n").count(), 2);
    let none = Request { target: Target::Objects(&[]), ..request };
    assert!(!evaluate(Grantee::SubAccount(&grant), &none).is_allowed());
}

#[test]
fn an_explicit_deny_reports_no_unmet_condition() {
    let tagged = allow_if(r#"{"string_equal":{"qcs:resource_tag":"team&a"}}"#);
    let deny = r#"{"version":"2.0","statement":[{"effect":"deny","action":"*","resource":"*"}]}"#;
    let denied = Decision::Deny { resources: vec!["*".into()], unmet: vec![] };
    assert_eq!(operation(&policies(&[&tagged, deny]), "iotexplorer:X"), denied);
    let conditional_deny = tagged.replace("allow", "deny");
    let attached = policies(&[&conditional_deny, Preset::Administrator.document()]);
    let name = SCOPE.product(&project(), product("PID0000001"));
    assert!(on(&attached, "iotexplorer:X", &name, &[]).is_allowed(), "an unmet deny does not count");
    assert!(!on(&attached, "iotexplorer:X", &name, &[tag("team", "a")]).is_allowed());
}

#[test]
fn the_report_of_unmet_conditions_is_bounded() {
    let many: Vec<String> =
        (0..40).map(|n| allow_if(&format!(r#"{{"string_equal":{{"qcs:resource_tag":"t&{}"}}}}"#, n % 30))).collect();
    let attached = policies(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let Decision::Deny { unmet, .. } = operation(&attached, "iotexplorer:X") else { panic!("must be refused") };
    assert_eq!(unmet.len(), UNMET_MAX);
}

#[test]
fn actions_match_with_wildcards_prefix_and_any_case() {
    let rows = [
        ("*", "iotexplorer:DescribeDevice", true),
        ("iotexplorer:*", "iotexplorer:DescribeDevice", true),
        ("iotexplorer:*", "iotcloud:ListLog", false),
        ("iotexplorer:Describe*", "iotexplorer:DescribeDevice", true),
        ("iotexplorer:Describe*", "iotexplorer:CreateDevice", false),
        ("iotexplorer:*Device", "iotexplorer:DescribeDevice", true),
        ("iotexplorer:*Device", "iotexplorer:DescribeDevices", false),
        ("iotexplorer:D*b*Dev**e", "iotexplorer:DescribeDevice", true),
        ("name/iotexplorer:DescribeDevice", "iotexplorer:DescribeDevice", true),
        ("iotexplorer:describedevice", "iotexplorer:DescribeDevice", true),
        ("iot*:Describe*", "iotcloud:DescribeX", true),
        ("iotexplorer:DescribeDevice", "iotexplorer:DescribeDeviceData", false),
    ];
    for (pattern, action, allowed) in rows {
        let document =
            format!(r#"{{"version":"2.0","statement":[{{"effect":"allow","action":"{pattern}","resource":"*"}}]}}"#);
        assert_eq!(operation(&policies(&[&document]), action).is_allowed(), allowed, "{pattern} {action}");
    }
}

#[test]
fn resources_match_in_all_their_spellings() {
    let name = SCOPE.product(&project(), product("PID0000001"));
    let rows = [
        ("*", true),
        ("**", true),
        ("qcs::iotexplorer:gz:uin/100000123456:project/prj-abcd1234/product/PID0000001", true),
        ("qcs::iotexplorer:gz:uin/100000123456:project/prj-abcd1234/product/PID0000001/", true),
        ("qcs::iotexplorer:ap-guangzhou:uin/100000123456:project/*/product/PID0000001", true),
        ("qcs:id/0:iotexplorer::uid/1250000000:project/*", true),
        ("qcs::iotexplorer:::*", true),
        ("qcs::*:*:*:*", true),
        ("qcs::iotexplorer:ap-*:uin/1*:*", true),
        ("qcs::iotexplorer:gz:uid/1250000001:*", false),
        ("qcs::iotexplorer:sh:uin/100000123456:*", false),
        ("qcs::iotexplorer:eu-*:uin/100000123456:*", false),
        ("qcs::iotexplorer:gz:uin/100000123456:project/prj-abcd1234/product/PID0000001/*", false),
        ("qcs::iotexplorer:gz:uin/100000123456:project/prj-abcd1234", false),
        ("qcs::iotcloud:gz:uin/100000123456:*", false),
    ];
    for (resource, allowed) in rows {
        let document =
            format!(r#"{{"version":"2.0","statement":[{{"effect":"allow","action":"*","resource":["{resource}"]}}]}}"#);
        let attached = policies(&[&document]);
        assert_eq!(on(&attached, "iotexplorer:X", &name, &[]).is_allowed(), allowed, "{resource}");
        let everything = resource.chars().all(|c| c == '*');
        assert_eq!(operation(&attached, "iotexplorer:X").is_allowed(), everything, "{resource}");
    }
}

/// Is the longest pattern against the longest likely text still a matter of steps, not of ages? The classic killer of
/// backtracking matchers has one wildcard per character.
#[test]
fn many_wildcards_do_not_explode() {
    let pattern = Pattern::new(&"a*".repeat(2000));
    let text = format!("{}b", "a".repeat(2000));
    assert!(pattern.matches(&text));
    assert!(!Pattern::new(&format!("{}c", "a*".repeat(2000))).matches(&text));
}

proptest::proptest! {
    /// Does the matcher agree with the plain recursive definition?
    #[test]
    fn patterns_mean_what_their_definition_says(pattern in "[ab*]{0,7}", text in "[ab*]{0,9}") {
        fn defined(pattern: &[u8], text: &[u8]) -> bool {
            match pattern.split_first() {
                None => text.is_empty(),
                Some((b'*', rest)) => (0..=text.len()).any(|taken| defined(rest, &text[taken..])),
                Some((byte, rest)) => text.first() == Some(byte) && defined(rest, &text[1..]),
            }
        }
        let expected = defined(pattern.as_bytes(), text.as_bytes());
        proptest::prop_assert_eq!(Pattern::new(&pattern).matches(&text), expected);
    }
}

#[test]
fn presets_are_found_under_all_their_names() {
    let rows = [
        ("AdministratorAccess", Some(Preset::Administrator)),
        ("administratoraccess", Some(Preset::Administrator)),
        ("QcloudAdministratorAccess", Some(Preset::Administrator)),
        ("QcloudIoTExplorerFullAccess", Some(Preset::FullAccess)),
        ("iotexplorerfullaccess", Some(Preset::FullAccess)),
        ("QCLOUDIOTEXPLORERREADONLYACCESS", Some(Preset::ReadOnly)),
        ("IoTExplorerReadOnlyAccess", Some(Preset::ReadOnly)),
        ("Qcloud", None),
        ("", None),
    ];
    for (name, preset) in rows {
        assert_eq!(Preset::find(name), preset, "{name}");
    }
    for preset in Preset::ALL {
        assert!(Policy::parse(preset.document()).is_ok(), "{}", preset.name());
        assert_eq!(Preset::find(preset.name()), Some(preset));
        assert!(may_reach(Grantee::SubAccount(&[preset.policy()]), "iotexplorer:GetProjectList"));
    }
}

/// Does the preset for operation analytics show counters, and no product, device or data of one?
#[test]
fn operation_analytics_shows_counters_only() {
    let analytics = [Preset::find("IoTExplorerOperationAnalyticsAccess").unwrap().policy()];
    for action in ["GetDeviceSumStatistics", "GetProjectList", "DescribeActivateDevice"] {
        assert!(operation(&analytics, &format!("iotexplorer:{action}")).is_allowed(), "{action}");
    }
    for action in ["GetStudioProductList", "GetDeviceList", "DescribeDevice", "DescribeDeviceData", "CreateProject"] {
        assert!(!may_reach(Grantee::SubAccount(&analytics), &format!("iotexplorer:{action}")), "{action}");
    }
}

/// Of the platform's own service, do the presets leave out accounts, keys, audit and configuration?
#[test]
fn presets_of_the_platforms_own_service() {
    let (full, read) = ([Preset::FullAccess.policy()], [Preset::ReadOnly.policy()]);
    let rows = [
        ("DescribeCaller", true, true),
        ("DescribeBackendDiagnosis", true, true),
        ("DescribeDeviceDiagnosis", true, true),
        ("ListKnownProblems", true, true),
        ("DescribeDeviceDataSummary", true, true),
        ("ListAccountLog", false, false),
        ("DescribeLimits", true, true),
        ("ListDeviceLog", true, true),
        ("ListMessages", true, true),
        ("ListTags", true, true),
        ("SetTags", true, false),
        ("ListSubAccounts", false, false),
        ("CreateSecretKey", false, false),
        ("ListSecretKeys", false, false),
        ("ListPolicies", false, false),
        ("AttachPolicies", false, false),
        ("ListAuditLog", false, false),
        ("DescribeConfiguration", false, false),
        ("ListRefusedStrangers", false, false),
        ("SetPassword", false, false),
    ];
    for (name, with_full, with_read) in rows {
        let action = format!("lianwu:{name}");
        let allowed = (operation(&full, &action).is_allowed(), operation(&read, &action).is_allowed());
        assert_eq!(allowed, (with_full, with_read), "{name}");
    }
}

/// Is a device that carries tags hidden from a grant for its product, and shown by a grant for one of its tags or for
/// everything?
#[test]
fn a_tagged_device_needs_a_grant_for_its_tag() {
    let named = |condition: &str| {
        format!(
            r#"{{"version":"2.0","statement":[{{"effect":"allow","action":"*","resource":
            "qcs::iotexplorer:::project/prj-abcd1234/product/PID0000001*"{condition}}}]}}"#
        )
    };
    let tags_only = |tag: &str| format!(r#"{{"for_any_value:string_equal":{{"qcs:resource_tag":["{tag}"]}}}}"#);
    let with_tag = named(&format!(r#","condition":{}"#, tags_only("team&a")));
    let rows = [
        (named(""), false),
        (named(r#","condition":{"ip_equal":{"qcs:ip":"10.0.0.0/8"}}"#), false),
        (with_tag, true),
        (named(&format!(r#","condition":{}"#, tags_only("team&b"))), false),
        (allow_if(&tags_only("team&a")), true),
        (Preset::FullAccess.document().to_owned(), true),
    ];
    let name = SCOPE.device(&project(), product("PID0000001"), &"dev001".parse().unwrap());
    let (own, action) = ([tag("team", "a")], "iotexplorer:DescribeDevice");
    let judge = |attached: &[Arc<Policy>], hidden_by: &[Tag]| {
        let objects = [Object { name: &name, tags: &own, hidden_by }];
        let request = Request { action, target: Target::Objects(&objects), context: &context() };
        evaluate(Grantee::SubAccount(attached), &request)
    };
    for (document, allowed) in &rows {
        assert_eq!(judge(&policies(&[document]), &own).is_allowed(), *allowed, "{document}");
    }
    let by_product = policies(&[&rows[0].0]);
    assert!(judge(&by_product, &[]).is_allowed(), "tags that it inherits hide nothing");
    let Decision::Deny { unmet, .. } = judge(&by_product, &own) else { panic!("must be refused") };
    let told = serde_json::to_string(&unmet).unwrap();
    let expected = r#"[{"condition":{"key":"qcs:resource_tag","value":["team&a"],"ope":"for_any_value:string_equal"},"effect":"allow"}]"#;
    assert_eq!(told, expected);
}
