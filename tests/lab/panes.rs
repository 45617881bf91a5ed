//! Claims about the panes "Task and agent", the timeline and "One decision".

mod decision;
mod pictures;
mod setup;
mod timeline;

use bootstride_lab::Host;
use bootstride_lab::View;
use bootstride_lab::panes::{Context, Pane};
use bootstride_lab::ui::{self, Palette};
use bootstride_lab::view::{Tab, Theme};
use bootstride_session::{Command, History};
use eframe::egui::{self, Frame, Pos2, Role, Ui, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{Queryable as _, by};

use super::sample::Recorder;

/// A pane with what it needs.
pub struct Stand<P> {
    pub pane: P,
    pub history: History,
    pub view: View,
    pub link: Recorder,
}

impl<P: Pane> Stand<P> {
    fn ui(&mut self, ui: &mut Ui) {
        let palette = Palette::of(self.view.theme);
        let Self { pane, history, view, link } = self;
        Frame::new().fill(palette.panel).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            pane.ui(ui, &mut Context { history, view, link, palette: &palette, place: &mut Host::default() });
        });
    }
}

/// A pane in a window of its own.
pub fn shown<P: Pane + 'static>(pane: P, history: History, view: View, size: [f32; 2]) -> Harness<'static, Stand<P>> {
    let theme = view.theme;
    let stand = Stand { pane, history, view, link: Recorder::default() };
    let mut harness = Harness::builder()
        .with_size(Vec2::from(size))
        .with_max_steps(40)
        .with_theme(if theme == Theme::Dark { egui::Theme::Dark } else { egui::Theme::Light })
        .with_context_setup(move |ctx| ui::apply(ctx, theme))
        .build_ui_state(|ui, stand: &mut Stand<P>| stand.ui(ui), stand);
    harness.run_ok();
    harness
}

/// The same with the view of a tab.
pub fn on_tab<P: Pane + 'static>(pane: P, history: History, tab: Tab, size: [f32; 2]) -> Harness<'static, Stand<P>> {
    shown(pane, history, super::sample::view(tab), size)
}

/// Clicks what has this label, and takes what was sent.
pub fn click<P: Pane>(harness: &mut Harness<'_, Stand<P>>, label: &str) -> Vec<Command> {
    // What can be operated, not the words next to it.
    harness.get(by().label(label).predicate(|node| node.role() != Role::Label)).click();
    harness.run_ok();
    std::mem::take(&mut harness.state_mut().link.commands)
}

/// Moves the slider with this label, and takes what was sent.
pub fn slide<P: Pane>(harness: &mut Harness<'_, Stand<P>>, label: &str, value: f64) -> Vec<Command> {
    harness.get_by_role_and_label(Role::Slider, label).set_value_accesskit(value);
    harness.run_steps(4);
    std::mem::take(&mut harness.state_mut().link.commands)
}

/// Presses at one place, moves, and lets go at another.
pub fn drag<P: Pane>(harness: &mut Harness<'_, Stand<P>>, from: Pos2, to: Pos2) {
    harness.drag_at(from);
    harness.run_steps(2);
    harness.hover_at(to);
    harness.run_steps(2);
    harness.drop_at(to);
    harness.run_ok();
}
