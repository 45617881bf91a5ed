//! The texts about shaders are true: files and items that `shaders/README.md` and the headers of the kernels name exist,
//! and what is prepended to a kernel is what its header lists. Valid WGSL and layouts are checked in
//! `core/src/compute/gpu/wgsl.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test that cannot go on should stop; it runs natively, on files whose names are in lower case"
)]

use std::fs;
use std::path::{Path, PathBuf};

use bootstride_shaders::planner;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All shaders: path from `shaders/`, and text.
fn shaders() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for folder in ["planner", "training", "scene"] {
        for entry in fs::read_dir(root().join("shaders").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
            all.push((name, fs::read_to_string(path).unwrap()));
        }
    }
    assert!(all.len() >= 30, "shaders are gone: {all:?}");
    all
}

/// The comment at the beginning of a shader, as words.
fn header(text: &str) -> Vec<&str> {
    text.lines().map_while(|line| line.strip_prefix("//")).flat_map(str::split_whitespace).collect()
}

/// A word without what surrounds it in a sentence.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Asserts that a Rust file defines `item`: `Type::function`, or a function or type.
fn assert_defines(file: &str, item: &str, place: &str) {
    let path = root().join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{place} names {file}: {error}"));
    let (owner, name) = item.split_once("::").map_or((None, item), |(owner, name)| (Some(owner), name));
    let defines = |keyword: &str, name: &str| {
        let definition = format!("{keyword} {name}");
        text.match_indices(&definition).any(|(at, _)| {
            let after = text[at + definition.len()..].chars().next();
            !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
        })
    };
    let types = ["struct", "enum", "trait", "impl"];
    let found = match owner {
        Some(owner) => defines("fn", name) && (types.iter().any(|kind| defines(kind, owner)) || text.contains(owner)),
        None => defines("fn", name) || types.iter().any(|kind| defines(kind, name)),
    };
    assert!(found, "{place} says that {file} has {item}");
}

/// Checks every path in a text, and the items before it: `a, B::b and c in core/src/x.rs`. Returns their number.
fn check(words: &[&str], place: &str) -> usize {
    let mut checked = 0;
    for (i, word) in words.iter().enumerate() {
        let path = bare(word);
        if !["core/", "app/", "shaders/", "tests/"].iter().any(|start| path.starts_with(start)) {
            continue;
        }
        assert!(root().join(path).exists(), "{place} names {path}, which does not exist");
        checked += 1;
        if i < 2 || words[i - 1] != "in" || !path.ends_with(".rs") {
            continue;
        }
        let mut at = i - 2;
        loop {
            assert_defines(path, bare(words[at]), place);
            at = match at.checked_sub(1).map(|before| words[before]) {
                Some("and") if at >= 2 => at - 2,
                Some(before) if before.ends_with(',') => at - 1,
                _ => break,
            };
            // What precedes belongs to another file.
            if words[at].contains('/') {
                break;
            }
        }
    }
    checked
}

#[test]
fn files_and_items_named_in_the_headers_exist() {
    let checked: usize = shaders().iter().map(|(name, text)| check(&header(text), name)).sum();
    assert!(checked >= 20, "only {checked} names were found: has the form of the headers changed?");
}

#[test]
fn every_kernel_names_its_rust_counterpart() {
    for (name, text) in shaders() {
        let header = header(&text).join(" ");
        let named = header.contains("Rust counterpart") || header.contains("Shared by") || name.starts_with("scene/");
        assert!(named, "{name} has no Rust counterpart in its header");
    }
}

#[test]
fn files_and_items_named_in_the_index_exist() {
    let text = fs::read_to_string(root().join("shaders/README.md")).unwrap();
    let mut checked = 0;
    for line in text.lines() {
        // One cell at a time: the name of an item is in the cell of its file.
        let cells = line.split('|').map(|cell| cell.split_whitespace().collect::<Vec<_>>());
        checked += cells.map(|words| check(&words, "shaders/README.md")).sum::<usize>();
    }
    assert!(checked >= 25, "only {checked} names were found: has the form of the index changed?");
}

#[test]
fn the_index_lists_every_shader_with_its_storage_buffers() {
    let text = fs::read_to_string(root().join("shaders/README.md")).unwrap();
    let (mut folder, mut listed) = ("", Vec::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("In `") {
            folder = rest.split('`').next().unwrap();
        }
        let Some((file, cells)) = line.strip_prefix("| `").and_then(|rest| rest.split_once("` | ")) else { continue };
        let path = format!("{folder}{file}");
        let source = fs::read_to_string(root().join("shaders").join(&path));
        let source = source.unwrap_or_else(|error| panic!("the index lists {path}: {error}"));
        let buffers = cells.split('|').nth(1).unwrap().trim();
        if let Ok(count) = buffers.parse::<usize>() {
            assert_eq!(source.matches("var<storage").count(), count, "{path}");
        }
        listed.push(path);
    }
    let mut all: Vec<_> = shaders().into_iter().map(|(name, _)| name).collect();
    all.sort();
    listed.sort();
    assert_eq!(listed, all);
}

#[test]
fn headers_list_what_is_prepended() {
    let shaders = shaders();
    let name_of = |part: &str| {
        let (name, _) = shaders.iter().find(|(_, text)| text == part).expect("a part is a file");
        name.strip_prefix("planner/").unwrap()
    };
    for kernel in planner::KERNELS {
        let (own, prepended) = kernel.parts.split_last().unwrap();
        let header = header(own).join(" ");
        let (_, list) = header.split_once("Prepended: ").unwrap_or_else(|| panic!("{} lists nothing", kernel.name));
        let list: Vec<_> = list.split(". ").next().unwrap().split([',', ' ']).map(bare).collect();
        let list: Vec<_> = list.into_iter().filter(|word| word.ends_with(".wgsl")).collect();
        assert_eq!(list, prepended.iter().map(|part| name_of(part)).collect::<Vec<_>>(), "{}", kernel.name);
    }
}
