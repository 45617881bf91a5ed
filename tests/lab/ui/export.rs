//! Exports write files and report them.

use std::cell::RefCell;

use bootstride_lab::ui::{Axis, Exports, Mark, Plot};
use bootstride_lab::view::Theme;
use bootstride_session::message::{Level, Notice};
use eframe::egui::vec2;
use egui_kittest::kittest::Queryable;

use super::support::harness;

fn plot(colour: eframe::egui::Color32) -> Plot {
    let points = (0..50).map(|i| [f64::from(i), f64::from(i * i)]).collect();
    Plot {
        title: "Squares".into(),
        x: Axis { label: "Number".into(), ..Axis::default() },
        marks: vec![Mark::Line { label: "square".into(), colour, width: 2.0, points }],
        ..Plot::default()
    }
}

/// The files written after a click on this entry of the plot's menu.
fn exported(entry: &str) -> (tempfile::TempDir, Vec<std::path::PathBuf>, Vec<Notice>) {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("exports");
    let state = RefCell::new((Exports::default(), Vec::new()));
    {
        let mut harness = harness(Theme::Dark, vec2(420.0, 260.0), |ui, palette| {
            plot(palette.plan).show(ui, palette);
            let (exports, notices) = &mut *state.borrow_mut();
            notices.extend(exports.frame_into(ui.ctx(), &into));
        });
        harness.run();
        harness.get_by_label("Export Squares").click();
        harness.run();
        harness.get_by_label(entry).click();
        harness.run_steps(12);
    }
    let files = std::fs::read_dir(&into).unwrap().map(|file| file.unwrap().path()).collect();
    (folder, files, state.into_inner().1)
}

#[test]
fn a_plot_is_written_as_svg_and_csv() {
    for (entry, extension, begins) in [("Export SVG", "svg", "<svg"), ("Export CSV", "csv", "series,kind")] {
        let (_folder, files, notices) = exported(entry);
        let [file] = files.as_slice() else { panic!("{files:?}") };
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("squares-20") && name.ends_with(extension), "{name}");
        assert!(std::fs::read_to_string(file).unwrap().starts_with(begins));
        let [notice] = notices.as_slice() else { panic!("{notices:?}") };
        assert_eq!(notice.level, Level::Good);
        assert!(notice.text.contains(name), "{}", notice.text);
    }
}

#[test]
fn a_plot_is_cut_from_the_screen_as_png() {
    let (_folder, files, _) = exported("Export PNG");
    let [file] = files.as_slice() else { panic!("{files:?}") };
    let picture = image::open(file).unwrap().into_rgb8();
    assert!(picture.width() > 390 && picture.width() <= 420 && picture.height() > 200, "{:?}", picture.dimensions());
    let plan = [0xff, 0x5f, 0xd2];
    assert!(picture.pixels().any(|pixel| pixel.0 == plan), "the line is in the picture");
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exports");
    std::fs::write(&file, "in the way").unwrap();
    let ctx = eframe::egui::Context::default();
    Exports::ask_file(&ctx, "Squares", "csv", b"1,1".to_vec());
    let notices = Exports::default().frame_into(&ctx, &file);
    let [notice] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!(notice.level, Level::Bad);
    assert!(notice.text.contains("squares.csv") && notice.text.contains("is writable"), "{}", notice.text);
}
