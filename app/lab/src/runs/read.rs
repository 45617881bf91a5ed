//! Reads the measurements of a run from its folder.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bootstride_core::run::{Manifest, RunFolder};
use bootstride_core::train::{Evaluation, Event};
use bootstride_core::vfs as fs;

use super::RunCurves;

/// Reads the measurements of the run in `folder`, or up to the checkpoint in `folder`.
///
/// # Errors
/// If there is no run, or a file is damaged; the message names the line.
pub fn read_run(folder: &str) -> Result<RunCurves, String> {
    let path = Path::new(folder.trim());
    if !fs::is_dir(path) {
        return Err(format!(
            "{} is not a folder; enter the folder of a run, such as runs/cartpole-swingup/bmpc-seed1",
            path.display()
        ));
    }
    let (run, checkpoint) = place(path)?;
    let (config, manifest) = RunFolder::read(&run).map_err(|error| error.to_string())?;
    let mut curves = curves(&run, &manifest)?;
    curves.folder = folder.trim().into();
    curves.task = config.task.name;
    curves.checkpoint = checkpoint;
    if let Some(step) = checkpoint {
        curves.name = format!("{}, step {step}", curves.name);
        curves.evaluations.retain(|evaluation| evaluation.env_step <= step);
        curves.episodes.retain(|(env_step, _)| *env_step <= step);
    }
    Ok(curves)
}

/// Returns the run's folder, and the step of the checkpoint if one was given.
fn place(path: &Path) -> Result<(PathBuf, Option<usize>), String> {
    if fs::exists(path.join("manifest.json")) || !fs::exists(path.join("checksums.json")) {
        return Ok((path.into(), None));
    }
    let full = fs::canonicalize(path).map_err(|error| format!("cannot find {}: {error}", path.display()))?;
    let step = full.file_name().and_then(|name| name.to_str()?.strip_prefix("step_")?.parse().ok());
    match (full.parent().and_then(Path::parent), step) {
        (Some(run), Some(step)) if fs::exists(run.join("manifest.json")) => Ok((run.into(), Some(step))),
        _ => Err(format!(
            "{} is a checkpoint outside its run, which has no curves; enter one inside a run, such as \
             RUN/checkpoints/step_000012000",
            path.display()
        )),
    }
}

fn curves(run: &Path, manifest: &Manifest) -> Result<RunCurves, String> {
    let full = fs::canonicalize(run).unwrap_or_else(|_| run.into());
    let name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut curves = RunCurves {
        name,
        algorithm: manifest.algorithm.clone(),
        size: manifest.preset.clone(),
        seed: manifest.seed,
        ..RunCurves::default()
    };
    let events = RunFolder::undamaged_past(run).map_err(|error| error.to_string())?;
    if events.is_empty() {
        curves.evaluations = table(&run.join("eval.csv"))?;
    }
    for event in events {
        match event {
            Event::Evaluation(evaluation) => curves.evaluations.push(evaluation),
            Event::EpisodeEnd { env_step, episode_return, .. } => curves.episodes.push((env_step, episode_return)),
            _ => {}
        }
    }
    curves.evaluations.sort_by_key(|evaluation| evaluation.env_step);
    Ok(curves)
}

/// Reads the evaluations of a table file; `None` if there is no such file.
fn table(path: &Path) -> Result<Vec<Evaluation>, String> {
    match fs::read_text(path) {
        Ok(text) => means(&text).map_err(|error| format!("{} {error}", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

/// Parses the evaluations of a table, which contains only means.
pub(super) fn means(text: &str) -> Result<Vec<Evaluation>, String> {
    let mut lines = (1_usize..).zip(text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')));
    let Some((_, header)) = lines.next() else { return Ok(Vec::new()) };
    let columns: Vec<&str> = header.split(',').collect();
    let place = |name: &str| {
        let place = columns.iter().position(|column| *column == name);
        place.ok_or_else(|| format!("is damaged: its first line has no column {name}"))
    };
    let [step, planner, network] = [place("env_step")?, place("planner_mean")?, place("network_mean")?];
    let mut evaluations = Vec::new();
    for (number, line) in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let cell = |place: usize| cells.get(place).copied().unwrap_or_default();
        let wrong = |place: usize| {
            format!("is damaged in line {number}: {} is {:?}, which is not a number", columns[place], cell(place))
        };
        let mean = |place: usize| match cell(place) {
            "" => Ok(Vec::new()),
            text => text.parse().map(|mean| vec![mean]).map_err(|_| wrong(place)),
        };
        evaluations.push(Evaluation {
            env_step: cell(step).parse().map_err(|_| wrong(step))?,
            planner: mean(planner)?,
            network: mean(network)?,
        });
    }
    Ok(evaluations)
}
