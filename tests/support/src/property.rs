//! How many cases a property test draws. Their seed is fixed in `.cargo/config.toml`; `tests/run.sh --fresh` draws
//! others.

use proptest::prelude::ProptestConfig;

/// `count` cases, times `BOOTSTRIDE_PROPERTY_TIMES` if that is set. (proptest's own `PROPTEST_CASES` does not reach
/// tests that say how many they take.)
pub fn cases(count: u32) -> ProptestConfig {
    let times = std::env::var("BOOTSTRIDE_PROPERTY_TIMES")
        .map_or(1, |times| times.parse().expect("BOOTSTRIDE_PROPERTY_TIMES is a whole number"));
    let usual = ProptestConfig::with_cases(count * times);
    // Cases that a test passes over become more with them.
    ProptestConfig { failure_persistence: None, max_global_rejects: usual.max_global_rejects * times, ..usual }
}
