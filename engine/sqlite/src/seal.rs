//! Secrets at rest: AES-256-GCM, a random nonce each, bound to the row they belong to.
//!
//! Sealed form: version byte 1, 12 bytes nonce, cipher text, 16 bytes tag. The row's identity is authenticated but
//! not stored, so sealed bytes copied to another row do not open. The key is kept apart from the database.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aes_gcm::aead::rand_core::RngCore;
use aes_gcm::aead::{Aead, AeadInPlace, KeyInit, OsRng, Payload};
use aes_gcm::{Aes256Gcm, Nonce};

use crate::fault::Fault;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const VERSION: u8 = 1;

/// Why there is no seal key.
#[derive(Debug, thiserror::Error)]
pub enum SealKeyError {
    #[error("seal key {path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("seal key {path} can be read by others (mode {mode:04o}): allow only its owner, for example chmod 600")]
    Exposed { path: PathBuf, mode: u32 },
    #[error("seal key {path} must be a file of exactly {KEY_BYTES} bytes")]
    Malformed { path: PathBuf },
    #[error("the system gives no random bytes")]
    Random,
}

/// The key that seals every secret in the registry. `Debug` never shows it.
#[derive(Clone)]
pub struct SealKey([u8; KEY_BYTES]);

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl SealKey {
    /// Takes a key that was kept elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads the key file, or makes it (32 random bytes, mode 0600, on disk before this returns).
    ///
    /// # Errors
    /// The file cannot be read or made, others may read it, or it has another length.
    pub fn load_or_create(path: &Path) -> Result<Self, SealKeyError> {
        match Self::load(path) {
            Err(SealKeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Self::create(path)?;
                // Read back: if another process was faster, its key is the one that counts.
                Self::load(path)
            }
            result => result,
        }
    }

    fn load(path: &Path) -> Result<Self, SealKeyError> {
        let failed = |source| SealKeyError::File { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() || metadata.len() != KEY_BYTES as u64 {
            return Err(SealKeyError::Malformed { path: path.to_owned() });
        }
        let mode = metadata.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(SealKeyError::Exposed { path: path.to_owned(), mode });
        }
        let mut key = [0; KEY_BYTES];
        file.read_exact(&mut key).map_err(failed)?;
        Ok(Self(key))
    }

    /// Never leaves half a key under the name, and never replaces one: written aside, then linked.
    fn create(path: &Path) -> Result<(), SealKeyError> {
        let failed = |source| SealKeyError::File { path: path.to_owned(), source };
        let mut key = [0; KEY_BYTES];
        OsRng.try_fill_bytes(&mut key).map_err(|_| SealKeyError::Random)?;
        let mut aside = path.as_os_str().to_owned();
        aside.push(format!(".new-{}", std::process::id()));
        let aside = PathBuf::from(aside);
        let written = write_new(&aside, &key).and_then(|()| match fs::hard_link(&aside, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => sync_folder_of(path),
        });
        let removed = fs::remove_file(&aside);
        written.and(removed).map_err(failed)
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A leftover of a process that died here, with our process id.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a new file's name survive a power cut.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Seals and unseals with one key.
pub(crate) struct Sealer {
    cipher: Aes256Gcm,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Sealer {
    pub(crate) fn new(key: &SealKey) -> Self {
        Self { cipher: Aes256Gcm::new(&key.0.into()) }
    }

    pub(crate) fn seal(&self, identity: &str, secret: &str) -> Result<Vec<u8>, Fault> {
        let mut nonce = [0; NONCE_BYTES];
        OsRng.try_fill_bytes(&mut nonce).map_err(|_| Fault::Random)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + secret.len() + TAG_BYTES);
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        let payload = Payload { msg: secret.as_bytes(), aad: identity.as_bytes() };
        // Fails only beyond 64 GiB.
        sealed.extend(self.cipher.encrypt(Nonce::from_slice(&nonce), payload).map_err(|_| Fault::Unseal)?);
        Ok(sealed)
    }

    pub(crate) fn unseal(&self, identity: &str, sealed: &[u8]) -> Result<String, Fault> {
        let Some((&VERSION, rest)) = sealed.split_first() else { return Err(Fault::Unseal) };
        let Some((nonce, rest)) = rest.split_at_checked(NONCE_BYTES) else { return Err(Fault::Unseal) };
        let Some(text_bytes) = rest.len().checked_sub(TAG_BYTES) else { return Err(Fault::Unseal) };
        let (text, tag) = rest.split_at(text_bytes);
        // One allocation of the exact size: the buffer becomes the secret's text.
        let mut text = text.to_vec();
        self.cipher
            .decrypt_in_place_detached(Nonce::from_slice(nonce), identity.as_bytes(), &mut text, tag.into())
            .map_err(|_| Fault::Unseal)?;
        String::from_utf8(text).map_err(|_| Fault::Unseal)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const KEY: SealKey = SealKey::from_bytes([7; 32]);

    /// Does a sealed secret open for its own row and key only?
    #[test]
    fn sealed_bytes_belong_to_one_row_and_one_key() {
        let sealer = Sealer::new(&KEY);
        let sealed = sealer.seal("key/AKIDa", "top secret").unwrap();
        assert_eq!(sealer.unseal("key/AKIDa", &sealed).unwrap(), "top secret");
        assert!(matches!(sealer.unseal("key/AKIDb", &sealed), Err(Fault::Unseal)));
        let other = Sealer::new(&SealKey::from_bytes([8; 32]));
        assert!(matches!(other.unseal("key/AKIDa", &sealed), Err(Fault::Unseal)));
        assert_ne!(sealer.seal("key/AKIDa", "top secret").unwrap(), sealed, "the nonce is new each time");
    }

    /// Is every changed or shortened byte noticed?
    #[test]
    fn damaged_bytes_do_not_open() {
        let sealer = Sealer::new(&KEY);
        let sealed = sealer.seal("row", "x").unwrap();
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(sealer.unseal("row", &damaged).is_err(), "byte {at}");
            assert!(sealer.unseal("row", &sealed[..at]).is_err(), "length {at}");
        }
    }

    /// Is the key made once, private, and the same at the next start?
    #[test]
    fn the_key_file_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.key");
        let made = SealKey::load_or_create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(SealKey::load_or_create(&path).unwrap().0, made.0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        let other = SealKey::load_or_create(&folder.path().join("other.key")).unwrap();
        assert_ne!(other.0, made.0);
    }

    /// Is a key others can read refused, saying what to do?
    #[test]
    fn a_readable_key_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.key");
        SealKey::load_or_create(&path).unwrap();
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = SealKey::load_or_create(&path).unwrap_err();
            assert!(matches!(error, SealKeyError::Exposed { .. }), "{error}");
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }

    /// Is half a key refused instead of replaced?
    #[test]
    fn a_short_key_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.key");
        write_new(&path, &[1; 31]).unwrap();
        assert!(matches!(SealKey::load_or_create(&path), Err(SealKeyError::Malformed { .. })));
        assert_eq!(fs::read(&path).unwrap(), [1; 31]);
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{KEY:?}"), "***");
    }
}
