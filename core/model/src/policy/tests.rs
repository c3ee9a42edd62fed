mod conditions;
mod documents;
mod evaluation;

use std::sync::Arc;

use super::*;
use crate::{ProductId, ProjectId, Uin, UnixMillis};

const SCOPE: ResourceScope<'_> = ResourceScope {
    service: "iotexplorer",
    region: "ap-guangzhou",
    owner: Uin(100_000_123_456),
    app_id: Some(1_250_000_000),
};

fn project() -> ProjectId {
    "prj-abcd1234".parse().unwrap()
}

fn product(id: &str) -> ProductId {
    id.parse().unwrap()
}

fn context() -> Context<'static> {
    Context {
        source: Some("10.1.2.3".parse().unwrap()),
        now: UnixMillis::from_seconds(1_720_130_000),
        request_tags: &[],
    }
}

fn policies(documents: &[&str]) -> Vec<Arc<Policy>> {
    documents.iter().map(|document| Arc::new(Policy::parse(document).unwrap())).collect()
}

/// One allow statement for everything, with a condition.
fn allow_if(condition: &str) -> String {
    format!(
        r#"{{"version":"2.0","statement":[{{"effect":"allow","action":"*","resource":"*","condition":{condition}}}]}}"#
    )
}

fn operation(policies: &[Arc<Policy>], action: &str) -> Decision {
    let request = Request { action, target: Target::Operation, context: &context() };
    evaluate(Grantee::SubAccount(policies), &request)
}

fn on(policies: &[Arc<Policy>], action: &str, name: &ResourceName, tags: &[Tag]) -> Decision {
    let objects = [Object { name, tags, hidden_by: &[] }];
    let request = Request { action, target: Target::Objects(&objects), context: &context() };
    evaluate(Grantee::SubAccount(policies), &request)
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.into(), value: value.into() }
}
