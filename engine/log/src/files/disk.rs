//! Real files below a real directory.

use std::fs;
use std::io::{self, ErrorKind, IoSlice};
use std::os::unix::fs::{FileExt, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::FlockOperation;

use super::{File, Files, Open};

/// Held locked as long as the log is open, so that two programs never write one log.
const LOCK: &str = "lock";

/// Not all file systems know it.
const DIRECT: i32 = rustix::fs::OFlags::DIRECT.bits().cast_signed();

/// A directory on disk, locked for this process.
#[derive(Debug)]
pub struct DiskFiles {
    path: PathBuf,
    directory: fs::File,
    /// Unlocked by the operating system when it is closed, also after `kill -9`.
    _lock: fs::File,
}

impl DiskFiles {
    /// Makes the directory if it is missing and locks it.
    ///
    /// # Errors
    /// `ResourceBusy` when another process holds it; else as the operating system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        if !path.is_dir() {
            fs::create_dir_all(path)?;
            // A directory is lasting only when the one above it is; all of them may be new.
            for above in path.ancestors().skip(1) {
                let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
                fs::File::open(above)?.sync_all()?;
            }
        }
        let lock = fs::OpenOptions::new().write(true).create(true).truncate(false).open(path.join(LOCK))?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(ErrorKind::ResourceBusy.into()),
            Err(error) => return Err(error.into()),
        }
        Ok(Self { directory: fs::File::open(path)?, path: path.to_owned(), _lock: lock })
    }
}

impl Files for DiskFiles {
    fn open(&self, name: &str, open: Open) -> io::Result<Arc<dyn File>> {
        let mut options = fs::OpenOptions::new();
        options.read(true);
        match open {
            Open::Read => {}
            Open::Write => _ = options.write(true),
            Open::Create => {
                options.write(true).create(true).truncate(true);
                let direct = options.clone().custom_flags(DIRECT).open(self.path.join(name));
                if let Ok(file) = direct {
                    return Ok(Arc::new(DiskFile(file)));
                }
            }
        }
        Ok(Arc::new(DiskFile(options.open(self.path.join(name))?)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.directory.sync_all()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            // A name that is not UTF-8 was not made by us.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let space = rustix::fs::fstatvfs(&self.directory)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }

    fn describe(&self, name: &str) -> String {
        self.path.join(name).display().to_string()
    }
}

#[derive(Debug)]
struct DiskFile(fs::File);

impl File for DiskFile {
    fn write_at(&self, parts: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        Ok(rustix::io::pwritev(&self.0, parts, offset)?)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(&self.0, buffer, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}
