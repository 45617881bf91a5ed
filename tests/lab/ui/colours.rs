//! Text is legible, and meaningful colours can be distinguished with any kind of colour vision.

use bootstride_lab::ui::Palette;
use bootstride_lab::view::Theme;
use eframe::egui::Color32;

const THEMES: [Theme; 2] = [Theme::Dark, Theme::Light];

fn linear(colour: Color32) -> [f64; 3] {
    [colour.r(), colour.g(), colour.b()].map(|channel| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    })
}

fn luminance([r, g, b]: [f64; 3]) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// WCAG 2 contrast ratio.
fn contrast(a: Color32, b: Color32) -> f64 {
    let (a, b) = (luminance(linear(a)), luminance(linear(b)));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_can_be_read() {
    for theme in THEMES {
        let p = Palette::of(theme);
        for (name, behind) in [("panel", p.panel), ("raised", p.raised), ("background", p.background)] {
            assert!(contrast(p.strong, behind) >= 7.0, "strong on {name}, {theme:?}");
            assert!(contrast(p.text, behind) >= 7.0, "text on {name}, {theme:?}");
            assert!(contrast(p.weak, behind) >= 4.5, "weak on {name}, {theme:?}");
        }
        for (name, colour) in
            [("policy", p.policy), ("elite", p.elite), ("plan", p.plan), ("good", p.good), ("bad", p.bad)]
        {
            assert!(contrast(colour, p.panel) >= 4.5, "{name} as text on a panel, {theme:?}");
        }
        assert!(contrast(p.sample, p.panel) >= 3.0, "samples are drawn, not written, {theme:?}");
    }
}

/// What a viewer without red (protan) or green (deutan) cones sees; Machado, Oliveira and Fernandes 2009, severity 1.
const VIEWERS: [(&str, [[f64; 3]; 3]); 3] = [
    ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protan",
        [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
    ),
    (
        "deutan",
        [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
    ),
];

/// CIE L*a*b* of linear RGB.
fn lab([r, g, b]: [f64; 3]) -> [f64; 3] {
    let f = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
    let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    let y = f(luminance([r, g, b]));
    let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[test]
fn colours_with_a_meaning_differ_for_every_viewer() {
    for theme in THEMES {
        let p = Palette::of(theme);
        let colours = [
            ("policy", p.policy),
            ("sample", p.sample),
            ("elite", p.elite),
            ("plan", p.plan),
            ("good", p.good),
            ("bad", p.bad),
        ];
        for (viewer, matrix) in VIEWERS {
            let seen = |colour: Color32| {
                let light = linear(colour);
                lab(matrix.map(|row| (0..3).map(|i| row[i] * light[i]).sum::<f64>().clamp(0.0, 1.0)))
            };
            for (index, (name, colour)) in colours.iter().enumerate() {
                for (other, beside) in &colours[..index] {
                    let distance =
                        seen(*colour).iter().zip(seen(*beside)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    assert!(distance > 15.0, "{name} and {other} are {distance:.1} apart for {viewer}, {theme:?}");
                }
            }
        }
    }
}
