//! The lab in the page: the `eframe` application, and the parts that only the page has.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bootstride_lab::shell::{Hidden, Kept, Lab};
use bootstride_lab::world::attach;
use bootstride_lab::{DeepLink, Host, ui};
use bootstride_session::clock::seconds;
use bootstride_session::message::{Activity, Command, Level, Notice};
use eframe::egui;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::VisibilityState;

use super::files::{self, Inbox, Taken};
use super::link::{Health, WorkerLink};
use super::session::{self, Session};
use super::shared_files::SharedFiles;
use super::{agents, probe};

/// Maximum time for which the current view may be unsaved.
const KEEP_SECONDS: u64 = 5;

/// The lab in the page.
pub struct PageApp {
    lab: Lab,
    shared_files: Rc<SharedFiles>,
    health: Health,
    inbox: Inbox,
    /// Names of agents that arrived since the last frame.
    come: Rc<RefCell<Vec<String>>>,
    /// What the address requested, until its agent is available.
    asked: Option<Asked>,
    session: Option<Session>,
    rest: Rc<Rest>,
}

/// What to do when the first agent is available.
enum Asked {
    /// Open the deep link in the address.
    DeepLink(DeepLink),
    /// No request: let an agent play.
    Welcome,
    /// Open what was open at the last visit.
    Again(Session),
}

impl PageApp {
    pub fn new(cc: &eframe::CreationContext<'_>, shared_files: Rc<SharedFiles>) -> Self {
        if let Some(state) = &cc.wgpu_render_state {
            attach(state);
        }
        shared_files.draws_on(&cc.egui_ctx);
        probe::draws_on(&cc.egui_ctx);
        let kept: Kept = cc.storage.and_then(|storage| eframe::get_value(storage, "lab")).unwrap_or_default();
        ui::theme::apply(&cc.egui_ctx, kept.view.theme);

        let (deep_link, notices) = asked();
        for notice in notices {
            shared_files.tell(notice.level, notice.text);
        }
        let link = WorkerLink::start(&shared_files);
        let health = link.health();
        let links = {
            let shared_files = shared_files.clone();
            Box::new(move || Box::new(WorkerLink::start(&shared_files)) as _)
        };
        let inbox = Inbox::default();
        let mut lab = Lab::new(Box::new(link), links, kept, Some(seconds)).at(place(&shared_files, &inbox, &health));

        // Everything that needs no agent is shown immediately.
        let at_once = DeepLink { agent: None, step: None, ..deep_link.clone() };
        if at_once != DeepLink::default() {
            lab.enter(&at_once);
        }
        let names = deep_link.agent.is_some() || deep_link.step.is_some() || deep_link.task.is_some();
        let asked = match session::stored().filter(|_| shared_files.config.keeps) {
            Some(session) if shared_files.config.again || !names => Asked::Again(session),
            _ if deep_link != DeepLink::default() => Asked::DeepLink(deep_link),
            _ => Asked::Welcome,
        };
        let first = match &asked {
            Asked::DeepLink(deep_link) => deep_link.agent.clone(),
            Asked::Again(session) => session.agent().map(str::to_owned),
            Asked::Welcome => None,
        };
        let come: Rc<RefCell<Vec<String>>> = Rc::default();
        spawn_local({
            let (shared_files, come) = (shared_files.clone(), come.clone());
            async move {
                agents::fetch_all(shared_files.clone(), first, |name| {
                    come.borrow_mut().push(name.to_owned());
                    shared_files.wake();
                })
                .await;
            }
        });
        let rest = Rest::watch(&shared_files, &health);
        Self { lab, shared_files, health, inbox, come, asked: Some(asked), session: None, rest }
    }

    /// Carries out the request as soon as its agent is available.
    fn begin(&mut self) {
        let come = self.come.take();
        let Some(asked) = self.asked.take() else { return };
        let named = match &asked {
            Asked::DeepLink(deep_link) => deep_link.agent.clone(),
            Asked::Again(session) => session.agent().map(str::to_owned),
            Asked::Welcome => None,
        };
        let needs_agent = match &asked {
            Asked::DeepLink(deep_link) => deep_link.agent.is_some() || deep_link.step.is_some(),
            Asked::Again(session) => session.agent().is_some(),
            Asked::Welcome => !self.shared_files.config.build.agents.is_empty(),
        };
        let is_there = |name: &String| come.contains(name);
        let none = self.shared_files.config.build.agents.iter().all(|agent| Some(&agent.name) != named.as_ref());
        if needs_agent && !named.as_ref().map_or(!come.is_empty(), |name| is_there(name) || none) {
            self.asked = Some(asked);
            return;
        }
        match asked {
            Asked::DeepLink(deep_link) if none && named.is_some() => {
                let there: Vec<_> =
                    self.shared_files.config.build.agents.iter().map(|agent| agent.name.as_str()).collect();
                let (name, there) = (named.unwrap_or_default(), there.join(", "));
                self.shared_files.tell(Level::Bad, format!("There is no agent={name}. This page has {there}."));
                self.lab.enter(&DeepLink { agent: None, ..deep_link });
            }
            Asked::DeepLink(deep_link) => self.lab.enter(&deep_link),
            Asked::Again(session) => {
                // An agent of an earlier version of the page may no longer exist.
                let commands = if none && named.is_some() { Vec::new() } else { session.commands() };
                if commands.is_empty() {
                    self.welcome();
                }
                for command in commands {
                    self.lab.send(command);
                }
            }
            Asked::Welcome => self.welcome(),
        }
    }

