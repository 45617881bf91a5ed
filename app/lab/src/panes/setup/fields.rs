//! The rows of the pane "Task and agent", group by group.

use std::sync::LazyLock;

use bootstride_core::config::{Config, Layers, PresetKind, field, presets};
use bootstride_core::task::configured_task;
use bootstride_session::message::{Command, ExpertAges};
use eframe::egui::{
    Align, Button, CornerRadius, DragValue, Layout, Popup, Response, RichText, Role, TextEdit, Ui, WidgetInfo, vec2,
};

use super::axes::{GUIDE, POLICY_LEARNING, TARGET_POLICY, VALUE_LEARNING};
use super::draft::{Draft, OWN};
use super::planner::reset_ui;
use super::task::task_ui;
use crate::ui::number::{count, grouped, narrow, real, whole};
use crate::ui::theme::{RADIUS, SMALL};
use crate::ui::widgets::{SliderRow, field_ui, link_ui, switch_ui};
use crate::ui::{Palette, glossary, mono, strong};

/// The size presets with a summary, large to small.
static SIZES: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let sizes = presets().into_iter().filter(|preset| preset.kind == PresetKind::Size);
    sizes
        .map(|preset| {
            let config = Layers::new().size_preset(preset.name).and_then(|layers| layers.resolve());
            let sizes = config.map(|config| sizes_of(&config)).unwrap_or_default();
            (preset.name, format!("{sizes}\n{}", preset.description))
        })
        .collect()
});

fn sizes_of(config: &Config) -> String {
    format!(
        "latent {}, layers of {}, {} samples, batch {}",
        config.model.latent_dim, config.model.mlp_dim, config.planner.samples, config.training.batch
    )
}

/// Draws a name that opens a list; the accessible label is `name`.
fn combo_ui(
    ui: &mut Ui,
    palette: &Palette,
    [name, hint, text]: [&str; 3],
    entries: &[(&'static str, String)],
) -> Option<&'static str> {
    let text = titled(text);
    let button: Response = field_ui(ui, palette, name, hint, |ui| {
        let response = ui.add(Button::new(RichText::new(text).font(strong(12.5))).truncate());
        response.widget_info(|| WidgetInfo {
            current_text_value: Some(text.to_owned()),
            ..WidgetInfo::labeled(Role::ComboBox, ui.is_enabled(), name)
        });
        response
    });
    let mut chosen = None;
    Popup::menu(&button).width(ui.available_width().max(220.0)).show(|ui| {
        for (entry, description) in entries {
            if ui.add(Button::selectable(titled(entry) == text, titled(entry))).on_hover_text(description).clicked() {
                chosen = Some(*entry);
            }
        }
    });
    chosen
}

/// Returns the name of a preset as written in the papers.
fn titled(name: &str) -> &str {
    match name {
        "bmpc" => "BMPC",
        "tdmpc2" => "TD-MPC2",
        "variant1" => "Variant 1",
        "variant2" => "Variant 2",
        "variant3" => "Variant 3",
        name => name,
    }
}

/// Draws task, algorithm with its axes, and size.
pub fn agent_ui(
    ui: &mut Ui,
    palette: &Palette,
    draft: &mut Draft,
    search: &mut String,
    is_preset: bool,
    running: Option<&Config>,
) {
    task_ui(ui, palette, draft, search);
    let algorithms: Vec<_> = presets()
        .into_iter()
        .filter(|preset| preset.kind == PresetKind::Algorithm)
        .map(|preset| (preset.name, preset.description.to_owned()))
        .collect();
    let hint = "A point in the algorithm family; the four switches below are its axes.";
    let name = if is_preset { draft.algorithm.as_str() } else { OWN };
    if let Some(chosen) = combo_ui(ui, palette, ["Algorithm", hint, name], &algorithms) {
        draft.choose_algorithm(chosen);
    }
    let axes = &mut draft.axes;
    if let Some(chosen) = switch_ui(ui, palette, "policy", axes.policy_learning, &POLICY_LEARNING) {
        axes.policy_learning = chosen;
    }
    if let Some(chosen) = switch_ui(ui, palette, "value", axes.value_learning, &VALUE_LEARNING) {
        axes.value_learning = chosen;
    }
    if let Some(chosen) = switch_ui(ui, palette, "target", axes.target_policy, &TARGET_POLICY) {
        axes.target_policy = chosen;
    }
    if let Some(chosen) = switch_ui(ui, palette, "guide", axes.guide, &GUIDE) {
        axes.guide = chosen;
    }
    let hint = "Size of the world model, the planner and the batch.";
    match running {
        Some(config) => {
            field_ui(ui, palette, "Size", &sizes_of(config), |ui| {
                ui.label(RichText::new(format!("latent {}", config.model.latent_dim)).font(strong(12.5)));
            });
        }
        None => {
            if let Some(chosen) = combo_ui(ui, palette, ["Size", hint, &draft.size.clone()], &SIZES) {
                draft.choose_size(chosen);
            }
        }
    }
}

/// Draws the planner's heading with the reset link; returns whether that was clicked.
pub fn planner_heading_ui(ui: &mut Ui, palette: &Palette, title: &str) -> bool {
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        ui.label(RichText::new(title).font(strong(SMALL)).color(palette.weak));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| reset_ui(ui, palette)).inner
    })
    .inner
}

