//! Counts on the command line: `40000`, `40_000`, `4e4`, `40k`.

use std::ops::RangeInclusive;

use bootstride_core::config::parse_count;

/// Range of seeds: configuration files are TOML, whose integers end here.
pub const SEEDS: RangeInclusive<u64> = 0..=i64::MAX.unsigned_abs();
/// Range of environment steps; the configuration check is stricter and has its own error.
pub const STEPS: RangeInclusive<u64> = 0..=1_000_000_000_000;

/// Returns a clap parser for counts within `range`.
pub fn count<T: TryFrom<u64>>(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let forms = "a whole number such as 40000, 40_000, 4e4 or 40k";
        let allowed = format!("{}..={}", range.start(), range.end());
        let number = parse_count(text).map_err(|error| format!("{error}; expected {forms}, in {allowed}"))?;
        let within = Some(number).filter(|number| range.contains(number)).and_then(|number| T::try_from(number).ok());
        within.ok_or_else(|| format!("{number} is not in {allowed}; expected {forms}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_out_of_range_is_reported_with_the_range() {
        assert_eq!(count::<u16>(1..=1000)("1k"), Ok(1000));
        assert!(count::<u16>(1..=1000)("2k").unwrap_err().contains("2000 is not in 1..=1000"));
        assert!(count::<u64>(SEEDS)("-1").unwrap_err().contains("`-1` is below 0"));
        assert!(count::<u64>(SEEDS)("-1").unwrap_err().contains("0..=9223372036854775807"));
        assert!(count::<u8>(0..=1000)("300").is_err(), "too large for its type");
    }
}
