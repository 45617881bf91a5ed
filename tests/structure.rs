//! The order of the modules: each package's `lib.rs` lists its modules, each importing only from those before it, and
//! no two modules of a folder import each other, except in core, where a few still do.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test that cannot go on should stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The sources of every package with more than one module.
const SOURCES: [&str; 6] = [CORE, "app/session/src", "app/render/src", "app/lab/src", "app/cli/src", "web/src"];
const CORE: &str = "core/src";

/// What begins the paragraph with the order in a package's documentation.
const ORDER: &str = "each importing only from those before it";

/// Tables of settings whose rooms come after `config`, which adds them up, and after others that read them.
const LATER_TABLES: [&str; 3] = ["AlgorithmConfig", "TrainingConfig", "RunConfig"];

type Name = Vec<String>;

/// A source file: its module, and the absolute paths that it imports.
struct Module {
    file: String,
    name: Name,
    imports: BTreeSet<Name>,
}

fn modules(source: &str) -> Vec<Module> {
    let mut found = Vec::new();
    collect(&Path::new(ROOT).join(source), &mut Vec::new(), &mut found);
    found
}

fn collect(folder: &Path, name: &mut Name, found: &mut Vec<Module>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            name.push(stem);
            collect(&path, name, found);
            name.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") && stem != "tests" {
            let is_root = matches!(stem.as_str(), "mod" | "lib" | "main");
            let name: Name = name.iter().cloned().chain((!is_root).then_some(stem)).collect();
            let imports = imports(&fs::read_to_string(&path).unwrap(), &name);
            found.push(Module { file: path.display().to_string(), name, imports });
        }
    }
}

/// Returns the absolute paths that a text names with `crate::` or `super::`, without its comments and its own tests.
fn imports(text: &str, name: &Name) -> BTreeSet<Name> {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
    let code: String = text.lines().map(|line| line.split("//").next().unwrap_or_default().trim()).collect();
    let mut found = BTreeSet::new();
    for word in ["crate::", "super::"] {
        for (at, _) in code.match_indices(word) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || matches!(letter, '_' | ':' | '$')) {
                continue;
            }
            let mut rest = &code[at..];
            let mut base = if word == "crate::" { Vec::new() } else { name.clone() };
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
            expand(&base, rest.strip_prefix("crate::").unwrap_or(rest), &mut found);
        }
    }
    found
}

/// Adds the paths of a `use` tree, such as `a::{b, c::D}`; returns what follows it.
fn expand<'a>(base: &Name, tree: &'a str, found: &mut BTreeSet<Name>) -> &'a str {
    let tree = tree.trim_start();
    if let Some(mut inner) = tree.strip_prefix('{') {
        loop {
            inner =
                expand(base, inner, found).trim_start_matches(|letter: char| letter == ',' || letter.is_whitespace());
            if let Some(rest) = inner.strip_prefix('}') {
                return rest;
            }
            if inner.is_empty() {
                return inner;
            }
        }
    }
    let end = tree.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(tree.len());
    let (word, rest) = tree.split_at(end);
    let mut path = base.clone();
    if !word.is_empty() {
        path.push(word.to_owned());
    }
    if let Some(below) = rest.strip_prefix("::") {
        return expand(&path, below, found);
    }
    found.insert(path);
    // A new name, or the `*` of a glob.
    let rest = rest.trim_start_matches('*').trim_start();
    match rest.strip_prefix("as ") {
        Some(renamed) => renamed.trim_start_matches(|letter: char| letter.is_alphanumeric() || letter == '_'),
        None if word.is_empty() && !rest.starts_with(['}', ',']) => "",
        None => rest,
    }
}

