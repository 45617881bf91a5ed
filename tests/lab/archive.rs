//! A run in one file is restored unchanged; a damaged or foreign one leaves nothing behind.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::SystemTime;

use bootstride_core::config::Config;
use bootstride_core::run::{Manifest, RunFolder};
use bootstride_core::train::{Event, Parts};
use bootstride_session::archive::{pack, unpack};
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

/// A run of made-up bytes with two checkpoints, in a folder of this name.
fn run(name: &str) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join(name);
    let config = Config::default();
    let manifest = Manifest::new(&config, "tiny", "cpu", SystemTime::UNIX_EPOCH, ["bootstride".into()]);
    let mut folder = RunFolder::create(&path, &config, &manifest).unwrap();
    let message = "made up".to_owned();
    folder.record(&Event::Warning { message }).unwrap();
    for step in [4, 8] {
        let mut parts = Parts::default();
        parts.insert("weights.safetensors", vec![7; 700]);
        parts.insert("replay.bin", (0..=255).collect());
        parts.insert("empty.bin", Vec::new());
        folder.save(step, parts).unwrap();
    }
    (place, path)
}

/// The files below a folder, but for the lock.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(one) = folders.pop() {
        for path in fs::read_dir(one).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("run.lock") {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// An archive of these files, each with its kind; whatever the names are.
fn archive(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, bytes) in entries {
        let mut header = tar::Header::new_old();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

const FILE: tar::EntryType = tar::EntryType::Regular;

#[track_caller]
fn refused(bytes: &[u8], why: &str) {
    let into = tempfile::tempdir().unwrap();
    let error = unpack(bytes, into.path()).unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
    assert_eq!(names(into.path()), [] as [&str; 0], "{error}");
}

#[test]
fn a_run_comes_back_as_it_was_and_beside_one_of_its_name() {
    let (_place, path) = run("walker");
    fs::write(path.join(".hidden"), "x").unwrap();
    fs::write(path.join("eval.csv.saving"), "x").unwrap();
    let bytes = pack(&path).unwrap();
    assert_eq!(bytes, pack(&path).unwrap(), "the same files give the same bytes");
    fs::remove_file(path.join(".hidden")).unwrap();
    fs::remove_file(path.join("eval.csv.saving")).unwrap();

    let into = tempfile::tempdir().unwrap();
    let runs = into.path().join("runs/here");
    assert_eq!(unpack(&bytes, &runs).unwrap(), runs.join("walker"));
    assert_eq!(unpack(&bytes, &runs).unwrap(), runs.join("walker-2"));
    assert_eq!(unpack(&bytes, &runs).unwrap(), runs.join("walker-3"));
    assert_eq!(names(&runs), ["walker", "walker-2", "walker-3"]);
    assert_eq!(files(&runs.join("walker-2")), files(&path));
    assert_eq!(RunFolder::trained(runs.join("walker")).unwrap().checkpoint.env_step, 8);
    assert_eq!(pack(&runs.join("walker")).unwrap(), bytes);
}

#[test]
fn programs_that_unpack_at_the_same_time_keep_out_of_each_others_way() {
    let (_place, path) = run("walker");
    let bytes = pack(&path).unwrap();
    let into = tempfile::tempdir().unwrap();
    // What another program has begun.
    let begun = into.path().join(".unpacking-1/other");
    fs::create_dir_all(&begun).unwrap();
    let folders: Vec<PathBuf> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| unpack(&bytes, into.path()).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for folder in &folders {
        assert_eq!(files(folder), files(&path), "{}", folder.display());
    }
    assert_eq!(names(into.path()), [".unpacking-1", "walker", "walker-2", "walker-3", "walker-4"]);
    assert!(begun.is_dir(), "what was not ours is gone");
}

#[test]
fn what_another_program_packed_is_read_too() {
    let (_place, path) = run("cart pole");
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all("./cart pole", &path).unwrap();
    let into = tempfile::tempdir().unwrap();
    let unpacked = unpack(&builder.into_inner().unwrap(), into.path()).unwrap();
    assert_eq!(unpacked, into.path().join("cart pole"));
    assert_eq!(files(&unpacked), files(&path));
}

#[test]
fn an_archive_cut_off_anywhere_is_refused() {
    let (_place, path) = run("r");
    let bytes = pack(&path).unwrap();
    let into = tempfile::tempdir().unwrap();
    for length in 0..bytes.len() {
        unpack(&bytes[..length], into.path()).unwrap_err();
    }
    assert_eq!(names(into.path()), [] as [&str; 0]);
    refused(&bytes[..bytes.len() - 1024], "truncated");
    refused(&bytes[..700], "truncated");
    refused(&[0; 2048], "is empty");
}

#[test]
fn a_changed_byte_is_noticed_or_lies_in_what_needs_no_checksum() {
    let (_place, path) = run("r");
    let (bytes, original) = (pack(&path).unwrap(), files(&path));
    let into = tempfile::tempdir().unwrap();
    let mut noticed = 0;
    for at in (0..bytes.len()).step_by(11) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x41;
        match unpack(&changed, into.path()) {
            Err(_) => noticed += 1,
            Ok(folder) => {
                let checkpoint = RunFolder::trained(&folder).unwrap().checkpoint;
                let name = format!("checkpoints/step_{:09}", checkpoint.env_step);
                for (part, bytes) in &checkpoint.parts.0 {
                    assert_eq!(bytes, &original[&Path::new(&name).join(part)], "what plays is what was packed: {at}");
                }
                fs::remove_dir_all(folder).unwrap();
            }
        }
        assert_eq!(names(into.path()), [] as [&str; 0], "{at}");
    }
    assert!(noticed > 50, "{noticed}");
}

#[test]
fn when_no_checkpoint_is_whole_the_damage_is_named() {
    let (_place, path) = run("r");
    let bytes = pack(&path).unwrap();
    let weights: Vec<_> = bytes.windows(700).enumerate().filter(|(_, window)| *window == [7; 700]).collect();
    assert_eq!(weights.len(), 2);
    let mut changed = bytes.clone();
    for (at, _) in &weights {
        changed[at + 5] = 8;
    }
    refused(&changed, "weights.safetensors has been altered");
    let mut one = bytes.clone();
    one[weights[1].0] = 8;
    let into = tempfile::tempdir().unwrap();
    let trained = RunFolder::trained(unpack(&one, into.path()).unwrap()).unwrap();
    assert_eq!((trained.checkpoint.env_step, trained.damaged.len()), (4, 1));
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in ["../evil", "/etc/evil", "r/../../evil", "r//evil", r"r\..\evil", "c:/evil", "r/c:evil"] {
        refused(&archive(&[("r/config.toml", FILE, b""), (name, FILE, b"x")]), "an unsafe path");
    }
    refused(&archive(&[("config.toml", FILE, b"")]), "no manifest.json in its top");
    refused(&archive(&[("a/config.toml", FILE, b""), ("b/manifest.json", FILE, b"")]), "no config.toml in b");
    refused(&archive(&[("a/notes.txt", FILE, b"")]), "no manifest.json and config.toml");
    refused(&archive(&[("a/config.toml", FILE, b""), ("a/config.toml", FILE, b"")]), "twice");
    refused(&archive(&[("a/config.toml", FILE, b"")]), "no manifest.json in a");
}

#[test]
fn only_plain_files_are_taken() {
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Fifo, tar::EntryType::Char] {
        refused(&archive(&[("r/config.toml", kind, b"")]), "which is not a regular file");
    }
    let both: [(&str, tar::EntryType, &[u8]); 4] =
        [("r/manifest.json", FILE, b""), ("r/config.toml", FILE, b""), ("r/x", FILE, b""), ("r/x/y", FILE, b"")];
    refused(&archive(&both), "cannot");
    refused(&archive(&both[..2]), "manifest.json is damaged");
}

