//! The fused training operations compute what plain tensor operations and Burn's autodiff compute.

use bootstride_core::math::{Purpose, Stream};
use bootstride_core::nn::{Activation, Adam, DiscreteRegression, Follower, Layer, Ops, Parameter, clip_global_norm};
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;

use crate::devices::{on_cpu, on_wgpu};

/// Numbers around 0, the same for the same stream.
fn random(random: &mut Stream, shape: [usize; 3], scale: f32, device: &Device) -> Tensor<3> {
    let data: Vec<f32> = (0..shape.iter().product()).map(|_| random.normal() as f32 * scale).collect();
    Tensor::from_data(TensorData::new(data, shape), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec::<f32>().unwrap()
}

/// The largest difference, against the largest number; NaN if there is one.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let top = a.iter().chain(b).fold(1e-6_f32, |top, x| top.max(x.abs()));
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, |worst: f32, one| if one > worst || one.is_nan() { one } else { worst }) / top
}

/// A layer of an ensemble at random weights, with an input and the gradient of its output.
#[derive(Clone, Debug)]
struct Case {
    members: usize,
    shared: bool,
    rows: usize,
    input: usize,
    output: usize,
    activation: Activation,
    masked: bool,
    seed: u64,
}

/// A layer's inputs, outside autodiff: x, weight, bias, scale, shift.
struct Inputs {
    parts: [Tensor<3>; 5],
    mask: Option<Tensor<3>>,
    gradient: Tensor<3>,
}

impl Case {
    fn inputs(&self, device: &Device) -> Inputs {
        let Self { members, rows, input, output, .. } = *self;
        let mut stream = Stream::new(self.seed, Purpose::Other, 0);
        let mut draw = |shape, scale| random(&mut stream, shape, scale, device);
        let x = draw([if self.shared { 1 } else { members }, rows, input], 1.0);
        let weight = draw([members, input, output], 1.0 / (input as f32).sqrt());
        let bias = draw([members, 1, output], 0.3);
        let scale = draw([members, 1, output], 0.3) + 1.0;
        let shift = draw([members, 1, output], 0.3);
        let gradient = draw([members, rows, output], 1.0);
        let mask = draw([members, rows, output], 1.0).greater_elem(-1.0).float() * 1.2;
        Inputs { parts: [x, weight, bias, scale, shift], mask: self.masked.then_some(mask), gradient }
    }

    fn layer(&self, [weight, bias, scale, shift]: [Tensor<3>; 4], ops: Ops) -> Layer {
        let norm = (self.activation != Activation::None).then_some((scale, shift));
        Layer { weight, bias, norm, activation: self.activation, ops }
    }

    /// The output, and the gradients of all inputs that have one.
    fn run(&self, device: &Device, ops: Ops) -> Vec<(&'static str, Vec<f32>)> {
        let Inputs { parts, mask, gradient } = self.inputs(device);
        let parts = parts.map(|part| part.autodiff().require_grad());
        let [x, weight, bias, scale, shift] = parts.clone();
        let layer = self.layer([weight, bias, scale, shift], ops);
        let output = layer.forward(x, mask.map(Tensor::autodiff));
        let gradients = (output.clone() * gradient.autodiff()).sum().backward();
        let mut found = vec![("output", values(output.without_autodiff()))];
        for (name, part) in ["x", "weight", "bias", "scale", "shift"].into_iter().zip(parts) {
            if let Some(gradient) = part.grad(&gradients) {
                found.push((name, values(gradient)));
            }
        }
        found
    }

