//! Labels: what happened after a cutoff, who could have shown it, and whether it is known yet.

mod frame;

pub use frame::{LabelBlock, Labels, Outcome};
