//! Checkpoints are read completely or not at all.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bootstride_core::run::{Checkpoints, RunError};
use bootstride_core::train::Damage;
use proptest::prelude::*;

use crate::small_run::{checkpoints, parts, steps, whole};

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
    assert!(error.to_string().contains("checkpoints has no intact checkpoint"), "{error}");
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
            .args(["--exact", "checkpoints::save_until_killed", "--ignored"])
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

proptest! {
    #![proptest_config(bootstride_tests::property::cases(64))]

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
