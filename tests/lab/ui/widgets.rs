//! Widgets look as specified, have labels, and can be operated by them.

use bootstride_lab::catalog;
use bootstride_lab::ui::widgets::{
    ButtonKind, Icon, Paragraph, SliderRow, button_ui, card_ui, combo_field_ui, field_ui, heading_ui, headline_ui,
    icon_button_ui, key_figure_ui, link_ui, primary_ui, section_ui, segmented_ui, switch_ui, weak_ui, wide_button_ui,
};
use bootstride_lab::ui::{Palette, fonts};
use bootstride_lab::view::Theme;
use eframe::egui::{DragValue, Key, Role, Ui, Vec2};
use egui_kittest::SnapshotResults;
use egui_kittest::kittest::{NodeT, Queryable};

use super::support::{assert_words_fit, harness};

#[derive(Clone, PartialEq, Debug)]
struct Settings {
    samples: usize,
    temperature: f32,
    learned_by: u8,
    value: bool,
    pace: u8,
    seed: u64,
    task: &'static str,
}

impl Settings {
    fn new() -> Self {
        Self { samples: 256, temperature: 0.5, learned_by: 1, value: true, pace: 0, seed: 1, task: "walker-walk" }
    }
}

fn gallery_ui(ui: &mut Ui, palette: &Palette, settings: &mut Settings) {
    headline_ui(ui, palette, "Task and agent", "walker-walk · BMPC");
    combo_field_ui(ui, palette, "Task", settings.task, |ui| {
        for task in ["walker-walk", "cartpole-swingup"] {
            if ui.button(task).clicked() {
                settings.task = task;
            }
        }
    });
    let learned =
        [(0, "max-Q", "The policy maximises Q."), (1, "imitate", "The policy imitates the expert."), (2, "both", "")];
    segmented_ui(ui, palette, &learned, &mut settings.learned_by);
    segmented_ui(ui, palette, &[(false, "Q off-policy", ""), (true, "V on-policy", "")], &mut settings.value);
    section_ui(ui, palette, "Planner, live");
    SliderRow::new("samples N", 8.0..=1024.0).term("samples").logarithmic().show(ui, palette, &mut settings.samples);
    SliderRow::new("temperature", 0.0..=2.0).real(2).show(ui, palette, &mut settings.temperature);
    section_ui(ui, palette, "Run");
    field_ui(ui, palette, "seed", "Seed of everything random.", |ui| {
        ui.add(DragValue::new(&mut settings.seed).range(0..=999_999));
    });
    field_ui(ui, palette, "experts fresher than 5k", "", |ui| ui.label("62 %"));
    let paces = [(0, "full", ""), (1, "real time", ""), (2, "slow", "")];
    if let Some(pace) = switch_ui(ui, palette, "pace", settings.pace, &paces) {
        settings.pace = pace;
    }
    ui.horizontal(|ui| {
        wide_button_ui(ui, palette, ButtonKind::Primary, "Pause", 84.0);
        wide_button_ui(ui, palette, ButtonKind::Secondary, "Step", 84.0);
        wide_button_ui(ui, palette, ButtonKind::Secondary, "Save", 84.0);
    });
    card_ui(ui, palette, |ui| {
        heading_ui(ui, palette, "Elites and temperature");
        weak_ui(ui, palette, "Step 5 of 8");
        ui.horizontal(|ui| {
            primary_ui(ui, palette, "Next");
            button_ui(ui, palette, "Back");
            link_ui(ui, palette, "Reset to preset");
        });
    });
    ui.horizontal(|ui| {
        for (icon, name) in [
            (Icon::Play, "Play"),
            (Icon::Pause, "Hold"),
            (Icon::Step, "One step"),
            (Icon::Stop, "Stop"),
            (Icon::Export, "Export"),
            (Icon::Theme, "Theme"),
            (Icon::Close, "Close"),
        ] {
            icon_button_ui(ui, palette, icon, name);
        }
    });
    ui.horizontal(|ui| {
        key_figure_ui(ui, palette, "real time", "1.8×", None);
        key_figure_ui(ui, palette, "plan", "4.1 ms", None);
        key_figure_ui(ui, palette, "ΔQ", "+0.31", Some(palette.plan));
    });
    let paragraph = Paragraph::new(palette).text("The policy proposed ").number("12", palette.policy);
    let paragraph = paragraph.text(" sequences. MPPI kept the best ").number("32", palette.elite);
    paragraph.text(", and KL(π‖expert) is ").strong("0.42").text(" ± 0.1.").show(ui);
}

