//! The library can be published: its packages contain everything that they compile.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test that cannot go on should stop; it runs natively"
)]

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const PACKAGES: [&str; 3] = ["core", "shaders", "assets"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files of a package, as cargo would publish them.
fn listed(package: &str) -> &'static [String] {
    static LISTS: [OnceLock<Vec<String>>; 3] = [const { OnceLock::new() }; 3];
    let number = PACKAGES.iter().position(|name| *name == package).unwrap();
    LISTS[number].get_or_init(|| list(package))
}

fn list(package: &str) -> Vec<String> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let arguments = ["package", "--list", "--locked", "--offline", "--allow-dirty", "--quiet", "--package"];
    let name = format!("bootstride-{package}");
    let output = Command::new(cargo).args(arguments).arg(name).current_dir(root()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo package --list: {errors}");
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line.replace('\\', "/")).collect()
}

/// The path without `.` and `..`, or `None` if it leaves the package.
fn inside(path: &Path) -> Option<String> {
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::ParentDir => drop(parts.pop()?),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(parts.join("/"))
}

/// The string literals that follow each of these words in a text.
fn literals<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before)
        .skip(1)
        .filter_map(|rest| rest.trim_start_matches(['!', '(', ' ', '=']).strip_prefix('"')?.split('"').next())
}

#[test]
fn packages_contain_all_files_that_they_include() {
    let mut included = 0;
    for package in PACKAGES {
        let files = listed(package);
        for file in files.iter().filter(|file| file.ends_with(".rs")) {
            let text = fs::read_to_string(root().join(package).join(file)).unwrap();
            let words = ["include_str!", "include_bytes!", "include!", "#[path"];
            for name in words.into_iter().flat_map(|word| literals(&text, word)) {
                let path = inside(&Path::new(file).parent().unwrap().join(name));
                let path = path.unwrap_or_else(|| panic!("{package}/{file} includes {name}, outside of the package"));
                assert!(files.contains(&path), "{package}/{file} includes {name}, which is not packaged");
                included += 1;
            }
        }
    }
    assert!(included >= 30, "only {included} included files were found");
}

#[test]
fn data_packages_contain_every_body_preset_and_shader() {
    let assets = listed("assets");
    let below = |folder: &str| assets.iter().filter(|file| file.starts_with(folder) && !file.ends_with(".md")).count();
    assert_eq!([below("bodies/examples/"), below("bodies/"), below("presets/")], [2, 15, 8]);
    assert!(!assets.iter().any(|file| file.contains("checkpoints") || file.contains("fonts")), "{assets:?}");
    let shaders = listed("shaders");
    assert!(shaders.iter().filter(|file| file.ends_with(".wgsl")).count() >= 30, "{shaders:?}");
}

#[test]
fn packages_say_what_they_are() {
    for package in PACKAGES {
        let manifest = fs::read_to_string(root().join(package).join("Cargo.toml")).unwrap();
        for key in ["description", "license", "rust-version", "readme", "keywords", "categories"] {
            assert!(manifest.lines().any(|line| line.starts_with(key)), "{package} has no {key}");
        }
        for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
            assert!(listed(package).iter().any(|listed| listed == file), "{package} comes without {file}");
        }
    }
}
