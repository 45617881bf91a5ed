//! Opens deep links, and makes them from the current state.

use std::any::Any;

use bootstride_core::task::CUSTOM_BODY;
use bootstride_render::camera::Camera;
use bootstride_session::message::{Activity, Agent, Command, Stage};

use super::embed::Embed;
use super::small::home_of;
use super::{Kept, Lab, PaneKind};
use crate::deep_link::DeepLink;
use crate::host::Host;
use crate::panes::{Context, Pane, SetupPane};
use crate::tour::TourPane;
use crate::ui::Palette;
use crate::view::{Tab, View};
use crate::world::WorldPane;

/// Default seed of an agent that plays.
pub(super) const SEED: u64 = 1;

impl Lab {
    /// Opens a deep link. Parts that it omits stay unchanged.
    ///
    /// An embedded lab saves nothing: [`keep`](Self::keep) returns the previously saved state.
    pub fn enter(&mut self, deep_link: &DeepLink) {
        if deep_link.embed && self.embed.is_none() {
            let before = self.keep();
            let view = View { theme: before.view.theme, ..View::default() };
            self.kept = Kept { view, hidden: before.hidden, ..Kept::default() };
            self.embed = Some(Embed::new(&deep_link.panes, before));
        }
        if let Some(theme) = deep_link.theme {
            self.kept.view.theme = theme;
        }
        if let (Some(task), Some(setup)) = (&deep_link.task, self.setup()) {
            setup.draft_mut().task.clone_from(task);
        }
        // A step of the tour needs an agent.
        let nobody = self.history.status.config.is_none();
        let first = || self.place.agents.first().cloned().filter(|_| deep_link.step.is_some() && nobody);
        let agent = deep_link.agent.clone().or_else(first);
        if let Some(step) = deep_link.step {
            self.open_step(step, agent.is_some());
        }
        if let Some(agent) = &agent {
            let (seed, play) = (deep_link.seed.unwrap_or(SEED), deep_link.play.unwrap_or(true));
            self.watch(&Host::agent_folder(agent), seed, play);
        }
        let of_step = deep_link.step.map(|_| Tab::Tour);
        let of_task = deep_link.task.as_ref().filter(|_| deep_link.agent.is_none()).map(|_| Tab::Train);
        if let Some(tab) = deep_link.tab.or(of_step) {
            self.open_tab(tab);
        } else if let Some(pane) = deep_link.pane {
            self.open_tab(home_of(pane, self.kept.view.tab));
        } else if let Some(tab) = of_task {
            self.open_tab(tab);
            self.choose_pane(tab, PaneKind::Setup);
        }
        if let Some(pane) = deep_link.pane {
            let tab = self.kept.view.tab;
            self.choose_pane(tab, pane);
            self.alone = Some((tab, pane));
        }
    }

    /// Returns a deep link to the current state.
    #[must_use]
    pub fn deep_link(&self) -> DeepLink {
        let status = &self.history.status;
        let view = &self.kept.view;
        let plays = status.stage == Stage::Playing && status.config.is_some();
        let folder = status.folder.as_deref().filter(|_| plays);
        let agent = folder.and_then(Host::agent_in).map(str::to_owned);
        let watched = self.watched.as_ref().filter(|(of, _)| Some(of.as_str()) == folder);
        let open = status.config.as_ref().map(|config| config.task.name.clone());
        let task = open.or_else(|| Some(self.pane_ref::<SetupPane>(PaneKind::Setup)?.draft().task.clone()));
        let tour = self.pane_ref::<TourPane>(PaneKind::Tour).map(|pane| &pane.tour);
        let alone = self.alone.filter(|(tab, _)| *tab == view.tab).map(|(_, pane)| pane);
        let in_front = self.chosen.get(&view.tab).copied().filter(|_| self.is_small);
        DeepLink {
            task: task.filter(|task| agent.is_none() && task != CUSTOM_BODY),
            seed: watched.map(|(_, seed)| *seed).filter(|seed| agent.is_some() && *seed != SEED),
            play: (agent.is_some() && status.activity == Activity::Paused).then_some(false),
            agent,
            tab: Some(view.tab),
            pane: if self.is_small { in_front } else { alone },
            step: tour.filter(|tour| tour.step().is_some()).map(crate::tour::Tour::place),
            theme: None,
            embed: self.embed.is_some(),
            panes: self.embed.as_ref().map(|embed| embed.panes().to_vec()).unwrap_or_default(),
        }
    }

    /// Lets an agent play: continuously, or up to its first decision.
    pub(super) fn watch(&mut self, folder: &str, seed: u64, play: bool) {
        self.send(Command::Watch { agent: Agent::Folder(folder.to_owned()), seed, planner: true });
        self.send(if play { Command::Run } else { Command::Step });
        self.watched = Some((folder.to_owned(), seed));
    }

    /// Opens a tab, with all its panes.
    pub(super) fn open_tab(&mut self, tab: Tab) {
        self.kept.view.tab = tab;
        self.alone = None;
    }

    /// Opens a step of the tour; with `opens`, for an agent that is about to be opened.
    fn open_step(&mut self, step: usize, opens: bool) {
        self.with_pane(PaneKind::Tour, |pane: &mut TourPane, cx| pane.tour.begin_at(step, opens, cx));
    }

    /// Starts a run of the current setup; returns whether it could be started.
    pub(super) fn start(&mut self) -> bool {
        self.with_pane(PaneKind::Setup, |pane: &mut SetupPane, cx| pane.start(cx)).unwrap_or_default()
    }

    /// Resumes the tour where the user left it, with the open agent.
    pub(super) fn begin_tour(&mut self) {
        let source = crate::tour::Source::Present;
        self.with_pane(PaneKind::Tour, |pane: &mut TourPane, cx| pane.tour.begin(&source, cx));
        self.open_tab(Tab::Tour);
        self.choose_pane(Tab::Tour, PaneKind::Tour);
    }

    /// Returns the camera of the world; `None` without a body.
    #[must_use]
    pub fn camera(&self) -> Option<&Camera> {
        self.pane_ref::<WorldPane>(PaneKind::World)?.camera()
    }

    fn with_pane<P: Pane, R>(&mut self, kind: PaneKind, act: impl FnOnce(&mut P, &mut Context<'_>) -> R) -> Option<R> {
        let palette = Palette::of(self.kept.view.theme);
        let Self { history, kept, link, panes, place, .. } = self;
        let mut cx = Context { history, view: &mut kept.view, link: &mut **link, palette: &palette, place };
        let pane: &mut dyn Any = panes.get_mut(&kind)?.as_mut();
        Some(act(pane.downcast_mut::<P>()?, &mut cx))
    }

    /// Returns the setup pane.
    pub(super) fn setup(&mut self) -> Option<&mut SetupPane> {
        self.pane_mut(PaneKind::Setup)
    }

    /// Returns a pane as its concrete type.
    pub(super) fn pane_mut<P: Pane>(&mut self, kind: PaneKind) -> Option<&mut P> {
        let pane: &mut dyn Any = self.panes.get_mut(&kind)?.as_mut();
        pane.downcast_mut()
    }

    fn pane_ref<P: Pane>(&self, kind: PaneKind) -> Option<&P> {
        let pane: &dyn Any = self.panes.get(&kind)?.as_ref();
        pane.downcast_ref()
    }
}
