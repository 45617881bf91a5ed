//! Exporting an agent of a run to a small folder of its own, with everything needed to play it and to verify its
//! origin.
//!
//! It opens like any other run, but cannot be trained further: optimiser, replay buffer and random state are left out.

mod readme;
mod records;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::checkpoints::{Checkpoints, Loaded};
use super::error::{At, RunError};
use super::files::{cleared, read_if_there, rename, replace};
use super::folder::{BODY, CHECKPOINTS, CONFIG, EPISODES, EVALUATIONS, EVENTS, MANIFEST, RunFolder, Trained};
use super::manifest::Manifest;
use crate::config::Config;
use crate::math::tensors::{Element, TensorError, read_tensors, write_tensors_as};
use crate::model::TARGET_VALUE;
use crate::task::CUSTOM_BODY;
use crate::train::parts::REPLAY;
use crate::train::{Evaluation, Parts};
use crate::vfs as fs;

/// The part of a checkpoint with the networks.
const WEIGHTS: &str = "weights.safetensors";
/// The parts that training resumes from, in addition to the weights.
const TRAINING: [&str; 4] = ["optimiser.safetensors", REPLAY, "environment.bin", STATE];
/// The part without which none of the others can be resumed from.
const STATE: &str = "state.json";
/// Larger episode tables are left out.
const EPISODES_BYTES: usize = 1 << 16;

/// Export options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// The checkpoint, by its environment steps; `None` selects the newest intact one, or the one that the path names.
    pub env_step: Option<usize>,
    /// How weights are stored.
    pub element: Element,
}

/// The result of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The new folder.
    pub folder: PathBuf,
    /// Its task.
    pub task: String,
    /// Environment steps of the checkpoint.
    pub env_step: usize,
    /// The last evaluation up to that checkpoint, with one value per episode; `None` if there was none.
    pub evaluation: Option<Evaluation>,
    /// Size of all its files.
    pub bytes: u64,
}

impl RunFolder {
    /// Exports an agent of the run in `run` (or the checkpoint, if that is the folder of one) to the new folder `out`.
    ///
    /// # Errors
    /// If there is no such run or checkpoint, the folder is taken, weights cannot be read or rounded, or writing fails.
    /// In that case no folder is left behind.
    pub fn export(
        run: impl AsRef<Path>,
        out: impl Into<PathBuf>,
        options: ExportOptions,
    ) -> Result<Exported, RunError> {
        let (run, out) = (run.as_ref(), out.into());
        let source = Source::open(run, options)?;
        // An empty folder may be used; a folder that cannot be listed may contain anything.
        let (is_there, is_taken) = match fs::read_dir(&out) {
            Ok(mut entries) => (true, entries.next().is_some()),
            Err(error) if error.kind() == ErrorKind::NotFound => (false, false),
            Err(error) if error.kind() == ErrorKind::NotADirectory => (true, true),
            Err(error) => return Err(error).at("list", &out),
        };
        let Some(name) = out.file_name().filter(|_| !is_taken) else { return Err(RunError::Taken { path: out }) };
        // Written next to its final place until it is complete.
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

    /// Checks whether training can resume in a folder, as far as a quick look can determine: an exported or imported
    /// agent lacks the parts needed for it.
    ///
    /// # Errors
    /// [`RunError::OnlyPlays`] with the missing parts, or if the folder cannot be read.
    pub fn can_resume(path: impl AsRef<Path>) -> Result<(), RunError> {
        let path = path.as_ref();
        let checkpoints = Checkpoints::new(path.join(CHECKPOINTS)).list()?;
        let Some((_, newest)) = checkpoints.last() else { return Ok(()) };
        // A part that was saved and is missing is damage, which is reported elsewhere.
        let Ok(saved) = Checkpoints::saved(newest) else { return Ok(()) };
        if saved.iter().any(|name| name == STATE) {
            return Ok(());
        }
        let missing = TRAINING.into_iter().filter(|name| !saved.iter().any(|saved| saved == name)).collect();
        Err(RunError::OnlyPlays { checkpoint: newest.clone(), missing })
    }
}

/// The data taken from a run.
struct Source {
    config: Config,
    manifest: Manifest,
    checkpoint: Loaded,
    weights: Vec<u8>,
    element: Element,
    /// All of the run's evaluations.
    evaluations: String,
    /// Evaluations up to the checkpoint.
    evaluations_before: String,
    /// Training episodes up to the checkpoint; `None` if there are too many.
    episodes: Option<String>,
    /// Evaluations, episodes and warnings up to the checkpoint, one event per line.
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
                // The training device does not determine where the agent is played.
                config.run.device = "auto".into();
                config
            },
            element: options.element,
            checkpoint,
            weights,
            evaluations,
        })
    }

    /// Writes all files to `folder`; returns their size.
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
            // Written even if empty: it marks a run's folder.
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

/// Returns the agent of the run in `path` after this many environment steps.
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
