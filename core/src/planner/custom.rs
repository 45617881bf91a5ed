//! Planners that are registered by a user of the library.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use toml::Table;

use super::{MPPI, Plan, PlanRequest, Planner, PlannerConfig, PlannerError, PlannerSettings, StatePlan, Trace};
use crate::model::WorldModel;
use crate::registry::{RegisterError, Registry};

/// [`Planner`] for trait objects: the future is boxed, and the planner can be copied.
trait DynPlanner: Send {
    fn plan<'a>(
        &'a mut self,
        model: &'a WorldModel,
        settings: &'a PlannerSettings,
        request: &'a PlanRequest<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Plan, PlannerError>> + 'a>>;

    fn copy(&self) -> Box<dyn DynPlanner>;
}

impl<P: Planner + Clone + Send + 'static> DynPlanner for P {
    fn plan<'a>(
        &'a mut self,
        model: &'a WorldModel,
        settings: &'a PlannerSettings,
        request: &'a PlanRequest<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Plan, PlannerError>> + 'a>> {
        Box::pin(Planner::plan(self, model, settings, request))
    }

    fn copy(&self) -> Box<dyn DynPlanner> {
        Box::new(self.clone())
    }
}

/// Makes a planner from the table `planner.custom`.
type Factory = Arc<dyn Fn(&Table) -> Result<Box<dyn DynPlanner>, String> + Send + Sync>;

static REGISTRY: Registry<Factory> = Registry::new("planner", &[MPPI]);

/// Adds a planner to those of this process: `planner.kind = "KIND"` in a configuration selects it wherever that
/// configuration is used, in training, evaluation, reanalyze and the analysis of decisions. Register planners before
/// reading a configuration that names them.
///
/// `make` makes a planner from the table `planner.custom`, which holds the settings that only this planner has; it
/// returns an error that says what is allowed. A planner may use those of MPPI too ([`PlannerSettings::config`]).
/// `make` is called whenever a configuration is checked, so it should not allocate much; device memory belongs into the
/// first plan.
///
/// Every plan must be a function of model, settings and request, or a resumed run differs from an uninterrupted one: a
/// planner is copied for background threads, and no checkpoint holds it. All random numbers follow from
/// [`PlanRequest::noise`]. A plan without the trace that was requested gets one that shows its mean alone.
///
/// # Errors
/// If the kind is built in or registered, or is not a name.
pub fn register<P: Planner + Clone + Send + 'static>(
    kind: &'static str,
    make: impl Fn(&Table) -> Result<P, String> + Send + Sync + 'static,
) -> Result<(), RegisterError> {
    let boxed = move |table: &Table| make(table).map(|planner| Box::new(planner) as Box<dyn DynPlanner>);
    REGISTRY.add(kind, Arc::new(boxed))
}

/// Returns all kinds of planners: the built-in ones, then the registered ones.
#[must_use]
pub fn kinds() -> &'static [&'static str] {
    REGISTRY.names()
}

/// Checks the table `planner.custom` of a configuration; the error says what is allowed.
pub(super) fn check(config: &PlannerConfig) -> Result<(), String> {
    // MPPI ignores the table: one that was left behind by another kind could not be removed by a setting.
    if config.kind == MPPI {
        return Ok(());
    }
    // An unknown kind is reported as such.
    REGISTRY.find(&config.kind).map_or(Ok(()), |make| make(&config.custom).map(drop))
}

/// A registered planner, made from these settings.
pub(super) struct CustomPlanner {
    kind: String,
    custom: Table,
    planner: Box<dyn DynPlanner>,
}

impl CustomPlanner {
    /// Makes the planner that these settings name.
    ///
    /// # Errors
    /// If it is not registered, or refuses its settings.
    pub fn new(config: &PlannerConfig) -> Result<Self, PlannerError> {
        let (kind, custom) = (config.kind.clone(), config.custom.clone());
        let Some(make) = REGISTRY.find(&kind) else {
            return Err(PlannerError::Unknown { kind, known: kinds().join(", ") });
        };
        match make(&custom) {
            Ok(planner) => Ok(Self { kind, custom, planner }),
            Err(allowed) => Err(PlannerError::Custom { kind, allowed }),
        }
    }

    /// Whether it was made from these settings.
    pub fn is(&self, config: &PlannerConfig) -> bool {
        self.kind == config.kind && self.custom == config.custom
    }

    /// Plans, and checks the sizes of the plan.
    pub async fn plan(
        &mut self,
        model: &WorldModel,
        settings: &PlannerSettings,
        request: &PlanRequest<'_>,
    ) -> Result<Plan, PlannerError> {
        let mut plan = self.planner.plan(model, settings, request).await?;
        let (states, actions) = (request.previous_means.len(), model.action_dim);
        let check = |what, found, expected| {
            if found == expected { Ok(()) } else { Err(PlannerError::Size { states, what, found, expected }) }
        };
        check("the plan's states", plan.states.len(), states)?;
        for StatePlan { action, expert_mean, expert_std, mean, .. } in &plan.states {
            check("the plan's action", action.len(), actions)?;
            check("the plan's expert_mean", expert_mean.len(), actions)?;
            check("the plan's expert_std", expert_std.len(), actions)?;
            check("the plan's mean", mean.len(), settings.config.horizon * actions)?;
        }
        if request.trace && plan.trace.is_none() {
            plan.trace = Some(Trace::of_means(&plan.states, settings.shape(states, model)));
        }
        Ok(plan)
    }
}

impl Clone for CustomPlanner {
    fn clone(&self) -> Self {
        Self { kind: self.kind.clone(), custom: self.custom.clone(), planner: self.planner.copy() }
    }
}

impl fmt::Debug for CustomPlanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomPlanner").field("kind", &self.kind).field("custom", &self.custom).finish_non_exhaustive()
    }
}
