//! The verbs: one file each, opening with its numbered stages. Only here are clock, environment and randomness read.

pub mod advise;
mod audit;
mod backtest;
mod campaign_evaluate;
mod check;
pub mod clock;
pub mod explain;
mod failure;
mod features;
pub mod ingest;
mod init;
mod insights;
mod journey;
mod kpi;
mod list_features;
pub mod model;
pub mod night;
pub mod run;
pub mod score;
mod simulate;
mod train;

pub use audit::{AuditError, Audited, audit};
pub use backtest::{Request as BacktestRequest, Split, Tested, backtest};
pub use campaign_evaluate::campaign_evaluate;
pub use check::{check, refuse_broken, write_quarantine};
pub use failure::{Bug, Failure, Stale};
pub use features::{FeaturesError, Written, features};
pub use ingest::{Ingested, ingest};
pub use init::{InitError, Initialised, init};
pub use insights::insights;
pub use journey::{JourneyRequest, journey};
pub use kpi::{KpiRequest, Kpis, kpi};
pub use list_features::list_features;
pub use simulate::simulate;
pub use train::{Outcomes as TrainOutcomes, Registered, train, train_targets};
