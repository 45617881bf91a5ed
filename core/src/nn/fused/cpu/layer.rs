//! A layer of an ensemble on flat arrays: its products, and everything around them block by block.

use pulp::Arch;

use super::rows::{NormRow, NormRows, SavedRows, Sums};
use crate::kernel::{Matrix, Packed, each, product};

/// Rows that are worked on together. Fixed, since sums over rows are made per block.
const BLOCK: usize = 64;

/// Sizes of a layer.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Ensemble members.
    pub members: usize,
    /// Whether all members read the same input.
    pub shared: bool,
    /// Rows per member.
    pub rows: usize,
    /// Input width.
    pub input: usize,
    /// Output width.
    pub output: usize,
}

/// The product of a layer.
pub struct Product<'a> {
    pub shape: Shape,
    /// `[members or 1, rows, input]`.
    pub x: &'a [f32],
    /// `[members, input, output]`.
    pub weight: &'a [f32],
}

/// What the forward pass keeps.
pub struct Kept {
    /// `[members, rows, output]`.
    pub normalised: Vec<f32>,
    /// `[members, rows]`.
    pub factor: Vec<f32>,
}

/// Gradients behind LayerNorm.
pub struct NormGradients {
    /// Of the product, `[members, rows, output]`.
    pub product: Vec<f32>,
    /// `[members, output]`, as the next two.
    pub bias: Vec<f32>,
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
}

