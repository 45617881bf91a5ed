//! Snapshots of bodies and paths.

use bootstride_core::inspect::PathSource;
use bootstride_lab::ui::Palette;
use bootstride_lab::view::{PathChoice, Theme, View};
use bootstride_lab::world::gif::still;
use bootstride_lab::world::look_of;
use bootstride_lab::world::{BodyView, paths};
use bootstride_render::PictureSize;
use bootstride_render::camera::Camera;
use bootstride_render::{Offscreen, SceneLook};
use eframe::wgpu;
use egui_kittest::{SnapshotOptions, try_image_snapshot_options};
use image::RgbaImage;

use super::fixture::{offscreen, play, render_state};

const SIZE: [u32; 2] = [440, 330];

/// The last of so many decisions of a task.
fn picture(task: &str, decisions: u32, theme: Theme, choice: PathChoice) -> RgbaImage {
    let played = play(task, decisions);
    let palette = Palette::of(theme);
    let mut body_view = BodyView::new(&played.task).unwrap();
    let posture = body_view.posture(played.decisions.last().unwrap()).unwrap();
    let mut camera = Camera::new(body_view.subject());
    camera.follow(body_view.focus(&posture), f32::INFINITY);
    let view = View { paths: choice, ..View::default() };
    let traces = if choice == PathChoice::Off {
        Vec::new()
    } else {
        paths::traces(&played.analysis(&[PathSource::Imagined, PathSource::Real]), &view, &palette)
    };
    let look = SceneLook { dither: false, ..look_of(&palette) };
    let scene = body_view.scene(&posture, camera.lens(SIZE[0] as f32 / SIZE[1] as f32), look, traces, &palette);
    still(&mut offscreen().lock().unwrap(), &scene, PictureSize { pixels: SIZE, scale: 1.0 }).unwrap()
}

fn compare(image: &RgbaImage, name: &str) {
    let options = SnapshotOptions::new().output_path("../../tests/lab/snapshots").max_failed_pixels(60);
    try_image_snapshot_options(image, format!("world-{name}"), &options).unwrap();
}

macro_rules! pictures {
    ($($name:ident: $task:literal, $decisions:literal, $theme:ident, $choice:ident;)*) => {
        $(#[test]
        fn $name() {
            let image = picture($task, $decisions, Theme::$theme, PathChoice::$choice);
            compare(&image, &stringify!($name).replace('_', "-"));
        })*
    };
}

pictures! {
    walker: "walker-walk", 3, Dark, Off;
    walker_imagined: "walker-walk", 3, Dark, Imagined;
    walker_both: "walker-walk", 3, Dark, Both;
    walker_light: "walker-walk", 3, Light, Imagined;
    humanoid: "humanoid-walk", 4, Dark, Off;
    humanoid_imagined: "humanoid-walk", 4, Dark, Imagined;
    dog: "dog-run", 3, Dark, Off;
    dog_light: "dog-run", 3, Light, Imagined;
    fish: "fish-swim", 20, Dark, Off;
    fish_imagined: "fish-swim", 20, Dark, Imagined;
    cup: "cup-catch", 14, Dark, Off;
    reacher: "reacher-easy", 14, Dark, Off;
    finger: "finger-turn-easy", 14, Dark, Off;
    finger_imagined: "finger-turn-easy", 14, Dark, Imagined;
    quadruped: "quadruped-run", 4, Dark, Off;
    quadruped_imagined: "quadruped-run", 4, Light, Imagined;
    cartpole: "cartpole-swingup", 14, Dark, Off;
    cheetah: "cheetah-run", 4, Dark, Off;
    hopper: "hopper-hop", 3, Light, Off;
    pendulum: "pendulum-swingup", 8, Dark, Off;
    acrobot: "acrobot-swingup", 30, Dark, Off;
}

#[test]
fn what_webgl_2_promises_is_enough() {
    let state = render_state();
    let limits = wgpu::Limits::downlevel_webgl2_defaults();
    let wanted = wgpu::DeviceDescriptor { required_limits: limits, ..wgpu::DeviceDescriptor::default() };
    let (device, queue) = pollster::block_on(state.adapter.request_device(&wanted)).unwrap();
    let played = play("quadruped-walk", 2);
    let palette = Palette::of(Theme::Dark);
    let mut body_view = BodyView::new(&played.task).unwrap();
    let posture = body_view.posture(&played.decisions[1]).unwrap();
    let traces = paths::traces(&played.analysis(&[PathSource::Imagined]), &View::default(), &palette);
    let lens = Camera::new(body_view.subject()).lens(1.0);
    let scene = body_view.scene(&posture, lens, look_of(&palette), traces, &palette);
    // Beyond the limits, wgpu panics.
    let image =
        still(&mut Offscreen::new(&device, &queue), &scene, PictureSize { pixels: [64, 64], scale: 1.0 }).unwrap();
    assert!(image.pixels().any(|pixel| pixel.0[0] > 120), "the body is bright, the background is not");
}
