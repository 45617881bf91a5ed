use bootstride_core::body::{BodyFile, World};
use std::time::Instant;
#[test]
#[ignore]
fn speed() {
    let seconds: f64 = std::env::var("SECONDS_EACH").ok().and_then(|s| s.parse().ok()).unwrap_or(2.0);
    for name in std::env::var("BODY").unwrap_or("dog,humanoid,quadruped".into()).split(',') {
        let mut world = World::new(&BodyFile::built_in(name).unwrap()).unwrap();
        let begin = Instant::now();
        let cpu = || std::fs::read_to_string("/proc/thread-self/schedstat").unwrap().split(' ').next().unwrap().parse::<f64>().unwrap() * 1e-9;
        let start = cpu();
        let mut n = 0;
        let mut contacts = 0;
        let actuators = world.control_ranges().len();
        while begin.elapsed().as_secs_f64() < seconds {
            // The same motion each 200 control steps.
            if n % 200 == 0 { let fresh = World::new(&BodyFile::built_in(name).unwrap()).unwrap(); world = fresh; }
            let u: Vec<f64> = (0..actuators).map(|i| 0.3 * ((n % 200) as f64 * 0.1 + i as f64).sin()).collect();
            world.set_control(&u);
            world.step_control();
            contacts += world.contacts().filter(|c| c.force > 0.0).count();
            n += 1;
        }
        println!("{name}: {:.0} a cpu second, {:.0} control steps a second, {:.1} contacts", n as f64 / (cpu() - start), n as f64 / begin.elapsed().as_secs_f64(), contacts as f64 / n as f64);
    }
}
