//! The real lab in a real browser: what it shows is read through `bootstride.lab_state()`, what it does is asked for
//! with `bootstride.lab_command()` or by hand.

mod agents;
mod embedded;
mod figures;
mod hidden;
mod keeping;
mod menu;
mod opening;
mod phone;
mod physics;
mod plan;
mod scripts;
mod shots;
mod training;
mod trouble;

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use bootstride_core::config::Config;
use bootstride_session::message::{Activity, Agent, Command};
pub use bootstride_tests::smallest::tiny;
use bootstride_web::serve::Server;
use serde_json::json;

pub use self::scripts::Told;
use crate::harness::{Browser, Gpu, Page, lab, serve};

/// What a step of a test may take on a machine that does other things as well.
pub const SOON: Duration = Duration::from_secs(90);
/// The same where something is trained.
pub const LONG: Duration = Duration::from_secs(1200);

/// A fresh state: one that a later frame reported than the one before.
const FRESH_STATE: &str = "(async () => {
    const { lab_state } = bootstride;
    const frame = (text) => Number(/^\\{\"frame\":(\\d+)/.exec(text)?.[1] ?? -1);
    const before = frame(lab_state());
    for (let tries = 0; tries < 1500; tries++) {
        await new Promise((later) => setTimeout(later, 20));
        const text = lab_state();
        if (frame(text) > before) return text;
    }
    throw new Error('the lab draws no frames');
})()";

/// The page that is published, at a free port, for as long as the tests run: agents are fetched one after the other.
pub fn site() -> &'static Server {
    static SITE: OnceLock<Server> = OnceLock::new();
    SITE.get_or_init(|| serve(lab(), |_| None))
}

/// A browser, started once the page is built: compiling may take longer than the ten minutes after which a browser that
/// nobody talks to is given up.
#[track_caller]
pub fn start(gpu: Gpu) -> Option<Browser> {
    with_window(gpu, (1280, 800))
}

/// The same with a window in which so little is drawn that the engine has the processor for itself.
#[track_caller]
pub fn start_small(gpu: Gpu) -> Option<Browser> {
    with_window(gpu, (400, 300))
}

#[track_caller]
fn with_window(gpu: Gpu, window: (u32, u32)) -> Option<Browser> {
    if Browser::installed() {
        let _built = lab();
    }
    Browser::with(gpu, window, &[])
}

/// The lab in a tab.
pub struct Lab {
    pub page: Page,
}

impl Lab {
    /// Goes to the page and waits until it runs.
    pub fn open(browser: &Browser, server: &Server, query: &str) -> Self {
        Self::in_tab(browser.blank(), server, query)
    }

    /// The same in a tab that was prepared.
    pub fn in_tab(page: Page, server: &Server, query: &str) -> Self {
        page.navigate(&format!("{}{query}", server.address()));
        let lab = Self { page };
        lab.wait_until_it_runs();
        lab
    }

    /// Waits for the lab's first frame.
    pub fn wait_until_it_runs(&self) {
        let state = "document.documentElement.dataset.state";
        self.page.wait_for(&format!("{state} === 'running' || {state} === 'failed'"), "the lab", SOON);
        assert!(!self.page.shows("#broken"), "{}", self.page.text("#broken"));
    }

    /// What the lab shows now.
    pub fn told(&self) -> Told {
        let text = self.page.evaluate(FRESH_STATE);
        Told::read(text.as_str().unwrap())
    }

    /// Waits until what the lab shows is `right`. Every look makes the lab draw a frame, which takes the time of what
    /// is waited for, so they become fewer; but where nothing else draws, the page minds its worker with them.
    pub fn wait(&self, what: &str, limit: Duration, right: impl Fn(&Told) -> bool) -> Told {
        let start = Instant::now();
        loop {
            let told = self.told();
            if right(&told) {
                return told;
            }
            let waited = start.elapsed();
            assert!(waited < limit, "{what} did not come within {limit:?}: {told}");
            sleep((waited / 8).clamp(Duration::from_millis(150), Duration::from_secs(2)));
        }
    }

    /// Sends a command to the engine.
    pub fn send(&self, command: &Command) {
        let text = json!(serde_json::to_string(command).unwrap());
        self.page.evaluate(&format!("bootstride.lab_command({text})"));
    }

    /// Lets a shipped agent play.
    pub fn watch(&self, agent: &str, seed: u64) {
        let agent = Agent::Folder(format!("agents/{agent}"));
        self.send(&Command::Watch { agent, seed, planner: true });
        self.send(&Command::Run);
    }

    /// Starts a run.
    pub fn train(&self, config: Config) {
        self.send(&Command::Train { config: Box::new(config), preset: "tiny".into(), folder: None });
        self.send(&Command::Run);
    }

    /// Has the engine take no decision apart, which takes longer than to make it: for tests that look at returns.
    pub fn look_away(&self) {
        self.send(&Command::Subscribe { options: None, every_seconds: 0.0 });
    }

    /// Stops after the decision at hand, and says what is shown then.
    pub fn pause(&self) -> Told {
        self.send(&Command::Pause);
        self.wait("a pause", SOON, |told| told.status.activity == Activity::Paused)
    }

    /// Waits for an agent that plays and has made so many decisions.
    pub fn wait_for_play(&self, decisions: usize) -> Told {
        self.wait("an agent that plays", SOON, |told| told.plays() && told.decisions >= decisions)
    }

    /// Fails where the page or a worker complained.
    #[track_caller]
    pub fn assert_quiet(&self) {
        assert!(self.page.errors().is_empty(), "{:#?}", self.page.errors());
        assert!(!self.page.shows("#broken"), "{}", self.page.text("#broken"));
    }
}

/// The folders of the agents that are shipped, by their names.
pub fn shipped() -> Vec<(String, PathBuf)> {
    let folder = bootstride_tests::repository("assets/checkpoints");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut agents: Vec<(String, PathBuf)> = paths
        .filter(|path| path.is_dir())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    agents.sort();
    agents
}

/// The agent that a stranger sees first.
pub fn first() -> (String, PathBuf) {
    let agents = shipped();
    let walker = agents.iter().find(|(name, _)| name == "walker-walk");
    walker.or(agents.first()).expect("an agent is shipped").clone()
}

/// A run that begins to learn after a few seconds, and plays no evaluations.
pub fn quick_run() -> Config {
    tiny(&[
        "task.name=pendulum-swingup",
        "run.device=cpu",
        "run.evaluate_every=0",
        "run.checkpoint_every=1000000",
        "training.seed_decisions=300",
        "training.seed_episodes=0",
        "training.seed_episodes_limit=0",
        "training.pretrain=false",
    ])
}
