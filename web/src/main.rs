//! `bootstride-web`: builds the page, and serves it here or leaves it in a folder.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use bootstride_web::bundle::{self, BUDGET_BYTES, Built, Options, megabytes};
use bootstride_web::serve::Server;
use clap::Parser;

/// Build the lab as a page, serve it on this machine and open it.
#[derive(Debug, Parser)]
#[command(
    name = "bootstride-web",
    version,
    after_help = "\
The module is compiled with the profile `web`; the first time that takes many minutes. Needed is Rust's target for \
browsers: rustup target add wasm32-unknown-unknown

The folder of --dist holds everything, with relative addresses only, so it works on any static host and under any path. \
Names of all files but index.html and the examples contain a hash of their content, and beside each lie .br and .gz \
versions for hosts that serve them. web/README.md says how to publish it.

Examples:
  cargo run -p bootstride-web
  cargo run -p bootstride-web -- --port 9000 --no-open
  cargo run -p bootstride-web -- --dist site"
)]
struct Arguments {
    /// Write the page into DIR for a static host, and stop. Files that an earlier build left there are replaced; others stay.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["port", "no_open"])]
    dist: Option<PathBuf>,
    /// Port to serve at on 127.0.0.1; 0 takes any free one [default: 8080, or the next that is free]
    #[arg(long)]
    port: Option<u16>,
    /// Do not open the page in the browser
    #[arg(long)]
    no_open: bool,
    /// An already compiled module to take instead of compiling one
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
    // Served from here the bytes cost nothing, so they need not be as few as can be.
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
        eprintln!("No browser could be opened ({error}); open the address yourself.");
    }
    server.wait().context("the server stopped")
}

/// Says where the page is and what it weighs.
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
