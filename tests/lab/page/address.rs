//! An address is read as it was meant, and its mistakes are reported.

use bootstride_core::task::tasks;
use bootstride_lab::DeepLink;
use bootstride_lab::PaneKind;
use bootstride_lab::deep_link::ADDRESS_KEYS;
use bootstride_lab::tour::STEPS;
use bootstride_lab::view::{Tab, Theme};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

fn any_deep_link() -> impl Strategy<Value = DeepLink> {
    let names: Vec<String> = tasks().iter().map(|info| info.name.to_owned()).collect();
    let maybe = proptest::option::of::<BoxedStrategy<PaneKind>>;
    (
        proptest::option::of(select(names)),
        proptest::option::of("[a-z0-9-]{1,64}"),
        proptest::option::of(any::<u64>()),
        proptest::option::of(any::<bool>()),
        proptest::option::of(select(Tab::ALL.to_vec())),
        maybe(select(PaneKind::ALL.to_vec()).boxed()),
        proptest::option::of(0..STEPS.len()),
        proptest::option::of(select(vec![Theme::Dark, Theme::Light])),
        any::<bool>(),
        subsequence(PaneKind::ALL.to_vec(), 0..=PaneKind::ALL.len()).prop_shuffle(),
    )
        .prop_map(|(task, agent, seed, play, tab, pane, step, theme, embed, panes)| DeepLink {
            task,
            agent,
            seed,
            play,
            tab,
            pane,
            step,
            theme,
            embed,
            panes,
        })
}

proptest! {
    #![proptest_config(bootstride_tests::property::cases(256))]

    #[test]
    fn a_deep_link_survives_its_address(deep_link in any_deep_link()) {
        let (read, notices) = DeepLink::parse(&deep_link.to_query());
        prop_assert_eq!(notices, vec![]);
        prop_assert_eq!(read, deep_link);
    }

    #[test]
    fn no_address_breaks_anything(query in "\\PC{0,200}") {
        let (read, notices) = DeepLink::parse(&query);
        // What was understood is understood again.
        prop_assert_eq!(DeepLink::parse(&read.to_query()).0, read);
        prop_assert!(notices.iter().all(|notice| notice.text.ends_with('.')));
    }
}

#[test]
fn addresses_are_what_a_person_would_write() {
    let query = "?agent=walker-walk&tab=decision&pane=what-if&seed=7&play=0&theme=light";
    let (deep_link, notices) = DeepLink::parse(query);
    assert!(notices.is_empty(), "{notices:?}");
    let wanted = DeepLink {
        agent: Some("walker-walk".into()),
        tab: Some(Tab::Decision),
        pane: Some(PaneKind::WhatIf),
        seed: Some(7),
        play: Some(false),
        theme: Some(Theme::Light),
        ..DeepLink::default()
    };
    assert_eq!(deep_link, wanted);
    let (deep_link, _) = DeepLink::parse("embed&panes=world,delta-q,%74imeline&step=3&task=hopper-hop");
    assert!(deep_link.embed);
    assert_eq!(deep_link.panes, [PaneKind::World, PaneKind::DeltaQ, PaneKind::Timeline]);
    assert_eq!((deep_link.step, deep_link.task.as_deref()), (Some(2), Some("hopper-hop")));
    assert_eq!(deep_link.to_query(), "task=hopper-hop&step=3&embed=1&panes=world,delta-q,timeline");
}

#[test]
fn what_is_wrong_is_left_out_and_told_with_what_is_allowed() {
    let told = |query: &str, allowed: &str| {
        let (deep_link, notices) = DeepLink::parse(query);
        assert_eq!(deep_link, DeepLink::default(), "{query}");
        assert!(notices.len() == 1 && notices[0].text.contains(allowed), "{query}: {notices:?}");
    };
    told("tab=trian", "train, decision, values, compare or tour");
    told("pane=wrold", "world, setup");
    told("step=0", "1 to 8");
    told("step=9", "1 to 8");
    told("theme=blue", "dark or light");
    told("seed=-1", "a whole number from 0");
    told("play=maybe", "1 or 0");
    told("task=walker-fly", "walker-run");
    told("tsk=walker-walk", &ADDRESS_KEYS.join(", "));
    // An agent is a name, never a way out of its folder.
    for path in ["../runs/mine", "%2e%2e%2f", "a/b", "C:", "", "Walker"] {
        told(&format!("agent={path}"), "small letters, digits and dashes");
    }
    let (deep_link, notices) = DeepLink::parse("panes=world,wrold&tab=tour");
    assert_eq!((deep_link.panes.as_slice(), deep_link.tab), ([PaneKind::World].as_slice(), Some(Tab::Tour)));
    assert!(notices[0].text.contains("wrold") && notices[0].text.contains("iterations"), "{notices:?}");
}

#[test]
fn eight_mistakes_in_an_address_are_listed_and_the_rest_counted() {
    let (deep_link, notices) = DeepLink::parse(&format!("tab=tour&{}seed=3", "x=1&".repeat(1000)));
    assert_eq!((deep_link.seed, notices.len()), (Some(3), 9));
    assert_eq!(notices[8].text, "992 more parts of the address are wrong.");
    assert_eq!(DeepLink::parse(&"x=1&".repeat(9)).1[8].text, "1 more part of the address is wrong.");
    assert_eq!(DeepLink::parse(&"x=1&".repeat(8)).1.len(), 8);
}
