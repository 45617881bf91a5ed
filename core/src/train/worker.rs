//! The background thread that plans rounds of reanalyze.

use std::any::Any;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};

use super::reanalyzer::JobResult;
use crate::agent::{PlanningActor, ReanalyzeJob};
use crate::model::WorldModel;
use crate::planner::{PlannerBackend, PlannerSettings};

/// One thread with an engine of its own, started for the first round. It plans one round after the other; the CPU
/// engine shares rayon's threads with other computation.
///
/// On a GPU the thread has a command stream of its own. What it reads are the weights of a finished update: an update
/// ends with a read of its losses, which the device answers only after everything submitted before it, so no kernel
/// that writes those weights is still under way when they are handed over. Nothing but host memory comes back.
#[derive(Debug)]
pub(super) struct ReanalyzeWorker {
    /// A fresh one, to be copied.
    engine: PlannerBackend,
    running: Option<(Sender<Job>, JoinHandle<()>)>,
}

#[derive(Debug)]
struct Job {
    round: ReanalyzeJob,
    model: WorldModel,
    settings: PlannerSettings,
    experts: JobResult,
}

impl ReanalyzeWorker {
    /// No thread yet.
    pub fn new(engine: PlannerBackend) -> Self {
        Self { engine, running: None }
    }

    /// Puts a round at the end of the queue. `experts` will be set in any case, to an error if planning fails or the
    /// thread cannot be started.
    pub fn plan(&mut self, round: ReanalyzeJob, model: WorldModel, settings: PlannerSettings, experts: JobResult) {
        let (sender, thread) = match self.running.take().map_or_else(|| self.start(), Ok) {
            Ok(running) => running,
            Err(error) => {
                let _ = experts.set(Err(format!("its thread could not be started: {error}")));
                return;
            }
        };
        if let Err(refused) = sender.send(Job { round, model, settings, experts }) {
            let _ = refused.0.experts.set(Err("its thread has ended".into()));
        }
        self.running = Some((sender, thread));
    }

    fn start(&self) -> io::Result<(Sender<Job>, JoinHandle<()>)> {
        let (sender, jobs) = channel();
        let engine = self.engine.clone();
        let builder = thread::Builder::new().name("reanalyze".into());
        #[allow(clippy::disallowed_methods, reason = "compiled for native targets alone; joined when dropped")]
        let thread = builder.spawn(move || work(&jobs, &engine))?;
        Ok((sender, thread))
    }
}

impl Drop for ReanalyzeWorker {
    /// Waits for the round being planned; the queued ones are no longer needed.
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.running.take() {
            drop(sender);
            // A panic has been reported through the round's slot.
            let _ = thread.join();
        }
    }
}

/// The thread's loop, until all senders are dropped.
fn work(jobs: &Receiver<Job>, fresh: &PlannerBackend) {
    let mut planner = fresh.clone();
    for Job { round, model, settings, experts } in jobs {
        // No receiver is left: training has ended.
        if Arc::strong_count(&experts) == 1 {
            continue;
        }
        let mut actor = PlanningActor { planner: &mut planner, settings };
        let plan = || block_on(round.plan(&mut actor, &model)).map_err(|error| error.to_string());
        let outcome = catch_unwind(AssertUnwindSafe(plan)).unwrap_or_else(|panic| {
            planner = fresh.clone();
            Err(format!("planning panicked: {}", message(&*panic)))
        });
        let _ = experts.set(outcome);
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

/// Polls a future on this thread, sleeping in between.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::config::Config;
    use crate::math::{Purpose, Stream};
    use crate::model::ModelSettings;
    use crate::planner::{EngineChoice, Precision};
    use crate::replay::Batch;

    /// A round for one sequence of one step, whose observation has `width` numbers, and a model for observations of 3.
    fn job(width: usize) -> (ReanalyzeJob, WorldModel, PlannerSettings) {
        let mut config = Config::default();
        (config.model.latent_dim, config.model.mlp_dim, config.model.encoder_dim) = (8, 8, 8);
        (config.planner.samples, config.planner.elites, config.planner.policy_samples) = (8, 2, 2);
        let batch =
            Batch { size: 1, length: 1, observations: vec![0.5; 2 * width], starts: vec![7], ..Batch::default() };
        let model = WorldModel::new(
            &ModelSettings::new(&config),
            3,
            1,
            &mut Stream::new(1, Purpose::Other, 0),
            &Device::flex(),
        );
        (ReanalyzeJob::new(&batch, 1, 1, 0), model, PlannerSettings::new(&config, 500))
    }

    fn plan(worker: &mut ReanalyzeWorker, width: usize) -> JobResult {
        let ((round, model, settings), slot) = (job(width), JobResult::default());
        worker.plan(round, model, settings, slot.clone());
        slot
    }

    #[test]
    fn rounds_are_planned_and_failures_are_reported() {
        let mut worker =
            ReanalyzeWorker::new(PlannerBackend::new(EngineChoice::Auto, Precision::Full, &Device::flex()));
        let (wrong, right) = (plan(&mut worker, 4), plan(&mut worker, 3));
        let error = wrong.wait().clone().unwrap_err();
        assert!(error.contains("observations has 4 numbers, expected 3"), "{error}");
        let experts = right.wait().clone().unwrap();
        assert_eq!((experts.transitions, experts.means.len()), (vec![7], 1));
    }

    #[test]
    fn a_dropped_worker_has_ended_and_left_out_what_nobody_waits_for() {
        let mut worker =
            ReanalyzeWorker::new(PlannerBackend::new(EngineChoice::Auto, Precision::Full, &Device::flex()));
        let slots: Vec<JobResult> = (0..20).map(|_| plan(&mut worker, 3)).collect();
        let last = slots[19].clone();
        drop(slots);
        drop(worker);
        assert!(last.get().is_some(), "this one is waited for");
        assert_eq!(Arc::strong_count(&last), 1, "nobody is left who could set it");
    }

    #[test]
    fn a_panic_is_told_and_the_next_round_planned() {
        assert_eq!(message(&"no memory"), "no memory");
        assert_eq!(message(&String::from("no memory")), "no memory");
        let mut worker =
            ReanalyzeWorker::new(PlannerBackend::new(EngineChoice::Auto, Precision::Full, &Device::flex()));
        let ((round, mut model, settings), slot) = (job(3), JobResult::default());
        // A model that has no such layer makes the planner panic.
        model.dynamics.layers.clear();
        worker.plan(round, model, settings, slot.clone());
        let error = slot.wait().clone().unwrap_err();
        assert!(error.starts_with("planning panicked: "), "{error}");
        assert!(plan(&mut worker, 3).wait().is_ok());
    }
}
