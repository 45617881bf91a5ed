//! Small screens: one pane at a time, a row of the others at the bottom, and the bar folded into a menu.

use bootstride_session::message::{Activity, Command};
use eframe::egui::{
    self, Align, Button, CentralPanel, Color32, Frame, Layout, Margin, Panel, Popup, PopupCloseBehavior, Rect,
    RichText, ScrollArea, pos2, vec2,
};

use super::{Lab, PaneKind};
use crate::ui::theme::{BODY, FINGER};
use crate::ui::widgets::{Icon, icon_button_ui};
use crate::ui::{Palette, sans, strong};
use crate::view::Tab;

/// Windows narrower than this show one pane, points.
const WIDTH: f32 = 700.0;
/// Windows lower than this show one pane, points.
const HEIGHT: f32 = 480.0;
/// Windows of at least this height show the strip of the tab, such as the timeline, below the pane, points.
const TALL: f32 = 560.0;
/// Height of that strip, points.
const STRIP: f32 = 96.0;

/// Whether there is room for only one pane.
pub fn is_small(ctx: &egui::Context) -> bool {
    let size = ctx.content_rect().size();
    size.x < WIDTH || size.y < HEIGHT
}

/// Returns the tab of a pane: the open one, or the first that contains it.
pub fn home_of(pane: PaneKind, open: Tab) -> Tab {
    let has = |tab: &Tab| PaneKind::of_tab(*tab).contains(&pane);
    let tabs = std::iter::once(open).chain(Tab::ALL);
    tabs.into_iter().find(has).unwrap_or(Tab::Train)
}

impl Lab {
    /// Draws the lab on a small screen, below the strips at the top.
    pub(super) fn small_ui(&mut self, ui: &mut egui::Ui, palette: &Palette) {
        let tab = self.kept.view.tab;
        let mut panes = PaneKind::of_tab(tab);
        let mut front = *self.chosen.entry(tab).or_insert(panes[0]);
        // The pane below the others, if the screen is tall enough for it; otherwise it is one of the others.
        let is_tall = ui.ctx().content_rect().height() >= TALL;
        let strip = PaneKind::strip_of(tab).filter(|_| is_tall);
        panes.extend(PaneKind::strip_of(tab).filter(|_| !is_tall));
        if strip == Some(front) {
            front = panes[0];
        }
        if !panes.contains(&front) {
            panes.push(front);
        }
        if panes.len() > 1 {
            let bar = Panel::bottom("panes").show_separator_line(false).resizable(false);
            bar.frame(Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(6, 4)))
                .show(ui, |ui| switcher_ui(ui, palette, &panes, &mut front));
        }
        self.chosen.insert(tab, front);
        let strip = strip.filter(|_| front != PaneKind::Setup);
        CentralPanel::default().frame(Frame::new().fill(palette.background)).show(ui, |ui| {
            let room = ui.available_rect_before_wrap();
            let split = if strip.is_some() { room.bottom() - STRIP } else { room.bottom() };
            self.one_pane_ui(ui, palette, room.with_max_y(split), front);
            if let Some(strip) = strip {
                let below = Rect::from_min_max(pos2(room.left(), split + 1.0), room.max);
                self.one_pane_ui(ui, palette, below, strip);
            }
        });
    }

    /// Brings a pane to the front on a small screen.
    pub(super) fn choose_pane(&mut self, tab: Tab, pane: PaneKind) {
        self.chosen.insert(tab, pane);
    }

    /// Draws the bar of a small screen: a menu, the tab, the session's status, run or pause.
    pub(super) fn small_bar_ui(&mut self, ui: &mut egui::Ui, palette: &Palette) {
        ui.horizontal(|ui| {
            ui.set_height(FINGER);
            let menu = icon_button_ui(ui, palette, Icon::Menu, "Menu");
            let width = (ui.ctx().content_rect().width() - 40.0).min(300.0);
            Popup::menu(&menu).close_behavior(PopupCloseBehavior::CloseOnClickOutside).width(width).show(|ui| {
                let height = ui.ctx().content_rect().height() - 90.0;
                ScrollArea::vertical().max_height(height).show(ui, |ui| self.menu_ui(ui, palette));
            });
            let title = self.kept.view.tab.title();
            ui.label(RichText::new(title).font(strong(15.0)).color(palette.strong));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                self.run_or_pause_ui(ui, palette);
                let whole = self.doing();
                let task = self.history.status.config.as_ref().map(|config| config.task.name.clone());
                for text in std::iter::once(whole).chain(task) {
                    let galley = ui.painter().layout_no_wrap(text, sans(12.0), palette.weak);
                    if galley.size().x + 8.0 <= ui.available_width() {
                        ui.label(galley);
                        break;
                    }
                }
            });
        });
    }

    /// Draws a button to run or pause, if something is open.
    pub(super) fn run_or_pause_ui(&mut self, ui: &mut egui::Ui, palette: &Palette) {
        let (icon, name, command) = match self.history.status.activity {
            Activity::Running => (Icon::Pause, "Pause", Command::Pause),
            Activity::Paused => (Icon::Play, "Run", Command::Run),
            _ => return,
        };
        // The setup pane has labelled buttons for this.
        if icon_button_ui(ui, palette, icon, &format!("{name} now")).clicked() {
            self.send(command);
        }
    }

    fn menu_ui(&mut self, ui: &mut egui::Ui, palette: &Palette) {
        for tab in Tab::ALL {
            let chosen = self.kept.view.tab == tab;
            let button = Button::selectable(chosen, tab.title()).min_size(vec2(ui.available_width(), FINGER));
            if ui.add(button).clicked() {
                self.open_tab(tab);
                ui.close();
            }
        }
        ui.separator();
        let name = self.other_theme().1;
        if ui.add(Button::new(name).min_size(vec2(ui.available_width(), FINGER))).clicked() {
            self.kept.view.theme = self.other_theme().0;
            ui.close();
        }
        self.page_items_ui(ui, palette);
        let status = &self.history.status;
        let device = [status.device.as_str(), status.device_reason.as_str()];
        let device: Vec<&str> = device.into_iter().filter(|text| !text.is_empty()).collect();
        if !device.is_empty() {
            ui.label(RichText::new(format!("Device: {}", device.join("; "))).size(12.0).color(palette.weak));
        }
    }
}

/// Draws a row of panes, which scrolls sideways if there are many.
pub fn switcher_ui(ui: &mut egui::Ui, palette: &Palette, panes: &[PaneKind], front: &mut PaneKind) {
    ScrollArea::horizontal().id_salt("panes").auto_shrink([false, true]).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            for pane in panes {
                let chosen = front == pane;
                let colour = if chosen { palette.strong } else { palette.weak };
                let text = RichText::new(pane.spec().word).size(BODY).color(colour);
                let fill = if chosen { palette.active } else { Color32::TRANSPARENT };
                let button = Button::new(text).fill(fill).min_size(vec2(48.0, FINGER));
                // Panes may contain the same text.
                let response = ui.add(button).accessible_name(format!("Pane {}", pane.name()));
                if response.clicked() {
                    *front = *pane;
                    response.scroll_to_me(None);
                }
            }
        });
    });
}
