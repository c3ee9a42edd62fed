//! The live view: who may open it, what it shows, and how it ends.

use std::time::Duration;

use lianwu_ports::record::RecordKind;
use lianwu_services::account;
use serde_json::{Value, json};

use crate::support::live::{Ended, Socket, Watched, payload};
use crate::support::{HOST, LIANWU, NEW_PASSWORD, VENDOR, World};

/// Is a page let in only with the cookie, from this server's own address, and when its user may do something?
#[tokio::test(start_paused = true)]
async fn a_socket_is_for_pages_of_the_visitor() {
    let world = Watched::new().await;
    let own = world.signed_in("admin", NEW_PASSWORD).await;
    let mut nobody = own.clone();
    nobody.cookie = None;
    assert_eq!(Socket::refused(&world, &nobody).await, (401, "AuthFailure.NotSignedIn".to_owned()));
    for origin in ["http://evil.example", "null", "", "https://127.0.0.1:8081"] {
        let mut foreign = own.clone();
        foreign.headers.push(("origin", origin.to_owned()));
        assert_eq!(Socket::refused(&world, &foreign).await, (403, "AuthFailure.ForeignOrigin".to_owned()), "{origin}");
    }
    let mut no_origin = own.clone();
    for (name, value) in [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")] {
        no_origin.headers.push((name, value.to_owned()));
    }
    no_origin.headers.push(("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==".to_owned()));
    let page = world.live_browser(&no_origin).send("GET", "/console/live", "").await;
    assert_eq!(page.refusal(), (403, "AuthFailure.ForeignOrigin".to_owned()), "no Origin");
    let mut no_websocket = own.clone();
    no_websocket.headers.push(("origin", format!("http://{HOST}")));
    let page = world.live_browser(&no_websocket).send("GET", "/console/live", "").await;
    assert_eq!(page.status.as_u16(), 400, "no WebSocket is asked for");
    assert_eq!(no_websocket.send("GET", "/console/live", "").await.status.as_u16(), 404, "a console without live view");
    Socket::ready_for(&world, &own).await;

    let fresh = World::new().await;
    let world = Watched::of(fresh).await;
    let mut first = world.browser();
    first.sign_in("admin", &world.first_password).await;
    assert_eq!(Socket::refused(&world, &first).await, (403, "UnauthorizedOperation.MustChangePassword".to_owned()));
}

/// Does a socket end at once without the page token of its own session, and after a while without anything?
#[tokio::test(start_paused = true)]
async fn the_first_message_shows_the_page_token() {
    let world = Watched::new().await;
    let own = world.signed_in("admin", NEW_PASSWORD).await;
    let other = world.signed_in("admin", NEW_PASSWORD).await;
    for (first, code) in [
        (json!({"CsrfToken": other.page_token}).to_string(), 4403),
        (json!({"CsrfToken": ""}).to_string(), 4403),
        (json!({"Watch": 1, "Request": {}}).to_string(), 4400),
        ("hello".to_owned(), 4400),
        (json!({"CsrfToken": "x".repeat(5_000)}).to_string(), 4400),
    ] {
        let mut socket = Socket::open(&world, &own).await;
        socket.say(&first).await;
        assert_eq!(socket.ended().await, Ended::Code(code), "{first}");
    }
    let mut silent = Socket::open(&world, &own).await;
    assert_eq!(silent.ended().await, Ended::Code(4408));
}

