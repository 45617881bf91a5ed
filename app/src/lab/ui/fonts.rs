//! The lab's fonts: Inter for text, `JetBrains Mono` for numbers that change.

use std::sync::Arc;

use eframe::egui::{Context, FontData, FontDefinitions, FontFamily, FontId};

/// Name of the family of headings and of what matters.
pub const STRONG: &str = "strong";

/// Name of the family between text and [`STRONG`], for names of tabs and parts.
pub const MEDIUM: &str = "medium";

/// Name of the family of numbers that matter.
pub const MONO_STRONG: &str = "mono-strong";

/// Gives egui the lab's fonts, from the next frame on. Call before the first frame: egui cannot draw with a
/// family that it does not have yet.
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
    // Each face falls back on the other: Inter has the double bar of KL, JetBrains Mono has the parallel sign.
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

/// Text of this size, in points.
#[must_use]
pub fn sans(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Headings and what matters, of this size in points.
#[must_use]
pub fn strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(STRONG.into()))
}

/// Numbers that change, of this size in points.
#[must_use]
pub fn mono(size: f32) -> FontId {
    FontId::new(size, FontFamily::Monospace)
}

/// Numbers that change and matter, of this size in points.
#[must_use]
pub fn mono_strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(MONO_STRONG.into()))
}
