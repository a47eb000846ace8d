//! The verbs: one file each, opening with its numbered stages. Only here are clock, environment and randomness read.

mod failure;

pub use failure::{Bug, Failure};
