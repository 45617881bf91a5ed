//! What a run leaves on disk, and that it can be taken up again whatever happened.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bootstride_core::config::Config;
use bootstride_core::run::{Checkpoints, Loaded, Manifest, RunError, RunFolder};
use bootstride_core::train::{Damage, Parts};
use bootstride_core::train::{Evaluation, Event};
use proptest::prelude::*;

fn parts(seed: u8) -> Parts {
    let mut parts = Parts::default();
    parts.insert("weights.safetensors", vec![seed; 1000]);
    parts.insert("replay.bin", (0..5000_u32).flat_map(|i| (i * u32::from(seed)).to_le_bytes()).collect());
    parts.insert("state.json", format!("{{\"seed\":{seed}}}").into_bytes());
    parts
}

/// All parts of a checkpoint, the replay buffer too, which it leaves on the disk.
fn whole(loaded: &Loaded) -> Parts {
    let mut parts = loaded.parts.clone();
    assert!(!parts.0.contains_key("replay.bin"), "the largest part is not held in memory");
    let mut replay = Vec::new();
    loaded.replay().unwrap().read_to_end(&mut replay).unwrap();
    parts.insert("replay.bin", replay);
    parts
}

fn checkpoints() -> (tempfile::TempDir, Checkpoints) {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(folder.path().join("checkpoints"));
    (folder, checkpoints)
}

fn steps(checkpoints: &Checkpoints) -> Vec<usize> {
    checkpoints.list().unwrap().into_iter().map(|(step, _)| step).collect()
}

#[test]
fn the_newest_checkpoints_are_kept_and_come_back_as_they_were() {
    let (_folder, checkpoints) = checkpoints();
    for step in [4000, 8000, 12_000, 16_000] {
        let path = checkpoints.save(step, parts(step.to_le_bytes()[1]), 3).unwrap();
        assert!(path.ends_with(format!("step_{step:09}")));
    }
    assert_eq!(steps(&checkpoints), [8000, 12_000, 16_000]);
    let (loaded, damaged) = checkpoints.newest().unwrap();
    assert_eq!((loaded.env_step, &whole(&loaded), damaged.len()), (16_000, &parts(16_000_usize.to_le_bytes()[1]), 0));
    let path = checkpoints.list().unwrap()[0].1.clone();
    assert_eq!(Checkpoints::open(path).unwrap().env_step, 8000);
}

#[test]
fn without_a_checkpoint_the_folder_is_named() {
    let (_folder, checkpoints) = checkpoints();
    let error = checkpoints.newest().unwrap_err();
    assert!(matches!(&error, RunError::NoCheckpoint { damaged, .. } if damaged.is_empty()));
    assert!(error.to_string().contains("checkpoints has no whole checkpoint"), "{error}");
    assert!(matches!(Checkpoints::open("no/such/checkpoint"), Err(RunError::NotARun { .. })));
}

#[test]
fn a_damaged_checkpoint_is_named_and_the_one_before_is_used() {
    type Spoil = fn(&Path);
    let spoil: [(&str, Spoil, &str); 5] = [
        ("replay.bin", |file| fs::write(file, vec![0; 7]).unwrap(), "has 7 bytes where 20000 were saved"),
        ("weights.safetensors", |file| fs::write(file, vec![9; 1000]).unwrap(), "has been altered"),
        ("state.json", |file| fs::remove_file(file).unwrap(), "is missing"),
        ("checksums.json", |file| fs::write(file, "{").unwrap(), "cannot be read"),
        ("checksums.json", |file| fs::remove_file(file).unwrap(), "is missing"),
    ];
    for (file, spoil, what) in spoil {
        let (_folder, checkpoints) = checkpoints();
        checkpoints.save(1, parts(1), 3).unwrap();
        let newest = checkpoints.save(2, parts(2), 3).unwrap();
        spoil(&newest.join(file));
        let (loaded, damaged) = checkpoints.newest().unwrap();
        assert_eq!((loaded.env_step, whole(&loaded)), (1, parts(1)));
        assert_eq!(
            (damaged.len(), damaged[0].checkpoint.as_path(), damaged[0].file.as_str()),
            (1, newest.as_path(), file)
        );
        let message = Checkpoints::open(&newest).unwrap_err().to_string();
        assert!(message.contains(file) && message.contains(what), "{message}");
        // The same step again, as a run resumed from the one before comes to it.
        checkpoints.save(2, parts(3), 3).unwrap();
        assert_eq!(whole(&checkpoints.newest().unwrap().0), parts(3));
    }
}

