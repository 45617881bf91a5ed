//! Mathematics shared by several modules, independent of tensors and bodies.

pub mod half;
pub mod pose;
pub mod random;
pub mod tensors;

pub use pose::{Pose, Twist};
pub use random::{Purpose, Stream};
pub use tensors::NamedTensor;
