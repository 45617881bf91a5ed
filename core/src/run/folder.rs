//! A run's folder: its creation, its events and its checkpoints.

use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::changes::Changes;
use super::checkpoints::{Checkpoints, Loaded};
use super::error::{At, Damaged, RunError};
use super::files::{names, read_if_there, replace};
use super::manifest::Manifest;
use super::records::{Lines, Table, number};
use super::tensorboard::{Board, is_board};
use crate::config::Config;
use crate::task::CUSTOM_BODY;
use crate::text::{TextError, decode};
use crate::train::{Checkpoint, Evaluation, Event};
use crate::vfs::{self as fs, File};

pub(super) const CONFIG: &str = "config.toml";
pub(super) const MANIFEST: &str = "manifest.json";
/// The body file of a run with a custom body.
pub(super) const BODY: &str = "body.json";
pub(super) const CHECKPOINTS: &str = "checkpoints";
const UPDATES: &str = "metrics.csv";
pub(super) const EPISODES: &str = "episodes.csv";
pub(super) const EVALUATIONS: &str = "eval.csv";
pub(super) const EVENTS: &str = "metrics.jsonl";
/// The part of a checkpoint that stores the position in the records.
pub(super) const POSITION: &str = "records.json";

/// The folder of a run that this process writes to. While it is open, no other process can write to the run.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Locked for as long as it is open; the operating system unlocks it when the process ends, however it ends.
    _lock: File,
    keep: usize,
    clock: fn() -> SystemTime,
    updates: Table,
    episodes: Table,
    evaluations: Table,
    events: Lines,
    board: Board,
}

/// An agent stored in a run or one of its checkpoints, loaded for playing and not for training.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The run's folder.
    pub run: PathBuf,
    /// Its configuration.
    pub config: Config,
    /// The run's manifest.
    pub manifest: Manifest,
    /// The checkpoint: the requested one, or the newest intact one of the run.
    pub checkpoint: Loaded,
    /// Newer checkpoints that are damaged and were skipped, newest first.
    pub damaged: Vec<Damaged>,
}

/// Position in the records of a run: rows of the text files, bytes of the event file.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Position {
    updates: usize,
    episodes: usize,
    evaluations: usize,
    events: usize,
    board: u64,
}

impl RunFolder {
    /// Creates the folder of a new run, with its configuration and manifest.
    ///
    /// # Errors
    /// [`RunError::Exists`] if the folder holds a run or a file named like one of a run's files, or if writing fails.
    pub fn create(path: impl Into<PathBuf>, config: &Config, manifest: &Manifest) -> Result<Self, RunError> {
        let path = path.into();
        fs::create_dir_all(&path).at("create", &path)?;
        let lock = lock(&path)?;
        let ours = [CONFIG, MANIFEST, CHECKPOINTS, UPDATES, EPISODES, EVALUATIONS, EVENTS];
        let body = config.task.body.as_deref().filter(|_| config.task.name == CUSTOM_BODY);
        let is_ours = |name: &str| ours.contains(&name) || is_board(name) || (body.is_some() && name == BODY);
        if names(&path)?.iter().any(|name| is_ours(name)) {
            return Err(RunError::Exists { path });
        }
        let file = path.join(MANIFEST);
        let json = serde_json::to_string_pretty(manifest)
            .map_err(|error| RunError::File { path: file.clone(), message: error.to_string() })?;
        replace(&file, (json + "\n").as_bytes())?;
        if let Some(body) = body {
            replace(&path.join(BODY), body.as_bytes())?;
        }
        let mut changes = Changes::default();
        let folder = Self::at(path, lock, config, Position::default(), &mut changes)?;
        changes.make()?;
        folder.store_config(config)?;
        Ok(folder)
    }

    /// Reads the configuration and manifest of the run in a folder, without writing to it.
    ///
    /// # Errors
    /// [`RunError::NotARun`] if there is no run, or if its configuration is invalid in this version.
    pub fn read(path: impl AsRef<Path>) -> Result<(Config, Manifest), RunError> {
        let path = folder(path.as_ref())?;
        let read = |name| {
            let bytes = read_if_there(&path.join(name))?;
            bytes.ok_or_else(|| RunError::NotARun { path: path.into(), missing: name })
        };
        let text = |name| -> Result<String, RunError> {
            let damaged = |error: TextError| RunError::File { path: path.join(name), message: error.to_string() };
            Ok(decode(&read(name)?).map_err(damaged)?.to_owned())
        };
        let manifest = serde_json::from_str(&text(MANIFEST)?)
            .map_err(|error| RunError::File { path: path.join(MANIFEST), message: error.to_string() })?;
        let mut config = Config::from_toml(CONFIG, &text(CONFIG)?)
            .map_err(|source| RunError::Config { path: path.join(CONFIG), source })?;
        if config.task.name == CUSTOM_BODY {
            config.task.body = Some(text(BODY)?.into());
        }
        Ok((config, manifest))
    }

