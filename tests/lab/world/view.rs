//! Position of the camera, and picking in its view.

use bootstride_core::task::{TaskConfig, tasks};
use bootstride_lab::world::BodyView;
use bootstride_render::camera::{Camera, Lens, Subject};
use bootstride_render::maths::{Vec3, add, dot, length, nlerp, rotate, scale, sub, z_to};

use super::fixture::play;

fn camera() -> Camera {
    Camera::new(Subject { centre: [1.0, -2.0, 0.8], half: [0.7, 0.9], depth: 0.2, yaw: 0.3, pitch: 0.2 })
}

/// Places all over a picture.
fn places() -> impl Iterator<Item = [f32; 2]> {
    (0..25).map(|i| [0.05 + 0.225 * (i % 5) as f32, 0.05 + 0.225 * (i / 5) as f32])
}

fn close(a: Vec3, b: Vec3, within: f32) -> bool {
    length(sub(a, b)) < within
}

#[test]
fn what_the_camera_looks_at_is_in_the_middle() {
    for aspect in [0.4, 1.0, 2.5] {
        let [x, y, depth] = camera().lens(aspect).project([1.0, -2.0, 0.8]).unwrap();
        assert!((x - 0.5).abs() < 1e-4 && (y - 0.5).abs() < 1e-4 && (0.0..1.0).contains(&depth));
    }
}

#[test]
fn a_ray_goes_through_what_is_seen_at_its_place() {
    let mut camera = camera();
    for turn in 0..6 {
        camera.orbit([90.0, 25.0 - 10.0 * turn as f32], 400.0);
        let lens = camera.lens(1.6);
        for place in places() {
            let point = add(lens.eye, scale(lens.ray(place), 3.7));
            let [x, y, _] = lens.project(point).unwrap();
            assert!((x - place[0]).abs() < 1e-3 && (y - place[1]).abs() < 1e-3, "{place:?} is seen at {x}, {y}");
        }
    }
}

#[test]
fn what_lies_over_the_picture_leaves_the_body_free() {
    let mut camera = camera();
    camera.reserve(0.1, 0.25);
    let lens = camera.lens(1.0);
    let subject = *camera.subject();
    let height = |up: f32| lens.project(add(subject.centre, scale(lens.up, up * subject.half[1]))).unwrap()[1];
    assert!((height(0.0) - 0.425).abs() < 1e-3, "the middle of what is free, not {}", height(0.0));
    assert!(height(1.0) > 0.1 && height(-1.0) < 0.75, "from {} to {}", height(1.0), height(-1.0));
    for place in places() {
        let [x, y, _] = lens.project(add(lens.eye, scale(lens.ray(place), 2.0))).unwrap();
        assert!((x - place[0]).abs() < 1e-3 && (y - place[1]).abs() < 1e-3);
    }
}

#[test]
fn a_picked_place_of_the_ground_is_on_the_ground_and_under_the_pointer() {
    let lens = camera().lens(1.5);
    let mut met = 0;
    for place in places() {
        let Some(point) = lens.pick_level(place, 0.1) else { continue };
        met += 1;
        assert!((point[2] - 0.1).abs() < 1e-3);
        let [x, y, _] = lens.project(point).unwrap();
        assert!((x - place[0]).abs() < 1e-3 && (y - place[1]).abs() < 1e-3);
    }
    assert!(met >= 10, "the camera looks down, so much of the picture is ground; {met} places of 25 are");
    assert_eq!(lens.pick_level([0.5, 0.0], 0.1), None, "the top of the picture is sky");
}

#[test]
fn panning_moves_the_world_with_the_pointer() {
    let mut camera = camera();
    let size = [800.0, 500.0];
    let before = camera.lens(1.6).target;
    camera.pan([120.0, -40.0], size);
    let [x, y, _] = camera.lens(1.6).project(before).unwrap();
    assert!((x - (0.5 + 120.0 / 800.0)).abs() < 1e-3 && (y - (0.5 - 40.0 / 500.0)).abs() < 1e-3, "now at {x}, {y}");
}

#[test]
fn orbiting_keeps_the_distance_and_never_turns_over() {
    let mut camera = camera();
    let distance = |lens: &Lens| length(sub(lens.eye, lens.target));
    let before = distance(&camera.lens(1.0));
    for drag in [[500.0, 900.0], [-3000.0, 10.0], [70.0, -4000.0], [1.0, 333.0]] {
        camera.orbit(drag, 300.0);
        let lens = camera.lens(1.0);
        assert!((distance(&lens) - before).abs() < 1e-3 * before);
        assert!(dot(lens.up, [0.0, 0.0, 1.0]) > 0.0, "up stays up");
    }
}

#[test]
fn zooming_in_and_out_again_changes_nothing_and_has_bounds() {
    let mut camera = camera();
    let before = camera.lens(1.0);
    camera.zoom_by(1.7);
    assert!(camera.lens(1.0).distance < 0.6 * before.distance);
    camera.zoom_by(1.0 / 1.7);
    assert!((camera.lens(1.0).distance - before.distance).abs() < 1e-4);
    (0..100).for_each(|_| camera.zoom_by(2.0));
    assert!(camera.lens(1.0).distance > 0.01 * before.distance);
}

