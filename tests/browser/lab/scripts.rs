//! What the lab reports to scripts.

use std::collections::BTreeMap;
use std::fmt;

use bootstride_core::inspect::{Decision, PlanAnalysis};
use bootstride_session::message::{Activity, Stage, Status, WhatIfResult};
use serde::Deserialize;

/// As the page's probe writes it.
#[derive(Debug, Deserialize)]
pub struct Told {
    pub frame: u64,
    pub status: Status,
    pub failure: Option<String>,
    /// The query of an address that leads here.
    pub deep_link: String,
    /// Left, top, right and bottom of the panes that are drawn, points.
    pub panes: BTreeMap<String, [f64; 4]>,
    /// Yaw and pitch, rad.
    pub camera: Option<[f32; 2]>,
    pub decisions: usize,
    /// Episode and reward of the last decisions.
    pub recent: Vec<(u32, f32)>,
    /// Of the training episodes that ended.
    pub returns: Vec<f32>,
    pub decision: Option<Decision>,
    pub analysis: Option<PlanAnalysis>,
    pub inspected: Option<PlanAnalysis>,
    pub outcomes: Option<(u32, Vec<WhatIfResult>)>,
    pub notices: Vec<String>,
}

impl Told {
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Whether a trained agent plays.
    pub fn plays(&self) -> bool {
        self.status.activity == Activity::Running && self.status.stage == Stage::Playing
    }

    /// Whether a run continues.
    pub fn trains(&self) -> bool {
        self.status.activity == Activity::Running && self.status.stage != Stage::Playing
    }

    /// Whether a notice contains these words.
    pub fn says(&self, words: &str) -> bool {
        self.notices.iter().any(|notice| notice.contains(words))
    }

    /// The middle of a pane, points.
    pub fn middle_of(&self, pane: &str) -> (f64, f64) {
        let [left, top, right, bottom] = *self.panes.get(pane).unwrap_or_else(|| panic!("no pane {pane}: {self}"));
        (f64::midpoint(left, right), f64::midpoint(top, bottom))
    }
}

/// One or two lines for the message of a failed test.
impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frame, status, failure, deep_link, panes, decisions, notices, .. } = self;
        let Status { activity, stage, folder, device, env_step, total, updates, rates, .. } = status;
        write!(
            f,
            "frame {frame}, {activity:?}, {stage:?}, {folder:?} on {device:?}, step {env_step} of {total}, {updates} \
             updates, {decisions} decisions, {rates:?}, failure {failure:?}, deep_link {deep_link:?}, panes {:?}, \
             notices {notices:#?}",
            panes.keys()
        )
    }
}
