//! The product of two matrices, the right one packed beforehand: `out = left right`, or `out += left right`.
//!
//! The right matrix is packed into panels of a few vectors of columns, each with its rows one after the other. A tile of
//! the result, some rows times one panel, stays in registers while a loop over the inner dimension adds to it; one vector of
//! the panel serves all rows of the tile, and one panel, which stays in cache, all tiles of a block of rows. (The layout of
//! the microkernels of BLIS: Van Zee and van de Geijn, "BLIS: a framework for rapidly instantiating BLAS functionality",
//! TOMS 2015.)
//!
//! Each element is one chain of additions in the order of the inner dimension, whatever tile it falls into: so results are
//! the same however rows are split over calls and threads.

use pulp::{Simd, WithSimd};

use super::{arch, each};

/// A matrix as a view of a slice: element (i, j) is `data[i * row_stride + j * column_stride]`. One of the strides is 1,
/// whichever: the transpose is a view too.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    /// From the first element of the first row.
    pub data: &'a [f32],
    /// Distance between two rows.
    pub row_stride: usize,
    /// Distance between two columns.
    pub column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A matrix that is stored row by row, `stride` apart.
    #[must_use]
    pub fn rows(data: &'a [f32], stride: usize) -> Self {
        Self { data, row_stride: stride, column_stride: 1 }
    }

    /// The same numbers with rows and columns exchanged.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self { data: self.data, row_stride: self.column_stride, column_stride: self.row_stride }
    }

    fn holds(&self, rows: usize, columns: usize) -> bool {
        let last = || (rows - 1) * self.row_stride + (columns - 1) * self.column_stride;
        rows == 0 || columns == 0 || last() < self.data.len()
    }
}

/// Vectors in a panel's row, and rows of a tile: what fits into the registers, `NR` vectors of the panel and one of the
/// left matrix beside the `MR x NR` of the tile.
#[derive(Clone, Copy)]
enum Tiling {
    /// 12 rows of 2 vectors: AVX-512 and NEON have 32 registers.
    Wide,
    /// 6 rows of 2 vectors: AVX2 has 16, and so has what runs a browser's simd128.
    Narrow,
    /// 4 rows of 8 numbers, for the compiler to make vectors of.
    Scalar,
}

impl Tiling {
    #[inline(always)]
    const fn of<S: Simd>() -> Self {
        if S::F32_LANES == 1 {
            Self::Scalar
        } else if S::REGISTER_COUNT >= 32 && !cfg!(target_family = "wasm") {
            Self::Wide
        } else {
            Self::Narrow
        }
    }
}

/// Columns of a panel, and the lanes of a vector, on this machine.
struct Widths;

impl WithSimd for Widths {
    type Output = [usize; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [usize; 2] {
        let vectors = match Tiling::of::<S>() {
            Tiling::Wide | Tiling::Narrow => 2,
            Tiling::Scalar => 8,
        };
        [vectors * S::F32_LANES, S::F32_LANES]
    }
}

/// The right matrix of products, `[k, n]`, in the order in which they read it. Columns that fill up the last panel are zero.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    k: usize,
    n: usize,
    /// Columns of a panel; the last is one vector wide where that is enough.
    width: usize,
    /// Columns of all panels.
    columns: usize,
    data: Vec<f32>,
}

/// Numbers of a matrix below which one core packs it.
const PACK_ALONE: usize = 1 << 15;

impl Packed {
    /// Packs a `[k, n]` matrix, in the place of the one before, on all cores.
    ///
    /// # Panics
    /// When the matrix is smaller.
    pub fn pack(&mut self, right: Matrix<'_>, k: usize, n: usize) {
        let panels = self.panels(right, k, n);
        if k * n < PACK_ALONE {
            panels.for_each(|(columns, panel)| pack_panel(right, k, columns, panel));
        } else {
            each(panels.collect(), |(columns, panel)| pack_panel(right, k, columns, panel));
        }
    }