    fn check(&self, device: &Device, tolerance: f32) -> Result<(), TestCaseError> {
        let (plain, fused) = (self.run(device, Ops::Plain), self.run(device, Ops::Fused));
        let names = |list: &[(&'static str, Vec<f32>)]| list.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        prop_assert_eq!(names(&plain), names(&fused));
        for ((name, plain), (_, fused)) in plain.iter().zip(&fused) {
            let error = distance(plain, fused);
            prop_assert!(error < tolerance, "{} differs by {:e}", name, error);
        }
        // Without autodiff there is nothing to keep, and the output is the same.
        let Inputs { parts: [x, weight, bias, scale, shift], mask, .. } = self.inputs(device);
        let bare = values(self.layer([weight, bias, scale, shift], Ops::Fused).forward(x, mask));
        prop_assert_eq!(&bare, &fused[0].1);
        Ok(())
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let activation = prop::sample::select(vec![Activation::None, Activation::Mish, Activation::SimNorm(8)]);
    // Around the sizes of blocks, panels and workgroups.
    let rows = prop_oneof![1_usize..20, 60_usize..70, 120_usize..200];
    let output = prop_oneof![1_usize..70, 120_usize..140, 500_usize..530];
    (1_usize..4, any::<bool>(), rows, 1_usize..90, output, activation, any::<bool>(), any::<u64>()).prop_map(
        |(members, shared, rows, input, output, activation, masked, seed)| {
            let output = if activation == Activation::SimNorm(8) { output.next_multiple_of(8) } else { output.max(3) };
            let masked = masked && activation != Activation::None;
            Case { members, shared, rows, input, output, activation, masked, seed }
        },
    )
}

fn check_cases(device: &Device, count: u32, tolerance: f32) {
    proptest!(bootstride_tests::property::cases(count), |(case in cases())| case.check(device, tolerance)?);
}

#[test]
fn a_fused_layer_and_its_gradients_are_those_of_plain_operations_on_cpu() {
    on_cpu(|device, _| check_cases(device, 64, 1e-4));
}

#[test]
fn a_fused_layer_and_its_gradients_are_those_of_plain_operations_on_wgpu() {
    on_wgpu(|device, _| check_cases(device, 12, 2e-4));
}

/// The gradient along random directions is the slope that small steps show. In f32 a step of 1e-2 balances rounding
/// against curvature.
fn check_slopes(device: &Device) {
    for (seed, activation) in [(1, Activation::None), (2, Activation::Mish), (3, Activation::SimNorm(4))] {
        let case = Case { members: 2, shared: true, rows: 3, input: 5, output: 8, activation, masked: seed == 2, seed };
        let found = case.run(device, Ops::Fused);
        let names = ["x", "weight", "bias", "scale", "shift"];
        for (i, name) in names.into_iter().enumerate() {
            let slope = found.iter().find(|(known, _)| *known == name).map(|(_, slope)| slope);
            let without_norm = activation == Activation::None && ["scale", "shift"].contains(&name);
            assert_eq!(slope.is_none(), without_norm, "{activation:?} {name}");
            let Some(slope) = slope else { continue };
            let mut stream = Stream::new(seed, Purpose::Other, 1);
            let shape = case.inputs(device).parts[i].dims();
            let direction = random(&mut stream, shape, 1.0, device);
            let at = |step: f32| -> f64 {
                let Inputs { mut parts, mask, gradient } = case.inputs(device);
                parts[i] = parts[i].clone() + direction.clone() * step;
                let [x, weight, bias, scale, shift] = parts;
                let output = case.layer([weight, bias, scale, shift], Ops::Fused).forward(x, mask);
                values(output).iter().zip(values(gradient)).map(|(y, g)| f64::from(*y) * f64::from(g)).sum()
            };
            let expected = (at(1e-2) - at(-1e-2)) / 2e-2;
            let along: f64 =
                slope.iter().zip(values(direction)).map(|(slope, d)| f64::from(*slope) * f64::from(d)).sum();
            let error = (along - expected).abs() / expected.abs().max(1.0);
            assert!(error < 5e-3, "{activation:?} {name}: {along} instead of {expected}");
        }
    }
}

#[test]
fn gradients_of_a_fused_layer_are_the_slopes_that_small_steps_show() {
    on_cpu(|device, _| check_slopes(device));
}

fn regression(device: &Device, ops: Ops) -> DiscreteRegression {
    let mut regression = DiscreteRegression::new(-10.0, 10.0, 101, device);
    regression.set_ops(ops);
    regression
}

/// Loss and gradient of the logits.
fn cross_entropy(device: &Device, ops: Ops, members: usize, targets: &[f32], seed: u64) -> [Vec<f32>; 2] {
    let regression = regression(device, ops);
    let shape = [members, targets.len(), regression.bins()];
    let mut stream = Stream::new(seed, Purpose::Other, 2);
    let logits = random(&mut stream, shape, 3.0, device).autodiff().require_grad();
    let weights = random(&mut stream, [1, members * targets.len(), 1], 1.0, device).squeeze_dim::<2>(0);
    let targets = Tensor::from_data(TensorData::new(targets.to_vec(), [targets.len(), 1]), device);
    let loss = regression.loss(logits.clone(), targets);
    let gradients = (loss.clone() * weights.autodiff()).sum().backward();
    [values(loss.without_autodiff()), values(logits.grad(&gradients).unwrap())]
}

fn check_cross_entropy(device: &Device, tolerance: f32) {
    // Beyond the bins on both sides, on a bin, at 0 and in between.
    let targets = [0.0, -0.0, 1.0, -1.0, 1e9, -1e9, 1.0_f32.exp() - 1.0, 0.3, -7.7, 123.4, 22025.0, 22026.5];
    for members in [1, 3] {
        let plain = cross_entropy(device, Ops::Plain, members, &targets, 4);
        let fused = cross_entropy(device, Ops::Fused, members, &targets, 4);
        for (what, (plain, fused)) in ["loss", "gradient"].into_iter().zip(plain.iter().zip(&fused)) {
            assert!(distance(plain, fused) < tolerance, "{what} differs by {:e}", distance(plain, fused));
        }
    }
}

#[test]
fn the_fused_cross_entropy_and_its_gradient_are_those_of_plain_operations() {
    on_cpu(|device, _| check_cross_entropy(device, 1e-5));
    on_wgpu(|device, _| check_cross_entropy(device, 1e-4));
}

/// Three steps of Adam on two parameters, one of them followed: both parameters, the follower, the norms.
fn descend(device: &Device, ops: Ops, scale: f32) -> Vec<Vec<f32>> {
    let mut stream = Stream::new(5, Purpose::Other, 3);
    let mut draw = |shape, scale| random(&mut stream, shape, scale, device);
    let mut first = draw([2, 150, 130], 1.0);
    let mut second = draw([1, 1, 7], 1.0);
    let mut target = draw([2, 150, 130], 1.0);
    let mut adam = Adam::new(1e-8, ops);
    let mut norms = Vec::new();
    for _ in 0..3 {
        let gradients = [("first", draw([2, 150, 130], scale)), ("second", draw([1, 1, 7], scale))]
            .map(|(name, tensor)| Parameter { name: name.into(), tensor });
        let clip = clip_global_norm(&gradients, 20.0, ops).unwrap();
        norms.extend(values(clip.norm));
        let schedule = adam.begin_step(clip.factor);
        let [a, b] = gradients.map(|gradient| gradient.tensor);
        let follower = Some(Follower { target: &mut target, rate: 0.05 });
        first = adam.update("first", first, a, &schedule, 1e-2, follower);
        second = adam.update("second", second, b, &schedule, 3e-2, None);
    }
    let moments = adam.moments.into_values().flat_map(|(first, second)| [first, second]);
    [first, second, target].into_iter().chain(moments).map(values).chain([norms]).collect()
}

fn check_descent(device: &Device) {
    // Gradients that are clipped, and gradients that are not.
    for scale in [1.0, 1e-3] {
        let (plain, fused) = (descend(device, Ops::Plain, scale), descend(device, Ops::Fused, scale));
        assert_eq!((plain.len(), fused.len()), (8, 8));
        for (i, (plain, fused)) in plain.iter().zip(&fused).enumerate() {
            assert!(distance(plain, fused) < 1e-5, "result {i} differs by {:e}", distance(plain, fused));
        }
    }
}

#[test]
fn a_fused_step_of_adam_with_clipping_and_target_averaging_is_that_of_plain_operations() {
    on_cpu(|device, _| check_descent(device));
    on_wgpu(|device, _| check_descent(device));
}

#[test]
fn a_fused_step_leaves_copies_that_somebody_holds_as_they_were() {
    let check = |device: &Device| {
        let mut stream = Stream::new(6, Purpose::Other, 0);
        let parameter = random(&mut stream, [1, 4, 5], 1.0, device);
        let before = values(parameter.clone());
        let held = parameter.clone();
        let mut adam = Adam::new(1e-8, Ops::Fused);
        let schedule = adam.begin_step(Tensor::ones([1], device));
        let moved = adam.update("p", parameter, Tensor::ones([1, 4, 5], device), &schedule, 0.1, None);
        assert_eq!(values(held), before);
        assert!(distance(&values(moved), &before) > 0.01);
    };
    on_cpu(|device, _| check(device));
    on_wgpu(|device, _| check(device));
}
