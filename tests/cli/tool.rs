//! Runs the program and reads the files that it writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Environment steps of [`reference`].
pub const STEPS: usize = 1200;

/// Sizes and schedule that train in seconds: 300 control steps of random actions, then decisions with updates, two
/// evaluations on the way, the end of an episode, a checkpoint every 100 steps.
const TINY: &str = "\
[task]
action_repeat = 4
[model]
encoder_dim = 16
mlp_dim = 16
latent_dim = 16
[planner]
samples = 24
elites = 8
policy_samples = 4
iterations = 2
[training]
batch = 8
seed_decisions = 75
seed_episodes = 0
[algorithm]
reanalyze_batch = 2
[run]
device = \"cpu\"
steps = 1200
evaluate_every = 400
evaluate_episodes = 2
checkpoint_every = 100
keep_checkpoints = 3
";

/// The program with these arguments, in `folder`.
pub fn bootstride(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bootstride"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

/// What a command printed, and its exit code.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Done {
    /// The same, after checking the exit code.
    #[track_caller]
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// Runs the program to its end.
pub fn run(folder: &Path, arguments: &[&str]) -> Done {
    bootstride(folder, arguments).output().unwrap().into()
}

/// A new folder that holds `tiny.toml`.
pub fn workplace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tiny.toml"), TINY).unwrap();
    folder
}

/// Arguments that train the tiny configuration into `run`.
pub const TRAIN: [&str; 6] = ["train", "cartpole-swingup", "--config", "tiny.toml", "--out", "run"];

/// Starts training in the background.
pub fn start(folder: &Path, arguments: &[&str]) -> Child {
    bootstride(folder, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for the end of a process, but not for ever.
pub fn finish(child: Child) -> Done {
    child.wait_with_output().unwrap().into()
}

/// Waits until `there` holds, for a minute at most, and as long as the process lives; returns whether it holds.
pub fn wait_until(child: &mut Child, mut there: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    while !there() {
        if child.try_wait().unwrap().is_some() {
            return there();
        }
        assert!(begin.elapsed() < Duration::from_mins(1), "nothing happened for a minute");
        sleep(Duration::from_millis(2));
    }
    true
}

/// The checkpoints of the run in `folder/run`, oldest first.
pub fn checkpoints(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder.join("run/checkpoints")) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    let is_whole = |name: &str| name.strip_prefix("step_").is_some_and(|step| step.parse::<usize>().is_ok());
    paths.retain(|path| is_whole(path.file_name().unwrap().to_str().unwrap()));
    paths.sort();
    paths
}

/// A finished run that was never interrupted, shared by the tests that compare with it.
pub fn reference() -> &'static Path {
    static REFERENCE: OnceLock<TempDir> = OnceLock::new();
    let folder = REFERENCE.get_or_init(|| {
        let folder = workplace();
        run(folder.path(), &TRAIN).with_code(0);
        folder
    });
    folder.path()
}

/// A copy of [`reference`] to do harm to.
pub fn copy_of_reference() -> TempDir {
    let folder = workplace();
    copy(&reference().join("run"), &folder.path().join("run"));
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// All files below `folder` by their names there, without the lock of a run.
pub fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = PathBuf::from(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            files.extend(contents(&entry.path()).into_iter().map(|(below, bytes)| (name.join(below), bytes)));
        } else if entry.file_name() != "run.lock" {
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    files
}

/// Checks that the run in `folder` ended with the files of the uninterrupted one: configuration, records, and every
/// part of the last checkpoint.
#[track_caller]
pub fn assert_same_as_reference(folder: &Path) {
    let last = format!("checkpoints/step_{STEPS:09}");
    let parts = ["weights.safetensors", "optimiser.safetensors", "replay.bin", "environment.bin", "state.json"];
    let records = ["config.toml", "metrics.csv", "episodes.csv", "eval.csv", "metrics.jsonl"];
    let parts = parts.iter().map(|part| format!("{last}/{part}"));
    for file in records.iter().map(ToString::to_string).chain(parts) {
        let read = |run: &Path| fs::read(run.join("run").join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(read(folder) == read(reference()), "{file} differs");
    }
}
