//! A model for other engines: the same log-odds as one expression, printed as SQL or PMML, and as points for people.
//!
//! [`formula`] writes a model down once as [`Expression`]s; every printer and the test evaluate that same formula, so
//! they agree with [`Model::explain`](crate::model::Model::explain) to rounding.

mod expression;
mod formula;
mod pmml;
mod scorecard;
mod sql;

pub use expression::{Condition, Expression, Field};
pub use formula::{Formula, formula};
pub use pmml::pmml;
pub use scorecard::scorecard;
pub use sql::sql;
