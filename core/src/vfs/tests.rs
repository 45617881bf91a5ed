//! The in-memory tree compared with the operating system's.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::memory;
use super::unstored::Unstored;

#[derive(Clone, Debug)]
enum Step {
    Write(usize, Vec<u8>),
    Append(usize, Vec<u8>),
    CreateNew(usize),
    Shorten(usize, u64),
    Read(usize),
    List(usize),
    Folder(usize),
    Folders(usize),
    Rename(usize, usize),
    RemoveFile(usize),
    RemoveEmpty(usize),
    RemoveFolder(usize),
    IsFolder(usize),
}

/// Few names, so that steps interact.
const NAMES: [&str; 7] = ["a", "b", "a/c", "a/d", "a/c/e", "b/c", "./b/d"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = || 0..NAMES.len();
    let bytes = || proptest::collection::vec(any::<u8>(), 0..6);
    let step = prop_oneof![
        (name(), bytes()).prop_map(|(name, bytes)| Step::Write(name, bytes)),
        (name(), bytes()).prop_map(|(name, bytes)| Step::Append(name, bytes)),
        name().prop_map(Step::CreateNew),
        (name(), 0_u64..6).prop_map(|(name, length)| Step::Shorten(name, length)),
        name().prop_map(Step::Read),
        name().prop_map(Step::List),
        name().prop_map(Step::Folder),
        name().prop_map(Step::Folders),
        (name(), name()).prop_map(|(from, to)| Step::Rename(from, to)),
        name().prop_map(Step::RemoveFile),
        name().prop_map(Step::RemoveEmpty),
        name().prop_map(Step::RemoveFolder),
        name().prop_map(Step::IsFolder),
    ];
    proptest::collection::vec(step, 1..40)
}

/// Takes a step in one of the two file systems and returns the outcome in a comparable form.
macro_rules! take {
    ($world:ident, $options:path, $at:expr, $step:expr) => {{
        let at = $at;
        let listed = |path: PathBuf| -> io::Result<String> {
            let mut names = Vec::new();
            for entry in $world::read_dir(path)? {
                names.push(entry?.file_name().into_string().unwrap());
            }
            names.sort();
            Ok(names.join(" "))
        };
        let told: io::Result<String> = match $step {
            Step::Write(name, bytes) => $world::write(at(*name), bytes).map(|()| String::new()),
            Step::Append(name, bytes) => <$options>::new()
                .append(true)
                .create(true)
                .open(at(*name))
                .and_then(|mut file| file.write_all(bytes))
                .map(|()| String::new()),
            Step::CreateNew(name) => {
                <$options>::new().write(true).create_new(true).open(at(*name)).map(|_| String::new())
            }
            Step::Shorten(name, length) => <$options>::new()
                .write(true)
                .open(at(*name))
                .and_then(|file| file.set_len(*length).and_then(|()| file.metadata()))
                .map(|found| found.len().to_string()),
            Step::Read(name) => $world::read(at(*name)).map(|bytes| format!("{bytes:?}")),
            Step::List(name) => listed(at(*name)),
            Step::Folder(name) => $world::create_dir(at(*name)).map(|()| String::new()),
            Step::Folders(name) => $world::create_dir_all(at(*name)).map(|()| String::new()),
            Step::Rename(from, to) => $world::rename(at(*from), at(*to)).map(|()| String::new()),
            Step::RemoveFile(name) => $world::remove_file(at(*name)).map(|()| String::new()),
            Step::RemoveEmpty(name) => $world::remove_dir(at(*name)).map(|()| String::new()),
            Step::RemoveFolder(name) => $world::remove_dir_all(at(*name)).map(|()| String::new()),
            Step::IsFolder(name) => $world::metadata(at(*name)).map(|found| found.is_dir().to_string()),
        };
        told.map_err(drop)
    }};
}

