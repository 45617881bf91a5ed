//! A small head that decodes the body's motion from latent states, so that the world model's imagination can be drawn.
//! It is trained alongside the agent on latents without gradient, so the agent is not affected.

mod stored;

use burn::tensor::{Device, Tensor, TensorData};

use crate::math::{Purpose, Stream};
use crate::model::WorldModel;
use crate::nn::{Activation, Adam, Mlp, MlpShape, Ops, Parameters, ReadError, read};
use crate::task::Environment;

/// Pairs kept.
const CAPACITY: usize = 20_000;
/// Pairs per update.
const BATCH: usize = 64;
const HIDDEN: usize = 64;
const LEARNING_RATE: f64 = 1e-3;
const EPSILON: f64 = 1e-8;
/// Pairs needed before its predictions are shown.
const PAIRS_NEEDED: usize = 500;
const UPDATES_NEEDED: u32 = 300;
/// Velocities that vary less than this count as constant, m/s.
const STILL: f64 = 1e-3;

/// Predicts the velocity of the tracked point of a body ([`Simulator::tracked`](crate::body::Simulator::tracked)), in
/// the frame of its heading, from a latent state.
#[derive(Clone, Debug)]
pub struct MotionDecoder {
    seed: u64,
    network: Mlp,
    optimiser: Adam,
    updates: u32,
    loss: Option<f32>,
    pairs: Pairs,
    moments: Moments,
    /// Whether it was restored from storage, trained on data that is not available here.
    was_stored: bool,
    /// With autodiff.
    device: Device,
}

/// Observations, and how the tracked point moved at the time; the newest replaces the oldest.
#[derive(Clone, Debug, Default)]
struct Pairs {
    /// `[pairs, observation]`.
    observations: Vec<f32>,
    /// m/s.
    velocities: Vec<[f32; 3]>,
    /// Where the next pair is stored.
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
    /// Returns an untrained decoder for the latents of `model`; `seed` decides its initial weights and batches.
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

    /// Records the present observation and the body's motion.
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

    /// Learns from the recorded pairs, on their latents under the current `model`; does nothing while there are too
    /// few.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn learn(&mut self, model: &WorldModel, updates: usize) -> Result<(), ReadError> {
        // A restored decoder would forget what it has learned if trained on a few pairs.
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

    /// Returns the error of the last updates as a share of the variance of the velocity: 1 means no information, 0 is
    /// perfect. `None` before the first update.
    #[must_use]
    pub fn loss(&self) -> Option<f32> {
        self.loss
    }

    /// Returns whether it has been trained on enough pairs, now or before it was stored.
    #[must_use]
    pub fn is_trained(&self) -> bool {
        self.was_stored || (self.updates >= UPDATES_NEEDED && self.pairs.velocities.len() >= PAIRS_NEEDED)
    }

    /// Returns velocities in the frame of the heading, m/s: `[rows, latent]` to `[rows, 3]`, all outside autodiff.
    #[must_use]
    pub fn velocities(&self, latents: Tensor<2>) -> Tensor<2> {
        let predicted = self.network.inner().forward_single(latents);
        let (mean, std) = self.moments.narrow();
        let row = |numbers| Tensor::<1>::from_floats(numbers, &predicted.device()).unsqueeze_dim::<2>(0);
        let (mean, std) = (row(mean), row(std));
        predicted * std + mean
    }

    /// Performs one update; returns its loss, `[1]`, outside autodiff.
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
        // Axes along which nothing moves are trivial to predict, and do not count.
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

    /// Returns a batch: observations, flat, and velocities.
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

    /// Returns mean and standard deviation.
    #[allow(clippy::cast_possible_truncation, reason = "velocities are learned as f32")]
    fn narrow(&self) -> ([f32; 3], [f32; 3]) {
        (self.mean.map(|x| x as f32), self.std().map(|x| x as f32))
    }

    /// Returns the number of axes along which the point moves; at least one.
    fn moving(&self) -> f32 {
        let moving = u8::try_from(self.std().iter().filter(|std| **std > STILL).count()).unwrap_or(3);
        f32::from(moving.max(1))
    }
}
