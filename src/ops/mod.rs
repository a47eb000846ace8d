//! The verbs: one file each, opening with its numbered stages. Only here are clock, environment and randomness read.

mod failure;
mod simulate;

pub use failure::{Bug, Failure};
pub use simulate::simulate;
