//! egui's style, derived from the palette: rounded, quiet, with shades instead of borders.

use eframe::egui::epaint::Shadow;
use eframe::egui::style::{HandleShape, ScrollStyle, Selection, WidgetVisuals, Widgets};
use eframe::egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Id, Margin, Stroke, Style, TextStyle, Theme as EguiTheme, Ui,
    Visuals, vec2,
};

use super::fonts;
use super::palette::{Palette, mix};
use crate::view::Theme;

/// Corner radius of controls, in points.
pub const RADIUS: u8 = 8;

/// Text size, in points.
pub const BODY: f32 = 13.0;

/// Size of secondary text, in points.
pub const SMALL: f32 = 11.5;

/// Size of headings, in points.
pub const HEADING: f32 = 14.0;

/// Minimum height of controls for touch input, in points.
pub const FINGER: f32 = 40.0;

/// Sets whether controls are large enough for touch input. Call before [`apply`].
pub fn set_for_fingers(ctx: &Context, fingers: bool) {
    ctx.data_mut(|data| data.insert_temp(Id::unique(FINGERS), fingers));
}

const FINGERS: &str = "bootstride fingers";

/// Returns whether controls are enlarged for touch input.
#[must_use]
pub fn is_for_fingers(ctx: &Context) -> bool {
    ctx.data(|data| data.get_temp(Id::unique(FINGERS))).unwrap_or_default()
}

/// Returns the height of a control: as given, or enlarged for touch input.
#[must_use]
pub fn tall(ui: &Ui, points: f32) -> f32 {
    if is_for_fingers(ui.ctx()) { points.max(FINGER) } else { points }
}

/// Applies this theme to egui. The first call installs the fonts and has to come before the first frame; later calls
/// are free while the theme does not change.
pub fn apply(ctx: &Context, theme: Theme) {
    let id = Id::unique("bootstride theme");
    let fingers = is_for_fingers(ctx);
    let before: Option<(Theme, bool)> = ctx.data(|data| data.get_temp(id));
    if before == Some((theme, fingers)) {
        return;
    }
    if before.is_none() {
        fonts::install(ctx);
    }
    ctx.data_mut(|data| data.insert_temp(id, (theme, fingers)));
    // Set for both of egui's themes, so that the system's preference has no effect.
    let mut style = style(&Palette::of(theme));
    if fingers {
        let spacing = &mut style.spacing;
        spacing.interact_size.y = FINGER;
        spacing.button_padding = vec2(12.0, 10.0);
        spacing.icon_width = 22.0;
        spacing.icon_width_inner = 12.0;
    }
    let style = std::sync::Arc::new(style);
    for of in [EguiTheme::Dark, EguiTheme::Light] {
        ctx.set_style_of(of, style.clone());
    }
}

/// Returns egui's style for this palette.
#[must_use]
pub fn style(palette: &Palette) -> Style {
    let mut style = Style { visuals: visuals(palette), ..Style::default() };
    style.text_styles = [
        (TextStyle::Small, fonts::sans(SMALL)),
        (TextStyle::Body, fonts::sans(BODY)),
        (TextStyle::Button, fonts::sans(BODY)),
        (TextStyle::Heading, fonts::strong(HEADING)),
        (TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace)),
    ]
    .into();
    style.drag_value_text_style = TextStyle::Monospace;
    style.animation_time = 0.08;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.35;
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(8.0, 8.0);
    spacing.button_padding = vec2(12.0, 6.0);
    spacing.interact_size = vec2(36.0, 26.0);
    spacing.window_margin = Margin::same(16);
    spacing.menu_margin = Margin::same(6);
    spacing.slider_rail_height = 4.0;
    spacing.tooltip_width = 320.0;
    spacing.menu_width = 260.0;
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 8.0;
    spacing.combo_width = 60.0;
    spacing.scroll = ScrollStyle { bar_width: 7.0, floating_width: 3.0, ..ScrollStyle::floating() };
    style
}

fn visuals(palette: &Palette) -> Visuals {
    let base = if palette.dark { Visuals::dark() } else { Visuals::light() };
    let shadow = |blur, alpha| Shadow { offset: [0, 6], blur, spread: 0, color: Color32::from_black_alpha(alpha) };
    Visuals {
        dark_mode: palette.dark,
        override_text_color: None,
        weak_text_color: Some(palette.weak),
        widgets: widgets(palette),
        selection: Selection {
            bg_fill: mix(palette.panel, palette.policy, 0.45),
            stroke: Stroke::new(1.0, palette.strong),
        },
        hyperlink_color: palette.policy,
        faint_bg_color: palette.raised,
        extreme_bg_color: palette.background,
        text_edit_bg_color: Some(palette.raised),
        code_bg_color: palette.raised,
        warn_fg_color: palette.elite,
        error_fg_color: palette.bad,
        window_corner_radius: CornerRadius::same(12),
        window_shadow: shadow(32, if palette.dark { 140 } else { 50 }),
        window_fill: palette.panel,
        window_stroke: Stroke::new(1.0, palette.line),
        menu_corner_radius: CornerRadius::same(10),
        panel_fill: palette.panel,
        popup_shadow: shadow(18, if palette.dark { 120 } else { 40 }),
        slider_trailing_fill: true,
        handle_shape: HandleShape::Circle,
        indent_has_left_vline: false,
        disabled_alpha: 0.45,
        ..base
    }
}

fn widgets(palette: &Palette) -> Widgets {
    let of = |fill: Color32, text: Color32, stroke: Stroke| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: stroke,
        corner_radius: CornerRadius::same(RADIUS),
        fg_stroke: Stroke::new(1.2, text),
        expansion: 0.0,
    };
    let pressed = mix(palette.active, palette.strong, 0.12);
    Widgets {
        noninteractive: of(palette.panel, palette.text, Stroke::new(1.0, palette.line)),
        inactive: of(palette.raised, palette.text, Stroke::NONE),
        hovered: of(palette.active, palette.strong, Stroke::NONE),
        // Focus has the same shade, so it also gets a ring for keyboard users.
        active: of(pressed, palette.strong, Stroke::new(1.0, palette.policy)),
        open: of(palette.active, palette.strong, Stroke::NONE),
    }
}
