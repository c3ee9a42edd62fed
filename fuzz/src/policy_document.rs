//! Policy documents: a further allow never takes a right away, and a deny for everything always wins.
//!
//! Input: a text that may be a policy document.

use std::sync::Arc;

use lianwu_model::policy::{
    Context, DOCUMENT_BYTES_MAX, Decision, Grantee, Object, Policy, Preset, Request, ResourceScope, Tag, Target,
    UNMET_MAX, evaluate, may_reach,
};
use lianwu_model::{Uin, UnixMillis};

const DENY_ALL: &str = r#"{"version":"2.0","statement":[{"effect":"deny","action":"*","resource":"*"}]}"#;

pub fn run(data: &[u8]) {
    let Ok(document) = std::str::from_utf8(data) else { return };
    let policy = match Policy::parse(document) {
        Ok(policy) => Arc::new(policy),
        // The place is made of keys of the document.
        Err(error) => return assert!(error.at.len() <= DOCUMENT_BYTES_MAX + 64),
    };
    let scope = ResourceScope {
        service: "iotexplorer",
        region: "gz",
        owner: Uin(100_000_123_456),
        app_id: Some(1_250_000_000),
    };
    let project = "prj-abcd1234".parse().expect("a project id");
    let name = scope.product(&project, "PID0000001".parse().expect("a product id"));
    let tags = [Tag { key: "team".into(), value: "a".into() }];
    let objects = [Object { name: &name, tags: &tags, hidden_by: &[] }];
    for source in [None, Some("10.1.2.3"), Some("2001:db8::1")] {
        let source = source.map(|ip| ip.parse().expect("an address"));
        let context = Context { source, now: UnixMillis(1_732_300_000_000), request_tags: &tags };
        for target in [Target::Operation, Target::Objects(&objects)] {
            for action in ["iotexplorer:DescribeDevice", "iotcloud:ListLog"] {
                check(&policy, &Request { action, target, context: &context });
            }
        }
    }
}

fn check(policy: &Arc<Policy>, request: &Request<'_>) {
    let judge = |policies: &[Arc<Policy>]| evaluate(Grantee::SubAccount(policies), request);
    let alone = [Arc::clone(policy)];
    match judge(&alone) {
        Decision::Allow => {
            assert!(may_reach(Grantee::SubAccount(&alone), request.action));
            assert!(judge(&[Arc::clone(policy), Preset::Administrator.policy()]).is_allowed());
        }
        Decision::Deny { resources, unmet } => {
            assert_eq!(resources.len(), 1);
            assert!(unmet.len() <= UNMET_MAX);
        }
    }
    let deny_all = Arc::new(Policy::parse(DENY_ALL).expect("a document"));
    assert!(!judge(&[Preset::Administrator.policy(), Arc::clone(policy), deny_all]).is_allowed());
    assert!(evaluate(Grantee::MainAccount, request).is_allowed());
}
