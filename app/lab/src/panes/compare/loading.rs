//! The list of runs, loaded in the background, each with its curves or an error.

use eframe::egui::{self, RichText, Ui};

use super::{ComparePane, Context};
use crate::runs::{Reading, RunCurves};
use crate::ui::number::{figure, grouped};
use crate::ui::widgets::{Icon, button_ui, card_ui, heading_ui, icon_button_ui, raised_ui, weak_ui};

/// A loaded run.
#[derive(Debug)]
pub struct Entry {
    /// The folder as given.
    pub folder: String,
    /// Its measurements, or an error; `None` while loading.
    pub read: Option<Result<RunCurves, String>>,
    reading: Option<Reading>,
}

impl Entry {
    /// Returns its measurements, if they could be read.
    #[must_use]
    pub fn curves(&self) -> Option<&RunCurves> {
        self.read.as_ref()?.as_ref().ok()
    }
}

/// All loaded runs.
#[derive(Debug, Default)]
pub struct Loading {
    /// The runs, in the order in which they were added.
    pub entries: Vec<Entry>,
    /// The contents of the text field.
    path: String,
}

impl Loading {
    /// Starts to load a folder; returns false if it is already loaded or empty.
    pub fn open(&mut self, folder: &str) -> bool {
        let folder = folder.trim().trim_end_matches('/');
        if folder.is_empty() || self.entries.iter().any(|entry| entry.folder == folder) {
            return false;
        }
        self.entries.push(Entry { folder: folder.into(), read: None, reading: Some(Reading::begin(folder)) });
        true
    }

    /// Collects what was read since the last call.
    pub fn poll(&mut self, ctx: &egui::Context) {
        for entry in &mut self.entries {
            let Some(reading) = &mut entry.reading else { continue };
            match reading.poll() {
                Some(read) => (entry.read, entry.reading) = (Some(read), None),
                None => ctx.request_repaint_after(std::time::Duration::from_millis(50)),
            }
        }
    }
}

impl ComparePane {
    /// Draws the loaded runs, and those that can be added.
    pub(super) fn list_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let palette = cx.palette;
        ui.spacing_mut().item_spacing.y = 10.0;
        card_ui(ui, palette, |ui| {
            heading_ui(ui, palette, "Runs to compare");
            if cx.place.is_page {
                weak_ui(ui, palette, "Add runs stored by this browser, or open one from a file.");
                if let Some(open) = &mut cx.place.open_files
                    && button_ui(ui, palette, "Open files\u{2026}").clicked()
                {
                    open();
                }
                return;
            }
            weak_ui(ui, palette, "Enter or drop the folder of a run or of one of its checkpoints.");
            let name = ui.label(RichText::new("Folder").color(palette.weak).size(12.0));
            let field = egui::TextEdit::singleline(&mut self.loading.path).hint_text("runs/walker-walk/bmpc-seed1");
            let field = ui.add(field.desired_width(f32::INFINITY)).labelled_by(name.id);
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            if button_ui(ui, palette, "Add").clicked() || entered {
                let path = std::mem::take(&mut self.loading.path);
                self.open(&path);
            }
        });
        let mut removed = None;
        for (place, entry) in self.loading.entries.iter().enumerate() {
            raised_ui(ui, palette, |ui| {
                if entry_ui(ui, cx, entry) {
                    removed = Some(place);
                }
            });
        }
        if let Some(place) = removed {
            let entry = self.loading.entries.remove(place);
            self.choices.folders.retain(|folder| folder.trim_end_matches('/') != entry.folder);
        }
        self.known_ui(ui, cx);
    }

    /// Draws the known runs that are not loaded yet.
    fn known_ui(&mut self, ui: &mut Ui, cx: &Context<'_>) {
        let palette = cx.palette;
        let loaded = |folder: &str| self.loading.entries.iter().any(|entry| entry.folder == folder);
        let known: Vec<_> = self.run_index.found().iter().filter(|found| !loaded(&found.folder)).cloned().collect();
        let mut add = None;
        card_ui(ui, palette, |ui| {
            ui.horizontal(|ui| {
                heading_ui(ui, palette, "Found here");
                if button_ui(ui, palette, "Refresh").clicked() {
                    self.run_index.refresh();
                }
            });
            if known.is_empty() {
                let place = cx.place.runs().display();
                let text =
                    if cx.place.is_page { "No other runs.".into() } else { format!("No other runs under {place}/.") };
                weak_ui(ui, palette, text);
            }
            for found in known {
                ui.horizontal(|ui| {
                    let name = format!("{} {} seed {}", found.task, found.algorithm, found.seed);
                    let add_it = format!("Add {}", found.folder);
                    let response = button_ui(ui, palette, "+").accessible_name(&add_it).on_hover_text(&add_it);
                    if response.clicked() {
                        add = Some(found.folder.clone());
                    }
                    ui.vertical(|ui| {
                        ui.spacing_mut().item_spacing.y = 1.0;
                        ui.add(egui::Label::new(RichText::new(name).color(palette.text).size(12.5)).truncate());
                        let last =
                            found.last_return.map_or_else(String::new, |last| format!(", return {}", figure(last)));
                        weak_ui(ui, palette, format!("{} steps{last}", grouped(found.env_step.unwrap_or_default())));
                    });
                });
            }
        });
        if let Some(folder) = add {
            self.open(&folder);
        }
    }
}

/// Draws a loaded run; returns whether to remove it.
fn entry_ui(ui: &mut Ui, cx: &Context<'_>, entry: &Entry) -> bool {
    let palette = cx.palette;
    let mut remove = false;
    ui.spacing_mut().item_spacing.y = 3.0;
    ui.horizontal(|ui| {
        let title = entry.curves().map_or(entry.folder.as_str(), |curves| curves.name.as_str());
        let room = (ui.available_width() - 34.0).max(40.0);
        ui.scope(|ui| {
            ui.set_max_width(room);
            ui.add(egui::Label::new(RichText::new(title).color(palette.strong)).truncate());
        });
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            remove = icon_button_ui(ui, palette, Icon::Close, &format!("Remove {title}")).clicked();
        });
    });
    match &entry.read {
        None => _ = weak_ui(ui, palette, "Loading\u{2026}"),
        Some(Err(error)) => _ = ui.label(RichText::new(error).color(palette.bad).size(12.0)),
        Some(Ok(curves)) => {
            let (task, algorithm, size, seed) = (&curves.task, &curves.algorithm, &curves.size, curves.seed);
            weak_ui(ui, palette, format!("{task}, {algorithm} {size}, seed {seed}"));
            let count = curves.evaluations.len();
            let text = match curves.evaluations.last() {
                Some(last) => format!("{count} evaluations to step {}", grouped(last.env_step)),
                None => "no evaluation yet, so no curve".into(),
            };
            weak_ui(ui, palette, text);
        }
    }
    remove
}
