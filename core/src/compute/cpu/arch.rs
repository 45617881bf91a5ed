//! The vector instructions that loops are compiled for.

#[cfg(not(target_family = "wasm"))]
use pulp::Arch;

/// The best instruction set of this CPU.
#[cfg(not(any(test, target_family = "wasm")))]
pub fn arch() -> Arch {
    Arch::new()
}

/// Relaxed SIMD, since a module cannot query the available instructions: a module with instructions unknown to a
/// browser is rejected as a whole. For such browsers, web/src/bundle/plain.rs removes them from the compiled module.
#[cfg(target_family = "wasm")]
pub fn arch() -> Relaxed {
    pulp::wasm::enable_relaxed_simd();
    Relaxed
}

/// Replaces [`Arch`] in a browser.
#[cfg(target_family = "wasm")]
pub struct Relaxed;

#[cfg(target_family = "wasm")]
impl Relaxed {
    /// Runs `op` with it.
    #[inline(always)]
    pub fn dispatch<Op: pulp::WithSimd>(self, op: Op) -> Op::Output {
        use pulp::Simd;
        match pulp::wasm::RelaxedSimd::try_new() {
            Some(simd) => Simd::vectorize(simd, op),
            None => Simd::vectorize(pulp::Scalar, op),
        }
    }
}

/// Returns the name of the instruction set.
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
    return if arch().dispatch(Fuses) { "simd128 with FMA" } else { "simd128" };
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_family = "wasm")))]
    return "vectorised by the compiler";
}

/// Returns whether a relaxed multiply-add rounds once, as it does if the processor has an instruction for it: then the
/// rounding error of a product can be recovered.
#[cfg(target_family = "wasm")]
struct Fuses;

#[cfg(target_family = "wasm")]
impl pulp::WithSimd for Fuses {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> bool {
        let x = simd.splat_f32s(std::hint::black_box(1.0 + f32::EPSILON));
        let product = simd.mul_f32s(x, x);
        let error = simd.mul_add_e_f32s(x, x, simd.neg_f32s(product));
        simd.reduce_max_f32s(error) > 0.0
    }
}

#[cfg(test)]
pub use testing::{arch, on_every};

/// Tests check their claims with all instruction sets of this CPU.
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

    /// Runs `claim` for each instruction set, on this thread.
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
