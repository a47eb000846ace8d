//! Features: the catalogue of feature kinds, the declared instances, and the planner that computes them at all cutoffs.

mod frame;

pub use frame::{CustomerIndex, FeatureBlock, FeatureColumn, FeatureFrame, FeatureInfo, NO_LEVEL};
