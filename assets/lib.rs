//! Data that comes with Bootstride, embedded as text: bodies and presets.
//!
//! This folder also has the lab's fonts, the trained agents and the pictures of the README; they are not part of the
//! package.

#![no_std]

/// Embeds files: the name of each, and its text.
macro_rules! embed {
    ($folder:literal, $ending:literal, [$($name:literal),*]) => {
        [$(($name, include_str!(concat!($folder, $name, $ending)))),*]
    };
}

/// Body files, by name; the format is documented in `bodies/README.md`.
pub const BODIES: [(&str, &str); 13] = embed!(
    "bodies/",
    ".json",
    [
        "acrobot",
        "ball_in_cup",
        "cartpole",
        "cheetah",
        "dog",
        "finger",
        "fish",
        "hopper",
        "humanoid",
        "pendulum",
        "quadruped",
        "reacher",
        "walker"
    ]
);

/// Body files with a section `task`, by name: examples for bodies of one's own.
pub const EXAMPLE_BODIES: [(&str, &str); 2] = embed!("bodies/examples/", ".json", ["balancer", "scamp"]);

/// Size presets, from large to small, by name.
pub const SIZES: [(&str, &str); 3] = embed!("presets/size/", ".toml", ["paper", "small", "tiny"]);

/// Algorithm presets, by name.
pub const ALGORITHMS: [(&str, &str); 5] =
    embed!("presets/algorithm/", ".toml", ["bmpc", "tdmpc2", "variant1", "variant2", "variant3"]);
