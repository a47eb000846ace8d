//! The verbs: one file each, opening with its numbered stages. Only here are clock, environment and randomness read.

mod campaign_evaluate;
pub mod clock;
mod failure;
pub mod ingest;
mod simulate;

pub use campaign_evaluate::campaign_evaluate;
pub use failure::{Bug, Failure};
pub use simulate::simulate;
