//! The console's sign-in and calls with curl, and its live view, as a browser's pages use them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use lianwu_testkit::{Finished, Fixture, LAMP_MODEL, MqttClient, Server, ServerOptions, fail, on_path, run_text, skip};
use openssl::ssl::{SslConnector, SslMethod};
use serde_json::{Value, json};
use tungstenite::protocol::Role;
use tungstenite::{Message, WebSocket};

const NEW_PASSWORD: &str = "one that its owner chose";

/// curl with its own cookies.
struct Curl {
    base: String,
    jar: PathBuf,
    authority: Option<PathBuf>,
    page_token: String,
}

/// What came back.
struct Answer {
    status: u16,
    head: String,
    body: Value,
}

impl Curl {
    fn new(base: String, folder: &Path, name: &str) -> Self {
        Self { base, jar: folder.join(name), authority: None, page_token: String::new() }
    }

    #[track_caller]
    fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let jar = self.jar.to_string_lossy().into_owned();
        let mut curl = Command::new("curl");
        curl.args(["-sS", "-i", "-X", method, "--max-time", "30", "-b", &jar, "-c", &jar]);
        curl.args(["-H", "Accept-Language: en", "-H", &format!("X-Csrf-Token: {}", self.page_token)]);
        if let Some(authority) = &self.authority {
            curl.arg("--cacert").arg(authority);
        }
        if let Some(body) = body {
            curl.args(["-H", "Content-Type: application/json", "--data-binary", &body.to_string()]);
        }
        let finished: Finished = run_text("curl", curl.arg(format!("{}{path}", self.base)), "");
        finished.succeeded();
        // Lines come without their ends.
        let (head, body) =
            finished.stdout.split_once("\n\n").unwrap_or_else(|| fail(format!("no answer in {finished:?}")));
        let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("a status");
        Answer { status, head: head.to_owned(), body: serde_json::from_str(body).unwrap_or_default() }
    }

    #[track_caller]
    fn sign_in(&mut self, user: &str, password: &str) -> Answer {
        let answer = self.send("POST", "/console/session", Some(&json!({"User": user, "Password": password})));
        if let Some(token) = answer.body["CsrfToken"].as_str() {
            self.page_token = token.to_owned();
        }
        answer
    }

    #[track_caller]
    fn call(&mut self, version: &str, action: &str, parameters: &Value) -> Answer {
        let answer = self.send("POST", &format!("/console/api/{version}/{action}"), Some(parameters));
        if let Some(token) = answer.header("x-csrf-token") {
            self.page_token = token.to_owned();
        }
        answer
    }

    #[track_caller]
    fn is_in(&mut self) -> bool {
        self.send("GET", "/console/session", None).status == 200
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn code(&self) -> &str {
        self.body["Response"]["Error"]["Code"].as_str().unwrap_or_default()
    }
}

