//! The behaviour every store of contents must have, in a real folder; and what is particular to folders.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::os::unix::fs::PermissionsExt as _;

use lianwu_blobs::FolderBlobs;
use lianwu_ports::blobs::Blobs;

fn run(case: impl FnOnce(&dyn Blobs)) {
    let folder = tempfile::tempdir().unwrap();
    case(&FolderBlobs::open(&folder.path().join("files")).unwrap());
}

lianwu_ports::blobs_suite!(run);

/// Is what a crash left half written thrown away, and what was whole kept?
#[test]
fn a_start_keeps_what_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("files");
    let store = FolderBlobs::open(&root).unwrap();
    let mut whole = store.create().unwrap();
    whole.write(b"whole").unwrap();
    let whole = whole.finish().unwrap();
    let mut half = store.create().unwrap();
    half.write(b"half").unwrap();
    assert_eq!(std::fs::read_dir(root.join("new")).unwrap().count(), 1);
    std::fs::write(root.join("new/left-by-a-crash"), b"half").unwrap();
    std::fs::write(root.join("README"), b"somebody's note").unwrap();
    let again = FolderBlobs::open(&root).unwrap();
    assert_eq!(std::fs::read_dir(root.join("new")).unwrap().count(), 0);
    assert_eq!(again.digests(), Ok(vec![whole.digest]));
    assert!(root.join("README").exists());
    drop(half);
}

/// May only the platform's user look?
#[test]
fn nobody_else_may_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("files");
    let store = FolderBlobs::open(&root).unwrap();
    let digest = store.create().unwrap().finish().unwrap().digest.to_string();
    for path in [root.clone(), root.join("new"), root.join(&digest[..2]), root.join(&digest[..2]).join(&digest)] {
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{path:?}");
    }
}