#[test]
fn a_checkpoint_under_the_name_of_another_step_is_damaged() {
    let (folder, checkpoints) = checkpoints();
    let path = checkpoints.save(5, parts(1), 3).unwrap();
    fs::rename(&path, path.with_file_name("step_000000009")).unwrap();
    let Err(RunError::NoCheckpoint { damaged, .. }) = checkpoints.newest() else { panic!("it was taken") };
    assert!(matches!(damaged[0].damage, Damage::Unreadable(_)));
    // A copy elsewhere may have any name.
    fs::rename(path.with_file_name("step_000000009"), folder.path().join("best")).unwrap();
    assert_eq!(Checkpoints::open(folder.path().join("best")).unwrap().env_step, 5);
}

#[test]
fn what_a_killed_process_leaves_is_never_read_and_soon_put_right() {
    let (_folder, checkpoints) = checkpoints();
    let first = checkpoints.save(1, parts(1), 2).unwrap();
    let beside = |name: &str| first.with_file_name(name);
    let copy = |to: &PathBuf| {
        fs::create_dir(to).unwrap();
        for file in fs::read_dir(&first).unwrap() {
            let file = file.unwrap().path();
            fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
        }
    };
    // Killed while saving, while removing, and between the two renames that replace a checkpoint.
    copy(&beside(".saving-step_000000003"));
    copy(&beside(".removing-step_000000000"));
    fs::rename(&first, beside(".replaced-step_000000001")).unwrap();
    checkpoints.save(2, parts(2), 2).unwrap();
    assert_eq!(steps(&checkpoints), [1, 2]);
    assert_eq!(fs::read_dir(first.parent().unwrap()).unwrap().count(), 2, "nothing else is left");
    assert_eq!(whole(&Checkpoints::open(&first).unwrap()), parts(1));
}

/// Run by the next test in a process of its own, which is killed in the middle of it.
#[test]
#[ignore = "saves until it is killed"]
fn save_until_killed() {
    let checkpoints = Checkpoints::new(std::env::var("BOOTSTRIDE_TEST_CHECKPOINTS").unwrap());
    for round in 0_usize.. {
        // Every other save replaces one of the same step.
        checkpoints.save(round / 2, parts(round.to_le_bytes()[0]), 2).unwrap();
    }
}

#[test]
fn a_process_killed_at_any_moment_leaves_a_whole_checkpoint() {
    let (_folder, checkpoints) = checkpoints();
    checkpoints.save(0, parts(0), 2).unwrap();
    let folder = checkpoints.list().unwrap()[0].1.parent().unwrap().to_owned();
    for round in 0..12 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "save_until_killed", "--ignored"])
            .env("BOOTSTRIDE_TEST_CHECKPOINTS", &folder)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Some moment: which one does not matter to what must hold.
        std::thread::sleep(Duration::from_micros(20_000 + 1_700 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let (loaded, damaged) = checkpoints.newest().unwrap();
        assert_eq!(damaged, [], "round {round}");
        assert_eq!(whole(&loaded).0.len(), 3);
    }
}

fn config() -> Config {
    Config::default()
}

fn clock() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn create(path: &Path) -> RunFolder {
    let manifest = Manifest::new(&config(), "paper", "cpu", clock(), ["bootstride".into(), "train".into()]);
    RunFolder::create(path, &config(), &manifest).unwrap().with_clock(clock)
}

