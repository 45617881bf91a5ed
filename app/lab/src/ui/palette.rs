//! The colours. Each has one meaning everywhere: in 3D, plots and text.

use eframe::egui::Color32;

use crate::view::Theme;

/// The colours of a theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// The bare policy and its proposals.
    pub policy: Color32,
    /// Samples of MPPI.
    pub sample: Color32,
    /// Elites.
    pub elite: Color32,
    /// The plan and the planner.
    pub plan: Color32,
    /// Good, or what actually happened.
    pub good: Color32,
    /// Bad.
    pub bad: Color32,
    /// The background.
    pub background: Color32,
    /// Panels.
    pub panel: Color32,
    /// Controls on a panel.
    pub raised: Color32,
    /// Selected or hovered items.
    pub active: Color32,
    /// Thin lines: grids, separators.
    pub line: Color32,
    /// Emphasised text.
    pub strong: Color32,
    /// Text.
    pub text: Color32,
    /// Secondary text.
    pub weak: Color32,
    /// Whether it is dark.
    pub dark: bool,
}

const fn rgb(hex: u32) -> Color32 {
    let [_, r, g, b] = hex.to_be_bytes();
    Color32::from_rgb(r, g, b)
}

impl Palette {
    /// Returns the palette of a theme.
    #[must_use]
    pub const fn of(theme: Theme) -> Self {
        match theme {
            Theme::Dark => Self {
                policy: rgb(0x4c_c2ff),
                sample: rgb(0x6b_7684),
                elite: rgb(0xff_c857),
                plan: rgb(0xff_5fd2),
                good: rgb(0x57_d9a3),
                bad: rgb(0xff_6b6b),
                background: rgb(0x0f_1216),
                panel: rgb(0x16_1a20),
                raised: rgb(0x1c_2129),
                active: rgb(0x2a_313b),
                line: rgb(0x26_2c35),
                strong: rgb(0xf2_f5f8),
                text: rgb(0xc3_cad3),
                weak: rgb(0x8a_93a0),
                dark: true,
            },
            Theme::Light => Self {
                policy: rgb(0x05_6bd0),
                sample: rgb(0x84_8d98),
                elite: rgb(0x98_6815),
                plan: rgb(0xb4_2992),
                good: rgb(0x1c_815a),
                bad: rgb(0xa9_3132),
                background: rgb(0xe9_ecf0),
                panel: rgb(0xf8_f9fb),
                raised: rgb(0xec_eff3),
                active: rgb(0xd7_dde4),
                line: rgb(0xdc_e1e7),
                strong: rgb(0x12_161c),
                text: rgb(0x36_3e48),
                weak: rgb(0x5c_6672),
                dark: false,
            },
        }
    }
}

/// Mixes `a` with `b` by `share` (0 to 1), in gamma space, as perceived.
#[must_use]
pub fn mix(a: Color32, b: Color32, share: f32) -> Color32 {
    a.lerp_to_gamma(b, share)
}