    /// Packs `[k, n]` matrices, in the places of those in `all`, on all cores.
    ///
    /// # Panics
    /// When a matrix is smaller.
    pub fn pack_all<'a>(all: &mut Vec<Self>, rights: impl ExactSizeIterator<Item = Matrix<'a>>, k: usize, n: usize) {
        all.resize_with(rights.len(), Self::default);
        let panels = all.iter_mut().zip(rights).flat_map(|(packed, right)| {
            packed.panels(right, k, n).map(move |(columns, panel)| (right, columns, panel))
        });
        if k * n < PACK_ALONE {
            panels.for_each(|(right, columns, panel)| pack_panel(right, k, columns, panel));
        } else {
            each(panels.collect(), |(right, columns, panel)| pack_panel(right, k, columns, panel));
        }
    }

    /// Makes room for a `[k, n]` matrix: the columns of each panel, and where they go.
    fn panels(
        &mut self,
        right: Matrix<'_>,
        k: usize,
        n: usize,
    ) -> impl Iterator<Item = (std::ops::Range<usize>, &mut [f32])> {
        assert!(right.holds(k, n), "a matrix to pack is shorter than {k} x {n}");
        let [width, lanes] = arch().dispatch(Widths);
        let rest = n % width;
        let last = if (1..=lanes).contains(&rest) { lanes } else { rest.min(1) * width };
        (self.k, self.n, self.width, self.columns) = (k, n, width, n - rest + last);
        // Room that a larger matrix took stays.
        let size = k * self.columns;
        self.data.resize(self.data.len().max(size), 0.0);
        let panels = self.data[..size].chunks_mut((width * k).max(1)).enumerate();
        panels.map(move |(panel, rows)| (panel * width..n.min((panel + 1) * width), rows))
    }

    /// Rows (k) and columns (n).
    #[must_use]
    pub fn dims(&self) -> [usize; 2] {
        [self.k, self.n]
    }
}

/// Packs these columns of a matrix of `k` rows into the rows of one panel.
fn pack_panel(right: Matrix<'_>, k: usize, columns: std::ops::Range<usize>, rows: &mut [f32]) {
    /// Rows that are written together: few enough to stay in cache while the columns are read one after the other.
    const BLOCK: usize = 16;
    let (width, used) = (rows.len() / k.max(1), columns.len());
    if right.column_stride == 1 {
        for (row, out) in rows.chunks_exact_mut(width).enumerate() {
            let (out, rest) = out.split_at_mut(used);
            out.copy_from_slice(&right.data[row * right.row_stride + columns.start..][..used]);
            rest.fill(0.0);
        }
    } else {
        for (block, out) in rows.chunks_mut(width * BLOCK).enumerate() {
            for column in 0..width {
                let first = (columns.start + column) * right.column_stride + block * BLOCK * right.row_stride;
                for (row, out) in out.chunks_exact_mut(width).enumerate() {
                    out[column] = if column < used { right.data[first + row * right.row_stride] } else { 0.0 };
                }
            }
        }
    }
}

/// `out[rows, n] = left[rows, k] right[k, n]`, or added to `out` where `add`. Rows of `out` are `out_stride` apart.
///
/// # Panics
/// When a slice is shorter than its shape says, or no stride of `left` is 1.
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
            (Tiling::Scalar, true) => self.run::<S, true, 4, 8>(simd),
            (Tiling::Scalar, false) => self.run::<S, false, 4, 8>(simd),
        }
    }
}

