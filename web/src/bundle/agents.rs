//! The agents included in the page: each run folder of `assets/checkpoints` as one file.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::folder::Folder;

/// An agent that the page can load.
#[derive(Debug, Serialize)]
pub(super) struct Agent {
    name: String,
    task: String,
    /// Address relative to the page.
    file: String,
    bytes: u64,
}

/// The part of a run's configuration that names the task.
#[derive(Deserialize)]
struct Config {
    task: Task,
}

#[derive(Deserialize)]
struct Task {
    name: String,
}

/// Adds every run folder below `source`, if that folder exists, and returns the added agents.
pub(super) fn add_all(source: &Path, folder: &mut Folder) -> Result<Vec<Agent>> {
    let mut agents = Vec::new();
    if !source.is_dir() {
        return Ok(agents);
    }
    for name in super::names(source)? {
        let run = source.join(&name);
        if !run.is_dir() {
            continue;
        }
        let config = run.join("config.toml");
        let text = String::from_utf8_lossy(&super::read(&config)?).into_owned();
        let Config { task } =
            toml::from_str(&text).with_context(|| format!("{} does not name a task", config.display()))?;
        let bytes = pack(&run, &name)?;
        let file = folder.add_hashed(&format!("agents/{name}.tar"), &bytes)?;
        let bytes = u64::try_from(bytes.len())?;
        agents.push(Agent { name, task: task.name, file, bytes });
    }
    Ok(agents)
}

/// Returns the files of `run` as a tar archive below `name`, in the format of `bootstride_session::archive`: sorted,
/// without times and owners, so that the same run produces the same bytes.
fn pack(run: &Path, name: &str) -> Result<Vec<u8>> {
    let mut paths = Vec::new();
    list(run, "", &mut paths)?;
    let mut builder = tar::Builder::new(Vec::new());
    for path in paths {
        let bytes = super::read(&run.join(&path))?;
        let mut header = tar::Header::new_ustar();
        header.set_size(u64::try_from(bytes.len())?);
        header.set_mode(0o644);
        header.set_mtime(0);
        builder
            .append_data(&mut header, format!("{name}/{path}"), &*bytes)
            .with_context(|| format!("cannot pack {path}"))?;
    }
    builder.into_inner().with_context(|| format!("cannot pack {}", run.display()))
}

fn list(run: &Path, below: &str, paths: &mut Vec<String>) -> Result<()> {
    for name in super::names(&run.join(below))? {
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        let kind = run.join(&path).symlink_metadata().with_context(|| format!("cannot read {path}"))?.file_type();
        if kind.is_dir() {
            list(run, &path, paths)?;
        } else if kind.is_file() {
            paths.push(path);
        } else {
            bail!("{} is neither a file nor a folder", run.join(path).display());
        }
    }
    Ok(())
}
