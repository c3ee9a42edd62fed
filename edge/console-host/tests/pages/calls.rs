//! Calls of pages: what they must show, and that they are calls like any other.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use futures_util::stream;
use lianwu_cloud_api::generated::operations::DescribeCaller;
use lianwu_cloud_api::metadata::Operation as _;
use lianwu_services::{Limits, account};
use serde_json::json;

use crate::support::{LIANWU, NEW_PASSWORD, VENDOR, World};

/// Is a call without a login, without the page's token, or from another site refused before anything is done?
#[tokio::test]
async fn a_call_shows_that_it_is_from_a_page_of_the_visitor() {
    let world = World::settled().await;
    let own = world.signed_in("admin", NEW_PASSWORD).await;
    let other = world.signed_in("admin", NEW_PASSWORD).await;
    let mut cases = Vec::new();
    let mut no_cookie = own.clone();
    no_cookie.cookie = None;
    cases.push(("no cookie", no_cookie, 401, "AuthFailure.NotSignedIn"));
    let mut not_a_token = own.clone();
    not_a_token.cookie = Some("lianwu_session=abc".to_owned());
    cases.push(("no token", not_a_token, 401, "AuthFailure.NotSignedIn"));
    let mut no_page_token = own.clone();
    no_page_token.page_token = None;
    cases.push(("no page token", no_page_token, 403, "AuthFailure.CsrfToken"));
    let mut foreign_page_token = own.clone();
    foreign_page_token.page_token = other.page_token.clone();
    cases.push(("the page token of another session", foreign_page_token, 403, "AuthFailure.CsrfToken"));
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let mut foreign = own.clone();
        foreign.headers.push((name, value.to_owned()));
        cases.push((value, foreign, 403, "AuthFailure.ForeignOrigin"));
    }
    let create = json!({"ProjectName": "home", "ProjectDesc": ""});
    for (what, mut browser, status, code) in cases {
        let page = browser.call(VENDOR, "CreateProject", create.clone()).await;
        assert_eq!(page.refusal(), (status, code.to_owned()), "{what}");
        for path in ["/console/session", "/console/session/all"] {
            let page = browser.send("DELETE", path, "").await;
            assert_eq!(page.refusal(), (status, code.to_owned()), "{what}, {path}");
        }
    }
    let mut page = own.clone();
    page.headers.push(("origin", "http://127.0.0.1:8080".to_owned()));
    page.headers.push(("sec-fetch-site", "same-origin".to_owned()));
    let list = page.call(VENDOR, "GetProjectList", json!({})).await;
    assert_eq!((list.status, list.json()["Response"]["Total"].as_u64()), (StatusCode::OK, Some(0)), "nothing was made");
    assert_eq!(page.call(VENDOR, "CreateProject", create).await.code(), "");
    let mut foreign = world.browser();
    foreign.headers.push(("origin", "http://evil.example".to_owned()));
    let page = foreign.sign_in("admin", NEW_PASSWORD).await;
    assert_eq!(page.refusal(), (403, "AuthFailure.ForeignOrigin".to_owned()), "nobody is signed in from elsewhere");
}

