//! The analysis of one decision.

use bootstride_core::config::Config;
use bootstride_core::inspect::{
    AnalysisOptions, Analyzer, Decision, InspectError, MotionDecoder, PathKind, PathSource, PlanAnalysis, Player,
    RewardSplit,
};
use bootstride_core::model::WorldModel;
use bootstride_core::planner::{PlannerBackend, PlannerSettings};
use bootstride_core::task::Environment;
use bootstride_core::train::StepObserver;
use burn::tensor::Device;
use pollster::block_on;

use crate::{config, loud, trained, watch};

const OPTIONS: AnalysisOptions =
    AnalysisOptions { imagined: true, real: true, values: true, sample_paths: 5, real_paths: 4 };

/// Everything that was seen of one decision, with the networks that made it.
struct Seen {
    config: Config,
    settings: PlannerSettings,
    watch: StepObserver,
}

impl Seen {
    /// A decision in the middle of training.
    fn new(config: &Config) -> Self {
        let mut trainer = trained(config, 12);
        let settings = trainer.settings().clone();
        let mut watch = watch();
        block_on(trainer.step_watched(&mut watch)).unwrap();
        Self { config: config.clone(), settings, watch }
    }

    /// The third decision of a player whose networks say much.
    fn loud(config: &Config) -> Self {
        let mut player = Player::new(config, loud(config), 4, true).unwrap();
        let mut watch = watch();
        for _ in 0..3 {
            watch.decision = Some(block_on(player.step(&mut watch)).unwrap());
        }
        Self { config: config.clone(), settings: player.settings().clone(), watch }
    }

    fn decision(&self) -> &Decision {
        self.watch.decision.as_ref().unwrap()
    }

    fn model(&self) -> &WorldModel {
        self.watch.model.as_ref().unwrap()
    }

    fn with<T>(
        &self,
        settings: &PlannerSettings,
        decoder: Option<&MotionDecoder>,
        look: impl FnOnce(&mut Analyzer) -> T,
    ) -> T {
        let mut environment = Environment::configured(&self.config.task).unwrap();
        look(&mut Analyzer {
            model: self.model(),
            settings,
            updates: self.decision().updates,
            environment: &mut environment,
            decoder,
            options: OPTIONS,
        })
    }

    fn analyze(&self, decoder: Option<&MotionDecoder>) -> PlanAnalysis {
        let (plan, trace) = (self.watch.plan.as_ref().unwrap(), self.watch.plan_trace.as_ref().unwrap());
        self.with(&self.settings, decoder, |analyzer| block_on(analyzer.analyze(self.decision(), plan, trace)).unwrap())
    }

    fn replan(&self, settings: &PlannerSettings, decision: &Decision) -> Result<PlanAnalysis, InspectError> {
        let mut engine = PlannerBackend::new(self.config.run.engine, self.config.run.precision, &Device::flex());
        self.with(settings, None, |analyzer| block_on(analyzer.replan(&mut engine, decision)))
    }
}

#[test]
fn a_recorded_decision_is_planned_again_to_the_bit() {
    for (algorithm, engine) in [("bmpc", "fused"), ("tdmpc2", "fused"), ("variant2", "fused"), ("bmpc", "plain")] {
        let settings =
            [&format!("run.engine={engine}")[..], "task.name=cartpole-balance", "training.learning_rate=0.003"];
        let seen = Seen::new(&config(algorithm, &settings));
        assert!(seen.watch.plan.as_ref().unwrap().expert_value.abs() > 1e-3, "the networks say nothing yet");
        let (then, again) = (seen.analyze(None), seen.replan(&seen.settings, seen.decision()).unwrap());
        let planned = seen.decision().planned.as_ref().unwrap();
        assert!(seen.decision().previous_mean.is_some());
        assert_eq!(
            (&again.action, again.value, again.delta_q),
            (&seen.decision().action, planned.value, planned.delta_q)
        );
        assert_eq!(again, then, "{algorithm}, {engine}");
        assert_eq!((again.iterations.len(), again.settings.iterations, again.decision), (3, 3, seen.decision().number));
    }
}

fn sum(split: &RewardSplit) -> f32 {
    split.rewards.iter().sum::<f32>() + split.terminal
}