/// Draws interval and batch of reanalyze.
pub fn reanalyze_ui(ui: &mut Ui, palette: &Palette, draft: &mut Draft) {
    let rows = [
        ("every k updates", "reanalyze_interval", 0.0, 80.0, &mut draft.reanalyze_interval),
        ("batch b", "reanalyze", 1.0, 64.0, &mut draft.reanalyze_batch),
    ];
    for (name, term, low, high, value) in rows {
        let range = low..=count(*value).max(high);
        SliderRow::new(name, range).term(term).show(ui, palette, value);
    }
}

/// Draws the freshness of the experts in the replay buffer, if known.
pub fn experts_ui(ui: &mut Ui, palette: &Palette, experts: &ExpertAges) {
    let Some((bound, share)) = fresh(experts) else { return };
    let name = format!("experts fresher than {}", brief(bound));
    let hint = format!(
        "Share of the experts in the replay buffer that were planned less than {} updates ago. {:.0} % of all \
         transitions have an expert from reanalyze.",
        grouped(usize::try_from(bound).unwrap_or(usize::MAX)),
        experts.reanalyzed * 100.0
    );
    field_ui(ui, palette, &name, &hint, |ui| {
        ui.label(RichText::new(format!("{:.0} %", share * 100.0)).font(mono(12.5)));
    });
}

/// Returns the largest age bound up to 5,000 updates, and the share of experts younger than that.
fn fresh(experts: &ExpertAges) -> Option<(u64, f32)> {
    let closed: Vec<_> = experts.histogram.iter().filter(|(bound, _)| *bound < u64::MAX).collect();
    let place = closed.iter().rposition(|(bound, _)| *bound <= 5000).unwrap_or_default();
    let bound = closed.get(place)?.0;
    let all: f32 = experts.histogram.iter().map(|(_, share)| share).sum();
    let young: f32 = closed[..=place].iter().map(|(_, share)| share).sum();
    (all > 0.0).then(|| (bound, young / all))
}

fn brief(number: u64) -> String {
    if number >= 1000 && number.is_multiple_of(1000) { format!("{}k", number / 1000) } else { number.to_string() }
}

/// The pace of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// As fast as the computer can.
    #[default]
    Full,
    /// Real time.
    RealTime,
    /// A fifth of real time.
    Slow,
}

/// Draws the pace switch; returns the command that sets it if it was changed.
pub fn pace_ui(ui: &mut Ui, palette: &Palette, pace: &mut Pace, config: &Config) -> Option<Command> {
    let choices = [
        (Pace::Full, "full", "As fast as this computer can."),
        (Pace::RealTime, "real time", "At most one simulated second per second."),
        (Pace::Slow, "slow", "A fifth of real time, to follow every decision."),
    ];
    let chosen = switch_ui(ui, palette, "pace", *pace, &choices)?;
    *pace = chosen;
    let timestep = configured_task(&config.task).map_or(0.02, |info| info.control_timestep);
    let seconds = narrow(timestep) * real(config.task.action_repeat.max(1));
    Some(Command::SetPace(match chosen {
        Pace::Full => None,
        Pace::RealTime => Some(1.0 / seconds),
        Pace::Slow => Some(0.2 / seconds),
    }))
}

