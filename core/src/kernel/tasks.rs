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
