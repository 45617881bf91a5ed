//! The choice of a task: a searchable list grouped by body.

use bootstride_core::task::{CUSTOM_BODY, TaskInfo, tasks};
use eframe::egui::{Button, Key, Popup, PopupCloseBehavior, RectAlign, Response, RichText, ScrollArea, TextEdit, Ui};

use super::draft::Draft;
use crate::ui::theme::SMALL;
use crate::ui::widgets::field_ui;
use crate::ui::{Palette, strong};

/// Draws the row with the task and, below it, the list; returns whether another task was chosen.
pub fn task_ui(ui: &mut Ui, palette: &Palette, draft: &mut Draft, search: &mut String) -> bool {
    let name = match (&draft.body, draft.task == CUSTOM_BODY) {
        (Some(body), true) => body.name.clone(),
        _ => draft.task.clone(),
    };
    let hint = "What the agent learns. Drop a custom body file onto the window to train that instead.";
    let button = field_ui(ui, palette, "Task", hint, |ui| {
        let text = RichText::new(name).font(strong(12.5));
        let response = ui.add(Button::new(text).truncate());
        response.widget_info(|| eframe::egui::WidgetInfo {
            current_text_value: Some(draft.task.clone()),
            ..eframe::egui::WidgetInfo::labeled(eframe::egui::Role::ComboBox, ui.is_enabled(), "Task")
        });
        response
    });
    let mut changed = false;
    let width = ui.available_width();
    Popup::menu(&button)
        .align(RectAlign::BOTTOM_END)
        .width(width.max(220.0))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| changed = list_ui(ui, palette, draft, search, &button));
    changed
}

fn list_ui(ui: &mut Ui, palette: &Palette, draft: &mut Draft, search: &mut String, button: &Response) -> bool {
    let field = TextEdit::singleline(search).hint_text("Search tasks").desired_width(f32::INFINITY);
    let field = ui.add(field).accessible_name("Search tasks");
    if button.clicked() {
        search.clear();
        field.request_focus();
    }
    let mut chosen: Option<&'static str> = None;
    let found = matching(search);
    if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
        chosen = found.first().map(|info| info.name);
    }
    ui.add_space(4.0);
    ScrollArea::vertical().max_height(320.0).auto_shrink([false, true]).id_salt("tasks").show(ui, |ui| {
        let mut domain = "";
        for info in &found {
            if info.domain != domain {
                domain = info.domain;
                ui.add_space(3.0);
                ui.label(RichText::new(domain.replace('_', " ")).size(SMALL).color(palette.weak));
            }
            let selected = info.name == draft.task;
            if ui.add(Button::selectable(selected, info.name)).on_hover_text(described(info)).clicked() {
                chosen = Some(info.name);
            }
        }
        if found.is_empty() {
            ui.label(RichText::new(format!("No task matches {search}.")).color(palette.weak));
        }
    });
    if let Some(name) = chosen {
        name.clone_into(&mut draft.task);
        ui.close();
        return true;
    }
    false
}

fn described(info: &TaskInfo) -> String {
    format!("{}\n{} observations, {} actions", info.description, info.observation_size, info.action_size)
}

/// Returns the tasks whose names contain every word of the search.
#[must_use]
pub fn matching(search: &str) -> Vec<&'static TaskInfo> {
    let search = search.to_lowercase();
    let fits = |info: &&TaskInfo| search.split([' ', '-']).all(|word| info.name.contains(word));
    tasks().iter().filter(fits).collect()
}
