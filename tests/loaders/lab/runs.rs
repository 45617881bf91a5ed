//! Listed runs, and runs compared by their curves.

use bootstride_lab::runs::{known_runs, read_run};

use crate::archives::run;
use crate::harness::{INPUTS, Loader, as_it_is, survives};

fn curves(name: &str, without: &[&str], corpus: Vec<Vec<u8>>) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("run");
    run(&path);
    let seed = std::fs::read(path.join(name)).unwrap();
    for name in without {
        std::fs::remove_file(path.join(name)).unwrap();
    }
    let folder = path.display().to_string();
    survives(Loader {
        name: &format!("curves-{name}"),
        seeds: vec![seed],
        corpus,
        words: &[
            b"env_step,planner_mean,network_mean\n",
            b"18446744073709551615,NaN,inf\n",
            b",,,,\n",
            b"\"env_step\":18446744073709551615",
        ],
        mend: as_it_is,
        inputs: INPUTS,
        room: 4 << 20,
        load: &mut |input| {
            std::fs::write(path.join(name), input).unwrap();
            let _ = read_run(&folder);
            let _ = known_runs(place.path());
        },
    });
}

#[test]
fn evaluations() {
    curves(
        "eval.csv",
        &["metrics.jsonl"],
        vec![b",".repeat(200_000), b"env_step,planner_mean,network_mean\n1,,\n".repeat(4000)],
    );
}

#[test]
fn events() {
    curves("metrics.jsonl", &[], vec![b"\n".repeat(100_000)]);
}

#[test]
fn manifest() {
    curves("manifest.json", &[], vec![b"[".repeat(100_000)]);
}
