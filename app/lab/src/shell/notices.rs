//! Notices at the lower right: shown for a while; errors until they are dismissed.

use bootstride_session::message::{Level, Notice};
use eframe::egui::{self, Align2, Area, Frame, Id, Margin, Order, vec2};

use crate::ui::Palette;

/// Display time of notices that need no action, s.
const SECONDS: f64 = 6.0;
/// Maximum number of notices shown at once; older ones stay in the history.
const AT_ONCE: usize = 4;

/// The notices shown.
#[derive(Debug, Default)]
pub struct Toasts {
    /// Each with the time when it was first shown.
    shown: Vec<(Notice, Option<f64>)>,
}

impl Toasts {
    /// Adds new notices; the same text is not shown twice at once.
    pub fn take(&mut self, notices: &[Notice]) {
        for notice in notices {
            self.shown.retain(|(shown, _)| shown != notice);
            self.shown.push((notice.clone(), None));
        }
        let excess = self.shown.len().saturating_sub(AT_ONCE);
        self.shown.drain(..excess);
    }

    /// Draws the notices.
    pub fn ui(&mut self, ctx: &egui::Context, palette: &Palette) {
        let now = ctx.input(|input| input.time);
        self.shown.retain_mut(|(notice, since)| {
            let since = *since.get_or_insert(now);
            notice.level == Level::Bad || now - since < SECONDS
        });
        if self.shown.is_empty() {
            return;
        }
        let mut dismissed = None;
        Area::new(Id::unique("notices"))
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_BOTTOM, vec2(-16.0, -16.0))
            .show(ctx, |ui| {
                ui.set_max_width(420.0_f32.min(ctx.content_rect().width() - 32.0));
                for (index, (notice, _)) in self.shown.iter().enumerate() {
                    let colour = match notice.level {
                        Level::Good => palette.good,
                        Level::Info => palette.policy,
                        Level::Bad => palette.bad,
                    };
                    let frame = Frame::popup(ui.style()).fill(palette.raised).inner_margin(Margin::symmetric(12, 9));
                    let inner = frame.show(ui, |ui| {
                        ui.horizontal_top(|ui| {
                            let (dot, _) = ui.allocate_exact_size(vec2(10.0, 16.0), egui::Sense::hover());
                            ui.painter().circle_filled(dot.center(), 4.0, colour);
                            ui.vertical(|ui| {
                                ui.label(egui::RichText::new(&notice.text).color(palette.strong));
                                if notice.level == Level::Bad && ui.button("Dismiss").clicked() {
                                    dismissed = Some(index);
                                }
                            });
                        });
                    });
                    inner
                        .response
                        .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Alert, true, &notice.text));
                    ui.add_space(6.0);
                }
            });
        if let Some(index) = dismissed {
            self.shown.remove(index);
        }
        ctx.request_repaint_after_secs(1.0);
    }
}
