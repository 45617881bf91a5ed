//! Products compared with plain sums, on every supported instruction set.

use proptest::prelude::*;

use super::*;
use crate::compute::cpu::on_every;

fn pack(right: Matrix<'_>, k: usize, n: usize) -> Packed {
    let mut packed = Packed::default();
    packed.pack(right, k, n);
    packed
}

/// A test case: sizes, the gaps between rows of the operands and of the result, which operands are transposed views,
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

/// Returns a matrix of these rows and columns over `data`, with a gap after each stored row.
fn view(data: &[f32], rows: usize, columns: usize, gap: usize, transposed: bool) -> Matrix<'_> {
    if transposed { Matrix::rows(data, rows + gap).transposed() } else { Matrix::rows(data, columns + gap) }
}

fn at(matrix: Matrix<'_>, i: usize, j: usize) -> f64 {
    f64::from(matrix.data[i * matrix.row_stride + j * matrix.column_stride])
}

proptest! {
    #![proptest_config(crate::property::cases(200))]

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
            assert!((f64::from(found[j]) - expected).abs() < 1e-4, "{}, expected {expected}", found[j]);
        }
        assert!(found[n..].iter().eq(&before[n..]), "the gaps between rows are unchanged");
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
