//! Plots: nothing is cut off or overlaps, and what is exported is what is drawn.

use std::time::Instant;

use bootstride_lab::ui::number::{fixed, grouped, short, signed};
use bootstride_lab::ui::{Axis, Bar, Mark, Palette, Plot};
use bootstride_lab::view::Theme;
use eframe::egui::{Ui, Vec2, vec2};
use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable;

use super::support::{assert_words_fit, harness, words};

fn curve(label: &str, palette: &Palette, share: f64, size: u32) -> Mark {
    let points = (0..size).map(|i| {
        let x = 42_000.0 * f64::from(i) / f64::from(size - 1);
        [x, share * 980.0 * (1.0 - (-x / 9_000.0).exp()) + 9.0 * (x / 700.0).sin()]
    });
    let colour = if share < 1.0 { palette.policy } else { palette.plan };
    Mark::Line { label: label.into(), colour, width: 2.0, points: points.collect() }
}

fn steps() -> Axis {
    Axis { label: "Environment steps (steps)".into(), ..Axis::default() }
}

fn returns(palette: &Palette) -> Plot {
    Plot {
        title: "Return: planner and policy".into(),
        merit: Some(("gap 2.1 %".into(), Some(palette.good))),
        x: steps(),
        marks: vec![curve("planner", palette, 1.0, 80), curve("policy", palette, 0.97, 80)],
        ..Plot::default()
    }
}

fn histogram(palette: &Palette) -> Plot {
    let bars = |low: u32, high: u32, scale: f64| {
        let bar = |i: u32| {
            let x = 62.0 + 12.0 * f64::from(i) / 48.0;
            Bar { x: [x, x + 0.25], y: [0.0, (scale * (-(x - 67.5).powi(2) / 6.0).exp()).round()] }
        };
        (low..high).map(bar).collect()
    };
    Plot {
        title: "Values of this decision's samples".into(),
        merit: Some(("iteration 6 of 6".into(), None)),
        x: Axis { label: "G (return)".into(), ..Axis::default() },
        y: Axis { hidden: true, ..Axis::default() },
        marks: vec![
            Mark::Bars { label: "samples".into(), colour: palette.sample, bars: bars(0, 36, 24.0) },
            Mark::Bars { label: "elites".into(), colour: palette.elite, bars: bars(36, 48, 40.0) },
            Mark::Rug { label: "policy".into(), colour: palette.policy, xs: vec![66.2, 68.4, 69.0, 69.2, 70.1, 71.0] },
            Mark::Vertical { label: "plan 72.4".into(), colour: palette.plan, x: 72.4, dashed: false },
            Mark::Vertical { label: "best 72.9".into(), colour: palette.elite, x: 72.9, dashed: true },
        ],
        ..Plot::default()
    }
}

fn losses(palette: &Palette) -> Plot {
    let line = |label: &str, colour, from: f64| {
        let points = (0..200).map(|i| [f64::from(i) * 500.0, from * (-f64::from(i) / 60.0).exp()]);
        Mark::Line { label: label.into(), colour, width: 1.6, points: points.collect() }
    };
    Plot {
        title: "World model's losses".into(),
        x: steps(),
        y: Axis { logarithmic: true, ..Axis::default() },
        marks: vec![
            line("total", palette.text, 8.0),
            line("consistency", palette.good, 2.0),
            line("reward", palette.elite, 1.9),
            line("value", palette.policy, 2.1),
        ],
        ..Plot::default()
    }
}

fn hard_to_fit(palette: &Palette) -> Plot {
    Plot {
        title: "A title that is far longer than the plot is wide, as may be on a small display".into(),
        merit: Some(("and a merit next to it".into(), None)),
        x: steps(),
        marks: vec![
            curve("planner", palette, 1.0, 2),
            curve("policy", palette, 0.999, 2),
            Mark::Vertical { label: "left end".into(), colour: palette.plan, x: 0.0, dashed: false },
            Mark::Vertical { label: "right end".into(), colour: palette.good, x: 42_000.0, dashed: true },
            Mark::Vertical { label: "nearly there".into(), colour: palette.elite, x: 41_900.0, dashed: true },
        ],
        ..Plot::default()
    }
}

fn empty() -> Plot {
    Plot { title: "ΔQ over training".into(), empty: "Nothing planned yet.".into(), ..Plot::default() }
}

fn all(palette: &Palette) -> [Plot; 5] {
    [returns(palette), histogram(palette), losses(palette), hard_to_fit(palette), empty()]
}

fn gallery_ui(ui: &mut Ui, palette: &Palette, height: f32) {
    for mut plot in all(palette) {
        plot.height = Some(height);
        plot.show(ui, palette);
    }
}

