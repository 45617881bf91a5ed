//! A small head that reads the body's motion from latent states, so that the world model's imagination can be drawn. It is
//! trained beside the agent on latents without gradient, so the agent does not notice it.

mod stored;

use burn::tensor::{Device, Tensor, TensorData};

use crate::math::{Purpose, Stream};
use crate::model::WorldModel;
use crate::nn::{Activation, Adam, Mlp, MlpShape, Ops, Parameters, ReadError, read};
use crate::task::Environment;

/// Pairs that are kept.
const CAPACITY: usize = 20_000;
/// Pairs per update.
const BATCH: usize = 64;
const HIDDEN: usize = 64;
const LEARNING_RATE: f64 = 1e-3;
const EPSILON: f64 = 1e-8;
/// What it must have seen to be believed.
const PAIRS_NEEDED: usize = 500;
const UPDATES_NEEDED: u32 = 300;
/// Velocities that vary less than this are as good as constant, m/s.
const STILL: f64 = 1e-3;

/// Predicts the velocity of the tracked point of a body ([`World::tracked`](crate::body::World::tracked)), in the frame of its
/// heading, from a latent state.
#[derive(Clone, Debug)]
pub struct MotionDecoder {
    seed: u64,
    network: Mlp,
    optimiser: Adam,
    updates: u32,
    loss: Option<f32>,
    pairs: Pairs,
    moments: Moments,
    /// Whether it was trained before, on what is not here.
    was_stored: bool,
    /// With autodiff.
    device: Device,
}

/// What was observed, and how the tracked point moved then; the newest in place of the oldest.
#[derive(Clone, Debug, Default)]
struct Pairs {
    /// `[pairs, observation]`.
    observations: Vec<f32>,
    /// m/s.
    velocities: Vec<[f32; 3]>,
    /// Where the next one goes.
    next: usize,
}

/// Running mean and variance of the velocity (Welford, 1962).
#[derive(Clone, Debug, Default)]
struct Moments {
    count: f64,
    mean: [f64; 3],
    squares: [f64; 3],
}

impl MotionDecoder {
    /// An untrained one for the latents of `model`; `seed` decides its initial weights and batches.
    #[must_use]
    pub fn new(model: &WorldModel, seed: u64) -> Self {
        let device = model.device().without_autodiff();
        let shape = MlpShape {
            members: 1,
            input: model.latent_dim,
            hidden: vec![HIDDEN],
            output: 3,
            last: Activation::None,
            zero_last: true,
        };
        let network = Mlp::new(&shape, &mut Stream::new(seed, Purpose::MotionDecoder, u32::MAX), &device).learnable();
        Self {
            seed,
            network,
            optimiser: Adam::new(EPSILON, Ops::Plain),
            updates: 0,
            loss: None,
            pairs: Pairs::default(),
            moments: Moments::default(),
            was_stored: false,
            device: device.autodiff(),
        }
    }

    /// Takes note of what the present state looks like and how the body moves in it.
    #[allow(clippy::cast_possible_truncation, reason = "velocities are learned as f32")]
    pub fn note(&mut self, environment: &Environment) {
        let point = environment.world().tracked();
        let (sin, cos) = (libm::sin(point.heading), libm::cos(point.heading));
        let [x, y, z] = point.velocity;
        let velocity = [cos * x + sin * y, cos * y - sin * x, z];
        if velocity.iter().all(|v| v.is_finite()) {
            self.moments.add(velocity);
            self.pairs.push(&environment.observe(), velocity.map(|v| v as f32));
        }
    }

