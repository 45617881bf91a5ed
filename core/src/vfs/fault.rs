//! Planned failures of file operations, for tests: in development builds only.
//!
//! A test runs an operation repeatedly, and makes the first of its file operations fail, then the second, until one run
//! succeeds; after each run it inspects what is left on the disk. Operations are counted on the thread that planned
//! them.

use std::cell::RefCell;
use std::io;
use std::path::Path;

thread_local! {
    static PLAN: RefCell<Option<Plan>> = const { RefCell::new(None) };
}

/// Which operation fails, and how.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The operation that fails, counted from 0.
    pub at: usize,
    /// The simulated error of the operating system.
    pub kind: io::ErrorKind,
    /// Whether all later ones fail as well, as for a process that was killed there: even cleaning up fails.
    pub lasting: bool,
}

struct Plan {
    fault: Fault,
    count: usize,
    failed: Option<String>,
}

/// Runs `work` under this fault. Returns its result, and the first operation that failed; `None` if there were fewer.
pub fn inject<T>(fault: Fault, work: impl FnOnce() -> T) -> (T, Option<String>) {
    PLAN.set(Some(Plan { fault, count: 0, failed: None }));
    let result = work();
    let failed = PLAN.take().and_then(|plan| plan.failed);
    (result, failed)
}

/// Counts an operation, and fails if it is due.
pub(super) fn check(action: &str, path: &Path) -> io::Result<()> {
    PLAN.with_borrow_mut(|plan| {
        let Some(Plan { fault, count, failed }) = plan else { return Ok(()) };
        let number = *count;
        *count += 1;
        if number == fault.at || (fault.lasting && number > fault.at) {
            failed.get_or_insert_with(|| format!("{action} {}", path.display()));
            return Err(io::Error::new(fault.kind, "planned"));
        }
        Ok(())
    })
}
