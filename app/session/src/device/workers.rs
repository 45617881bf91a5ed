//! The threads that share CPU work.

use std::sync::atomic::{AtomicBool, Ordering};

/// Number of threads, in addition to the first, that wait for work without sleeping.
const AWAKE: usize = 3;

/// Runs `work` on one of the threads that share CPU work, and keeps a few others awake meanwhile.
///
/// Learning is a sequence of hundreds of operations of about 100 microseconds each. If they were split up from outside
/// these threads, each part would first have to be handed over; and a thread that fell asleep during a short serial
/// part would wake up only when the next operation is nearly done. Without this, an update at preset `small` was no
/// faster on two cores than on one.
pub fn among_workers<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    /// Releases the other threads, also after a panic.
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
