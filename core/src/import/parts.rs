//! Names and shapes in official checkpoints, and Bootstride's names for them.
//!
//! There are two layouts. Both keep `torch.nn.Linear` weights as `[out, in]`; an ensemble has its members in front. The
//! current one names a value parameter `_Qs.params.<layer>.<part>`. The older one, used by the checkpoints published
//! with TD-MPC2, numbers them: `_Qs.params.N` with N = 4 x layer + part.

use std::collections::HashMap;

use crate::model::TARGET_VALUE;

/// Shapes of the tensors in a checkpoint, by official name.
pub(super) type Shapes = HashMap<String, Vec<usize>>;

/// The parts of a layer: official and Bootstride's name. The last two exist only if the layer is normalised.
const PARTS: [(&str, &str); 4] =
    [("weight", "weight"), ("bias", "bias"), ("ln.weight", "norm.weight"), ("ln.bias", "norm.bias")];

/// One parameter of an official checkpoint.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    /// The network's official name.
    pub network: &'static str,
    /// The official name.
    pub official: String,
    /// Bootstride's name.
    pub ours: String,
    /// The shape expected in the checkpoint: `[out, in]` or `[out]`, in ensembles with the members in front.
    pub shape: Vec<usize>,
    /// Whether the shape begins with ensemble members.
    pub ensemble: bool,
}

impl Parameter {
    /// Returns whether it is a copy that only learning reads.
    pub fn is_target(&self) -> bool {
        self.ours.starts_with(TARGET_VALUE)
    }

    /// Returns Bootstride's shape: `[members, in, out]`, or `[members, 1, out]` for all but weights.
    pub fn our_shape(&self) -> [usize; 3] {
        let (members, one) = if self.ensemble { (self.shape[0], &self.shape[1..]) } else { (1, &self.shape[..]) };
        match *one {
            [out, input] => [members, input, out],
            [out] => [members, 1, out],
            _ => [members, 0, 0],
        }
    }
}

/// Sizes of the networks in a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub observation: usize,
    pub action: usize,
    pub encoder_layers: usize,
    pub encoder: usize,
    pub mlp: usize,
    pub latent: usize,
    pub bins: usize,
    pub members: usize,
    /// Whether the value depends on the state only, V(z), and not on the action, Q(z, a).
    pub state_value: bool,
    /// Whether there is a termination head, as in TD-MPC2's episodic mode.
    pub termination: bool,
}

/// The names of a network's layers in one checkpoint.
struct Network<'a> {
    official: &'static str,
    ours: &'a str,
    /// Whether the older layout's numbering is used.
    numbered: bool,
    ensemble: Option<usize>,
}

impl Network<'_> {
    fn name(&self, layer: usize, part: usize) -> String {
        if self.numbered {
            format!("{}.{}", self.official, 4 * layer + part)
        } else {
            format!("{}.{layer}.{}", self.official, PARTS[part].0)
        }
    }

    /// Returns the parameters of layers between these `widths`, from input to output.
    fn parameters(&self, widths: &[usize], normed_last: bool) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        for (layer, ends) in widths.windows(2).enumerate() {
            let normed = normed_last || layer + 2 < widths.len();
            for (part, (_, ours)) in PARTS.iter().enumerate().take(if normed { 4 } else { 2 }) {
                let one = if part == 0 { vec![ends[1], ends[0]] } else { vec![ends[1]] };
                parameters.push(Parameter {
                    network: self.official,
                    official: self.name(layer, part),
                    ours: format!("{}.{layer}.{ours}", self.ours),
                    shape: self.ensemble.into_iter().chain(one).collect(),
                    ensemble: self.ensemble.is_some(),
                });
            }
        }
        parameters
    }
}

fn single<'a>(official: &'static str, ours: &'a str) -> Network<'a> {
    Network { official, ours, numbered: false, ensemble: None }
}

/// Returns the name of the target ensemble, which has a dot or an underscore depending on the layout.
fn target_name(shapes: &Shapes) -> &'static str {
    if shapes.keys().any(|name| name.starts_with("_target_Qs.params.")) {
        "_target_Qs.params"
    } else {
        "_target_Qs_params"
    }
}

fn ensemble<'a>(shapes: &Shapes, official: &'static str, ours: &'a str, members: usize) -> Network<'a> {
    let numbered = shapes.contains_key(&format!("{official}.0")) || shapes.contains_key(&format!("{official}.1"));
    Network { official, ours, numbered, ensemble: Some(members) }
}

