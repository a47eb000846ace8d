//! Statistics without frames or files: sums, distributions, intervals, linear algebra.
//!
//! Every function here is deterministic in its inputs and independent of thread count; where the order of the inputs
//! must not matter either, it says so.

pub mod distribution;
mod exact_sum;
mod interval;
pub mod linear;
pub mod logarithm;
pub mod logistic;
mod multiple;
pub mod order;
pub mod tally;

pub use exact_sum::ExactSum;
pub use interval::{Interval, mean_interval, median_interval, multiplier, newcombe, ratio_interval, wilson};
pub use multiple::{benjamini_hochberg, holm};
