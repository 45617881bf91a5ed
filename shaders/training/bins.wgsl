// Shared by the two-hot kernels: the bins between which a number's weight is split.

const MEMBERS: u32 = {{members}}u;
const ROWS: u32 = {{rows}}u;
const BINS: u32 = {{bins}}u;
const BIN_MIN: f32 = {{bin_min}};
const BIN_MAX: f32 = {{bin_max}};
const BIN_STEP: f32 = (BIN_MAX - BIN_MIN) / f32(BINS - 1u);

// Returns the position of `x` in symlog space, counted in bins.
fn bin_position(x: f32) -> f32 {
    let symlog = sign(x) * log(1.0 + abs(x));
    return (clamp(symlog, BIN_MIN, BIN_MAX) - BIN_MIN) / BIN_STEP;
}

// Returns the weight of a bin for a number at this position.
fn two_hot(position: f32, bin: u32) -> f32 {
    return max(0.0, 1.0 - abs(position - f32(bin)));
}
