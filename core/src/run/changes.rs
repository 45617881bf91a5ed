//! Changes to several files, made together.

use std::path::{Path, PathBuf};

use super::error::RunError;
use super::files::{beside, cleared, names, read_if_there, rename, sync_parent, write_through};

/// Prefix of a new file that is about to be renamed.
pub(super) const SAVING: &str = ".saving-";
/// Prefix of a file's old version, until all changes are made.
const BEFORE: &str = ".before-";

/// Changes to the files of a folder: either all of them are made, or none.
///
/// The new files are first written next to the old ones, so that a full disk or a missing permission is detected before
/// anything changes; after that, files are only renamed. If a rename fails nevertheless, the earlier ones are undone. A
/// process that is killed in between leaves each file in its old or its new version, with the old versions next to
/// them.
#[derive(Debug, Default)]
pub(super) struct Changes(Vec<Change>);

#[derive(Debug)]
enum Change {
    /// Replaces a file's bytes, or removes the file if there are none.
    Replace { path: PathBuf, old: Option<Vec<u8>>, new: Option<Vec<u8>> },
    /// Renames a file or folder.
    Rename { from: PathBuf, to: PathBuf },
}

impl Changes {
    /// Plans that the file at `path` will hold `new`, or be removed if that is `None`. `old` is its current content.
    pub fn replace(&mut self, path: &Path, old: Option<Vec<u8>>, new: Option<Vec<u8>>) {
        if old != new {
            self.0.push(Change::Replace { path: path.into(), old, new });
        }
    }

    /// Plans that the file at `path` will hold `new`, whatever it holds now.
    pub fn write(&mut self, path: &Path, new: Vec<u8>) -> Result<(), RunError> {
        self.replace(path, read_if_there(path)?, Some(new));
        Ok(())
    }

    /// Plans a rename; the new name must be free.
    pub fn rename(&mut self, from: PathBuf, to: PathBuf) {
        self.0.push(Change::Rename { from, to });
    }

    /// Makes the changes. After an error, everything is as it was before.
    pub fn make(self) -> Result<(), RunError> {
        let staged = self.0.iter().try_for_each(Change::stage);
        let (result, is_settled) = match staged {
            Ok(()) => self.switch(),
            Err(error) => (Err(error), true),
        };
        if is_settled {
            self.0.iter().for_each(Change::tidy);
        }
        result
    }

    /// Renames the files; also returns whether the temporary files are no longer needed.
    fn switch(&self) -> (Result<(), RunError>, bool) {
        for (made, change) in self.0.iter().enumerate() {
            if let Err(error) = change.switch() {
                // Including the failed one: it may have failed after the new name took effect.
                let undone = self.0[..=made].iter().rev().map(Change::undo).collect::<Vec<_>>();
                return (Err(error), undone.iter().all(Result::is_ok));
            }
        }
        (Ok(()), true)
    }
}

impl Change {
    fn stage(&self) -> Result<(), RunError> {
        let Self::Replace { path, old, new } = self else { return Ok(()) };
        old.iter().try_for_each(|bytes| write_through(&beside(path, BEFORE), bytes))?;
        new.iter().try_for_each(|bytes| write_through(&beside(path, SAVING), bytes))
    }

    fn switch(&self) -> Result<(), RunError> {
        match self {
            Self::Replace { path, new: Some(_), .. } => rename(&beside(path, SAVING), path),
            Self::Replace { path, new: None, .. } => cleared(path.clone()).and_then(|path| sync_parent(&path)),
            Self::Rename { from, to } => rename(from, to),
        }
    }

    fn undo(&self) -> Result<(), RunError> {
        match self {
            Self::Replace { path, old: Some(_), .. } => rename(&beside(path, BEFORE), path),
            Self::Replace { path, old: None, .. } => cleared(path.clone()).map(drop),
            Self::Rename { from, to } if crate::vfs::exists(to) => rename(to, from),
            Self::Rename { .. } => Ok(()),
        }
    }

    /// Removes temporary files. Failures are ignored, since leftovers do no harm.
    fn tidy(&self) {
        if let Self::Replace { path, .. } = self {
            for name in [SAVING, BEFORE] {
                let _ = cleared(beside(path, name));
            }
        }
    }
}

/// Removes what interrupted changes have left in a folder.
pub(super) fn tidy(folder: &Path) {
    let names = names(folder).unwrap_or_default().into_iter();
    for name in names.filter(|name| name.starts_with(SAVING) || name.starts_with(BEFORE)) {
        let _ = cleared(folder.join(name));
    }
}

#[cfg(test)]
#[cfg(debug_assertions)]
mod tests {
    use std::fs;
    use std::io::ErrorKind;

    use super::*;
    use crate::vfs::fault::{Fault, inject};

    /// Plans changes to two files and a folder.
    fn planned(folder: &Path) -> Changes {
        for name in ["grows", "goes", "moves"] {
            fs::write(folder.join(name), name).unwrap();
        }
        let mut changes = Changes::default();
        changes.write(&folder.join("grows"), b"grown".to_vec()).unwrap();
        changes.replace(&folder.join("goes"), Some(b"goes".to_vec()), None);
        changes.replace(&folder.join("comes"), None, Some(b"come".to_vec()));
        changes.rename(folder.join("moves"), folder.join("moved"));
        changes
    }

    fn contents(folder: &Path) -> Vec<(String, String)> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let named = entries.map(|entry| {
            (entry.file_name().into_string().unwrap(), String::from_utf8(fs::read(entry.path()).unwrap()).unwrap())
        });
        let mut all: Vec<_> = named.collect();
        all.sort();
        all
    }

    #[test]
    fn all_changes_are_made_or_none_whichever_operation_fails() {
        let text = |pairs: &[(&str, &str)]| -> Vec<_> {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        let before = text(&[("goes", "goes"), ("grows", "grows"), ("moves", "moves")]);
        let after = text(&[("comes", "come"), ("grows", "grown"), ("moved", "moves")]);
        for at in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let changes = planned(folder.path());
            let fault = Fault { at, kind: ErrorKind::StorageFull, lasting: false };
            let (result, failed) = inject(fault, || changes.make());
            let mut found = contents(folder.path());
            // Removing files that are no longer needed may fail.
            found.retain(|(name, _)| result.is_err() || !name.starts_with('.'));
            let failed_tidying = failed.as_ref().is_some_and(|what| what.contains("/.") && found != before);
            found.retain(|(name, _)| !failed_tidying || !name.starts_with('.'));
            assert_eq!(found, if result.is_ok() { after.clone() } else { before.clone() }, "{failed:?}");
            if failed.is_none() {
                assert!(at > 10, "only {at} operations");
                break;
            }
        }
    }

    #[test]
    fn a_process_killed_at_any_operation_leaves_every_file_old_or_new_and_the_old_bytes_somewhere() {
        for at in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let changes = planned(folder.path());
            let fault = Fault { at, kind: ErrorKind::Other, lasting: true };
            let (_, failed) = inject(fault, || changes.make());
            let found = contents(folder.path());
            let text = |name: &str| found.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
            assert!(["grows", "grown"].contains(&text("grows").unwrap()), "{failed:?}: {found:?}");
            let is_over = text("moved").is_some();
            assert!(is_over || text("grows") == Some("grows") || text(".before-grows") == Some("grows"));
            assert!(is_over || text("goes") == Some("goes") || text(".before-goes") == Some("goes"));
            assert!(text("moves").or(text("moved")) == Some("moves"));
            if failed.is_none() {
                break;
            }
        }
    }
}
