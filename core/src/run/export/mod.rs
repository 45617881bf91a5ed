//! An agent of a run as a small folder of its own: what playing needs, and what lets somebody else trust it.
//!
//! It opens as any other run, but training cannot go on there: optimiser, replay buffer and random state stay behind.

mod readme;
mod records;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::checkpoints::{Checkpoints, Loaded};
use super::error::{At, RunError};
use super::files::{cleared, read_if_there, rename, replace};
use super::folder::{BODY, CHECKPOINTS, CONFIG, EPISODES, EVALUATIONS, EVENTS, MANIFEST, RunFolder, Trained};
use super::manifest::Manifest;
use crate::config::{CUSTOM_BODY, Config};
use crate::math::tensors::{Element, TensorError, read_tensors, write_tensors_as};
use crate::model::TARGET_VALUE;
use crate::train::parts::REPLAY;
use crate::train::{Evaluation, Parts};
use crate::vfs as fs;

/// The part of a checkpoint with the networks.
const WEIGHTS: &str = "weights.safetensors";
/// The parts that training goes on with, beside the weights.
const TRAINING: [&str; 4] = ["optimiser.safetensors", REPLAY, "environment.bin", STATE];
/// The part without which none of the others could be gone on with.
const STATE: &str = "state.json";
/// Larger tables of episodes are left out.
const EPISODES_BYTES: usize = 1 << 16;

/// What is exported, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// The checkpoint, by its environment steps; none takes the newest whole one, or the one that the path names.
    pub env_step: Option<usize>,
    /// How weights are kept.
    pub element: Element,
}

/// What was exported.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The new folder.
    pub folder: PathBuf,
    /// Its task.
    pub task: String,
    /// Environment steps of the checkpoint.
    pub env_step: usize,
    /// The last evaluation up to that checkpoint, an episode each; none where there was none.
    pub evaluation: Option<Evaluation>,
    /// Size of all files in it.
    pub bytes: u64,
}

impl RunFolder {
    /// Exports an agent of the run in `run` (or the checkpoint, where that is the folder of one) to the new folder `out`.
    ///
    /// # Errors
    /// If there is no such run or checkpoint, the folder is taken, weights cannot be read or rounded, or the disk refuses.
    /// Then there is no folder.
    pub fn export(
        run: impl AsRef<Path>,
        out: impl Into<PathBuf>,
        options: ExportOptions,
    ) -> Result<Exported, RunError> {
        let (run, out) = (run.as_ref(), out.into());
        let source = Source::open(run, options)?;
        // An empty folder is not in the way; one that cannot be listed may be anything.
        let (is_there, is_taken) = match fs::read_dir(&out) {
            Ok(mut entries) => (true, entries.next().is_some()),
            Err(error) if error.kind() == ErrorKind::NotFound => (false, false),
            Err(error) if error.kind() == ErrorKind::NotADirectory => (true, true),
            Err(error) => return Err(error).at("list", &out),
        };
        let Some(name) = out.file_name().filter(|_| !is_taken) else { return Err(RunError::Taken { path: out }) };
        // Beside its place, until it is whole.
        let temporary = cleared(out.with_file_name(format!(".exporting-{}", name.to_string_lossy())))?;
        let written = source.write(&temporary).and_then(|bytes| {
            if is_there {
                fs::remove_dir(&out).at("remove", &out)?;
            }
            rename(&temporary, &out).map(|()| bytes)
        });
        match written {
            Ok(bytes) => Ok(Exported {
                folder: out,
                task: source.config.task.name.clone(),
                env_step: source.checkpoint.env_step,
                evaluation: records::last_evaluation(&source.events),
                bytes,
            }),
            Err(error) => {
                let _ = cleared(temporary);
                Err(error)
            }
        }
    }

    /// Whether training can go on in a folder, as far as can be told without reading much: an exported or imported agent lacks
    /// what it would go on with.
    ///
    /// # Errors
    /// [`RunError::OnlyPlays`] with what is missing, or if the folder cannot be read.
    pub fn can_resume(path: impl AsRef<Path>) -> Result<(), RunError> {
        let path = path.as_ref();
        let checkpoints = Checkpoints::new(path.join(CHECKPOINTS)).list()?;
        let Some((_, newest)) = checkpoints.last() else { return Ok(()) };
        // A part that was saved and is lost is damage, which is told otherwise.
        let Ok(saved) = Checkpoints::saved(newest) else { return Ok(()) };
        if saved.iter().any(|name| name == STATE) {
            return Ok(());
        }
        let missing = TRAINING.into_iter().filter(|name| !saved.iter().any(|saved| saved == name)).collect();
        Err(RunError::OnlyPlays { checkpoint: newest.clone(), missing })
    }
}

