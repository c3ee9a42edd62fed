//! The real binary as a child process on its own data folder and free loopback ports.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal};
use serde_json::Value;
use tempfile::TempDir;

use crate::cloud::CloudClient;
use crate::http::http;
use crate::mqtt::MqttClient;
use crate::programs::platform_binary;
use crate::wait::{fail, wait_for};

/// Longest start, recovery of a crashed log included.
const START_MAX: Duration = Duration::from_secs(30);

/// What a server is started with. Every limit is off unless a test sets it.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// Laid over the test defaults, as `("LIANWU__LIMITS__DEVICE_UP_TPS", "20")`.
    pub environment: Vec<(String, String)>,
    /// Folder of its data; a temporary one when `None`.
    pub data: Option<PathBuf>,
    /// Words before the binary, such as `strace -f -o FILE`.
    pub wrapper: Vec<String>,
    /// Further words behind `serve --data DIR`.
    pub arguments: Vec<String>,
}

impl ServerOptions {
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Opens the TLS port too, with a certificate the server makes itself.
    #[must_use]
    pub fn with_tls(self) -> Self {
        self.set("LIANWU__LISTEN__MQTTS", "127.0.0.1:0")
    }

    /// Opens the listener of devices over HTTP with TLS.
    #[must_use]
    pub fn with_https(self) -> Self {
        self.set("LIANWU__LISTEN__DEVICE_HTTPS", "127.0.0.1:0")
    }

    /// Opens the listener of API and console with TLS.
    #[must_use]
    pub fn with_web_tls(self) -> Self {
        self.set("LIANWU__LISTEN__HTTPS", "127.0.0.1:0")
    }

    /// Opens both ports of CoAP.
    #[must_use]
    pub fn with_coap(self) -> Self {
        self.set("LIANWU__LISTEN__COAP", "127.0.0.1:0").set("LIANWU__LISTEN__COAPS", "127.0.0.1:0")
    }
}

/// A running platform; dropping it kills it.
#[derive(Debug)]
pub struct Server {
    options: ServerOptions,
    folder: TempDir,
    child: Option<Child>,
    first_run: Value,
    mqtt: SocketAddr,
    http: SocketAddr,
    /// From the start of the process to the first answered health check.
    pub ready_after: Duration,
}

/// How a server ended.
#[derive(Clone, Copy, Debug)]
pub struct Stopped {
    pub status: ExitStatus,
    /// From the signal to the end of the process.
    pub after: Duration,
}

impl Server {
    /// Starts a server and waits until it is ready.
    #[must_use]
    #[track_caller]
    pub fn start(options: ServerOptions) -> Self {
        let folder = TempDir::new().unwrap_or_else(|error| fail(format!("make a temporary folder: {error}")));
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        let mut server = Self {
            options,
            folder,
            child: None,
            first_run: Value::Null,
            mqtt: nowhere,
            http: nowhere,
            ready_after: Duration::ZERO,
        };
        server.restart();
        server
    }

    /// Starts it again on the same data, after [`Server::kill`] or [`Server::stop`].
    #[track_caller]
    pub fn restart(&mut self) {
        assert!(self.child.is_none(), "the server is running");
        let before = self.first_run_written();
        let started = Instant::now();
        self.child = Some(self.spawn());
        let first_run = wait_for(&format!("the server's addresses{}", self.log_hint()), START_MAX, || {
            self.assert_running();
            if self.first_run_written() == before {
                return None;
            }
            let content: Value = serde_json::from_slice(&std::fs::read(self.first_run_path()).ok()?).ok()?;
            content["listen"]["http"].is_string().then_some(content)
        });
        let address = |name: &str| {
            let text = first_run["listen"][name].as_str().unwrap_or_default();
            text.parse().unwrap_or_else(|_| fail(format!("listen.{name} in first-run.json is {text:?}")))
        };
        // A test may switch MQTT in the clear off.
        let has_mqtt = first_run["listen"]["mqtt"].as_str().is_some_and(|text| !text.is_empty());
        (self.mqtt, self.http) = (if has_mqtt { address("mqtt") } else { self.mqtt }, address("http"));
        self.first_run = first_run;
        wait_for("the health check to answer 200", START_MAX, || {
            self.assert_running();
            let answer = http(self.http, "GET", "/healthz", &[], b"").ok()?;
            (answer.status == 200).then_some(())
        });
        self.ready_after = started.elapsed();
    }