#[test]
fn the_terms_of_a_predicted_return_add_up_to_it() {
    for (algorithm, engine) in
        [("bmpc", "fused"), ("tdmpc2", "fused"), ("variant1", "fused"), ("variant2", "plain"), ("tdmpc2", "plain")]
    {
        let settings = [&format!("run.engine={engine}")[..], "planner.horizon=4", "task.name=reacher-easy"];
        let analysis = Seen::loud(&config(algorithm, &settings)).analyze(None);
        let last = analysis.iterations.last().unwrap();
        let proposed = last.values[..analysis.policy_samples].iter().sum::<f32>() / analysis.policy_samples as f32;
        assert_eq!(analysis.value, last.values[last.elites[analysis.chosen] as usize]);
        assert!(
            analysis.value.abs() > 0.1 && analysis.delta_q.abs() > 0.1,
            "the networks say nothing: {}",
            analysis.value
        );
        for (terms, whole) in [(&analysis.plan_terms, analysis.value), (&analysis.policy_terms, proposed)] {
            assert_eq!(terms.rewards.len(), 4);
            assert!((sum(terms) - whole).abs() < 1e-4 * whole.abs().max(1.0), "{algorithm}: {terms:?} for {whole}");
        }
        assert!((sum(&analysis.plan_terms) - sum(&analysis.policy_terms) - analysis.delta_q).abs() < 2e-4);
    }
}

#[test]
fn the_terms_after_a_predicted_end_are_zero_and_the_others_add_up_to_the_predicted_return() {
    let (mut ended, mut whole) = (0, 0);
    for (algorithm, engine) in [("bmpc", "fused"), ("tdmpc2", "fused"), ("variant2", "plain")] {
        for task in ["reacher-easy", "pendulum-swingup", "cartpole-swingup"] {
            let settings = [
                &format!("run.engine={engine}")[..],
                "planner.horizon=4",
                &format!("task.name={task}"),
                "algorithm.termination=learned",
            ];
            let analysis = Seen::loud(&config(algorithm, &settings)).analyze(None);
            let last = analysis.iterations.last().unwrap();
            let proposed = last.values[..analysis.policy_samples].iter().sum::<f32>() / analysis.policy_samples as f32;
            for (terms, value) in [(&analysis.plan_terms, analysis.value), (&analysis.policy_terms, proposed)] {
                let off = (sum(terms) - value).abs();
                assert!(off < 1e-4 * value.abs().max(1.0), "{algorithm}, {task}: {terms:?} for {value}");
            }
            let terms: Vec<f32> =
                analysis.plan_terms.rewards.iter().copied().chain([analysis.plan_terms.terminal]).collect();
            let end = terms.iter().rposition(|term| *term != 0.0).map_or(0, |last| last + 1);
            assert!(terms[..end].iter().all(|term| *term != 0.0), "nothing but the end is zero: {terms:?}");
            if end < terms.len() {
                ended += 1;
            } else {
                whole += 1;
            }
        }
    }
    assert!(ended > 0 && whole > 0, "{ended} plans ended, {whole} did not");
}

#[test]
fn distributions_add_up_to_one_and_decode_to_their_values() {
    for algorithm in ["bmpc", "tdmpc2"] {
        let seen = Seen::loud(&config(algorithm, &[]));
        let analysis = seen.analyze(None);
        let values = analysis.values.unwrap();
        let members = seen.config.algorithm.value_members;
        assert_eq!((values.members.len(), values.decoded.len(), values.bins.len()), (members, members, 101));
        let (first, middle, last) = (values.bins[0], values.bins[50], values.bins[100]);
        assert!((last - 10_f32.exp_m1()).abs() < 1.0 && (first + last).abs() < 1.0 && middle.abs() < 1e-5);
        let symlog = |x: f32| x.signum() * x.abs().ln_1p();
        let decoded = values.decoded.iter().copied().chain([values.reward_decoded]);
        for (probabilities, decoded) in values.members.iter().chain([&values.reward]).zip(decoded) {
            assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            let mean: f32 = probabilities.iter().zip(&values.bins).map(|(p, bin)| p * symlog(*bin)).sum();
            assert!((mean - symlog(decoded)).abs() < 1e-3, "{mean} {decoded}");
        }
        assert!(analysis.policy.kl.is_finite() && analysis.policy.kl > -1e-6);
        assert_eq!((analysis.policy.mean.len(), analysis.policy.std.len()), (1, 1));
    }
}