/// Does a page see every line of its device in the moment it is there, and no other device's?
#[tokio::test(start_paused = true)]
async fn lines_come_as_they_are_written() {
    let world = Watched::new().await;
    let own = world.signed_in("admin", NEW_PASSWORD).await;
    let mut socket = Socket::ready_for(&world, &own).await;
    world.lamp("before").report(1);
    socket.watch(7, world.request("lamp", &json!({"Kinds": ["content"], "Direction": "up"}))).await;
    world.lamp("lamp").report(2);
    world.lamp("other").report(3);
    world.lamp("lamp").report(4);
    let rows = socket.rows(2).await;
    assert_eq!(rows.contents(), [payload(2), payload(4)]);
    assert_eq!((rows.watch, rows.missed, rows.has_gap), (7, 0, false));
    let listed = own
        .clone()
        .call(LIANWU, "ListDeviceLog", world.request("lamp", &json!({"Kinds": ["content"], "Direction": "up"})))
        .await;
    let listed = listed.json()["Response"]["Rows"].as_array().unwrap().clone();
    assert_eq!(rows.newest_first(), listed, "field by field what ListDeviceLog answers");

    socket.say(&json!({"Unwatch": 7}).to_string()).await;
    socket.watch(8, world.request("other", &json!({"Kinds": ["status"]}))).await;
    world.lamp("lamp").report(5);
    world.lamp("other").report(6);
    world.lamp("other").write(RecordKind::Connected, "version:4");
    let rows = socket.rows(1).await;
    assert_eq!((rows.watch, rows.rows[0]["Scene"].as_str()), (8, Some("ONLINE")));
}

/// Are parameters refused as the operation refuses them, in the page's language?
#[tokio::test(start_paused = true)]
async fn what_may_not_be_listed_is_not_watched() {
    let world = Watched::new().await;
    world.sub_account("li", &[], "a password of li").await;
    let own = world.signed_in("admin", NEW_PASSWORD).await;
    let li = world.signed_in("li", "a password of li").await;
    let refusal = |request: Value, browser| {
        let world = &world;
        async move {
            let mut socket = Socket::ready_for(world, browser).await;
            socket.say(&json!({"Watch": 1, "Request": request}).to_string()).await;
            let told = socket.told().await;
            assert_eq!((told["Type"].as_str(), told["Watch"].as_u64()), (Some("Refused"), Some(1)), "{told}");
            told
        }
    };
    let code = |told: Value| told["Code"].as_str().unwrap().to_owned();
    let of_lamp = world.request("lamp", &json!({}));
    let mut other = of_lamp.clone();
    other["ProductId"] = json!(world.foreign_product);
    assert_eq!(code(refusal(other.clone(), &own).await), "ResourceNotFound.StudioProductNotExist");
    let called = own.clone().call(LIANWU, "ListDeviceLog", other).await;
    assert_eq!(called.code(), "ResourceNotFound.StudioProductNotExist", "as the operation says");
    assert_eq!(code(refusal(of_lamp.clone(), &li).await), "UnauthorizedOperation");
    assert_eq!(
        code(refusal(json!({"ProductId": of_lamp["ProductId"], "MinTime": 0, "MaxTime": 0}), &own).await),
        "MissingParameter"
    );
    assert_eq!(code(refusal(world.request("lamp", &json!({"Kinds": ["all"]})), &own).await), "InvalidParameterValue");
    assert_eq!(code(refusal(world.request("lamp", &json!({"Colour": 1})), &own).await), "UnknownParameter");
    let told = refusal(json!([]), &own).await;
    assert_eq!(told["Code"], "InvalidRequest");
    assert!(told["RequestId"].as_str().is_some_and(|id| id.len() == 36), "{told}");
    assert!(told["Message"].as_str().unwrap().starts_with("The body"), "{told}");
}

/// Does a watch end when its user's right is taken away, while the socket goes on?
#[tokio::test(start_paused = true)]
async fn a_right_that_is_taken_away_ends_the_watch() {
    let world = Watched::new().await;
    let uin = world.sub_account("li", &["QcloudIoTExplorerFullAccess"], "a password of li").await;
    let li = world.signed_in("li", "a password of li").await;
    let mut socket = Socket::ready_for(&world, &li).await;
    socket.watch(1, world.request("lamp", &json!({"Kinds": ["content"], "Direction": "up"}))).await;
    world.lamp("lamp").report(1);
    assert_eq!(socket.rows(1).await.contents(), [payload(1)]);
    let holder = account::Holder::SubAccount(uin);
    account::detach(&world.platform, world.owner, &holder, &["QcloudIoTExplorerFullAccess".to_owned()]).await.unwrap();
    let told = socket.told().await;
    assert_eq!((&told["Type"], &told["Code"]), (&json!("Refused"), &json!("UnauthorizedOperation")));
    world.lamp("lamp").report(2);
    socket.watch_refused(2, world.request("lamp", &json!({})), "UnauthorizedOperation").await;
}