/// A run in small: pretraining updates without policy figures, episodes, evaluations, a checkpoint every 40 steps.
fn events(env_step: usize) -> Vec<Event> {
    #[allow(clippy::cast_precision_loss, reason = "small counts")]
    let x = env_step as f32;
    let mut events = vec![Event::Step { env_step, reward: 0.1, episode_return: x }];
    if env_step.is_multiple_of(10) {
        let mut metrics = vec![("reward_loss".into(), 1.0 / x), ("grad,norm".into(), x)];
        if env_step > 60 {
            metrics.insert(0, ("policy_loss".into(), -x));
        }
        events.push(Event::Update { env_step, update: env_step, metrics });
        events.push(Event::EpisodeEnd {
            env_step,
            episode: env_step / 10,
            episode_return: x,
            decisions: 5,
            terminated: false,
        });
    }
    if env_step.is_multiple_of(20) {
        let evaluation = Evaluation { env_step, planner: vec![x, x + 2.0], network: vec![x - 1.0, x - 1.0] };
        events.push(Event::Evaluation(evaluation));
    }
    if env_step.is_multiple_of(40) {
        events.push(Event::CheckpointDue { env_step });
    }
    events
}

fn play(folder: &mut RunFolder, from: usize, to: usize) {
    for env_step in (from + 2..=to).step_by(2) {
        let events = events(env_step);
        for event in &events {
            folder.record(event).unwrap();
        }
        if events.contains(&Event::CheckpointDue { env_step }) {
            folder.save(env_step, parts(1)).unwrap();
        }
    }
}

/// The files of a run by name, checkpoints included, without its lock.
fn contents(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(path).unwrap() {
        let entry = entry.unwrap().path();
        if entry.is_dir() {
            let inner = contents(&entry).into_iter();
            files.extend(inner.map(|(name, bytes)| (Path::new(entry.file_name().unwrap()).join(name), bytes)));
        } else if !entry.ends_with("run.lock") {
            files.insert(entry.file_name().unwrap().into(), fs::read(&entry).unwrap());
        }
    }
    files
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn a_run_leaves_its_settings_and_figures_in_files_that_plotting_programs_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs/one");
    let mut run = create(&path);
    play(&mut run, 0, 70);
    run.record(&Event::Warning { message: "the device is slow".into() }).unwrap();
    let metrics = text(&path, "metrics.csv");
    let lines: Vec<&str> = metrics.lines().collect();
    assert_eq!(lines[0], "env_step,update,reward_loss,grad_norm,policy_loss", "a figure that comes later comes last");
    assert_eq!((lines[1], lines[7]), ("10,10,0.1,10.0,", "70,70,0.014285714,70.0,-70.0"));
    let episodes = text(&path, "episodes.csv");
    assert!(episodes.starts_with("env_step,episode,episode_return,decisions,terminated\n10,1,10.0,5,false\n"));
    assert_eq!(
        text(&path, "eval.csv").lines().take(2).collect::<Vec<_>>(),
        ["env_step,planner_mean,planner_std,network_mean,network_std,gap,episodes", "20,21.0,1.0,19.0,0.0,2.0,2"]
    );
    let events = text(&path, "metrics.jsonl");
    let events: Vec<serde_json::Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events[0]["event"], "update");
    assert!(events[0]["grad,norm"].is_number() && events.iter().all(|event| event["event"] != "step"));
    assert!(events.iter().any(|event| event["event"] == "evaluation" && event["planner"][1] == 22.0));
    assert_eq!(events.last().unwrap()["message"], "the device is slow");
    assert_eq!(text(&path, "config.toml"), config().to_toml().unwrap());
    let (read, manifest) = RunFolder::read(&path).unwrap();
    assert_eq!(
        (read, manifest.started.as_str(), manifest.task.as_str()),
        (config(), "2023-11-14T22:13:20Z", "cartpole-swingup")
    );
    assert_eq!(manifest.command_line, ["bootstride", "train"]);
}

