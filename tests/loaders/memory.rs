//! Measures the memory that a loader takes: an allocator that counts, per thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// A request for more at once is refused, which ends the program: the computer should not have to try.
const REFUSED: usize = 4 << 30;

/// Bytes on this thread since [`begin`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Use {
    live: isize,
    /// The most that was held at a time.
    pub peak: usize,
    /// All that was asked for: what is copied over and over shows here.
    pub total: usize,
}

thread_local! {
    static USE: Cell<Use> = const { Cell::new(Use { live: 0, peak: 0, total: 0 }) };
    static INPUT: Cell<(*const u8, usize)> = const { Cell::new((std::ptr::null(), 0)) };
}

/// Counts from here, for this input.
pub fn begin(input: &[u8]) {
    INPUT.set((input.as_ptr(), input.len()));
    USE.set(Use::default());
}

/// What was used since.
pub fn end() -> Use {
    INPUT.set((std::ptr::null(), 0));
    USE.get()
}

fn grow(by: usize, less: usize) {
    let mut used = USE.get();
    used.live += by.cast_signed() - less.cast_signed();
    used.peak = used.peak.max(usize::try_from(used.live).unwrap_or(0));
    used.total += by;
    USE.set(used);
}

/// Whether so much is refused; says for which input.
fn refuses(size: usize) -> bool {
    let (start, length) = INPUT.get();
    if size < REFUSED || start.is_null() {
        return false;
    }
    INPUT.set((std::ptr::null(), 0));
    // SAFETY: the input outlives its trial.
    let input = unsafe { std::slice::from_raw_parts(start, length) };
    let place = super::keep("refused", input);
    eprintln!("a loader asked for {size} bytes at once; its input of {length} bytes is in {}", place.display());
    true
}

/// The system's allocator, counted.
pub struct Counting;

// SAFETY: the system's allocator does all the work; counting is done in cells of the thread. A null pointer is how an
// allocator refuses.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if refuses(layout.size()) {
            return std::ptr::null_mut();
        }
        grow(layout.size(), 0);
        // SAFETY: as this function was called.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if refuses(layout.size()) {
            return std::ptr::null_mut();
        }
        grow(layout.size(), 0);
        // SAFETY: as this function was called.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if refuses(size) {
            return std::ptr::null_mut();
        }
        grow(size, layout.size());
        // SAFETY: as this function was called.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        grow(0, layout.size());
        // SAFETY: as this function was called.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
