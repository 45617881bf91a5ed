//! Contacts and touch sensors against the reference.

use bootstride_core::body::World;

use crate::driving::world;
use crate::reference::{DOMAINS, episodes, given};

#[test]
fn geoms_overlap_where_the_reference_has_contacts() {
    for domain in ["walker", "hopper", "cheetah", "finger", "ball_in_cup"] {
        let mut world = world(domain);
        let (_, tasks) = DOMAINS.iter().find(|(name, _)| *name == domain).unwrap();
        // States without contacts and with.
        let mut states = [0, 0];
        for episode in tasks.iter().flat_map(|task| episodes(task)) {
            for (t, contacts) in episode.contacts.iter().enumerate() {
                world.set_state(&episode.q[t], &episode.qd[t]);
                assert_eq!(world.touching(), *contacts > 0, "{} step {t}: {contacts} contacts", episode.label);
                states[usize::from(*contacts > 0)] += 1;
            }
        }
        assert!(states.iter().all(|count| *count > 0) || given().is_some(), "{domain}: {states:?}");
    }
}

#[test]
fn touch_sensors_show_nothing_where_nothing_touches() {
    for (task, domain, sensors) in [
        ("hopper-stand", "hopper", ["touch_toe", "touch_heel"]),
        ("hopper-hop", "hopper", ["touch_toe", "touch_heel"]),
        ("finger-turn-easy", "finger", ["touchtop", "touchbottom"]),
        ("finger-turn-hard", "finger", ["touchtop", "touchbottom"]),
    ] {
        let mut world = world(domain);
        let (mut steps, mut touched) = (0, 0);
        for episode in episodes(task) {
            let pairs = episode.contacts.windows(2).enumerate();
            for (t, _) in pairs.filter(|(_, contacts)| *contacts == [0, 0]) {
                world.set_state(&episode.q[t], &episode.qd[t]);
                world.update_sensors();
                let any_shows = |world: &World| sensors.iter().any(|name| world.sensor(name) != Some(&[0.0]));
                let mut shown = any_shows(&world);
                // The reference's sensors show the last time step before the next state: nothing either.
                world.set_control(&episode.controls[t]);
                world.step_control();
                steps += 1;
                shown |= any_shows(&world);
                touched += usize::from(shown);
            }
        }
        println!("{task}: something touches in {touched} of {steps} control steps");
        // What comes down in between touches a time step earlier in one simulator than in the other.
        assert!(steps > 20 || given().is_some(), "{task}: {steps} control steps");
        assert!(touched * 20 <= steps.max(20), "{task}: something touches in {touched} of {steps} control steps");
    }
}
