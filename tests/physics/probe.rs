use bootstride_core::body::{BodyFile, World};
use crate::reference::episodes;
#[test]
#[ignore]
fn probe() {
    let e = &episodes("walker-stand")[0];
    {
        let e = &episodes("cheetah-run")[0];
        let mut world = World::new(&BodyFile::built_in("cheetah").unwrap()).unwrap();
        for t in [8, 9, 36] {
            world.set_state(&e.q[t], &e.qd[t]);
            world.set_control(&e.controls[t]);
            world.step_control();
            for c in world.contacts() { println!("{c:?}"); }
            println!("{t}: {:.3?}\n {:.3?}\n  {:.3?}", e.qd[t], world.qd(), e.qd[t + 1]);
        }
    }
    for case in 0..0 {
        let mut file = BodyFile::built_in("walker").unwrap();
        if case == 1 { file.simulation.contacts = false; }
        if case == 2 { for l in &mut file.links { for g in &mut l.geoms { g.contact = None; } } }
        if case == 3 { for g in &mut file.world.geoms { g.contact = None; } }
        if case == 4 { file.simulation.solver.margin = 0.0001; }
        let mut world = World::new(&file).unwrap();
        world.set_state(&e.q[1], &e.qd[1]);
        world.set_control(&e.controls[1]);
        world.step_control();
        for c in world.contacts() { println!("{c:?}"); }
        println!("{case}: {:.3?}\n", world.qd());
    }
}
