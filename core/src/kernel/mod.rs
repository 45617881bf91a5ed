//! Interim.
#![allow(missing_docs, clippy::inline_always)]
#[derive(Clone, Copy)]
pub struct Matrix<'a> { pub data: &'a [f32], pub row_stride: usize, pub column_stride: usize }
impl<'a> Matrix<'a> {
    pub fn rows(data: &'a [f32], stride: usize) -> Self { Self { data, row_stride: stride, column_stride: 1 } }
    pub fn columns(data: &'a [f32], stride: usize) -> Self { Self { data, row_stride: 1, column_stride: stride } }
}
pub struct Packed { data: Vec<f32>, k: usize, n: usize }
impl Packed {
    pub fn new(m: Matrix<'_>, k: usize, n: usize) -> Self {
        let mut data = Vec::with_capacity(k * n);
        for i in 0..k { for j in 0..n { data.push(m.data[i * m.row_stride + j * m.column_stride]); } }
        Self { data, k, n }
    }
}
pub fn product(out: &mut [f32], out_stride: usize, left: Matrix<'_>, rows: usize, right: &Packed, add: bool) {
    if rows == 0 { return; }
    assert!(out.len() >= (rows - 1) * out_stride + right.n);
    assert!(left.data.len() > (rows - 1) * left.row_stride + (right.k - 1) * left.column_stride);
    #[allow(unsafe_code)]
    unsafe {
        gemm::gemm(rows, right.n, right.k, out.as_mut_ptr(), 1, out_stride as isize, add,
            left.data.as_ptr(), left.column_stride as isize, left.row_stride as isize,
            right.data.as_ptr(), 1, right.n as isize, 1.0, 1.0, false, false, false, gemm::Parallelism::None);
    }
}
#[cfg(not(target_family = "wasm"))]
pub fn each<T: Send>(tasks: Vec<T>, work: impl Fn(T) + Sync + Send) {
    use rayon::prelude::*;
    if tasks.len() < 2 { tasks.into_iter().for_each(work); } else { tasks.into_par_iter().for_each(work); }
}
#[cfg(target_family = "wasm")]
pub fn each<T>(tasks: Vec<T>, work: impl Fn(T)) { tasks.into_iter().for_each(work); }
const LANES: usize = 16;
#[inline(always)]
pub fn inverse_std(row: &[f32]) -> (f32, f32) {
    let width = row.len() as f32;
    let mean = sum(row, |x| x) / width;
    let variance = sum(row, |x| (x - mean) * (x - mean)) / width;
    (mean, 1.0 / (variance + 1e-5).sqrt())
}
#[inline(always)]
pub fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks { for (lane, x) in lanes.iter_mut().zip(chunk) { *lane += f(*x); } }
    for (lane, x) in lanes.iter_mut().zip(rest) { *lane += f(*x); }
    lanes.iter().sum()
}
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_2e-4;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_6e-1;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23);
    p * power
}
#[inline(always)]
pub fn mish(x: f32) -> f32 { let n = exp(x.min(20.0)); let p = n * (n + 2.0); x * (p / (p + 2.0)) }
#[inline(always)]
pub fn softmax(group: &mut [f32]) {
    let top = group.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for x in group.iter_mut() { *x = exp(*x - top); }
    let total = 1.0 / sum(group, |x| x);
    for x in group.iter_mut() { *x *= total; }
}
