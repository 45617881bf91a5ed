//! Serialized messages between a page and its worker: compact and versioned.

use std::path::PathBuf;

use bootstride_core::config::Config;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::message::{Command, Update};

/// Version of the messages. Page and worker must come from the same build; this detects a browser that cached half of
/// an older one.
pub const VERSION: u8 = 1;

/// Magic bytes at the start of every message, before the version.
const MARK: [u8; 3] = *b"BSW";

/// A message to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToSession {
    /// A command of the lab. `body` is the text of a custom body, which a serialized configuration omits.
    Command {
        /// The command.
        command: Command,
        /// The body file of a run with a custom body.
        body: Option<String>,
    },
    /// Files to write or delete.
    Files(Vec<File>),
    /// The last update was received; the next one may be sent.
    Taken,
    /// A liveness check.
    Ping,
}

/// A message from the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromSession {
    /// The worker is ready; also the answer to a liveness check.
    Alive,
    /// A report of the session, with the text of a custom body if one has just been opened.
    Update {
        /// The update.
        update: Box<Update>,
        /// The body file of a run with a custom body.
        body: Option<String>,
    },
    /// Files that changed.
    Files(Vec<File>),
    /// The worker crashed for this reason.
    Broke(String),
}

/// The current state of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// Its path.
    pub path: PathBuf,
    /// Its contents; `None` if it was deleted.
    pub bytes: Option<ByteBuf>,
}

/// An error in reading or sending a message.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Not a Bootstride message.
    #[error("not a Bootstride message")]
    Foreign,
    /// A message of another version.
    #[error("message version {0}, expected {VERSION}: reload the page so that both parts come from the same build")]
    Version(u8),
    /// A message that cannot be decoded.
    #[error("damaged message: {0}")]
    Damaged(#[from] rmp_serde::decode::Error),
    /// A message that cannot be encoded.
    #[error("message cannot be encoded: {0}")]
    Unfit(#[from] rmp_serde::encode::Error),
}

/// Encodes a message.
///
/// # Errors
/// If the message cannot be serialized, which does not happen for the types of this module.
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, WireError> {
    let mut bytes = [&MARK[..], &[VERSION]].concat();
    // Named fields, because events are internally tagged.
    message.serialize(&mut rmp_serde::Serializer::new(&mut bytes).with_struct_map())?;
    Ok(bytes)
}

/// Decodes a message.
///
/// # Errors
/// If the bytes are not a message, are of another version, or are damaged.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    let rest = bytes.strip_prefix(&MARK).ok_or(WireError::Foreign)?;
    match rest.split_first() {
        Some((&VERSION, message)) => Ok(rmp_serde::from_slice(message)?),
        Some((other, _)) => Err(WireError::Version(*other)),
        None => Err(WireError::Foreign),
    }
}

impl ToSession {
    /// Creates the message for a command, with its custom body if it has one.
    #[must_use]
    pub fn command(command: Command) -> Self {
        let body = match &command {
            Command::Train { config, .. } => config.task.body.as_deref().map(str::to_owned),
            _ => None,
        };
        Self::Command { command, body }
    }

    /// Returns the command with its body restored; `None` for other messages.
    #[must_use]
    pub fn into_command(self) -> Option<Command> {
        let Self::Command { mut command, body } = self else { return None };
        if let Command::Train { config, .. } = &mut command {
            config.task.body = body.map(Into::into);
        }
        Some(command)
    }
}

impl FromSession {
    /// Creates the message for an update; a custom body is included if it is new.
    #[must_use]
    pub fn update(update: Update) -> Self {
        let config = update.status.config.as_ref().filter(|_| update.opened);
        let body = config.and_then(|config| config.task.body.as_deref()).map(str::to_owned);
        Self::Update { update: Box::new(update), body }
    }
}

/// The custom body of the open run, which serialized updates contain only once.
#[derive(Clone, Debug, Default)]
pub struct CustomBody(Option<String>);

impl CustomBody {
    /// Restores the body in a decoded update.
    pub fn complete(&mut self, update: &mut Update, body: Option<String>) {
        if update.opened {
            self.0 = body;
        }
        if let Some(Config { task, .. }) = update.status.config.as_deref_mut() {
            task.body = self.0.as_deref().map(Into::into);
        }
    }
}

#[cfg(test)]
mod tests {
    use bootstride_core::train::Event;

    use super::*;
    use crate::message::{Level, Notice, Status};

    #[test]
    fn messages_come_as_they_were_sent_numbers_that_are_none_included() {
        let metrics = vec![("total_loss".to_owned(), f32::INFINITY), ("scale".to_owned(), 0.1)];
        let update = Update {
            opened: true,
            status: Status { env_step: 7, config: Some(Box::default()), ..Status::default() },
            events: vec![Event::Update { env_step: 7, update: 3, metrics }, Event::Finished { env_step: 8 }],
            notices: vec![Notice { level: Level::Bad, text: "ä".into() }],
            ..Update::default()
        };
        let message = FromSession::update(update);
        assert_eq!(decode::<FromSession>(&encode(&message).unwrap()).unwrap(), message);
        let files = vec![File { path: "runs/a".into(), bytes: Some(ByteBuf::from(vec![0, 200, 255])) }];
        let bytes = encode(&ToSession::Files(files.clone())).unwrap();
        assert_eq!(decode::<ToSession>(&bytes).unwrap(), ToSession::Files(files));
        let rates = Update { status: Status { device: "x".into(), ..Status::default() }, ..Update::default() };
        let mut nan = rates;
        nan.status.rates.plan_ms = f32::NAN;
        let back = decode::<FromSession>(&encode(&FromSession::update(nan)).unwrap()).unwrap();
        let FromSession::Update { update, .. } = back else { panic!("{back:?}") };
        assert!(update.status.rates.plan_ms.is_nan());
    }

    #[test]
    fn an_own_body_goes_along_both_ways() {
        let mut config = Config::default();
        config.task.body = Some("{}".into());
        let train = Command::Train { config: Box::new(config.clone()), preset: "tiny".into(), folder: None };
        let bytes = encode(&ToSession::command(train.clone())).unwrap();
        assert_eq!(decode::<ToSession>(&bytes).unwrap().into_command(), Some(train));

        let status = Status { config: Some(Box::new(config)), ..Status::default() };
        let mut own = CustomBody::default();
        for opened in [true, false] {
            let sent = Update { opened, status: status.clone(), ..Update::default() };
            let bytes = encode(&FromSession::update(sent.clone())).unwrap();
            let FromSession::Update { mut update, body } = decode(&bytes).unwrap() else { panic!("another message") };
            assert_eq!(body.is_some(), opened);
            own.complete(&mut update, body);
            assert_eq!(*update, sent);
        }
    }

    #[test]
    fn bytes_of_another_build_say_so() {
        let mut bytes = encode(&ToSession::Ping).unwrap();
        bytes[3] = VERSION + 1;
        assert!(matches!(decode::<ToSession>(&bytes), Err(WireError::Version(_))));
        assert!(matches!(decode::<ToSession>(b"hello"), Err(WireError::Foreign)));
        assert!(matches!(decode::<ToSession>(&bytes[..3]), Err(WireError::Foreign)));
        bytes[3] = VERSION;
        bytes.pop();
        assert!(matches!(decode::<ToSession>(&bytes), Err(WireError::Damaged(_))));
    }
}
