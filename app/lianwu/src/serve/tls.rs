//! Certificate and key of the TLS port: where they come from, and what happens when their files change.

mod self_made;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use lianwu_device_access::{ServerIdentity, TlsHandle};
use tracing::{info, warn};

use crate::config::Config;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Tickets of earlier clients are good for at most this time: the key they are sealed with is made anew.
const RENEW_AFTER: Duration = Duration::from_hours(24);

/// The two files.
#[derive(Clone, Debug)]
pub struct IdentityFiles {
    chain: PathBuf,
    key: PathBuf,
}

/// Enough of a file to see that it is another one.
type Mark = Option<(SystemTime, u64)>;

impl IdentityFiles {
    /// Those the operator named, or the platform's own, made when they are not there or no longer fit.
    ///
    /// # Errors
    /// When only one of the two keys is set, or files cannot be written.
    pub fn prepare(folder: &Path, config: &Config) -> Result<Self> {
        let tls = &config.tls;
        match (tls.cert.as_os_str().is_empty(), tls.key.as_os_str().is_empty()) {
            (false, false) => Ok(Self { chain: tls.cert.clone(), key: tls.key.clone() }),
            (true, true) => {
                let folder = folder.join("tls");
                let names = self_made::Names::of(config)?;
                self_made::ensure(&folder, &names)
                    .with_context(|| format!("make a certificate in {}", folder.display()))?;
                Ok(Self { chain: folder.join(self_made::CHAIN), key: folder.join(self_made::KEY) })
            }
            _ => bail!("tls.cert and tls.key belong together: set both or none"),
        }
    }

    /// Reads both.
    ///
    /// # Errors
    /// Names the file.
    pub fn read(&self) -> Result<ServerIdentity> {
        let read = |path: &Path| std::fs::read(path).with_context(|| format!("read {}", path.display()));
        Ok(ServerIdentity { chain: read(&self.chain)?, key: read(&self.key)? })
    }

    fn marks(&self) -> [Mark; 2] {
        [&self.chain, &self.key].map(|path| {
            let file = std::fs::metadata(path).ok()?;
            Some((file.modified().ok()?, file.len()))
        })
    }

    /// Shows new clients what the files hold, whenever they change. Runs until it is aborted.
    ///
    /// Files that cannot be used change nothing: the log and `/metrics` say so, and they are looked at again when
    /// they change once more. Whoever replaces one file after the other is waited for in this way.
    pub async fn watch(self, handle: TlsHandle) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut seen = self.marks();
        let mut renewed = tokio::time::Instant::now();
        loop {
            look.tick().await;
            let marks = self.marks();
            let is_changed = marks != seen;
            if !is_changed && (renewed.elapsed() < RENEW_AFTER || handle.is_stale()) {
                continue;
            }
            seen = marks;
            renewed = tokio::time::Instant::now();
            let used = self.read().and_then(|identity| Ok(handle.replace(&identity)?));
            match used {
                Ok(()) if is_changed => info!(file = %self.chain.display(), "the TLS certificate was replaced"),
                Ok(()) => {}
                Err(error) => {
                    handle.set_stale(true);
                    warn!(
                        file = %self.chain.display(),
                        error = format!("{error:#}"),
                        "the new TLS certificate cannot be used, the earlier one stays"
                    );
                }
            }
        }
    }
}
