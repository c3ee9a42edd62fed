//! Signing in and out, and how logins end.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use crate::support::{LIANWU, NEW_PASSWORD, VENDOR, World};

const HOUR: Duration = Duration::from_secs(3600);
const NOT_SIGNED_IN: (u16, &str) = (401, "AuthFailure.NotSignedIn");

fn told(refusal: (u16, &str)) -> (u16, String) {
    (refusal.0, refusal.1.to_owned())
}

/// What does a page learn of its visitor, and does the browser keep the token from it?
#[tokio::test]
async fn a_visitor_signs_in_and_is_known() {
    let world = World::settled().await;
    let mut browser = world.browser();
    assert_eq!(browser.session().await.refusal(), told(NOT_SIGNED_IN));
    let page = browser.sign_in("admin", NEW_PASSWORD).await;
    assert_eq!(page.status, StatusCode::OK);
    let cookie = page.header("set-cookie");
    let token = cookie.strip_prefix("lianwu_session=").and_then(|rest| rest.split(';').next()).unwrap();
    assert_eq!(token.len(), 43);
    assert_eq!(
        cookie.strip_prefix(&format!("lianwu_session={token}")),
        Some("; Path=/console; HttpOnly; SameSite=Strict; Max-Age=604800")
    );
    assert_eq!(page.header("cache-control"), "no-store");
    let shown = page.json();
    let uin = world.owner.to_string();
    assert_eq!(
        shown,
        json!({
            "Uin": uin, "Owner": uin, "User": "admin", "IsMainAccount": true, "IsPlatformAdministrator": true,
            "MustChangePassword": false, "CsrfToken": shown["CsrfToken"],
        })
    );
    assert_eq!(shown["CsrfToken"].as_str().unwrap().len(), 43);
    assert_ne!(shown["CsrfToken"], token);
    assert_eq!(browser.session().await.json(), shown, "a reload knows the same");
}

/// Is a sub-account shown as what it is?
#[tokio::test]
async fn a_sub_account_signs_in_by_name_or_number() {
    let world = World::settled().await;
    let uin = world.sub_account("li", &[], "a password of li").await.to_string();
    for user in ["li", &uin] {
        let shown = world.browser().sign_in(user, "a password of li").await.json();
        assert_eq!((&shown["Uin"], &shown["Owner"]), (&json!(uin), &json!(world.owner.to_string())));
        assert_eq!((&shown["User"], &shown["IsMainAccount"]), (&json!("li"), &json!(false)));
    }
}

/// Is every wrong sign-in refused alike, in the language of the browser, and its body bounded?
#[tokio::test]
async fn a_wrong_sign_in_tells_nothing() {
    let world = World::settled().await;
    let mut browser = world.browser();
    let wrong = browser.sign_in("admin", "a guess").await;
    assert_eq!(wrong.refusal(), told((401, "AuthFailure.WrongPassword")));
    assert_eq!(wrong.json()["Response"]["Error"]["Message"], "用户名或密码错误。");
    assert!(wrong.headers.get("set-cookie").is_none());
    browser.headers.push(("accept-language", "en-GB,en;q=0.9".to_owned()));
    let nobody = browser.sign_in("nobody", NEW_PASSWORD).await;
    assert_eq!(nobody.refusal(), told((401, "AuthFailure.WrongPassword")));
    assert_eq!(nobody.json()["Response"]["Error"]["Message"], "User or password is wrong.");
    for body in ["", "[]", r#"{"User":"admin"}"#, r#"{"User":1,"Password":2}"#] {
        assert_eq!(
            browser.send("POST", "/console/session", body).await.refusal(),
            told((400, "InvalidRequest")),
            "{body}"
        );
    }
    let long = browser.sign_in("admin", &"x".repeat(5000)).await;
    assert_eq!(long.refusal(), told((400, "InvalidRequest")));
}

/// Is guessing slowed down, with the time to wait, also for the right password?
#[tokio::test]
async fn guessing_locks_a_user_out_for_a_while() {
    let world = World::settled().await;
    let mut browser = world.browser();
    for _ in 0..5 {
        assert_eq!(browser.sign_in("admin", "a guess").await.status, StatusCode::UNAUTHORIZED);
    }
    let page = browser.sign_in("admin", NEW_PASSWORD).await;
    assert_eq!(page.refusal(), told((429, "RequestLimitExceeded")));
    assert_eq!(page.header("retry-after"), "1");
    world.pass(Duration::from_secs(1));
    assert_eq!(browser.sign_in("admin", NEW_PASSWORD).await.status, StatusCode::OK);
}

