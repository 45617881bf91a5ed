//! The planner's panes show what the native planner computes.

use std::path::Path;

use bootstride_core::inspect::{AnalysisOptions, Decision, PlanAnalysis};
use bootstride_session::message::{Agent, Command};
use bootstride_session::{Session, seconds};
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

/// Whether both drew the same sequence from their elites. Where the draw falls between two of them, or two are as good
/// as each other, last digits decide, and everything about the chosen one is of another.
fn same_choice(a: &PlanAnalysis, b: &PlanAnalysis) -> bool {
    let chosen = |plan: &PlanAnalysis| plan.iterations.last().unwrap().elites[plan.chosen];
    chosen(a) == chosen(b)
}

/// The first iteration whose elites differ. Rounding decides which of two equally good sequences becomes the last
/// elite; from there on, the two searches are different ones.
fn first_other_elites(a: &PlanAnalysis, b: &PlanAnalysis) -> Option<usize> {
    let sorted = |elites: &[u32]| {
        let mut elites = elites.to_vec();
        elites.sort_unstable();
        elites
    };
    (0..a.iterations.len()).find(|&number| sorted(&a.iterations[number].elites) != sorted(&b.iterations[number].elites))
}

/// Fails unless the elites of this iteration differ only in sequences that are as good as the worst elite.
#[track_caller]
fn assert_last_ones_are_as_good(a: &PlanAnalysis, b: &PlanAnalysis, number: usize, what: &str) {
    let (a, b) = (&a.iterations[number], &b.iterations[number]);
    let worst = b.elites.iter().map(|&elite| b.values[elite as usize]).fold(f32::INFINITY, f32::min);
    let only_one_has = b.elites.iter().filter(|elite| !a.elites.contains(elite));
    for &elite in only_one_has.chain(a.elites.iter().filter(|elite| !b.elites.contains(elite))) {
        let value = b.values[elite as usize];
        let off = difference(&[value], &[worst]);
        assert!(
            off <= 2.0 * TOLERANCE,
            "{what}: elite {elite} of iteration {number} has {value}, the worst has {worst}"
        );
    }
}

/// The largest difference of two plans with the name of where it is. Compared is what the same search led to: up to the
/// first iteration with other elites, and of what was chosen only where that is the same sequence.
fn worst(a: &PlanAnalysis, b: &PlanAnalysis) -> (f32, String) {
    assert_eq!(
        (a.decision, a.samples, a.horizon, a.iterations.len()),
        (b.decision, b.samples, b.horizon, b.iterations.len())
    );
    let other = first_other_elites(a, b);
    let mut all: Vec<(f32, String)> = vec![
        (difference(&a.policy_terms.rewards, &b.policy_terms.rewards), "rewards of the policy".into()),
        (difference(&a.policy.mean, &b.policy.mean), "policy mean".into()),
        (difference(&a.policy.std, &b.policy.std), "policy std".into()),
    ];
    if other.is_none() {
        all.push((difference(&a.expert_std, &b.expert_std), "expert std".into()));
    }
    if same_search(a, b) {
        all.extend([
            (difference(&a.action, &b.action), "action".into()),
            (difference(&a.expert_mean, &b.expert_mean), "expert mean".into()),
            (difference(&[a.value, a.delta_q], &[b.value, b.delta_q]), "value, delta-Q".into()),
            (difference(&a.plan_terms.rewards, &b.plan_terms.rewards), "rewards of the plan".into()),
        ]);
    }
    for (number, (a, b)) in a.iterations.iter().zip(&b.iterations).enumerate() {
        // What an iteration evaluates comes from the elites before it, what it concludes from its own.
        if other.is_some_and(|other| number > other) {
            break;
        }
        all.push((difference(&a.values, &b.values), format!("values of iteration {number}")));
        if other == Some(number) {
            break;
        }
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

/// Whether the two searches went the same way to the end, the draw from the last elites included.
fn same_search(a: &PlanAnalysis, b: &PlanAnalysis) -> bool {
    first_other_elites(a, b).is_none() && same_choice(a, b)
}

#[track_caller]
fn assert_same(page: &PlanAnalysis, native: &PlanAnalysis, what: &str) {
    let (difference, place) = worst(page, native);
    println!("{what}, decision {}: {difference:.1e} at most ({place})", page.decision);
    assert!(difference <= TOLERANCE, "{what}: {difference} in {place}");
    if let Some(number) = first_other_elites(page, native) {
        assert_last_ones_are_as_good(page, native, number, what);
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
    for _ in 0..12 {
        // One more decision, alone: then it is analyzed as it is made.
        let before = lab.pause();
        assert!(before.panes.contains_key("iterations"), "{before}");
        lab.send(&Command::Step);
        let told = lab.wait("an analyzed decision", SOON, |told| {
            let decision = told.decision.as_ref().map(|decision| decision.number);
            told.decisions > before.decisions && told.analysis.as_ref().map(|analysis| analysis.decision) == decision
        });
        let (decision, shown) = (told.decision.unwrap(), told.analysis.unwrap());
        let here = inspect(&mut native, &decision, &options);
        assert!(here.iterations.len() >= 4 && here.samples >= 64);
        assert_same(&shown, &here, "as it was made");
        if same_search(&shown, &here) {
            same += 1;
            let planned = decision.planned.as_ref().unwrap();
            assert!(difference(&[planned.value, planned.delta_q], &[here.value, here.delta_q]) <= TOLERANCE);
            assert!(difference(&decision.action, &here.action) <= TOLERANCE);
        }

        let again = inspect_in_page(&lab, &decision, &options).inspected.unwrap();
        assert_same(&again, &here, "asked again");
        let chose_the_same = same_search(&again, &here);
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
    assert_eq!(same, 3, "decisions whose search is the same to the end");
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