const SIZE: Vec2 = Vec2::new(312.0, 708.0);

#[test]
fn widgets_look_as_they_should() {
    let mut results = SnapshotResults::new();
    for (theme, name) in [(Theme::Dark, "widgets_dark"), (Theme::Light, "widgets_light")] {
        let mut settings = Settings::new();
        let mut harness = harness(theme, SIZE, move |ui, palette| gallery_ui(ui, palette, &mut settings));
        harness.run();
        assert_words_fit(&harness, name);
        harness.snapshot(name);
        results.extend(harness.take_snapshot_results());
    }
}

#[test]
fn widgets_are_operated_by_their_labels() {
    let settings = std::cell::RefCell::new(Settings::new());
    let mut harness = harness(Theme::Dark, SIZE, |ui, palette| gallery_ui(ui, palette, &mut settings.borrow_mut()));
    harness.run();
    harness.get_by_label("max-Q").click();
    harness.get_by_label("pace: slow").click();
    harness.run();
    assert_eq!((settings.borrow().learned_by, settings.borrow().pace), (0, 2));

    let slider = harness.get_by_role_and_label(Role::Slider, "temperature");
    slider.focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert!(settings.borrow().temperature > 0.5, "{}", settings.borrow().temperature);

    harness.get_by_role_and_label(Role::ComboBox, "Task").click();
    harness.run();
    harness.get_by_label("cartpole-swingup").click();
    harness.run();
    assert_eq!(settings.borrow().task, "cartpole-swingup");
}

#[test]
fn a_typed_number_moves_the_slider() {
    let settings = std::cell::RefCell::new(Settings::new());
    let mut harness = harness(Theme::Dark, SIZE, |ui, palette| gallery_ui(ui, palette, &mut settings.borrow_mut()));
    harness.run();
    harness.get_by_label("samples N, value").click();
    harness.run();
    harness.get_by_label("samples N, value").type_text("64");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(settings.borrow().samples, 64);
}

#[test]
fn the_fonts_have_every_sign_that_the_lab_writes() {
    let mut harness = harness(Theme::Dark, Vec2::splat(80.0), |ui, _| {
        ui.label("x");
    });
    harness.run();
    let signs = "πΔσμγτλρ‖±×→−…▶·•≈≤≥²₀–“”’\u{2009}";
    let words: String = catalog::terms().flat_map(|term| [term.name, term.symbol, term.meaning, term.source]).collect();
    harness.ctx.fonts_mut(|all| {
        for font in [fonts::sans(13.0), fonts::strong(13.0), fonts::mono(13.0), fonts::mono_strong(13.0)] {
            let missing: String =
                signs.chars().chain(words.chars()).filter(|sign| !all.has_glyph(&font, *sign)).collect();
            assert!(missing.is_empty(), "{:?} lacks {missing}", font.family);
        }
    });
}

#[test]
fn the_glossary_explains_each_term_once() {
    let terms: Vec<_> = catalog::terms().collect();
    for (index, term) in terms.iter().enumerate() {
        assert!(term.meaning.len() > 20 && term.meaning.ends_with('.'), "{} is not explained", term.key);
        assert!(terms[..index].iter().all(|other| other.key != term.key), "{} is there twice", term.key);
    }
}

#[test]
fn resting_on_a_quantity_explains_it() {
    let mut settings = Settings::new();
    let mut harness = harness(Theme::Dark, SIZE, move |ui, palette| gallery_ui(ui, palette, &mut settings));
    harness.run();
    harness.get_by_label("samples N").hover();
    harness.run_steps(60);
    assert!(harness.query_by_label_contains("imagined and evaluated").is_some());
    assert!(harness.root().accesskit_node().role() != Role::Unknown);
}
