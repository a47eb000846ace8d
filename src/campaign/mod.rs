//! Campaigns: who is at risk and should be contacted, who is held out, what the contact changed, and whom to contact next.
//!
//! [`export`] turns scores into a list, [`plan`] says how large a holdout must be, [`assign`] draws and freezes it. [`evaluate`] measures an experiment: one streaming pass makes a [`tally`] of
//! sufficient statistics, [`trust`] judges whether its numbers may be believed, [`effect`] estimates what the treatment
//! changed ([`observational`] where no lot was drawn, on [`rows`]), [`money`] what that was worth, [`uplift`] whom it helped.

pub mod assign;
mod clusters;
pub mod effect;
mod error;
pub mod evaluate;
mod experiment;
pub mod export;
pub mod flat;
pub mod moments;
pub mod money;
pub mod observational;
pub mod plan;
pub mod rows;
pub mod tally;
pub mod trust;
pub mod uplift;

pub use error::Error;
pub use experiment::{Design, ExpectedWeights, Experiment, Outcome, OutcomeKind};
