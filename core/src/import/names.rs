//! Finding the agent in a file: training scripts wrap models and what they save, and save other data alongside.

use std::collections::{BTreeMap, BTreeSet};

use super::error::ImportError;
use super::file::File;
use super::parts::{Parameter, Shapes, parameters, sizes};

/// Components that `torch.compile`, `DataParallel`, FSDP, Fabric and activation checkpointing insert into the names of
/// a module.
const MODULE_WRAPPERS: [&str; 5] =
    ["_orig_mod", "module", "_fsdp_wrapped_module", "_forward_module", "_checkpoint_wrapped_module"];

/// The first components of official names.
const ROOTS: [&str; 14] = [
    "_encoder",
    "_dynamics",
    "_reward",
    "_termination",
    "_pi",
    "_Qs",
    "_target_Qs",
    "_target_Qs_params",
    "_detach_Qs",
    "_detach_Qs_params",
    "_task_emb",
    "_action_masks",
    "log_std_min",
    "log_std_dif",
];

/// The keys under which trainers keep the agent itself; copies of it have other keys.
const USUAL_KEYS: [&str; 8] =
    ["model", "state_dict", "model_state_dict", "agent", "agent_state_dict", "world_model", "network", "net"];

/// An agent in a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// The keys that lead to it in the file, joined by dots.
    pub wrapper: String,
    /// Names in the file by official name.
    pub names: BTreeMap<String, String>,
    /// Wrappers of other agents in the file.
    pub others: Vec<String>,
}

impl Found {
    /// Returns the shapes by official name.
    pub fn shapes(&self, file: &File) -> Shapes {
        let shape = |raw| file.tensors.get(raw).map(|tensor| tensor.shape.clone());
        self.names.iter().filter_map(|(name, raw)| Some((name.clone(), shape(raw)?))).collect()
    }

    /// Returns what is in the file's names but not in the official ones: the keys that lead to the agent, and the
    /// prefixes of module wrappers.
    pub fn taken_off(&self) -> Vec<String> {
        let parts = self.names.values().flat_map(|raw| raw.split('.'));
        let wrappers: BTreeSet<&str> = parts.filter(|part| MODULE_WRAPPERS.contains(part)).collect();
        let keys = Some(self.wrapper.as_str()).filter(|wrapper| !wrapper.is_empty());
        keys.into_iter().chain(wrappers).map(|part| format!("{part}.")).collect()
    }

    /// Returns the tensors that playing needs and the file has.
    fn needed(&self, file: &File) -> Vec<Parameter> {
        let shapes = self.shapes(file);
        let all = parameters(&shapes, &sizes(&shapes), "");
        all.into_iter().filter(|one| !one.is_target() && self.names.contains_key(&one.official)).collect()
    }

    fn is_usual(&self) -> bool {
        self.wrapper.split('.').all(|key| key.is_empty() || USUAL_KEYS.contains(&key))
    }
}

/// Returns the keys that lead to a tensor, and its official name; `None` if it is not part of an agent.
fn split(raw: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = raw.split('.').filter(|part| !MODULE_WRAPPERS.contains(part)).collect();
    let root = parts.iter().position(|part| ROOTS.contains(part))?;
    Some((parts[..root].join("."), parts[root..].join(".")))
}

/// Returns the agent of a file: the only one, or the most complete one, or the one under a usual key, or one that is
/// equal to all others.
pub(super) fn find(file: &File) -> Result<Found, ImportError> {
    let mut agents: BTreeMap<String, Found> = BTreeMap::new();
    for raw in file.tensors.keys() {
        let Some((wrapper, name)) = split(raw) else { continue };
        let agent =
            agents.entry(wrapper).or_insert_with_key(|wrapper| Found { wrapper: wrapper.clone(), ..<_>::default() });
        if let Some(first) = agent.names.insert(name.clone(), raw.clone()) {
            return Err(ImportError::Twice { path: file.path.into(), name, first, second: raw.clone() });
        }
    }
    let counted: Vec<(usize, Found)> = agents.into_values().map(|agent| (agent.needed(file).len(), agent)).collect();
    let most = counted.iter().map(|(count, _)| *count).max().unwrap_or_default();
    if most == 0 {
        let first = file.tensors.keys().next().cloned().unwrap_or_else(|| "missing".into());
        return Err(ImportError::Foreign { path: file.path.into(), count: file.tensors.len(), first });
    }
    let agents: Vec<Found> = counted.into_iter().filter(|(count, _)| *count == most).map(|(_, agent)| agent).collect();
    let usual: Vec<&Found> = agents.iter().filter(|agent| agent.is_usual()).collect();
    let chosen = match (&agents[..], &usual[..]) {
        ([only], _) => only,
        (_, [only]) => *only,
        ([first, others @ ..], _) if all_equal(file, first, others)? => first,
        _ => {
            let wrappers = agents.into_iter().map(|agent| agent.wrapper).collect();
            return Err(ImportError::Several { path: file.path.into(), wrappers });
        }
    };
    let others =
        agents.iter().map(|agent| &agent.wrapper).filter(|wrapper| **wrapper != chosen.wrapper).cloned().collect();
    Ok(Found { others, ..chosen.clone() })
}

/// Returns whether all agents have the same weights, as when a trainer holds one agent under two names.
fn all_equal(file: &File, first: &Found, others: &[Found]) -> Result<bool, ImportError> {
    let needed = first.needed(file);
    let stored = |agent: &Found, official: &String| agent.names.get(official).and_then(|raw| file.tensors.get(raw));
    for agent in others.iter().chain([first]) {
        file.check_claims(needed.iter().filter_map(|one| stored(agent, &one.official)))?;
    }
    for Parameter { official, .. } in needed {
        let bytes = |agent| stored(agent, &official).map(|tensor| file.read(tensor)).transpose();
        let expected = bytes(first)?;
        for other in others {
            if bytes(other)? != expected {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn keys_and_prefixes_are_removed_at_any_level() {
        let found = |wrapper: &str, name: &str| Some((wrapper.to_owned(), name.to_owned()));
        assert_eq!(split("_pi.0.weight"), found("", "_pi.0.weight"));
        assert_eq!(split("model._pi.0.weight"), found("model", "_pi.0.weight"));
        assert_eq!(split("module._orig_mod._pi.module.0._orig_mod.ln.bias"), found("", "_pi.0.ln.bias"));
        assert_eq!(split("a.module.b._Qs._orig_mod.params.0.weight"), found("a.b", "_Qs.params.0.weight"));
        assert_eq!(split("optim.state.0.exp_avg"), None);
    }
}
