//! Keyboard shortcuts, and the list of them.

use bootstride_session::message::{Activity, Command};
use eframe::egui::{self, Key, Modifiers};

use super::Lab;
use crate::view::{Cursor, PathChoice, Tab, Theme};

/// The action of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    RunOrPause,
    Step,
    Save,
    Tab(Tab),
    /// Handled by the timeline.
    OfTimeline,
    Freeze,
    Follow,
    Paths,
    Theme,
    Profile,
    ResetLayout,
    Help,
    Larger,
    Smaller,
    PlainSize,
    Quit,
}

/// All shortcuts: keys, action, and description.
const SHORTCUTS: [(Modifiers, Key, Act, &str); 23] = [
    (Modifiers::NONE, Key::Space, Act::RunOrPause, "Run or pause"),
    (Modifiers::NONE, Key::Period, Act::Step, "Step one decision"),
    (Modifiers::COMMAND, Key::S, Act::Save, "Save a checkpoint"),
    (Modifiers::NONE, Key::Num1, Act::Tab(Tab::Train), "Tab Train"),
    (Modifiers::NONE, Key::Num2, Act::Tab(Tab::Decision), "Tab One decision"),
    (Modifiers::NONE, Key::Num3, Act::Tab(Tab::Values), "Tab Values"),
    (Modifiers::NONE, Key::Num4, Act::Tab(Tab::Compare), "Tab Compare"),
    (Modifiers::NONE, Key::Num5, Act::Tab(Tab::Tour), "Tab Tour"),
    (Modifiers::NONE, Key::ArrowLeft, Act::OfTimeline, "One decision back; ten with shift"),
    (Modifiers::NONE, Key::ArrowRight, Act::OfTimeline, "One decision forward; ten with shift"),
    (Modifiers::NONE, Key::Home, Act::OfTimeline, "Start of the record"),
    (Modifiers::NONE, Key::End, Act::OfTimeline, "Now"),
    (Modifiers::NONE, Key::F, Act::Freeze, "Freeze this decision: pause and analyze it"),
    (Modifiers::NONE, Key::C, Act::Follow, "Camera follows the body: on, off"),
    (Modifiers::NONE, Key::P, Act::Paths, "Paths: imagined, real, both, off"),
    (Modifiers::NONE, Key::T, Act::Theme, "Dark or light theme"),
    (Modifiers::COMMAND, Key::Plus, Act::Larger, "Zoom in"),
    (Modifiers::COMMAND, Key::Minus, Act::Smaller, "Zoom out"),
    (Modifiers::COMMAND, Key::Num0, Act::PlainSize, "Reset zoom"),
    (Modifiers::NONE, Key::F9, Act::ResetLayout, "Reset the layout of this tab"),
    (Modifiers::NONE, Key::F12, Act::Profile, "Frame profile of the lab"),
    (Modifiers::COMMAND, Key::Q, Act::Quit, "Close the lab; an open run is saved"),
    (Modifiers::NONE, Key::Questionmark, Act::Help, "This list"),
];

impl Lab {
    /// Executes the shortcuts that were pressed, unless a text field has the focus.
    pub(super) fn shortcuts(&mut self, ctx: &egui::Context) {
        // Keys that are reserved for the surrounding page.
        let elsewhere = self.embed.is_some() && !ctx.input(|input| input.focused);
        if ctx.egui_wants_keyboard_input() || elsewhere {
            return;
        }
        let mut pressed: Vec<Act> = ctx.input_mut(|input| {
            let ours = SHORTCUTS.iter().filter(|(_, _, act, _)| *act != Act::OfTimeline);
            ours.filter(|(with, key, ..)| input.consume_key(*with, *key)).map(|(_, _, act, _)| *act).collect()
        });
        // On many keyboards the question mark needs shift.
        if ctx.input_mut(|input| input.consume_key(Modifiers::SHIFT, Key::Questionmark)) {
            pressed.push(Act::Help);
        }
        for act in pressed {
            if act == Act::Quit {
                ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            }
            self.act(act);
        }
        if ctx.input(|input| input.key_pressed(Key::Escape)) {
            self.help = false;
            self.profile_shown = false;
            self.dropped = None;
            self.alone = None;
        }
    }

