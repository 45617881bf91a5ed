//! What a setting allows by itself.

use std::fmt;
use std::ops::{Bound, RangeBounds};

use crate::text::is_control;
use Bound::{Excluded, Included, Unbounded};

/// What a setting allows by itself. A front end may derive its sliders from it.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// A whole number, both ends included.
    Whole(i64, i64),
    /// A finite real number.
    Real(Bound<f64>, Bound<f64>),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// true or false.
    Flag,
    /// A name that is not empty.
    Name,
    /// `auto`, `cpu`, `gpu` or `gpu:N`.
    Device,
    /// A table with any content, read by the part that it belongs to.
    Table,
}

impl Limit {
    /// Any count from 1.
    pub const COUNT: Self = Self::Whole(1, 1_000_000);
    /// A number of steps, 0 included.
    pub const STEPS: Self = Self::Whole(0, 1_000_000_000_000);
    /// A real number above 0.
    pub const POSITIVE: Self = Self::Real(Excluded(0.0), Unbounded);
    /// A real number from 0.
    pub const NOT_NEGATIVE: Self = Self::Real(Included(0.0), Unbounded);
    /// A real number above 0, at most 1.
    pub const SHARE: Self = Self::Real(Excluded(0.0), Included(1.0));

    /// Returns whether `value` has the right type and is within the limit.
    #[must_use]
    pub fn allows(&self, value: &toml::Value) -> bool {
        use toml::Value::{Boolean, Float, Integer, String, Table};
        match (self, value) {
            (Self::Whole(low, high), Integer(number)) => (low..=high).contains(&number),
            // Also as f32: most numbers are stored as f32, and one that rounds onto an excluded end is out of range.
            #[allow(clippy::cast_possible_truncation, reason = "rounding is what is asked about")]
            (Self::Real(low, high), Float(number)) => {
                let rounded = f64::from(*number as f32);
                let within = |number: &f64| number.is_finite() && (*low, *high).contains(number);
                within(number) && within(&rounded)
            }
            (Self::OneOf(words), String(word)) => words.contains(&word.as_str()),
            (Self::Flag, Boolean(_)) | (Self::Table, Table(_)) => true,
            (Self::Name, String(name)) => !name.trim().is_empty() && !name.chars().any(is_control),
            (Self::Device, String(device)) => match device.strip_prefix("gpu:") {
                Some(number) => number.parse::<u16>().is_ok() && number.bytes().all(|digit| digit.is_ascii_digit()),
                None => ["auto", "cpu", "gpu"].contains(&device.as_str()),
            },
            _ => false,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(low, high) => write!(f, "a whole number from {low} to {high}"),
            Self::Real(low, high) => {
                // Numbers are stored as f32, whose own range is shown if there is no tighter limit.
                f.write_str("a number")?;
                match low {
                    Included(low) => write!(f, " from {low}")?,
                    Excluded(low) => write!(f, " above {low}")?,
                    Unbounded => f.write_str(" from -3.4e38")?,
                }
                match high {
                    Included(high) => write!(f, " to {high}")?,
                    Excluded(high) => write!(f, " and below {high}")?,
                    Unbounded => f.write_str(" to 3.4e38")?,
                }
                if *low == Excluded(0.0) { f.write_str(" (at least 1e-45)") } else { Ok(()) }
            }
            Self::OneOf(words) => f.write_str(&words.join(", ")),
            Self::Flag => f.write_str("true or false"),
            Self::Name => f.write_str("a name"),
            Self::Table => f.write_str("a table"),
            Self::Device => f.write_str("auto, cpu, gpu, or gpu:N with the adapter's number"),
        }
    }
}
