//! The vector instructions that loops are compiled for.

use pulp::Arch;

/// The best that the machine has.
#[cfg(not(test))]
pub fn arch() -> Arch {
    Arch::new()
}

/// Their name.
#[must_use]
pub fn vector_instructions() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    return match arch() {
        Arch::V4(_) => "AVX-512",
        Arch::V3(_) => "AVX2",
        _ => "SSE2",
    };
    #[cfg(target_arch = "aarch64")]
    return "NEON";
    #[cfg(target_family = "wasm")]
    return if cfg!(target_feature = "simd128") { "simd128" } else { "none" };
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_family = "wasm")))]
    return "what the compiler finds";
}

#[cfg(test)]
pub use testing::{arch, on_every};

/// Tests make their claims with all instructions that the machine has.
#[cfg(test)]
mod testing {
    use std::cell::Cell;

    use pulp::Arch;

    thread_local! {
        static CHOSEN: Cell<Option<Arch>> = const { Cell::new(None) };
    }

    pub fn arch() -> Arch {
        CHOSEN.get().unwrap_or_default()
    }

    /// Makes `claim` for each, on this thread.
    pub fn on_every(claim: impl Fn()) {
        let all = [
            Some(Arch::Scalar),
            #[cfg(target_arch = "x86_64")]
            pulp::x86::V3::try_new().map(Arch::V3),
            Some(Arch::new()),
        ];
        for arch in all.into_iter().flatten() {
            CHOSEN.set(Some(arch));
            claim();
        }
        CHOSEN.set(None);
    }
}
