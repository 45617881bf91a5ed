//! lab-from-a-launcher: a lab that was started in a folder that is not the user's keeps runs in one that is, says
//! where, and takes another one.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use bootstride_core::config::Layers;
use bootstride_lab::Host;
use bootstride_lab::panes::setup::{Draft, SetupPane};
use bootstride_lab::panes::{Pane, SamplesPane, ValuePane};
use bootstride_lab::runs::{root, root_for};
use bootstride_lab::view::Tab;
use bootstride_session::History;
use bootstride_session::ThreadLink;
use bootstride_session::message::{Command, Level, SessionLink as _};
use egui_kittest::kittest::Queryable as _;

use crate::panes::{click, on_tab};
use crate::ui::support::words;
use crate::whole::stand::Stand;

#[test]
fn lab_from_a_launcher_keeps_runs_where_the_user_can_write() {
    let (here, data) = (tempfile::tempdir().unwrap(), Path::new("/home/me/.local/share/bootstride"));
    let at_home = data.join("runs");
    assert_eq!(root_for(Some(here.path()), Some(data)), here.path().join("runs"), "as before");
    fs::create_dir(here.path().join("runs")).unwrap();
    assert_eq!(root_for(Some(here.path()), Some(data)), here.path().join("runs"));
    assert_eq!(fs::read_dir(here.path()).unwrap().count(), 1, "looking leaves nothing behind");
    assert_eq!(fs::read_dir(here.path().join("runs")).unwrap().count(), 0);

    assert_eq!(root_for(Some(Path::new("/")), Some(data)), at_home);
    assert_eq!(root_for(None, Some(data)), at_home, "a working folder that was removed");
    // Nobody writes there, root included.
    if Path::new("/proc/self").exists() {
        assert_eq!(root_for(Some(Path::new("/proc/self")), Some(data)), at_home);
    }
    assert_eq!(root_for(None, None), Path::new("runs"));
}

#[test]
fn lab_from_a_launcher_shows_where_a_run_goes_and_takes_another_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = on_tab(SetupPane::new(Draft::default()), History::default(), Tab::Train, [300.0, 1300.0]);
    lab.get_by_label("This run is saved in runs/pendulum-swingup/bmpc-seed1");
    let chosen = folder.path().join("mine");
    fs::create_dir_all(chosen.join("pendulum-swingup/bmpc-seed1")).unwrap();
    lab.state_mut().pane.draft_mut().runs = chosen.display().to_string();
    lab.run_ok();
    let next = chosen.join("pendulum-swingup/bmpc-seed1-2").display().to_string();
    lab.get_by_label(&format!("This run is saved in {next}"));
    let sent = click(&mut lab, "Start");
    let [Command::Train { folder, .. }, Command::Run] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(folder.as_deref(), Some(next.as_str()));
    let kept = lab.state().pane.keep().unwrap();
    let mut restored = SetupPane::default();
    restored.restore(&kept);
    assert_eq!(restored.draft().runs, chosen.display().to_string());
}

#[test]
fn lab_from_a_launcher_takes_the_folder_of_its_window() {
    let place = Host { runs: Some("/home/me/.local/share/bootstride/runs".into()), ..Host::default() };
    let harness = Stand { part: None, place, ..Stand::new(Tab::Train) }.open();
    let goes =
        words(&harness).into_iter().map(|(text, ..)| text).find(|text| text.starts_with("This run is saved in "));
    let goes = goes.unwrap().replace('\n', "");
    assert!(goes.contains("/home/me/.local/share/bootstride/runs/pendulum-swingup/bmpc-seed1"), "{goes}");
}

/// What the system says stands once in the notice, with the full path.
#[test]
fn lab_from_a_launcher_tells_the_cause_once() {
    let mut link = ThreadLink::start(root(), || {}).unwrap();
    let config = Layers::new().size_preset("tiny").unwrap().set("task.name=pendulum-swingup").unwrap();
    let config = Box::new(config.set("run.device=cpu").unwrap().resolve().unwrap());
    link.send(Command::Train { config, preset: "tiny".into(), folder: Some("/proc/self/runs/a".into()) });
    let begin = Instant::now();
    let mut notice = None;
    while notice.is_none() && begin.elapsed() < Duration::from_mins(1) {
        let notices = link.receive().map(|update| update.notices).unwrap_or_default();
        notice = notices.into_iter().find(|notice| notice.level == Level::Bad);
        std::thread::sleep(Duration::from_millis(5));
    }
    let text = notice.expect("a notice").text;
    assert!(text.contains("/proc/self/runs/a"), "{text}");
    assert_eq!(text.matches("(os error").count(), 1, "{text}");
}

#[test]
fn lab_from_a_launcher_says_nothing_of_a_seed_phase_without_a_run() {
    fn said(pane: impl Pane + 'static) -> String {
        let harness = on_tab(pane, History::default(), Tab::Train, [400.0, 200.0]);
        words(&harness).into_iter().map(|(text, ..)| text).collect::<Vec<_>>().join(" ")
    }
    for text in [said(ValuePane), said(SamplesPane)] {
        assert!(text.contains("No run is open.") && !text.contains("seed phase"), "{text}");
    }
}
