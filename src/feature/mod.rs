//! Features: the catalogue of feature kinds, the declared instances, and the planner that computes them at all cutoffs.
//!
//! A declaration (`models/specs/features/*.toml`, or the project file) names a kind and the rows it looks at; [`Plan`]
//! holds those that the project's tables allow; [`compute`] binds them to a history and computes all of them at all
//! cutoffs in one pass. A kind is given a [`crate::observe::PastView`] and nothing else: it cannot see past the cutoff.

pub mod audit;
mod census;
mod compute;
mod error;
mod frame;
pub mod kinds;
pub mod naming;
mod narrow;
mod pass;
mod plan;
mod resolve;
mod state;
mod table;

pub use census::Census;
pub use compute::{Population, compute, compute_for, compute_shard, described};
pub use error::Error;
pub use frame::{CustomerIndex, FeatureBlock, FeatureColumn, FeatureFrame, FeatureInfo, NO_LEVEL};
pub use kinds::documentation as kind_documentation;
pub use narrow::Narrow;
pub use plan::{Declared, Plan, STATE_KINDS, feature_name};
pub use table::day_column;
