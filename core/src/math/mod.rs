//! Small mathematics that several rooms share, free of tensors and of bodies.

pub mod half;
pub mod pose;
pub mod random;
pub mod tensors;

pub use pose::{Pose, Twist};
pub use random::{Purpose, Stream};
pub use tensors::NamedTensor;
