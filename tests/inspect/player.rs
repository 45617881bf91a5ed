//! A playing agent.

use bootstride_core::agent::PlanningActor;
use bootstride_core::config::Config;
use bootstride_core::inspect::{Decision, LoadError, Player, load_agent};
use bootstride_core::math::tensors::read_tensors;
use bootstride_core::train::{Evaluator, Players, StepObserver};
use burn::tensor::Device;
use pollster::block_on;

use crate::{config, parts, trained};

/// Episodes of 20 decisions.
fn short() -> Config {
    config("bmpc", &["task.action_repeat=50", "task.name=cartpole-balance"])
}

fn decisions(player: &mut Player, count: usize) -> Vec<Decision> {
    (0..count).map(|_| block_on(player.step(&mut StepObserver::default())).unwrap()).collect()
}

#[test]
fn a_player_does_the_same_for_the_same_seed_and_starts_over_when_asked() {
    let config = short();
    let model = trained(&config, 5).model();
    let player = |seed| Player::new(&config, model.clone(), seed, true).unwrap().with_updates(35);
    let mut first = player(3);
    let played = decisions(&mut first, 45);
    assert_eq!(played, decisions(&mut player(3), 45));
    assert_ne!(played[0].snapshot, decisions(&mut player(4), 1)[0].snapshot);
    first.restart(3);
    assert_eq!(decisions(&mut first, 45), played);
    let shape: Vec<_> = played.iter().map(|d| (d.number, d.episode, d.t, d.last)).collect();
    let expected: Vec<_> = (0..45).map(|n| (n, n / 20, n % 20, n % 20 == 19)).collect();
    assert_eq!(shape, expected);
    assert!(played.iter().all(|d| d.updates == 35 && d.planned.is_some() && d.env_step == 50 * d.number as usize));
    assert_ne!(played[0].snapshot, played[20].snapshot, "each episode has a start of its own");
    assert!(played.iter().all(|d| d.previous_mean.is_some() == (d.t > 0)));
}

#[test]
fn planner_and_policy_begin_in_the_same_states_and_play_as_in_an_evaluation() {
    let config = short();
    let trainer = trained(&config, 5);
    let play = |planner| decisions(&mut Player::new(&config, trainer.model(), 7, planner).unwrap(), 40);
    let (planner, policy) = (play(true), play(false));
    assert_eq!(planner[0].snapshot, policy[0].snapshot);
    assert_eq!(planner[20].snapshot, policy[20].snapshot);
    assert!(policy.iter().all(|decision| decision.planned.is_none() && decision.previous_mean.is_none()));
    assert_ne!(planner[5].action, policy[5].action);
    let mut evaluator = Evaluator::new(&config, Players { planner: true, network: true }, 1, 7).unwrap();
    let mut actor = PlanningActor::configured(&config, trainer.settings().clone(), &Device::flex());
    while !block_on(evaluator.step(&mut actor, &trainer.model())).unwrap() {}
    let result = evaluator.result(0);
    let returns = |played: &[Decision]| vec![played[19].episode_return];
    assert_eq!((result.planner, result.network), (returns(&planner), returns(&policy)));
}

#[test]
fn a_players_planner_can_be_changed_in_the_middle_of_an_episode() {
    let config = short();
    let mut player = Player::new(&config, trained(&config, 2).model(), 1, true).unwrap();
    decisions(&mut player, 3);
    let mut changed = config.planner.clone();
    changed.horizon = 5;
    player.set_planner(changed.clone()).unwrap();
    let played = decisions(&mut player, 2);
    assert_eq!(played[0].previous_mean, None, "a plan of another length is no start for this one");
    assert_eq!(played[1].previous_mean.as_ref().map(Vec::len), Some(5));
    assert_eq!(player.config().planner, changed);
    changed.elites = 1000;
    assert!(player.set_planner(changed).unwrap_err().to_string().contains("planner.elites"));
    assert_eq!(player.settings().config.elites, 8);
}

#[test]
fn an_agent_is_loaded_from_a_checkpoint_and_plays_as_the_one_that_was_saved() {
    let config = short();
    let trainer = trained(&config, 3);
    let weights = read_tensors(parts(&trainer).get("weights.safetensors").unwrap()).unwrap();
    let loaded = load_agent(&config, &weights, &Device::flex()).unwrap();
    let play = |model| decisions(&mut Player::new(&config, model, 2, true).unwrap(), 5);
    assert_eq!(play(loaded.clone()), play(trainer.model()));
    let mut other = config.clone();
    other.task.name = "reacher-easy".into();
    let error = load_agent(&other, &weights, &Device::flex()).unwrap_err();
    assert!(matches!(error, LoadError::Sizes { task: "reacher-easy", task_sizes: (6, 2), agent_sizes: (5, 1) }));
    assert!(
        Player::new(&other, loaded, 1, false)
            .unwrap_err()
            .to_string()
            .contains("observations has 6 numbers, expected 5")
    );
    assert!(matches!(
        load_agent(&config, &weights[1..], &Device::flex()),
        Err(LoadError::Weights(_) | LoadError::Incomplete(_))
    ));
    assert!(matches!(load_agent(&config, &[], &Device::flex()), Err(LoadError::Incomplete(_))));
}
