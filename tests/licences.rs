//! Every dependency of the program may be used, changed and redistributed freely.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop; it runs natively"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Licences that ask for no more than their notice to be kept.
const PERMISSIVE: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// Small libraries that Burn brings, under MPL-2.0: its terms end at their own files, which are used unchanged.
const EXCEPTIONS: [(&str, &str); 2] = [("buildid", "MPL-2.0"), ("colored", "MPL-2.0")];

/// Whether an SPDX expression allows what we do: any side of `OR` (in old manifests `/`), every side of `AND`.
fn allowed(expression: &str) -> bool {
    let expression = expression.trim();
    if PERMISSIVE.contains(&expression) {
        return true;
    }
    let expression = expression.replace('/', " OR ");
    if let Some((a, b)) = split(&expression, " OR ") {
        return allowed(a) || allowed(b);
    }
    if let Some((a, b)) = split(&expression, " AND ") {
        return allowed(a) && allowed(b);
    }
    let trimmed = expression.trim();
    trimmed.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).is_some_and(allowed)
}

/// Splits at the first `operator` outside of brackets.
fn split<'a>(expression: &'a str, operator: &str) -> Option<(&'a str, &'a str)> {
    let at = expression.match_indices(operator).map(|(at, _)| at).find(|at| {
        let before = &expression[..*at];
        before.matches('(').count() == before.matches(')').count()
    })?;
    Some((&expression[..at], &expression[at + operator.len()..]))
}

/// `name|licence` of every package in the program, build tools included, tests not.
fn packages() -> BTreeSet<(String, String)> {
    let tree = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--workspace",
                "--exclude",
                "bootstride-tests",
                "--locked",
                "--edges",
                "normal,build",
                "--prefix",
                "none",
            ])
            .args(["--format", "{p}|{l}"])
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    };
    // Other platforms' packages may not be here, and the network may be away; then this platform's must do.
    let text = tree(&["--target", "all"]).or_else(|| tree(&["--offline"])).expect("cargo tree works");
    text.lines()
        .filter_map(|line| line.trim_end_matches(" (*)").split_once('|'))
        .map(|(package, licence)| (package.split(' ').next().unwrap().to_owned(), licence.to_owned()))
        .collect()
}

#[test]
fn expressions_are_understood() {
    for good in
        ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0", "(MIT) AND (ISC OR X)"]
    {
        assert!(allowed(good), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "MPL-2.0", "(MIT OR ISC) AND MPL-2.0", "MIT AND (GPL-2.0 OR GPL-3.0)"]
    {
        assert!(!allowed(bad), "{bad}");
    }
}

#[test]
fn every_dependency_has_a_permissive_licence() {
    let packages = packages();
    assert!(packages.len() > 100, "cargo tree lists only {} packages", packages.len());
    let excepted = |name: &str, licence: &str| EXCEPTIONS.contains(&(name, licence));
    let wrong: Vec<_> =
        packages.iter().filter(|(name, licence)| !allowed(licence) && !excepted(name, licence)).collect();
    assert!(wrong.is_empty(), "these licences are not permissive: {wrong:?}");
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}

/// Fonts are no packages: each lies next to the text of its licence, which has to be passed on with it.
#[test]
fn every_font_has_its_licence_beside_it() {
    let folder = bootstride_tests::repository("assets/fonts");
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let (texts, fonts): (Vec<_>, Vec<_>) = names.partition(|name| has_extension(name, "txt"));
    assert!(fonts.iter().any(|name| has_extension(name, "ttf")), "{fonts:?}");
    for font in fonts.iter().filter(|name| !has_extension(name, "md")) {
        let family = font.split('-').next().unwrap();
        let text = texts.iter().find(|text| **text == format!("OFL-{family}.txt"));
        let text = fs::read_to_string(folder.join(text.unwrap_or_else(|| panic!("{font} has no licence")))).unwrap();
        assert!(text.contains("SIL Open Font License, Version 1.1") && text.contains("Copyright"), "{font}: {text}");
    }
}
