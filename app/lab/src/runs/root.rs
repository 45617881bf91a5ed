//! The folder for new runs.

#[cfg(not(target_family = "wasm"))]
pub use native::{root, root_for};

/// The folder for new runs: all folders of a page are in memory.
#[cfg(target_family = "wasm")]
#[must_use]
pub fn root() -> std::path::PathBuf {
    bootstride_session::recorded::ROOT.into()
}

#[cfg(not(target_family = "wasm"))]
mod native {
    use std::path::{Path, PathBuf};
    use std::sync::OnceLock;
    use std::{env, fs, process};

    use bootstride_session::recorded::ROOT;

    /// Returns the full path of the default folder for new runs and unpacked archives: `runs` in the working folder, or
    /// in the user's data folder if the program was started in a folder that is not the user's.
    #[must_use]
    pub fn root() -> PathBuf {
        static ONCE: OnceLock<PathBuf> = OnceLock::new();
        // The lab stores its own state in that data folder too.
        let find = || root_for(env::current_dir().ok().as_deref(), eframe::storage_dir("bootstride").as_deref());
        ONCE.get_or_init(find).clone()
    }

    /// The same for a program that was started in `working` with the user's `data` folder. Desktop launchers start
    /// programs in `/`, or in a folder of the system.
    #[must_use]
    pub fn root_for(working: Option<&Path>, data: Option<&Path>) -> PathBuf {
        let here = working.filter(|folder| folder.parent().is_some()).map(|folder| folder.join(ROOT));
        match (here, data) {
            (Some(here), _) if here.ancestors().find(|place| place.exists()).is_some_and(is_writable) => here,
            (_, Some(data)) => data.join(ROOT),
            // There is no better choice; starting a run reports the error.
            (here, None) => here.unwrap_or_else(|| ROOT.into()),
        }
    }

    /// Returns whether a folder is writable. Permissions are not sufficient: the file system may be read-only.
    fn is_writable(folder: &Path) -> bool {
        let probe = folder.join(format!(".bootstride-{}", process::id()));
        fs::File::create_new(&probe).is_ok() && fs::remove_file(&probe).is_ok()
    }
}