    /// Returns the agent in a run's folder or in the folder of one of its checkpoints, without writing to it; the run
    /// may be training at the same time.
    ///
    /// # Errors
    /// If there is neither, or no intact checkpoint.
    pub fn trained(path: impl AsRef<Path>) -> Result<Trained, RunError> {
        let path = folder(path.as_ref())?;
        let has_manifest = |folder: &Path| fs::try_exists(folder.join(MANIFEST)).at("access", folder);
        let is_run = has_manifest(path)?;
        // RUN/checkpoints/step_000012000, by its full path, as it may be given as `.`
        let full = fs::canonicalize(path).at("find", path)?;
        let run = match full.parent().and_then(Path::parent) {
            Some(above) if !is_run && has_manifest(above)? => above,
            _ => path,
        };
        let (config, manifest) = Self::read(run)?;
        let (checkpoint, damaged) = if is_run {
            Checkpoints::new(run.join(CHECKPOINTS)).newest()?
        } else {
            (Checkpoints::open(path)?, Vec::new())
        };
        Ok(Trained { run: run.into(), config, manifest, checkpoint, damaged })
    }

    /// Returns the run in a folder, with records as they were at `position` once `changes` are made.
    pub(super) fn at(
        path: PathBuf,
        lock: File,
        config: &Config,
        position: Position,
        changes: &mut Changes,
    ) -> Result<Self, RunError> {
        Ok(Self {
            updates: Table::rewound(path.join(UPDATES), position.updates, changes)?,
            episodes: Table::rewound(path.join(EPISODES), position.episodes, changes)?,
            evaluations: Table::rewound(path.join(EVALUATIONS), position.evaluations, changes)?,
            events: Lines::rewound(path.join(EVENTS), position.events, changes)?,
            board: Board::rewound(&path, position.board, changes)?,
            keep: config.run.keep_checkpoints,
            clock: now,
            _lock: lock,
            path,
        })
    }

    /// Sets the number of checkpoints to keep from now on.
    pub(super) fn keep(&mut self, checkpoints: usize) {
        self.keep = checkpoints;
    }

    /// Returns the number of recorded events.
    pub(super) fn event_rows(&self) -> usize {
        self.events.rows()
    }

    /// Sets the clock for the wall times of the `TensorBoard` file, the only wall times in the records.
    #[must_use]
    pub fn with_clock(mut self, clock: fn() -> SystemTime) -> Self {
        self.clock = clock;
        self
    }

    /// Returns the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns its checkpoints.
    #[must_use]
    pub fn checkpoints(&self) -> Checkpoints {
        Checkpoints::new(self.path.join(CHECKPOINTS))
    }

    /// Replaces the stored configuration, as when a resumed run is to train for longer.
    ///
    /// # Errors
    /// If the configuration has numbers beyond TOML's, or writing fails.
    pub fn store_config(&self, config: &Config) -> Result<(), RunError> {
        let path = self.path.join(CONFIG);
        let text = config.to_toml().map_err(|source| RunError::Config { path: path.clone(), source })?;
        replace(&path, text.as_bytes())
    }

    /// Writes an event to the files that it belongs in. Steps, pretraining progress, due checkpoints and the end of a
    /// run are not recorded: how often they occur depends on when a run was stopped.
    ///
    /// # Errors
    /// If writing fails.
    pub fn record(&mut self, event: &Event) -> Result<(), RunError> {
        match event {
            Event::Update { env_step, update, metrics } => {
                let mut row = vec![("env_step", env_step.to_string()), ("update", update.to_string())];
                row.extend(metrics.iter().map(|(name, value)| (name.as_str(), number(*value))));
                self.updates.append(&row)?;
                let scalars = metrics.iter().map(|(name, value)| (format!("train/{name}"), *value));
                self.board.append(*env_step, &scalars.collect::<Vec<_>>(), (self.clock)())?;
            }
            Event::EpisodeEnd { env_step, episode, episode_return, decisions, terminated } => {
                self.episodes.append(&[
                    ("env_step", env_step.to_string()),
                    ("episode", episode.to_string()),
                    ("episode_return", number(*episode_return)),
                    ("decisions", decisions.to_string()),
                    ("terminated", terminated.to_string()),
                ])?;
                self.board.append(*env_step, &[("episode/return".into(), *episode_return)], (self.clock)())?;
            }
            Event::Evaluation(evaluation) => self.record_evaluation(evaluation)?,
            Event::Warning { .. } => {}
            Event::Step { .. } | Event::Pretraining { .. } | Event::CheckpointDue { .. } | Event::Finished { .. } => {
                return Ok(());
            }
        }
        self.events.append(event)
    }

