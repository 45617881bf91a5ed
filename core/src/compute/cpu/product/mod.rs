//! The product of two matrices, with the right one packed beforehand: `out = left right`, or `out += left right`.
//!
//! The right matrix is packed into panels of a few vectors of columns, each stored row after row. A tile of the result,
//! some rows times one panel, stays in registers while a loop over the inner dimension adds to it; one vector of the
//! panel is used for all rows of the tile, and one panel, which stays in cache, for all tiles of a block of rows. (The
//! layout of the microkernels of BLIS: Van Zee and van de Geijn, "BLIS: a framework for rapidly instantiating BLAS
//! functionality", TOMS 2015.)
//!
//! Each element is one chain of additions in the order of the inner dimension, whatever tile it falls into: results are
//! therefore the same however rows are split over calls and threads.

mod packed;
#[cfg(test)]
mod tests;

use pulp::{Simd, WithSimd};

use super::arch;
pub use packed::Packed;
use packed::Tiling;

/// A matrix as a view of a slice: element (i, j) is `data[i * row_stride + j * column_stride]`. Either stride must be
/// 1: the transpose is a view too.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    /// Data from the first element of the first row.
    pub data: &'a [f32],
    /// Distance between two rows.
    pub row_stride: usize,
    /// Distance between two columns.
    pub column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Returns a matrix stored row by row, `stride` apart.
    #[must_use]
    pub fn rows(data: &'a [f32], stride: usize) -> Self {
        Self { data, row_stride: stride, column_stride: 1 }
    }

    /// Returns the same numbers with rows and columns exchanged.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self { data: self.data, row_stride: self.column_stride, column_stride: self.row_stride }
    }

    fn holds(&self, rows: usize, columns: usize) -> bool {
        let last = || (rows - 1) * self.row_stride + (columns - 1) * self.column_stride;
        rows == 0 || columns == 0 || last() < self.data.len()
    }
}

/// `out[rows, n] = left[rows, k] right[k, n]`, or added to `out` if `add`. Rows of `out` are `out_stride` apart.
///
/// # Panics
/// If a slice is shorter than its shape requires, or no stride of `left` is 1.
pub fn product(out: &mut [f32], out_stride: usize, left: Matrix<'_>, rows: usize, right: &Packed, add: bool) {
    let [k, n] = right.dims();
    if rows == 0 || n == 0 {
        return;
    }
    assert!(out_stride >= n || rows == 1, "rows of {n} columns overlap at a distance of {out_stride}");
    assert!(out.len() >= (rows - 1) * out_stride + n, "a product's result is shorter than {rows} x {n}");
    assert!(left.holds(rows, k), "a product's left matrix is shorter than {rows} x {k}");
    let by_rows = left.column_stride == 1 || k <= 1;
    let by_columns = (left.row_stride == 1 || rows == 1) && left.column_stride >= rows;
    assert!(by_rows || by_columns, "a product's left matrix has no stride of 1, or its columns overlap");
    arch().dispatch(Product { out, out_stride, left, by_rows, rows, right, add });
}

struct Product<'a> {
    out: &'a mut [f32],
    out_stride: usize,
    left: Matrix<'a>,
    by_rows: bool,
    rows: usize,
    right: &'a Packed,
    add: bool,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match (Tiling::of::<S>(), self.by_rows) {
            (Tiling::Wide, true) => self.run::<S, true, 12, 2>(simd),
            (Tiling::Wide, false) => self.run::<S, false, 12, 2>(simd),
            (Tiling::Narrow, true) => self.run::<S, true, 6, 2>(simd),
            (Tiling::Narrow, false) => self.run::<S, false, 6, 2>(simd),
            (Tiling::Small, true) => self.run::<S, true, 4, 2>(simd),
            (Tiling::Small, false) => self.run::<S, false, 4, 2>(simd),
            (Tiling::Scalar, true) => self.run::<S, true, 4, 8>(simd),
            (Tiling::Scalar, false) => self.run::<S, false, 4, 8>(simd),
        }
    }
}

/// Numbers of the left matrix that are used for all panels before the next block: a part of the second-level cache.
const BLOCK: usize = 1 << 16;

