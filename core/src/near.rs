//! Suggestions: the known name that a mistyped name most likely stands for.

use std::cmp::min;

use strsim::damerau_levenshtein;

/// Nobody types longer names, and comparing them would only cost time.
const LONGEST: usize = 128;
/// A name of at least this many letters may be the beginning of a known one.
const BEGINNING: usize = 3;

/// Returns the known name nearest to `name`, compared as a whole or by its last part (after the last dot) in case it
/// was written in the wrong table. `None` if no name is near: at most a third of the letters may differ, or `name` is
/// the beginning of a known name.
pub(crate) fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    if name.chars().count() > LONGEST {
        return None;
    }
    let ranked = known.into_iter().filter_map(|key| {
        let last = distance(last(&name), last(key)).map(|distance| distance + 1);
        let whole = distance(&name, key);
        let rank = match (whole, last) {
            (Some(whole), Some(last)) => min(whole, last),
            (whole, last) => whole.or(last)?,
        };
        Some((rank, key))
    });
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, key)| key)
}

/// Returns the part of a dotted key after its last dot.
fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or_default()
}

/// Returns the distance between two names: insertions, deletions, replacements and swaps of neighbours, and 1 for a
/// beginning. `None` if they are not near.
fn distance(name: &str, known: &str) -> Option<usize> {
    let letters = name.chars().count();
    if letters >= BEGINNING && known.starts_with(name) {
        return Some(usize::from(name != known));
    }
    let edits = damerau_levenshtein(name, known);
    (edits <= letters.max(known.chars().count()) / 3).then_some(edits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_survives_typing_errors_and_wrong_tables() {
        let known = ["planner.samples", "planner.policy_samples", "model.simnorm_dim", "training.batch"];
        assert_eq!(near("planner.sampels", known), Some("planner.samples"));
        assert_eq!(near("samples", known), Some("planner.samples"));
        assert_eq!(near("planner.batch", known), Some("training.batch"));
        assert_eq!(near("Model.Simnorm", known), Some("model.simnorm_dim"));
        assert_eq!(near("bmcp", ["bmpc", "tdmpc2"]), Some("bmpc"));
        assert_eq!(near("reacher", ["reacher-easy", "dog-run"]), Some("reacher-easy"));
    }

    #[test]
    fn a_name_near_to_none_gets_no_suggestion() {
        assert_eq!(near("nosuch", ["dog-run", "walker-walk", "fish-swim"]), None);
        assert_eq!(near("", ["dog-run"]), None);
        assert_eq!(near("x", ["cpu", "planner.x_y"]), None);
        assert_eq!(near("a.b.c", ["planner.samples", "run.seed"]), None);
        assert_eq!(near(&"planner.samples".repeat(100), ["planner.samples"]), None);
    }
}
