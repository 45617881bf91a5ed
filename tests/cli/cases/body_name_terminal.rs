//! body-name-terminal: control characters in names and paths do not reach the terminal.

use std::fs;

use crate::tool::{bootstride, copy_of_reference, run, workplace};

const SCAMP: &str = include_str!("../../../assets/bodies/examples/scamp.json");

/// Every kind of name in the example, with the path that the error names.
const NAMES: [(&str, &str); 9] = [
    ("/name", "$.name"),
    ("/links/0/name", "$.links[0].name"),
    ("/links/1/joints/0/name", "$.links[1].joints[0].name"),
    ("/links/0/geoms/0/name", "$.links[0].geoms[0].name"),
    ("/world/geoms/0/name", "$.world.geoms[0].name"),
    ("/links/0/sites/0/name", "$.links[0].sites[0].name"),
    ("/actuators/0/name", "$.actuators[0].name"),
    ("/sensors/0/name", "$.sensors[0].name"),
    ("/task/description", "$.task.description"),
];

fn is_wild(text: &str) -> bool {
    text.chars().any(|letter| letter != '\n' && (letter.is_control() || letter == '\u{202e}'))
}

#[test]
fn body_name_terminal() {
    let folder = workplace();
    let mut original: serde_json::Value = serde_json::from_str(SCAMP).unwrap();
    let site = serde_json::json!({"name": "middle", "shape": {"sphere": {"radius": 0.01}}});
    original["links"][0]["sites"] = serde_json::json!([site]);
    original["sensors"] = serde_json::json!([{"name": "speed", "kind": "velocimeter", "site": "middle"}]);
    let path = folder.path().join("painted.json");
    fs::write(&path, original.to_string()).unwrap();
    run(folder.path(), &["body", "painted.json"]).with_code(0);
    for (pointer, place) in NAMES {
        for wild in ["\u{1b}[2J\u{1b}[31m", "\u{7}", "\u{9b}31m", "\u{7f}", "\u{202e}"] {
            let mut file = original.clone();
            let name = file.pointer_mut(pointer).unwrap_or_else(|| panic!("the example has no {pointer}"));
            *name = format!("sc{wild}amp").into();
            fs::write(&path, file.to_string()).unwrap();
            let done = run(folder.path(), &["body", "painted.json"]).with_code(2);
            assert!(done.err.contains(&format!("painted.json: {place}: found \"sc")), "{place}: {}", done.err);
            assert!(done.err.contains("without control characters"), "{}", done.err);
            assert!(!is_wild(&done.err) && !is_wild(&done.out), "{:?}", done.err);
        }
    }
    let done = run(folder.path(), &["train", "--body", "painted.json", "--device", "cpu"]).with_code(2);
    assert!(!is_wild(&done.err), "{:?}", done.err);
}

#[test]
fn body_name_terminal_in_words_of_the_command_line() {
    let folder = workplace();
    for words in
        [["tasks", "x\u{1b}[2J"], ["eval", "--\u{9b}31m"], ["x\u{7}y", "train"], ["bench", "--preset=\u{202e}a"]]
    {
        let done = run(folder.path(), &words).with_code(2);
        assert!(done.err.starts_with("error: "), "{:?}", done.err);
        assert!(!is_wild(&done.err), "{:?}", done.err);
    }
}

#[test]
fn body_name_terminal_in_whatever_an_error_quotes() {
    let folder = workplace();
    let escape = "\u{1b}[2J";
    for (text, arguments) in [
        (SCAMP.replacen("\"parent\": \"world\"", "\"parent\": \"x\\u001b[2J\"", 1), ["body", "a.json"]),
        (SCAMP.replacen("\"mass\"", "\"ma\\u001b[2Jss\"", 1), ["body", "a.json"]),
    ] {
        fs::write(folder.path().join("a.json"), text).unwrap();
        let done = run(folder.path(), &arguments).with_code(2);
        assert!(!is_wild(&done.err) && done.err.contains("\\u001b[2J"), "{:?}", done.err);
    }
    fs::write(folder.path().join("a.toml"), "[planner]\n\"sam\\u001b[2Jples\" = 3\n").unwrap();
    let done = run(folder.path(), &["train", "cartpole-balance", "--config", "a.toml"]).with_code(2);
    assert!(!is_wild(&done.err), "{:?}", done.err);
    for arguments in [
        ["body".to_owned(), format!("no{escape}such.json")],
        ["eval".to_owned(), format!("no{escape}such")],
        ["lab".to_owned(), format!("no{escape}such.tar")],
    ] {
        let done: crate::tool::Done = bootstride(folder.path(), &[]).args(arguments).output().unwrap().into();
        assert!(done.code == Some(2) || done.code == Some(1), "{done:?}");
        assert!(!is_wild(&done.err) && done.err.contains("no\\u001b[2Jsuch"), "{:?}", done.err);
    }
}

#[test]
fn body_name_terminal_in_the_path_and_manifest_of_a_run() {
    let folder = copy_of_reference();
    let painted = folder.path().join("ru\u{1b}[2Jn");
    fs::rename(folder.path().join("run"), &painted).unwrap();
    let manifest = painted.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"preset\": \"", "\"preset\": \"\\u001b[31m\\u009b")).unwrap();
    let name = painted.file_name().unwrap().to_str().unwrap();
    for arguments in [
        &["eval", name, "--episodes", "1"][..],
        &["eval", name, "--episodes", "1", "--json"],
        &["export", name, "--out", "ag\u{1b}[2Jent"],
        &["train", "--resume", name],
    ] {
        let done = run(folder.path(), arguments).with_code(0);
        assert!(!is_wild(&done.err) && !is_wild(&done.out), "{arguments:?}: {done:?}");
    }
}
