//! Builds the page: compiles the module, creates its bindings, and writes a folder that any static host can serve.

mod agents;
mod compile;
mod compress;
mod folder;
mod html;
mod plain;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Serialize;

use self::agents::Agent;
use self::compile::Bindings;
use self::folder::{Folder, digest};

pub(crate) use self::folder::is_hashed;

/// Size budget of wasm and JS together, compressed.
pub const BUDGET_BYTES: u64 = 4_500_000;

/// Prefix of the file name of the module without relaxed SIMD.
const PLAIN: &str = "bootstride-plain";

/// Compression effort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// A second or two, for a page that is served locally.
    Quick,
    /// Smallest files: brotli 11 and gzip 9.
    Most,
}

/// Build options.
#[derive(Clone, Debug)]
pub struct Options {
    /// The output folder. Files of an earlier build are replaced; other files are kept.
    pub folder: PathBuf,
    /// An already compiled module. If `None`, the module is compiled, or taken from the path in `BOOTSTRIDE_WASM`.
    pub wasm: Option<PathBuf>,
    /// Compression effort.
    pub effort: Effort,
}

/// A file of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its path in the folder, with `/`.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Size of the `.br` file next to it, if there is one.
    pub brotli: Option<u64>,
}

/// A built page.
#[derive(Clone, Debug)]
pub struct Built {
    /// Its folder.
    pub folder: PathBuf,
    /// All its files, except the compressed versions.
    pub files: Vec<Placed>,
}

impl Built {
    /// Returns the compressed size of the download before the lab starts: one of the two modules (the other is for
    /// browsers without relaxed SIMD) and all scripts.
    #[must_use]
    pub fn download_bytes(&self) -> u64 {
        let counted = |name: &str| {
            let kind = Path::new(name).extension();
            kind.is_some_and(|kind| kind == "wasm" || kind == "js") && !name.starts_with(PLAIN)
        };
        self.files.iter().filter(|file| counted(&file.name)).map(|file| file.brotli.unwrap_or(file.bytes)).sum()
    }
}

/// The data that `index.html` passes to the scripts of the page.
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    version: String,
    wasm: &'a str,
    wasm_bytes: u64,
    /// The module without relaxed SIMD, of about as many bytes.
    plain: &'a str,
    js: &'a str,
    worker: &'a str,
    agents: &'a [Agent],
}

/// Builds the page.
///
/// # Errors
/// If the module does not compile, or a file cannot be read or written; the message states which and what to do.
pub fn build(options: &Options) -> Result<Built> {
    let workspace = compile::workspace()?;
    let wasm = options.wasm.clone().or_else(|| std::env::var_os("BOOTSTRIDE_WASM").map(PathBuf::from));
    let wasm = wasm.map_or_else(|| compile::compile(&workspace), Ok)?;
    let Bindings { wasm, plain, js, snippets } = compile::bind(&wasm)?;

    let mut folder = Folder::open(&options.folder, options.effort, scratch()?.join("compressed"))?;
    let source = Source(workspace.join("web/page"));
    let wasm_bytes = u64::try_from(wasm.len()).unwrap_or(u64::MAX);
    let wasm = folder.add_hashed("bootstride.wasm", &wasm)?;
    let plain = folder.add_hashed(&format!("{PLAIN}.wasm"), &plain)?;
    let js = folder.add_hashed("bootstride.js", &js)?;
    for (name, bytes) in snippets {
        folder.add(&name, &bytes)?;
    }
    let worker = folder.add_hashed("worker.js", source.text("worker.js")?.as_bytes())?;
    let needs = folder.add_hashed("needs.js", source.text("needs.js")?.as_bytes())?;
    let boot = html::refer(&source.text("boot.js")?, &[("./needs.js", &format!("./{needs}"))])?;
    let boot = folder.add_hashed("boot.js", boot.as_bytes())?;
    let watch = folder.add_hashed("watch.js", source.text("watch.js")?.as_bytes())?;
    let style = folder.add_hashed("style.css", source.text("style.css")?.as_bytes())?;
    let still = folder.add_hashed("still.webp", &source.bytes("still.webp")?)?;
    let agents = agents::add_all(&workspace.join("assets/checkpoints"), &mut folder)?;
    for (name, bytes) in licences(&workspace)? {
        folder.add(&format!("licences/{name}"), &bytes)?;
    }
    folder.add("examples/course.html", &read(&workspace.join("web/examples/course.html"))?)?;

    let references = [
        ("bootstride.js", js.as_str()),
        ("boot.js", &boot),
        ("watch.js", &watch),
        ("needs.js", &needs),
        ("style.css", &style),
        ("still.webp", &still),
    ];
    let page = html::refer(&source.text("index.html")?, &references)?;
    let version = digest(folder.names().as_bytes());
    let manifest =
        Manifest { version, wasm: &wasm, wasm_bytes, plain: &plain, js: &js, worker: &worker, agents: &agents };
    // Last, so that the page of a folder that is being served never refers to a file that does not exist yet.
    folder.add("index.html", html::embed(&page, &serde_json::to_string(&manifest)?)?.as_bytes())?;
    folder.finish()
}

/// Returns the folder for intermediate files of builds, under Cargo's target folder.
///
/// # Errors
/// If Cargo cannot report its target folder.
pub fn scratch() -> Result<PathBuf> {
    Ok(compile::target_folder(&compile::workspace()?)?.join("bootstride-web"))
}

/// Formats `bytes` in megabytes of 10^6.
#[must_use]
pub fn megabytes(bytes: u64) -> String {
    let hundredths = (bytes + 5_000) / 10_000;
    if hundredths == 0 { format!("{bytes} B") } else { format!("{}.{:02} MB", hundredths / 100, hundredths % 100) }
}

/// The folder with the page's own files.
struct Source(PathBuf);

impl Source {
    fn bytes(&self, name: &str) -> Result<Vec<u8>> {
        read(&self.0.join(name))
    }

    fn text(&self, name: &str) -> Result<String> {
        String::from_utf8(self.bytes(name)?).with_context(|| format!("{} is not UTF-8", self.0.join(name).display()))
    }
}

/// Adds the licences of the program and of its fonts, which must be distributed with them.
fn licences(workspace: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut texts = Vec::new();
    for (folder, start) in [(workspace.to_owned(), "LICENSE"), (workspace.join("assets/fonts"), "OFL-")] {
        for name in names(&folder)? {
            if name.starts_with(start) {
                let public = if name.contains('.') { name.clone() } else { format!("{name}.txt") };
                texts.push((public, read(&folder.join(&name))?));
            }
        }
    }
    Ok(texts)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Returns the names in `folder`, sorted.
fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.with_context(|| format!("cannot read {}", folder.display()))?.file_name();
        let name = name.into_string();
        names.push(name.map_err(|name| anyhow::anyhow!("{}: {} is not UTF-8", folder.display(), name.display()))?);
    }
    names.sort();
    Ok(names)
}
