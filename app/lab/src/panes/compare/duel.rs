//! Two agents from the same start state, decision by decision in lockstep.

use bootstride_session::history::History;
use bootstride_session::message::{Activity, Agent, Command, Level, SessionLink, Stage};
use serde::{Deserialize, Serialize};

use super::group::Player;
use super::{LinkFactory, SideView, ViewFactory};

/// The player of a side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The agent's folder.
    pub folder: String,
    /// The planner or the bare policy.
    pub player: Player,
}

/// One side: its session and reports.
pub struct Side {
    /// The player.
    pub choice: Choice,
    link: Box<dyn SessionLink>,
    /// The reports of its session.
    pub history: History,
    /// The world.
    pub view: Box<dyn SideView>,
    /// Return after each decision of the episode.
    pub returns: Vec<f32>,
    /// Decisions requested so far.
    asked: usize,
    /// Whether the episode is over.
    pub over: bool,
    /// Whether the agent of the current round is open.
    opened: bool,
}

/// Two sides.
#[derive(Default)]
pub struct Duel {
    /// The sides; `None` before the first start.
    pub sides: Vec<Side>,
    /// Whether it plays continuously.
    pub playing: bool,
    /// When the next decision is due, s.
    due_s: f64,
}

/// The side with the larger return so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ahead {
    /// The left side, with its lead.
    Left(f32),
    /// The right side, with its lead.
    Right(f32),
    /// Neither.
    Even,
}

/// Returns that differ by less are considered equal.
const EVEN: f32 = 0.05;

impl Side {
    fn new(choice: Choice, links: &mut LinkFactory, views: &mut ViewFactory) -> Self {
        Self {
            choice,
            link: links(),
            history: History::default(),
            view: views(),
            returns: Vec::new(),
            asked: 0,
            over: false,
            opened: false,
        }
    }

    fn open(&mut self, choice: &Choice, seed: u64) {
        self.choice = choice.clone();
        (self.asked, self.over, self.opened) = (0, false, false);
        self.returns.clear();
        let agent = Agent::Folder(choice.folder.clone());
        self.link.send(Command::Watch { agent, seed, planner: choice.player == Player::Planner });
        self.link.send(Command::Pause);
    }

    /// Receives the session's reports.
    fn receive(&mut self) {
        while let Some(update) = self.link.receive() {
            self.opened |= update.opened;
            let decisions = if self.opened { update.decisions.clone() } else { Vec::new() };
            self.history.take(update);
            for decision in decisions {
                if !self.over {
                    self.returns.push(decision.episode_return);
                    self.over = decision.last;
                }
            }
        }
    }

    /// Returns whether the next decision can be requested.
    fn is_ready(&self) -> bool {
        let status = &self.history.status;
        let open = self.opened && status.stage == Stage::Playing && status.activity == Activity::Paused;
        self.over || (open && self.returns.len() >= self.asked)
    }

    /// Returns the error of the session.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        let bad = |notice: &&bootstride_session::message::Notice| notice.level == Level::Bad;
        let notice = self.history.notices.iter().rev().find(bad)?;
        (!self.opened).then_some(notice.text.as_str())
    }
}

impl Duel {
    /// Starts both sides from the start state of this seed.
    pub fn start(&mut self, choices: &[Choice; 2], seed: u64, links: &mut LinkFactory, views: &mut ViewFactory) {
        while self.sides.len() < choices.len() {
            let choice = choices[self.sides.len()].clone();
            self.sides.push(Side::new(choice, links, views));
        }
        for (side, choice) in self.sides.iter_mut().zip(choices) {
            side.history.notices.clear();
            side.open(choice, seed);
        }
        self.playing = true;
        self.due_s = 0.0;
    }

    /// Receives the sessions' reports, and requests the next decision if both have made the last one; `now` in seconds,
    /// `pace` in decisions per second.
    pub fn follow(&mut self, now: f64, pace: f32) {
        for side in &mut self.sides {
            side.receive();
        }
        if self.is_over() {
            self.playing = false;
        }
        let ready = !self.sides.is_empty() && self.sides.iter().all(Side::is_ready);
        if self.playing && ready && now >= self.due_s {
            // Late frames are not caught up: the pace is for viewing, not a clock.
            self.due_s = now + 1.0 / f64::from(pace.max(0.1));
            self.step();
        }
    }

    /// Makes one decision on both sides, if both are ready.
    pub fn step(&mut self) {
        if !self.sides.iter().all(Side::is_ready) {
            return;
        }
        let t = self.t();
        for side in self.sides.iter_mut().filter(|side| !side.over && side.returns.len() <= t) {
            side.asked = side.returns.len() + 1;
            side.link.send(Command::Step);
        }
    }

    /// Returns the number of decisions that both sides have made.
    #[must_use]
    pub fn t(&self) -> usize {
        let open = self.sides.iter().filter(|side| !side.over);
        let all = self.sides.iter().map(|side| side.returns.len()).max();
        open.map(|side| side.returns.len()).min().or(all).unwrap_or_default()
    }

    /// Returns whether both episodes are over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !self.sides.is_empty() && self.sides.iter().all(|side| side.over)
    }

    /// The side with the larger return so far.
    #[must_use]
    pub fn ahead(&self) -> Ahead {
        let so_far = |side: &Side| {
            let made = self.t().min(side.returns.len());
            made.checked_sub(1).map_or(0.0, |last| side.returns[last])
        };
        let [left, right] = self.sides.as_slice() else { return Ahead::Even };
        match so_far(left) - so_far(right) {
            lead if lead > EVEN => Ahead::Left(lead),
            lead if lead < -EVEN => Ahead::Right(-lead),
            _ => Ahead::Even,
        }
    }
}