/// Returns every parameter that an agent of these sizes has; `policy` is Bootstride's name of its policy.
pub(super) fn parameters(shapes: &Shapes, sizes: &Sizes, policy: &str) -> Vec<Parameter> {
    let Sizes { observation, action, encoder_layers, encoder, mlp, latent, bins, members, state_value, termination } =
        *sizes;
    let with_action = latent.saturating_add(action);
    let encoder_widths: Vec<usize> = std::iter::once(observation)
        .chain(std::iter::repeat_n(encoder, encoder_layers.saturating_sub(1)))
        .chain([latent])
        .collect();
    let value_widths = [if state_value { latent } else { with_action }, mlp, mlp, bins];
    let termination = if termination {
        single("_termination", "termination").parameters(&[latent, mlp, mlp, 1], false)
    } else {
        Vec::new()
    };
    [
        single("_encoder.state", "encoder").parameters(&encoder_widths, true),
        single("_dynamics", "dynamics").parameters(&[with_action, mlp, mlp, latent], true),
        single("_reward", "reward").parameters(&[with_action, mlp, mlp, bins], false),
        termination,
        single("_pi", policy).parameters(&[latent, mlp, mlp, action.saturating_mul(2)], false),
        ensemble(shapes, "_Qs.params", "value", members).parameters(&value_widths, false),
        ensemble(shapes, target_name(shapes), "target_value", members).parameters(&value_widths, false),
    ]
    .concat()
}

/// Returns the sizes that most of the shapes agree on, so that an error reports the wrong tensor and not the correct
/// ones around it.
pub(super) fn sizes(shapes: &Shapes) -> Sizes {
    let axis = |name: String, axis: usize| shapes.get(&name).and_then(|shape| shape.get(axis)).copied();
    let out = |network: &Network, layer: usize| -> Vec<Option<usize>> {
        let from = usize::from(network.ensemble.is_some());
        (0..4).map(|part| axis(network.name(layer, part), from)).collect()
    };
    let input = |network: &Network| axis(network.name(0, 0), 1 + usize::from(network.ensemble.is_some()));

    let [encoder, dynamics, reward, policy] =
        ["_encoder.state", "_dynamics", "_reward", "_pi"].map(|official| single(official, ""));
    let value = ensemble(shapes, "_Qs.params", "", 0);
    let target = ensemble(shapes, target_name(shapes), "", 0);
    let encoder_layers =
        (0..64).take_while(|layer| (0..2).any(|part| shapes.contains_key(&encoder.name(*layer, part)))).count();

    let latent =
        vote([out(&encoder, encoder_layers.saturating_sub(1)), out(&dynamics, 2), vec![input(&policy)]].concat());
    let hidden = [&dynamics, &reward, &policy].map(|network| [out(network, 0), out(network, 1)].concat()).concat();
    let actions = [&dynamics, &reward].map(|network| input(network).and_then(|width| width.checked_sub(latent)));
    let halves = out(&policy, 2).into_iter().map(|width| width.map(|width| width / 2));
    let members = [&value, &target].map(|network| {
        let names = (0..3).flat_map(|layer| (0..4).map(move |part| (layer, part)));
        names.map(|(layer, part)| axis(network.name(layer, part), 0)).collect::<Vec<_>>()
    });
    Sizes {
        observation: vote(vec![input(&encoder)]),
        action: vote(actions.into_iter().chain(halves).collect()),
        encoder_layers,
        encoder: if encoder_layers > 1 { vote(out(&encoder, 0)) } else { latent },
        mlp: vote(hidden),
        latent,
        bins: vote([out(&reward, 2), out(&value, 2), out(&target, 2)].concat()),
        members: vote(members.concat()),
        state_value: vote(vec![input(&value), input(&target)]) == latent,
        termination: shapes.keys().any(|name| name.starts_with("_termination.")),
    }
}

/// Returns the most frequent size, the first of them in a tie; 0 if none is known.
fn vote(candidates: Vec<Option<usize>>) -> usize {
    let known: Vec<usize> = candidates.into_iter().flatten().collect();
    let count = |size: usize| known.iter().filter(|other| **other == size).count();
    // `max_by_key` returns the last of equal elements, hence the reversed order.
    known.iter().rev().copied().max_by_key(|size| count(*size)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_majority_decides_a_size_and_the_first_of_equals() {
        assert_eq!(vote(vec![Some(3), None, Some(8), Some(8)]), 8);
        assert_eq!(vote(vec![Some(3), Some(8)]), 3);
        assert_eq!(vote(vec![None]), 0);
    }
}
