//! Who is observed when: what of a history may be seen as of a day, what came after it, and from when on that is known.
//!
//! - [`PastView`]: rows with day < D and `known_at` < D, later times ≥ D and what came with them hidden. All a feature
//!   can be given; it holds no way to look further.
//! - [`FutureView`]: what happened in a window after D. All a label can be given.
//! - [`known_until`], [`mature_cutoffs`]: from when on an outcome is known, and which cutoffs may train.
//! - [`values`]: what customers are worth as of D.

mod filter;
mod future;
mod maturity;
mod past;
mod stream;
mod value;

pub use filter::{Filter, RowFilter};
pub use future::FutureView;
pub use maturity::{empty_outcome_table, grace_days, known_until, mature_cutoffs, outcome_tables, outlook_days};
pub use past::{Counts, Parameters, PastView, Places, Slot, tenure_days};
pub use stream::{Row, Stream, StreamPlan, Wants};
pub use value::{basis, purchases, values};
