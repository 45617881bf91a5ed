//! Deep links, and the lab as a part of another page.

use serde_json::json;

use super::{Lab, SOON, Told, first, shipped, site, start};
use crate::harness::{Gpu, Page};

#[test]
fn an_address_leads_to_what_it_names() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let server = site();
    let (name, _) = first();
    let last = &shipped().last().unwrap().0.clone();
    // One tab: a second one would get the notice that the first keeps the runs.
    let mut tab = browser.blank();
    for (query, expected, panes) in [
        (format!("agent={name}&tab=decision"), vec!["tab=decision"], vec!["iterations", "elites"]),
        (format!("agent={last}&seed=7&tab=values"), vec!["tab=values", "seed=7"], vec!["values"]),
        (format!("agent={name}&tab=decision&pane=iterations"), vec!["pane=iterations"], vec!["iterations"]),
        (format!("agent={name}&step=3"), vec!["tab=tour", "step=3"], vec!["tour"]),
        ("task=hopper-hop".into(), vec!["task=hopper-hop"], vec!["setup"]),
    ] {
        let lab = Lab::in_tab(tab, server, &format!("?{query}"));
        let wanted = query.split('&').find_map(|part| part.strip_prefix("agent="));
        if let Some(agent) = wanted {
            let folder = format!("agents/{agent}");
            lab.wait("the agent", SOON, |told| told.status.folder.as_ref() == Some(&folder) && told.decisions > 0);
        }
        let right = |told: &Told| expected.iter().all(|part| told.deep_link.contains(part));
        let told = lab.wait(&query, SOON, right);
        assert!(panes.iter().all(|pane| told.panes.contains_key(*pane)), "{query}: {told}");
        assert!(query != format!("agent={name}&tab=decision&pane=iterations") || told.panes.len() == 1, "{told}");
        assert!(told.notices.is_empty(), "{query}: {told}");
        lab.assert_quiet();
        tab = lab.page;
    }
}

#[test]
fn an_address_with_a_mistake_is_told_what_it_can_say() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let lab = Lab::open(&browser, site(), "?agent=nobody&tab=nowhere&step=99&colour=red");
    for words in ["tab=nowhere", "step=99", "colour"] {
        lab.wait(words, SOON, |told| told.says(words));
    }
    let told = lab.wait("a word about the agent", SOON, |told| told.says("agent=nobody"));
    assert!(told.failure.is_none(), "{told}");
    assert!(lab.page.errors().is_empty(), "{:?}", lab.page.errors());
}

#[test]
fn an_embedded_lab_shows_the_chosen_panes_and_keeps_nothing() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let server = site();
    let (name, _) = first();
    let lab = Lab::open(&browser, server, &format!("?embed=1&agent={name}&panes=world,samples,timeline"));
    let told = lab.wait_for_play(10);
    let panes: Vec<&str> = told.panes.keys().map(String::as_str).collect();
    assert_eq!(panes, ["samples", "timeline", "world"]);
    lab.page.evaluate("new Promise((later) => setTimeout(later, 6000))");
    let stored = lab.page.evaluate("localStorage.getItem('bootstride session')");
    assert_eq!(stored, json!(null), "a figure of a lesson is not what the reader had open");
    lab.assert_quiet();
}

/// What the lab in a frame of `page` reports.
fn told_in(page: &Page, frame: usize) -> Option<Told> {
    let js = format!("document.querySelectorAll('iframe')[{frame}].contentWindow.bootstride?.lab_state() ?? ''");
    let text = page.evaluate(&js);
    let text = text.as_str().unwrap();
    (!text.is_empty()).then(|| Told::read(text))
}

#[test]
fn the_example_lesson_has_two_labs_that_play() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let server = site();
    let page = browser.open(&format!("{}examples/course.html", server.address()));
    for frame in [0, 1] {
        page.evaluate(&format!("document.querySelectorAll('iframe')[{frame}]?.scrollIntoView()"));
        let mut last = None;
        for _ in 0..200 {
            page.evaluate("new Promise((later) => setTimeout(later, 300))");
            last = told_in(&page, frame);
            if last.as_ref().is_some_and(|told| told.decisions > 3) {
                break;
            }
        }
        let told = last.expect("the lab in its frame");
        assert!(told.decisions > 3 && told.plays(), "frame {frame}: {told}");
        assert!(told.notices.is_empty(), "frame {frame}: {told}");
    }
    assert_eq!(page.evaluate("document.activeElement.tagName"), json!("BODY"), "a lesson's reader keeps the focus");
    assert!(page.errors().is_empty(), "{:?}", page.errors());
}
