use bootstride_core::body::{BodyFile, World};
use std::time::Instant;

use crate::reference::{DOMAINS, episodes, passive_rollout};

fn range(rows: &[Vec<f64>], i: usize) -> f64 {
    let column = || rows.iter().map(|row| row[i]);
    column().fold(f64::MIN, f64::max) - column().fold(f64::MAX, f64::min)
}

#[test]
#[ignore]
fn explore() {
    let only = std::env::var("DOMAIN").unwrap_or_default();
    for (domain, tasks) in DOMAINS.iter().filter(|(d, _)| only.is_empty() || only == *d) {
        let file = BodyFile::built_in(domain).unwrap();
        let mut free = file.clone();
        free.simulation.contacts = false;
        if let Ok(n) = std::env::var("SUB") { free.simulation.steps_per_control = n.parse().unwrap(); }
        let mut world = World::new(&free).unwrap();
        if let Some(r) = passive_rollout(domain) {
            world.set_state(&r.q[0], &r.qd[0]);
            let steps = 50.min(r.q.len() - 1);
            let mut worst = (0.0, 0);
            let mut worst_energy: f64 = 0.0;
            let e0 = world.energy();
            println!("{domain}: energy {e0:?} reference {:?}", r.energies[0]);
            let scale = r.energies.iter().map(|e| e[1]).fold(0.0, f64::max);
            for t in 1..=steps {
                world.set_control(&[]);
                world.step_control();
                let q = world.q();
                for i in 0..q.len() {
                    let e = (q[i] - r.q[t][i]).abs() / range(&r.q[..=steps], i).max(1e-3);
                    if e > worst.0 { worst = (e, i); }
                }
                let e = world.energy().total() - (r.energies[t][0] + r.energies[t][1]);
                worst_energy = worst_energy.max(e.abs() / scale);
            }
            println!("  passive: worst share of range {:.4} at {}, energy {:.4} of the largest kinetic", worst.0, worst.1, worst_energy);
        }
        let mut world = World::new(&file).unwrap();
        for task in tasks.iter().take(1) {
            for e in episodes(task) {
                // one step errors without and with contacts
                let (mut free_error, mut contact_error, mut n) = ((0.0_f64, 0.0_f64), (0.0_f64, 0.0_f64), 0);
                for t in 0..e.controls.len() {
                    world.set_state(&e.q[t], &e.qd[t]);
                    if !e.activations.is_empty() { world.set_activation(&e.activations[t]); }
                    world.set_control(&e.controls[t]);
                    world.step_control();
                    if std::env::var("D").is_ok() { println!("{t} err {:.4?} ctrl {:.2?}", world.qd().iter().zip(&e.qd[t+1]).map(|(a,b)| a-b).collect::<Vec<_>>(), e.controls[t]); }
                    if std::env::var("V").is_ok() {
                        let (v, w) = (world.qd(), &e.qd[t + 1]);
                        let i = (0..v.len()).max_by(|i, j| (v[*i] - w[*i]).abs().total_cmp(&(v[*j] - w[*j]).abs())).unwrap();
                        let o = world.q().len() - v.len();
                        println!("    {t} ncon {} dof {i}: qd {:.3} -> {:.3} ref {:.3}; q {:.3} -> {:.3} ref {:.3}", e.contacts[t], e.qd[t][i], v[i], w[i], e.q[t][i + o], world.q()[i + o], e.q[t + 1][i + o]);
                    }
                    let d = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                    let mut q = world.q();
                    let offset = q.len() - world.dof();
                    if offset == 1 { let dot: f64 = (3..7).map(|i| q[i] * e.q[t + 1][i]).sum(); if dot < 0.0 { (3..7).for_each(|i| q[i] = -q[i]); } }
                    let (q, v) = (d(&q, &e.q[t + 1]), d(&world.qd(), &e.qd[t + 1]));
                    if e.contacts[t] == 0 && e.contacts[t + 1] == 0 { free_error = (free_error.0.max(q), free_error.1.max(v)); n += 1; }
                    else { contact_error = (contact_error.0.max(q), contact_error.1.max(v)); }
                }
                // open loop
                world.set_state(&e.q[0], &e.qd[0]);
                if !e.activations.is_empty() { world.set_activation(&e.activations[0]); }
                let mut at = String::new();
                let mut first = 0;
                for t in 0..e.controls.len() {
                    world.set_control(&e.controls[t]);
                    world.step_control();
                    if e.contacts[t + 1] == 0 && first == t { first = t + 1; }
                    if [5, 10, 20, 30, 50].contains(&(t + 1)) || first == t + 1 && e.contacts.get(t + 2).is_some_and(|c| *c > 0) {
                        let q = world.q();
                        let w = (0..q.len()).map(|i| (q[i] - e.q[t + 1][i]).abs() / range(&e.q, i).max(1e-3)).enumerate().fold((0, 0.0), |a, b| if b.1 > a.1 { b } else { a });
                        at += &format!(" {}: {:.3}@{}", t + 1, w.1, w.0);
                    }
                }
                println!("  {}: one step free ({n}) q {:.2e} qd {:.2e}; contact q {:.2e} qd {:.2e}; open loop {at} (free until {first})", e.label, free_error.0, free_error.1, contact_error.0, contact_error.1);
            }
        }
        // drop
        let begin = Instant::now();
        let mut n = 0;
        if let Some(r) = passive_rollout(domain) { world.set_state(&r.q[0], &r.qd[0]); }
        while begin.elapsed().as_secs_f64() < 0.5 { world.step_control(); n += 1; }
        println!("  {:.0} control steps a second; q finite {}", n as f64 / begin.elapsed().as_secs_f64(), world.q().iter().all(|x| x.is_finite()));
    }
}
