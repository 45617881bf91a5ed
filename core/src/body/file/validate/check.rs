//! Checks of single values, with errors that say where, what was found and what is allowed.

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::body::error::BodyError;
use crate::text::{is_control, is_invisible};

/// Above this a length, mass or force is a typing error; far below it everything still fits f64 with ease.
const LARGEST: f64 = 1e6;

pub(in crate::body::file) fn value(
    path: impl Into<String>,
    found: &dyn Display,
    allowed: impl Into<String>,
) -> BodyError {
    BodyError::Value { path: path.into(), found: found.to_string(), allowed: allowed.into() }
}

pub(super) fn list(numbers: &[f64]) -> String {
    format!("{numbers:?}")
}

pub(super) fn check_name(path: &str, name: &str, seen: &mut BTreeSet<String>) -> Result<(), BodyError> {
    if name.chars().any(is_invisible) {
        let allowed = "a name without control characters and without characters that do not show";
        return Err(value(path, &format!("{name:?}"), allowed));
    }
    if name.is_empty() || !seen.insert(name.to_owned()) {
        return Err(value(path, &format!("\"{name}\""), "a name that is not empty and not used before"));
    }
    Ok(())
}

/// Checks sentences for users, which may have several lines.
pub(in crate::body::file) fn check_prose(path: &str, text: &str) -> Result<(), BodyError> {
    let is_wild = |letter: char| is_control(letter) && !matches!(letter, '\n' | '\r' | '\t');
    if text.chars().any(is_wild) {
        return Err(value(path, &format!("{text:?}"), "text without control characters"));
    }
    Ok(())
}

pub(in crate::body::file) fn check_known(path: &str, name: &str, what: &str, known: &[&str]) -> Result<(), BodyError> {
    if known.contains(&name) { Ok(()) } else { Err(value(path, &name, format!("{what}: {}", known.join(", ")))) }
}

pub(in crate::body::file) fn check_vector(path: &str, numbers: &[f64]) -> Result<(), BodyError> {
    if !numbers.iter().all(|x| x.abs() <= LARGEST) {
        return Err(value(path, &list(numbers), format!("numbers of magnitude up to {LARGEST}")));
    }
    Ok(())
}

pub(in crate::body::file) fn check_positive(path: &str, number: f64) -> Result<(), BodyError> {
    const SMALLEST: f64 = 1e-12;
    if !(SMALLEST..=LARGEST).contains(&number) {
        return Err(value(path, &number, format!("{SMALLEST} to {LARGEST}")));
    }
    Ok(())
}

pub(in crate::body::file) fn check_not_negative(path: &str, number: f64) -> Result<(), BodyError> {
    if (0.0..=LARGEST).contains(&number) { Ok(()) } else { Err(value(path, &number, format!("0 to {LARGEST}"))) }
}

pub(super) fn check_sizes(path: &str, sizes: &[f64]) -> Result<(), BodyError> {
    sizes.iter().try_for_each(|size| check_positive(path, *size))
}

pub(in crate::body::file) fn check_range(path: &str, range: [f64; 2]) -> Result<(), BodyError> {
    check_vector(path, &range)?;
    if range[0] < range[1] { Ok(()) } else { Err(value(path, &list(&range), "[low, high] with low below high")) }
}

pub(super) fn check_quaternion(path: &str, quaternion: &[f64; 4]) -> Result<(), BodyError> {
    let norm = quaternion.iter().map(|x| x * x).sum::<f64>().sqrt();
    if (norm - 1.0).abs() <= 1e-3 { Ok(()) } else { Err(value(path, &list(quaternion), "[w, x, y, z] of length 1")) }
}
