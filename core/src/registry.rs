//! Lists that a user of the library can extend: tasks and planners, by name, for the life of the process.

use std::sync::{PoisonError, RwLock};

use thiserror::Error;

use crate::text::is_control;

/// A name cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The name belongs to something that is built in.
    #[error("{what} `{name}` is built in; register yours under another name")]
    BuiltIn {
        /// `planner` or `task`.
        what: &'static str,
        /// The name.
        name: &'static str,
    },
    /// The name is registered already.
    #[error("{what} `{name}` is registered already")]
    Taken {
        /// `planner` or `task`.
        what: &'static str,
        /// The name.
        name: &'static str,
    },
    /// A name is a text that is not blank and has no control characters.
    #[error("`{}` cannot be the name of a {what}: it is blank or has control characters", name.escape_debug())]
    Name {
        /// `planner` or `task`.
        what: &'static str,
        /// The name.
        name: &'static str,
    },
}

/// What is registered under each name, besides what is built in.
pub(crate) struct Registry<T> {
    what: &'static str,
    built_in: &'static [&'static str],
    added: RwLock<Added<T>>,
}

struct Added<T> {
    entries: Vec<(&'static str, T)>,
    /// All names, the built-in ones first. Made again, and never freed, with each registration.
    names: &'static [&'static str],
}

impl<T: Clone> Registry<T> {
    /// Nothing is registered yet. `what` is the word for an entry, to be read in errors.
    pub const fn new(what: &'static str, built_in: &'static [&'static str]) -> Self {
        Self { what, built_in, added: RwLock::new(Added { entries: Vec::new(), names: built_in }) }
    }

    /// # Errors
    /// If the name is taken or is not a name.
    pub fn add(&self, name: &'static str, entry: T) -> Result<(), RegisterError> {
        let what = self.what;
        if name.trim().is_empty() || name.chars().any(is_control) {
            return Err(RegisterError::Name { what, name });
        }
        if self.built_in.contains(&name) {
            return Err(RegisterError::BuiltIn { what, name });
        }
        let mut added = self.added.write().unwrap_or_else(PoisonError::into_inner);
        if added.names.contains(&name) {
            return Err(RegisterError::Taken { what, name });
        }
        added.names = [added.names, &[name]].concat().leak();
        added.entries.push((name, entry));
        Ok(())
    }

    /// Returns what is registered under this name.
    pub fn find(&self, name: &str) -> Option<T> {
        let added = self.added.read().unwrap_or_else(PoisonError::into_inner);
        added.entries.iter().find(|(known, _)| *known == name).map(|(_, entry)| entry.clone())
    }

    /// Returns everything that is registered, in the order of registration.
    pub fn entries(&self) -> Vec<T> {
        let added = self.added.read().unwrap_or_else(PoisonError::into_inner);
        added.entries.iter().map(|(_, entry)| entry.clone()).collect()
    }

    /// Returns all names, the built-in ones first.
    #[cfg(feature = "learning")]
    pub fn names(&self) -> &'static [&'static str] {
        self.added.read().unwrap_or_else(PoisonError::into_inner).names
    }
}
