//! The listener over real sockets, with a stand-in for the cloud API.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Path, Request};
use axum::routing::post;
use lianwu_http::{Health, MetricsAccess, Parts, Server, ServerOptions, routes};
use prometheus_client::registry::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn start(options: ServerOptions) -> (Server, Health) {
    let health = Health::default();
    let cloud_api = Router::new()
        .fallback(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { format!("cloud API for {}", peer.ip()) });
    let two = |Path((one, other)): Path<(String, String)>| async move { format!("{one} and {other}") };
    let parts = Parts {
        websocket: None,
        console: Router::new()
            .route("/console/api/{one}/{other}", post(two))
            .fallback(|request: Request| async move { format!("console for {}", request.uri().path()) }),
        cloud_api,
        health: health.clone(),
        metrics: Arc::new(Registry::default()),
        metrics_access: MetricsAccess::Loopback,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (Server::start(listener, routes(parts), options).unwrap(), health)
}

/// Sends one request on a connection of its own and returns everything that came back.
async fn ask(address: SocketAddr, head: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{head}\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Who answers which request for `/`?
#[tokio::test]
async fn the_root_belongs_to_calls_and_visits_go_to_the_console() {
    let (server, _) = start(ServerOptions::default()).await;
    let cases = [
        ("GET / HTTP/1.1", "location: /console/"),
        ("GET /?a=b HTTP/1.1", "location: /console/"),
        ("GET /?Action=DescribeDevice HTTP/1.1", "cloud API for 127.0.0.1"),
        ("GET / HTTP/1.1\r\nX-TC-Action: DescribeDevice", "cloud API for 127.0.0.1"),
        ("POST / HTTP/1.1\r\nContent-Length: 0", "cloud API for 127.0.0.1"),
        ("PUT / HTTP/1.1\r\nContent-Length: 0", "cloud API for 127.0.0.1"),
        ("GET /console HTTP/1.1", "location: /console/"),
        ("GET /console/ HTTP/1.1", "console for /console/"),
        ("GET /console/products/a HTTP/1.1", "console for /console/products/a"),
        ("POST /console/api/first/second HTTP/1.1\r\nContent-Length: 0", "first and second"),
        ("POST /console/session HTTP/1.1\r\nContent-Length: 0", "console for /console/session"),
        ("GET /console//evil.example HTTP/1.1", "console for /console//evil.example"),
        ("GET /consoles HTTP/1.1", "404 Not Found"),
        ("GET /metrics HTTP/1.1", "text/plain; version=0.0.4"),
        ("GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text; version=1.0.0", "# EOF"),
        ("GET /metrics HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1", "403 Forbidden"),
        ("GET /nowhere HTTP/1.1", "404 Not Found"),
    ];
    for (head, expected) in cases {
        let answer = ask(server.address(), head).await;
        assert!(answer.contains(expected), "{head}: {answer}");
    }
    server.stop(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn health_follows_the_application() {
    let (server, health) = start(ServerOptions::default()).await;
    assert!(ask(server.address(), "GET /healthz HTTP/1.1").await.contains("503"));
    health.set_ready(true);
    assert!(ask(server.address(), "GET /healthz HTTP/1.1").await.starts_with("HTTP/1.1 200"));
    server.stop(Duration::from_secs(5)).await;
}

/// Are two requests answered on one connection, and is an idle one ended when the server stops?
#[tokio::test]
async fn connections_are_kept_and_ended() {
    let (server, _) = start(ServerOptions::default()).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    for _ in 0..2 {
        stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"cloud API for 127.0.0.1") {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "closed early");
        }
    }
    server.stop(Duration::from_secs(5)).await;
    let mut rest = Vec::new();
    assert_eq!(stream.read_to_end(&mut rest).await.unwrap(), 0);
}

/// Does a connection over the bound wait until another one ends, instead of being refused?
#[tokio::test]
async fn connections_over_the_bound_wait() {
    let (server, _) = start(ServerOptions { connections_max: 1, ..ServerOptions::default() }).await;
    let mut first = TcpStream::connect(server.address()).await.unwrap();
    first.write_all(b"GET /console/ HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut byte = [0];
    first.read_exact(&mut byte).await.unwrap();
    let address = server.address();
    let second = tokio::spawn(async move { ask(address, "GET /console/ HTTP/1.1").await });
    drop(first);
    assert!(second.await.unwrap().contains("console for /console/"));
    server.stop(Duration::from_secs(5)).await;
}

/// Does a connection end that says nothing: from the start, in the middle of its headers, after an answer?
#[tokio::test]
async fn silent_connections_are_ended() {
    let options = ServerOptions { header_wait_max: Duration::from_millis(50), ..ServerOptions::default() };
    let (server, _) = start(options).await;
    for said in ["", "GET / HTTP/1.1\r\nHost:", "GET /console/ HTTP/1.1\r\nHost: x\r\n\r\n"] {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // Ends because the server closes; otherwise the test never does.
        stream.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer.is_empty(), !said.ends_with("\r\n\r\n"), "{said:?}");
    }
    server.stop(Duration::from_secs(5)).await;
}

/// Does a client that reads nothing lose its connection, so that the next one is served?
#[tokio::test]
async fn who_reads_nothing_is_cut() {
    let large = Router::new().fallback(|| async { vec![7; 64 << 20] });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options =
        ServerOptions { connections_max: 1, unread_max: Duration::from_millis(500), ..ServerOptions::default() };
    let server = Server::start(listener, large, options).unwrap();
    let mut idle = TcpStream::connect(server.address()).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    idle.readable().await.unwrap();
    let mut next = TcpStream::connect(server.address()).await.unwrap();
    next.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut start = [0; 15];
    next.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");
    drop(idle);
    server.stop(Duration::ZERO).await;
}
