//! A tiny trained run, as the source of valid files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::SystemTime;

use bootstride_core::config::{Config, Layers};
use bootstride_core::run::{Manifest, RunFolder};
use bootstride_core::train::{Event, Parts, Phase, Trainer};
use burn::tensor::Device;
use pollster::block_on;
use tempfile::TempDir;

/// What a run left.
pub struct Trained {
    pub config: Config,
    pub parts: Parts,
    /// Its files by their places in the folder.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

/// A run of the example of a custom body, of the smallest size, saved while it learns.
pub static RUN: LazyLock<Trained> = LazyLock::new(|| {
    let settings = [
        "task.name=body",
        "model.encoder_dim=8",
        "model.mlp_dim=8",
        "model.latent_dim=8",
        "model.bins=5",
        "planner.samples=8",
        "planner.elites=4",
        "planner.policy_samples=2",
        "planner.iterations=1",
        "planner.horizon=2",
        "training.batch=2",
        "training.seed_decisions=6",
        "training.seed_episodes=0",
        "algorithm.reanalyze_batch=2",
        "algorithm.reanalyze=delayed",
        "algorithm.reanalyze_interval=2",
        "run.evaluate_episodes=1",
        "run.evaluate_every=0",
    ];
    let layers = Layers::new().size_preset("tiny").unwrap().algorithm("bmpc").unwrap();
    let layers = settings.iter().fold(layers, |layers, setting| layers.set(setting).unwrap());
    let mut config = layers.resolve().unwrap();
    config.task.body = Some(String::from_utf8(super::texts::body("examples/scamp")).unwrap().into());

    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("run");
    let manifest = Manifest::new(&config, "tiny", "cpu", SystemTime::UNIX_EPOCH, ["bootstride".into(), "train".into()]);
    let mut folder = RunFolder::create(&path, &config, &manifest).unwrap().with_clock(|| SystemTime::UNIX_EPOCH);
    let mut trainer = Trainer::new(config.clone(), &Device::flex()).unwrap();
    while trainer.progress().phase != Phase::Training || trainer.progress().env_step < 20 {
        for event in block_on(trainer.step()).unwrap() {
            folder.record(&event).unwrap();
        }
    }
    for event in made_up() {
        folder.record(&event).unwrap();
    }
    let parts = block_on(trainer.save()).unwrap();
    folder.save(12, parts.clone()).unwrap();
    folder.save(20, parts.clone()).unwrap();
    drop(folder);
    let mut files = BTreeMap::new();
    list(&path, &path, &mut files);
    Trained { config, parts, files }
});

/// What a longer run would record.
fn made_up() -> Vec<Event> {
    use bootstride_core::train::Evaluation;
    let update = |env_step, value| Event::Update { env_step, update: env_step, metrics: vec![("loss".into(), value)] };
    let end = Event::EpisodeEnd { env_step: 16, episode: 1, episode_return: 2.5, decisions: 8, terminated: false };
    vec![
        update(10, 0.5),
        end,
        Event::Evaluation(Evaluation { env_step: 18, planner: vec![1.0, 2.0], network: vec![0.5] }),
        Event::Warning { message: "made up".into() },
        update(20, 0.25),
    ]
}

fn list(root: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(root, &path, files);
        } else if !path.ends_with("run.lock") {
            files.insert(path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap());
        }
    }
}

/// A folder that the run is written to again and again.
pub struct Copy {
    _place: TempDir,
    pub path: PathBuf,
}

impl Copy {
    pub fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let copy = Self { path: place.path().join("run"), _place: place };
        copy.write_all();
        copy
    }

    /// Everything as the run left it.
    pub fn write_all(&self) {
        if self.path.exists() {
            std::fs::remove_dir_all(&self.path).unwrap();
        }
        RUN.files.iter().for_each(|(name, bytes)| self.write(name, bytes));
    }

    /// One file.
    pub fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}
