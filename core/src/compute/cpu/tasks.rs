//! Tasks side by side.

/// Tasks that run side by side.
#[cfg(not(target_family = "wasm"))]
pub fn cores() -> usize {
    rayon::current_num_threads()
}

/// Tasks that run side by side.
#[cfg(target_family = "wasm")]
pub fn cores() -> usize {
    1
}

/// Two pieces of work of different kinds, side by side on native.
#[cfg(not(target_family = "wasm"))]
pub fn both<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    rayon::join(a, b)
}

/// Two pieces of work of different kinds, one after the other in a browser.
#[cfg(target_family = "wasm")]
pub fn both<A, B>(a: impl FnOnce() -> A, b: impl FnOnce() -> B) -> (A, B) {
    (a(), b())
}

/// `work` on all tasks: side by side on native, one after the other in a browser, where there are no threads.
#[cfg(not(target_family = "wasm"))]
pub fn each<T: Send>(tasks: Vec<T>, work: impl Fn(T) + Sync + Send) {
    use rayon::prelude::*;
    if tasks.len() < 2 {
        tasks.into_iter().for_each(work);
    } else {
        tasks.into_par_iter().for_each(work);
    }
}

/// `work` on all tasks: side by side on native, one after the other in a browser, where there are no threads.
#[cfg(target_family = "wasm")]
pub fn each<T>(tasks: Vec<T>, work: impl Fn(T)) {
    tasks.into_iter().for_each(work);
}