    fn act(&mut self, act: Act) {
        let view = &mut self.kept.view;
        match act {
            Act::RunOrPause => {
                let running = self.history.status.activity == Activity::Running;
                self.send(if running { Command::Pause } else { Command::Run });
            }
            Act::Step => self.send(Command::Step),
            Act::Save => self.send(Command::Save),
            Act::Tab(tab) => self.open_tab(tab),
            Act::OfTimeline | Act::Quit => {}
            Act::Freeze => self.freeze(),
            Act::Follow => view.follow = !view.follow,
            Act::Paths => {
                view.paths = match view.paths {
                    PathChoice::Imagined => PathChoice::Real,
                    PathChoice::Real => PathChoice::Both,
                    PathChoice::Both => PathChoice::Off,
                    PathChoice::Off => PathChoice::Imagined,
                }
            }
            Act::Theme => {
                view.theme = match view.theme {
                    Theme::Dark => Theme::Light,
                    Theme::Light => Theme::Dark,
                }
            }
            Act::Profile => self.profile_shown = !self.profile_shown,
            Act::ResetLayout => self.kept.layout.reset(self.kept.view.tab),
            Act::Help => self.help = !self.help,
            Act::Larger => view.zoom = (view.zoom + 0.1).min(3.0),
            Act::Smaller => view.zoom = (view.zoom - 0.1).max(0.5),
            Act::PlainSize => view.zoom = 1.0,
        }
    }

    /// Pauses and stays at the decision shown.
    pub(super) fn freeze(&mut self) {
        if let Some(index) = self.shown_index() {
            self.kept.view.cursor = Cursor::At(self.history.decisions[index].number);
            self.kept.view.tab = Tab::Decision;
            self.send(Command::Pause);
        }
    }

    fn shown_index(&self) -> Option<usize> {
        match self.kept.view.cursor {
            Cursor::Live => self.history.decisions.len().checked_sub(1),
            Cursor::At(number) => self.history.index(number),
        }
    }

    /// Draws the list of shortcuts.
    pub(super) fn help_ui(&mut self, ctx: &egui::Context) {
        egui::Window::new("Keyboard shortcuts")
            .open(&mut self.help)
            .resizable(false)
            .collapsible(false)
            .anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO)
            .show(ctx, |ui| {
                // In two columns if the window is wide enough, because it may be low.
                let columns = if ctx.content_rect().width() >= 760.0 { 2 } else { 1 };
                let rows = SHORTCUTS.len().div_ceil(columns);
                ui.spacing_mut().interact_size.y = 18.0;
                let height = ctx.content_rect().height() - 90.0;
                egui::ScrollArea::vertical().max_height(height).show(ui, |ui| {
                    egui::Grid::new("shortcuts").num_columns(2 * columns).spacing([20.0, 8.0]).show(ui, |ui| {
                        for row in 0..rows {
                            for (with, key, _, what) in SHORTCUTS.iter().skip(row).step_by(rows) {
                                ui.monospace(pressed(ctx, *with, *key));
                                ui.label(*what);
                            }
                            ui.end_row();
                        }
                    });
                });
            });
    }
}

/// Returns the keys to press, as labelled on keyboards.
fn pressed(ctx: &egui::Context, with: Modifiers, key: Key) -> String {
    let text = ctx.format_shortcut(&egui::KeyboardShortcut::new(with, key));
    let signs = [
        ("Questionmark", "?"),
        ("Period", "."),
        ("Plus", "+"),
        ("Minus", "\u{2212}"),
        ("Left", "\u{2190}"),
        ("Right", "\u{2192}"),
    ];
    let sign = signs.iter().find(|(name, _)| text.ends_with(name));
    sign.map_or_else(|| text.clone(), |(name, sign)| format!("{}{sign}", &text[..text.len() - name.len()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_shortcuts_share_a_key() {
        for (i, a) in SHORTCUTS.iter().enumerate() {
            assert!(SHORTCUTS[..i].iter().all(|b| (a.0, a.1) != (b.0, b.1)), "{:?} twice", a.1);
        }
    }
}