/// The modules of each folder of modules, with those of the same folder that they import, and where.
fn siblings(modules: &[Module]) -> BTreeMap<Name, BTreeMap<String, BTreeMap<String, String>>> {
    let names: BTreeSet<&Name> = modules.iter().map(|module| &module.name).collect();
    let mut folders: BTreeMap<Name, BTreeMap<String, BTreeMap<String, String>>> = BTreeMap::new();
    for module in modules {
        for depth in 0..module.name.len() {
            let (folder, own) = (&module.name[..depth], &module.name[depth]);
            let imported = folders.entry(folder.to_vec()).or_default().entry(own.clone()).or_default();
            for import in &module.imports {
                let is_table = import.last().is_some_and(|name| LATER_TABLES.contains(&name.as_str()));
                let is_near = !is_table && import.len() > depth && import[..depth] == *folder && import[depth] != *own;
                if is_near && names.contains(&import[..=depth].to_vec()) {
                    imported.entry(import[depth].clone()).or_insert_with(|| module.file.clone());
                }
            }
        }
    }
    folders
}

/// The order that a package's documentation gives its modules.
fn documented_order(source: &str, modules: &BTreeSet<String>) -> Vec<String> {
    let text = fs::read_to_string(Path::new(ROOT).join(source).join("lib.rs")).unwrap();
    let docs = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let joined =
        docs.map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{line} ") }).collect::<String>();
    let paragraph = joined.lines().find(|paragraph| paragraph.contains(ORDER));
    let paragraph = paragraph.unwrap_or_else(|| panic!("{source}/lib.rs has no paragraph with: {ORDER}"));
    let list = paragraph.split_once(ORDER).unwrap().1;
    let words = list.split('`').skip(1).step_by(2).map(str::to_owned);
    let mut order = Vec::new();
    for word in words.filter(|word| modules.contains(word)) {
        if !order.contains(&word) {
            order.push(word);
        }
    }
    order
}

#[test]
fn modules_import_only_from_those_before_them() {
    for source in SOURCES {
        let folders = siblings(&modules(source));
        let rooms = &folders[&Vec::new()];
        let order = documented_order(source, &rooms.keys().cloned().collect());
        let missing: Vec<_> = rooms.keys().filter(|room| !order.contains(room)).collect();
        assert!(missing.is_empty(), "{source}/lib.rs lists the order without {missing:?}");
        let place = |room: &String| order.iter().position(|other| other == room);
        for (room, imported) in rooms {
            for (other, file) in imported {
                assert!(place(other) < place(room), "{file}: `{room}` imports from `{other}`, which comes after it");
            }
        }
    }
}

#[test]
fn no_two_modules_of_a_folder_import_each_other() {
    let mut circles = Vec::new();
    // Some rooms of the core still have circles inside.
    for source in SOURCES.into_iter().filter(|source| *source != CORE) {
        for (folder, modules) in siblings(&modules(source)) {
            for start in modules.keys() {
                let mut seen = BTreeSet::new();
                let mut next: Vec<&String> = modules[start].keys().collect();
                while let Some(module) = next.pop() {
                    if seen.insert(module) {
                        next.extend(modules.get(module).into_iter().flat_map(BTreeMap::keys));
                    }
                }
                if seen.contains(start) {
                    let by = modules[start].iter().filter(|(other, _)| seen.contains(other));
                    circles.push(format!(
                        "{source}/{}: {start} through {by:?}",
                        folder.join("/"),
                        by = by.collect::<Vec<_>>()
                    ));
                }
            }
        }
    }
    assert!(circles.is_empty(), "circles:\n{}", circles.join("\n"));
}

/// Such folders look like output, and tools skip them.
#[test]
fn no_folder_of_sources_is_called_build() {
    for source in SOURCES {
        let named = modules(source).into_iter().find(|module| module.file.contains("/build/"));
        assert!(named.is_none(), "{}", named.unwrap().file);
    }
}

#[test]
fn imports_are_read_as_the_compiler_reads_them() {
    let name: Name = ["a", "b"].map(str::to_owned).to_vec();
    let text =
        "use super::c::{D, e::{f, G as H}};\nuse crate::{x, y::*};\n// use crate::no;\nlet z = super::super::q::r();";
    let found: Vec<String> = imports(text, &name).iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["a::c::D", "a::c::e::G", "a::c::e::f", "q::r", "x", "y"]);
}
