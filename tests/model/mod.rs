//! The model: against scikit-learn, and on hand-made frames whose truth is known.

mod fit;
pub mod frames;
mod public_sets;
mod training;
