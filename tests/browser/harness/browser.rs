//! Chromium, started with the features that a test needs.

use std::env;
use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bootstride_tests::skip::skip;
use headless_chrome::LaunchOptions;
use tempfile::TempDir;

use super::page::Page;

/// What a browser draws and computes with. All of it is software, the same on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gpu {
    /// WebGL 2, and WebGPU without an adapter: what most machines without a good driver have.
    WebGl,
    /// WebGL 2, and WebGPU on SwiftShader, in the page and in workers.
    WebGpu,
    /// Neither.
    Nothing,
}

/// A running browser with a profile of its own. There is one at a time: tests measure how fast the page is.
pub struct Browser {
    inner: headless_chrome::Browser,
    _profile: TempDir,
    _turn: MutexGuard<'static, ()>,
}

/// The program, if there is one.
fn chromium() -> Option<PathBuf> {
    if let Some(named) = env::var_os("CHROME") {
        let named = PathBuf::from(named);
        assert!(named.is_file(), "CHROME names {}, which is no file", named.display());
        return Some(named);
    }
    let folders = env::split_paths(&env::var_os("PATH")?).collect::<Vec<_>>();
    ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file()))
}

impl Browser {
    /// Whether there is one to start.
    pub fn installed() -> bool {
        chromium().is_some()
    }

    /// Starts it with a window of 1280 x 800; `None` where no Chromium is installed, and the test is recorded as
    /// skipped.
    #[track_caller]
    pub fn start(gpu: Gpu) -> Option<Self> {
        Self::with(gpu, (1280, 800), &[])
    }

    /// The same with another window, points, and more flags.
    #[track_caller]
    pub fn with(gpu: Gpu, window: (u32, u32), more: &[&str]) -> Option<Self> {
        static TURN: Mutex<()> = Mutex::new(());
        let Some(path) = chromium() else {
            skip("no Chromium (install it, or name a browser in CHROME)");
            return None;
        };
        // A test that failed has dropped its browser too.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let profile = TempDir::with_prefix("bootstride-browser-").unwrap();
        let mut flags = vec![
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-default-apps",
            "--disable-dev-shm-usage",
            "--disable-extensions",
            "--disable-sync",
            "--force-color-profile=srgb",
            "--hide-scrollbars",
            "--mute-audio",
            "--no-default-browser-check",
            "--password-store=basic",
        ];
        flags.extend(match gpu {
            Gpu::WebGl => &["--use-angle=swiftshader", "--enable-unsafe-swiftshader"][..],
            Gpu::WebGpu => &[
                "--use-angle=swiftshader",
                "--enable-unsafe-swiftshader",
                "--enable-unsafe-webgpu",
                "--use-webgpu-adapter=swiftshader",
                "--enable-features=Vulkan",
            ],
            Gpu::Nothing => &["--disable-gpu", "--disable-3d-apis"],
        });
        flags.extend(more);
        let options = LaunchOptions {
            path: Some(path),
            // The sandbox needs rights that containers do not give; the only page is our own.
            sandbox: false,
            enable_gpu: gpu != Gpu::Nothing,
            window_size: Some(window),
            port: Some(free_port()),
            user_data_dir: Some(profile.path().to_owned()),
            disable_default_args: true,
            args: flags.iter().map(OsStr::new).collect(),
            // It is also how long a call may take.
            idle_browser_timeout: Duration::from_secs(600),
            ..LaunchOptions::default()
        };
        let inner = headless_chrome::Browser::new(options).expect("Chromium starts");
        inner.set_default_timeout(Duration::from_secs(60));
        Some(Self { inner, _profile: profile, _turn: turn })
    }

    /// A tab at `address`, in front of the others.
    pub fn open(&self, address: &str) -> Page {
        let page = self.blank();
        page.navigate(address);
        page
    }

    /// A tab in front of the others, before it goes anywhere.
    pub fn blank(&self) -> Page {
        let page = Page::new(self.inner.new_tab().unwrap());
        page.to_front();
        page
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap().port()
}
