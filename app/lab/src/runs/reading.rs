//! Reading a run in the background; in a page, which has no threads, at the next frame.

use super::{RunCurves, read_run};

/// A run that is being loaded.
#[derive(Debug)]
pub struct Reading {
    #[cfg(not(target_family = "wasm"))]
    receive: std::sync::mpsc::Receiver<Result<RunCurves, String>>,
    #[cfg(target_family = "wasm")]
    folder: String,
}

impl Reading {
    /// Starts to read the run in `folder`, or up to the checkpoint in `folder`.
    #[must_use]
    pub fn begin(folder: &str) -> Self {
        #[cfg(not(target_family = "wasm"))]
        {
            let ((send, receive), folder) = (std::sync::mpsc::channel(), folder.to_owned());
            // The receiver may be gone by now.
            std::thread::spawn(move || send.send(read_run(&folder)).is_ok());
            Self { receive }
        }
        #[cfg(target_family = "wasm")]
        Self { folder: folder.into() }
    }

    /// Returns the result; `None` while it is being read.
    pub fn poll(&mut self) -> Option<Result<RunCurves, String>> {
        #[cfg(not(target_family = "wasm"))]
        {
            use std::sync::mpsc::TryRecvError;
            match self.receive.try_recv() {
                Ok(read) => Some(read),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => Some(Err("reading was interrupted; try again".into())),
            }
        }
        #[cfg(target_family = "wasm")]
        Some(read_run(&self.folder))
    }
}
