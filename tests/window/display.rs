//! A virtual display with mouse and keyboard, and its picture.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use bootstride_tests::skip::skip;
use eframe::egui::{Pos2, Rect};
use tempfile::TempDir;

use super::program::Program;

/// Size of the display, which the lab's window fills.
pub const SIZE: [f32; 2] = [1440.0, 900.0];
/// The longest wait for anything. How long things take says nothing here.
pub const PATIENCE: Duration = Duration::from_mins(5);

/// Waits until this holds, and as long as the lab lives.
pub fn wait(what: &str, lab: &mut Program, mut there: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !there() {
        lab.check(what);
        assert!(begin.elapsed() < PATIENCE, "{what} did not come; the lab says: {}", lab.errors());
        sleep(Duration::from_millis(50));
    }
}

/// A display of its own for a test.
pub struct Display {
    server: Child,
    number: u32,
    folder: TempDir,
}

impl Display {
    /// Starts one. `None` where the programs for that are missing, and the test is recorded as skipped.
    #[track_caller]
    pub fn start() -> Option<Self> {
        let missing = |program: &str| {
            // Any answer will do.
            let there = Command::new(program).arg("-help").stdout(Stdio::null()).stderr(Stdio::null()).status();
            there.is_err().then(|| program.to_owned())
        };
        let missing: Vec<String> = ["Xvfb", "xdotool"].into_iter().filter_map(missing).collect();
        if !missing.is_empty() {
            skip(&format!("no {} (tests/run.sh installs them)", missing.join(", no ")));
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &format!("{}x{}x24", SIZE[0], SIZE[1]), "-ac", "-fbdir"])
            .arg(folder.path())
            .args(["-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let number = line.trim().parse().expect("Xvfb prints the number of its display");
        Some(Self { server, number, folder })
    }

    /// As in the variable DISPLAY.
    pub fn name(&self) -> String {
        format!(":{}", self.number)
    }

    fn xdotool(&self, arguments: &[&str]) -> String {
        let done = Command::new("xdotool").args(arguments).env("DISPLAY", self.name()).output().unwrap();
        String::from_utf8(done.stdout).unwrap()
    }

    /// The window of this name, with the keyboard's attention.
    pub fn window(&self, name: &str) -> u32 {
        let begin = Instant::now();
        loop {
            let found = self.xdotool(&["search", "--onlyvisible", "--name", &format!("^{name}$")]);
            if let Some(window) = found.lines().next() {
                self.xdotool(&["windowfocus", "--sync", window]);
                return window.parse().unwrap();
            }
            assert!(begin.elapsed() < PATIENCE, "there is no window {name}");
            sleep(Duration::from_millis(100));
        }
    }

    /// Presses a key.
    pub fn key(&self, key: &str) {
        self.xdotool(&["key", key]);
        sleep(Duration::from_millis(150));
    }

    /// Types a text.
    pub fn write(&self, text: &str) {
        self.xdotool(&["type", "--delay", "15", text]);
        sleep(Duration::from_millis(500));
    }

    fn point(&self, at: Pos2) {
        self.xdotool(&["mousemove", &format!("{:.0}", at.x), &format!("{:.0}", at.y)]);
        sleep(Duration::from_millis(300));
    }

    /// Clicks, as slowly as a user.
    pub fn click(&self, at: Pos2) {
        self.point(at);
        self.xdotool(&["mousedown", "1"]);
        sleep(Duration::from_millis(150));
        self.xdotool(&["mouseup", "1"]);
        sleep(Duration::from_millis(500));
    }

    /// Turns the wheel down to the end.
    pub fn scroll_down(&self, at: Pos2) {
        self.point(at);
        for _ in 0..40 {
            self.xdotool(&["click", "5"]);
        }
        sleep(Duration::from_secs(1));
    }

    /// Puts the pointer where nothing is.
    pub fn away(&self) {
        self.point(Pos2::new(SIZE[0] - 2.0, SIZE[1] - 2.0));
    }

    /// What is to be seen.
    pub fn picture(&self) -> Picture {
        Picture::of(&std::fs::read(self.folder.path().join("Xvfb_screen0")).unwrap())
    }

    /// Whether the picture changes within a second.
    pub fn moves(&self) -> bool {
        let first = self.picture();
        (0..10).any(|_| {
            sleep(Duration::from_millis(100));
            self.picture().differs(&first)
        })
    }

    /// Asks a window to close, as window managers do: a client message `WM_PROTOCOLS` with `WM_DELETE_WINDOW` (ICCCM,
    /// 4.2.8).
    pub fn close(&self, window: u32) {
        let mut server = UnixStream::connect(format!("/tmp/.X11-unix/X{}", self.number)).unwrap();
        server.write_all(&[b'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap();
        let mut head = [0; 8];
        server.read_exact(&mut head).unwrap();
        assert_eq!(head[0], 1, "the display lets us in");
        let mut rest = vec![0; usize::from(u16::from_le_bytes([head[6], head[7]])) * 4];
        server.read_exact(&mut rest).unwrap();
        let mut atom = |name: &str| {
            let words = u16::try_from(name.len().div_ceil(4)).unwrap();
            let mut request = vec![16, 0];
            request.extend((2 + words).to_le_bytes());
            request.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            request.extend([0, 0]);
            request.extend(name.as_bytes());
            request.resize(8 + 4 * usize::from(words), 0);
            server.write_all(&request).unwrap();
            let mut reply = [0; 32];
            server.read_exact(&mut reply).unwrap();
            [reply[8], reply[9], reply[10], reply[11]]
        };
        let (protocols, delete) = (atom("WM_PROTOCOLS"), atom("WM_DELETE_WINDOW"));
        let mut request = vec![25, 0, 11, 0];
        request.extend(window.to_le_bytes());
        request.extend([0; 4]);
        // The event: a client message of 32-bit words, the window, its kind, its words.
        request.extend([33, 32, 0, 0]);
        request.extend(window.to_le_bytes());
        request.extend(protocols);
        request.extend(delete);
        request.resize(44, 0);
        server.write_all(&request).unwrap();
        // An answer to any question shows that the event has been passed on.
        server.write_all(&[43, 0, 1, 0]).unwrap();
        server.read_exact(&mut [0; 32]).unwrap();
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Pixels of four bytes, from the upper left.
pub struct Picture {
    width: usize,
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// From a file in X's own format for pictures (`XWDFile.h`): a head of 32-bit big-endian numbers, colours, lines.
    fn of(bytes: &[u8]) -> Self {
        let number = |place: usize| {
            let word: [u8; 4] = bytes[4 * place..4 * place + 4].try_into().unwrap();
            usize::try_from(u32::from_be_bytes(word)).unwrap()
        };
        let (head, width, height, line, colours) = (number(0), number(4), number(5), number(12), number(19));
        assert_eq!(number(11), 32, "bits of a pixel");
        let first = head + 12 * colours;
        let of_line = |y: usize| {
            let line = &bytes[first + y * line..][..4 * width];
            line.chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2]])
        };
        Self { width, pixels: (0..height).flat_map(of_line).collect() }
    }

    /// Different colours.
    pub fn colours(&self) -> usize {
        self.pixels.iter().collect::<std::collections::BTreeSet<_>>().len()
    }

    /// Whether anything is different.
    pub fn differs(&self, other: &Self) -> bool {
        self.pixels != other.pixels
    }

    /// Whether anything is different there.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "places on the display")]
    pub fn differs_in(&self, other: &Self, place: Rect) -> bool {
        let (left, right) = (place.left() as usize, place.right() as usize);
        (place.top() as usize..place.bottom() as usize).any(|y| {
            let line = |picture: &Self| picture.pixels[y * self.width + left..y * self.width + right].to_vec();
            line(self) != line(other)
        })
    }
}