/// Is a device that gets a tag its watcher has no right on no longer watched, and another one of the product still?
#[tokio::test(start_paused = true)]
async fn a_tag_that_hides_a_device_ends_the_watch() {
    let world = Watched::new().await;
    let mut own = world.signed_in("admin", NEW_PASSWORD).await;
    let products = format!("qcs::iotexplorer:ap-guangzhou:uin/{}:project/*", world.owner);
    let statement = json!({"effect": "allow", "action": "lianwu:ListDeviceLog", "resource": products});
    let policy = json!({"Name": "looks", "Document": json!({"version": "2.0", "statement": [statement]}).to_string()});
    assert_eq!(own.call(LIANWU, "SavePolicy", policy).await.code(), "");
    world.sub_account("li", &["looks"], "a password of li").await;
    let li = world.signed_in("li", "a password of li").await;
    let mut socket = Socket::ready_for(&world, &li).await;
    let wanted = json!({"Kinds": ["content"], "Direction": "up"});
    socket.watch(1, world.request("lamp", &wanted)).await;
    socket.watch(2, world.request("other", &wanted)).await;
    let lamp = world.request("lamp", &json!({}));
    let tags = json!({"ProductId": lamp["ProductId"], "DeviceName": "lamp", "Tags": [{"Key": "floor", "Value": "2"}]});
    assert_eq!(own.call(LIANWU, "SetTags", tags).await.code(), "");
    let told = socket.told().await;
    assert_eq!((&told["Type"], &told["Watch"]), (&json!("Refused"), &json!(1)), "{told}");
    assert_eq!(told["Code"], "UnauthorizedOperation");
    world.lamp("lamp").report(1);
    world.lamp("other").report(2);
    assert_eq!(socket.rows(1).await.contents(), [payload(2)]);
}

/// Does a socket end with its session: signed out, another password, deleted, too old?
#[tokio::test(start_paused = true)]
async fn the_end_of_the_session_ends_the_socket() {
    let world = Watched::new().await;
    let uin = world.sub_account("li", &["QcloudIoTExplorerFullAccess"], "a password of li").await;
    let mut own = world.signed_in("admin", NEW_PASSWORD).await;
    let mut elsewhere = world.signed_in("admin", NEW_PASSWORD).await;
    let mut here = Socket::ready_for(&world, &own).await;
    let mut there = Socket::ready_for(&world, &elsewhere).await;
    elsewhere.send("DELETE", "/console/session", "").await;
    assert_eq!(there.ended().await, Ended::Code(4401));
    here.watch(1, world.request("lamp", &json!({}))).await;
    own.send("DELETE", "/console/session/all", "").await;
    assert_eq!(here.ended().await, Ended::Code(4401));

    let mut own = world.signed_in("admin", NEW_PASSWORD).await;
    let li = world.signed_in("li", "a password of li").await;
    let mut socket = Socket::ready_for(&world, &li).await;
    let change = json!({"Uin": uin.to_string(), "NewPassword": "another one of li"});
    assert_eq!(own.call(LIANWU, "SetPassword", change).await.code(), "");
    assert_eq!(socket.ended().await, Ended::Code(4401));
    let li = world.signed_in("li", "another one of li").await;
    let mut socket = Socket::ready_for(&world, &li).await;
    assert_eq!(own.call(LIANWU, "DeleteSubAccount", json!({"Uin": uin.to_string()})).await.code(), "");
    assert_eq!(socket.ended().await, Ended::Code(4401));

    let mut socket = Socket::ready_for(&world, &own).await;
    socket.watch(1, world.request("lamp", &json!({}))).await;
    world.pass(Duration::from_secs(12 * 3600));
    assert_eq!(socket.ended().await, Ended::Code(4401), "looking on is no use of the session");
    assert_eq!(own.call(VENDOR, "GetProjectList", json!({})).await.code(), "AuthFailure.NotSignedIn");
}