proptest! {
    #![proptest_config(crate::property::cases(300))]

    #[test]
    fn memory_answers_as_the_operating_system_does(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        let root = memory::canonicalize(".").unwrap();
        let _ = memory::remove_dir_all("world");
        memory::create_dir(root.join("world")).unwrap();
        for step in &steps {
            let real = take!(fs, fs::OpenOptions, |name: usize| folder.path().join(NAMES[name]), step);
            let ours = take!(memory, memory::OpenOptions, |name: usize| Path::new("world").join(NAMES[name]), step);
            prop_assert_eq!(ours, real, "after {:?}", step);
        }
    }

    #[test]
    fn whoever_puts_the_changes_back_has_the_same_files(steps in steps(), often in 1_usize..8) {
        let _ = memory::remove_dir_all("world");
        memory::create_dir("world").unwrap();
        let _ = memory::changes();
        let mut copy = std::collections::BTreeMap::new();
        for (count, step) in steps.iter().enumerate() {
            let _ = take!(memory, memory::OpenOptions, |name: usize| Path::new("world").join(NAMES[name]), step);
            if count % often == 0 {
                apply(&mut copy);
            }
        }
        apply(&mut copy);
        let all = memory::all().into_iter().map(|(path, bytes)| (path, bytes.unwrap()));
        prop_assert_eq!(copy, all.filter(|(path, _)| path.starts_with("world")).collect());
    }
}

proptest! {
    #![proptest_config(crate::property::cases(300))]

    #[test]
    fn a_storage_that_refuses_at_times_holds_what_there_was_at_some_moment_and_in_the_end_everything(
        steps in steps(),
        refused in proptest::collection::vec(any::<bool>(), 40),
    ) {
        let _ = memory::remove_dir_all("world");
        memory::create_dir("world").unwrap();
        let _ = memory::changes();
        let files = || -> std::collections::BTreeMap<_, _> {
            let all = memory::all().into_iter().map(|(path, bytes)| (path, bytes.unwrap()));
            all.filter(|(path, _)| path.starts_with("world")).collect()
        };
        let mut unstored = Unstored::default();
        let (mut stored, mut moment) = (std::collections::BTreeMap::new(), files());
        for (step, refused) in steps.iter().zip(refused.into_iter().chain([false])) {
            let _ = take!(memory, memory::OpenOptions, |name: usize| Path::new("world").join(NAMES[name]), step);
            unstored.note(memory::changes().into_iter().map(|(path, _)| path));
            store(&mut unstored, refused, &mut stored);
            if !refused {
                moment = files();
            }
            prop_assert_eq!(&stored, &moment);
        }
        store(&mut unstored, false, &mut stored);
        prop_assert_eq!(stored, files());
    }
}

/// A storage that accepts a batch as a whole, or rejects it.
fn store(unstored: &mut Unstored, refuses: bool, stored: &mut std::collections::BTreeMap<PathBuf, Vec<u8>>) {
    let batch = unstored.take();
    if refuses {
        return unstored.note(batch.into_iter().map(|(path, _)| path));
    }
    for (path, bytes) in batch {
        match bytes {
            Some(bytes) => stored.insert(path, bytes),
            None => stored.remove(&path),
        };
    }
}

fn apply(copy: &mut std::collections::BTreeMap<PathBuf, Vec<u8>>) {
    for (path, bytes) in memory::changes() {
        match bytes {
            Some(bytes) => copy.insert(path, bytes),
            None => copy.remove(&path),
        };
    }
}

#[test]
fn an_open_file_reads_writes_and_seeks() {
    memory::write("seek", b"0123456789").unwrap();
    let mut file = memory::File::open("seek").unwrap();
    let mut two = [0; 2];
    file.seek(SeekFrom::End(-3)).unwrap();
    file.read_exact(&mut two).unwrap();
    assert_eq!(&two, b"78");
    assert_eq!(file.seek(SeekFrom::Current(-4)).unwrap(), 5);
    assert!(file.seek(SeekFrom::Current(-9)).is_err());
    file.read_exact(&mut two).unwrap();
    assert_eq!(&two, b"56");
}

#[test]
fn files_that_are_being_written_are_no_changes_until_they_have_their_name() {
    let _ = memory::changes();
    memory::create_dir_all("run/.saving-step_1").unwrap();
    memory::write("run/.saving-step_1/weights", b"w").unwrap();
    assert_eq!(memory::changes(), []);
    memory::rename("run/.saving-step_1", "run/step_1").unwrap();
    assert_eq!(memory::changes(), [(PathBuf::from("run/step_1/weights"), Some(b"w".to_vec()))]);
    memory::put(("run/step_2/weights".into(), Some(b"x".to_vec()))).unwrap();
    assert_eq!(memory::changes(), []);
    memory::remove_dir_all("run").unwrap();
    assert_eq!(memory::changes().len(), 2);
}