    fn record_evaluation(&mut self, evaluation: &Evaluation) -> Result<(), RunError> {
        let Evaluation { env_step, planner, network } = evaluation;
        let (planner, network, episodes) = (moments(planner), moments(network), planner.len().max(network.len()));
        let gap = planner.zip(network).map(|(planner, network)| planner.0 - network.0);
        let cell = |value: Option<f32>| value.map(number).unwrap_or_default();
        self.evaluations.append(&[
            ("env_step", env_step.to_string()),
            ("planner_mean", cell(planner.map(|(mean, _)| mean))),
            ("planner_std", cell(planner.map(|(_, std)| std))),
            ("network_mean", cell(network.map(|(mean, _)| mean))),
            ("network_std", cell(network.map(|(_, std)| std))),
            ("gap", cell(gap)),
            ("episodes", episodes.to_string()),
        ])?;
        let means =
            [("planner", planner.map(|(mean, _)| mean)), ("network", network.map(|(mean, _)| mean)), ("gap", gap)];
        let scalars = means.into_iter().filter_map(|(name, value)| Some((format!("eval/{name}"), value?)));
        self.board.append(*env_step, &scalars.collect::<Vec<_>>(), (self.clock)())
    }

    /// Saves a checkpoint together with the position in the records: first record every event of the decision, then
    /// save. Keeps the newest `run.keep_checkpoints`. Returns the checkpoint's folder.
    ///
    /// # Errors
    /// If a part has an invalid name or writing fails; the checkpoints saved earlier are then still there.
    pub fn save<'a>(&self, env_step: usize, checkpoint: impl Into<Checkpoint<'a>>) -> Result<PathBuf, RunError> {
        let position = Position {
            updates: self.updates.rows(),
            episodes: self.episodes.rows(),
            evaluations: self.evaluations.rows(),
            events: self.events.rows(),
            board: self.board.bytes(),
        };
        // The records must be on disk before a checkpoint that refers to them.
        [&self.updates, &self.episodes, &self.evaluations].into_iter().try_for_each(Table::sync)?;
        self.events.sync()?;
        self.board.sync()?;
        let mut checkpoint = checkpoint.into();
        checkpoint.insert(POSITION, serde_json::to_vec(&position).unwrap_or_default());
        self.checkpoints().save(env_step, checkpoint, self.keep)
    }
}

/// Returns the path, unless it is that of a file.
fn folder(path: &Path) -> Result<&Path, RunError> {
    if fs::is_file(path) { Err(RunError::NotAFolder { path: path.into() }) } else { Ok(path) }
}

/// Returns the current time. In a browser it is not available here; [`RunFolder::with_clock`] provides it.
#[allow(clippy::disallowed_methods, reason = "wall times of records, which nothing computes with")]
fn now() -> SystemTime {
    if cfg!(target_family = "wasm") { SystemTime::UNIX_EPOCH } else { SystemTime::now() }
}

/// Locks a run's folder against other processes, if the file system supports locks.
pub(super) fn lock(path: &Path) -> Result<File, RunError> {
    let file = path.join("run.lock");
    let lock = File::options().create(true).append(true).open(&file).at("open", &file)?;
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => Err(RunError::InUse { path: path.into() }),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(lock),
    }
}

/// Returns mean and standard deviation (of these episodes, not estimated from them); `None` without episodes.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a few episodes, reported as f32")]
fn moments(returns: &[f32]) -> Option<(f32, f32)> {
    let count = returns.len() as f64;
    let mean = returns.iter().copied().map(f64::from).sum::<f64>() / count;
    let variance = returns.iter().map(|one| (f64::from(*one) - mean).powi(2)).sum::<f64>() / count;
    (!returns.is_empty()).then_some((mean as f32, variance.sqrt() as f32))
}
