//! The model: against scikit-learn, and on hand-made frames whose truth is known.

mod fit;
mod frames;
mod public_sets;
mod training;
