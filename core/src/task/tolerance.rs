//! The soft interval test from which the suite's rewards are made (`dm_control/utils/rewards.py`).

/// How [`tolerance`] falls off outside the interval. With d = distance to the nearest bound / margin and v = the value
/// at the margin (d = 1):
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sigmoid {
    /// exp(-(d s)^2 / 2), s = sqrt(-2 ln v); 0 < v < 1.
    Gaussian,
    /// 1 / cosh(d s), s = acosh(1 / v); 0 < v < 1.
    Hyperbolic,
    /// 1 / ((d s)^2 + 1), s = sqrt(1 / v - 1); 0 < v < 1.
    LongTail,
    /// 1 / (d s + 1), s = 1 / v - 1; 0 < v < 1.
    Reciprocal,
    /// (1 + cos(pi d s)) / 2 while d s < 1, else 0; s = acos(2 v - 1) / pi; 0 <= v < 1.
    Cosine,
    /// 1 - d s while d s < 1, else 0; s = 1 - v; 0 <= v < 1.
    Linear,
    /// 1 - (d s)^2 while d s < 1, else 0; s = sqrt(1 - v); 0 <= v < 1.
    Quadratic,
    /// 1 - tanh(d s)^2, s = atanh(sqrt(1 - v)); 0 < v < 1.
    TanhSquared,
}

/// 1 where `x` lies in [`lower`, `upper`], falling to `value_at_margin` at `margin` outside it; with `margin` 0 a hard
/// test. Bounds may be infinite.
#[must_use]
pub fn tolerance(x: f64, [lower, upper]: [f64; 2], margin: f64, sigmoid: Sigmoid, value_at_margin: f64) -> f64 {
    if (lower..=upper).contains(&x) {
        return 1.0;
    }
    if margin <= 0.0 {
        return 0.0;
    }
    let distance = if x < lower { lower - x } else { x - upper } / margin;
    let v = value_at_margin;
    let inside = |scaled: f64, value: f64| if scaled < 1.0 { value } else { 0.0 };
    match sigmoid {
        Sigmoid::Gaussian => {
            let scale = (-2.0 * v.ln()).sqrt();
            (-0.5 * (distance * scale).powi(2)).exp()
        }
        Sigmoid::Hyperbolic => {
            let scale = (1.0 / v).acosh();
            1.0 / (distance * scale).cosh()
        }
        Sigmoid::LongTail => {
            let scale = (1.0 / v - 1.0).sqrt();
            1.0 / ((distance * scale).powi(2) + 1.0)
        }
        Sigmoid::Reciprocal => 1.0 / (distance * (1.0 / v - 1.0) + 1.0),
        Sigmoid::Cosine => {
            let scaled = distance * (2.0 * v - 1.0).acos() / std::f64::consts::PI;
            inside(scaled, f64::midpoint(1.0, (std::f64::consts::PI * scaled).cos()))
        }
        Sigmoid::Linear => {
            let scaled = distance * (1.0 - v);
            inside(scaled, 1.0 - scaled)
        }
        Sigmoid::Quadratic => {
            let scaled = distance * (1.0 - v).sqrt();
            inside(scaled, 1.0 - scaled.powi(2))
        }
        Sigmoid::TanhSquared => {
            let scale = (1.0 - v).sqrt().atanh();
            1.0 - (distance * scale).tanh().powi(2)
        }
    }
}

/// Returns the suite's default: a Gaussian with the value 0.1 at the margin.
pub(crate) fn gaussian(x: f64, bounds: [f64; 2], margin: f64) -> f64 {
    tolerance(x, bounds, margin, Sigmoid::Gaussian, 0.1)
}