#[test]
fn a_size_that_is_not_there_is_no_reason_to_take_memory() {
    let mut bytes = archive(&[("r/config.toml", FILE, b"")]);
    let mut header = tar::Header::from_byte_slice(&bytes[..512]).clone();
    header.set_size(u64::MAX / 2);
    header.set_cksum();
    bytes[..512].copy_from_slice(header.as_bytes());
    refused(&bytes, "truncated");
}

#[test]
fn other_files_are_told_by_what_they_are() {
    let weights = bootstride_core::math::tensors::write_tensors(&[]).unwrap();
    let padded = [weights, vec![0; 64]].concat();
    refused(&padded, "weights alone are not an agent");
    refused(b"\x1f\x8b\x08 and so on", "is compressed and cannot be unpacked");
    refused(b"PK\x03\x04", "is a zip file");
    refused(b"hello", "is damaged or not a tar file");
    refused(&[b"hello ".repeat(300), vec![0; 2048]].concat(), "is damaged or not a tar file");
    let empty = tempfile::tempdir().unwrap();
    assert!(pack(empty.path()).unwrap_err().to_string().contains("holds no run"));
}

/// The run in `path` as `tar` packs it below this name, with an entry for each folder.
fn packed_below(name: &str, path: &Path) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all(name, path).unwrap();
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn run_archives_as_people_pack_them() {
    let (_place, path) = run("walker");
    let plain = packed_below("walker", &path);
    for (bytes, name) in [
        (packed_below("runs/walker-walk/walker", &path), "walker"),
        (packed_below("./a b/./walker", &path), "walker"),
        (packed_below(".local/share/bootstride/runs/walker", &path), "walker"),
        (packed_below("./.hidden", &path), "hidden"),
        (packed_below(".", &path), "-bmpc-seed1"),
        (gzip(&plain), "walker"),
        // As `cat one.gz two.gz` makes them.
        ([gzip(&plain[..700]), gzip(&plain[700..])].concat(), "walker"),
    ] {
        let into = tempfile::tempdir().unwrap();
        let unpacked = unpack(&bytes, into.path()).unwrap();
        let own = unpacked.file_name().unwrap().to_str().unwrap();
        assert!(own.ends_with(name) && !own.starts_with('.'), "{own}");
        assert_eq!(files(&unpacked), files(&path), "{own}");
        assert_eq!(names(into.path()), [own]);
    }
}