/// Tags, steps and values of an event file, its checksums and framing checked.
fn scalars(file: &[u8]) -> Vec<(String, u64, f32)> {
    let masked = |data: &[u8]| crc32c::crc32c(data).rotate_right(15).wrapping_add(0xA282_EAD8).to_le_bytes();
    let mut found = Vec::new();
    let mut rest = file;
    while !rest.is_empty() {
        let length = usize::try_from(u64::from_le_bytes(rest[..8].try_into().unwrap())).unwrap();
        assert_eq!(rest[8..12], masked(&rest[..8]));
        let data = &rest[12..12 + length];
        assert_eq!(rest[12 + length..16 + length], masked(data));
        let (mut step, mut summary) = (0, &[][..]);
        for (field, number, bytes) in fields(data) {
            match field {
                2 => step = number,
                5 => summary = bytes,
                _ => {}
            }
        }
        for (_, _, scalar) in fields(summary) {
            let scalar = fields(scalar);
            let value = f32::from_bits(u32::try_from(scalar[1].1).unwrap());
            found.push((String::from_utf8(scalar[0].2.to_vec()).unwrap(), step, value));
        }
        rest = &rest[16 + length..];
    }
    found
}

/// Fields of a protocol buffer: number, value if it is one, bytes if it has some.
fn fields(mut data: &[u8]) -> Vec<(u64, u64, &[u8])> {
    fn varint(data: &mut &[u8]) -> u64 {
        let length = data.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
        let (bytes, rest) = data.split_at(length);
        *data = rest;
        bytes.iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7F))
    }
    let mut found = Vec::new();
    while !data.is_empty() {
        let key = varint(&mut data);
        let (value, length) = match key & 7 {
            0 => (varint(&mut data), 0),
            1 => (0, 8),
            2 => (0, usize::try_from(varint(&mut data)).unwrap()),
            5 => (u64::from(u32::from_le_bytes(data[..4].try_into().unwrap())), 4),
            other => panic!("wire type {other}"),
        };
        let (bytes, rest) = data.split_at(length);
        found.push((key >> 3, value, bytes));
        data = rest;
    }
    found
}

#[test]
fn the_event_file_holds_every_scalar_with_right_checksums() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = create(folder.path());
    play(&mut run, 0, 300);
    let file = fs::read(folder.path().join("events.out.tfevents.1700000000.bootstride")).unwrap();
    let scalars = scalars(&file);
    assert!(scalars.contains(&("train/policy_loss".into(), 300, -300.0)));
    assert!(scalars.contains(&("eval/gap".into(), 20, 2.0)));
    assert!(scalars.contains(&("episode/return".into(), 10, 10.0)));
    assert_eq!(scalars.len(), 30 * 2 + 24 + 30 + 15 * 3);
}

#[test]
fn a_resumed_run_ends_with_the_files_of_an_uninterrupted_one() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    play(&mut create(&whole), 0, 130);
    // Stopped before the first checkpoint, just after one, and where figures have come that the checkpoint had not.
    for stop in [22, 40, 42, 66, 78, 80, 118, 126] {
        let path = folder.path().join(format!("stopped at {stop}"));
        play(&mut create(&path), 0, stop);
        // Killed in the middle of a row.
        let mut torn = fs::read(path.join("metrics.csv")).unwrap();
        torn.extend_from_slice(b"999,9");
        fs::write(path.join("metrics.csv"), torn).unwrap();

        let mut resumed = RunFolder::resume(&path).unwrap();
        let from = resumed.checkpoint.as_ref().map_or(0, |loaded| loaded.env_step);
        assert_eq!((from, resumed.damaged.len()), (stop / 40 * 40, 0));
        resumed.folder = resumed.folder.with_clock(clock);
        play(&mut resumed.folder, from, 130);
        let (whole, files) = (contents(&whole), contents(&path));
        assert_eq!(whole.keys().collect::<Vec<_>>(), files.keys().collect::<Vec<_>>());
        for (name, bytes) in &whole {
            assert!(bytes == &files[name], "{} differs after a stop at {stop}", name.display());
        }
    }
}

