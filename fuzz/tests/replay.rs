//! Do all inputs collected so far still pass, on a stable compiler and without a fuzzer?

use std::{collections::BTreeSet, ffi::OsStr, fs, path::Path};

use lianwu_fuzz::TARGETS;

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_input_of_every_target_passes() {
    for (name, run) in TARGETS {
        let corpus = here().join("corpus").join(name);
        let mut files: Vec<_> = fs::read_dir(&corpus)
            .unwrap_or_else(|error| panic!("{name} needs a corpus folder: {error}"))
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        assert!(!files.is_empty(), "the corpus of {name} is empty");
        for file in files {
            // Shown only when the input fails.
            println!("{}", file.display());
            run(&fs::read(&file).unwrap());
        }
    }
}

/// A corpus or a fuzzer program nobody runs would rot: do folders and programs follow the list of targets?
#[test]
fn folders_and_programs_follow_the_list() {
    let listed: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed.len(), TARGETS.len(), "a name is listed twice");
    assert_eq!(names("corpus"), listed);
    assert_eq!(names("fuzz_targets"), listed);
    let manifest = fs::read_to_string(here().join("Cargo.toml")).unwrap();
    for name in listed {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is no [[bin]]");
    }
}

fn names(folder: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(here().join(folder)).expect("the folder is part of the crate") {
        let path = entry.expect("the folder can be read").path();
        let stem = path.file_stem().and_then(OsStr::to_str).expect("target names are plain");
        names.insert(stem.to_owned());
    }
    names
}
