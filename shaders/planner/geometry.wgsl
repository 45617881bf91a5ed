// Shared by the planner's kernels: how a kernel's work is distributed. Prepended to all of them. Not a kernel by
// itself.
//
// Text in double braces is replaced at launch. An invocation's part of a layer, a Tile, is G groups of four columns of
// Rows: one number per row, as V vectors of P numbers.
//
// Rust counterpart: Geometry::kernel in core/src/planner/mppi/gpu/geometry.rs.

// Invocations per workgroup, at most 256.
const THREADS: u32 = {{threads}}u;
// Elements of `act`.
const WIDTH: u32 = {{width}}u;
// Rows per workgroup, an even number.
const R: u32 = {{rows}}u;
// Groups of four columns per invocation.
const G: u32 = {{groups}}u;
// Dimensions of an action per invocation.
const ACTIONS: u32 = {{actions}}u;
// Whether weights are pairs of 16-bit fractions.
const HALF: bool = {{half}};
const P: u32 = {{part}}u;
const V: u32 = R / P;
// Invocations that combine their sums first.
const SEGMENT: u32 = {{segment}}u;

alias Part = vec{{part}}<f32>;
alias Rows = array<Part, V>;
alias Tile = array<array<Rows, 4>, G>;