impl Product<'_> {
    /// The input of a member.
    fn input(&self, member: usize) -> &[f32] {
        let size = self.shape.rows * self.shape.input;
        let member = if self.shape.shared { 0 } else { member };
        &self.x[member * size..][..size]
    }

    fn weights(&self) -> impl Iterator<Item = &[f32]> {
        self.weight.chunks_exact((self.shape.input * self.shape.output).max(1))
    }

    /// Each member's weights, ready to be multiplied with.
    fn packed(&self) -> Vec<Packed> {
        let Shape { input, output, .. } = self.shape;
        self.weights().map(|weight| Packed::new(Matrix::rows(weight, output), input, output)).collect()
    }

    /// Each member's transposed weights.
    fn packed_transposed(&self) -> Vec<Packed> {
        let Shape { input, output, .. } = self.shape;
        self.weights().map(|weight| Packed::new(Matrix::columns(weight, output), output, input)).collect()
    }

    /// `x W + b`, `[members, rows, output]`.
    pub fn forward(&self, bias: &[f32]) -> Vec<f32> {
        let Shape { rows, input, output, .. } = self.shape;
        let packed = self.packed();
        let mut result = vec![0.0; self.shape.members * rows * output];
        let blocks = result.chunks_exact_mut(rows * output).enumerate().flat_map(|(member, out)| {
            out.chunks_mut(BLOCK * output).enumerate().map(move |(block, out)| (member, block * BLOCK, out))
        });
        each(blocks.collect(), |(member, row, out)| {
            let x = Matrix::rows(&self.input(member)[row * input..], input);
            product(out, output, x, out.len() / output, &packed[member], false);
            let bias = &bias[member * output..][..output];
            for row in out.chunks_exact_mut(output) {
                row.iter_mut().zip(bias).for_each(|(x, bias)| *x += bias);
            }
        });
        result
    }

    /// The layer with LayerNorm and activation, `[members, rows, output]`, and what is to be kept of it.
    pub fn normed(&self, norm: &NormRows<'_>, saving: bool) -> (Vec<f32>, Option<Kept>) {
        let Shape { members, rows, input, output, .. } = self.shape;
        let packed = self.packed();
        let mut result = vec![0.0; members * rows * output];
        let mut kept = Kept {
            normalised: if saving { vec![0.0; result.len()] } else { Vec::new() },
            factor: vec![0.0; members * rows],
        };
        let size = BLOCK * output;
        let mut blocks = Vec::new();
        let mut normalised = kept.normalised.as_mut_slice();
        let mut factors = kept.factor.as_mut_slice();
        for (member, member_out) in result.chunks_exact_mut(rows * output).enumerate() {
            for (block, out) in member_out.chunks_mut(size).enumerate() {
                let count = out.len() / output;
                let (kept, rest) = normalised.split_at_mut(if saving { out.len() } else { 0 });
                normalised = rest;
                let (factor, rest) = factors.split_at_mut(count);
                factors = rest;
                blocks.push((member, block * BLOCK, out, kept, factor));
            }
        }
        each(blocks, |(member, first, out, mut kept, factor)| {
            let x = Matrix::rows(&self.input(member)[first * input..], input);
            product(out, output, x, factor.len(), &packed[member], false);
            let bias = &norm.bias[member * output..][..output];
            Arch::new().dispatch(
                #[inline(always)]
                || {
                    for (row, (out, factor)) in out.chunks_exact_mut(output).zip(factor.iter_mut()).enumerate() {
                        let here = if saving {
                            let (here, rest) = std::mem::take(&mut kept).split_at_mut(output);
                            kept = rest;
                            Some(here)
                        } else {
                            None
                        };
                        *factor = self.norm_row(norm, member, first + row).forward(out, bias, here);
                    }
                },
            );
        });
        (result, saving.then_some(kept))
    }

    #[inline(always)]
    fn norm_row<'a>(&self, norm: &NormRows<'a>, member: usize, row: usize) -> NormRow<'a> {
        let Shape { rows, output, .. } = self.shape;
        let at = member * output;
        NormRow {
            scale: &norm.scale[at..at + output],
            shift: &norm.shift[at..at + output],
            mask: norm.mask.map(|mask| &mask[(member * rows + row) * output..][..output]),
            form: norm.form,
        }
    }

    /// From the gradient of the output to that of the product, with the gradients of what is between them.
    pub fn normed_backward(&self, norm: &NormRows<'_>, saved: &SavedRows<'_>, gradient: &[f32]) -> NormGradients {
        let Shape { members, rows, output, .. } = self.shape;
        let mut through = gradient.to_vec();
        let per_member = rows.div_ceil(BLOCK);
        let mut sums = vec![Sums::new(output); members * per_member];
        let blocks: Vec<_> = through
            .chunks_exact_mut(rows * output)
            .enumerate()
            .flat_map(|(member, out)| {
                out.chunks_mut(BLOCK * output).enumerate().map(move |(block, out)| (member, block * BLOCK, out))
            })
            .zip(&mut sums)
            .collect();
        each(blocks, |((member, first, out), sums)| {
            Arch::new().dispatch(
                #[inline(always)]
                || {
                    for (row, out) in out.chunks_exact_mut(output).enumerate() {
                        let row = first + row;
                        let at = member * rows + row;
                        let normalised = &saved.normalised[at * output..][..output];
                        let after = &saved.output[at * output..][..output];
                        let norm = self.norm_row(norm, member, row);
                        norm.backward(out, normalised, saved.factor[at], after, sums);
                    }
                },
            );
        });
        let mut gradients = NormGradients { product: through, bias: vec![], scale: vec![], shift: vec![] };
        for sums in sums.chunks_exact(per_member.max(1)) {
            let mut total = Sums::new(output);
            sums.iter().for_each(|sums| total.add(sums));
            gradients.bias.extend(total.bias);
            gradients.scale.extend(total.scale);
            gradients.shift.extend(total.shift);
        }
        gradients
    }

    /// Sums over the rows of each member, `[members, output]`.
    pub fn column_sums(&self, gradient: &[f32]) -> Vec<f32> {
        let Shape { members, rows, output, .. } = self.shape;
        let mut sums = vec![0.0; members * output];
        for (sums, rows) in sums.chunks_exact_mut(output).zip(gradient.chunks_exact(rows * output)) {
            for row in rows.chunks_exact(output) {
                sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
        }
        sums
    }

    /// `gradient Wᵀ`, `[members or 1, rows, input]`; summed over members that share the input.
    pub fn input_gradient(&self, gradient: &[f32]) -> Vec<f32> {
        let Shape { members, shared, rows, input, output } = self.shape;
        let packed = self.packed_transposed();
        let inputs = if shared { 1 } else { members };
        let mut result = vec![0.0; inputs * rows * input];
        let blocks = result.chunks_exact_mut(rows * input).enumerate().flat_map(|(member, out)| {
            out.chunks_mut(BLOCK * input).enumerate().map(move |(block, out)| (member, block * BLOCK, out))
        });
        each(blocks.collect(), |(first, row, out)| {
            for member in if shared { 0..members } else { first..first + 1 } {
                let rows = Matrix::rows(&gradient[(member * self.shape.rows + row) * output..], output);
                product(out, input, rows, out.len() / input, &packed[member], shared && member > 0);
            }
        });
        result
    }

    /// `xᵀ gradient`, `[members, input, output]`.
    pub fn weight_gradient(&self, gradient: &[f32]) -> Vec<f32> {
        let Shape { members, rows, input, output, .. } = self.shape;
        let packed: Vec<Packed> = gradient
            .chunks_exact((rows * output).max(1))
            .map(|gradient| Packed::new(Matrix::rows(gradient, output), rows, output))
            .collect();
        let mut result = vec![0.0; members * input * output];
        let blocks = result.chunks_exact_mut(input * output).enumerate().flat_map(|(member, out)| {
            out.chunks_mut(BLOCK * output).enumerate().map(move |(block, out)| (member, block * BLOCK, out))
        });
        each(blocks.collect(), |(member, first, out)| {
            let x = Matrix::columns(&self.input(member)[first..], input);
            product(out, output, x, out.len() / output, &packed[member], false);
        });
        result
    }
}
