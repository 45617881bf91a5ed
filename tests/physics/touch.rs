//! What touch sensors show, against the reference.

use crate::driving::world;
use crate::reference::episodes;

#[test]
fn touch_sensors_show_nothing_where_nothing_touches() {
    for (domain, tasks, sensors, at) in [
        ("hopper", &["hopper-stand", "hopper-hop"][..], ["touch_toe", "touch_heel"], 13),
        ("finger", &["finger-turn-easy", "finger-turn-hard"], ["touchtop", "touchbottom"], 7),
    ] {
        let mut world = world(domain);
        for episode in tasks.iter().flat_map(|task| episodes(task)) {
            for t in 0..episode.contacts.len() - 1 {
                world.set_state(&episode.q[t], &episode.qd[t]);
                let touching = world.touching();
                world.set_control(&episode.controls[t]);
                world.step_control();
                let found = sensors.map(|name| world.sensor(name).unwrap()[0]);
                let expected = [episode.observations[t + 1][at].exp_m1(), episode.observations[t + 1][at + 1].exp_m1()];
                println!(
                    "{} {t} ncon {} {} touching {touching}: {found:.2?} {expected:.2?}",
                    episode.label,
                    episode.contacts[t],
                    episode.contacts[t + 1],
                );
            }
        }
    }
}
