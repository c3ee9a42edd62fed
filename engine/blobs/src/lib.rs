//! Contents of files in a folder of plain files.
//!
//! Each content is one file named by its digest, in a folder named by the digest's first byte: `files/ab/ab12...`. It is
//! written to `files/new`, synced, renamed, and the folders are synced, so what has a name is whole after a power cut.
//! Must not know: HTTP, MQTT, products. Start reading at [`FolderBlobs`].

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _};
use std::path::{Path, PathBuf};

use lianwu_model::file::{Content, ContentDigest};
use lianwu_ports::blobs::{Blob, BlobError, Blobs, ContentHash, NewBlob};
use tempfile::NamedTempFile;

/// Where contents grow until they are whole.
const NEW: &str = "new";

/// One folder of contents. One process at a time uses it.
#[derive(Clone, Debug)]
pub struct FolderBlobs {
    folder: PathBuf,
}

impl FolderBlobs {
    /// Opens the folder or makes it, and throws away what a crash left half written.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn open(folder: &Path) -> io::Result<Self> {
        make(folder)?;
        let new = folder.join(NEW);
        match fs::remove_dir_all(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => make(&new)?,
        }
        Ok(Self { folder: folder.to_owned() })
    }

    fn path(&self, digest: ContentDigest) -> PathBuf {
        let name = digest.to_string();
        self.folder.join(&name[..2]).join(name)
    }
}

/// Files of devices are nobody else's business.
fn make(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[expect(clippy::needless_pass_by_value, reason = "used as map_err(failed)")]
fn failed(error: io::Error) -> BlobError {
    BlobError(error.to_string())
}

impl Blobs for FolderBlobs {
    fn create(&self) -> Result<Box<dyn NewBlob>, BlobError> {
        // Gone with the value, unless it is given a name.
        let file = NamedTempFile::new_in(self.folder.join(NEW)).map_err(failed)?;
        Ok(Box::new(Writing { store: self.clone(), file, hash: ContentHash::default() }))
    }

    fn open(&self, digest: ContentDigest) -> Result<Option<Box<dyn Blob>>, BlobError> {
        let file = match File::open(self.path(digest)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        let size = file.metadata().map_err(failed)?.len();
        Ok(Some(Box::new(Reading { file, size })))
    }

    fn remove(&self, digest: ContentDigest) -> Result<(), BlobError> {
        match fs::remove_file(self.path(digest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }

    fn digests(&self) -> Result<Vec<ContentDigest>, BlobError> {
        let mut digests = Vec::new();
        for folder in fs::read_dir(&self.folder).map_err(failed)? {
            let folder = folder.map_err(failed)?;
            if folder.file_name() == NEW || !folder.file_type().map_err(failed)?.is_dir() {
                continue;
            }
            for file in fs::read_dir(folder.path()).map_err(failed)? {
                let name = file.map_err(failed)?.file_name();
                let mut digest = [0; 32];
                // Anything else is not ours, and stays.
                if hex::decode_to_slice(name.as_encoded_bytes(), &mut digest).is_ok() {
                    digests.push(ContentDigest(digest));
                }
            }
        }
        Ok(digests)
    }
}

struct Writing {
    store: FolderBlobs,
    file: NamedTempFile,
    hash: ContentHash,
}

impl NewBlob for Writing {
    fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.file.write_all(bytes).map_err(failed)?;
        self.hash.update(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Content, BlobError> {
        let Self { store, file, hash } = *self;
        file.as_file().sync_all().map_err(failed)?;
        let content = hash.finish();
        let path = store.path(content.digest);
        let folder = path.parent().expect("a digest has a folder");
        make(folder).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        sync(folder).and_then(|()| sync(&store.folder)).map_err(failed)?;
        Ok(content)
    }
}

struct Reading {
    file: File,
    size: u64,
}

impl Blob for Reading {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, BlobError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read_at(&mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(filled)
    }
}
