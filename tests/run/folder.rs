//! A run resumes where it stopped and is never damaged.

use std::fs;

use bootstride_core::run::{Manifest, RunError, RunFolder};

use crate::small_run::{clock, config, contents, create, inside, play, steps, text};

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

        let prepared = RunFolder::prepare(&path).unwrap();
        let from = prepared.checkpoint.as_ref().map_or(0, |loaded| loaded.env_step);
        assert_eq!((from, prepared.damaged.len()), (stop / 40 * 40, 0));
        let past = prepared.past().unwrap();
        let mut folder = prepared.take_up(&config()).unwrap().with_clock(clock);
        assert_eq!(past, RunFolder::past(&path).unwrap(), "available beforehand");
        play(&mut folder, from, 130);
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
    let before = contents(folder.path());
    let prepared = RunFolder::prepare(folder.path()).unwrap();
    assert_eq!(contents(folder.path()), before, "reading a run changes nothing");
    assert_eq!(prepared.checkpoint.as_ref().unwrap().env_step, 40);
    assert_eq!(
        (prepared.damaged[0].checkpoint.as_path(), prepared.damaged[0].file.as_str()),
        (newest.as_path(), "replay.bin")
    );
    let run = prepared.take_up(&config()).unwrap();
    assert_eq!(text(folder.path(), "metrics.csv").lines().last().unwrap().split(',').next(), Some("40"));
    assert_eq!(steps(&run.checkpoints()), [40]);
    let aside = folder.path().join("checkpoints/step_000000080.damaged");
    assert_eq!(fs::read(aside.join("replay.bin")).unwrap(), b"torn", "what is damaged is kept");
    assert_eq!(contents(&aside), inside(&before, "checkpoints/step_000000080"));
    drop(run);

    let only = folder.path().join("checkpoints/step_000000040");
    fs::remove_file(only.join("state.json")).unwrap();
    let before = contents(folder.path());
    let error = RunFolder::prepare(folder.path()).unwrap_err();
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
    let busy = RunFolder::prepare(folder.path()).unwrap_err();
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
    let none = RunFolder::prepare(other.path()).unwrap_err();
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

#[test]
fn the_checkpoint_after_a_damaged_one_goes_by_its_plain_name_and_a_second_damage_gets_a_number() {
    let folder = tempfile::tempdir().unwrap();
    play(&mut create(folder.path()), 0, 90);
    for _ in 0..2 {
        fs::write(folder.path().join("checkpoints/step_000000080/state.json"), b"torn").unwrap();
        let mut run = RunFolder::prepare(folder.path()).unwrap().take_up(&config()).unwrap();
        play(&mut run, 40, 90);
        assert_eq!(RunFolder::trained(folder.path()).unwrap().checkpoint.env_step, 80);
    }
    let mut names: Vec<_> = fs::read_dir(folder.path().join("checkpoints")).unwrap().map(|one| one.unwrap()).collect();
    names.sort_by_key(std::fs::DirEntry::file_name);
    let names: Vec<_> = names.iter().map(|one| one.file_name().into_string().unwrap()).collect();
    let damaged = ["step_000000080.damaged", "step_000000080.damaged-2"];
    assert_eq!(names, [&["step_000000040", "step_000000080"][..], &damaged].concat());
}

#[test]
fn a_run_that_has_lost_its_checkpoints_does_not_start_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut often = config();
    often.run.checkpoint_every = 40;
    let mut run = create(folder.path());
    run.store_config(&often).unwrap();
    play(&mut run, 0, 90);
    drop(run);
    fs::remove_dir_all(folder.path().join("checkpoints")).unwrap();
    let before = contents(folder.path());
    let error = RunFolder::prepare(folder.path()).unwrap_err();
    assert!(matches!(error, RunError::LostCheckpoints { env_step: 90, .. }), "{error}");
    assert_eq!(contents(folder.path()), before);
}

#[test]
fn a_new_run_does_not_shorten_the_event_file_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let board = folder.path().join("events.out.tfevents.1700000000.bootstride");
    fs::write(&board, b"scalars").unwrap();
    let manifest = Manifest::new(&config(), "tiny", "cpu", clock(), []);
    assert!(matches!(RunFolder::create(folder.path(), &config(), &manifest), Err(RunError::Exists { .. })));
    assert_eq!(fs::read(board).unwrap(), b"scalars");
}

#[test]
fn a_stored_configuration_that_says_the_same_in_other_words_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    play(&mut create(folder.path()), 0, 50);
    let noted = format!("# my notes\n{}", text(folder.path(), "config.toml"));
    fs::write(folder.path().join("config.toml"), &noted).unwrap();
    drop(RunFolder::prepare(folder.path()).unwrap().take_up(&config()).unwrap());
    assert_eq!(text(folder.path(), "config.toml"), noted);
}
