//! The uniforms of the planner's kernels, as `shaders/planner/params.wgsl` and `shaders/planner/pack.wgsl` read them. The
//! tests compare both layouts, field by field.

use bootstride_shaders::{MAX_LAYERS, MAX_MEMBERS, PACK_TENSORS, TERMINATION};

use crate::compute::gpu::uniform::uniform;

/// Most policies of a model.
pub const POLICIES: usize = 2;

uniform! {
    /// `Params`: everything about a plan that all its kernels read.
    #[derive(Clone, Debug)]
    pub struct Params {
        observation_dim: u32,
        latent_dim: u32,
        action_dim: u32,
        horizon: u32,
        states: u32,
        samples: u32,
        policy_samples: u32,
        elites: u32,
        iteration: u32,
        /// Value members that score.
        members: u32,
        guides: u32,
        /// Whether a sequence ends with an action, for a Q value.
        q_value: u32,
        latents_at: u32,
        proposed_at: u32,
        mean_at: u32,
        std_at: u32,
        terminal_at: u32,
        bins_at: u32,
        bins: u32,
        /// Whether kernels compute their random numbers.
        generated: u32,
        seed_low: u32,
        seed_high: u32,
        decision: u32,
        purpose: u32,
        discount: f32,
        temperature: f32,
        min_std: f32,
        max_std: f32,
        /// Guides 0 and 1, and the policy that ends a sequence.
        policies: [PolicyParams; 3],
        member: [u32; MAX_MEMBERS],
        /// First layer and number of layers of encoder, dynamics, reward, value, termination, and the policies.
        networks: [[u32; 4]; TERMINATION + 1 + POLICIES],
        layers: [LayerParams; MAX_LAYERS],
        call: CallParams,
    }
}

uniform! {
    /// `PolicyHead`: the distribution of a policy.
    #[derive(Clone, Copy, Debug)]
    pub struct PolicyParams {
        network: u32,
        squashed: u32,
        min_log_std: f32,
        max_log_std: f32,
    }
}

uniform! {
    /// `Layer`: positions in the packed weights and sizes of a layer.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct LayerParams {
        weight: u32,
        vectors: u32,
        weight_stride: u32,
        vectors_stride: u32,
        input: u32,
        output: u32,
        activation: u32,
        group: u32,
    }
}

uniform! {
    /// `Call`: what one launch of a per-layer kernel works on.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct CallParams {
        first: u32,
        rows: u32,
        per_state: u32,
        layer: u32,
        member: u32,
        input_stride: u32,
        output_stride: u32,
        step: u32,
        head: u32,
        scale: f32,
        last: u32,
        unused: u32,
    }
}

uniform! {
    /// `Shapes`: the tensors that one launch packs.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct PackParams {
        shape: [PackShape; PACK_TENSORS],
    }
}

uniform! {
    /// `Shape`: one of them.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct PackShape {
        blocks: u32,
        rows: u32,
        columns: u32,
        at: u32,
        stride: u32,
        written: u32,
        factors: u32,
        factors_stride: u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::gpu::uniform::Words;
    use crate::compute::gpu::wgsl;
    use crate::planner::mppi::gpu::geometry::Geometry;
    use bootstride_shaders::planner::{PACK, UPDATE};

    /// Names, positions and kinds of all words.
    fn described<T: Words>() -> Vec<(String, usize, char)> {
        let mut fields = Vec::new();
        T::describe("", 0, &mut fields);
        fields
    }

    #[test]
    fn the_parameters_of_a_plan_lie_where_the_kernels_read_them() {
        let module = wgsl::parse(&Geometry::plain(64).kernel(&UPDATE));
        assert_eq!(described::<Params>(), wgsl::layout_of(&module, "Params"));
    }

    #[test]
    fn the_shapes_to_pack_lie_where_the_kernel_reads_them() {
        let module = wgsl::parse(&Geometry::plain(64).kernel(&PACK));
        assert_eq!(described::<PackParams>(), wgsl::layout_of(&module, "Shapes"));
    }
}
