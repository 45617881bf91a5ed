//! body-inertia-impossible: moments of inertia that no solid has are refused, with the rule.

use std::fs;

use crate::tool::{run, workplace};

const SCAMP: &str = include_str!("../../../assets/bodies/examples/scamp.json");

/// The example with these moments in its second link.
fn with_moments(moments: &str) -> String {
    let mut file: serde_json::Value = serde_json::from_str(SCAMP).unwrap();
    file["links"][1]["inertia"]["moments"] = serde_json::from_str(moments).unwrap();
    file.to_string()
}

#[test]
fn body_inertia_impossible() {
    let folder = workplace();
    for moments in ["[1.486e-6, 2e-7, 8.31e-7]", "[2e-7, 8.31e-7, 1.486e-6]", "[1, 1, 2.02]"] {
        fs::write(folder.path().join("impossible.json"), with_moments(moments)).unwrap();
        for arguments in [&["body", "impossible.json"][..], &["train", "--body", "impossible.json", "--device", "cpu"]]
        {
            let done = run(folder.path(), arguments).with_code(2);
            let place = "impossible.json: $.links[1].inertia.moments: found [";
            assert!(
                done.err.contains(place) && done.err.contains("more than the sum of the other two"),
                "{}",
                done.err
            );
        }
    }
    assert!(!folder.path().join("runs").exists());
    // A thin plate's and a rod's, as they are rounded in files.
    for moments in ["[0.1, 0.2, 0.30000000000000004]", "[0.0833, 0.0833, 0.1667]", "[1e-9, 0.5, 0.5]"] {
        fs::write(folder.path().join("possible.json"), with_moments(moments)).unwrap();
        run(folder.path(), &["body", "possible.json"]).with_code(0);
    }
}
