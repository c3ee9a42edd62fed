//! The console's pages, walked in Debian's chromium in both languages and both themes: every area has a file in
//! `node/console` that says what is clicked and what must have come of it.
//!
//! `LIANWU_SCREENSHOTS=FOLDER` keeps a picture of each page, wide and as narrow as a phone. Each walk lists the controls it saw and used;
//! `make test` asks at the end that each was used by one of them (`node/console/all-used.js`).

use lianwu_testkit::{Running, Server, ServerOptions, node, on_path, skip};

/// Where the walks leave their lists of controls.
const LISTS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/console-controls");

/// On a platform that has the demo's lamps.
#[track_caller]
fn walk(area: &str) {
    walk_on(area, &["--demo"]);
}

#[track_caller]
fn walk_on(area: &str, arguments: &[&str]) {
    if !on_path("chromium") {
        return skip(area, "chromium is not installed");
    }
    let server = Server::start(ServerOptions {
        arguments: arguments.iter().map(ToString::to_string).collect(),
        ..ServerOptions::default()
    });
    let mut command = node("console/walk.js");
    command.arg(format!("http://{}", server.http_address())).arg(server.first_run_path()).arg(area).arg(LISTS);
    command.arg(std::env::var_os("LIANWU_SCREENSHOTS").unwrap_or_default());
    let mut walking = Running::start(&format!("the walk through {area}"), &mut command);
    while walking.next_line() != "done" {}
    walking.finish().succeeded();
}

/// Signing in, the first password, language, theme, the overview's figures and commands, signing out everywhere.
#[test]
fn overview() {
    walk("overview");
}

/// What is around every page: the search by keys and by clicks, the choice of a project in the address and for the next visit.
#[test]
fn shell() {
    walk("shell");
}

/// By the keyboard alone, from signing in to a device's control and back: the focus is seen at every stop, dialogs keep it and give it back; landmarks
/// and headings as a screen reader finds them.
#[test]
fn keyboard() {
    walk("keyboard");
}

/// The list of devices: filters, a new device, a CSV file with good and bad lines, several devices at once.
#[test]
fn devices() {
    walk("devices");
}

/// From an empty platform to a lamp that reports and is controlled, by clicks alone.
#[test]
fn from_nothing_to_a_lamp() {
    walk_on("first", &[]);
}

/// A product by the form, its thing model in the table and as JSON, credentials, topics, script, settings, review, deletion.
#[test]
fn products() {
    walk("products");
}

/// A project by the form, certificates of devices, templates and files of thing models, versions of a script, a release after a review.
#[test]
fn life_of_a_product() {
    walk("product");
}

/// The API explorer and the code it writes, keys, audit log, configuration and limits.
#[test]
fn platform() {
    walk("platform");
}

/// Sub-accounts, groups, policies and the check of rights.
#[test]
fn accounts() {
    walk("accounts");
}

/// A device's page: values and controls, history, events and actions, debugging.
#[test]
fn device() {
    walk("device");
}

/// A device's page: logs and their replay, diagnosis, shadow, information, sub-devices.
#[test]
fn records_of_a_device() {
    walk("records");
}

/// The virtual device of a device's page: every control, controls and actions from the cloud, faults, taking the place of a real device, raw bytes.
#[test]
fn virtual_device() {
    walk("virtual");
}

/// A lamp and a gateway with the vendor's SDK: refused, controlled from the page, called, heard, diagnosed, bound and taken off.
#[test]
fn devices_of_the_vendor() {
    walk("vendor");
}

/// The simulator: a fleet started by clicks, seen online, stopped, its devices deleted; the credential calculator for any product.
#[test]
fn tools() {
    walk("tools");
}

/// Texts that people and devices gave are shown as texts on every page, whatever markup is in them.
#[test]
fn markup() {
    walk("markup");
}

/// Pages of somewhere else in the visitor's browser change nothing and see nothing; a session that was there before the sign-in is worth nothing after it.
#[test]
fn other_pages() {
    walk("security");
}

/// What the other walks pass by: each field of the thing-model editor, of settings, topics and development; ways between tabs, refreshing by hand.
#[test]
fn details() {
    walk("details");
}
