//! The folder of a run: shown before it starts, and editable.

use std::env;
use std::path::{PathBuf, absolute};

use eframe::egui::{Align2, Frame, TextEdit, Ui, vec2};

use crate::host::Host;
use crate::ui::widgets::field_ui;
use crate::ui::{Palette, mono};

/// Returns the full path of the folder that the user entered; `None` if the field is empty.
pub fn written(text: &str) -> Option<PathBuf> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let at_home = text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let path = match (at_home, env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
        _ => text.into(),
    };
    Some(absolute(&path).unwrap_or(path))
}

/// Draws the row with the folder of all runs.
pub fn folder_ui(ui: &mut Ui, palette: &Palette, place: &Host, text: &mut String) {
    let hint = "The folder for new runs. Each run gets its own subfolder, named after task, algorithm and seed.";
    field_ui(ui, palette, "save in", hint, |ui| {
        let usual = place.runs.as_deref().unwrap_or(place.runs()).display().to_string();
        let width = (ui.available_width() - 60.0).max(80.0);
        let field = TextEdit::singleline(text).hint_text(usual).font(mono(12.0)).desired_width(width);
        ui.add(field.margin(vec2(2.0, 2.0)).frame(Frame::NONE).align(Align2::LEFT_CENTER))
            .accessible_name("Folder for runs");
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_folder_is_told_by_its_full_path() {
        assert_eq!((written(""), written("  ")), (None, None));
        assert_eq!(written(" /tmp/a "), Some("/tmp/a".into()));
        assert_eq!(written("a/b"), Some(env::current_dir().unwrap().join("a/b")));
        if let Some(home) = env::home_dir() {
            assert_eq!((written("~"), written("~/a")), (Some(home.join("")), Some(home.join("a"))));
        }
        assert_eq!(written("~b"), Some(env::current_dir().unwrap().join("~b")));
    }
}