#[test]
fn plots_look_as_they_should() {
    let mut results = SnapshotResults::new();
    for (theme, name) in [(Theme::Dark, "plots_dark"), (Theme::Light, "plots_light")] {
        let mut harness = harness(theme, vec2(420.0, 5.0 * 158.0 + 28.0), |ui, palette| gallery_ui(ui, palette, 150.0));
        harness.run();
        assert_words_fit(&harness, name);
        harness.snapshot(name);
        results.extend(harness.take_snapshot_results());
    }
}

#[test]
fn the_readout_and_the_export_button_look_as_they_should() {
    let mut harness = harness(Theme::Dark, vec2(420.0, 250.0), |ui, palette| {
        let mut plot = returns(palette);
        plot.height = Some(200.0);
        plot.show(ui, palette);
    });
    harness.run();
    harness.hover_at(eframe::egui::pos2(180.0, 120.0));
    harness.run_steps(4);
    harness.snapshot("plot_hovered");
}

#[test]
fn nothing_is_cut_off_or_overlaps_at_any_size() {
    for width in [140.0, 220.0, 333.0, 700.0] {
        for height in [64.0, 90.0, 150.0, 320.0] {
            let size = vec2(width, 5.0 * (height + 8.0) + 28.0);
            let mut harness = harness(Theme::Dark, size, move |ui, palette| gallery_ui(ui, palette, height));
            harness.run();
            assert_words_fit(&harness, &format!("{width} x {height}"));
        }
    }
}

#[test]
fn labels_stand_beside_the_ends_of_their_lines() {
    let mut harness = harness(Theme::Dark, vec2(420.0, 200.0), |ui, palette| {
        returns(palette).show(ui, palette);
    });
    harness.run();
    let words = words(&harness);
    let find = |text: &str| words.iter().find(|word| word.0 == text).map(|word| word.1).unwrap();
    let (planner, policy) = (find("planner"), find("policy"));
    assert!(planner.bottom() <= policy.center().y + 1.0, "the higher line's label is above");
    assert!(find("42k steps").center().y > policy.bottom() && find("gap 2.1 %").right() > planner.left());
}

#[test]
fn labels_of_vertical_lines_keep_the_lines_order() {
    let mut harness = harness(Theme::Dark, vec2(420.0, 200.0), |ui, palette| {
        histogram(palette).show(ui, palette);
    });
    harness.run();
    let words = words(&harness);
    let find = |text: &str| words.iter().find(|word| word.0 == text).map(|word| word.1).unwrap();
    assert!(find("plan 72.4").right() < find("best 72.9").left());
}

#[test]
fn an_empty_plot_says_what_will_be_there() {
    let mut harness = harness(Theme::Dark, vec2(300.0, 160.0), |ui, palette| {
        empty().show(ui, palette);
    });
    harness.run();
    assert!(words(&harness).iter().any(|word| word.0 == "Nothing planned yet."));
}

#[test]
fn the_pointer_reads_every_series_and_picks_an_x() {
    let picked = std::cell::Cell::new(None);
    let mut harness = harness(Theme::Dark, vec2(420.0, 240.0), |ui, palette| {
        let response = returns(palette).show(ui, palette);
        picked.set(response.picked.or(picked.get()));
    });
    harness.run();
    let plot = harness.get_by_label("Return: planner and policy, gap 2.1 %").rect();
    harness.hover_at(plot.center());
    harness.run_steps(4);
    let said: Vec<String> = words(&harness).into_iter().map(|word| word.0).collect();
    assert_eq!(said.iter().filter(|text| *text == "planner").count(), 2, "label and readout: {said:?}");
    assert!(said.iter().any(|text| text == "Environment steps"), "{said:?}");
    assert_eq!(picked.get(), None, "looking does not pick");
    harness.drag_at(plot.center());
    harness.step();
    harness.drop_at(plot.center());
    harness.run_steps(2);
    let x = picked.get().unwrap();
    assert!((12_000.0..30_000.0).contains(&x), "{x}");
}

#[test]
fn csv_holds_every_point() {
    let palette = Palette::of(Theme::Dark);
    let plot = losses(&palette);
    let csv = plot.to_csv();
    assert_eq!(csv.lines().count(), 1 + 4 * 200);
    let Mark::Line { points, .. } = &plot.marks[0] else { unreachable!() };
    for [x, y] in points {
        assert!(csv.contains(&format!("\ntotal,line,{x},,{y},\n")), "{x}, {y}");
    }
    let bars = histogram(&palette).to_csv();
    assert!(bars.contains("samples,bar,62,62.25,0,") && bars.contains("policy,stroke,66.2,,,"));
    let mut named = empty();
    named.marks.push(Mark::Rug { label: "a \"b\", c".into(), colour: palette.bad, xs: vec![1.0] });
    assert!(named.to_csv().contains("\"a \"\"b\"\", c\",stroke,1,,,"));
}

