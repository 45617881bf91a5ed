//! Comments, messages and documents are written in plain English: the word list in CONTRIBUTING.md says which words are
//! not used, and what to write instead.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop; it runs natively"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Files that may use a word, with the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("CONTRIBUTING.md", "", "contains the list"),
    ("tests/prose.rs", "", "contains examples"),
    ("core/src/compute/gpu/uniform.rs", "in words", "a unit: 4 bytes"),
    ("core/src/compute/gpu/wgsl.rs", "in words", "a unit: 4 bytes"),
];

/// Folders that are scanned, and their files' extensions.
const FOLDERS: [&str; 7] = ["app", "assets", "core", "docs", "shaders", "tests", "web"];
const EXTENSIONS: [&str; 6] = ["rs", "md", "wgsl", "html", "toml", "sh"];

fn root() -> PathBuf {
    // The package that runs this test may be moved: the root is where the word list is.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().find(|folder| folder.join("CONTRIBUTING.md").exists()).unwrap().into()
}

/// A word or phrase that is not used, and what to write instead.
struct Rule {
    words: Vec<char>,
    instead: String,
}

/// Returns the rules in CONTRIBUTING.md.
fn rules() -> Vec<Rule> {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let list = text.split("<!-- word list -->").nth(1).unwrap().split("<!-- end of word list -->").next().unwrap();
    let rows = list.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.flat_map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [not, instead] = cells[..] else { panic!("{row}") };
        let rule = |words: &str| Rule { words: words.trim().chars().collect(), instead: instead.to_owned() };
        not.split(',').map(rule).collect::<Vec<_>>()
    })
    .collect()
}

/// Prose with the line of each character. White space and line breaks are single blanks, letters are small, and
/// `code in backticks` is left out.
#[derive(Default)]
struct Prose {
    letters: Vec<(char, usize)>,
    code: bool,
}

impl Prose {
    fn push(&mut self, letter: char, line: usize) {
        if letter == '`' {
            self.code = !self.code;
        }
        let letter = if self.code || letter == '`' { '`' } else { letter };
        let blank = letter.is_whitespace();
        if !blank || self.letters.last().is_some_and(|(last, _)| *last != ' ') {
            self.letters.push((if blank { ' ' } else { letter.to_ascii_lowercase() }, line));
        }
    }

    /// Ends a piece: no phrase reaches across.
    fn end(&mut self) {
        self.code = false;
        self.letters.push(('\n', 0));
    }

    /// Returns the lines where a rule's words stand, but not as the name of a placeholder as in `{name}`.
    fn find(&self, words: &[char]) -> Vec<usize> {
        let within = |at: Option<&(char, usize)>| {
            at.is_some_and(|(letter, _)| letter.is_alphanumeric() || matches!(letter, '_' | '{'))
        };
        let is = |at: &usize| {
            let here = &self.letters[*at..*at + words.len()];
            here.iter().map(|(letter, _)| letter).eq(words)
                && !within(at.checked_sub(1).and_then(|before| self.letters.get(before)))
                && !within(self.letters.get(at + words.len()))
        };
        let starts = 0..(self.letters.len() + 1).saturating_sub(words.len());
        starts.filter(is).map(|at| self.letters[at].1).collect()
    }
}

/// Returns the comments and string literals of Rust or WGSL source.
fn of_source(text: &str) -> Prose {
    let letters: Vec<char> = text.chars().collect();
    let mut prose = Prose::default();
    let (mut at, mut line) = (0, 1);
    let mut last_comment = 0;
    while at < letters.len() {
        let next = letters.get(at + 1).copied();
        match letters[at] {
            '\n' => line += 1,
            '/' if next == Some('/') => {
                // Comments on consecutive lines are one text.
                if last_comment + 1 < line {
                    prose.end();
                }
                last_comment = line;
                prose.push(' ', line);
                while at < letters.len() && letters[at] != '\n' {
                    if letters[at] != '/' || letters.get(at + 1) != Some(&'/') {
                        let marker = matches!(letters[at], '/' | '!') && letters[at - 1] == '/';
                        prose.push(if marker { ' ' } else { letters[at] }, line);
                    }
                    at += 1;
                }
                continue;
            }
            'r' if matches!(next, Some('"' | '#')) && !(at > 0 && letters[at - 1].is_alphanumeric()) => {
                let hashes = letters[at + 1..].iter().take_while(|letter| **letter == '#').count();
                if letters.get(at + 1 + hashes) == Some(&'"') {
                    prose.end();
                    at += 2 + hashes;
                    while at < letters.len() {
                        let closing = letters[at] == '"' && letters[at + 1..].iter().take(hashes).all(|x| *x == '#');
                        if closing {
                            break;
                        }
                        prose.push(letters[at], line);
                        line += usize::from(letters[at] == '\n');
                        at += 1;
                    }
                    at += hashes;
                }
            }
            '"' => {
                prose.end();
                at += 1;
                while at < letters.len() && letters[at] != '"' {
                    if letters[at] == '\\' {
                        at += 1;
                        line += usize::from(letters.get(at) == Some(&'\n'));
                        prose.push(' ', line);
                    } else {
                        prose.push(letters[at], line);
                        line += usize::from(letters[at] == '\n');
                    }
                    at += 1;
                }
                prose.end();
            }
            // A character literal that could be taken for the start of a string.
            '\'' if next == Some('"') || (next == Some('\\') && letters.get(at + 3) == Some(&'\'')) => {
                at += if next == Some('"') { 2 } else { 3 };
            }
            _ => {}
        }
        at += 1;
    }
    prose
}

