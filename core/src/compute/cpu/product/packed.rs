//! The right matrix of products, in the order in which the products read it.

use pulp::{Simd, WithSimd};

use super::super::{arch, each};
use super::Matrix;

/// Vectors in a panel's row, and rows of a tile, chosen to fit into the registers: `NR` vectors of the panel and one of
/// the left matrix in addition to the `MR x NR` of the tile.
#[derive(Clone, Copy)]
pub(super) enum Tiling {
    /// 12 rows of 2 vectors: AVX-512 and NEON have 32 registers.
    Wide,
    /// 6 rows of 2 vectors: AVX2 has 16.
    Narrow,
    /// 4 rows of 2 vectors: the hardware under a browser's simd128 also has 16, but the engine reserves one, and
    /// simd128 needs another for the product before the addition.
    Small,
    /// 4 rows of 8 numbers, which the compiler vectorises.
    Scalar,
}

impl Tiling {
    #[inline(always)]
    pub(super) const fn of<S: Simd>() -> Self {
        if S::F32_LANES == 1 {
            Self::Scalar
        } else if cfg!(target_family = "wasm") {
            Self::Small
        } else if S::REGISTER_COUNT >= 32 {
            Self::Wide
        } else {
            Self::Narrow
        }
    }
}

/// Columns of a panel, and the lanes of a vector, on this CPU.
struct Widths;

impl WithSimd for Widths {
    type Output = [usize; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [usize; 2] {
        let vectors = match Tiling::of::<S>() {
            Tiling::Wide | Tiling::Narrow | Tiling::Small => 2,
            Tiling::Scalar => 8,
        };
        [vectors * S::F32_LANES, S::F32_LANES]
    }
}

/// The right matrix of products, `[k, n]`, in the order in which the products read it. Columns that pad the last panel
/// are zero.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    pub(super) k: usize,
    pub(super) n: usize,
    /// Columns of a panel; the last panel is one vector wide if that is enough.
    pub(super) width: usize,
    /// Columns of all panels.
    pub(super) columns: usize,
    pub(super) data: Vec<f32>,
}

/// Matrices with fewer numbers are packed by one core.
const PACK_ALONE: usize = 1 << 15;

impl Packed {
    /// Packs a `[k, n]` matrix, replacing the previous one, on all cores.
    ///
    /// # Panics
    /// If the matrix is smaller.
    pub fn pack(&mut self, right: Matrix<'_>, k: usize, n: usize) {
        let panels = self.panels(right, k, n);
        if k * n < PACK_ALONE {
            panels.for_each(|(columns, panel)| pack_panel(right, k, columns, panel));
        } else {
            each(panels.collect(), |(columns, panel)| pack_panel(right, k, columns, panel));
        }
    }

    /// Packs `[k, n]` matrices, replacing those in `all`, on all cores.
    ///
    /// # Panics
    /// If a matrix is smaller.
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

    /// Allocates a `[k, n]` matrix and returns the columns of each panel and their destination.
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
        // Memory allocated for a larger matrix is kept.
        let size = k * self.columns;
        self.data.resize(self.data.len().max(size), 0.0);
        let panels = self.data[..size].chunks_mut((width * k).max(1)).enumerate();
        panels.map(move |(panel, rows)| (panel * width..n.min((panel + 1) * width), rows))
    }

    /// Returns the rows (k) and columns (n).
    #[must_use]
    pub fn dims(&self) -> [usize; 2] {
        [self.k, self.n]
    }
}

/// Packs these columns of a matrix of `k` rows into the rows of one panel.
fn pack_panel(right: Matrix<'_>, k: usize, columns: std::ops::Range<usize>, rows: &mut [f32]) {
    /// Rows written together: few enough to stay in cache while the columns are read one after the other.
    const BLOCK: usize = 16;
    let (width, used) = (rows.len() / k.max(1), columns.len());
    if right.column_stride == 1 {
        // With a length known at compile time, a copy is a few instructions instead of a call.
        match width {
            8 if used == 8 => pack_rows::<8>(right, columns.start, rows),
            16 if used == 16 => pack_rows::<16>(right, columns.start, rows),
            32 if used == 32 => pack_rows::<32>(right, columns.start, rows),
            _ => {
                for (row, out) in rows.chunks_exact_mut(width).enumerate() {
                    let (out, rest) = out.split_at_mut(used);
                    out.copy_from_slice(&right.data[row * right.row_stride + columns.start..][..used]);
                    rest.fill(0.0);
                }
            }
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

/// Packs `WIDTH` columns of a matrix stored row by row.
fn pack_rows<const WIDTH: usize>(right: Matrix<'_>, start: usize, rows: &mut [f32]) {
    // A one-row matrix may have any stride.
    let from = right.data[start..].chunks(right.row_stride.max(WIDTH));
    for (out, row) in rows.as_chunks_mut::<WIDTH>().0.iter_mut().zip(from) {
        if let Some(row) = row.first_chunk() {
            *out = *row;
        }
    }
}
