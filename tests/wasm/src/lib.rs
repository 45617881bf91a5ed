//! A body that moves under a fixed sequence of controls, as a number: the same natively and in wasm, to the last bit.

#![allow(unsafe_code, reason = "a function that a wasm host can call by name")]

use bootstride_core::body::{BodyFile, World};
use bootstride_core::math::random::{philox4x32, unit_f32};

/// The bodies that can be asked for.
pub const BODIES: [&str; 4] = ["walker", "humanoid", "quadruped", "fish"];

/// Steps body number `body` from rest under random controls; gives a hash of all positions, velocities and sensor
/// readings on the way, or 0 where there is no such body.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn motion(body: u32, control_steps: u32) -> u64 {
    let world = BODIES.get(body as usize).and_then(|name| World::new(&BodyFile::built_in(name).ok()?).ok());
    world.map_or(0, |world| hash_of_motion(world, control_steps))
}

fn hash_of_motion(mut world: World, control_steps: u32) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325;
    let controls = world.control_ranges().len();
    for step in 0..control_steps {
        // Held for a few steps, so that the body gets somewhere.
        let control: Vec<f64> = (0..controls)
            .map(|i| {
                f64::from(unit_f32(philox4x32([step / 5, u32::try_from(i).unwrap_or(0), 0, 0], [1, 0])[0]) * 2.0 - 1.0)
            })
            .collect();
        world.set_control(&control);
        world.step_control();
        let sensors: Vec<f64> =
            world.file().sensors.iter().filter_map(|sensor| world.sensor(&sensor.name)).flatten().copied().collect();
        for number in world.q().into_iter().chain(world.qd()).chain(sensors) {
            // FNV-1a over the bytes.
            for byte in number.to_bits().to_le_bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
            }
        }
    }
    hash
}
