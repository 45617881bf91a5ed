//! The native window of the lab.

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::anyhow;
use bootstride_session::failure::Failure;
use bootstride_session::interrupt;
use bootstride_session::message::{Command, NoSession, SessionLink};
use bootstride_session::{ThreadLink, seconds};
use eframe::egui::{self, ViewportBuilder, ViewportCommand};

use super::{Kept, Lab};
use crate::host::Host;
use crate::runs;
use crate::world::attach;

/// Opens the lab, sends these commands to its session, and returns when the lab is closed by the user or a signal. An
/// open run is saved then.
///
/// # Errors
/// If no window can be opened; [`Failure::Interrupted`] if a signal closed it.
pub fn run(begin: Vec<Command>) -> Result<(), Failure> {
    if !has_display() {
        return Err(no_window("neither DISPLAY nor WAYLAND_DISPLAY is set"));
    }
    interrupt::listen()?;
    let viewport = ViewportBuilder::default()
        .with_title("Bootstride")
        .with_app_id("bootstride")
        .with_inner_size([1440.0, 900.0])
        .with_min_inner_size([960.0, 600.0])
        .with_drag_and_drop(true);
    let options = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    // On a system with a display that lacks one of its libraries, the underlying crates panic.
    let opened = catch_unwind(AssertUnwindSafe(|| {
        eframe::run_native("bootstride", options, Box::new(|cc| Ok(open(cc, begin))))
    }));
    let why = match opened {
        Ok(Ok(())) => return interrupt::ended(),
        Ok(Err(error)) => error.to_string(),
        Err(_) if OPENED.load(Ordering::Relaxed) => {
            return Err(anyhow!("the lab crashed; see the panic message above").into());
        }
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(ToString::to_string);
            text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown reason".into())
        }
    };
    Err(no_window(&why))
}

fn no_window(why: &str) -> Failure {
    anyhow!(
        "the lab could not open a window: {why}\n  It needs a display, and a driver for Vulkan, Metal, DirectX 12 or OpenGL \
         (`bootstride doctor` lists adapters). Training works without: bootstride train --help"
    )
    .into()
}

/// Returns whether there seems to be a display to open a window on.
fn has_display() -> bool {
    let names = ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"];
    let told = names.into_iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()));
    told || !cfg!(all(unix, not(target_os = "macos")))
}

/// Whether a window was opened.
static OPENED: AtomicBool = AtomicBool::new(false);

/// The lab in the open window.
fn open(cc: &eframe::CreationContext<'_>, begin: Vec<Command>) -> Box<dyn eframe::App> {
    OPENED.store(true, Ordering::Relaxed);
    if let Some(state) = &cc.wgpu_render_state {
        attach(state);
    }
    let kept: Kept = cc.storage.and_then(|storage| eframe::get_value(storage, "lab")).unwrap_or_default();
    let mut link = start(&cc.egui_ctx);
    for command in begin {
        link.send(command);
    }
    let ctx = cc.egui_ctx.clone();
    let links = Box::new(move || start(&ctx));
    let place = Host { runs: Some(runs::root()), ..Host::default() };
    Box::new(Window { lab: Lab::new(link, links, kept, Some(seconds)).at(place) })
}

/// Starts a session that wakes the window when it has something to report.
fn start(ctx: &egui::Context) -> Box<dyn SessionLink> {
    let ctx = ctx.clone();
    // With a delay: the session has updates sixty times per second.
    match ThreadLink::start(runs::root(), move || ctx.request_repaint_after(Duration::from_millis(33))) {
        Ok(link) => Box::new(link),
        Err(error) => Box::new(NoSession::because(error.to_string())),
    }
}

struct Window {
    lab: Lab,
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        if interrupt::asked() {
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
        // Also while the window is hidden, so that updates do not accumulate.
        self.lab.receive();
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.lab.ui(ui);
    }

    fn on_exit(&mut self) {
        self.lab.leave();
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(storage, "lab", &self.lab.keep());
    }
}
