//! Compiles the module with Cargo and creates its JavaScript bindings with wasm-bindgen.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, anyhow, ensure};
use serde::Deserialize;
use walrus::{ExportItem, Module};
use wasm_bindgen_cli_support::Bindgen;

use super::plain;

const TARGET: &str = "wasm32-unknown-unknown";

/// The function that registers the items that libraries collect from the whole program (`inventory`). Unless it is
/// exported by name, the linker makes every export call it first, so that it runs on each call from the browser, which
/// took a fifth of the training time.
const REGISTER: &str = "__wasm_call_ctors";

/// Returns the root of the workspace: above the package's folder, which Cargo passes when it runs this program, or
/// above the working folder.
pub(super) fn workspace() -> Result<PathBuf> {
    let start = match env::var_os("CARGO_MANIFEST_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => env::current_dir().context("cannot determine the working folder")?,
    };
    let root = start.ancestors().find(|folder| folder.join("web/page/index.html").is_file());
    root.map(Path::to_owned).ok_or_else(|| {
        anyhow!("{} is not in the Bootstride source; run `cargo run -p bootstride-web` there", start.display())
    })
}

fn tool(variable: &str, name: &str) -> OsString {
    env::var_os(variable).unwrap_or_else(|| name.into())
}

/// Returns the output of `command`.
fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().display().to_string();
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot run {program}"))?;
    ensure!(output.status.success(), "{program} failed ({})", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("{program} did not print UTF-8"))
}

/// Returns Cargo's target folder.
pub(super) fn target_folder(workspace: &Path) -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let mut cargo = Command::new(tool("CARGO", "cargo"));
    cargo.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]).current_dir(workspace);
    let metadata: Metadata = serde_json::from_str(&output(&mut cargo)?).context("cannot read cargo's metadata")?;
    Ok(metadata.target_directory)
}

/// Checks that Rust's standard library for browsers is installed.
fn need_target(workspace: &Path) -> Result<()> {
    let mut rustc = Command::new(tool("RUSTC", "rustc"));
    let sysroot = output(rustc.args(["--print", "sysroot"]).current_dir(workspace))?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET);
    ensure!(
        library.is_dir(),
        "Rust's target for browsers is not installed ({} is missing). Install it with\n\n    rustup target add {TARGET}\n\n\
         or, if Rust was installed by the system's package manager, install its package for {TARGET}.",
        library.display()
    );
    Ok(())
}

/// The fields used from a line of Cargo's messages.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Compiles the module and returns its path.
pub(super) fn compile(workspace: &Path) -> Result<PathBuf> {
    need_target(workspace)?;
    let mut cargo = Command::new(tool("CARGO", "cargo"));
    cargo
        .args(["rustc", "--package", "bootstride-web", "--lib", "--target", TARGET, "--profile", "web"])
        .args(["--crate-type", "cdylib", "--message-format=json-render-diagnostics"])
        .args(["--", "-C", &format!("link-arg=--export={REGISTER}")])
        .current_dir(workspace);
    // Cargo's variables about the running package do not apply to the one that it compiles.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            cargo.env_remove(name);
        }
    }
    let messages = output(&mut cargo).context("the module was not compiled")?;
    let mut modules = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact")
        .filter(|message| message.target.as_ref().is_some_and(|target| target.name == "bootstride_web"))
        .flat_map(|message| message.filenames)
        .filter(|file| file.extension().is_some_and(|kind| kind == "wasm"));
    modules.next_back().ok_or_else(|| anyhow!("cargo did not report the path of the module"))
}

/// Makes the module's start function register the collected items, so that this happens once, on instantiation.
fn register_at_start(module: &mut Module) -> Result<()> {
    let Some(export) = module.exports.iter().find(|export| export.name == REGISTER) else { return Ok(()) };
    let (id, ExportItem::Function(function)) = (export.id(), export.item) else { return Ok(()) };
    ensure!(module.start.is_none(), "the module already has a start function, which {REGISTER} would replace");
    module.start = Some(function);
    module.exports.delete(id);
    Ok(())
}

/// A module and its JavaScript bindings.
pub(super) struct Bindings {
    /// The module.
    pub(super) wasm: Vec<u8>,
    /// The same without relaxed SIMD.
    pub(super) plain: Vec<u8>,
    /// The script that instantiates it.
    pub(super) js: Vec<u8>,
    /// Scripts from libraries, with the paths by which that script refers to them.
    pub(super) snippets: Vec<(String, Vec<u8>)>,
}

/// Creates the bindings of the module at `wasm`.
pub(super) fn bind(wasm: &Path) -> Result<Bindings> {
    ensure!(wasm.is_file(), "{} is not a file", wasm.display());
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(wasm)
        .out_name("bootstride")
        .typescript(false)
        .keep_debug(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        // The page specifies the module: its name has a hash, and the worker receives it compiled.
        .omit_default_module_path(true);
    let output = bindgen.web(true).and_then(Bindgen::generate_output);
    let mut output = output.with_context(|| format!("cannot create the bindings of {}", wasm.display()))?;
    ensure!(
        output.npm_dependencies().is_empty(),
        "a library of the module needs npm packages, which the page does not have"
    );
    let mut snippets = Vec::new();
    for (library, texts) in output.snippets() {
        for (number, text) in texts.iter().enumerate() {
            snippets.push((format!("snippets/{library}/inline{number}.js"), text.clone().into_bytes()));
        }
    }
    for (path, text) in output.local_modules() {
        snippets.push((format!("snippets/{path}"), text.clone().into_bytes()));
    }
    snippets.sort();
    let js = output.js().as_bytes().to_owned();
    let module = output.wasm_mut();
    register_at_start(module)?;
    let wasm = module.emit_wasm();
    plain::take_out_relaxed_simd(module)?;
    Ok(Bindings { wasm, plain: module.emit_wasm(), js, snippets })
}
