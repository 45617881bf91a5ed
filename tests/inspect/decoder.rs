//! The head that decodes motion from latents.

use bootstride_core::inspect::MotionDecoder;
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::model::{ModelSettings, WorldModel};
use bootstride_core::task::Environment;
use burn::tensor::{Device, Tensor, TensorData};
use pollster::block_on;

use crate::{config, parts, trained};

/// Random play, noted; a new start every 100 decisions.
pub fn play(environment: &mut Environment, decoder: &mut MotionDecoder, decisions: u32) {
    roam(environment, 1, decisions, |environment| decoder.note(environment));
}

/// Random play from start states of this seed.
fn roam(environment: &mut Environment, seed: u64, decisions: u32, mut see: impl FnMut(&Environment)) {
    let mut random = Stream::new(seed, Purpose::Other, 0);
    for decision in 0..decisions {
        if decision.is_multiple_of(100) {
            environment.reset(&mut Stream::new(seed, Purpose::Reset, decision));
        }
        let action: Vec<f32> =
            (0..environment.info().action_size).map(|_| random.uniform_in(-1.0, 1.0) as f32).collect();
        environment.step(&action).unwrap();
        see(environment);
    }
}

/// What a decoder says of a world.
fn decoded(decoder: &MotionDecoder, model: &WorldModel, environment: &Environment) -> Vec<f32> {
    let data = TensorData::new(environment.observe(), [1, model.observation_dim]);
    let latent = model.encode(Tensor::from_data(data, &Device::flex()));
    decoder.velocities(latent).into_data().try_to_vec().unwrap()
}

fn setup(task: &str) -> (Environment, WorldModel) {
    let sizes = ["model.encoder_dim=64", "model.latent_dim=64", "model.simnorm_dim=8"];
    let config = config("bmpc", &[&sizes[..], &[&format!("task.name={task}")]].concat());
    let environment = Environment::configured(&config.task).unwrap();
    let info = environment.info();
    let mut random = Stream::new(3, Purpose::Weights, 0);
    let model = WorldModel::new(
        &ModelSettings::new(&config),
        info.observation_size,
        info.action_size,
        &mut random,
        &Device::flex(),
    );
    (environment, model)
}

#[test]
fn velocities_are_read_from_the_latents_of_a_random_encoder() {
    let (mut environment, model) = setup("pendulum-swingup");
    let mut decoder = MotionDecoder::new(&model, 1);
    play(&mut environment, &mut decoder, 3000);
    assert!(!decoder.is_trained() && decoder.loss().is_none());
    block_on(decoder.learn(&model, 200)).unwrap();
    let early = decoder.loss().unwrap();
    block_on(decoder.learn(&model, 1300)).unwrap();
    block_on(decoder.learn(&model, 100)).unwrap();
    assert!(decoder.is_trained() && decoder.loss().unwrap() < 0.5 * early, "{early} to {:?}", decoder.loss());
    // On episodes that it has not seen.
    let (mut squares, mut range, mut count) = ([0.0_f64; 3], [(f64::MAX, f64::MIN); 3], 0.0);
    roam(&mut environment, 2, 1000, |environment| {
        let truth = environment.world().tracked().velocity;
        for (axis, said) in decoded(&decoder, &model, environment).into_iter().enumerate() {
            squares[axis] += (f64::from(said) - truth[axis]).powi(2);
            range[axis] = (range[axis].0.min(truth[axis]), range[axis].1.max(truth[axis]));
        }
        count += 1.0;
    });
    for axis in [0, 2] {
        let (error, range) = ((squares[axis] / count).sqrt(), range[axis].1 - range[axis].0);
        println!("axis {axis}: error {error:.3} of a range of {range:.3} m/s");
        assert!(range > 1.0 && error < 0.15 * range, "axis {axis}: {error} of {range} m/s");
    }
    assert!((squares[1] / count).sqrt() < 0.01, "nothing moves across the plane");
}

#[test]
fn a_decoder_is_a_function_of_its_seed_and_what_it_saw() {
    let (mut environment, model) = setup("reacher-easy");
    let mut learned = |seed: u64| {
        let mut decoder = MotionDecoder::new(&model, seed);
        play(&mut environment, &mut decoder, 200);
        block_on(decoder.learn(&model, 30)).unwrap();
        (decoder.loss(), decoded(&decoder, &model, &environment))
    };
    let first = learned(1);
    assert_eq!(learned(1), first);
    assert_ne!(learned(2), first);
}

#[test]
fn a_stored_decoder_says_the_same_and_is_believed_at_once() {
    let (mut environment, model) = setup("pendulum-swingup");
    let mut decoder = MotionDecoder::new(&model, 1);
    play(&mut environment, &mut decoder, 600);
    block_on(decoder.learn(&model, 300)).unwrap();
    let stored = block_on(decoder.store()).unwrap();
    let mut restored = MotionDecoder::restored(&model, 2, &stored).unwrap();
    assert!(restored.is_trained());
    let close = |a: &[f32], b: &[f32]| {
        a.len() == b.len() && !a.is_empty() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)
    };
    let said = decoded(&decoder, &model, &environment);
    assert!(close(&decoded(&restored, &model, &environment), &said));
    // A few pairs are not enough to change its mind.
    play(&mut environment, &mut restored, 100);
    let before = decoded(&restored, &model, &environment);
    block_on(restored.learn(&model, 50)).unwrap();
    assert_eq!((decoded(&restored, &model, &environment), restored.loss()), (before, None));

    for place in 0..stored.len() {
        let mut lacking = stored.clone();
        lacking.remove(place);
        assert!(MotionDecoder::restored(&model, 2, &lacking).is_err(), "without {}", stored[place].name);
    }
}

#[test]
fn with_little_to_learn_from_it_waits() {
    let (mut environment, model) = setup("pendulum-swingup");
    let mut decoder = MotionDecoder::new(&model, 1);
    play(&mut environment, &mut decoder, 20);
    block_on(decoder.learn(&model, 1000)).unwrap();
    assert_eq!((decoder.loss(), decoder.is_trained()), (None, false));
}

#[test]
fn an_agent_learns_the_same_with_and_without_a_decoder_beside_it() {
    let config = config("bmpc", &[]);
    let (mut with, mut without) = (trained(&config, 0), trained(&config, 0));
    let mut decoder = MotionDecoder::new(&with.model(), 1);
    for _ in 0..80 {
        assert_eq!(block_on(with.step()).unwrap(), block_on(without.step()).unwrap());
        decoder.note(with.environment());
        block_on(decoder.learn(&with.model(), 2)).unwrap();
    }
    assert!(decoder.loss().is_some());
    assert!(parts(&with) == parts(&without));
}
