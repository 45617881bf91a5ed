//! Feeds a loader with inputs that are nearly right, and holds it to three things: it never panics, it takes memory in
//! the order of its input, and its work, measured by all that it allocates, stays in that order as well.
//!
//! In the test suite each loader gets a few hundred inputs, the same every time, and those that were too much for it
//! once. The long run takes as many as the environment asks for:
//!
//! ```sh
//! TMPDIR=/dev/shm LOADERS_INPUTS=1000000 cargo test -p bootstride-core --test loaders -- --nocapture
//! TMPDIR=/dev/shm LOADERS_INPUTS=1000000 cargo test -p bootstride-lab --test lab_loaders -- --nocapture
//! ```
//!
//! `LOADERS_FIRST=N` begins at input N; `LOADERS_MINUTES=M` ends each loader after that time, whatever it has done. In
//! a long run an input that takes half a minute ends the program. What fails is made small, kept as a file and named.

#[path = "memory.rs"]
mod memory;
#[path = "mutate.rs"]
mod mutate;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, Instant};

use mutate::{Dice, mutated};

/// Inputs of a loader in the test suite.
pub const INPUTS: u64 = 300;
/// The same where each takes long.
pub const FEW: u64 = 40;
/// Memory that a loader may take for each byte of input.
const FACTOR: usize = 64;
/// How many times its memory a loader may ask for in all.
const REUSE: usize = 64;
/// The longest that an input may take in a long run.
const PATIENCE: Duration = Duration::from_secs(30);
/// Trials spent on making a failing input smaller.
const SHRINKING: usize = 3000;
/// Failures of different kinds after which a loader is let be.
const ENOUGH: usize = 12;

/// What is fed, and how.
pub struct Loader<'a> {
    /// What reports call it.
    pub name: &'a str,
    /// Valid inputs.
    pub seeds: Vec<Vec<u8>>,
    /// Inputs that were too much once, or are hard by construction.
    pub corpus: Vec<Vec<u8>>,
    /// Texts of the format.
    pub words: &'a [&'a [u8]],
    /// How many inputs it gets where the environment does not say.
    pub inputs: u64,
    /// Sets checksums right, so that a change gets past them.
    pub mend: fn(&mut Vec<u8>),
    /// Bytes that it may take whatever its input is.
    pub room: usize,
    /// Loads an input, and uses the result as its caller would.
    pub load: &'a mut dyn FnMut(&[u8]),
}

/// For formats without checksums.
pub fn as_it_is(_: &mut Vec<u8>) {}

/// Keeps an input as a file.
pub fn keep(name: &str, input: &[u8]) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("loaders-{name}.bin"));
    let _ = std::fs::write(&place, input);
    place
}

thread_local! {
    /// Why this thread last panicked.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
    /// Whether it is at a trial.
    static TRYING: Cell<bool> = const { Cell::new(false) };
}

/// Panics are noted, and not printed while a loader is tried.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANIC.set(info.to_string());
            if !TRYING.get() {
                print(info);
            }
        }));
    });
}

