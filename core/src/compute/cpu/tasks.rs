//! Parallel tasks.

/// Tasks that run in parallel.
#[cfg(not(target_family = "wasm"))]
pub fn cores() -> usize {
    rayon::current_num_threads()
}

/// Tasks that run in parallel.
#[cfg(target_family = "wasm")]
pub fn cores() -> usize {
    1
}

/// Runs two different closures, in parallel on native targets.
#[cfg(not(target_family = "wasm"))]
pub fn both<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    rayon::join(a, b)
}

/// Runs two different closures, one after the other in a browser.
#[cfg(target_family = "wasm")]
pub fn both<A, B>(a: impl FnOnce() -> A, b: impl FnOnce() -> B) -> (A, B) {
    (a(), b())
}

/// Runs `work` on all tasks: in parallel on native targets, one after the other in a browser, which has no threads.
#[cfg(not(target_family = "wasm"))]
pub fn each<T: Send>(tasks: Vec<T>, work: impl Fn(T) + Sync + Send) {
    use rayon::prelude::*;
    if tasks.len() < 2 {
        tasks.into_iter().for_each(work);
    } else {
        tasks.into_par_iter().for_each(work);
    }
}

/// Runs `work` on all tasks: in parallel on native targets, one after the other in a browser, which has no threads.
#[cfg(target_family = "wasm")]
pub fn each<T>(tasks: Vec<T>, work: impl Fn(T)) {
    tasks.into_iter().for_each(work);
}
