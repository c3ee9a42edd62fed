//! The data folder: who may use it, and the engines in it.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use lianwu_blobs::FolderBlobs;
use lianwu_log::{LogOptions, SegmentLog};
use lianwu_ports::clock::Clock;
use lianwu_readings::{ReadingsEngine, ReadingsOptions};
use lianwu_sqlite::{SealKey, SqliteAudit, SqliteRegistry};
use rustix::fs::{FlockOperation, flock};

use crate::config::Config;

/// Everything kept under one folder.
pub struct Storage {
    pub log: Arc<SegmentLog>,
    pub readings: Arc<ReadingsEngine>,
    pub audit: Arc<SqliteAudit>,
    pub blobs: Arc<FolderBlobs>,
    pub registry: Arc<SqliteRegistry>,
    /// Held while this process uses the folder.
    _lock: File,
}

impl Storage {
    /// Opens or creates the folder.
    ///
    /// # Errors
    /// When another process uses it, or something in it cannot be read; nothing is repaired by guessing.
    pub fn open(folder: &Path, config: &Config, clock: &Arc<dyn Clock>) -> Result<Self> {
        create(folder).with_context(|| format!("create the data folder {}", folder.display()))?;
        let lock = lock(folder)?;
        let seal_path = match config.seal.key_file.as_os_str().is_empty() {
            true => folder.join("seal.key"),
            false => config.seal.key_file.clone(),
        };
        let registry_path = folder.join("registry.db");
        if registry_path.exists() && !seal_path.exists() {
            bail!(
                "the key {} that seals the secrets in {} is missing; put it back from a backup",
                seal_path.display(),
                registry_path.display()
            );
        }
        let seal = SealKey::load_or_create(&seal_path).context("the key that seals secrets")?;
        let registry = SqliteRegistry::open(&registry_path, seal)
            .context("open the registry (is the disk full, or the folder not writable?)")?;
        let audit = SqliteAudit::open(&folder.join("audit.db")).context("open the audit log")?;
        let blobs = FolderBlobs::open(&folder.join("files")).context("open the folder of files")?;
        let options = LogOptions {
            segment_bytes: config.log.segment_bytes,
            retention_days: u16::try_from(config.retention.days).unwrap_or(u16::MAX),
            ..LogOptions::new(folder.join("log"))
        };
        let log = SegmentLog::open(options, Arc::clone(clock)).context("open the log")?;
        let options = ReadingsOptions {
            tail_bytes_max: config.readings.tail_bytes_max,
            ..ReadingsOptions::new(folder.join("readings"))
        };
        let readings = ReadingsEngine::open(options).context("open the readings")?;
        Ok(Self { log: Arc::new(log), readings, audit, blobs: Arc::new(blobs), registry, _lock: lock })
    }

    /// Closes audit log and registry; the log is closed before.
    pub async fn close(self) {
        self.audit.close().await;
        self.registry.close().await;
    }
}

/// Messages of devices are nobody else's business.
fn create(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// One process for one folder: two would overwrite each other's log.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("create {}", path.display()))?;
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        bail!("the data folder {} is used by another lianwu; stop it first or choose another --data", folder.display());
    }
    Ok(file)
}
