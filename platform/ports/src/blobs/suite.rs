//! What every store of contents must do; one function is one question, each with an empty store of its own.

use lianwu_model::file::{Content, ContentDigest};

use super::Blobs;

/// Makes one test of each case. `$run` takes a closure over `&dyn Blobs` and gives it an empty store.
#[macro_export]
macro_rules! blobs_suite {
    ($run:ident) => {
        $crate::blobs_suite!($run: [
            a_content_is_read_back_from_anywhere, the_same_content_is_kept_once, an_unfinished_content_leaves_nothing,
            a_content_is_removed, who_reads_reads_to_the_end, an_empty_content_is_a_content,
        ]);
    };
    ($run:ident: [$($case:ident),* $(,)?]) => {
        $(
            #[test]
            fn $case() {
                $run($crate::blobs::suite::$case);
            }
        )*
    };
}

fn put(store: &dyn Blobs, pieces: &[&[u8]]) -> Content {
    let mut new = store.create().expect("begin a content");
    for piece in pieces {
        new.write(piece).expect("write a piece");
    }
    new.finish().expect("finish it")
}

/// Do size, digests and every stretch come back?
pub fn a_content_is_read_back_from_anywhere(store: &dyn Blobs) {
    let content = put(store, &[b"hello ", b"", b"world"]);
    assert_eq!(content.size, 11);
    assert_eq!(content.md5.to_string(), "5eb63bbbe01eeed093cb22bb8f5acdc3");
    let sha256 = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
    assert_eq!(content.digest.to_string(), sha256);
    let blob = store.open(content.digest).expect("open").expect("it is there");
    assert_eq!(blob.size(), 11);
    for (offset, length, expected) in
        [(0, 11, "hello world"), (6, 3, "wor"), (6, 99, "world"), (11, 5, ""), (1 << 40, 5, "")]
    {
        let mut buffer = vec![0; length];
        let count = blob.read_at(offset, &mut buffer).expect("read");
        assert_eq!(&buffer[..count], expected.as_bytes(), "{length} from {offset}");
    }
    assert!(store.open(ContentDigest([7; 32])).expect("open").is_none());
}

/// Does a content that comes twice stay one?
pub fn the_same_content_is_kept_once(store: &dyn Blobs) {
    let first = put(store, &[b"same"]);
    assert_eq!(put(store, &[b"sa", b"me"]), first);
    let other = put(store, &[b"other"]);
    let mut digests = store.digests().expect("digests");
    digests.sort_unstable();
    let mut expected = [first.digest, other.digest];
    expected.sort_unstable();
    assert_eq!(digests, expected);
}

/// Is a content that was given up as if it had never been?
pub fn an_unfinished_content_leaves_nothing(store: &dyn Blobs) {
    let mut new = store.create().expect("begin a content");
    new.write(b"half of it").expect("write a piece");
    drop(new);
    assert_eq!(store.digests(), Ok(Vec::new()));
}

/// Is it gone, and can it come again?
pub fn a_content_is_removed(store: &dyn Blobs) {
    let content = put(store, &[b"to go"]);
    store.remove(content.digest).expect("remove");
    store.remove(content.digest).expect("remove what is not there");
    assert!(store.open(content.digest).expect("open").is_none());
    assert_eq!(put(store, &[b"to go"]), content);
}

/// Does a reader keep what is taken away under it?
pub fn who_reads_reads_to_the_end(store: &dyn Blobs) {
    let content = put(store, &[b"to be continued"]);
    let blob = store.open(content.digest).expect("open").expect("it is there");
    store.remove(content.digest).expect("remove");
    let mut buffer = [0; 9];
    assert_eq!(blob.read_at(6, &mut buffer), Ok(9));
    assert_eq!(&buffer, b"continued");
}

/// Are no bytes a content?
pub fn an_empty_content_is_a_content(store: &dyn Blobs) {
    let content = put(store, &[]);
    assert_eq!((content.size, content.md5.to_string().as_str()), (0, "d41d8cd98f00b204e9800998ecf8427e"));
    assert_eq!(store.open(content.digest).expect("open").expect("it is there").size(), 0);
}
