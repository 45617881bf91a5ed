//! What touches what, and what touch sensors show, against the reference.

use crate::driving::world;
use crate::reference::{DOMAINS, episodes};

#[test]
fn geoms_overlap_where_the_reference_has_contacts() {
    for domain in ["walker", "hopper", "cheetah", "finger", "ball_in_cup"] {
        let mut world = world(domain);
        let (_, tasks) = DOMAINS.iter().find(|(name, _)| *name == domain).unwrap();
        for episode in tasks.iter().flat_map(|task| episodes(task)) {
            for (t, contacts) in episode.contacts.iter().enumerate() {
                world.set_state(&episode.q[t], &episode.qd[t]);
                assert_eq!(world.touching(), *contacts > 0, "{} step {t}: {contacts} contacts", episode.label);
            }
        }
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
        for episode in episodes(task) {
            let pairs = episode.contacts.windows(2).enumerate();
            for (t, _) in pairs.filter(|(_, contacts)| *contacts == [0, 0]) {
                world.set_state(&episode.q[t], &episode.qd[t]);
                world.feel();
                assert_eq!(sensors.map(|name| world.sensor(name)), [Some(&[0.0][..]); 2], "{} step {t}", episode.label);
                // The reference's sensors show the last time step before the next state: nothing either.
                world.set_control(&episode.controls[t]);
                world.step_control();
                assert_eq!(sensors.map(|name| world.sensor(name)), [Some(&[0.0][..]); 2], "{} step {t}", episode.label);
            }
        }
    }
}
