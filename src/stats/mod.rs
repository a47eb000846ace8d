//! Statistics without frames or files: sums, distributions, intervals, linear algebra.
//!
//! Every function here is deterministic in its inputs and independent of thread count; where the order of the inputs
//! must not matter either, it says so.

mod exact_sum;

pub use exact_sum::ExactSum;