#[test]
fn following_comes_ever_nearer_and_jumps_where_the_body_did() {
    let mut camera = camera();
    let goal = [1.6, -2.0, 0.8];
    let mut left = length(sub(goal, camera.target));
    for _ in 0..30 {
        camera.follow(goal, 1.0 / 60.0);
        let now = length(sub(goal, camera.target));
        assert!(now < left);
        left = now;
    }
    assert!(left < 0.1, "after half a second it is nearly there, {left} m away");
    camera.follow([100.0, 0.0, 0.8], 1.0 / 60.0);
    assert!(close(camera.target, [100.0, 0.0, 0.8], 1e-3), "a new episode begins where it begins");
}

#[test]
fn a_double_click_undoes_what_the_hand_did() {
    let mut camera = camera();
    let before = camera.lens(1.3);
    camera.orbit([50.0, 20.0], 300.0);
    camera.pan([10.0, 90.0], [400.0, 300.0]);
    camera.zoom_by(3.0);
    camera.reset();
    assert_eq!(camera.lens(1.3), before);
}

#[test]
fn every_task_has_a_body_that_fills_its_picture() {
    for info in tasks() {
        let played = play(info.name, 2);
        let mut body_view = BodyView::new(&played.task).unwrap();
        let posture = body_view.posture(&played.decisions[0]).unwrap();
        let mut camera = Camera::new(body_view.subject());
        camera.follow(body_view.focus(&posture), f32::INFINITY);
        for aspect in [0.7, 1.6] {
            let lens = camera.lens(aspect);
            let seen = body_view.bodies(&posture).into_iter().filter_map(|body| lens.project(body.position));
            let seen: Vec<_> = seen.collect();
            let inside = |[x, y, _]: &&[f32; 3]| (0.0..1.0).contains(x) && (0.0..1.0).contains(y);
            let within = seen.iter().filter(inside).count();
            assert!(
                within * 10 >= seen.len() * 9,
                "{}: {within} of {} shapes are in the picture",
                info.name,
                seen.len()
            );
            let subject = body_view.subject();
            let edge = add(camera.target, scale(lens.right, subject.half[0]));
            let edge = lens.project(edge).unwrap()[0];
            let top = lens.project(add(camera.target, scale(lens.up, subject.half[1]))).unwrap()[1];
            assert!(edge > 0.75 || top < 0.25, "{}: it reaches to {edge}, {top} only", info.name);
        }
    }
}

#[test]
fn a_task_that_is_not_known_says_so() {
    let task = TaskConfig { name: "walker-fly".into(), ..TaskConfig::default() };
    let error = BodyView::new(&task).unwrap_err().to_string();
    assert!(error.contains("walker-fly"), "{error}");
}

#[test]
fn motion_runs_from_decision_to_decision_and_is_never_more_than_one_behind() {
    let played = play("walker-walk", 6);
    let mut body_view = BodyView::new(&played.task).unwrap();
    let of = |body_view: &mut BodyView, number: usize| body_view.posture(&played.decisions[number]).unwrap();
    let centres: Vec<Vec3> = (0..6).map(|number| of(&mut body_view, number).centre).collect();
    // A decision every 0.1 s, drawn 60 times a second.
    let mut moved = 0;
    let mut last = centres[0];
    for frame in 0..36_u32 {
        let time = f64::from(frame) / 60.0;
        let number = ((time * 10.0) as usize).min(5);
        let before = number.checked_sub(1).map(|before| &played.decisions[before]);
        let posture = body_view.live(&played.decisions[number], before, time).unwrap();
        let (from, to) = (centres[number.saturating_sub(1)], centres[number]);
        let way = length(sub(to, from));
        let passed = length(sub(posture.centre, from)) + length(sub(to, posture.centre));
        assert!(passed < way + 1e-4, "frame {frame} lies between decision {number} and the one before");
        moved += usize::from(!close(posture.centre, last, 1e-6));
        last = posture.centre;
    }
    assert!(moved > 20, "most of 36 frames show another posture than the frame before; {moved} do");
    let rest = body_view.live(&played.decisions[5], Some(&played.decisions[4]), 9.0).unwrap();
    assert!(close(rest.centre, centres[5], 1e-6), "at rest it is where the newest decision was made");
}

#[test]
fn a_snapshot_of_another_task_is_refused() {
    let (walker, pendulum) = (play("walker-walk", 1), play("pendulum-swingup", 1));
    let mut body_view = BodyView::new(&walker.task).unwrap();
    assert!(body_view.posture(&pendulum.decisions[0]).is_err());
    assert!(body_view.posture(&walker.decisions[0]).is_ok(), "and the body_view is as good as before");
}

#[test]
fn rotations_turn_and_blend_along_the_shorter_arc() {
    let z = [0.0, 0.0, 1.0];
    for direction in [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.6, 0.0, -0.8], [0.0, 0.0, -1.0], z] {
        assert!(close(rotate(z_to(direction), z), direction, 1e-5), "{direction:?}");
    }
    let (a, b) = (z_to([1.0, 0.0, 0.0]), z_to([0.0, 1.0, 0.0]).map(|x| -x));
    let middle = rotate(nlerp(a, b, 0.5), z);
    assert!(dot(middle, [1.0, 0.0, 0.0]) > 0.4 && dot(middle, [0.0, 1.0, 0.0]) > 0.4, "{middle:?}");
}
