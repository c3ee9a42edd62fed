//! Programs beside the platform: the vendor's SDKs under Python and Node, mosquitto's clients, the platform's own
//! command line.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::credentials::Credentials;
use crate::server::Server;
use crate::wait::{fail, wait_for};

/// Longest silence of a program, and longest time it takes to end. A browser on a busy machine needs most of it.
const PROGRAM_MAX: Duration = Duration::from_secs(90);

/// A program that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A program that is running; dropping it kills it.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: Receiver<String>,
}

impl Running {
    /// Starts it; standard output is read line by line.
    #[must_use]
    #[track_caller]
    pub fn start(name: &str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| fail(format!("start {name}: {error}")));
        let (Some(stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
            fail("the pipes were asked for")
        };
        let (line, lines) = channel();
        std::thread::spawn(move || {
            for text in BufReader::new(stdout).lines().map_while(Result::ok) {
                if line.send(text).is_err() {
                    return;
                }
            }
        });
        let (text, errors) = channel();
        std::thread::spawn(move || {
            let mut all = Vec::new();
            drop(stderr.read_to_end(&mut all));
            drop(text.send(String::from_utf8_lossy(&all).into_owned()));
        });
        let stdin = child.stdin.take();
        Self { name: name.to_owned(), child, stdin, lines, stderr: errors }
    }

    /// Writes a line to its standard input.
    #[track_caller]
    pub fn tell(&mut self, line: &str) {
        let Some(stdin) = &mut self.stdin else { fail(format!("{}: its input is closed", self.name)) };
        let written = writeln!(stdin, "{line}").and_then(|()| stdin.flush());
        written.unwrap_or_else(|error| fail(format!("tell {}: {error}", self.name)));
    }

    /// Its next line.
    #[track_caller]
    pub fn next_line(&mut self) -> String {
        match self.lines.recv_timeout(PROGRAM_MAX) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => {
                drop(self.child.kill());
                fail(format!("{} printed nothing for {PROGRAM_MAX:?}: {}", self.name, self.errors()))
            }
            Err(RecvTimeoutError::Disconnected) => {
                fail(format!("{} ended without a line: {}", self.name, self.errors()))
            }
        }
    }

    /// Its next line, as JSON.
    #[track_caller]
    pub fn next_json(&mut self) -> Value {
        let line = self.next_line();
        serde_json::from_str(&line).unwrap_or_else(|error| fail(format!("{}: {error} in {line:?}", self.name)))
    }

    /// Closes its input and waits for its end; gives the lines not yet read.
    #[must_use]
    #[track_caller]
    pub fn finish(mut self) -> Finished {
        self.stdin = None;
        let code = wait_for(&format!("{} to end", self.name), PROGRAM_MAX, || {
            self.child.try_wait().unwrap_or_else(|error| fail(format!("wait for {}: {error}", self.name)))
        })
        .code();
        let mut stdout = String::new();
        while let Ok(line) = self.lines.recv() {
            stdout.push_str(&line);
            stdout.push('\n');
        }
        Finished { code, stdout, stderr: self.errors() }
    }

    fn errors(&self) -> String {
        self.stderr.recv_timeout(Duration::from_secs(5)).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Finished {
    /// Fails the test unless the program succeeded; gives its last line, as JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        self.succeeded();
        let line = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| fail(format!("{error} in {:?}", self.stdout)))
    }

    /// Fails the test unless the program succeeded.
    #[track_caller]
    pub fn succeeded(&self) {
        if self.code != Some(0) {
            fail(format!("ended with {:?}\nstdout: {}\nstderr: {}", self.code, self.stdout, self.stderr));
        }
    }
}

/// A Python program of `tests/e2e/python`, in the environment that holds the vendor's packages.
#[must_use]
#[track_caller]
pub fn python(program: &str) -> Command {
    let interpreter = test_packages().join("python/bin/python");
    let mut command = Command::new(installed(interpreter));
    command.arg("-B").arg(package_root().join("tests/e2e/python").join(program));
    command
}

/// A Node program of `tests/e2e/node`, which finds the vendor's packages.
#[must_use]
#[track_caller]
pub fn node(program: &str) -> Command {
    let modules = installed(test_packages().join("node/node_modules"));
    let mut command = Command::new("node");
    command.arg(package_root().join("tests/e2e/node").join(program)).env("NODE_PATH", modules);
    command
}

/// `mosquitto_pub` with these credentials: one message, then it ends.
#[must_use]
pub fn mosquitto_pub(address: std::net::SocketAddr, credentials: &Credentials) -> Command {
    mosquitto("mosquitto_pub", address, credentials)
}

/// What `lianwu credentials --backend` prints for the first key of a server.
#[must_use]
#[track_caller]
pub fn backend_credentials(server: &Server, client_id: &str) -> Credentials {
    let mut command = Command::new(platform_binary());
    command.args(["credentials", "--backend", client_id, "--json", "--first-run"]).arg(server.first_run_path());
    let printed = run_text("lianwu credentials --backend", &mut command, "").json();
    let text = |name: &str| match printed[name].as_str() {
        Some(text) => text.to_owned(),
        None => fail(format!("no {name} in {printed}")),
    };
    Credentials { client_id: text("ClientId"), user_name: text("UserName"), password: text("Password") }
}

/// `mosquitto_sub` with these credentials.
#[must_use]
pub fn mosquitto_sub(address: std::net::SocketAddr, credentials: &Credentials) -> Command {
    mosquitto("mosquitto_sub", address, credentials)
}

fn mosquitto(program: &str, address: std::net::SocketAddr, credentials: &Credentials) -> Command {
    let mut command = Command::new(program);
    command.args(["-h", &address.ip().to_string(), "-p", &address.port().to_string()]);
    command.args(["-i", &credentials.client_id, "-u", &credentials.user_name, "-P", &credentials.password]);
    command
}

/// Runs a program to its end, with a text on its standard input.
#[must_use]
#[track_caller]
pub fn run_text(name: &str, command: &mut Command, input: &str) -> Finished {
    let started = Instant::now();
    let mut running = Running::start(name, command);
    if !input.is_empty() {
        running.tell(input);
    }
    let finished = running.finish();
    eprintln!("{name} ended with {:?} after {:?}", finished.code, started.elapsed());
    finished
}

/// Is a program installed?
#[must_use]
pub fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Root of the repository.
#[must_use]
pub fn package_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The binary under test: `LIANWU_BIN`, or `lianwu` beside the folder of the test executable.
#[must_use]
#[track_caller]
pub fn platform_binary() -> PathBuf {
    if let Some(path) = std::env::var_os("LIANWU_BIN") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().unwrap_or_else(|error| fail(format!("find the test executable: {error}")));
    let profile = test.parent().and_then(Path::parent).unwrap_or(Path::new("."));
    let binary = profile.join("lianwu");
    if !binary.is_file() {
        fail(format!("{} is missing: run cargo build -p lianwu, or set LIANWU_BIN", binary.display()));
    }
    binary
}

fn test_packages() -> PathBuf {
    package_root().join("target/test-packages")
}

#[track_caller]
fn installed(path: PathBuf) -> PathBuf {
    if !path.exists() {
        fail(format!("{} is missing: run scripts/test-packages", path.display()));
    }
    path
}