    fn spawn(&self) -> Child {
        self.command(&self.data())
            .stdout(Stdio::null())
            .stderr(self.log_file())
            .spawn()
            .unwrap_or_else(|error| fail(format!("start {}: {error}", platform_binary().display())))
    }

    /// The command that serves `data`; for tests that expect a start to fail.
    #[must_use]
    pub fn command(&self, data: &Path) -> Command {
        let binary = platform_binary();
        let mut command = match self.options.wrapper.split_first() {
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(binary);
                command
            }
            None => Command::new(binary),
        };
        command.arg("serve").arg("--data").arg(data).args(&self.options.arguments).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LIANWU__") {
                command.env_remove(name);
            }
        }
        for (name, value) in DEFAULTS {
            command.env(name, value);
        }
        command.envs(self.options.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Kills the process as a crash would: no handler runs, nothing is flushed.
    #[track_caller]
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { fail("the server is not running") };
        // With a wrapper the child is the tracer: killing it alone would leave the server behind.
        signal(self.server_pid_of(&child), Signal::KILL);
        child.wait().unwrap_or_else(|error| fail(format!("wait for the killed server: {error}")));
    }

    /// Asks it to stop, by SIGTERM, and waits for its end.
    #[track_caller]
    pub fn stop(&mut self) -> Stopped {
        let Some(mut child) = self.child.take() else { fail("the server is not running") };
        let asked = Instant::now();
        signal(self.server_pid_of(&child), Signal::TERM);
        let status = wait_for("the server to stop after SIGTERM", Duration::from_secs(30), || {
            child.try_wait().unwrap_or_else(|error| fail(format!("wait for the server: {error}")))
        });
        Stopped { status, after: asked.elapsed() }
    }

    /// Process id of the server itself.
    #[must_use]
    #[track_caller]
    pub fn pid(&self) -> u32 {
        let Some(child) = &self.child else { fail("the server is not running") };
        self.server_pid_of(child)
    }

    fn server_pid_of(&self, child: &Child) -> u32 {
        if self.options.wrapper.is_empty() {
            return child.id();
        }
        let children = format!("/proc/{0}/task/{0}/children", child.id());
        let text = std::fs::read_to_string(children).unwrap_or_default();
        text.split_whitespace().next().and_then(|pid| pid.parse().ok()).unwrap_or_else(|| child.id())
    }

    /// Memory of the process that is in RAM, in bytes.
    #[must_use]
    #[track_caller]
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))
            .unwrap_or_else(|error| fail(format!("read the server's memory: {error}")));
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        let kib: u64 = line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap_or_default();
        assert!(kib > 0, "no VmRSS in {status}");
        kib * 1024
    }

    #[must_use]
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    #[must_use]
    pub fn mqtt_address(&self) -> SocketAddr {
        self.mqtt
    }

    /// Of the TLS port, for servers started with [`ServerOptions::with_tls`].
    #[must_use]
    #[track_caller]
    pub fn mqtts_address(&self) -> SocketAddr {
        let text = self.first_run["listen"]["mqtts"].as_str().unwrap_or_default();
        text.parse().unwrap_or_else(|_| fail(format!("listen.mqtts in first-run.json is {text:?}")))
    }

    /// `coap` or `coaps`, for servers started with [`ServerOptions::with_coap`].
    #[must_use]
    #[track_caller]
    pub fn coap_address(&self, protocol: &str) -> SocketAddr {
        let text = self.first_run["listen"][protocol].as_str().unwrap_or_default();
        text.parse().unwrap_or_else(|_| fail(format!("listen.{protocol} in first-run.json is {text:?}")))
    }

    #[must_use]
    pub fn http_address(&self) -> SocketAddr {
        self.http
    }

    /// Where devices speak HTTP.
    #[must_use]
    #[track_caller]
    pub fn device_http_address(&self) -> SocketAddr {
        let text = self.first_run["listen"]["device_http"].as_str().unwrap_or_default();
        text.parse().unwrap_or_else(|_| fail(format!("listen.device_http in first-run.json is {text:?}")))
    }

    /// Where they do over TLS, for servers started with [`ServerOptions::with_https`].
    #[must_use]
    #[track_caller]
    pub fn device_https_address(&self) -> SocketAddr {
        let text = self.first_run["listen"]["device_https"].as_str().unwrap_or_default();
        text.parse().unwrap_or_else(|_| fail(format!("listen.device_https in first-run.json is {text:?}")))
    }

    /// Where API and console are over TLS, for servers started with [`ServerOptions::with_web_tls`].
    #[must_use]
    #[track_caller]
    pub fn https_address(&self) -> SocketAddr {
        let text = self.first_run["listen"]["https"].as_str().unwrap_or_default();
        text.parse().unwrap_or_else(|_| fail(format!("listen.https in first-run.json is {text:?}")))
    }

    /// The page of `/metrics`.
    ///
    /// # Panics
    /// When it cannot be had.
    #[must_use]
    pub fn metrics(&self) -> String {
        let answer = http(self.http_address(), "GET", "/metrics", &[], b"");
        answer.unwrap_or_else(|error| fail(format!("no metrics: {error}"))).text()
    }

    /// Folder of its data.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.options.data.clone().unwrap_or_else(|| self.folder.path().join("data"))
    }

    #[must_use]
    pub fn first_run_path(&self) -> PathBuf {
        self.data().join("first-run.json")
    }

    /// A text field of `first-run.json`, such as `secret_id`.
    #[must_use]
    #[track_caller]
    pub fn first_run(&self, field: &str) -> String {
        match self.first_run[field].as_str() {
            Some(text) => text.to_owned(),
            None => fail(format!("first-run.json has no text {field}")),
        }
    }

    /// A caller of the cloud API with the first credentials.
    #[must_use]
    #[track_caller]
    pub fn cloud(&self) -> CloudClient {
        CloudClient::new(self.http, &self.first_run("secret_id"), &self.first_run("secret_key"))
    }

    /// A plain connection to the MQTT port; nothing is sent yet.
    #[must_use]
    #[track_caller]
    pub fn mqtt(&self) -> MqttClient {
        MqttClient::open(self.mqtt)
    }

    /// All that was written to standard error so far, over all starts.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.log_path()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("stderr.log")
    }

    fn log_file(&self) -> File {
        File::options()
            .create(true)
            .append(true)
            .open(self.log_path())
            .unwrap_or_else(|error| fail(format!("open the server's log: {error}")))
    }

    fn log_hint(&self) -> String {
        format!(" (its log: {})", self.log_path().display())
    }

    fn first_run_written(&self) -> Option<SystemTime> {
        std::fs::metadata(self.first_run_path()).and_then(|file| file.modified()).ok()
    }

    #[track_caller]
    fn assert_running(&self) {
        // The child is only looked at here, so a shared reference has to do: ask the kernel instead of `try_wait`.
        let Some(child) = &self.child else { return };
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
        let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
        if matches!(state, None | Some('Z' | 'X')) {
            fail(format!("the server ended while starting:\n{}", self.log()));
        }
    }
}

