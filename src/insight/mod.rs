//! Insights: behaviours that go with outcomes.
pub mod association;
mod discoveries;
mod permutation;