/// From the first password to the own one, and from there to a list of projects; over a restart, and out everywhere.
#[test]
fn the_way_of_the_first_user() {
    if !on_path("curl") {
        return skip("the_way_of_the_first_user", "curl is not installed");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut server = Server::start(ServerOptions::default());
    let mut curl = Curl::new(format!("http://{}", server.http_address()), folder.path(), "first");
    assert_eq!(curl.send("GET", "/console/", None).status, 200);
    assert!(!curl.is_in());
    let (user, password) = (server.first_run("admin_user"), server.first_run("admin_password"));
    assert_eq!(curl.sign_in(&user, "a guess").code(), "AuthFailure.WrongPassword");
    let signed_in = curl.sign_in(&user, &password);
    assert_eq!((signed_in.status, &signed_in.body["MustChangePassword"]), (200, &json!(true)));
    assert_eq!(signed_in.body["Uin"], json!(server.first_run("uin")));
    let cookie = signed_in.header("set-cookie").expect("a cookie").to_owned();
    assert!(cookie.contains("HttpOnly; SameSite=Strict") && !cookie.contains("Secure"), "{cookie}");
    let refused = curl.call("2019-04-23", "GetProjectList", &json!({}));
    assert_eq!((refused.status, refused.code()), (403, "UnauthorizedOperation.MustChangePassword"));

    let change = json!({"OldPassword": password, "NewPassword": NEW_PASSWORD});
    let changed = curl.call("2026-11-01", "SetPassword", &change);
    assert_eq!((changed.status, changed.code()), (200, ""), "{:?}", changed.body);
    let note = std::fs::read_to_string(server.first_run_path()).expect("first-run.json");
    assert!(!note.contains("admin_password") && !note.contains("secret_key"), "{note}");
    let made = curl.call("2019-04-23", "CreateProject", &json!({"ProjectName": "home", "ProjectDesc": "by a page"}));
    let project = made.body["Response"]["Project"]["ProjectId"].clone();
    let described = curl.call("2019-04-23", "DescribeProject", &json!({"ProjectId": project}));
    assert_eq!(described.body["Response"]["Project"]["ProjectName"], "home", "{:?}", described.body);
    let signed = server.cloud().call("GetProjectList", &json!({}));
    assert_eq!(signed["Total"], 1, "callers with a key see the same");
    let audit = server.cloud().call_own("ListAuditLog", &json!({"MinTime": 0, "MaxTime": 9_999_999_999_999_u64}));
    let rows = audit["Entries"].as_array().expect("rows");
    assert!(rows.iter().any(|row| row["Operation"] == "CreateProject" && row["SecretId"] == "console"), "{audit}");

    server.kill();
    server.restart();
    curl.base = format!("http://{}", server.http_address());
    assert!(curl.is_in(), "a crash signs nobody out");
    let mut elsewhere = Curl::new(curl.base.clone(), folder.path(), "second");
    assert_eq!(elsewhere.sign_in(&user, NEW_PASSWORD).status, 200);
    assert_eq!(elsewhere.send("DELETE", "/console/session/all", None).status, 204);
    assert!(!curl.is_in() && !elsewhere.is_in());
    server.stop();
    let log = server.log();
    for secret in [&password, NEW_PASSWORD, &curl.page_token] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

/// Is the console served over TLS with the platform's certificate, its cookie kept from plain HTTP, and its live view there, too?
#[test]
fn over_tls() {
    if !on_path("curl") {
        return skip("over_tls", "curl is not installed");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(ServerOptions::default().with_web_tls());
    let base = format!("https://localhost:{}", server.https_address().port());
    let mut curl = Curl::new(base, folder.path(), "jar");
    curl.authority = Some(server.data().join("tls/ca.crt"));
    let signed_in = curl.sign_in(&server.first_run("admin_user"), &server.first_run("admin_password"));
    assert_eq!(signed_in.status, 200);
    assert!(signed_in.header("set-cookie").is_some_and(|cookie| cookie.ends_with("; Secure")), "{}", signed_in.head);
    assert!(curl.is_in());
    let caller = curl.call("2026-11-01", "DescribeCaller", &json!({}));
    assert_eq!(caller.code(), "UnauthorizedOperation.MustChangePassword");

    let change = json!({"OldPassword": server.first_run("admin_password"), "NewPassword": NEW_PASSWORD});
    let changed = curl.call("2026-11-01", "SetPassword", &change);
    let cookie = changed.header("set-cookie").and_then(|text| text.split(';').next()).expect("a cookie").to_owned();
    let host = format!("localhost:{}", server.https_address().port());
    let mut connector = SslConnector::builder(SslMethod::tls()).expect("a TLS client");
    connector.set_ca_file(server.data().join("tls/ca.crt")).expect("the platform's authority");
    let stream = connector.build().connect("localhost", connected(server.https_address())).expect("a handshake");
    let lines = [&format!("Cookie: {cookie}"), &format!("Origin: https://{host}")];
    let (status, mut view) = LiveView::ask_over(stream, &host, &lines.map(String::as_str));
    assert_eq!(status, 101);
    view.say(&json!({"CsrfToken": curl.page_token}));
    assert_eq!(view.told().expect("the page is known")["Type"], "Ready");
}

/// A page's live view.
struct LiveView<S>(WebSocket<S>);

impl LiveView<TcpStream> {
    #[track_caller]
    fn ask(server: &Server, lines: &[&str]) -> (u16, Self) {
        let address = server.http_address();
        Self::ask_over(connected(address), &address.to_string(), lines)
    }
}

#[track_caller]
fn connected(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    stream
}

impl<S: Read + Write> LiveView<S> {
    /// Asks for it with these lines in the request; gives the status of the answer, and the socket where there is one.
    #[track_caller]
    fn ask_over(mut stream: S, host: &str, lines: &[&str]) -> (u16, Self) {
        let asked = format!(
            "GET /console/live HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
            lines.iter().map(|line| format!("{line}\r\n")).collect::<String>()
        );
        stream.write_all(asked.as_bytes()).expect("the request is sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("an answer");
            head.push(byte[0]);
        }
        let status = String::from_utf8_lossy(&head).split(' ').nth(1).and_then(|text| text.parse().ok());
        (status.expect("a status"), Self(WebSocket::from_raw_socket(stream, Role::Client, None)))
    }

    #[track_caller]
    fn say(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).expect("the message is sent");
    }

    /// The next message, or the code the socket was closed with.
    #[track_caller]
    fn told(&mut self) -> Result<Value, u16> {
        loop {
            match self.0.read().expect("a message in time") {
                Message::Text(text) => {
                    let told: Value = serde_json::from_str(&text).expect("a JSON object");
                    if told["Type"] != "Alive" {
                        return Ok(told);
                    }
                }
                Message::Close(frame) => return Err(frame.map_or(0, |frame| frame.code.into())),
                _ => {}
            }
        }
    }
}

/// Is a report seen in the moment it is there, by those who may, and does the socket end with the session and with the server?
#[test]
fn a_device_seen_live() {
    if !on_path("curl") {
        return skip("a_device_seen_live", "curl is not installed");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let lamp = fixture.device("lamp");
    let mut curl = Curl::new(format!("http://{}", server.http_address()), folder.path(), "live");
    let (user, password) = (server.first_run("admin_user"), server.first_run("admin_password"));
    curl.sign_in(&user, &password);
    let change = json!({"OldPassword": password, "NewPassword": NEW_PASSWORD});
    let changed = curl.call("2026-11-01", "SetPassword", &change);
    let cookie = changed.header("set-cookie").and_then(|text| text.split(';').next()).expect("a cookie").to_owned();
    let origin = format!("Origin: http://{}", server.http_address());
    let cookie = format!("Cookie: {cookie}");
    assert_eq!(LiveView::ask(&server, &[&origin]).0, 401);
    assert_eq!(LiveView::ask(&server, &[&cookie]).0, 403, "no Origin");
    assert_eq!(LiveView::ask(&server, &[&cookie, "Origin: http://evil.example"]).0, 403);

    let (status, mut view) = LiveView::ask(&server, &[&origin, &cookie]);
    assert_eq!(status, 101);
    view.say(&json!({"CsrfToken": curl.page_token, "Language": "en-US"}));
    assert_eq!(view.told().expect("the page is known")["Type"], "Ready");
    let request =
        json!({"ProductId": lamp.product, "DeviceName": lamp.name, "Kinds": ["content"], "MinTime": 0, "MaxTime": 0});
    view.say(&json!({"Watch": 1, "Request": request}));
    assert_eq!(view.told().expect("it is watched")["Type"], "Watching");
    let mut device = MqttClient::device(server.mqtt_address(), &lamp);
    device.publish_acknowledged(
        &lamp.thing("up/property"),
        br#"{"method":"report","clientToken":"seen","params":{"brightness":7}}"#,
    );
    let mut rows = Vec::new();
    while rows.len() < 2 {
        let told = view.told().expect("lines");
        rows.extend(told["Watches"][0]["Rows"].as_array().expect("rows").clone());
    }
    let directions: Vec<_> = rows.iter().map(|row| row["Direction"].as_str().expect("a direction")).collect();
    assert_eq!(directions, ["down", "up"], "the reply and the report: {rows:?}");
    assert_eq!(rows[1]["ClientToken"], "seen");
    let listed = fixture.device_log(&lamp, &json!({"Kinds": ["content"]}));
    assert_eq!(listed, rows, "the same as ListDeviceLog");

    let mut other = LiveView::ask(&server, &[&origin, &cookie]).1;
    other.say(&json!({"CsrfToken": "of another page"}));
    assert_eq!(other.told(), Err(4403));
    assert_eq!(curl.send("DELETE", "/console/session", None).status, 204);
    assert_eq!(view.told(), Err(4401));

    let again = curl.sign_in(&user, NEW_PASSWORD);
    let cookie = again.header("set-cookie").and_then(|text| text.split(';').next()).expect("a cookie").to_owned();
    let mut view = LiveView::ask(&server, &[&origin, &format!("Cookie: {cookie}")]).1;
    view.say(&json!({"CsrfToken": curl.page_token}));
    assert_eq!(view.told().expect("the page is known")["Type"], "Ready");
    let begin = Instant::now();
    server.stop();
    assert_eq!(view.told(), Err(1001));
    assert!(begin.elapsed() < Duration::from_secs(10), "a page that looks on holds up the stop");
}