/// Free loopback ports, and no limit that a fast test would run into.
const DEFAULTS: [(&str, &str); 15] = [
    ("LIANWU__LISTEN__MQTT", "127.0.0.1:0"),
    ("LIANWU__LISTEN__MQTTS", ""),
    ("LIANWU__LISTEN__HTTP", "127.0.0.1:0"),
    ("LIANWU__LISTEN__HTTPS", ""),
    ("LIANWU__LISTEN__DEVICE_HTTP", "127.0.0.1:0"),
    ("LIANWU__LISTEN__DEVICE_HTTPS", ""),
    ("LIANWU__LISTEN__COAP", ""),
    ("LIANWU__LISTEN__COAPS", ""),
    ("LIANWU__LIMITS__DEVICE_UP_TPS", "0"),
    ("LIANWU__LIMITS__DEVICE_DOWN_TPS", "0"),
    ("LIANWU__LIMITS__INSTANCE_TPS", "0"),
    ("LIANWU__LIMITS__DEVICE_CONNECTS_PER_5S", "0"),
    ("LIANWU__LIMITS__SIGN_IN_FAILURES", "0"),
    ("LIANWU__LIMITS__DEV_PRODUCT_DEVICES", "0"),
    ("LIANWU__LIMITS__API_TPS", "0"),
];

#[track_caller]
fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let Some(pid) = pid else { fail("the server has no process id") };
    if let Err(error) = rustix::process::kill_process(pid, signal) {
        fail(format!("send {signal:?} to the server: {error}"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let pid = i32::try_from(self.server_pid_of(&child)).ok().and_then(Pid::from_raw);
            if let Some(pid) = pid {
                // It may have ended by itself.
                let _ = rustix::process::kill_process(pid, Signal::KILL);
            }
            drop(child.wait());
        }
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<_> = log.lines().rev().take(30).collect();
            eprintln!("the server's log ends with:");
            for line in tail.into_iter().rev() {
                eprintln!("  {line}");
            }
        }
    }
}
