//! Addresses of contents: signed, for one direction, for a day.
//!
//! `/files/<id>/<expiry>/<signature>`; the signature is over direction, id and expiry with the file's own secret, so it opens
//! nothing else, and nothing once the file is gone. No escape is needed in it.

use hmac::{Hmac, Mac as _};
use lianwu_model::UnixMillis;
use lianwu_model::file::{FileId, StoredFile};
use sha2::Sha256;

use super::FileError;
use crate::Platform;

/// Life of an address, in seconds. Source: spec/device-protocol.md 8.4.
pub const LIFE_SECONDS: u64 = 24 * 3600;

/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 16;

/// What an address may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Download,
    Upload,
}

/// Where a content is, or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub url: String,
    /// Unix seconds.
    pub expires: u64,
}

/// What an address says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    pub id: FileId,
    pub expires: u64,
    pub signature: &'a str,
}

/// Where the content can be loaded.
///
/// # Errors
/// [`FileError::NoContent`], `NoAddress`.
pub fn download(platform: &Platform, file: &StoredFile) -> Result<Address, FileError> {
    file.content.ok_or(FileError::NoContent)?;
    make(platform, file, Direction::Download)
}

/// Where the content goes.
///
/// # Errors
/// [`FileError::NoAddress`].
pub fn upload(platform: &Platform, file: &StoredFile) -> Result<Address, FileError> {
    make(platform, file, Direction::Upload)
}

fn make(platform: &Platform, file: &StoredFile, direction: Direction) -> Result<Address, FileError> {
    let base = platform.files.base().ok_or(FileError::NoAddress)?;
    let expires = platform.clock.now().seconds() + LIFE_SECONDS;
    let signature = mac(file, direction, expires).finalize().into_bytes();
    let signature = hex::encode(&signature[..SIGNATURE_BYTES]);
    Ok(Address { url: format!("{base}/files/{}/{expires}/{signature}", file.id.0), expires })
}

/// Does the address open this file, now?
#[must_use]
pub fn is_good(file: &StoredFile, claim: &Claim<'_>, direction: Direction, now: UnixMillis) -> bool {
    let mut signature = [0; SIGNATURE_BYTES];
    claim.id == file.id
        && now.seconds() <= claim.expires
        && hex::decode_to_slice(claim.signature, &mut signature).is_ok()
        && mac(file, direction, claim.expires).verify_truncated_left(&signature).is_ok()
}

fn mac(file: &StoredFile, direction: Direction, expires: u64) -> Hmac<Sha256> {
    let direction = match direction {
        Direction::Download => "get",
        Direction::Upload => "put",
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(file.secret.0.as_bytes()).expect("a key of any length will do");
    mac.update(format!("{direction}|{}|{expires}", file.id.0).as_bytes());
    mac
}
