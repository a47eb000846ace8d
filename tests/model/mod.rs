//! The model: against scikit-learn, and on hand-made frames whose truth is known.

mod figures;
mod fit;
pub mod frames;
mod honesty;
mod public_sets;
mod training;
