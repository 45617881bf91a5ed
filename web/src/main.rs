//! `bootstride-web`: builds the page and serves it locally, or writes it into a folder.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use bootstride_web::bundle::{self, BUDGET_BYTES, Built, Options, megabytes};
use bootstride_web::serve::Server;
use clap::Parser;

/// Build the lab as a web page, serve it on this computer and open it in the browser.
#[derive(Debug, Parser)]
#[command(
    name = "bootstride-web",
    version,
    after_help = "\
The module is compiled with the Cargo profile `web`; the first build takes many minutes. It requires Rust's target for \
browsers: rustup target add wasm32-unknown-unknown

The folder of --dist contains the complete page with relative addresses only, so it works on any static host and \
under any path. All file names except index.html and the examples contain a hash of the content, and each file has \
.br and .gz versions next to it for hosts that serve them. web/README.md explains how to publish the page.

Examples:
  cargo run -p bootstride-web
  cargo run -p bootstride-web -- --port 9000 --no-open
  cargo run -p bootstride-web -- --dist site"
)]
struct Arguments {
    /// Write the page into DIR for a static host and exit. Files of an earlier build are replaced; other files are
    /// kept.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["port", "no_open"])]
    dist: Option<PathBuf>,
    /// Port to serve on at 127.0.0.1; 0 picks any free port [default: 8080, or the next free one]
    #[arg(long)]
    port: Option<u16>,
    /// Do not open the page in the browser
    #[arg(long)]
    no_open: bool,
    /// Use an already compiled module instead of compiling one
    #[arg(long, value_name = "FILE", hide = true)]
    wasm: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let folder = match &arguments.dist {
        Some(folder) => folder.clone(),
        None => bundle::scratch()?.join("page"),
    };
    // Served locally, size does not matter, so compression can be quick.
    let effort = if arguments.dist.is_some() { bundle::Effort::Most } else { bundle::Effort::Quick };
    let built = bundle::build(&Options { folder, wasm: arguments.wasm.clone(), effort })?;
    if arguments.dist.is_some() {
        report(&built);
        return Ok(());
    }

    let server = Server::start(&built.folder, arguments.port)?;
    eprintln!("The page is at {} (Ctrl-C stops serving)", server.address());
    if !arguments.no_open
        && let Err(error) = open::that(server.address())
    {
        eprintln!("Could not open a browser ({error}); open the address manually.");
    }
    server.wait().context("the server stopped")
}

/// Reports the location and the size of the page.
fn report(built: &Built) {
    eprintln!("{:<40} {:>9}  {:>9}", "", "plain", "brotli");
    for file in &built.files {
        eprintln!(
            "{:<40} {:>9}  {:>9}",
            file.name,
            megabytes(file.bytes),
            file.brotli.map_or(String::new(), megabytes)
        );
    }
    let download = built.download_bytes();
    let verdict = if download <= BUDGET_BYTES { "within" } else { "over" };
    eprintln!("wasm and JS, brotli: {}, {verdict} the budget of {}", megabytes(download), megabytes(BUDGET_BYTES));
    eprintln!("The page is in {}", built.folder.display());
}
