//! A planner and a task as a user of the library writes them, with public items alone: random shooting, and a pendulum
//! that must keep turning.

use std::sync::Once;

use bootstride_core::body::{BodyFile, Simulator};
use bootstride_core::math::Stream;
use bootstride_core::model::WorldModel;
use bootstride_core::nn::read;
use bootstride_core::planner::{
    self, NoiseSource, Plan, PlanRequest, Planner, PlannerError, PlannerSettings, StatePlan,
};
use bootstride_core::task::{self, ObservationPart, Task, TaskInfo};
use bootstride_core::toml::{Table, Value};
use burn::tensor::{Tensor, TensorData};

/// Scores random sequences and takes the best; `planner.custom.sequences` is their number.
#[derive(Clone)]
pub struct Shooting {
    sequences: usize,
}

impl Shooting {
    /// Reads the table `planner.custom`.
    pub fn new(custom: &Table) -> Result<Self, String> {
        let sequences = custom.get("sequences").map_or(Some(16), Value::as_integer);
        match sequences.and_then(|number| usize::try_from(number).ok()) {
            Some(sequences) if sequences > 0 && custom.len() <= 1 => Ok(Self { sequences }),
            _ => Err("sequences, a whole number from 1".into()),
        }
    }
}

impl Planner for Shooting {
    async fn plan(
        &mut self,
        model: &WorldModel,
        settings: &PlannerSettings,
        request: &PlanRequest<'_>,
    ) -> Result<Plan, PlannerError> {
        let NoiseSource::Key(key) = request.noise else {
            return Err(PlannerError::Failed { kind: "shooting", message: "it draws its numbers itself".into() });
        };
        let (rows, actions, width) = (self.sequences, model.action_dim, settings.config.horizon * model.action_dim);
        let (device, mut random) = (model.device(), Stream::new(key.seed, key.purpose, key.decision));
        let tensor = |data, shape: [usize; 2]| Tensor::<2>::from_data(TensorData::new(data, shape), &device);
        let mut states = Vec::new();
        for observation in request.observations.chunks(model.observation_dim) {
            let sequences: Vec<f32> = (0..rows * width).map(|_| random.uniform_in(-1.0, 1.0) as f32).collect();
            let all = tensor(sequences.clone(), [rows, width]);
            let mut z = model.encode(tensor(observation.to_vec(), [1, model.observation_dim])).repeat_dim(0, rows);
            let (mut scores, mut discount) = (Tensor::zeros([rows, 1], &device), 1.0);
            for step in 0..settings.config.horizon {
                let action = all.clone().narrow(1, step * actions, actions);
                scores = scores + model.reward(z.clone(), action.clone()) * discount;
                z = model.next(z, action);
                discount *= settings.discount;
            }
            let last = model.policy(settings.terminal_policy).mean(z.clone());
            let values = model.values(&model.value, &[0], z, Some(last)).reshape([rows, 1]);
            let scores = read(vec![(scores + values * discount).flatten(0, 1)]).await?.concat();
            let best = (0..rows).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or_default();
            let mean = sequences[best * width..][..width].to_vec();
            states.push(StatePlan {
                action: mean[..actions].to_vec(),
                expert_mean: mean[..actions].to_vec(),
                expert_std: vec![0.5; actions],
                expert_value: scores[best],
                mean,
                delta_q: 0.0,
            });
        }
        Ok(Plan { states, trace: None })
    }
}

/// Keeps a pendulum turning; fails when it stops.
pub struct Spin(pub TaskInfo);

const OBSERVATION: &[ObservationPart] =
    &[ObservationPart { name: "angle", size: 2 }, ObservationPart { name: "velocity", size: 1 }];

impl Spin {
    /// The task under this name, in episodes of 100 control steps.
    pub fn called(name: &'static str) -> Self {
        let info = TaskInfo::new([name, "pendulum", "Keep turning."], OBSERVATION, 1, 0.02);
        Self(TaskInfo { episode_control_steps: 100, ..info })
    }
}

impl Task for Spin {
    fn info(&self) -> &TaskInfo {
        &self.0
    }

    fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        observation.extend([sim.q()[0].sin(), sim.q()[0].cos(), sim.qd()[0]]);
    }

    fn reward(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
        (sim.qd()[0].abs() / 10.0).min(1.0)
    }

    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        sim.set_state(&[stream.uniform_in(-0.1, 0.1)], &[8.0]);
        None
    }

    fn terminated(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> bool {
        sim.qd()[0].abs() < 0.5
    }
}

/// Registers the planner `shooting` and the task `spin`, once in this process.
pub fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        planner::register("shooting", Shooting::new).unwrap();
        task::register(Spin::called("spin"), BodyFile::built_in("pendulum").unwrap()).unwrap();
    });
}
