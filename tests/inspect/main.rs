//! What a front end gets of an agent's decisions is what happened, and recording it changes nothing.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::float_cmp,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::similar_names,
    clippy::many_single_char_names,
    clippy::type_complexity,
    reason = "tests run natively, and same seed, same bits"
)]
#![recursion_limit = "256"]

mod decoder;
mod live;
mod plan_analysis;
mod player;
mod tracked;
mod watching;

use bootstride_core::config::Config;
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::model::{ModelSettings, WorldModel};
use bootstride_core::nn::Parameters;
use bootstride_core::task::configured_task;
use bootstride_core::train::{Parts, Phase, StepObserver, Trainer};
use bootstride_tests::smallest;
use burn::tensor::{Device, Tensor, TensorData};
use pollster::block_on;

/// A configuration with the smallest networks, and these settings on top.
fn config(algorithm: &str, settings: &[&str]) -> Config {
    let longer = ["planner.iterations=3", "run.steps=100000"];
    smallest::config(algorithm, &[&longer, settings].concat())
}

fn trainer(config: &Config) -> Trainer {
    Trainer::new(config.clone(), &Device::flex()).unwrap()
}

/// A trainer that has made so many decisions of training, so that its networks say something.
fn trained(config: &Config, decisions: usize) -> Trainer {
    let mut trainer = trainer(config);
    while trainer.progress().phase != Phase::Training {
        block_on(trainer.step()).unwrap();
    }
    for _ in 0..decisions {
        block_on(trainer.step()).unwrap();
    }
    trainer
}

/// A model for the configured task whose heads all say something: random weights throughout.
fn loud(config: &Config) -> WorldModel {
    let info = configured_task(&config.task).unwrap();
    let mut random = Stream::new(9, Purpose::Other, 0);
    let device = Device::flex();
    let mut model =
        WorldModel::new(&ModelSettings::new(config), info.observation_size, info.action_size, &mut random, &device);
    model.visit_mut("", &mut |_, tensor| {
        let shape = tensor.dims();
        let scale = 1.0 / (shape[1] as f32).sqrt();
        let data: Vec<f32> = (0..shape.iter().product()).map(|_| random.normal() as f32 * scale).collect();
        let noise = Tensor::from_data(TensorData::new(data, shape), &device);
        *tensor = if shape[1] == 1 { tensor.clone() + noise * 0.1 } else { noise };
    });
    model.touch();
    model
}

fn parts(trainer: &Trainer) -> Parts {
    block_on(trainer.save()).unwrap()
}

/// A watch for everything.
fn watch() -> StepObserver {
    StepObserver { record: true, trace: true, ..StepObserver::default() }
}