/// What is taken from a run.
struct Source {
    config: Config,
    manifest: Manifest,
    checkpoint: Loaded,
    weights: Vec<u8>,
    element: Element,
    /// The run's evaluations, all of them.
    evaluations: String,
    /// Evaluations up to the checkpoint.
    evaluations_before: String,
    /// Training episodes up to the checkpoint; none where they are too many.
    episodes: Option<String>,
    /// Evaluations, episodes and warnings up to the checkpoint, an event a line.
    events: String,
}

impl Source {
    fn open(path: &Path, options: ExportOptions) -> Result<Self, RunError> {
        let Trained { run, mut config, manifest, checkpoint, .. } = match options.env_step {
            Some(env_step) => trained_at(path, env_step)?,
            None => RunFolder::trained(path)?,
        };
        let in_file =
            |error: TensorError| RunError::File { path: checkpoint.path.join(WEIGHTS), message: error.to_string() };
        let mut tensors = read_tensors(checkpoint.parts.get(WEIGHTS)?).map_err(in_file)?;
        tensors.retain(|tensor| !tensor.name.starts_with(TARGET_VALUE));
        let weights = write_tensors_as(&tensors, options.element).map_err(in_file)?;
        let text = |name: &str| -> Result<String, RunError> {
            let bytes = read_if_there(&run.join(name))?.unwrap_or_default();
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let (evaluations, env_step) = (text(EVALUATIONS)?, checkpoint.env_step);
        let episodes = records::rows_until(&text(EPISODES)?, env_step);
        Ok(Self {
            evaluations_before: records::rows_until(&evaluations, env_step),
            episodes: Some(episodes).filter(|table| !table.is_empty() && table.len() <= EPISODES_BYTES),
            events: records::events_until(&text(EVENTS)?, env_step),
            manifest: manifest.portable(&config),
            config: {
                // Where it learned says nothing about where it plays.
                config.run.device = "auto".into();
                config
            },
            element: options.element,
            checkpoint,
            weights,
            evaluations,
        })
    }

    /// Writes all files below `folder`; their size.
    fn write(&self, folder: &Path) -> Result<u64, RunError> {
        fs::create_dir_all(folder).at("create", folder)?;
        let config = self.config.to_toml();
        let config = config.map_err(|source| RunError::Config { path: folder.join(CONFIG), source })?;
        let manifest = serde_json::to_string_pretty(&self.manifest)
            .map_err(|error| RunError::File { path: folder.join(MANIFEST), message: error.to_string() })?;
        let body = self.config.task.body.as_deref().filter(|_| self.config.task.name == CUSTOM_BODY);
        let files = [
            (CONFIG, Some(config)),
            (MANIFEST, Some(manifest + "\n")),
            (BODY, body.map(ToString::to_string)),
            (EVALUATIONS, Some(self.evaluations_before.clone()).filter(|table| !table.is_empty())),
            (EPISODES, self.episodes.clone()),
            // Also without lines: it is what tells a run's folder from others.
            (EVENTS, Some(self.events.clone())),
            ("README.md", Some(readme::text(self))),
        ];
        let mut bytes = 0;
        for (name, text) in files {
            let Some(text) = text else { continue };
            replace(&folder.join(name), text.as_bytes())?;
            bytes += text.len() as u64;
        }
        let mut parts = Parts::default();
        parts.insert(WEIGHTS, self.weights.clone());
        let checkpoint = Checkpoints::new(folder.join(CHECKPOINTS)).save(self.checkpoint.env_step, parts, 1)?;
        for entry in fs::read_dir(&checkpoint).at("list", &checkpoint)? {
            let path = entry.at("list", &checkpoint)?.path();
            bytes += fs::metadata(&path).at("read", &path)?.len();
        }
        Ok(bytes)
    }
}

/// The agent of the run in `path` after so many environment steps.
fn trained_at(path: &Path, env_step: usize) -> Result<Trained, RunError> {
    let (config, manifest) = RunFolder::read(path)?;
    let checkpoints = Checkpoints::new(path.join(CHECKPOINTS));
    let all = checkpoints.list()?;
    let Some((_, place)) = all.iter().find(|(step, _)| *step == env_step) else {
        let available = all.into_iter().map(|(step, _)| step).collect();
        return Err(RunError::NoSuchStep { path: path.into(), env_step, available });
    };
    let checkpoint = Checkpoints::open(place)?;
    Ok(Trained { run: path.into(), config, manifest, checkpoint, damaged: Vec::new() })
}
