//! What is installed with the program.

use lianwu_testkit::{on_path, package_root, run_text, skip};

/// Highest exposure the unit may have, in tenths of systemd's points: 0 is locked up, 100 is wide open.
const EXPOSURE_MAX: &str = "15";

/// Does systemd rate the unit as well confined?
#[test]
fn the_unit_is_hardened() {
    if !on_path("systemd-analyze") {
        return skip("the_unit_is_hardened", "systemd-analyze is not installed");
    }
    let unit = package_root().join("packaging/lianwu.service");
    let mut command = std::process::Command::new("systemd-analyze");
    command.args(["security", "--offline=yes", "--no-pager", "--threshold", EXPOSURE_MAX]).arg(unit);
    let finished = run_text("systemd-analyze", &mut command, "");
    finished.succeeded();
    eprintln!("{}", finished.stdout.lines().last().unwrap_or_default());
}
