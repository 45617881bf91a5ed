//! Body file and snapshot errors.

use thiserror::Error;

/// A body could not be read or built.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum BodyError {
    /// The text is not a body file: a syntax error, an unknown or missing field, a wrong type.
    #[error("{path}: {message}")]
    Json {
        /// Where, as a path into the JSON document: `$.links[1].mass`.
        path: String,
        /// Description of the problem.
        message: String,
    },
    /// A field has the right type, but its value cannot be simulated.
    #[error("{path}: found {found}, allowed is {allowed}")]
    Value {
        /// Where, as a path into the JSON document.
        path: String,
        /// The value found.
        found: String,
        /// The allowed values.
        allowed: String,
    },
    /// No body of that name comes with the program.
    #[error("no body is called `{name}`; the bodies are {known}")]
    UnknownBody {
        /// The requested name.
        name: String,
        /// The available names.
        known: String,
    },
}

/// A snapshot could not be read or restored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// The bytes are not a snapshot, are cut short, or were altered.
    #[error("damaged snapshot: {0}")]
    Damaged(&'static str),
    /// The snapshot belongs to another body or task.
    #[error("the snapshot is for {found}, not for {expected}")]
    Other {
        /// The body or task of the snapshot.
        found: String,
        /// The body or task to restore it into.
        expected: String,
    },
}
