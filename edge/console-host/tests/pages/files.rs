//! The console's files, and what every answer tells the browser.

use axum::http::StatusCode;
use lianwu_cloud_api::{CloudApi, Settings};
use lianwu_console_host::headers::CONTENT_SECURITY_POLICY;

use crate::support::{ASSETS, LIANWU, World};

/// Which path gives which file, and how long is it good?
#[tokio::test]
async fn files_pages_and_nothing() {
    let world = World::new().await;
    let mut browser = world.browser();
    for path in ["/console/", "/console/products", "/console/products/ABCDEFGHIJ?tab=logs", "/console/index.html"] {
        let page = browser.send("GET", path, "").await;
        assert_eq!((page.status, page.body.as_slice()), (StatusCode::OK, ASSETS[1].plain), "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-cache");
    }
    let script = browser.send("GET", "/console/assets/app-1a2b.js", "").await;
    assert_eq!(script.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    for path in
        ["/console/assets/gone-3c4d.js", "/console/assets/gone", "/console/favicon.ico", "/console/api/x", "/other"]
    {
        assert_eq!(browser.send("GET", path, "").await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for (method, path) in
        [("POST", "/console/"), ("GET", "/console/session/all"), ("GET", "/console/api/2019-04-23/GetProjectList")]
    {
        assert_eq!(browser.send(method, path, "").await.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    }
}

/// Is the compressed form sent to whoever takes it, and nothing to whoever has it already?
#[tokio::test]
async fn files_are_compressed_and_remembered() {
    let world = World::new().await;
    let mut browser = world.browser();
    const SCRIPT: &str = "/console/assets/app-1a2b.js";
    let plain = browser.send("GET", SCRIPT, "").await;
    assert_eq!((plain.body.as_slice(), plain.header("content-encoding")), (ASSETS[0].plain, ""));
    assert_eq!(plain.header("vary"), "accept-encoding");
    browser.headers.push(("accept-encoding", "gzip, br".to_owned()));
    let packed = browser.send("GET", SCRIPT, "").await;
    assert_eq!((packed.body.as_slice(), packed.header("content-encoding")), (&b"compressed"[..], "gzip"));
    assert_ne!(plain.header("etag"), packed.header("etag"));
    browser.headers.push(("if-none-match", format!("\"other\", {}", packed.header("etag"))));
    let known = browser.send("GET", SCRIPT, "").await;
    assert_eq!((known.status, known.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(known.header("etag"), packed.header("etag"));
    let index = browser.send("GET", "/console/", "").await;
    assert_eq!(
        (index.status, index.header("content-encoding")),
        (StatusCode::OK, ""),
        "another file, never compressed"
    );
}

/// Is every answer guarded alike, refusals and calls included, and does none lead elsewhere?
#[tokio::test]
async fn every_answer_is_guarded() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in("admin", &world.first_password).await;
    for (method, path) in [
        ("GET", "/console/"),
        ("GET", "/console/assets/app-1a2b.js"),
        ("GET", "/console/assets/gone.js"),
        ("GET", "/console/session"),
        ("GET", "/console//evil.example/"),
        ("GET", "/console/products?next=//evil.example"),
        ("POST", "/console/session?next=https://evil.example"),
        ("POST", &format!("/console/api/{LIANWU}/DescribeCaller")),
        ("PUT", "/console/session"),
    ] {
        let page = browser.send(method, path, "").await;
        assert_eq!(page.header("content-security-policy"), CONTENT_SECURITY_POLICY, "{method} {path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
        assert!(!page.header("cache-control").is_empty());
        assert!(page.headers.get("location").is_none() && !page.status.is_redirection(), "{method} {path}");
    }
}

/// Does a program built without the console say how to build it, in both languages?
#[tokio::test]
async fn without_files_there_is_a_notice() {
    let world = World::new().await;
    let api = CloudApi::new(world.platform.clone(), Settings::default());
    let console = lianwu_console_host::Console::new(world.platform.clone(), api, Default::default());
    let mut browser = world.browser_of(console.with_assets(&[]));
    let page = browser.send("GET", "/console/", "").await;
    let text = String::from_utf8(page.body.clone()).unwrap();
    assert!(
        text.contains("Lianwu is running") && text.contains("联物正在运行") && text.contains("make console"),
        "{text}"
    );
    assert!(!text.contains("<style") && !text.contains("<script"), "the policy would not let them");
    assert_eq!(page.header("content-security-policy"), CONTENT_SECURITY_POLICY);
    assert_eq!(browser.send("GET", "/console/assets/app.js", "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.session().await.status, StatusCode::UNAUTHORIZED, "the rest is there");
}
