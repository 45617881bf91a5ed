//! Where the lab is: in a window of its own, or in a page. What differs between the two is here and nowhere else.

use std::path::{Path, PathBuf};

use super::runs::ROOT;

/// What is around the lab. The default is a window: files and folders of the system, nobody to share a link with.
#[derive(Default)]
#[allow(clippy::type_complexity, reason = "a handful of things to do, each named by its field")]
pub struct Host {
    /// Whether this is a page in a browser. There are no folders to give a path of then, and the session stops with the
    /// page.
    pub is_page: bool,
    /// Whether the processor has to draw, for want of a GPU: then frames take what the session needs.
    pub draws_in_software: bool,
    /// The page's address without its query. Links to situations begin with it; without it there are none.
    pub base_link: Option<String>,
    /// Names of the agents that come with the page, each in the folder `agents/<name>` of the session; the first is the one
    /// that plays where none is named.
    pub agents: Vec<String>,
    /// The folder for new runs, by its full path; `None` is `runs` below the working folder.
    pub runs: Option<PathBuf>,
    /// The folder for new runs that the user chose instead.
    pub chosen_runs: Option<PathBuf>,
    /// Lets the user choose files; what they hold comes later through [`Lab::take_run`](super::shell::Lab::take_run) or
    /// [`Lab::take_body`](super::shell::Lab::take_body).
    pub open_files: Option<Box<dyn FnMut()>>,
    /// Offers the run in this folder as one file for download.
    pub save_run: Option<Box<dyn FnMut(&str)>>,
    /// Forgets all runs that the page stores, but the open one.
    pub clear_runs: Option<Box<dyn FnMut()>>,
}

impl Host {
    /// A page at this address, with these agents.
    #[must_use]
    pub fn page(base_link: impl Into<String>, agents: Vec<String>) -> Self {
        Self { is_page: true, base_link: Some(base_link.into()), agents, ..Self::default() }
    }

    /// The folder for new runs and unpacked archives.
    #[must_use]
    pub fn runs(&self) -> &Path {
        self.chosen_runs.as_ref().or(self.runs.as_ref()).map_or(Path::new(ROOT), PathBuf::as_path)
    }

    /// The folder of an agent that comes with the page.
    #[must_use]
    pub fn agent_folder(name: &str) -> String {
        format!("{AGENTS}/{name}")
    }

    /// The name of the agent in this folder, where it came with the page.
    #[must_use]
    pub fn agent_in(folder: &str) -> Option<&str> {
        let name = folder.strip_prefix(AGENTS)?.strip_prefix('/')?.trim_end_matches('/');
        (!name.is_empty() && !name.contains('/')).then_some(name)
    }
}

/// Where agents lie that come with the page, below the session's root.
pub const AGENTS: &str = "agents";