/// Does a session end when it is not used, and in any case after a week? Is the cookie taken back then?
#[tokio::test]
async fn sessions_end_by_themselves() {
    let world = World::settled().await;
    let mut idle = world.signed_in("admin", NEW_PASSWORD).await;
    let mut used = idle.clone();
    world.pass(12 * HOUR - Duration::from_millis(1));
    assert!(used.is_in().await);
    world.pass(12 * HOUR);
    assert_eq!(idle.session().await.refusal(), told(NOT_SIGNED_IN));
    assert_eq!(idle.cookie, None, "the cookie is taken back");
    let mut daily = world.signed_in("admin", NEW_PASSWORD).await;
    for _ in 0..7 * 24 - 1 {
        world.pass(HOUR);
        assert!(daily.is_in().await);
    }
    world.pass(HOUR);
    assert_eq!(daily.call(VENDOR, "GetProjectList", json!({})).await.refusal(), told(NOT_SIGNED_IN));
}

/// Does signing out end this session only, and signing out everywhere all of one's own?
#[tokio::test]
async fn signing_out_here_and_everywhere() {
    let world = World::settled().await;
    world.sub_account("li", &[], "a password of li").await;
    let mut first = world.signed_in("admin", NEW_PASSWORD).await;
    let mut second = world.signed_in("admin", NEW_PASSWORD).await;
    let mut third = world.signed_in("admin", NEW_PASSWORD).await;
    let mut other = world.signed_in("li", "a password of li").await;
    let mut stolen = first.clone();
    let page = first.send("DELETE", "/console/session", "").await;
    assert_eq!((page.status, first.cookie.as_deref()), (StatusCode::NO_CONTENT, None));
    assert!(!stolen.is_in().await, "the token is worth nothing any more");
    assert!(second.is_in().await && third.is_in().await);
    assert_eq!(second.send("DELETE", "/console/session/all", "").await.status, StatusCode::NO_CONTENT);
    assert!(!third.is_in().await && other.is_in().await);
}

/// Does a new sign-in always come with a new token, whatever the browser brings along?
#[tokio::test]
async fn a_session_cannot_be_fixed_beforehand() {
    let world = World::settled().await;
    let mut attacker = world.signed_in("admin", NEW_PASSWORD).await;
    let mut victim = attacker.clone();
    victim.page_token = None;
    victim.sign_in("admin", NEW_PASSWORD).await;
    assert_ne!(victim.cookie, attacker.cookie);
    assert!(victim.is_in().await && !attacker.is_in().await, "the one brought along has ended");
    let made_up = format!("lianwu_session={}", "A".repeat(43));
    let mut browser = world.browser();
    browser.cookie = Some(made_up.clone());
    browser.sign_in("admin", NEW_PASSWORD).await;
    assert_ne!(browser.cookie, Some(made_up));
}

/// Does the first password allow nothing but a change of it, and does everything work with the new one at once?
#[tokio::test]
async fn the_first_password_must_be_changed() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.sign_in("admin", &world.first_password).await;
    assert_eq!(page.json()["MustChangePassword"], true);
    assert_eq!(browser.session().await.json()["MustChangePassword"], true);
    let must_change = told((403, "UnauthorizedOperation.MustChangePassword"));
    let other = json!({"Uin": "100000002", "NewPassword": NEW_PASSWORD});
    for (version, action, parameters) in [
        (VENDOR, "GetProjectList", json!({})),
        (LIANWU, "DescribeCaller", json!({})),
        (LIANWU, "SetPassword", other),
        (LIANWU, "NoSuchOperation", json!({})),
    ] {
        assert_eq!(browser.call(version, action, parameters).await.refusal(), must_change, "{action}");
    }
    let same = json!({"OldPassword": world.first_password, "NewPassword": world.first_password});
    assert_eq!(browser.call(LIANWU, "SetPassword", same).await.code(), "InvalidParameterValue");
    let before = browser.clone();
    let change = json!({"OldPassword": world.first_password, "NewPassword": NEW_PASSWORD});
    assert_eq!(browser.call(LIANWU, "SetPassword", change).await.code(), "");
    assert_ne!((&browser.cookie, &browser.page_token), (&before.cookie, &before.page_token));
    assert_eq!(browser.session().await.json()["MustChangePassword"], false);
    assert_eq!(browser.call(VENDOR, "GetProjectList", json!({})).await.code(), "");
    assert_eq!(world.browser().sign_in("admin", &world.first_password).await.status, StatusCode::UNAUTHORIZED);
}

/// Does a change of the password end all other sessions of its owner, and leave the page that made it signed in anew?
#[tokio::test]
async fn a_new_password_ends_other_sessions() {
    let world = World::settled().await;
    let uin = world.sub_account("li", &["QcloudIoTExplorerFullAccess"], "a password of li").await;
    let mut own = world.signed_in("admin", NEW_PASSWORD).await;
    let mut elsewhere = world.signed_in("admin", NEW_PASSWORD).await;
    let mut li = world.signed_in("li", "a password of li").await;
    let mut stolen = own.clone();
    let wrong = json!({"OldPassword": "a guess", "NewPassword": "another password"});
    assert_eq!(own.call(LIANWU, "SetPassword", wrong).await.code(), "InvalidParameterValue");
    assert!(elsewhere.is_in().await, "nothing was changed");
    let change = json!({"OldPassword": NEW_PASSWORD, "NewPassword": "another password"});
    let page = own.call(LIANWU, "SetPassword", change).await;
    assert_eq!(page.code(), "");
    assert!(own.is_in().await && !stolen.is_in().await && !elsewhere.is_in().await && li.is_in().await);
    assert_eq!(own.session().await.json()["CsrfToken"], json!(own.page_token), "the answer brought it");
    let for_li = json!({"Uin": uin.to_string(), "NewPassword": "given by the main account"});
    let page = own.call(LIANWU, "SetPassword", for_li).await;
    assert_eq!((page.code(), page.headers.get("set-cookie")), (String::new(), None));
    assert!(own.is_in().await && !li.is_in().await);
}

