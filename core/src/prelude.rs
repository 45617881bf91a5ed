//! What most programs that use this library need: `use bootstride_core::prelude::*;`.

#[doc(no_inline)]
pub use crate::body::{BodyFile, Simulator};
#[doc(no_inline)]
pub use crate::math::{Purpose, Stream};
#[doc(no_inline)]
pub use crate::task::{Environment, ObservationPart, Step, Target, Task, TaskInfo};
#[cfg(feature = "learning")]
#[doc(no_inline)]
pub use {
    crate::agent::{ActRequest, Acted, Action, Actor, Carry, PlanningActor, PolicyActor},
    crate::config::{Config, Layers},
    crate::inspect::{Analyzer, Decision, Player, load_agent},
    crate::math::tensors::{read_tensors, write_tensors},
    crate::model::{ModelSettings, WorldModel},
    crate::planner::{NoiseKey, NoiseSource, Plan, PlanMode, PlanRequest, Planner, PlannerSettings, StatePlan, Trace},
    crate::run::{RunFolder, Trained},
    crate::train::{Evaluation, Evaluator, Event, Players, StepObserver, Trainer},
    burn::tensor::Device,
};
