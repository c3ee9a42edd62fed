//! Files that go to devices or come from them, and the tasks that move them.
//!
//! Source: spec/device-protocol.md 9.7 and 9.8.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{DeviceNumber, ProductId, Uin, UnixMillis};

/// Longest name of a file, in bytes: the C SDK keeps 64.
pub const NAME_BYTES_MAX: usize = 64;

/// Longest version, in bytes: the C SDK keeps 32.
pub const VERSION_BYTES_MAX: usize = 32;

/// Given by the registry, ascending, never used again. Zero: not stored yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u64);

/// As [`FileId`], for tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u64);

/// SHA-256 of a content: two contents are the same when this is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentDigest(pub [u8; 32]);

impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Debug for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

/// What devices check a file by; shown as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Md5(pub [u8; 16]);

/// The text has not 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an MD5 has 32 hexadecimal digits")]
pub struct Md5Error;

impl FromStr for Md5 {
    type Err = Md5Error;

    fn from_str(text: &str) -> Result<Self, Md5Error> {
        let digits = text.as_bytes();
        let mut bytes = [0; 16];
        if digits.len() != 2 * bytes.len() {
            return Err(Md5Error);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

fn digit(byte: u8) -> Result<u8, Md5Error> {
    let value = char::from(byte).to_digit(16).ok_or(Md5Error)?;
    u8::try_from(value).map_err(|_| Md5Error)
}

impl fmt::Display for Md5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Debug for Md5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// What the addresses of a file are signed with. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct FileSecret(pub String);

impl fmt::Debug for FileSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Content of a file that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    pub digest: ContentDigest,
    pub md5: Md5,
    /// In bytes.
    pub size: u64,
}

/// A file of a product, announced or there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    pub id: FileId,
    /// Main account of the product.
    pub owner: Uin,
    pub product: ProductId,
    /// The device that sends it, with its name; `NONE` and empty for a file of the owner.
    pub device: DeviceNumber,
    pub device_name: String,
    pub name: String,
    /// Bytes announced for it; they count as used until the content is there. 0 when nobody has said.
    pub announced: u64,
    /// As announced; what is uploaded must have it.
    pub announced_md5: Option<Md5>,
    /// `None` until it was uploaded.
    pub content: Option<Content>,
    pub secret: FileSecret,
    pub created: UnixMillis,
}

impl StoredFile {
    /// Bytes it takes or will take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.content.map_or(self.announced, |content| content.size)
    }
}

/// What a task does. The numbers are part of the registry's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TaskKind {
    /// `$resource`: the device downloads.
    ResourceDownload = 1,
    /// `$resource`: the device uploads.
    ResourceUpload = 2,
    /// File management: the device downloads and installs.
    FileUpdate = 3,
    /// File management: the device deletes.
    FileDelete = 4,
    /// File management: the device uploads.
    FileUpload = 5,
}

impl TaskKind {
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        let all = [Self::ResourceDownload, Self::ResourceUpload, Self::FileUpdate, Self::FileDelete, Self::FileUpload];
        all.into_iter().find(|kind| *kind as u8 == number)
    }

    /// Does the device get something by it, as opposed to sending?
    #[must_use]
    pub const fn is_for_device(self) -> bool {
        matches!(self, Self::ResourceDownload | Self::FileUpdate | Self::FileDelete)
    }
}

/// How far it is. The numbers are part of the registry's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TaskState {
    Waiting = 1,
    /// Downloading or uploading.
    Running = 2,
    Burning = 3,
    Done = 4,
    Failed = 5,
}

impl TaskState {
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        let all = [Self::Waiting, Self::Running, Self::Burning, Self::Done, Self::Failed];
        all.into_iter().find(|state| *state as u8 == number)
    }

    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// One movement of a file, as its device last spoke of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTask {
    pub id: TaskId,
    pub device: DeviceNumber,
    pub kind: TaskKind,
    /// `None` for a deletion, and after the file is gone.
    pub file: Option<FileId>,
    pub name: String,
    pub version: String,
    /// `FILE`, `AUDIO`, `VOICE`, `VIDEO`, or the device's own word; empty on `$resource`.
    pub resource_type: String,
    pub state: TaskState,
    pub percent: u8,
    /// As the device reported it; 0 is good.
    pub result_code: i32,
    pub result_text: String,
    pub created: UnixMillis,
    pub updated: UnixMillis,
}

/// A file a device says it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    #[serde(rename = "resource_name")]
    pub name: String,
    pub version: String,
    #[serde(rename = "resource_type")]
    pub kind: String,
}

/// Lists that devices report of themselves. The numbers are part of the registry's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum DeviceList {
    /// JSON array of [`Resource`].
    Resources = 1,
    /// JSON array of scenes inside a gateway.
    InnerScenes = 2,
}

/// May this be the name of a file? 1 to [`NAME_BYTES_MAX`] bytes without what JSON escapes: the C SDK reads escapes literally.
#[must_use]
pub fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME_BYTES_MAX && is_plain(name)
}

/// May this be a version or a type?
#[must_use]
pub fn is_version(version: &str) -> bool {
    !version.is_empty() && version.len() <= VERSION_BYTES_MAX && is_plain(version)
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || c == '"' || c == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_md5_is_read_in_either_case() {
        let md5: Md5 = "55a6ABcdef000102030405060708ff00".parse().expect("an MD5");
        assert_eq!(md5.to_string(), "55a6abcdef000102030405060708ff00");
        for wrong in [
            "",
            "55a6",
            "55a6abcdef000102030405060708ff0",
            "55a6abcdef000102030405060708ff0g",
            "é5a6abcdef000102030405060708ff0",
        ] {
            assert_eq!(wrong.parse::<Md5>(), Err(Md5Error), "{wrong}");
        }
    }

    #[test]
    fn names_that_small_devices_read() {
        for good in ["a.txt", "固件.bin", "folder/a b"] {
            assert!(is_file_name(good), "{good}");
        }
        for bad in ["", "a\"b", "a\\b", "a\nb", &"x".repeat(65)] {
            assert!(!is_file_name(bad), "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", FileSecret("s".to_owned())), "***");
    }

    #[test]
    fn numbers_of_kinds_and_states_are_read_back() {
        for number in 1..=5 {
            assert_eq!(TaskKind::from_number(number).map(|kind| kind as u8), Some(number));
            assert_eq!(TaskState::from_number(number).map(|state| state as u8), Some(number));
        }
        assert_eq!((TaskKind::from_number(0), TaskState::from_number(6)), (None, None));
    }
}