/// Is a page that takes nothing given up, with what waits for it in a bound, and told what it missed if it takes it late?
#[tokio::test(start_paused = true)]
async fn a_slow_page_is_bounded() {
    let world = Watched::new().await;
    let own = world.signed_in("admin", NEW_PASSWORD).await;
    let mut socket = Socket::ready_for(&world, &own).await;
    socket.watch(1, world.request("lamp", &json!({"Kinds": ["content"], "Direction": "up"}))).await;
    for value in 0..2_000 {
        world.lamp("lamp").report(value);
    }
    let (mut shown, mut missed, mut last) = (0, 0, String::new());
    while shown + missed < 2_000 {
        let rows = socket.some_rows().await;
        assert!(rows.rows.len() <= 256);
        shown += rows.rows.len() as u64;
        missed += rows.missed;
        last = rows.contents().last().cloned().unwrap_or(last);
    }
    assert_eq!((shown + missed, last), (2_000, payload(1_999)), "each line is shown or counted, the newest last");
    assert!(missed > 0);
    // Nobody reads any more: what the pipe holds is written, then the socket is given up.
    world.keep_reporting("lamp", 64 * 1024).await;
    assert_eq!(socket.ended().await, Ended::Broken);
}

/// How many messages with lines come in a second, whatever the device does?
#[tokio::test(start_paused = true)]
async fn lines_come_in_batches() {
    let world = Watched::new().await;
    let own = world.signed_in("admin", NEW_PASSWORD).await;
    let mut socket = Socket::ready_for(&world, &own).await;
    socket.watch(1, world.request("lamp", &json!({"Kinds": ["content"], "Direction": "up"}))).await;
    let begin = tokio::time::Instant::now();
    let (mut messages, mut rows) = (0, 0);
    while begin.elapsed() < Duration::from_secs(10) {
        world.lamp("lamp").report(rows);
        rows += socket.some_rows().await.rows.len() as u64;
        messages += 1;
    }
    assert!(messages <= 41, "{messages} messages in ten seconds");
}

/// Are logs of one page, and pages of one user, bounded, and a place free again afterwards?
#[tokio::test(start_paused = true)]
async fn watches_and_sockets_are_bounded() {
    let world = Watched::new().await;
    let own = world.signed_in("admin", NEW_PASSWORD).await;
    let mut sockets = Vec::new();
    for _ in 0..16 {
        sockets.push(Socket::ready_for(&world, &own).await);
    }
    assert_eq!(Socket::refused(&world, &own).await, (429, "LimitExceeded.LivePages".to_owned()));
    let mut socket = sockets.pop().unwrap();
    for watch in 0..8 {
        socket.watch(watch, world.request("lamp", &json!({}))).await;
    }
    socket.watch(3, world.request("other", &json!({}))).await;
    socket.watch_refused(8, world.request("lamp", &json!({})), "LimitExceeded.LiveWatches").await;
    socket.close().await;
    Socket::ready_for(&world, &own).await;
}

/// Does a socket nobody uses end after five minutes, one with a silent browser after a minute, and every one when the server stops?
#[tokio::test(start_paused = true)]
async fn sockets_end_by_themselves() {
    let mut world = Watched::new().await;
    let own = world.signed_in("admin", NEW_PASSWORD).await;
    let mut idle = Socket::ready_for(&world, &own).await;
    assert_eq!(idle.ended().await, Ended::Code(4404));
    let mut unreadable = Socket::ready_for(&world, &own).await;
    unreadable.say("{}").await;
    assert_eq!(unreadable.ended().await, Ended::Code(4400));
    let silent = Socket::ready_for(&world, &own).await;
    assert_eq!(silent.answers_nothing().await, 4409);
    let mut watching = Socket::ready_for(&world, &own).await;
    watching.watch(1, world.request("lamp", &json!({}))).await;
    let begin = tokio::time::Instant::now();
    world.stop().await;
    assert_eq!(watching.ended().await, Ended::Code(1001));
    assert!(begin.elapsed() < Duration::from_secs(1));
}
