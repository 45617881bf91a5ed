//! Counts as users write them: `40000`, `40_000`, `4e4`, `40k`, `1.5M`.

use thiserror::Error;

/// The reason why a text is not a count.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CountError {
    /// Not written like a number.
    #[error("`{0}` is not a number")]
    Unreadable(String),
    /// Not a whole number.
    #[error("`{0}` is not a whole number")]
    NotWhole(String),
    /// Negative.
    #[error("`{0}` is below 0")]
    Negative(String),
    /// Beyond 64 bits.
    #[error("`{0}` is too large")]
    TooLarge(String),
}

/// Reads a count: digits, optionally with `_` between them, a fraction, an exponent and one of the letters k, M and G
/// for thousands, millions and billions, as long as the number is whole. No rounding: `1.5M` is 1500000 exactly.
///
/// # Errors
/// [`CountError`] with the reason.
pub fn parse_count(text: &str) -> Result<u64, CountError> {
    let text = text.trim();
    let unreadable = || CountError::Unreadable(text.into());
    let (is_negative, number) = match text.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (number, letter) = match number.strip_suffix(['k', 'K', 'M', 'G']) {
        Some(number) => (number, &text[text.len() - 1..]),
        None => (number, ""),
    };
    let scale = match letter {
        "k" | "K" => 3,
        "M" => 6,
        "G" => 9,
        _ => 0,
    };
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, self::exponent(exponent).ok_or_else(unreadable)?),
        None => (number, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, digits(fraction).ok_or_else(unreadable)?),
        None => (mantissa, String::new()),
    };
    let written = digits(whole).ok_or_else(unreadable)? + &fraction;
    let significant = written.trim_end_matches('0');
    // Both are lengths of the user's input.
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
    let power = exponent.saturating_add(scale - length(&fraction) + length(&written) - length(significant));
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    if power < 0 {
        return Err(CountError::NotWhole(text.into()));
    }
    if is_negative {
        return Err(CountError::Negative(text.into()));
    }
    let value = u32::try_from(power)
        .ok()
        .and_then(|power| 10_u64.checked_pow(power))
        .and_then(|factor| significant.parse::<u64>().ok()?.checked_mul(factor));
    value.ok_or_else(|| CountError::TooLarge(text.into()))
}

/// Returns the digits of a part of a number; an underscore may stand between two of them.
fn digits(part: &str) -> Option<String> {
    let is_whole = part.split('_').all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    is_whole.then(|| part.replace('_', ""))
}

/// Returns an exponent; one beyond 64 bits saturates.
fn exponent(part: &str) -> Option<i64> {
    let (sign, number) = match part.strip_prefix('-') {
        Some(number) => (-1, number),
        None => (1, part.strip_prefix('+').unwrap_or(part)),
    };
    Some(sign * digits(number)?.parse::<i64>().unwrap_or(i64::MAX / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_people_write_them() {
        let cases = [
            ("0", 0),
            ("007", 7),
            ("40000", 40_000),
            ("40_000", 40_000),
            ("4e4", 40_000),
            ("4E+4", 40_000),
            ("40k", 40_000),
            ("40K", 40_000),
            ("1.5M", 1_500_000),
            ("0.5k", 500),
            ("1e5", 100_000),
            ("1.25e2", 125),
            ("2500e-2", 25),
            ("1e2k", 100_000),
            ("3G", 3_000_000_000),
            (" 12 ", 12),
            ("-0", 0),
            ("0e400", 0),
            ("18446744073709551615", u64::MAX),
        ];
        for (text, count) in cases {
            assert_eq!(parse_count(text), Ok(count), "{text}");
        }
    }

    #[test]
    fn what_is_no_count_is_refused_with_the_reason() {
        for text in [
            "", "k", "abc", "1e", "e5", "1..5", ".5", "5.", "_1", "1_", "1__0", "1,000", "0x10", "1kk", "é", "é k",
            "1e5.5", "inf", "nan", "--1",
        ] {
            assert_eq!(parse_count(text), Err(CountError::Unreadable(text.trim().into())), "{text}");
        }
        for text in ["0.5", "1e-1", "1.2345k", "-0.5", "1e-99999999999999999999999"] {
            assert_eq!(parse_count(text), Err(CountError::NotWhole(text.into())), "{text}");
        }
        for text in ["-1", "-1e5", "-40k"] {
            assert_eq!(parse_count(text), Err(CountError::Negative(text.into())), "{text}");
        }
        for text in ["1e400", "18446744073709551616", "1e99999999999999999999999", "20000000000G"] {
            assert_eq!(parse_count(text), Err(CountError::TooLarge(text.into())), "{text}");
        }
    }
}
