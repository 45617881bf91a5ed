//! The lab's fonts: Inter for text, `JetBrains Mono` for numbers that change.

use std::sync::Arc;

use eframe::egui::{Context, FontData, FontDefinitions, FontFamily, FontId};

/// Font family of headings and emphasised text.
pub const STRONG: &str = "strong";

/// Font family between text and [`STRONG`], for names of tabs and sections.
pub const MEDIUM: &str = "medium";

/// Font family of emphasised numbers.
pub const MONO_STRONG: &str = "mono-strong";

/// Installs the lab's fonts in egui, from the next frame on. Call this before the first frame: egui cannot draw with a
/// family that is not installed.
pub fn install(ctx: &Context) {
    let mut fonts = FontDefinitions::empty();
    let files: [(&str, &'static [u8]); 5] = [
        ("inter", include_bytes!("../../../../assets/fonts/Inter-Regular.otf")),
        ("inter-medium", include_bytes!("../../../../assets/fonts/Inter-Medium.otf")),
        ("inter-strong", include_bytes!("../../../../assets/fonts/Inter-SemiBold.otf")),
        ("mono", include_bytes!("../../../../assets/fonts/JetBrainsMono-Regular.ttf")),
        ("mono-medium", include_bytes!("../../../../assets/fonts/JetBrainsMono-Medium.ttf")),
    ];
    for (name, bytes) in files {
        fonts.font_data.insert(name.into(), Arc::new(FontData::from_static(bytes)));
    }
    // Each font falls back to the other: Inter has the double bar of KL, JetBrains Mono has the parallel sign.
    let families = [
        (FontFamily::Proportional, ["inter", "mono"]),
        (FontFamily::Monospace, ["mono", "inter"]),
        (FontFamily::Name(STRONG.into()), ["inter-strong", "mono-medium"]),
        (FontFamily::Name(MEDIUM.into()), ["inter-medium", "mono-medium"]),
        (FontFamily::Name(MONO_STRONG.into()), ["mono-medium", "inter-medium"]),
    ];
    for (family, faces) in families {
        fonts.families.insert(family, faces.map(Into::into).into());
    }
    ctx.set_fonts(fonts);
}

/// Returns the text font in this size, in points.
#[must_use]
pub fn sans(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Returns the font of headings and emphasised text in this size, in points.
#[must_use]
pub fn strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(STRONG.into()))
}

/// Returns the font of changing numbers in this size, in points.
#[must_use]
pub fn mono(size: f32) -> FontId {
    FontId::new(size, FontFamily::Monospace)
}

/// Returns the font of emphasised changing numbers in this size, in points.
#[must_use]
pub fn mono_strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(MONO_STRONG.into()))
}
