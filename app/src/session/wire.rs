//! What a page and its worker send each other: messages as bytes, compact and versioned.

use std::path::PathBuf;

use bootstride_core::config::Config;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::message::{Command, Update};

/// Version of the messages. Page and worker come from one build; a browser that kept half of an older one is told so.
pub const VERSION: u8 = 1;

/// What every message begins with, before its version.
const MARK: [u8; 3] = *b"BSW";

/// To the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToSession {
    /// What the lab asks. `body` is the text of an own body, which a configuration in bytes leaves out.
    Command {
        /// The command.
        command: Command,
        /// The body file of a run that plays an own body.
        body: Option<String>,
    },
    /// Files to have, or to have no longer.
    Files(Vec<File>),
    /// The last update has been taken: the next may come.
    Taken,
    /// Is it alive?
    Ping,
}

/// From the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromSession {
    /// It is there, and says so again when it is asked.
    Alive,
    /// What the session told, with the text of an own body where that has just been opened.
    Update {
        /// The update.
        update: Box<Update>,
        /// The body file of a run that plays an own body.
        body: Option<String>,
    },
    /// Files that changed.
    Files(Vec<File>),
    /// It broke, for this reason, and is gone.
    Broke(String),
}

/// A file as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// Its place.
    pub path: PathBuf,
    /// What it holds; `None` if it is gone.
    pub bytes: Option<ByteBuf>,
}

/// Why a message cannot be read or sent.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// It is none of ours.
    #[error("not a Bootstride message")]
    Foreign,
    /// It is of another version.
    #[error("message version {0}, expected {VERSION}: reload the page so that both parts come from the same build")]
    Version(u8),
    /// It cannot be read.
    #[error("damaged message: {0}")]
    Damaged(#[from] rmp_serde::decode::Error),
    /// It cannot be written.
    #[error("message cannot be encoded: {0}")]
    Unfit(#[from] rmp_serde::encode::Error),
}

/// A message as bytes.
///
/// # Errors
/// If it has no form in bytes, which no message of ours lacks.
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, WireError> {
    let mut bytes = [&MARK[..], &[VERSION]].concat();
    // Named fields: events say their kind within.
    message.serialize(&mut rmp_serde::Serializer::new(&mut bytes).with_struct_map())?;
    Ok(bytes)
}

/// The message in these bytes.
///
/// # Errors
/// If they are none, of another version, or damaged.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    let rest = bytes.strip_prefix(&MARK).ok_or(WireError::Foreign)?;
    match rest.split_first() {
        Some((&VERSION, message)) => Ok(rmp_serde::from_slice(message)?),
        Some((other, _)) => Err(WireError::Version(*other)),
        None => Err(WireError::Foreign),
    }
}

impl ToSession {
    /// A command, with the own body that it may bring.
    #[must_use]
    pub fn command(command: Command) -> Self {
        let body = match &command {
            Command::Train { config, .. } => config.task.body.as_deref().map(str::to_owned),
            _ => None,
        };
        Self::Command { command, body }
    }

    /// The command with its body put back; none of other messages.
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
    /// An update; the own body goes along when it is new.
    #[must_use]
    pub fn update(update: Update) -> Self {
        let config = update.status.config.as_ref().filter(|_| update.opened);
        let body = config.and_then(|config| config.task.body.as_deref()).map(str::to_owned);
        Self::Update { update: Box::new(update), body }
    }
}

/// The own body of what is open, which updates in bytes bring only once.
#[derive(Clone, Debug, Default)]
pub struct CustomBody(Option<String>);

impl CustomBody {
    /// Puts the body back into an update that came as bytes.
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
    use crate::session::message::{Level, Notice, Status};

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
