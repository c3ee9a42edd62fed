//! Makes the table of the console's files, as Vite has built them: content type, digest, and a compressed form.
//!
//! Builds nothing itself: without the files the table is empty, and the program says how to build them.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

fn main() {
    let folder = |name: &str| PathBuf::from(env::var_os(name).expect("cargo sets it"));
    let source = folder("CARGO_MANIFEST_DIR").join("../../web/console");
    let (built, out) = (source.join("dist"), folder("OUT_DIR"));
    println!("cargo::rerun-if-changed=build.rs");
    // A path that is not there would make cargo run this every time; the folder around it changes when it comes.
    println!("cargo::rerun-if-changed={}", if built.is_dir() { &built } else { &source }.display());
    let mut files = Vec::new();
    if built.join("index.html").is_file() {
        collect(&built, &mut files);
    }
    files.sort();
    let mut table = String::from("&[\n");
    for (number, file) in files.iter().enumerate() {
        let name = file.strip_prefix(&built).expect("it was found there").to_string_lossy().into_owned();
        describe(&mut table, file, &name, &out.join(format!("{number}.gz")));
    }
    table.push_str("]\n");
    fs::write(out.join("assets.rs"), table).expect("write the table of files");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("read the folder of the console") {
        let path = entry.expect("read the folder of the console").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_none_or(|extension| extension != "map") {
            files.push(path);
        }
    }
}

fn describe(table: &mut String, file: &Path, name: &str, compressed: &Path) {
    let content = fs::read(file).expect("read a file of the console");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&content).expect("memory takes everything");
    let gzip = encoder.finish().expect("memory takes everything");
    // Pictures and fonts are compressed already: a tenth less is not worth the work of taking it apart.
    let gzip = if gzip.len() * 10 < content.len() * 9 {
        fs::write(compressed, gzip).expect("write a compressed file");
        format!("Some(include_bytes!({compressed:?}))")
    } else {
        "None".to_owned()
    };
    let digest = hex::encode(&Sha256::digest(&content)[..16]);
    let kind = kind(file.extension().and_then(|extension| extension.to_str()).unwrap_or_default());
    let path = file.canonicalize().expect("it was read just now");
    writeln!(
        table,
        "    Asset {{ path: {name:?}, kind: {kind:?}, digest: {digest:?}, plain: include_bytes!({path:?}), gzip: {gzip} }},"
    )
    .expect("a text takes everything");
}

fn kind(extension: &str) -> &'static str {
    match extension {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}
