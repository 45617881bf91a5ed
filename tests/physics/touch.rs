//! What touch sensors show, against the reference.

use crate::driving::world;
use crate::reference::episodes;

#[test]
fn touch_sensors_show_nothing_where_nothing_touches() {
    for (domain, tasks, sensors) in [
        ("hopper", &["hopper-stand", "hopper-hop"][..], ["touch_toe", "touch_heel"]),
        ("finger", &["finger-turn-easy", "finger-turn-hard"], ["touchtop", "touchbottom"]),
    ] {
        let mut world = world(domain);
        for episode in tasks.iter().flat_map(|task| episodes(task)) {
            for t in 0..episode.contacts.len() {
                world.set_state(&episode.q[t], &episode.qd[t]);
                world.feel();
                let found = sensors.map(|name| world.sensor(name).unwrap()[0]);
                println!(
                    "{} {t} ncon {} touching {}: {found:.2?} {:.2?}",
                    episode.label,
                    episode.contacts[t],
                    world.touching(),
                    &episode.sensors[t]
                );
            }
        }
    }
}