#[test]
fn a_run_with_a_damaged_newest_checkpoint_is_resumed_from_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    play(&mut create(folder.path()), 0, 90);
    let newest = folder.path().join("checkpoints/step_000000080");
    fs::write(newest.join("replay.bin"), b"torn").unwrap();
    let resumed = RunFolder::resume(folder.path()).unwrap();
    assert_eq!(resumed.checkpoint.unwrap().env_step, 40);
    assert_eq!(
        (resumed.damaged[0].checkpoint.as_path(), resumed.damaged[0].file.as_str()),
        (newest.as_path(), "replay.bin")
    );
    assert_eq!(text(folder.path(), "metrics.csv").lines().last().unwrap().split(',').next(), Some("40"));
    assert_eq!(steps(&resumed.folder.checkpoints()), [40]);
    drop(resumed.folder);

    let only = folder.path().join("checkpoints/step_000000040");
    fs::remove_file(only.join("state.json")).unwrap();
    let before = contents(folder.path());
    let error = RunFolder::resume(folder.path()).unwrap_err();
    assert!(error.to_string().contains("state.json is missing"), "{error}");
    assert_eq!(contents(folder.path()), before, "a run that cannot be resumed is left as it is");
}

#[test]
fn an_agent_is_found_in_a_run_or_in_one_of_its_checkpoints_while_it_trains() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = create(folder.path());
    let none = RunFolder::trained(folder.path()).unwrap_err();
    assert!(matches!(none, RunError::NoCheckpoint { .. }), "{none}");
    play(&mut run, 0, 90);
    let newest = RunFolder::trained(folder.path()).unwrap();
    assert_eq!((newest.checkpoint.env_step, newest.run.as_path(), newest.config), (80, folder.path(), config()));
    let first = RunFolder::trained(folder.path().join("checkpoints/step_000000040")).unwrap();
    assert_eq!((first.checkpoint.env_step, first.manifest.task), (40, newest.manifest.task));
    for wrong in ["checkpoints", "checkpoints/step_000000041", "metrics.csv"] {
        let message = RunFolder::trained(folder.path().join(wrong)).unwrap_err().to_string();
        assert!(message.contains(wrong), "{message}");
    }
}

#[test]
fn a_run_is_never_overwritten_nor_written_by_two() {
    let folder = tempfile::tempdir().unwrap();
    let run = create(folder.path());
    let manifest = Manifest::new(&config(), "tiny", "cpu", clock(), []);
    let busy = RunFolder::resume(folder.path()).unwrap_err();
    assert!(matches!(busy, RunError::InUse { .. }), "{busy}");
    drop(run);
    let before = contents(folder.path());
    let error = RunFolder::create(folder.path(), &config(), &manifest).unwrap_err();
    assert!(matches!(error, RunError::Exists { .. }), "{error}");
    assert!(error.to_string().contains(&folder.path().display().to_string()) && error.to_string().contains("resume"));
    assert_eq!(contents(folder.path()), before);

    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("eval.csv"), "mine").unwrap();
    assert!(matches!(RunFolder::create(other.path(), &config(), &manifest), Err(RunError::Exists { .. })));
    let none = RunFolder::resume(other.path()).unwrap_err();
    assert!(matches!(none, RunError::NotARun { missing: "manifest.json", .. }), "{none}");
}

#[test]
fn a_stored_configuration_that_does_not_hold_is_told_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut longer = config();
    longer.run.steps = 2_000_000;
    create(folder.path()).store_config(&longer).unwrap();
    assert_eq!(RunFolder::read(folder.path()).unwrap().0, longer);
    fs::write(folder.path().join("config.toml"), "[planner]\nsampels = 3\n").unwrap();
    let message = RunFolder::read(folder.path()).unwrap_err().to_string();
    assert!(message.contains("config.toml") && message.contains("`planner.samples`"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn any_change_to_any_file_of_a_checkpoint_is_noticed(
        file in proptest::sample::select(vec!["weights.safetensors", "replay.bin", "state.json", "checksums.json"]),
        at in any::<proptest::sample::Index>(),
        flip in 1_u8..,
        cut: bool,
    ) {
        let (_folder, checkpoints) = checkpoints();
        checkpoints.save(1, parts(1), 3).unwrap();
        let path = checkpoints.save(2, parts(2), 3).unwrap().join(file);
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= flip }
        fs::write(&path, bytes).unwrap();
        let (loaded, damaged) = checkpoints.newest().unwrap();
        // Space in the checksums may become other space without harm.
        let whole = whole(&loaded);
        prop_assert!(whole == parts(1) && damaged[0].checkpoint == path.parent().unwrap() || whole == parts(2));
        prop_assert!(loaded.env_step == 1 || file == "checksums.json");
    }
}
