//! The published folder: complete, with relative addresses, and independent of the host.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bootstride_web::bundle::{Built, Effort, Options, build};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::shell;

/// The paths of all files below `root`.
fn files(root: &Path) -> BTreeSet<String> {
    fn walk(root: &Path, folder: &Path, into: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, into);
            } else {
                into.insert(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    let mut all = BTreeSet::new();
    walk(root, root, &mut all);
    all
}

fn text(page: &Built, name: &str) -> String {
    fs::read_to_string(page.folder.join(name)).unwrap()
}

/// What is between `start` and the next `end`, everywhere.
fn all_between<'a>(text: &'a str, start: &str, end: char) -> Vec<&'a str> {
    text.split(start).skip(1).filter_map(|rest| rest.split(end).next()).collect()
}

fn manifest(page: &Built) -> Value {
    let index = text(page, "index.html");
    let json = index.split(r#"id="bootstride-build">"#).nth(1).unwrap().split("</script>").next().unwrap();
    serde_json::from_str(json).unwrap()
}

/// Every address that a page of the folder or its manifest names.
fn references(page: &Built) -> Vec<String> {
    let mut all = Vec::new();
    for name in ["index.html", "examples/course.html"] {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let page = text(page, name);
        // What is shown as code is no reference.
        let page = page.split("<pre>").next().unwrap();
        for attribute in ["href=\"", "src=\""] {
            all.extend(all_between(page, attribute, '"').into_iter().map(|path| format!("{folder}|{path}")));
        }
    }
    let manifest = manifest(page);
    for key in ["wasm", "plain", "js", "worker"] {
        all.push(format!("|{}", manifest[key].as_str().unwrap()));
    }
    for agent in manifest["agents"].as_array().unwrap() {
        all.push(format!("|{}", agent["file"].as_str().unwrap()));
    }
    all
}

#[test]
fn every_address_in_the_folder_is_relative_and_leads_to_a_file_of_it() {
    let page = shell();
    let references = references(page);
    assert!(references.len() > 8, "{references:?}");
    for reference in references {
        let (folder, path) = reference.split_once('|').unwrap();
        if path.starts_with("data:") {
            continue;
        }
        assert!(!path.starts_with('/') && !path.contains("://"), "{path} works only in one place");
        let path = path.split(['?', '#']).next().unwrap();
        let target = page.folder.join(folder).join(path);
        let target = if path.is_empty() || path.ends_with('/') { target.join("index.html") } else { target };
        assert!(target.is_file(), "{reference} leads to nothing");
    }
}

#[test]
fn only_pages_and_licences_have_names_that_stay() {
    for name in files(&shell().folder) {
        let stays = name.starts_with("index.html") || name.starts_with("examples/") || name.starts_with("licences/");
        let hash = name.split('.').next().unwrap().rsplit('-').next().unwrap();
        assert!(stays || (hash.len() == 16 && hash.chars().all(|digit| digit.is_ascii_hexdigit())), "{name}");
    }
}

#[test]
fn compressed_versions_are_the_originals_and_smaller_where_it_matters() {
    let page = shell();
    let mut seen = 0;
    for file in &page.files {
        let path = page.folder.join(&file.name);
        let plain = fs::read(&path).unwrap();
        assert_eq!(u64::try_from(plain.len()).unwrap(), file.bytes, "{}", file.name);
        if file.name.ends_with(".webp") {
            continue;
        }
        let beside = |extension: &str| fs::read(PathBuf::from(format!("{}.{extension}", path.display()))).unwrap();
        let (small_brotli, small_gzip) = (beside("br"), beside("gz"));
        let (mut brotli, mut gzip) = (Vec::new(), Vec::new());
        brotli::Decompressor::new(&*small_brotli, 4096).read_to_end(&mut brotli).unwrap();
        flate2::read::GzDecoder::new(&*small_gzip).read_to_end(&mut gzip).unwrap();
        assert!(brotli == plain && gzip == plain, "{}", file.name);
        if plain.len() > 1000 {
            assert!(small_brotli.len() < small_gzip.len() && small_gzip.len() < plain.len(), "{}", file.name);
        }
        seen += 1;
    }
    assert!(seen > 6, "{seen}");
}

#[test]
fn what_a_reader_downloads_first_is_light() {
    let page = shell();
    let first = |name: &str| ["index", "boot", "needs", "style", "still"].iter().any(|start| name.starts_with(start));
    let bytes: u64 =
        page.files.iter().filter(|file| first(&file.name)).map(|file| file.brotli.unwrap_or(file.bytes)).sum();
    assert!(bytes < 60_000, "{bytes} bytes before the module");
}

#[test]
fn the_fonts_and_the_program_bring_their_licences() {
    let files = files(&shell().folder);
    for name in ["LICENSE-MIT.txt", "LICENSE-APACHE.txt", "OFL-Inter.txt", "OFL-JetBrainsMono.txt"] {
        assert!(files.contains(&format!("licences/{name}")), "{name}: {files:?}");
    }
}

/// Every shipped agent is one file with all that its folder holds.
#[test]
fn agents_are_whole() {
    let page = shell();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("assets/checkpoints"));
    let shipped: BTreeSet<String> = source
        .filter(|folder| folder.is_dir())
        .take(1)
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let manifest = manifest(page);
    let agents = manifest["agents"].as_array().unwrap();
    let names: BTreeSet<String> = agents.iter().map(|agent| agent["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, shipped);
    for agent in agents {
        let bytes = fs::read(page.folder.join(agent["file"].as_str().unwrap())).unwrap();
        assert_eq!(agent["bytes"].as_u64(), u64::try_from(bytes.len()).ok());
        let mut archive = tar::Archive::new(&*bytes);
        let paths: Vec<String> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert!(paths.is_sorted(), "{paths:?}");
        let config = format!("{}/config.toml", agent["name"].as_str().unwrap());
        assert!(paths.contains(&config), "{paths:?}");
        assert!(paths.iter().any(|path| path.ends_with("weights.safetensors")), "{paths:?}");
        assert!(!agent["task"].as_str().unwrap().is_empty());
    }
}

fn module(folder: &Path, more: &[u8]) -> PathBuf {
    let path = folder.join("module.wasm");
    fs::write(&path, [b"\0asm\x01\0\0\0", more].concat()).unwrap();
    path
}

#[test]
fn a_later_build_replaces_its_own_files_and_leaves_others() {
    let around = TempDir::new().unwrap();
    let folder = around.path().join("site");
    let build_with = |more: &[u8]| {
        let wasm = Some(module(around.path(), more));
        build(&Options { folder: folder.clone(), wasm, effort: Effort::Quick }).unwrap()
    };
    let first = build_with(&[]);
    fs::write(folder.join("CNAME"), "example.org").unwrap();
    let (before, old) = (files(&folder), manifest(&first)["wasm"].clone());
    build_with(&[]);
    assert_eq!(files(&folder), before, "the same source gives the same page");

    // A custom section named "a" with nothing in it.
    let second = build_with(&[0, 2, 1, b'a']);
    let after = files(&folder);
    let new = manifest(&second);
    assert_ne!(old, new["wasm"]);
    let modules: BTreeSet<_> = after.iter().filter(|name| name.ends_with(".wasm")).map(String::as_str).collect();
    let expected = ["wasm", "plain"].map(|kind| new[kind].as_str().unwrap());
    assert_eq!(modules, BTreeSet::from(expected), "the first ones are gone");
    assert!(after.contains("CNAME"));
}

#[test]
fn somebody_elses_page_is_not_overwritten() {
    let around = TempDir::new().unwrap();
    fs::write(around.path().join("index.html"), "<p>mine").unwrap();
    let wasm = Some(module(around.path(), &[]));
    let error = build(&Options { folder: around.path().to_owned(), wasm, effort: Effort::Quick }).unwrap_err();
    assert!(error.to_string().contains("index.html belongs to another page"), "{error}");
    assert_eq!(fs::read_to_string(around.path().join("index.html")).unwrap(), "<p>mine");
}

#[test]
fn a_module_that_is_none_is_named() {
    let around = TempDir::new().unwrap();
    let folder = around.path().join("site");
    for (bytes, words) in [(None, "is not a file"), (Some(&b"hello"[..]), "bindings")] {
        let wasm = around.path().join("broken.wasm");
        if let Some(bytes) = bytes {
            fs::write(&wasm, bytes).unwrap();
        }
        let error = build(&Options { folder: folder.clone(), wasm: Some(wasm), effort: Effort::Quick }).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains("broken.wasm") && error.contains(words), "{error}");
    }
    assert!(!folder.join("index.html").exists());
}