    /// Learns from what was noted, on the latents that `model` gives it now; does nothing while too little was noted.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn learn(&mut self, model: &WorldModel, updates: usize) -> Result<(), ReadError> {
        // A stored one would forget what it knows over a few pairs.
        let needed = if self.was_stored { PAIRS_NEEDED } else { BATCH };
        if updates == 0 || self.pairs.velocities.len() < needed {
            return Ok(());
        }
        let losses: Vec<Tensor<1>> = (0..updates).map(|_| self.update(model)).collect();
        let losses = read(vec![Tensor::cat(losses, 0)]).await?.concat();
        #[allow(clippy::cast_precision_loss, reason = "updates are few")]
        let mean = losses.iter().sum::<f32>() / losses.len().max(1) as f32;
        self.loss = Some(mean);
        Ok(())
    }

    /// The error of the last updates as a share of the variance of the velocity: 1 says nothing, 0 is perfect. None before
    /// the first.
    #[must_use]
    pub fn loss(&self) -> Option<f32> {
        self.loss
    }

    /// Whether it has seen enough to be believed, now or before it was stored.
    #[must_use]
    pub fn is_trained(&self) -> bool {
        self.was_stored || (self.updates >= UPDATES_NEEDED && self.pairs.velocities.len() >= PAIRS_NEEDED)
    }

    /// Velocities in the frame of the heading, m/s: `[rows, latent]` to `[rows, 3]`, all outside autodiff.
    #[must_use]
    pub fn velocities(&self, latents: Tensor<2>) -> Tensor<2> {
        let predicted = self.network.inner().forward_single(latents);
        let (mean, std) = self.moments.narrow();
        let row = |numbers| Tensor::<1>::from_floats(numbers, &predicted.device()).unsqueeze_dim::<2>(0);
        let (mean, std) = (row(mean), row(std));
        predicted * std + mean
    }

    /// One update; gives its loss, `[1]`, outside autodiff.
    fn update(&mut self, model: &WorldModel) -> Tensor<1> {
        let mut random = Stream::new(self.seed, Purpose::MotionDecoder, self.updates);
        self.updates += 1;
        let (observations, velocities) = self.pairs.sample(&mut random);
        let (mean, std) = self.moments.narrow();
        let targets =
            velocities.iter().flat_map(|v| (0..3).map(move |axis| (v[axis] - mean[axis]) / std[axis])).collect();
        let inner = self.device.clone().without_autodiff();
        let constant = |data: Vec<f32>, width| Tensor::<2>::from_data(TensorData::new(data, [BATCH, width]), &inner);
        let latents = model.encode(constant(observations, model.observation_dim)).without_autodiff();
        let error = self.network.forward_single(latents.autodiff()) - constant(targets, 3).autodiff();
        // Axes along which nothing moves are predicted without effort, and do not count.
        let loss = error.square().mean() * (3.0 / self.moments.moving());
        let mut gradients = loss.backward();
        let schedule = self.optimiser.begin_step(Tensor::ones([1], &inner));
        let optimiser = &mut self.optimiser;
        self.network.visit_mut("motion", &mut |name, tensor| {
            if let Some(gradient) = tensor.grad_remove(&mut gradients) {
                let before = tensor.clone().without_autodiff();
                let after = optimiser.update(name, before, gradient, &schedule, LEARNING_RATE, None);
                *tensor = after.autodiff().require_grad();
            }
        });
        loss.without_autodiff()
    }
}

impl Pairs {
    fn push(&mut self, observation: &[f32], velocity: [f32; 3]) {
        if self.velocities.len() < CAPACITY {
            self.observations.extend_from_slice(observation);
            self.velocities.push(velocity);
        } else {
            let width = observation.len();
            self.observations[self.next * width..(self.next + 1) * width].copy_from_slice(observation);
            self.velocities[self.next] = velocity;
        }
        self.next = (self.next + 1) % CAPACITY;
    }

    /// A batch: observations, flat, and velocities.
    fn sample(&self, random: &mut Stream) -> (Vec<f32>, Vec<[f32; 3]>) {
        let width = self.observations.len() / self.velocities.len().max(1);
        let (mut observations, mut velocities) = (Vec::with_capacity(BATCH * width), Vec::with_capacity(BATCH));
        for _ in 0..BATCH {
            let pair = random.below(self.velocities.len());
            observations.extend_from_slice(&self.observations[pair * width..(pair + 1) * width]);
            velocities.push(self.velocities[pair]);
        }
        (observations, velocities)
    }
}

impl Moments {
    fn add(&mut self, velocity: [f64; 3]) {
        self.count += 1.0;
        for (axis, v) in velocity.into_iter().enumerate() {
            let before = v - self.mean[axis];
            self.mean[axis] += before / self.count;
            self.squares[axis] += before * (v - self.mean[axis]);
        }
    }

    fn std(&self) -> [f64; 3] {
        self.squares.map(|square| (square / self.count.max(1.0)).sqrt().max(STILL))
    }

    /// Mean and standard deviation.
    #[allow(clippy::cast_possible_truncation, reason = "velocities are learned as f32")]
    fn narrow(&self) -> ([f32; 3], [f32; 3]) {
        (self.mean.map(|x| x as f32), self.std().map(|x| x as f32))
    }

    /// Axes along which the point moves; at least one.
    fn moving(&self) -> f32 {
        let moving = u8::try_from(self.std().iter().filter(|std| **std > STILL).count()).unwrap_or(3);
        f32::from(moving.max(1))
    }
}