/// Is a call answered as the cloud API answers it, in the page's language?
#[tokio::test]
async fn a_call_is_answered_as_a_signed_one() {
    let world = World::settled().await;
    let mut browser = world.signed_in("admin", NEW_PASSWORD).await;
    let page = browser.call(LIANWU, "DescribeCaller", json!({})).await;
    let response = &page.json()["Response"];
    assert_eq!((&response["Uin"], &response["MainAccount"]), (&json!(world.owner.to_string()), &json!(true)));
    assert_eq!(response["RequestId"].as_str().unwrap().len(), 36);
    assert_eq!((page.header("content-type"), page.header("cache-control")), ("application/json", "no-store"));
    assert_eq!(browser.send("POST", "/console/api/2026-11-01/DescribeCaller", "").await.code(), "", "no parameters");
    browser.headers.push(("accept-language", "en".to_owned()));
    for (version, action, body, status, code) in [
        (LIANWU, "NoSuchOperation", "{}", 200, "InvalidAction"),
        ("2020-01-01", "DescribeCaller", "{}", 200, "NoSuchVersion"),
        (VENDOR, "DescribeCaller", "{}", 200, "InvalidAction"),
        (LIANWU, "DescribeCaller", r#"{"Nonsense":1}"#, 200, "UnknownParameter"),
        (LIANWU, "DescribeCaller", "[", 200, "InvalidRequest"),
        (VENDOR, "DescribeProject", r#"{"ProjectId":"prj-00000000"}"#, 200, "ResourceNotFound.ProjectNotExist"),
    ] {
        let page = browser.send("POST", &format!("/console/api/{version}/{action}"), body).await;
        assert_eq!(page.refusal(), (status, code.to_owned()), "{action} {body}");
        assert!(page.json()["Response"]["Error"]["Message"].as_str().unwrap().is_ascii(), "in English");
    }
    browser.headers.push(("x-tc-region", "ap-nowhere".to_owned()));
    assert_eq!(browser.call(LIANWU, "DescribeCaller", json!({})).await.code(), "UnsupportedRegion");
    let large = vec![b' '; 10 * 1024 * 1024 + 1];
    let page = browser.send("POST", "/console/api/2026-11-01/DescribeCaller", large).await;
    assert_eq!(page.refusal(), (400, "RequestSizeLimitExceeded".to_owned()));
}

/// Do policies hold for a signed-in sub-account as for its keys?
#[tokio::test]
async fn a_call_has_the_rights_of_its_visitor() {
    let world = World::settled().await;
    world.sub_account("reader", &["QcloudIoTExplorerReadOnlyAccess"], "a password of li").await;
    world.sub_account("nobody", &[], "a password of li").await;
    let mut reader = world.signed_in("reader", "a password of li").await;
    assert_eq!(reader.call(VENDOR, "GetProjectList", json!({})).await.code(), "");
    let create = json!({"ProjectName": "home", "ProjectDesc": ""});
    assert_eq!(reader.call(VENDOR, "CreateProject", create).await.code(), "UnauthorizedOperation");
    let mut nobody = world.signed_in("nobody", "a password of li").await;
    assert_eq!(nobody.call(VENDOR, "GetProjectList", json!({})).await.code(), "UnauthorizedOperation");
}

/// Is a call whose visitor is out before its body is whole not done?
#[tokio::test]
async fn a_call_that_takes_its_time_is_of_who_is_still_there() {
    let world = World::settled().await;
    let uin = world.sub_account("li", &["QcloudIoTExplorerFullAccess"], "a password of li").await;
    let mut li = world.signed_in("li", "a password of li").await;
    let (platform, owner) = (Arc::clone(&world.platform), world.owner);
    let body = stream::once(async move {
        account::set_sub_account_active(&platform, owner, uin, false).await.unwrap();
        Ok::<_, Infallible>(json!({"ProjectName": "home", "ProjectDesc": ""}).to_string())
    });
    let page = li.send("POST", "/console/api/2019-04-23/CreateProject", Body::from_stream(body)).await;
    assert_eq!(page.refusal(), (401, "AuthFailure.NotSignedIn".to_owned()));
    let mut own = world.signed_in("admin", NEW_PASSWORD).await;
    assert_eq!(own.call(VENDOR, "GetProjectList", json!({})).await.json()["Response"]["Total"], 0);
}

/// Do calls of pages count against the same rate?
#[tokio::test]
async fn calls_count_against_the_rate() {
    let world = World::with_limits(Limits { api_tps: 1, ..Limits::default() }).await;
    let by = world.platform.accounts.principal(world.owner).unwrap();
    account::set_password(&world.platform, &by, None, &world.first_password, NEW_PASSWORD).await.unwrap();
    let mut browser = world.signed_in("admin", NEW_PASSWORD).await;
    let allowed = (DescribeCaller::SPEC.calls_per_second / 20).max(1);
    for call in 0..allowed {
        assert_eq!(browser.call(LIANWU, "DescribeCaller", json!({})).await.code(), "", "call {call} of {allowed}");
    }
    assert_eq!(browser.call(LIANWU, "DescribeCaller", json!({})).await.code(), "RequestLimitExceeded");
}

/// Is the audit log told who signed in and what was changed, from where?
#[tokio::test]
async fn the_audit_log_knows_the_console() {
    let world = World::settled().await;
    let mut browser = world.signed_in("admin", NEW_PASSWORD).await;
    browser.call(VENDOR, "CreateProject", json!({"ProjectName": "home", "ProjectDesc": ""})).await;
    browser.call(VENDOR, "GetProjectList", json!({})).await;
    browser.send("DELETE", "/console/session", "").await;
    let rows = world.audit_rows().await;
    let seen: Vec<_> = rows.iter().map(|row| (row.service.as_str(), row.operation.as_str())).collect();
    assert_eq!(seen, [("console", "SignOut"), ("iotexplorer", "CreateProject"), ("console", "SignIn")]);
    for row in rows {
        assert_eq!((row.secret_id.as_str(), row.source.as_str()), ("console", "192.0.2.7"));
        assert_eq!((row.uin, row.owner, row.code.as_str()), (world.owner, world.owner, "OK"));
    }
}
