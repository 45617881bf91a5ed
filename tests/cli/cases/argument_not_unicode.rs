//! Paths that are not Unicode, as on old disks, in archives and on network shares.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::tool::{Done, bootstride, workplace};

/// Runs the program in `folder`.
fn run(folder: &Path, arguments: &[&OsStr]) -> Done {
    bootstride(folder, &[]).args(arguments).output().unwrap().into()
}

fn words(text: &str) -> Vec<&OsStr> {
    text.split(' ').map(OsStr::new).collect()
}

#[test]
fn argument_not_unicode_train_resume_eval_and_export_take_such_folders() {
    let folder = workplace();
    let out = OsStr::from_bytes(b"caf\xe9");
    let train = [words("train cartpole-swingup --config tiny.toml --steps 340 --out"), vec![out]].concat();
    let done = run(folder.path(), &train).with_code(0);
    assert!(done.out.contains(r"evaluate it: bootstride eval $'caf\xe9'"), "{}", done.out);
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join(out).join("manifest.json")).unwrap()).unwrap();
    let words_of = manifest["command_line"].as_array().unwrap();
    assert!(words_of.iter().any(|word| word == "caf\u{fffd}"), "{words_of:?}");

    let resume = [words("train --resume"), vec![out], words("--steps 360")].concat();
    run(folder.path(), &resume).with_code(0);
    let eval = [words("eval --policy network --episodes 1"), vec![out]].concat();
    run(folder.path(), &eval).with_code(0);
    run(folder.path(), &[words("export --play 0"), vec![out]].concat()).with_code(0);
    assert!(folder.path().join("exports").join(out).join("README.md").exists());
}

#[test]
fn argument_not_unicode_import_takes_such_files_and_folders() {
    let folder = workplace();
    let (file, out) = (OsStr::from_bytes(b"ag\xe9nt.pt"), OsStr::from_bytes(b"agents\xff"));
    let official = bootstride_tests::repository("tests/data/import/one_action.pt");
    fs::copy(official, folder.path().join(file)).unwrap();
    let import = [words("import --task cartpole-swingup"), vec![file, out]].concat();
    run(folder.path(), &import).with_code(0);
    let eval = [words("eval --policy network --episodes 1 --device cpu"), vec![out]].concat();
    run(folder.path(), &eval).with_code(0);
}

#[test]
fn argument_not_unicode_files_of_bodies_and_settings_are_read() {
    let folder = workplace();
    let (body, config) = (OsStr::from_bytes(b"b\xf6dy.json"), OsStr::from_bytes(b"c\xf6nfig.toml"));
    let text = run(folder.path(), &words("body hopper --print")).with_code(0).out;
    fs::write(folder.path().join(body), text).unwrap();
    run(folder.path(), &[OsStr::new("body"), body]).with_code(0);
    fs::copy(folder.path().join("tiny.toml"), folder.path().join(config)).unwrap();
    run(folder.path(), &[words("train hopper-stand --dry-run --config"), vec![config]].concat()).with_code(0);
}

#[test]
fn argument_not_unicode_what_cannot_be_taken_is_named() {
    let folder = workplace();
    let out = OsString::from(OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir(folder.path().join(&out)).unwrap();
    let lab = run(folder.path(), &[OsStr::new("lab"), &out]).with_code(2);
    assert!(lab.err.contains("caf\u{fffd}") && lab.err.contains("Unicode"), "{}", lab.err);
    let task = run(folder.path(), &[OsStr::new("train"), &out]).with_code(2);
    assert!(!task.err.contains("panicked"), "{}", task.err);
}