/// Numbers of the left matrix that are used for all panels before the next: some of the second-level cache.
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

    /// `MR` rows of the result from `row` on, in the columns of one panel.
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
            let left: [&[f32]; MR] = std::array::from_fn(|i| &data[(row + i) * row_stride..][..panel.len()]);
            for (p, right) in panel.iter().enumerate() {
                for i in 0..MR {
                    let x = simd.splat_f32s(left[i][p]);
                    for j in 0..NR {
                        sums[i][j] = simd.mul_add_e_f32s(x, right[j], sums[i][j]);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::on_every;

    fn pack(right: Matrix<'_>, k: usize, n: usize) -> Packed {
        let mut packed = Packed::default();
        packed.pack(right, k, n);
        packed
    }

    /// A case: sizes, the gaps between rows of the operands and of the result, which of the operands are transposed views,
    /// whether to add, and where to split the rows.
    #[derive(Clone, Copy, Debug)]
    struct Case {
        rows: usize,
        k: usize,
        n: usize,
        gaps: [usize; 3],
        transposed: [bool; 2],
        add: bool,
        split: usize,
    }

    fn cases() -> impl Strategy<Value = Case> {
        let sizes = (1..40_usize, 0..70_usize, 1..110_usize);
        (sizes, prop::array::uniform3(0..4_usize), any::<[bool; 2]>(), any::<bool>(), any::<prop::sample::Index>())
            .prop_map(|((rows, k, n), gaps, transposed, add, split)| {
                let split = split.index(rows);
                Case { rows, k, n, gaps, transposed, add, split }
            })
    }

    #[allow(clippy::cast_precision_loss, reason = "remainders are small")]
    fn numbers(len: usize, factor: usize) -> Vec<f32> {
        (0..len).map(|i| (i * factor % 61) as f32 / 30.0 - 1.0).collect()
    }

    /// A matrix of that many rows and columns over `data`, with a gap behind each stored row.
    fn view(data: &[f32], rows: usize, columns: usize, gap: usize, transposed: bool) -> Matrix<'_> {
        if transposed { Matrix::rows(data, rows + gap).transposed() } else { Matrix::rows(data, columns + gap) }
    }

    fn at(matrix: Matrix<'_>, i: usize, j: usize) -> f64 {
        f64::from(matrix.data[i * matrix.row_stride + j * matrix.column_stride])
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_product_is_the_sum_over_the_inner_dimension_however_its_rows_are_split(case in cases()) {
            on_every(|| check(case));
        }
    }

    fn check(case: Case) {
        let Case { rows, k, n, gaps, transposed, add, split } = case;
        let (left, right) = (numbers((rows + 4) * (k + 4), 7), numbers((k + 4) * (n + 4), 13));
        let left = view(&left, rows, k, gaps[0], transposed[0]);
        let right = view(&right, k, n, gaps[1], transposed[1]);
        let packed = pack(right, k, n);
        let stride = n + gaps[2];
        let before = numbers(rows * stride, 17);
        let mut out = before.clone();
        product(&mut out, stride, left, rows, &packed, add);
        for (i, (found, before)) in out.chunks(stride).zip(before.chunks(stride)).enumerate() {
            for j in 0..n {
                let start = if add { f64::from(before[j]) } else { 0.0 };
                let expected = (0..k).map(|p| at(left, i, p) * at(right, p, j)).fold(start, |sum, x| sum + x);
                assert!((f64::from(found[j]) - expected).abs() < 1e-4, "{} where {expected} is expected", found[j]);
            }
            assert!(found[n..].iter().eq(&before[n..]), "what is between the rows stays");
        }
        let mut parts = before;
        let (top, bottom) = parts.split_at_mut(split * stride);
        product(top, stride, left, split, &packed, add);
        let rest = Matrix { data: &left.data[(split * left.row_stride).min(left.data.len())..], ..left };
        product(bottom, stride, rest, rows - split, &packed, add);
        assert!(parts.iter().eq(&out), "split rows give the same bits");
    }

    #[test]
    fn a_packed_matrix_makes_room_for_another() {
        let mut packed = pack(Matrix::rows(&numbers(6000, 3), 60), 100, 60);
        packed.pack(Matrix::rows(&[1.0, 2.0, 3.0, 4.0], 2), 2, 2);
        let mut out = [0.0; 2];
        product(&mut out, 2, Matrix::rows(&[1.0, 10.0], 2), 1, &packed, false);
        assert_eq!(out.map(f32::to_bits), [31.0_f32, 42.0].map(f32::to_bits));
    }

    #[test]
    fn what_is_not_finite_stays_in_its_row_and_column() {
        let left = [1.0, f32::NAN, 0.0, 1.0, f32::INFINITY, 1.0];
        let packed = pack(Matrix::rows(&[1.0, 2.0, 0.0, 1.0], 2), 2, 2);
        let mut out = [0.0; 6];
        product(&mut out, 2, Matrix::rows(&left, 2), 3, &packed, false);
        assert!(out[..2].iter().all(|x| x.is_nan()), "{out:?}");
        assert!(out[2].abs() < 1e-9 && (out[3] - 1.0).abs() < 1e-9, "{out:?}");
        assert!(out[4].is_infinite() && out[5].is_infinite(), "{out:?}");
    }

    #[test]
    #[should_panic(expected = "shorter than 3 x 2")]
    fn a_left_matrix_that_is_too_short_is_refused() {
        let packed = pack(Matrix::rows(&[1.0; 4], 2), 2, 2);
        product(&mut [0.0; 6], 2, Matrix::rows(&[1.0; 5], 2), 3, &packed, false);
    }
}
