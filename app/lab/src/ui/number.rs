//! Number formatting (short, with a true minus and thousands separators) and conversions.

pub use bootstride_render::maths::{narrow, real};

/// Formats three to four significant digits: `0.312`, `71.8`, `1,234`, `42k`, `1.2M`.
#[must_use]
pub fn short(number: f64) -> String {
    if !number.is_finite() {
        return "–".into();
    }
    let size = number.abs();
    let text = match size {
        0.0 => "0".into(),
        s if s < 0.001 => return sign(number, scientific(size)),
        s if s < 0.999_5 => trim(format!("{size:.3}")),
        s if s < 9.995 => trim(format!("{size:.2}")),
        s if s < 999.95 => trim(format!("{size:.1}")),
        s if s < 9_999.5 => grouped_digits(size),
        s if s < 999_500.0 => format!("{}k", trim(format!("{:.1}", size / 1e3))),
        s if s < 1e9 => format!("{}M", trim(format!("{:.2}", size / 1e6))),
        _ => scientific(size),
    };
    sign(number, text)
}

/// Formats a number with this many decimals and a true minus.
#[must_use]
pub fn fixed(number: f64, decimals: usize) -> String {
    if !number.is_finite() {
        return "–".into();
    }
    let text = format!("{:.decimals$}", number.abs());
    let zero = text.chars().all(|c| matches!(c, '0' | '.'));
    if zero { text } else { sign(number, text) }
}

/// Like [`fixed`], with a plus sign for positive numbers.
#[must_use]
pub fn signed(number: f64, decimals: usize) -> String {
    let text = fixed(number, decimals);
    let positive = number.is_finite() && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) && number > 0.0;
    if positive { format!("+{text}") } else { text }
}

/// Formats a whole number with a thin space as thousands separator: `42 180`.
#[must_use]
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && digits.len() > 4 {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    text
}

/// Formats a number for running text: about three significant digits, never in thousands.
#[must_use]
pub fn figure(value: f32) -> String {
    let size = value.abs();
    let text = match size {
        _ if !value.is_finite() => "?".into(),
        _ if size >= 100.0 => format!("{size:.0}"),
        _ if size >= 10.0 => format!("{size:.1}"),
        _ if size >= 0.1 || size == 0.0 => format!("{size:.2}"),
        _ if size >= 0.0005 => {
            let text = format!("{size:.3}");
            text.strip_suffix('0').map_or(text.clone(), str::to_owned)
        }
        _ => "0.00".into(),
    };
    let nothing = text.chars().all(|c| c == '0' || c == '.');
    if value < 0.0 && !nothing { format!("\u{2212}{text}") } else { text }
}

/// Formats a difference: [`figure`] with its sign.
#[must_use]
pub fn signed_figure(value: f32) -> String {
    let text = figure(value);
    if text.starts_with('\u{2212}') || text == "?" { text } else { format!("+{text}") }
}

/// Formats a share of 1 in percent.
#[must_use]
pub fn percent(share: f32) -> String {
    let percent = 100.0 * share;
    let text = if percent.abs() < 9.95 { format!("{percent:.1}") } else { format!("{percent:.0}") };
    format!("{}\u{a0}%", text.replace('-', "\u{2212}"))
}

/// Formats a number at a tick of an axis whose ticks are `step` apart.
#[must_use]
pub fn tick(number: f64, step: f64) -> String {
    let size = number.abs().max(step.abs());
    let (unit, suffix) = match size {
        s if s >= 999_500.0 => (1e6, "M"),
        s if s >= 9_999.5 => (1e3, "k"),
        _ => (1.0, ""),
    };
    if number == 0.0 {
        return "0".into();
    }
    if size < 0.001 {
        return sign(number, scientific(number.abs()));
    }
    let decimals = decimals_of(step / unit);
    let text = fixed(number / unit, decimals);
    format!("{text}{suffix}")
}

/// Returns the decimals needed to distinguish multiples of `step`.
fn decimals_of(step: f64) -> usize {
    (0..6)
        .find(|&decimals| {
            let scaled = step.abs() * 10_f64.powi(decimals);
            scaled >= 1.0 - 1e-9 && (scaled - scaled.round()).abs() < 1e-6 * scaled.max(1.0)
        })
        .and_then(|decimals| usize::try_from(decimals).ok())
        .unwrap_or(6)
}

fn sign(number: f64, text: String) -> String {
    if number < 0.0 { format!("−{text}") } else { text }
}

fn trim(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn scientific(size: f64) -> String {
    let text = format!("{size:.1e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{}e{}", trim(digits.to_owned()), power.replace('-', "−"))
}

fn grouped_digits(size: f64) -> String {
    let whole = format!("{size:.0}");
    match whole.len() {
        4 => whole,
        length => format!("{},{}", &whole[..length - 3], &whole[length - 3..]),
    }
}

/// Converts a count for calculations.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts here stay below 2^53")]
pub fn count(number: usize) -> f64 {
    number as f64
}

/// Returns the nearest count; 0 for negative numbers.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
pub fn whole(number: f64) -> usize {
    number.round().max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_a_real_minus_and_no_minus_zero() {
        let said = [1234.4, 71.83, 3.456, 0.31, 0.0123, 0.05, -1.84, -0.000_01, 0.0].map(figure);
        assert_eq!(said, ["1234", "71.8", "3.46", "0.31", "0.012", "0.05", "\u{2212}1.84", "0.00", "0.00"]);
        assert_eq!([0.31, -1.84, 0.0].map(signed_figure), ["+0.31", "\u{2212}1.84", "+0.00"]);
        assert_eq!(figure(f32::NAN), "?");
    }

    #[test]
    fn shares_are_per_cent() {
        assert_eq!([0.9432, 0.021, -0.5].map(percent), ["94\u{a0}%", "2.1\u{a0}%", "\u{2212}50\u{a0}%"]);
    }
}