/// Tags open and close in order, attributes are quoted, and no sign is left that XML forbids.
fn assert_well_formed(xml: &str) {
    let mut open = Vec::new();
    let mut rest = xml;
    while let Some((text, tail)) = rest.split_once('<') {
        assert!(!text.contains('>'), "stray > in {text:?}");
        let (tag, tail) = tail.split_once('>').expect("a tag ends");
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes in {tag:?}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name.to_owned()));
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap().to_owned());
        }
        rest = tail;
    }
    assert!(open.is_empty(), "{open:?} stay open");
    for (place, _) in xml.match_indices('&') {
        assert!(["&amp;", "&lt;", "&gt;", "&quot;"].iter().any(|entity| xml[place..].starts_with(entity)));
    }
}

#[test]
fn svg_is_well_formed_and_labelled() {
    for theme in [Theme::Dark, Theme::Light] {
        let palette = Palette::of(theme);
        for plot in all(&palette) {
            assert_well_formed(&plot.to_svg(480.0, 200.0, &palette));
        }
        let svg = returns(&palette).to_svg(480.0, 200.0, &palette);
        for text in ["Return: planner and policy", "gap 2.1 %", ">planner<", ">policy<", ">42k steps<"] {
            assert!(svg.contains(text), "{text} is missing");
        }
        let mut sharp = returns(&palette);
        sharp.title = "a < b & \"c\"".into();
        assert_well_formed(&sharp.to_svg(480.0, 200.0, &palette));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}

#[test]
fn gaps_and_odd_numbers_do_no_harm() {
    let palette = Palette::of(Theme::Dark);
    let line = |points: Vec<[f64; 2]>| Plot {
        title: "Odd".into(),
        marks: vec![Mark::Line { label: "odd".into(), colour: palette.plan, width: 1.0, points }],
        ..Plot::default()
    };
    for points in [
        vec![[0.0, 1.0]],
        vec![[0.0, 5.0], [1.0, 5.0]],
        vec![[0.0, f64::NAN], [1.0, 2.0], [2.0, f64::INFINITY], [3.0, 4.0]],
        vec![[0.0, 1e-12], [1.0, 2e-12]],
        vec![[0.0, -3e9], [1.0, 7e9]],
        vec![[5.0, 0.0], [5.0, 0.0]],
    ] {
        let svg = line(points.clone()).to_svg(300.0, 160.0, &palette);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{points:?} gives {svg}");
        assert!(svg.contains("<polyline"), "{points:?}");
    }
}

#[test]
fn five_long_lines_are_drawn_quickly() {
    let mut harness = harness(Theme::Dark, vec2(420.0, 240.0), |ui, palette| {
        let mut plot = returns(palette);
        plot.marks = (0..5).map(|i| curve("line", palette, 1.0 - 0.1 * f64::from(i), 2_000)).collect();
        plot.height = Some(200.0);
        let start = Instant::now();
        plot.show(ui, palette);
        let took = start.elapsed();
        ui.ctx().data_mut(|data| {
            let best = data.get_temp_mut_or(eframe::egui::Id::unique("best"), f64::INFINITY);
            *best = best.min(took.as_secs_f64());
        });
    });
    harness.run_steps(40);
    let best: f64 = harness.ctx.data(|data| data.get_temp(eframe::egui::Id::unique("best"))).unwrap();
    println!("5 lines of 2,000 points: {:.3} ms", 1e3 * best);
    // The aim is 0.3 ms; the bound leaves room for a busy machine.
    assert!(best < 1e-3, "{best} s");
}

#[test]
fn numbers_are_written_shortly() {
    let shortly =
        [(0.0, "0"), (71.83, "71.8"), (-0.3124, "−0.312"), (1_000.0, "1000"), (42_180.0, "42.2k"), (2.5e6, "2.5M")];
    for (number, text) in shortly {
        assert_eq!(short(number), text);
    }
    assert_eq!(short(f64::NAN), "–");
    assert_eq!((signed(0.312, 2), signed(-0.001, 2), signed(-1.0, 1)), ("+0.31".into(), "0.00".into(), "−1.0".into()));
    assert_eq!((fixed(2.0, 1), grouped(42_180), grouped(999)), ("2.0".into(), "42\u{2009}180".into(), "999".into()));
}

#[test]
fn sizes_smaller_than_anything_do_not_panic() {
    let mut harness = harness(Theme::Dark, Vec2::new(40.0, 40.0), |ui, palette| gallery_ui(ui, palette, 20.0));
    harness.run();
}
