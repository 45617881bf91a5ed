//! Several runs at once in folders that the program chooses, as in job arrays and loops with `&`.

use std::fs;
use std::path::Path;

use crate::tool::{copy_of_reference, finish, start, workplace};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn same_default_folder_trainings_at_once_each_get_their_own() {
    let folder = workplace();
    let train = ["train", "cartpole-swingup", "--config", "tiny.toml", "--steps", "320"];
    let children: Vec<_> = (0..6).map(|_| start(folder.path(), &train)).collect();
    for child in children {
        finish(child).with_code(0);
    }
    let numbers: Vec<_> = (2..=6).map(|number| format!("bmpc-seed1-{number}")).collect();
    let expected: Vec<_> = std::iter::once("bmpc-seed1".to_owned()).chain(numbers).collect();
    let runs = folder.path().join("runs/cartpole-swingup");
    assert_eq!(names(&runs), expected);
    for name in expected {
        let checkpoints = runs.join(name).join("checkpoints");
        assert!(names(&checkpoints).contains(&"step_000000320".to_owned()), "{}", checkpoints.display());
    }
}

#[test]
fn same_default_folder_exports_at_once_each_get_their_own() {
    let folder = copy_of_reference();
    let children: Vec<_> = (0..4).map(|_| start(folder.path(), &["export", "--play", "0", "run"])).collect();
    for child in children {
        finish(child).with_code(0);
    }
    assert_eq!(names(&folder.path().join("exports")), ["run", "run-2", "run-3", "run-4"]);
    for name in ["run", "run-2", "run-3", "run-4"] {
        assert!(folder.path().join("exports").join(name).join("README.md").exists(), "{name}");
    }
}