impl Product<'_> {
    #[inline(always)]
    fn run<S: Simd, const BY_ROWS: bool, const MR: usize, const NR: usize>(mut self, simd: S) {
        let Packed { k, n, width, columns, ref data } = *self.right;
        let block = (BLOCK / k.max(1) / MR).max(2) * MR;
        for from in (0..self.rows).step_by(block) {
            let rows = from..self.rows.min(from + block);
            for first in (0..n).step_by(width) {
                let width = width.min(columns - first);
                let (panel, _) = S::as_simd_f32s(&data[first * k..(first + width) * k]);
                if width == NR * S::F32_LANES {
                    self.panel::<S, BY_ROWS, MR, NR>(simd, rows.clone(), first, panel.as_chunks().0);
                } else {
                    self.panel::<S, BY_ROWS, MR, 1>(simd, rows.clone(), first, panel.as_chunks().0);
                }
            }
        }
    }

    #[inline(always)]
    fn panel<S: Simd, const BY_ROWS: bool, const MR: usize, const NR: usize>(
        &mut self,
        simd: S,
        rows: std::ops::Range<usize>,
        column: usize,
        panel: &[[S::f32s; NR]],
    ) {
        let mut row = rows.start;
        while rows.end - row >= MR {
            self.tile::<S, BY_ROWS, MR, NR>(simd, row, column, panel);
            row += MR;
        }
        if MR > 8 && rows.end - row >= 8 {
            self.tile::<S, BY_ROWS, 8, NR>(simd, row, column, panel);
            row += 8;
        }
        if MR > 4 && rows.end - row >= 4 {
            self.tile::<S, BY_ROWS, 4, NR>(simd, row, column, panel);
            row += 4;
        }
        while row < rows.end {
            self.tile::<S, BY_ROWS, 1, NR>(simd, row, column, panel);
            row += 1;
        }
    }

    /// Computes `MR` rows of the result from `row` on, in the columns of one panel.
    #[inline(always)]
    fn tile<S: Simd, const BY_ROWS: bool, const MR: usize, const NR: usize>(
        &mut self,
        simd: S,
        row: usize,
        column: usize,
        panel: &[[S::f32s; NR]],
    ) {
        let Matrix { data, row_stride, column_stride } = self.left;
        let mut sums = [[simd.splat_f32s(0.0); NR]; MR];
        if BY_ROWS {
            let mut left: [&[f32]; MR] = [&[]; MR];
            for (i, left) in left.iter_mut().enumerate() {
                *left = &data[(row + i) * row_stride..][..panel.len()];
            }
            if let (true, [a, b, c, d]) = (cfg!(target_family = "wasm"), &left[..]) {
                // Without indices, and so without bounds checks in the innermost loop.
                for ((((right, a), b), c), d) in panel.iter().zip(*a).zip(*b).zip(*c).zip(*d) {
                    for (sums, x) in sums.iter_mut().zip([a, b, c, d]) {
                        let x = simd.splat_f32s(*x);
                        for j in 0..NR {
                            sums[j] = simd.mul_add_e_f32s(x, right[j], sums[j]);
                        }
                    }
                }
            } else {
                for (p, right) in panel.iter().enumerate() {
                    for i in 0..MR {
                        let x = simd.splat_f32s(left[i][p]);
                        for j in 0..NR {
                            sums[i][j] = simd.mul_add_e_f32s(x, right[j], sums[i][j]);
                        }
                    }
                }
            }
        } else {
            for (right, left) in panel.iter().zip(data[row..].chunks(column_stride)) {
                let Some(left) = left.first_chunk::<MR>() else { break };
                for i in 0..MR {
                    let x = simd.splat_f32s(left[i]);
                    for j in 0..NR {
                        sums[i][j] = simd.mul_add_e_f32s(x, right[j], sums[i][j]);
                    }
                }
            }
        }
        self.store(simd, row, column, &sums);
    }

    /// Writes a tile of the result to its place.
    #[inline(always)]
    fn store<S: Simd, const MR: usize, const NR: usize>(
        &mut self,
        simd: S,
        row: usize,
        column: usize,
        sums: &[[S::f32s; NR]; MR],
    ) {
        let width = (NR * S::F32_LANES).min(self.right.n - column);
        for (i, sums) in sums.iter().enumerate() {
            let out = &mut self.out[(row + i) * self.out_stride + column..][..width];
            let (vectors, rest) = S::as_mut_simd_f32s(out);
            let mut sums = sums.iter();
            for (out, sum) in vectors.iter_mut().zip(&mut sums) {
                *out = if self.add { simd.add_f32s(*out, *sum) } else { *sum };
            }
            if !rest.is_empty()
                && let Some(sum) = sums.next()
            {
                let sum = if self.add { simd.add_f32s(simd.partial_load_f32s(rest), *sum) } else { *sum };
                simd.partial_store_f32s(rest, sum);
            }
        }
    }
}
