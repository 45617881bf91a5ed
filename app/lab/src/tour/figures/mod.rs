//! The figures next to a step's text, drawn from measurements on the frozen state.

mod course;
mod search;
mod settings;
mod worth;

use bootstride_session::history::History;
use eframe::egui::Color32;

use self::course::{ages, delta_q};
use self::search::{narrowing, two_values, values};
use self::settings::{trials, weights};
use self::worth::{added, gaussians, terms};
use super::scene::Scene;
use super::step::Figure;
use crate::ui::{Axis, Bar, Mark, Palette, Plot};

/// The text until there is something to draw.
const MEASURING: &str = "Measuring on the frozen state\u{2026}";

impl Figure {
    /// Returns the plot; `iteration` is the one shown.
    #[must_use]
    pub fn plot(self, scene: &Scene, history: &History, iteration: Option<usize>, palette: &Palette) -> Plot {
        let facts = scene.facts(history);
        let facts = facts.as_ref();
        let mut plot = match (self, facts) {
            (Self::DeltaQ, _) => delta_q(scene, history, palette),
            (Self::Ages, _) => ages(history, palette),
            (Self::Trials(control), _) => trials(scene, control, palette),
            (Self::Values, Some(facts)) => values(facts.setup, iteration, palette),
            (Self::TwoValues, Some(facts)) => two_values(facts, palette),
            (Self::Narrowing, Some(facts)) => narrowing(facts.setup, iteration, palette),
            (Self::Weights, Some(facts)) => weights(facts, palette),
            (Self::Gaussians, Some(facts)) => gaussians(facts, scene.replan, palette),
            (Self::Terms, Some(facts)) => terms(facts, palette),
            (Self::Added, Some(facts)) => added(facts, palette),
            (_, None) => Plot { title: self.title().into(), ..Plot::default() },
        };
        if plot.empty.is_empty() {
            plot.empty = MEASURING.into();
        }
        plot
    }

    fn title(self) -> &'static str {
        match self {
            Self::Values | Self::TwoValues => "Values of the sequences",
            Self::Narrowing => "The search narrows",
            Self::Weights => "Weights of the elites, iteration 1",
            Self::Trials(_) => "What you tried",
            Self::Gaussians => "Expert and policy",
            Self::Terms => "What G is made of",
            Self::Added => "Where \u{394}Q comes from",
            Self::DeltaQ => "\u{394}Q of the recorded decisions",
            Self::Ages => "Ages of the stored experts",
        }
    }
}

fn axis(label: &str) -> Axis {
    Axis { label: label.into(), ..Axis::default() }
}

fn line(label: &str, colour: Color32, points: Vec<[f64; 2]>) -> Mark {
    Mark::Line { label: label.into(), colour, width: 2.0, points }
}

fn vertical(label: &str, colour: Color32, x: f32, dashed: bool) -> Mark {
    Mark::Vertical { label: label.into(), colour, x: f64::from(x), dashed }
}

fn bars(label: &str, colour: Color32, bars: Vec<Bar>) -> Mark {
    Mark::Bars { label: label.into(), colour, bars }
}
