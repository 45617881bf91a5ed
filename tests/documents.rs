//! Every path and link in the documents exists, and the README stays short.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop; it runs natively"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders whose names begin a path of the repository, or of a package that has its own README.
const FOLDERS: [&str; 8] = ["app/", "assets/", "core/", "docs/", "shaders/", "src/", "tests/", "web/"];

fn root() -> PathBuf {
    // The package that runs this test may be moved: the root is where the documents are.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().find(|folder| folder.join("CONTRIBUTING.md").exists()).unwrap().into()
}

/// Returns the documents with their texts, by their paths from the root.
fn documents() -> Vec<(PathBuf, String)> {
    let root = root();
    let mut paths: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "web/README.md", "shaders/README.md"]
            .map(PathBuf::from)
            .into();
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| Path::new("docs").join(entry.unwrap().file_name()));
    paths.extend(docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(root.join(&path)).unwrap())).collect()
}

/// Returns the paths of the repository that a text names, with their lines. A path with a placeholder in capital
/// letters (`core/src/task/NAME.rs`) stands for files that are yet to be written.
fn paths(text: &str) -> Vec<(usize, String)> {
    let part_of_path = |letter: char| letter.is_ascii_alphanumeric() || "_./-".contains(letter);
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for word in line.split(|letter| !part_of_path(letter)) {
            let word = word.trim_end_matches(['.', '-']);
            let placeholder = word.split(['/', '.']).any(|part| part == "NAME" || part == "RUN");
            if FOLDERS.iter().any(|folder| word.starts_with(folder)) && !placeholder {
                found.push((number + 1, word.to_owned()));
            }
        }
    }
    found
}

/// Returns the targets of links and pictures, with their lines; addresses of the web are left out.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for (begin, end) in [("](", ')'), ("src=\"", '"')] {
            let targets = line.split(begin).skip(1).filter_map(|rest| rest.split(end).next());
            found
                .extend(targets.filter(|target| !target.contains("://")).map(|target| (number + 1, target.to_owned())));
        }
    }
    found
}

/// Returns the anchors of a document's headings, as GitHub makes them.
fn anchors(text: &str) -> Vec<String> {
    let anchor = |heading: &str| {
        let letters = heading.trim().chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        letters.map(|letter| if letter == ' ' { '-' } else { letter.to_ascii_lowercase() }).collect()
    };
    text.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#'))).collect()
}

#[test]
fn every_path_in_a_document_exists() {
    let (root, mut missing, mut count) = (root(), String::new(), 0);
    for (document, text) in documents() {
        for (line, path) in paths(&text) {
            count += 1;
            // A sub-README names files from its own folder, too.
            let near = root.join(document.parent().unwrap()).join(&path);
            if !root.join(&path).exists() && !near.exists() {
                writeln!(missing, "{}:{line}: {path}", document.display()).unwrap();
            }
        }
    }
    assert!(count > 80, "only {count} paths found");
    assert!(missing.is_empty(), "paths that do not exist:\n{missing}");
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let (root, mut missing, mut count) = (root(), String::new(), 0);
    for (document, text) in documents() {
        for (line, link) in links(&text) {
            count += 1;
            let (file, anchor) =
                link.split_once('#').map_or((link.as_str(), None), |(file, anchor)| (file, Some(anchor)));
            let target =
                if file.is_empty() { root.join(&document) } else { root.join(document.parent().unwrap()).join(file) };
            let headed =
                |anchor: &str| anchors(&fs::read_to_string(&target).unwrap()).iter().any(|known| known == anchor);
            if !target.exists() || !anchor.is_none_or(headed) {
                writeln!(missing, "{}:{line}: {link}", document.display()).unwrap();
            }
        }
    }
    assert!(count > 30, "only {count} links found");
    assert!(missing.is_empty(), "links that lead nowhere:\n{missing}");
}

#[test]
fn the_readme_begins_with_an_agent_to_watch_and_is_short() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.lines().count() < 150, "{} lines", readme.lines().count());
    let commands = readme.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(commands.contains("bootstride lab assets/checkpoints/walker-walk"), "{commands}");
    assert!(readme.contains("```sh\ntests/run.sh\n```"), "and it says how to run the tests");
    let film = fs::metadata(root().join("docs/walker.gif")).unwrap().len();
    assert!(film < 1_000_000, "the film has {film} bytes");
}

#[test]
fn the_example_of_the_readme_is_the_front_page_of_the_library() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let example = readme.split("```rust\n").nth(1).unwrap().split("```").next().unwrap();
    let library = fs::read_to_string(root().join("core/src/lib.rs")).unwrap();
    let mut tested = library.lines().filter_map(|line| line.strip_prefix("//!")).map(str::trim);
    for line in example.lines().filter(|line| !line.is_empty()) {
        assert!(
            tested.any(|tested| tested == line),
            "`{line}` is not in core/src/lib.rs, whose example is compiled and run"
        );
    }
}

#[test]
fn paths_and_anchors_are_recognized() {
    let text = "See `core/src/lib.rs`, (tests/run.sh). And core/src/task/NAME.rs, https://a.b/core.";
    assert_eq!(paths(text), [(1, "core/src/lib.rs".to_owned()), (1, "tests/run.sh".to_owned())]);
    assert_eq!(links("[a](b.md#c) <img src=\"d.png\">\n[e](https://f)"), [(1, "b.md#c".into()), (1, "d.png".into())]);
    assert_eq!(anchors("# The lab\ntext\n## How it's made: *now*\n"), ["the-lab", "how-its-made-now"]);
}
