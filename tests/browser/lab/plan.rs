//! What the planner's panes show is what the native engine computes.

use std::path::Path;

use bootstride::session::message::{Agent, Command};
use bootstride::session::{Session, seconds};
use bootstride_core::inspect::{AnalysisOptions, Decision, PlanAnalysis};
use pollster::block_on;

use super::{Lab, SOON, Told, first, site, start};
use crate::harness::{Gpu, Page};

/// How far numbers may be from each other, absolute below 1 and relative above.
const TOLERANCE: f32 = 1e-3;

/// An engine in this process, where the agent of this folder waits.
fn native(folder: &Path) -> Session {
    let mut engine = Session::new(seconds);
    let agent = Agent::Folder(folder.display().to_string());
    block_on(engine.handle(Command::Watch { agent, seed: 1, planner: true }));
    engine
}

fn inspect(engine: &mut Session, decision: &Decision, options: &AnalysisOptions) -> PlanAnalysis {
    block_on(engine.handle(Command::Inspect { decision: Box::new(decision.clone()), options: *options }));
    let update = engine.take_update().unwrap();
    let notices = update.notices;
    update.inspected.into_iter().next().unwrap_or_else(|| panic!("{notices:?}"))
}

/// The largest difference of two lists, as it counts.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let of = |(a, b): (&f32, &f32)| {
        if a.is_nan() && b.is_nan() { 0.0 } else { (a - b).abs() / b.abs().max(1.0) }
    };
    a.iter().zip(b).map(of).fold(0.0, |worst, one| if one > worst || one.is_nan() { one } else { worst })
}

/// Whether both drew the same sequence from their elites. Where the draw falls between two of them, or two are as good as each
/// other, last digits decide, and everything about the chosen one is of another.
fn same_choice(a: &PlanAnalysis, b: &PlanAnalysis) -> bool {
    let chosen = |plan: &PlanAnalysis| plan.iterations.last().unwrap().elites[plan.chosen];
    chosen(a) == chosen(b)
}

/// The largest difference of two plans with the name of where it is; of what was chosen only where that is the same sequence.
fn worst(a: &PlanAnalysis, b: &PlanAnalysis) -> (f32, String) {
    assert_eq!(
        (a.decision, a.samples, a.horizon, a.iterations.len()),
        (b.decision, b.samples, b.horizon, b.iterations.len())
    );
    let mut all: Vec<(f32, String)> = vec![
        (difference(&a.expert_std, &b.expert_std), "expert std".into()),
        (difference(&a.policy_terms.rewards, &b.policy_terms.rewards), "rewards of the policy".into()),
        (difference(&a.policy.mean, &b.policy.mean), "policy mean".into()),
        (difference(&a.policy.std, &b.policy.std), "policy std".into()),
    ];
    if same_choice(a, b) {
        all.extend([
            (difference(&a.action, &b.action), "action".into()),
            (difference(&a.expert_mean, &b.expert_mean), "expert mean".into()),
            (difference(&[a.value, a.delta_q], &[b.value, b.delta_q]), "value, delta-Q".into()),
            (difference(&a.plan_terms.rewards, &b.plan_terms.rewards), "rewards of the plan".into()),
        ]);
    }
    for (number, (a, b)) in a.iterations.iter().zip(&b.iterations).enumerate() {
        all.push((difference(&a.values, &b.values), format!("values of iteration {number}")));
        all.push((difference(&a.mean, &b.mean), format!("mean of iteration {number}")));
        all.push((difference(&a.std, &b.std), format!("std of iteration {number}")));
        all.push((difference(&a.weights, &b.weights), format!("weights of iteration {number}")));
    }
    let mut worst = (0.0, String::new());
    for one in all {
        if one.0 > worst.0 || one.0.is_nan() {
            worst = one;
        }
    }
    worst
}

#[track_caller]
fn assert_same(page: &PlanAnalysis, native: &PlanAnalysis, what: &str) {
    let (difference, place) = worst(page, native);
    println!("{what}, decision {}: {difference:.1e} at most ({place})", page.decision);
    assert!(difference <= TOLERANCE, "{what}: {difference} in {place}");
    for (number, (a, b)) in page.iterations.iter().zip(&native.iterations).enumerate() {
        let (mut a, mut b) = (a.elites.clone(), b.elites.clone());
        a.sort_unstable();
        b.sort_unstable();
        assert_eq!(a, b, "{what}: elites of iteration {number}");
    }
}

