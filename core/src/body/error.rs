//! What can be wrong with a body file or a snapshot.

use thiserror::Error;

/// Why a body could not be read or built.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum BodyError {
    /// The text is no body file: a syntax error, an unknown or missing field, a wrong type.
    #[error("{path}: {message}")]
    Json {
        /// Where, as a path into the JSON document: `$.links[1].mass`.
        path: String,
        /// What is wrong, in words.
        message: String,
    },
    /// A field has the right type and a value that cannot be simulated.
    #[error("{path}: found {found}, allowed is {allowed}")]
    Value {
        /// Where, as a path into the JSON document.
        path: String,
        /// The value found.
        found: String,
        /// What would be right.
        allowed: String,
    },
    /// No body of that name comes with the program.
    #[error("no body is called `{name}`; the bodies are {known}")]
    UnknownBody {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
}

/// Why a snapshot could not be read or restored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// The bytes are not a snapshot, are cut short, or were altered.
    #[error("damaged snapshot: {0}")]
    Damaged(&'static str),
    /// The snapshot is of another body or task.
    #[error("the snapshot is of {found}, this is {expected}")]
    Other {
        /// What the snapshot is of.
        found: String,
        /// What it was to be restored into.
        expected: String,
    },
}