#[test]
fn run_archives_as_people_pack_them_on_macos_and_with_other_files() {
    let (_place, path) = run("walker");
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |name: &str, kind, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, bytes).unwrap();
    };
    add("pax_global_header", tar::EntryType::XGlobalHeader, b"18 comment=a note\n");
    add("runs/._walker", FILE, b"resources");
    add("runs/notes.txt", FILE, b"other");
    add("__MACOSX/runs/walker/._manifest.json", FILE, b"resources");
    for (name, bytes) in &files(&path) {
        let name = format!("runs/walker/{}", name.display());
        let beside = name.replace("walker/", "walker/._");
        add(&beside, FILE, b"resources");
        // What bsdtar writes in front of each file.
        add("PaxHeader", tar::EntryType::XHeader, b"31 LIBARCHIVE.creationtime=1.5\n");
        add(&name, FILE, bytes);
    }
    // An agent that was exported into its run.
    for name in ["manifest.json", "config.toml"] {
        add(&format!("runs/walker/agent/{name}"), FILE, &fs::read(path.join(name)).unwrap());
    }
    let bytes = builder.into_inner().unwrap();
    let into = tempfile::tempdir().unwrap();
    let unpacked = unpack(&bytes, into.path()).unwrap();
    assert_eq!(unpacked, into.path().join("walker"));
    let mut found = files(&unpacked);
    found.retain(|name, _| !name.starts_with("agent"));
    assert_eq!(found, files(&path));
    assert_eq!(names(into.path()), ["walker"]);
}

#[test]
fn run_archives_as_people_pack_them_that_cannot_be_read_are_refused() {
    let (_place, path) = run("walker");
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all("runs/a", &path).unwrap();
    builder.append_dir_all("runs/b", &path).unwrap();
    refused(&builder.into_inner().unwrap(), "several runs: runs/a, runs/b");
    let whole = gzip(&packed_below("walker", &path));
    for length in (2..whole.len()).step_by(13) {
        let into = tempfile::tempdir().unwrap();
        unpack(&whole[..length], into.path()).unwrap_err();
        assert_eq!(names(into.path()), [] as [&str; 0]);
    }
    refused(&whole[..whole.len() / 2], "truncated");
    refused(&[0x1f, 0x8b, 8, 0], "truncated");
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 0x55;
    refused(&changed, "not a run archive");
    refused(&gzip(&vec![0; 1 << 27]), "too much for a run of its size");
    refused(&gzip(b"PK\x03\x04"), "is a zip file; pack the run's folder as .tar, .tar.gz or .tgz");
    refused(b"\xfd7zXZ\0", "is compressed with xz; pack the run's folder");
    refused(&gzip(&archive(&[("r/../../evil", FILE, b"x")])), "an unsafe path");
    refused(&gzip(&archive(&[("r/config.toml", tar::EntryType::Symlink, b"")])), "which is not a regular file");
}