    /// Lets an agent play, as on a first visit.
    fn welcome(&mut self) {
        if let Some(agent) = self.shared_files.config.build.agents.first() {
            let name = agent.name.clone();
            self.lab.welcome(&name);
        }
    }

    fn mind_session(&mut self) {
        if !self.shared_files.config.keeps {
            return;
        }
        let mut session = self.health.session();
        if self.rest.rests.get()
            && let Some(session) = &mut session
        {
            session.goes_on();
        }
        // Not before the last session had its chance to be reopened.
        if self.asked.is_none() && session != self.session && (session.is_some() || self.session.is_some()) {
            session::store(session.as_ref());
            self.session = session;
        }
    }
}

impl eframe::App for PageApp {
    fn raw_input_hook(&mut self, _: &egui::Context, input: &mut egui::RawInput) {
        for file in std::mem::take(&mut input.dropped_files) {
            let (shared_files, inbox) = (self.shared_files.clone(), self.inbox.clone());
            spawn_local(async move {
                let name = file.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
                match file.bytes_async().await {
                    Ok(bytes) => files::take(&shared_files, &inbox, &name, &bytes),
                    Err(error) => {
                        shared_files.tell(Level::Bad, format!("{name} cannot be read: {error}"));
                    }
                }
            });
        }
    }

    fn logic(&mut self, _: &egui::Context, _: &mut eframe::Frame) {
        self.lab.receive();
        self.begin();
        for taken in self.inbox.take() {
            match taken {
                Taken::Run(folder) => self.lab.take_run(folder),
                Taken::Body(name, text) => self.lab.take_body(&name, &text),
            }
        }
        for command in probe::commands() {
            self.lab.send(command);
        }
        self.shared_files.check();
        let notices = self.shared_files.take_notices();
        self.lab.tell(&notices);
        self.rest.wanted.set(self.lab.kept.hidden);
        self.mind_session();
        files::offer_exports(&self.shared_files);
        probe::tell(&self.lab, self.health.failure());
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.lab.ui(ui);
        self.shared_files.set_frame_seconds(self.lab.frame_seconds());
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(storage, "lab", &self.lab.keep());
    }

    fn auto_save_interval(&self) -> std::time::Duration {
        std::time::Duration::from_secs(KEEP_SECONDS)
    }
}

/// The environment of the lab.
fn place(shared_files: &Rc<SharedFiles>, inbox: &Inbox, health: &Health) -> Host {
    let names = shared_files.config.build.agents.iter().map(|agent| agent.name.clone());
    let mut place = Host::page(base_link(), names.collect());
    place.draws_in_software = shared_files.config.draws_in_software;
    let (with, inbox) = (shared_files.clone(), inbox.clone());
    place.open_files = Some(Box::new(move || files::choose(&with, &inbox)));
    let with = shared_files.clone();
    place.save_run = Some(Box::new(move |folder| files::save_run(&with, folder)));
    let (with, health) = (shared_files.clone(), health.clone());
    place.clear_runs = Some(Box::new(move || with.clear_runs(health.status().folder.as_deref())));
    place
}

/// Returns the deep link in the address, and what is wrong with it.
pub fn asked() -> (DeepLink, Vec<Notice>) {
    DeepLink::parse(&query())
}

/// Returns the address without query and fragment.
fn base_link() -> String {
    let href = web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
    href.split(['?', '#']).next().unwrap_or_default().to_owned()
}

fn query() -> String {
    web_sys::window().and_then(|window| window.location().search().ok()).unwrap_or_default()
}

/// Controls the session while the tab is hidden. No frames are drawn then, so this does not wait for one.
struct Rest {
    wanted: Cell<Hidden>,
    /// Set while the session is paused because the tab is hidden.
    rests: Cell<bool>,
}

impl Rest {
    fn watch(shared_files: &Rc<SharedFiles>, health: &Health) -> Rc<Self> {
        let rest = Rc::new(Self { wanted: Cell::new(Hidden::default()), rests: Cell::new(false) });
        let Some(document) = web_sys::window().and_then(|window| window.document()) else { return rest };
        let (with, shared_files, health, page) = (rest.clone(), shared_files.clone(), health.clone(), document.clone());
        let listener = Closure::<dyn FnMut()>::new(move || {
            with.change(page.visibility_state() == VisibilityState::Hidden, &health);
            shared_files.wake();
        });
        let _ = document.add_event_listener_with_callback("visibilitychange", listener.into_js_value().unchecked_ref());
        rest
    }

    fn change(&self, hidden: bool, health: &Health) {
        let status = health.status();
        if !hidden {
            if self.rests.replace(false) {
                health.send(Command::Run);
            }
        } else if status.activity == Activity::Running {
            // A hidden page may be closed without further notice.
            health.send(Command::Keep);
            if self.wanted.get() == Hidden::Pause {
                health.send(Command::Pause);
                self.rests.set(true);
            }
        }
    }
}
