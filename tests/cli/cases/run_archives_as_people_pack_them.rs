//! run-archives-as-people-pack-them: an archive with one run in it opens, however it was packed; any other is refused
//! before a window is opened.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::tool::{Done, bootstride, copy_of_reference};

/// `lab FILE` on a machine without a display: it gets as far as the window.
fn lab(folder: &Path, file: &str) -> Done {
    let mut command = bootstride(folder, &["lab", file]);
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        command.env_remove(name);
    }
    command.output().unwrap().into()
}

fn tar(name: &str, run: &Path) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all(name, run).unwrap();
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn run_archives_as_people_pack_them() {
    let folder = copy_of_reference();
    let run = folder.path().join("run");
    let whole = tar("runs/cartpole-balance/bmpc-seed1", &run);
    for (file, bytes, name) in [
        ("a.tar", whole.clone(), "bmpc-seed1"),
        ("b.tar", tar(".", &run), "cartpole-swingup-bmpc-seed1"),
        ("c.tgz", gzip(&tar("bmpc-seed1", &run)), "bmpc-seed1-2"),
        ("d.tar.gz", gzip(&whole), "bmpc-seed1-3"),
        ("named-otherwise", gzip(&tar("./deep/down/x", &run)), "x"),
        ("gzipped.tar", gzip(&tar(".local/share/bootstride/runs/y", &run)), "y"),
    ] {
        fs::write(folder.path().join(file), bytes).unwrap();
        let done = lab(folder.path(), file).with_code(1);
        assert!(done.err.contains("unpacked to ") && done.err.contains("could not open a window"), "{file}: {done:?}");
        let unpacked = folder.path().join("runs").join(name);
        assert!(unpacked.join("manifest.json").is_file() && unpacked.join("checkpoints").is_dir(), "{file}: {done:?}");
    }
}

#[test]
fn run_archives_as_people_pack_them_that_are_refused_open_no_window() {
    let folder = copy_of_reference();
    let run = folder.path().join("run");
    let mut several = tar::Builder::new(Vec::new());
    several.append_dir_all("runs/a", &run).unwrap();
    several.append_dir_all("runs/b", &run).unwrap();
    let packed = gzip(&tar("run", &run));
    for (file, bytes, words) in [
        ("several.tar", several.into_inner().unwrap(), "several runs: runs/a, runs/b"),
        ("run.zip", b"PK\x03\x04 and so on".to_vec(), "is a zip file; pack the run's folder as .tar, .tar.gz or .tgz"),
        ("run.tar.xz", b"\xfd7zXZ\0 and so on".to_vec(), "compressed with xz; pack"),
        ("run.tar.zst", b"\x28\xb5\x2f\xfd and so on".to_vec(), "compressed with zstd; pack"),
        ("half.tgz", packed[..packed.len() / 2].to_vec(), "truncated"),
        ("bomb.tar.gz", gzip(&vec![0; 1 << 27]), "too much for a run of its size"),
        ("notes.txt", b"hello".to_vec(), "an archive of one (.tar, .tar.gz or .tgz)"),
        ("notes.tar.gz", gzip(b"hello"), "not a tar file"),
    ] {
        fs::write(folder.path().join(file), bytes).unwrap();
        let done = lab(folder.path(), file).with_code(2);
        assert!(done.err.contains(words) && !done.err.contains("window:"), "{file}: {done:?}");
    }
    let done = lab(folder.path(), "nothing.tar").with_code(2);
    assert!(done.err.contains("there is no file or folder nothing.tar"), "{done:?}");
    assert!(!folder.path().join("runs").exists(), "what is refused leaves nothing");
}
