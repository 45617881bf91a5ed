//! The command that builds and serves the page.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_bootstride-web"))
}

/// An empty module, so that nothing need be compiled.
fn module(folder: &Path) -> PathBuf {
    let path = folder.join("module.wasm");
    fs::write(&path, b"\0asm\x01\0\0\0").unwrap();
    path
}

fn fails(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_missing_target_is_named_with_the_command_that_installs_it() {
    let around = TempDir::new().unwrap();
    let site = around.path().join("site");
    // A compiler that says a system root without anything in it.
    let words = fails(command().env("RUSTC", "echo").env_remove("BOOTSTRIDE_WASM").arg("--dist").arg(&site));
    assert!(words.contains("rustup target add wasm32-unknown-unknown"), "{words}");
    assert!(!words.contains("backtrace"), "{words}");
    assert!(!site.exists());
}

#[test]
fn a_folder_for_publishing_is_written_and_its_weight_told() {
    let around = TempDir::new().unwrap();
    let site = around.path().join("site");
    let output = command().arg("--dist").arg(&site).arg("--wasm").arg(module(around.path())).output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && site.join("index.html").is_file(), "{words}");
    assert!(words.contains("within the budget of 4.50 MB"), "{words}");
}

#[test]
fn the_page_is_served_at_the_address_that_is_printed() {
    let around = TempDir::new().unwrap();
    let wasm = module(around.path());
    let mut serving =
        command().args(["--port", "0", "--no-open", "--wasm"]).arg(wasm).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(serving.stderr.take().unwrap()).lines();
    let address = lines
        .map(Result::unwrap)
        .find_map(|line| line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).map(str::to_owned));
    let mut stream = TcpStream::connect(address.expect("an address is printed")).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    serving.kill().unwrap();
    serving.wait().unwrap();
    assert!(page.contains("<title>Bootstride"), "{page}");
}

#[test]
fn outside_of_the_source_it_says_where_to_go() {
    let elsewhere = TempDir::new().unwrap();
    let words = fails(command().env_remove("CARGO_MANIFEST_DIR").current_dir(elsewhere.path()).arg("--no-open"));
    assert!(words.contains("not in the Bootstride source"), "{words}");
}

#[test]
fn a_folder_is_not_served_too() {
    let words = fails(command().args(["--dist", "site", "--port", "8080"]));
    assert!(words.contains("cannot be used with"), "{words}");
}