/// Is a sub-account that was deleted out at its next request?
#[tokio::test]
async fn a_deleted_sub_account_is_out() {
    let world = World::settled().await;
    let uin = world.sub_account("li", &["QcloudIoTExplorerFullAccess"], "a password of li").await;
    let mut own = world.signed_in("admin", NEW_PASSWORD).await;
    let mut li = world.signed_in("li", "a password of li").await;
    assert_eq!(li.call(VENDOR, "GetProjectList", json!({})).await.code(), "");
    assert_eq!(own.call(LIANWU, "DeleteSubAccount", json!({"Uin": uin.to_string()})).await.code(), "");
    assert_eq!(li.call(VENDOR, "GetProjectList", json!({})).await.refusal(), told(NOT_SIGNED_IN));
}

/// Is a sub-account that is switched off out at its next request, told so when it signs in with the right password only, and in again when it is on?
#[tokio::test]
async fn a_disabled_sub_account_is_out() {
    let world = World::settled().await;
    let uin = world.sub_account("li", &["QcloudIoTExplorerFullAccess"], "a password of li").await;
    let mut own = world.signed_in("admin", NEW_PASSWORD).await;
    let mut li = world.signed_in("li", "a password of li").await;
    let set = |enabled: bool| json!({"Uin": uin.to_string(), "Enabled": enabled});
    assert_eq!(own.call(LIANWU, "UpdateSubAccount", set(false)).await.code(), "");
    assert_eq!(li.call(VENDOR, "GetProjectList", json!({})).await.refusal(), told(NOT_SIGNED_IN));
    let told_so = world.browser().sign_in("li", "a password of li").await;
    assert_eq!(told_so.refusal(), told((403, "AuthFailure.AccountDisabled")));
    assert!(told_so.headers.get("set-cookie").is_none());
    let guessed = world.browser().sign_in("li", "a guess of others").await;
    assert_eq!(guessed.refusal(), told((401, "AuthFailure.WrongPassword")));
    assert_eq!(own.call(LIANWU, "UpdateSubAccount", set(true)).await.code(), "");
    let mut again = world.signed_in("li", "a password of li").await;
    assert_eq!(again.call(VENDOR, "GetProjectList", json!({})).await.code(), "");
    assert!(!li.is_in().await, "a session that has ended stays so");
}

/// Does the twenty-first session of somebody end the oldest one?
#[tokio::test]
async fn sessions_of_one_are_bounded() {
    let world = World::settled().await;
    let mut browsers = Vec::new();
    for _ in 0..21 {
        world.pass(Duration::from_secs(1));
        browsers.push(world.signed_in("admin", NEW_PASSWORD).await);
    }
    assert!(!browsers[0].is_in().await);
    for browser in &mut browsers[1..] {
        assert!(browser.is_in().await);
    }
}

/// Do sessions outlive a restart, with their age, and those that have ended do not?
#[tokio::test]
async fn sessions_outlive_a_restart() {
    let world = World::settled().await;
    let kept = world.signed_in("admin", NEW_PASSWORD).await;
    let mut ended = world.signed_in("admin", NEW_PASSWORD).await;
    ended.send("DELETE", "/console/session", "").await;
    let gone = ended.clone();
    world.pass(11 * HOUR);
    assert!(kept.clone().is_in().await, "this use is written down");
    let world = world.restarted().await;
    let mut again = world.browser();
    (again.cookie, again.page_token) = (kept.cookie.clone(), kept.page_token.clone());
    assert!(again.is_in().await);
    assert_eq!(again.call(VENDOR, "GetProjectList", json!({})).await.code(), "");
    let mut out = world.browser();
    out.cookie = gone.cookie;
    assert!(!out.is_in().await);
    world.pass(12 * HOUR);
    assert!(!again.is_in().await);
}

/// Is the cookie for encrypted ways only where the way is encrypted, and is a proxy believed only where there is one?
#[tokio::test]
async fn a_cookie_is_secure_behind_tls() {
    let world = World::settled().await;
    let mut cookies = Vec::new();
    for (public_url, scheme) in
        [("", "https"), ("https://iot.example.com/console/", "https"), ("https://iot.example.com/", "http")]
    {
        let mut browser = world.browser_at(public_url);
        browser.headers.push(("x-forwarded-proto", scheme.to_owned()));
        cookies.push(browser.sign_in("admin", NEW_PASSWORD).await.header("set-cookie").ends_with("; Secure"));
    }
    assert_eq!(cookies, [false, true, false]);
}
