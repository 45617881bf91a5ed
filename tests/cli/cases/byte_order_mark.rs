//! byte-order-mark: the mark is skipped, other encodings and other kinds of file are named.

use std::fs;

use crate::tool::{copy_of_reference, run, workplace};

const SCAMP: &str = include_str!("../../../assets/bodies/examples/scamp.json");
const MARK: &[u8] = b"\xef\xbb\xbf";

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2], mark: bool) -> Vec<u8> {
    let mark = mark.then_some(0xfeff);
    mark.into_iter().chain(text.encode_utf16()).flat_map(to_bytes).collect()
}

#[test]
fn byte_order_mark() {
    let folder = workplace();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("bom.json"), [MARK, SCAMP.as_bytes()].concat()).unwrap();
    fs::write(at("scamp.json"), SCAMP).unwrap();
    let told = run(folder.path(), &["body", "bom.json"]).with_code(0).out;
    assert_eq!(told, run(folder.path(), &["body", "scamp.json"]).with_code(0).out);
    let tiny = fs::read(at("tiny.toml")).unwrap();
    fs::write(at("bom.toml"), [MARK, &tiny].concat()).unwrap();
    let arguments = ["train", "--body", "bom.json", "--config", "bom.toml", "--dry-run"];
    run(folder.path(), &arguments).with_code(0);

    for (name, bytes, words) in [
        ("utf16.json", utf16(SCAMP, u16::to_le_bytes, true), "UTF-16"),
        ("utf16be.json", utf16(SCAMP, u16::to_be_bytes, true), "UTF-16"),
        ("plain16.json", utf16(SCAMP, u16::to_le_bytes, false), "UTF-16"),
        ("utf32.json", SCAMP.chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect(), "UTF-32"),
        ("latin.json", b"{\"name\": \"M\xfcnchen\"}".to_vec(), "UTF-8"),
    ] {
        fs::write(at(name), bytes).unwrap();
        let done = run(folder.path(), &["body", name]).with_code(2);
        assert!(done.err.contains(words) && done.err.contains("save it as UTF-8"), "{name}: {}", done.err);
        let done = run(folder.path(), &["train", "--body", name, "--device", "cpu"]).with_code(2);
        assert!(done.err.contains(words), "{name}: {}", done.err);
    }
    fs::write(at("utf16.toml"), utf16(&String::from_utf8(tiny).unwrap(), u16::to_le_bytes, true)).unwrap();
    let done = run(folder.path(), &["train", "cartpole-balance", "--config", "utf16.toml"]).with_code(2);
    assert!(done.err.contains("UTF-16"), "{}", done.err);
}

#[test]
fn byte_order_mark_files_that_are_no_body_are_told_in_a_users_words() {
    let folder = workplace();
    for (text, words) in [
        ("<mujoco model=\"r\"/>", "XML; MJCF and URDF files are not read"),
        ("\n  <?xml version=\"1.0\"?><robot/>", "XML; MJCF and URDF files are not read"),
        ("\u{feff}<robot/>", "XML; MJCF and URDF files are not read"),
        ("[]", "found an array"),
        ("5", "found a number"),
        ("-1.5e3", "found a number"),
        ("\"x\"", "found a string"),
        ("null", "found null"),
        ("true", "found a truth value"),
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ("\u{feff}", "the file is empty"),
        ("# a body", "this is not JSON"),
        ("[planner]\nsamples = 3\n", "this is not JSON"),
        ("[1, 2", "this is not JSON"),
    ] {
        fs::write(folder.path().join("a.json"), text).unwrap();
        let done = run(folder.path(), &["body", "a.json"]).with_code(2);
        let all = [words, "a body file is a JSON object with", "assets/bodies/README.md"];
        assert!(all.iter().all(|word| done.err.contains(word)), "{text:?}: {}", done.err);
        assert!(!done.err.contains("struct"), "{}", done.err);
    }
    let link = SCAMP.find("\"links\": [").unwrap() + "\"links\": [".len();
    let nested = format!("{}[], {}", &SCAMP[..link], &SCAMP[link..]);
    fs::write(folder.path().join("a.json"), nested).unwrap();
    let done = run(folder.path(), &["body", "a.json"]).with_code(2);
    assert!(done.err.contains("$.links[0]") && done.err.contains("expected a JSON object"), "{}", done.err);
    assert!(!done.err.contains("struct"), "{}", done.err);
}

/// Files of a run that were opened in an editor of Windows.
#[test]
fn byte_order_mark_in_the_files_of_a_run() {
    let folder = copy_of_reference();
    for name in ["manifest.json", "config.toml"] {
        let path = folder.path().join("run").join(name);
        let text = fs::read(&path).unwrap();
        fs::write(&path, [MARK, &text].concat()).unwrap();
    }
    run(folder.path(), &["eval", "run", "--episodes", "1"]).with_code(0);
    run(folder.path(), &["train", "--resume", "run"]).with_code(0);
    let manifest = folder.path().join("run/manifest.json");
    let text = String::from_utf8(fs::read(&manifest).unwrap()[MARK.len()..].to_vec()).unwrap();
    fs::write(&manifest, utf16(&text, u16::to_le_bytes, true)).unwrap();
    let done = run(folder.path(), &["eval", "run"]).with_code(2);
    assert!(done.err.contains("manifest.json") && done.err.contains("UTF-16"), "{}", done.err);
}
