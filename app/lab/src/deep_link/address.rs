//! Deep links as queries of addresses: `agent=walker-walk&tab=decision&pane=iterations`.

use std::fmt::Write as _;

use bootstride_core::task::tasks;
use bootstride_session::message::{Level, Notice};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::DeepLink;
use crate::catalog::PaneKind;
use crate::tour::STEPS;
use crate::view::{Tab, Theme};

/// The number of steps of the tour.
const STEP_COUNT: usize = STEPS.len();

/// The keys that an address may contain.
pub const ADDRESS_KEYS: [&str; 10] =
    ["agent", "embed", "pane", "panes", "play", "seed", "step", "tab", "task", "theme"];

/// Characters that are not percent-encoded: names of tasks, agents and panes stay readable.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b',');

/// Maximum length of an address value quoted in a notice, characters.
const LONGEST: usize = 40;

/// Maximum number of errors listed per address; the rest are counted.
const MOST_LISTED: usize = 8;

/// Parses a query.
pub fn parse(query: &str) -> (DeepLink, Vec<Notice>) {
    let mut deep_link = DeepLink::default();
    let (mut notices, mut more) = (Vec::new(), 0_usize);
    for part in query.trim_start_matches('?').split('&').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let (key, value) = (decoded(key), decoded(value));
        match take(&mut deep_link, &key, value.trim()) {
            Err(text) if notices.len() < MOST_LISTED => notices.push(Notice { level: Level::Bad, text }),
            Err(_) => more += 1,
            Ok(()) => {}
        }
    }
    if more > 0 {
        let parts =
            if more == 1 { "1 more part of the address is" } else { &format!("{more} more parts of the address are") };
        notices.push(Notice { level: Level::Bad, text: format!("{parts} wrong.") });
    }
    (deep_link, notices)
}

/// Decodes a part; invalid UTF-8 is replaced.
fn decoded(part: &str) -> String {
    let spaced = part.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

fn take(deep_link: &mut DeepLink, key: &str, value: &str) -> Result<(), String> {
    let wrong = |allowed: &str| format!("Invalid value in the address: {key}={}. Allowed: {allowed}.", short(value));
    match key {
        "task" => {
            let known = tasks().iter().find(|info| info.name == value);
            let task = known.ok_or_else(|| wrong(&format!("a task name such as {}", similar_tasks(value))))?;
            deep_link.task = Some(task.name.to_owned());
        }
        "agent" => {
            let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
            if value.is_empty() || value.len() > 64 || !value.chars().all(plain) {
                return Err(wrong("an agent name of small letters, digits and dashes, such as walker-walk"));
            }
            deep_link.agent = Some(value.to_owned());
        }
        "seed" => deep_link.seed = Some(value.parse().map_err(|_| wrong("a whole number from 0"))?),
        "play" => deep_link.play = Some(flag(value).ok_or_else(|| wrong("1 or 0"))?),
        "embed" => deep_link.embed = flag(value).ok_or_else(|| wrong("1 or 0"))?,
        "tab" => {
            let tab = Tab::ALL.into_iter().find(|tab| tab.name() == value);
            deep_link.tab = Some(tab.ok_or_else(|| wrong(&listed(&Tab::ALL.map(Tab::name))))?);
        }
        "pane" => deep_link.pane = Some(pane(value).ok_or_else(|| wrong(&listed(&PaneKind::ALL.map(PaneKind::name))))?),
        "panes" => {
            let mut panes: Vec<PaneKind> = Vec::new();
            let mut unknown = Vec::new();
            for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                match pane(name) {
                    Some(pane) if !panes.contains(&pane) => panes.push(pane),
                    Some(_) => {}
                    None => unknown.push(short(name)),
                }
            }
            deep_link.panes = panes;
            if !unknown.is_empty() {
                let (names, all) = (unknown.join(", "), PaneKind::ALL.map(PaneKind::name).join(", "));
                return Err(format!("Unknown panes in the address: {names}. Available: {all}."));
            }
        }
        "step" => {
            let step = value.parse::<usize>().ok().filter(|step| (1..=STEP_COUNT).contains(step));
            deep_link.step = Some(step.ok_or_else(|| wrong(&format!("a step of the tour, 1 to {STEP_COUNT}")))? - 1);
        }
        "theme" => {
            deep_link.theme = Some(match value {
                "dark" => Theme::Dark,
                "light" => Theme::Light,
                _ => return Err(wrong("dark or light")),
            });
        }
        _ => {
            let keys = ADDRESS_KEYS.join(", ");
            return Err(format!("Unknown parameter in the address: {}. Allowed: {keys}.", short(key)));
        }
    }
    Ok(())
}

fn pane(name: &str) -> Option<PaneKind> {
    PaneKind::ALL.into_iter().find(|pane| pane.name() == name)
}

/// A key without a value means yes.
fn flag(value: &str) -> Option<bool> {
    match value {
        "" | "1" | "true" | "yes" => Some(true),
        "0" | "false" | "no" => Some(false),
        _ => None,
    }
}

/// Joins names: `a, b or c`.
fn listed(names: &[&str]) -> String {
    match names {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        names => names.concat(),
    }
}

/// Returns a few similar tasks: of the same body, or else the first ones.
fn similar_tasks(value: &str) -> String {
    let body = value.split('-').next().unwrap_or_default();
    let names: Vec<&str> = tasks().iter().map(|info| info.name).collect();
    let same: Vec<&str> =
        names.iter().copied().filter(|name| !body.is_empty() && name.starts_with(body)).take(4).collect();
    if same.is_empty() { listed(&names[..names.len().min(4)]) } else { listed(&same) }
}

/// Shortens a value for a notice.
fn short(value: &str) -> String {
    let mut letters = value.chars().filter(|letter| !letter.is_control());
    let mut text: String = letters.by_ref().take(LONGEST).collect();
    if letters.next().is_some() {
        text.push('\u{2026}');
    }
    text
}

/// Formats a query.
pub fn write(deep_link: &DeepLink) -> String {
    let mut query = String::new();
    let mut say = |key: &str, value: &str| {
        let between = if query.is_empty() { "" } else { "&" };
        let _ = write!(query, "{between}{key}={}", utf8_percent_encode(value, PLAIN));
    };
    let DeepLink { task, agent, seed, play, tab, pane, step, theme, embed, panes } = deep_link;
    if let Some(agent) = agent {
        say("agent", agent);
    }
    if let Some(task) = task {
        say("task", task);
    }
    if let Some(seed) = seed {
        say("seed", &seed.to_string());
    }
    if let Some(play) = play {
        say("play", if *play { "1" } else { "0" });
    }
    if let Some(tab) = tab {
        say("tab", tab.name());
    }
    if let Some(pane) = pane {
        say("pane", pane.name());
    }
    if let Some(step) = step {
        say("step", &(step + 1).to_string());
    }
    if let Some(theme) = theme {
        say("theme", if *theme == Theme::Dark { "dark" } else { "light" });
    }
    if *embed {
        say("embed", "1");
    }
    if !panes.is_empty() {
        say("panes", &panes.iter().map(|pane| pane.name()).collect::<Vec<_>>().join(","));
    }
    query
}
