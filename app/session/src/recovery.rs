//! Recovery from failed steps: reports the reason and, if a GPU was lost, continues on the CPU.

use super::Session;
use crate::failure::Failure;
use crate::message::{Activity, Level};
use crate::open::{Open, Source, in_words};
use crate::recorded::{advice, diverged};

impl Session {
    /// Handles a failed step, which leaves the open run unusable: reports the reason and, if a GPU was lost, continues
    /// on the CPU from the last checkpoint.
    pub(super) async fn lost(&mut self, failure: &Failure) {
        let advice = match self.open.as_ref().map(|open| &open.source) {
            Some(Source::Run(run)) => advice(failure, run),
            _ => None,
        };
        self.fall_back(&in_words(failure), !diverged(failure)).await;
        if let Some(advice) = advice {
            self.tell(Level::Info, format!("The run can {advice}"));
        }
    }

    /// Handles a panic of the session's work, as caused by drivers of lost devices, like a failed step.
    pub async fn failed(&mut self, text: &str) {
        self.fall_back(text, true).await;
    }

    async fn fall_back(&mut self, why: &str, device: bool) {
        self.changed = true;
        self.activity = Activity::Idle;
        let Some(open) = self.open.take() else {
            self.tell(Level::Bad, format!("The session failed: {why}"));
            return;
        };
        let (folder, on_gpu, label) = (open.folder.clone(), open.on_gpu, open.label.clone());
        let run = match &open.source {
            Source::Run(run) => Some(run.last_good()),
            Source::Player(_) => None,
        };
        // Unlocks the run's folder.
        drop(open);
        let Some(last_good) = run else {
            self.tell(Level::Bad, format!("Playing {folder} failed: {why}"));
            return;
        };
        if !(on_gpu && device) {
            self.tell(Level::Bad, format!("The run stopped: {why}. {last_good}."));
            return;
        }
        match self.opening(async |notices| Open::resume(&folder, &["run.device=cpu".into()], notices).await).await {
            Ok(()) => {
                self.activity = Activity::Running;
                self.tell(
                    Level::Bad,
                    format!("{label} was lost ({why}). Continuing on the CPU from the last checkpoint."),
                );
            }
            Err(failure) => {
                let text =
                    format!("{label} was lost ({why}), and continuing on the CPU failed: {}", in_words(&failure));
                self.tell(Level::Bad, text);
            }
        }
    }
}