/// The page's answer to an inspection of this decision.
fn inspect_in_page(lab: &Lab, decision: &Decision, options: &AnalysisOptions) -> Told {
    lab.send(&Command::Inspect { decision: Box::new(decision.clone()), options: *options });
    let of = |told: &Told| told.inspected.as_ref().is_some_and(|analysis| analysis.decision == decision.number);
    lab.wait("an inspection", SOON, of)
}

#[test]
fn the_plan_that_the_panes_show_is_the_one_that_the_native_engine_makes() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let (name, folder) = first();
    let mut native = native(&folder);
    let lab = Lab::open(&browser, site(), &format!("?agent={name}&tab=decision"));
    lab.wait_for_play(20);
    let options = AnalysisOptions { imagined: false, real: false, values: true, ..AnalysisOptions::default() };
    let mut same = 0;
    for _ in 0..6 {
        // One more decision, alone: then it is taken apart as it is made.
        let before = lab.pause();
        assert!(before.panes.contains_key("iterations"), "{before}");
        lab.send(&Command::Step);
        let told = lab.wait("a decision taken apart", SOON, |told| {
            let decision = told.decision.as_ref().map(|decision| decision.number);
            told.decisions > before.decisions && told.analysis.as_ref().map(|analysis| analysis.decision) == decision
        });
        let (decision, shown) = (told.decision.unwrap(), told.analysis.unwrap());
        let here = inspect(&mut native, &decision, &options);
        assert!(here.iterations.len() >= 4 && here.samples >= 64);
        assert_same(&shown, &here, "as it was made");
        if same_choice(&shown, &here) {
            same += 1;
            let planned = decision.planned.as_ref().unwrap();
            assert!(difference(&[planned.value, planned.delta_q], &[here.value, here.delta_q]) <= TOLERANCE);
            assert!(difference(&decision.action, &here.action) <= TOLERANCE);
        }

        let again = inspect_in_page(&lab, &decision, &options).inspected.unwrap();
        assert_same(&again, &here, "asked again");
        let chose_the_same = same_choice(&again, &here);
        let (page, here) = (again.values.unwrap(), here.values.unwrap());
        assert!(difference(&page.decoded, &here.decoded) <= TOLERANCE, "{:?} {:?}", page.decoded, here.decoded);
        // Unlike this agent's V, which is of the state, the reward is of the chosen action.
        if chose_the_same {
            assert!(difference(&page.reward, &here.reward) <= TOLERANCE);
        }

        if same == 3 {
            break;
        }
        lab.send(&Command::Run);
        lab.wait("more decisions", SOON, |later| later.decisions >= before.decisions + 7);
    }
    assert_eq!(same, 3, "decisions whose chosen sequence is the same too");
    lab.assert_quiet();
}

/// From the same seed, both begin alike.
fn assert_first_decision_is_native(page: Page) -> Lab {
    let (name, folder) = first();
    let mut native = native(&folder);
    block_on(native.handle(Command::Step));
    block_on(native.advance());
    let here = native.take_update().unwrap().decisions.remove(0);
    let lab = Lab::in_tab(page, site(), &format!("?agent={name}&seed=1&play=0"));
    let told = lab.wait("a decision", SOON, |told| told.decision.is_some());
    assert_eq!(told.decisions, 1, "it waits at its first decision");
    let there = told.decision.unwrap();
    assert_eq!((there.number, &there.snapshot), (0, &here.snapshot), "the same start state, to the bit");
    let difference = difference(&there.action, &here.action);
    assert!(difference <= TOLERANCE, "{:?} {:?}", there.action, here.action);
    lab
}

/// The modules that the page has loaded.
fn modules(lab: &Lab) -> String {
    let js = "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.endsWith('.wasm')).join()";
    lab.page.evaluate(js).as_str().unwrap().to_owned()
}

#[test]
fn the_first_decision_is_the_one_that_the_native_engine_makes() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let lab = assert_first_decision_is_native(browser.blank());
    assert!(!modules(&lab).contains("plain"), "{}", modules(&lab));
}

#[test]
fn a_browser_without_relaxed_simd_gets_a_module_that_plans_the_same() {
    /// Refuses modules with f32x4.relaxed_madd.
    const OLDER: &str = "{
        const { validate } = WebAssembly;
        const fused = (bytes) => bytes.some((byte, at) => byte === 253 && bytes[at + 1] === 133 && bytes[at + 2] === 2);
        WebAssembly.validate = (bytes) => !fused(bytes) && validate(bytes);
    }";
    let Some(browser) = start(Gpu::WebGl) else { return };
    let page = browser.blank();
    page.before_load(OLDER);
    let lab = assert_first_decision_is_native(page);
    assert!(modules(&lab).contains("/bootstride-plain-"), "{}", modules(&lab));
    lab.assert_quiet();
}
