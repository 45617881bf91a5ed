//! A layer of an ensemble on flat arrays: its products, and the operations around them block by block.

#![allow(clippy::inline_always, reason = "only what is inlined into a dispatch is compiled for the CPU's instructions")]

use std::cell::Cell;

use pulp::{Simd, WithSimd};

use super::rows::{NormRow, NormRows, SavedRows, Sums};
use crate::compute::cpu::{Matrix, Packed, arch, cores, each, product};

/// Rows per partial sum before partial sums are added up: fixed, regardless of the number of cores.
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

/// What the forward pass saves.
pub struct Kept {
    /// `[members, rows, output]`.
    pub normalised: Vec<f32>,
    /// `[members, rows]`.
    pub factor: Vec<f32>,
}

/// Gradients before LayerNorm.
pub struct NormGradients {
    /// Of the product, `[members, rows, output]`.
    pub product: Vec<f32>,
    /// `[members, output]`, like the next two.
    pub bias: Vec<f32>,
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
}

/// Packs one matrix per member and passes them to `work`. Their memory is reused next time.
fn with_packed<'a, T>(
    rights: impl ExactSizeIterator<Item = Matrix<'a>>,
    [k, n]: [usize; 2],
    work: impl FnOnce(&[Packed]) -> T,
) -> T {
    thread_local! {
        static ROOM: Cell<Vec<Packed>> = const { Cell::new(Vec::new()) };
    }
    let mut packed = ROOM.take();
    Packed::pack_all(&mut packed, rights, k, n);
    let result = work(&packed);
    ROOM.set(packed);
    result
}

/// Splits a `[members, rows, width]` array into blocks of this many rows per member: member, first row and numbers of
/// each.
fn blocks_of(size: usize, all: &mut [f32], rows: usize, width: usize) -> Vec<(usize, usize, &mut [f32])> {
    let members = all.chunks_exact_mut((rows * width).max(1)).enumerate();
    members
        .flat_map(|(member, part)| {
            part.chunks_mut(size * width).enumerate().map(move |(block, part)| (member, block * size, part))
        })
        .collect()
}

/// Same as [`blocks_of`], with a few blocks per core: the more rows share the right side in cache, the faster a product
/// is, and its result does not depend on how rows are split. Small batches are split too, since otherwise cores would
/// be idle.
fn blocks(all: &mut [f32], rows: usize, width: usize) -> Vec<(usize, usize, &mut [f32])> {
    /// A multiple of the rows of every tile.
    const STEP: usize = 12;
    let share = (all.len() / width.max(1)).div_ceil(2 * cores());
    blocks_of(share.next_multiple_of(STEP).clamp(2 * STEP, 20 * STEP), all, rows, width)
}