/// Draws seed, device, length and evaluations.
pub fn run_ui(ui: &mut Ui, palette: &Palette, draft: &mut Draft, device: &str) {
    field_ui(ui, palette, "seed", "Seed of all random numbers: same seed, same run.", |ui| {
        ui.add(DragValue::new(&mut draft.seed).range(0..=u64::from(u32::MAX)).speed(0.1));
    });
    let entries = [
        ("auto", "The fastest that works: a hardware GPU if there is one, otherwise the CPU.".to_owned()),
        ("cpu", "The CPU, with all cores.".to_owned()),
        ("gpu", "The first GPU; gpu:N in the settings below selects another one.".to_owned()),
    ];
    let hint =
        if device.is_empty() { "The device to compute on.".to_owned() } else { format!("Now computing on: {device}") };
    let text = match device.split([',', '(']).next().map(str::trim) {
        Some(short) if !short.is_empty() => format!("{} → {short}", draft.device),
        _ => draft.device.clone(),
    };
    if let Some(chosen) = combo_ui(ui, palette, ["device", &hint, &text], &entries) {
        chosen.clone_into(&mut draft.device);
    }
    let numbers = [
        ("steps", "Environment steps to train for: decisions times action repeat.", &mut draft.steps, 1),
        (
            "evaluate every",
            "Environment steps between evaluations of planner and bare policy; 0 evaluates only at the end.",
            &mut draft.evaluate_every,
            0,
        ),
    ];
    for (name, hint, value, low) in numbers {
        field_ui(ui, palette, name, hint, |ui| {
            let speed = (f64::from(real(*value)) * 0.01).max(1.0);
            let field = DragValue::new(value).range(low..=1_000_000_000).speed(speed);
            ui.add(field.custom_formatter(|number, _| grouped(whole(number))).custom_parser(number));
        });
    }
}

/// Draws how experience is collected and learned from.
pub fn training_ui(ui: &mut Ui, palette: &Palette, draft: &mut Draft) {
    let meaning = |key| glossary::find(key).map_or("", |term| term.meaning);
    let counts = [
        ("environments", "environments", &mut draft.environments, 1..=1024),
        ("training sequence", "sequence", &mut draft.sequence, 0..=1000),
    ];
    for (name, key, value, range) in counts {
        field_ui(ui, palette, name, meaning(key), |ui| {
            let field = DragValue::new(value).range(range).speed(0.1);
            ui.add(field.custom_formatter(move |number, _| match whole(number) {
                0 => "horizon".to_owned(),
                number => number.to_string(),
            }));
        });
    }
    field_ui(ui, palette, "updates per decision", meaning("updates_per_decision"), |ui| {
        ui.add(DragValue::new(&mut draft.updates_per_decision).range(0.01..=64.0).speed(0.01).max_decimals(3));
    });
}

/// Parses a number as users type it: 200 000, 200k, 2e5.
fn number(text: &str) -> Option<f64> {
    let plain: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != ',').collect();
    match plain.strip_suffix(['k', 'K']) {
        Some(thousands) => thousands.parse::<f64>().ok().map(|number| number * 1000.0),
        None => plain.parse().ok(),
    }
}

/// Draws one field for all settings without their own control, with its errors and the last setting's help below.
pub fn more_ui(ui: &mut Ui, palette: &Palette, draft: &mut Draft, is_open: &mut bool) {
    ui.add_space(2.0);
    let text = if *is_open || !draft.more.is_empty() { "More settings" } else { "More settings…" };
    if link_ui(ui, palette, text).clicked() {
        *is_open = !*is_open;
    }
    if !*is_open && draft.more.is_empty() {
        return;
    }
    let edit = TextEdit::singleline(&mut draft.more)
        .hint_text("training.batch=64 model.mlp_dim=256")
        .font(mono(12.0))
        .desired_width(f32::INFINITY)
        .margin(vec2(8.0, 5.0))
        .background_color(palette.raised);
    let hint = "Any setting of the command line's --set, as key=value separated by spaces. They override all others.";
    ui.scope(|ui| {
        ui.visuals_mut().widgets.inactive.corner_radius = CornerRadius::same(RADIUS);
        ui.add(edit).accessible_name("More settings, key=value").on_hover_text(hint);
    });
    let problems = draft.more.split_whitespace().filter_map(|setting| Layers::new().set(setting).err());
    for problem in problems {
        ui.label(RichText::new(problem.to_string()).size(12.0).color(palette.bad));
    }
    let last = draft.more.split_whitespace().next_back().and_then(|setting| setting.split('=').next());
    if let Some(setting) = last.and_then(field) {
        let help = format!("{} Allowed: {}.", setting.help, setting.limit);
        ui.label(RichText::new(help).size(12.0).color(palette.weak));
    }
}
