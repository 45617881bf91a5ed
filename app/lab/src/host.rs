//! The host of the lab: its own window, or a page. All differences between the two are in this module.

use std::path::{Path, PathBuf};

use bootstride_session::recorded::ROOT;

/// The lab's environment. The default is a window: files and folders of the system, and no links to share.
#[derive(Default)]
#[allow(clippy::type_complexity, reason = "a handful of things to do, each named by its field")]
pub struct Host {
    /// Whether this is a page in a browser. Then users cannot enter folder paths, and the session stops with the page.
    pub is_page: bool,
    /// Whether rendering runs on the CPU because there is no GPU: then frames compete with the session.
    pub draws_in_software: bool,
    /// The page's address without its query, the base of all deep links; `None` disables them.
    pub base_link: Option<String>,
    /// Names of the agents included with the page, each in the folder `agents/<name>` of the session; the first is the
    /// default.
    pub agents: Vec<String>,
    /// The full path of the folder for new runs; `None` is `runs` in the working folder.
    pub runs: Option<PathBuf>,
    /// The folder for new runs that the user chose instead.
    pub chosen_runs: Option<PathBuf>,
    /// Opens a file chooser; the contents arrive later through [`Lab::take_run`](super::shell::Lab::take_run) or
    /// [`Lab::take_body`](super::shell::Lab::take_body).
    pub open_files: Option<Box<dyn FnMut()>>,
    /// Offers the run in this folder as one file for download.
    pub save_run: Option<Box<dyn FnMut(&str)>>,
    /// Deletes all runs that the page stores, except the open one.
    pub clear_runs: Option<Box<dyn FnMut()>>,
}

impl Host {
    /// Creates the host for a page at this address, with these agents.
    #[must_use]
    pub fn page(base_link: impl Into<String>, agents: Vec<String>) -> Self {
        Self { is_page: true, base_link: Some(base_link.into()), agents, ..Self::default() }
    }

    /// Returns the folder for new runs and unpacked archives.
    #[must_use]
    pub fn runs(&self) -> &Path {
        self.chosen_runs.as_ref().or(self.runs.as_ref()).map_or(Path::new(ROOT), PathBuf::as_path)
    }

    /// Returns the folder of an agent included with the page.
    #[must_use]
    pub fn agent_folder(name: &str) -> String {
        format!("{AGENTS}/{name}")
    }

    /// Returns the name of the agent in this folder, if it is included with the page.
    #[must_use]
    pub fn agent_in(folder: &str) -> Option<&str> {
        let name = folder.strip_prefix(AGENTS)?.strip_prefix('/')?.trim_end_matches('/');
        (!name.is_empty() && !name.contains('/')).then_some(name)
    }
}

/// The folder of the agents included with the page, under the session's root.
pub const AGENTS: &str = "agents";
