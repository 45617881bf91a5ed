//! The program under test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::display::{Display, PATIENCE};

/// The lab, which is ended with the test.
pub struct Program {
    child: Child,
    errors: PathBuf,
}

impl Program {
    /// Opens the lab on a display. It works in `folder` and keeps there what it keeps between starts.
    pub fn start(display: &Display, folder: &Path) -> Self {
        Self::start_with(display, folder, &[])
    }

    /// The same with arguments.
    pub fn start_with(display: &Display, folder: &Path, arguments: &[&str]) -> Self {
        let errors = folder.join("stderr");
        let mut command = Command::new(env!("CARGO_BIN_EXE_bootstride"));
        command.args(arguments);
        for (variable, name) in [("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"), ("XDG_RUNTIME_DIR", "run")] {
            let path = folder.join(name);
            std::fs::create_dir_all(&path).unwrap();
            command.env(variable, path);
        }
        for variable in ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "XAUTHORITY"] {
            command.env_remove(variable);
        }
        command.env("DISPLAY", display.name()).env("HOME", folder).env("WINIT_X11_SCALE_FACTOR", "1");
        command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.stderr(File::create(&errors).unwrap()).spawn().unwrap();
        Self { child, errors }
    }

    /// Sends it a signal, such as TERM.
    pub fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &process]).status().unwrap().success());
    }

    /// Stops the test if the program has ended.
    pub fn check(&mut self, while_waiting_for: &str) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("the lab ended with {status} before there was {while_waiting_for}: {}", self.errors());
        }
    }

    /// What it has written to standard error.
    pub fn errors(&self) -> String {
        std::fs::read_to_string(&self.errors).unwrap()
    }

    /// Waits for its end: exit code, and standard error.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), self.errors());
            }
            assert!(begin.elapsed() < PATIENCE, "the lab does not close: {}", self.errors());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
