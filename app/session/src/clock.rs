//! Clocks for native and browser builds: in a browser the standard library's clocks are not available.

use std::sync::OnceLock;
use std::time::SystemTime;

#[cfg(not(target_family = "wasm"))]
use std::time::Instant;
#[cfg(target_family = "wasm")]
use web_time::Instant;

/// Returns the seconds since the first call.
#[must_use]
pub fn seconds() -> f64 {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    ORIGIN.get_or_init(Instant::now).elapsed().as_secs_f64()
}

/// Returns the current time.
#[must_use]
pub fn now() -> SystemTime {
    #[cfg(not(target_family = "wasm"))]
    return SystemTime::now();
    #[cfg(target_family = "wasm")]
    return web_time::web::SystemTimeExt::to_std(web_time::SystemTime::now());
}
