//! The threads that share the CPU's work.

use std::sync::atomic::{AtomicBool, Ordering};

/// Threads beside the first that wait for work without falling asleep.
const AWAKE: usize = 3;

/// Runs `work` on one of the threads that share the CPU's work, and keeps a few others awake for it.
///
/// Learning is a sequence of hundreds of operations of some 100 microseconds each. Split up from outside these threads,
/// every part would first have to be handed over; and a thread that has fallen asleep in a short serial part wakes up when
/// the next operation is nearly done. Measured on two cores, an update at preset `small` was no faster than on one.
pub fn among_workers<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    /// Lets the others go, also after a panic.
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let done = AtomicBool::new(false);
    rayon::scope(|scope| {
        for _ in 0..(rayon::current_num_threads() - 1).min(AWAKE) {
            scope.spawn(|_| {
                while !done.load(Ordering::Relaxed) {
                    if rayon::yield_now() != Some(rayon::Yield::Executed) {
                        std::thread::yield_now();
                    }
                }
            });
        }
        let _done = Done(&done);
        work()
    })
}
