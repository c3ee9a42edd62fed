//! Sign-in to the console.

use anyhow::{Result, bail};
use lianwu_services::Limits;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsoleConfig {
    /// Hours after which a session ends that is not used.
    pub session_idle_hours: u32,
    /// Days after which a session ends in any case.
    pub session_days: u32,
}

impl Default for ConsoleConfig {
    fn default() -> Self {
        let Limits { login_idle_hours, login_days, .. } = Limits::default();
        Self { session_idle_hours: login_idle_hours, session_days: login_days }
    }
}

impl ConsoleConfig {
    pub(super) fn check(&self) -> Result<()> {
        if !(1..=24 * 90).contains(&self.session_idle_hours) {
            bail!("console.session_idle_hours is {}, allowed 1 to 2160", self.session_idle_hours);
        }
        if !(1..=90).contains(&self.session_days) {
            bail!("console.session_days is {}, allowed 1 to 90", self.session_days);
        }
        Ok(())
    }
}