/// Returns a document without its fenced code.
fn of_document(text: &str) -> Prose {
    let mut prose = Prose::default();
    let mut fenced = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            prose.end();
        } else if !fenced {
            if line.trim().is_empty() {
                prose.end();
            }
            line.chars().chain([' ']).for_each(|letter| prose.push(letter, number + 1));
        }
    }
    prose
}

/// Returns the comments after `#` of a configuration or script.
fn of_comments(text: &str) -> Prose {
    let mut prose = Prose::default();
    for (number, line) in text.lines().enumerate() {
        match line.trim_start().strip_prefix('#') {
            Some(comment) => comment.chars().chain([' ']).for_each(|letter| prose.push(letter, number + 1)),
            None => prose.end(),
        }
    }
    prose
}

fn prose(path: &Path, text: &str) -> Prose {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("rs" | "wgsl") => of_source(text),
        Some("toml" | "sh") => of_comments(text),
        _ => of_document(text),
    }
}

/// Returns the files to scan, by their paths from the root.
fn files() -> Vec<PathBuf> {
    let root = root();
    let mut files: Vec<PathBuf> =
        fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    let scanned = |path: &PathBuf| path.extension().is_some_and(|found| EXTENSIONS.iter().any(|known| found == *known));
    files.retain(scanned);
    files.sort();
    files.into_iter().map(|path| path.strip_prefix(&root).unwrap().to_owned()).collect()
}

#[test]
fn words_of_the_list_are_not_used() {
    let (rules, files) = (rules(), files());
    assert!(rules.len() > 20 && files.len() > 500, "{} rules, {} files", rules.len(), files.len());
    let mut found = String::new();
    for file in &files {
        let name = file.to_str().unwrap().replace('\\', "/");
        let Ok(text) = fs::read_to_string(root().join(file)) else { continue };
        let prose = prose(file, &text);
        for rule in &rules {
            let words: String = rule.words.iter().collect();
            let excepted = |(path, word, _): &&(&str, &str, &str)| *path == name && (word.is_empty() || *word == words);
            if EXCEPTIONS.iter().any(|exception| excepted(&exception)) {
                continue;
            }
            for line in prose.find(&rule.words) {
                writeln!(found, "{name}:{line}: not \"{words}\" but: {}", rule.instead).unwrap();
            }
        }
    }
    assert!(found.is_empty(), "words that CONTRIBUTING.md replaces:\n{found}");
}

#[test]
fn every_exception_is_needed() {
    for (file, word, why) in EXCEPTIONS.iter().filter(|(_, word, _)| !word.is_empty()) {
        let path = Path::new(file);
        let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let words: Vec<char> = word.chars().collect();
        assert!(!prose(path, &text).find(&words).is_empty(), "{file} no longer has \"{word}\" ({why})");
    }
}

#[test]
fn comments_strings_and_documents_are_read_and_code_is_not() {
    let found = |prose: Prose, words: &str| prose.find(&words.chars().collect::<Vec<_>>());
    let source = "//! It is\n//! told.\nfn told() {\n    // Not `told`, but retold.\n    let told = \"a\\\n        told\";\n    \
                  let c = '\"'; // told\n    let r = r#\"\"told\"\"#;\n}\n";
    assert_eq!(found(of_source(source), "told"), [2, 6, 7, 8]);
    assert_eq!(found(of_source(source), "is told"), [1]);
    assert_eq!(found(of_source("let a = '\\'';\n// told\nlet b: &'static str = \"told\";\n"), "told"), [2, 3]);
    assert_eq!(found(of_document("told\n```sh\ntold\n```\n`told` Told\n"), "told"), [1, 5]);
    assert_eq!(found(of_comments("told = 1\n  # told\n"), "told"), [2]);
}