#[test]
fn a_state_is_planned_again_under_other_settings() {
    let seen = Seen::loud(&config("bmpc", &[]));
    for horizon in [1, 2, 5] {
        let mut settings = seen.settings.clone();
        (settings.config.horizon, settings.config.samples, settings.config.elites) = (horizon, 20, 5);
        let analysis = seen.replan(&settings, seen.decision()).unwrap();
        assert_eq!((analysis.horizon, analysis.samples, analysis.plan_terms.rewards.len()), (horizon, 20, horizon));
        assert_eq!(analysis.iterations[0].mean.len(), horizon);
        assert!((sum(&analysis.plan_terms) - analysis.value).abs() < 1e-4 * analysis.value.abs().max(1.0));
    }
    let mut settings = seen.settings.clone();
    settings.config.elites = 33;
    let error = seen.replan(&settings, seen.decision()).unwrap_err().to_string();
    assert!(error.contains("32 samples cannot hold 33 elites"), "{error}");
    // A random decision has no plan of its own: it gets one, the same whenever it is asked for, without noise.
    let random = Decision { planned: None, previous_mean: None, ..seen.decision().clone() };
    let analysis = seen.replan(&seen.settings, &random).unwrap();
    assert_eq!(analysis, seen.replan(&seen.settings, &random).unwrap());
    assert_eq!(analysis.action, analysis.expert_mean);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let seen = Seen::new(&config("bmpc", &[]));
    let other = Decision { snapshot: Vec::new(), ..seen.decision().clone() };
    assert!(matches!(seen.replan(&seen.settings, &other), Err(InspectError::Task(_))));
    let reacher = Seen::new(&config("bmpc", &["task.name=reacher-easy"]));
    assert!(matches!(seen.replan(&seen.settings, reacher.decision()), Err(InspectError::Task(_))));
    let (plan, trace) = (reacher.watch.plan.as_ref().unwrap(), reacher.watch.plan_trace.as_ref().unwrap());
    let error = seen.with(&seen.settings, None, |analyzer| {
        block_on(analyzer.analyze(seen.decision(), plan, trace)).unwrap_err().to_string()
    });
    assert!(error.contains("2 actions, expected 1"), "{error}");
}

#[test]
fn the_real_path_of_the_plan_is_where_the_body_then_went() {
    for task in ["pendulum-swingup", "reacher-easy", "walker-walk"] {
        let config = config("bmpc", &[&format!("task.name={task}")[..]]);
        let mut player = Player::new(&config, loud(&config), 4, true).unwrap();
        let mut spare = player.environment().clone();
        for _ in 0..4 {
            let mut watch = watch();
            let start = player.environment().world().tracked();
            let decision = block_on(player.step(&mut watch)).unwrap();
            let settings = player.settings().clone();
            let mut analyzer = Analyzer {
                model: watch.model.as_ref().unwrap(),
                settings: &settings,
                updates: 0,
                environment: &mut spare,
                decoder: None,
                options: OPTIONS,
            };
            let (plan, trace) = (watch.plan.as_ref().unwrap(), watch.plan_trace.as_ref().unwrap());
            let analysis = block_on(analyzer.analyze(&decision, plan, trace)).unwrap();
            let kinds: Vec<_> = analysis.paths.iter().map(|path| (path.kind, path.source)).collect();
            let expected = [PathKind::Plan, PathKind::Policy, PathKind::Elite, PathKind::Elite];
            assert_eq!(kinds, expected.map(|kind| (kind, PathSource::Real)));
            let path = &analysis.paths[0];
            assert_eq!(path.value, analysis.value);
            assert_eq!(path.points.len(), 1 + 3 * 2, "three decisions of two control steps");
            assert_eq!(path.points[0], start.position.map(|x| x as f32));
            let then = player.environment().world().tracked().position.map(|x| x as f32);
            assert_eq!(path.points[2], then, "{task}: the chosen sequence begins with the action taken");
        }
    }
}

#[test]
fn imagined_paths_come_from_a_trained_decoder_and_begin_at_the_body() {
    let config = config("bmpc", &[]);
    let seen = Seen::new(&config);
    let mut decoder = MotionDecoder::new(seen.model(), 1);
    assert!(seen.analyze(Some(&decoder)).paths.iter().all(|path| path.source == PathSource::Real), "nothing known yet");
    let mut environment = Environment::configured(&config.task).unwrap();
    crate::decoder::play(&mut environment, &mut decoder, 600);
    block_on(decoder.learn(seen.model(), 300)).unwrap();
    let analysis = seen.analyze(Some(&decoder));
    let imagined: Vec<_> = analysis.paths.iter().filter(|path| path.source == PathSource::Imagined).collect();
    let count = |kind: PathKind| imagined.iter().filter(|path| path.kind == kind).count();
    let kinds = [PathKind::Plan, PathKind::Policy, PathKind::Elite, PathKind::Sample].map(count);
    assert_eq!(kinds, [1, 4, 7, 5], "the plan is one of the eight elites");
    let real = analysis.paths.iter().find(|path| path.source == PathSource::Real).unwrap();
    for path in &imagined {
        assert_eq!((path.points.len(), path.points[0]), (4, real.points[0]));
    }
    assert_ne!(imagined[0].points[1], imagined[0].points[0], "the body moves");
    let same: Vec<_> = seen.analyze(None).paths;
    assert_eq!(same.len(), 4, "paths that nobody can draw are not there");
}
