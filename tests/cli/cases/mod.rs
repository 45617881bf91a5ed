//! Faults that users reported, one file per case, named after it. Each test states the right behaviour.

mod torch_checkpoint_variants;