impl Product<'_> {
    /// Returns the input of a member.
    fn input(&self, member: usize) -> &[f32] {
        let size = self.shape.rows * self.shape.input;
        let member = if self.shape.shared { 0 } else { member };
        &self.x[member * size..][..size]
    }

    /// Returns each member's weights, `[input, output]`.
    fn weights(&self) -> impl ExactSizeIterator<Item = Matrix<'_>> {
        let Shape { input, output, .. } = self.shape;
        self.weight.chunks_exact((input * output).max(1)).map(move |weight| Matrix::rows(weight, output))
    }

    /// Returns `x W + b`, `[members, rows, output]`.
    pub fn forward(&self, bias: &[f32]) -> Vec<f32> {
        let Shape { rows, input, output, .. } = self.shape;
        let mut result = vec![0.0; self.shape.members * rows * output];
        with_packed(self.weights(), [input, output], |packed| {
            each(blocks(&mut result, rows, output), |(member, row, out)| {
                let x = Matrix::rows(&self.input(member)[row * input..], input);
                product(out, output, x, out.len() / output, &packed[member], false);
                let bias = &bias[member * output..][..output];
                for row in out.chunks_exact_mut(output) {
                    row.iter_mut().zip(bias).for_each(|(x, bias)| *x += bias);
                }
            });
        });
        result
    }

    /// Returns the layer with LayerNorm and activation, `[members, rows, output]`, and what the backward pass needs.
    pub fn normed(&self, norm: &NormRows<'_>, saving: bool) -> (Vec<f32>, Option<Kept>) {
        let Shape { members, rows, input, output, .. } = self.shape;
        let mut result = vec![0.0; members * rows * output];
        let mut kept = saving.then(|| Kept { normalised: vec![0.0; result.len()], factor: vec![0.0; members * rows] });
        let mut room = kept.as_mut().map(|kept| (kept.normalised.as_mut_slice(), kept.factor.as_mut_slice()));
        let blocks = blocks(&mut result, rows, output).into_iter().map(|(member, first, out)| {
            let keeping = room.take().map(|(normalised, factor)| {
                let (normalised, normalised_rest) = normalised.split_at_mut(out.len());
                let (factor, factor_rest) = factor.split_at_mut(out.len() / output);
                room = Some((normalised_rest, factor_rest));
                (normalised, factor)
            });
            NormForward { layer: self, norm, member, first, out, keeping }
        });
        let blocks = blocks.collect();
        with_packed(self.weights(), [input, output], |packed| {
            each(blocks, |block: NormForward<'_>| {
                let x = Matrix::rows(&self.input(block.member)[block.first * input..], input);
                product(block.out, output, x, block.out.len() / output, &packed[block.member], false);
                arch().dispatch(block);
            });
        });
        (result, kept)
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

    /// Returns the gradient of the product from that of the output, with the gradients of the parameters in between.
    pub fn normed_backward(&self, norm: &NormRows<'_>, saved: &SavedRows<'_>, gradient: &[f32]) -> NormGradients {
        let Shape { members, rows, output, .. } = self.shape;
        let mut through = vec![0.0; gradient.len()];
        let per_member = rows.div_ceil(BLOCK);
        let mut sums = vec![Sums::new(output); members * per_member];
        let blocks = blocks_of(BLOCK, &mut through, rows, output).into_iter().zip(&mut sums);
        let blocks = blocks.map(|((member, first, out), sums)| {
            out.copy_from_slice(&gradient[(member * rows + first) * output..][..out.len()]);
            NormBackward { layer: self, norm, saved, member, first, out, sums }
        });
        each(blocks.collect(), |block: NormBackward<'_>| arch().dispatch(block));
        let mut gradients = NormGradients { product: through, bias: vec![], scale: vec![], shift: vec![] };
        for sums in sums.chunks_exact(per_member.max(1)) {
            let mut total = Sums::new(output);
            for sums in sums {
                total.add(sums);
            }
            gradients.bias.extend(total.bias);
            gradients.scale.extend(total.scale);
            gradients.shift.extend(total.shift);
        }
        gradients
    }

    /// Returns sums over the rows of each member, `[members, output]`.
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

    /// Returns `gradient Wᵀ`, `[members or 1, rows, input]`; summed over members that share the input.
    pub fn input_gradient(&self, gradient: &[f32]) -> Vec<f32> {
        let Shape { members, shared, rows, input, output } = self.shape;
        let inputs = if shared { 1 } else { members };
        let mut result = vec![0.0; inputs * rows * input];
        with_packed(self.weights().map(Matrix::transposed), [output, input], |packed| {
            each(blocks(&mut result, rows, input), |(first, row, out)| {
                for member in if shared { 0..members } else { first..first + 1 } {
                    let gradient = Matrix::rows(&gradient[(member * rows + row) * output..], output);
                    product(out, input, gradient, out.len() / input, &packed[member], shared && member > 0);
                }
            });
        });
        result
    }

    /// Returns `xᵀ gradient`, `[members, input, output]`.
    pub fn weight_gradient(&self, gradient: &[f32]) -> Vec<f32> {
        let Shape { members, rows, input, output, .. } = self.shape;
        let mut result = vec![0.0; members * input * output];
        let gradients = gradient.chunks_exact((rows * output).max(1)).map(|part| Matrix::rows(part, output));
        with_packed(gradients, [rows, output], |packed| {
            each(blocks(&mut result, input, output), |(member, first, out)| {
                let x = Matrix::rows(&self.input(member)[first..], input).transposed();
                product(out, output, x, out.len() / output, &packed[member], false);
            });
        });
        result
    }
}

/// What follows the product, for a block of rows of a member.
struct NormForward<'a> {
    layer: &'a Product<'a>,
    norm: &'a NormRows<'a>,
    member: usize,
    first: usize,
    out: &'a mut [f32],
    /// Output buffers for normalised rows and reciprocal standard deviations.
    keeping: Option<(&'a mut [f32], &'a mut [f32])>,
}

impl WithSimd for NormForward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { layer, norm, member, first, out, keeping } = self;
        let width = layer.shape.output;
        let bias = &norm.bias[member * width..][..width];
        let (mut normalised, mut factors) = keeping.map_or((None, None), |(normalised, factors)| {
            (Some(normalised.chunks_exact_mut(width)), Some(factors.iter_mut()))
        });
        for (row, out) in out.chunks_exact_mut(width).enumerate() {
            let normalised = normalised.as_mut().and_then(Iterator::next);
            let factor = layer.norm_row(norm, member, first + row).forward(simd, out, bias, normalised);
            if let Some(kept) = factors.as_mut().and_then(Iterator::next) {
                *kept = factor;
            }
        }
    }
}

/// The backward pass to the product, for a block of rows of a member.
struct NormBackward<'a> {
    layer: &'a Product<'a>,
    norm: &'a NormRows<'a>,
    saved: &'a SavedRows<'a>,
    member: usize,
    first: usize,
    out: &'a mut [f32],
    sums: &'a mut Sums,
}

impl WithSimd for NormBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { layer, norm, saved, member, first, out, sums } = self;
        let width = layer.shape.output;
        for (row, out) in out.chunks_exact_mut(width).enumerate() {
            let row = first + row;
            let at = member * layer.shape.rows + row;
            let normalised = &saved.normalised[at * width..][..width];
            let after = &saved.output[at * width..][..width];
            layer.norm_row(norm, member, row).backward(simd, out, normalised, saved.factor[at], after, sums);
        }
    }
}