/// Feeds the loader.
///
/// # Panics
/// If an input is too much for it.
pub fn survives(mut loader: Loader<'_>) {
    note_panics();
    let asked = |name: &str| std::env::var(name).ok().map(|number| number.parse::<u64>().unwrap());
    let (inputs, first) = (asked("LOADERS_INPUTS"), asked("LOADERS_FIRST").unwrap_or(0));
    let minutes = asked("LOADERS_MINUTES").map(|minutes| Duration::from_secs(60 * minutes));
    let watch = inputs.map(|_| Watchdog::new(loader.name));
    let start = Instant::now();

    let mut failures = BTreeMap::new();
    let mut tried = 0;
    let mut most = 0;
    let given = loader.seeds.iter().chain(&loader.corpus).cloned().collect::<Vec<_>>().into_iter();
    // Numbers of inputs mean the same for all loaders, but not the same changes.
    let name = loader.name.bytes().fold(0_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    let (seeds, words, mend) = (loader.seeds.clone(), loader.words, loader.mend);
    let made = (first..first + inputs.unwrap_or(loader.inputs)).map(|number| {
        let mut dice = Dice::new(name ^ number.wrapping_mul(0xD134_2543_DE82_EF95));
        let mut input = mutated(&mut dice, &seeds, words);
        if dice.below(8) > 0 {
            mend(&mut input);
        }
        input
    });
    for input in given.chain(made) {
        if let Some(watch) = &watch {
            watch.begins(&input);
        }
        tried += 1;
        match trial(&mut loader, &input) {
            Ok(peak) => most = most.max(peak.saturating_sub(FACTOR * input.len())),
            Err(why) => {
                let kind = kind(&why);
                if failures.len() < ENOUGH && !failures.contains_key(&kind) {
                    let small = smaller(&mut loader, input, &kind);
                    failures.insert(kind, (why, small));
                }
            }
        }
        if minutes.is_some_and(|minutes| start.elapsed() > minutes) {
            break;
        }
    }
    if inputs.is_some() {
        let (name, kinds, seconds) = (loader.name, failures.len(), start.elapsed().as_secs());
        println!(
            "{name}: {tried} inputs, {kinds} kinds of failure, {most} bytes beyond {FACTOR} x the input, {seconds} s"
        );
    }
    let told: Vec<String> =
        failures.values().enumerate().map(|(i, (why, input))| told(loader.name, i, why, input)).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// Loads one input; the most memory that it took, or what was wrong.
fn trial(loader: &mut Loader<'_>, input: &[u8]) -> Result<usize, String> {
    TRYING.set(true);
    memory::begin(input);
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| (loader.load)(input)));
    let used = memory::end();
    TRYING.set(false);
    let bound = FACTOR * input.len() + loader.room;
    if outcome.is_err() {
        Err(PANIC.take())
    } else if used.peak > bound {
        Err(format!("memory: {} bytes at a time for an input of {}", used.peak, input.len()))
    } else if used.total > REUSE * bound {
        Err(format!("work: {} bytes in all for an input of {}", used.total, input.len()))
    } else {
        Ok(used.peak)
    }
}

/// Failures of one kind differ in numbers alone.
fn kind(why: &str) -> String {
    let place = why.lines().next().unwrap_or_default();
    let text = if place.starts_with("panicked") { place } else { why.split(':').next().unwrap_or_default() };
    text.to_owned()
}

/// The input without what its failure does not need.
fn smaller(loader: &mut Loader<'_>, mut input: Vec<u8>, kind_of: &str) -> Vec<u8> {
    let mut length = input.len() / 2;
    let mut left = SHRINKING;
    while length > 0 && left > 0 {
        let mut at = 0;
        while at < input.len() && left > 0 {
            left -= 1;
            let mut less = input.clone();
            less.drain(at..(at + length).min(input.len()));
            (loader.mend)(&mut less);
            if trial(loader, &less).is_err_and(|why| kind(&why) == kind_of) {
                input = less;
            } else {
                at += length;
            }
        }
        length /= 2;
    }
    input
}

fn told(name: &str, number: usize, why: &str, input: &[u8]) -> String {
    let place = keep(&format!("{name}-{number}"), input);
    let shown: String = input.iter().take(400).flat_map(|byte| byte.escape_ascii()).map(char::from).collect();
    format!("{name}: {why}\n  {} bytes, in {}: b\"{shown}\"", input.len(), place.display())
}

/// Ends the program when an input takes too long.
struct Watchdog(Arc<Mutex<(Instant, Vec<u8>)>>);

impl Watchdog {
    fn new(name: &str) -> Self {
        let at_work = Arc::new(Mutex::new((Instant::now(), Vec::new())));
        let (watched, name) = (Arc::downgrade(&at_work), name.to_owned());
        std::thread::spawn(move || {
            while let Some(work) = watched.upgrade() {
                let (elapsed, input) = {
                    let work = work.lock().unwrap();
                    let is_slow = work.0.elapsed() > PATIENCE;
                    (work.0.elapsed(), is_slow.then(|| work.1.clone()))
                };
                if let Some(input) = input {
                    let place = keep(&format!("{name}-slow"), &input);
                    eprintln!("{name} has taken {elapsed:?}; its input is in {}", place.display());
                    std::process::abort();
                }
                drop(work);
                std::thread::sleep(Duration::from_secs(1));
            }
        });
        Self(at_work)
    }

    fn begins(&self, input: &[u8]) {
        let mut work = self.0.lock().unwrap();
        work.0 = Instant::now();
        work.1.clear();
        work.1.extend_from_slice(input);
    }
}
